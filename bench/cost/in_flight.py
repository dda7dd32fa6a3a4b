"""What one more fetch in flight costs: memory and threads, by strategy and client.

python -m bench.cost.in_flight [fetches in flight]
"""

import asyncio
import resource
import subprocess
import sys
import threading
import time

import concurrent_fetch as cf
from concurrent_fetch.server import LocalServer

WAYS = (("threaded", "requests"), ("threaded", "httpx"), ("async", "aiohttp"), ("async", "httpx"))


def fetch(strategy: str, client: str, urls: list[str], concurrency: int) -> cf.Run:
    options = cf.Options(concurrency=concurrency, keep_bodies=False)
    if strategy == "threaded":
        return cf.fetch_threaded(urls, options, client=client)
    return asyncio.run(cf.fetch_async(urls, options, client=client))


def most_threads(done: threading.Event) -> int:
    most = 0
    while not done.wait(0.02):
        most = max(most, threading.active_count())
    return most - 2  # the first one, and the one that counts


def measure(strategy: str, client: str, urls: list[str]) -> None:
    """Print the KiB per fetch in flight, and the threads, of this process."""
    fetch(strategy, client, urls[:1], 1)  # what any run needs: imports, a session
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    done, counted = threading.Event(), list[int]()
    counter = threading.Thread(target=lambda: counted.append(most_threads(done)))
    counter.start()
    run = fetch(strategy, client, urls, len(urls))
    done.set()
    counter.join()
    assert not run.failures
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    print(f"{grown / len(urls):.0f} KiB, {counted[0]} threads")


def main() -> None:
    if len(sys.argv) > 2:  # one measurement, in a process of its own
        measure(sys.argv[1], sys.argv[2], sys.stdin.read().split())
        return
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    with LocalServer(latency=1.0) as server:
        for strategy, client in WAYS:
            output = subprocess.run(
                [sys.executable, "-m", "bench.cost.in_flight", strategy, client],
                input="\n".join(server.urls(count)), capture_output=True, text=True, check=True,
            ).stdout  # fmt: skip
            print(f"fetch_{strategy}, {client}, {count} in flight: {output.strip()}", flush=True)
            time.sleep(0.1)


if __name__ == "__main__":
    main()
