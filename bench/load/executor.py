"""Over an executor: what the parent pays for each outcome, bodies dropped.

python -m bench.load.executor
"""

import os
import time
from concurrent.futures import ProcessPoolExecutor

import concurrent_fetch as cf
from concurrent_fetch.server import LocalServer


def main(count: int = 20_000) -> None:
    """Say what the parent pays, the first run not counted: processes are started there."""
    options = cf.Options(concurrency=64, keep_bodies=False)
    with LocalServer() as server, ProcessPoolExecutor(2) as pool:
        urls = server.urls(count)
        for _ in range(6):
            before = time.process_time()
            cf.fetch_executor(urls, options, executor=pool)
            spent = time.process_time() - before
            load = os.getloadavg()[0]
            print(f"{spent / count * 1e6:.2f} µs of the parent for each outcome, load {load:.1f}")


if __name__ == "__main__":
    main()
