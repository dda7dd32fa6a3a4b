"""CPU-bound and I/O-bound sets told apart: 2 ms of computing on every response, or none."""

from time import perf_counter

import concurrent_fetch as cf
from bench.rounds import Verdicts
from concurrent_fetch.server import LocalServer

N = 200
LATENCY = 0.01
OPTIONS = cf.Options(concurrency=16)


def parse(_response: cf.Response) -> None:
    """Compute for 2 ms, as reading a page does."""
    end = perf_counter() + 0.002
    while perf_counter() < end:
        pass


def main() -> None:
    verdicts = Verdicts()
    with LocalServer(latency=LATENCY) as server:
        urls = server.urls(N)
        waiting = cf.Runner(urls, OPTIONS, rounds=7, seed=1).compare(
            cf.fetch_sync, cf.fetch_threaded, cf.fetch_async
        )
        busy = cf.Runner(urls, OPTIONS, rounds=7, seed=1, work=parse).compare(
            cf.fetch_sync, cf.fetch_threaded, cf.fetch_async
        )
    for comparison in (waiting, busy):
        print(f"{comparison}\n{comparison.explain()}\n")
    verdicts.within("fetch_sync without work: CPU share", waiting.why("fetch_sync").cpu, 0, 0.3)
    for name in ("fetch_threaded", "fetch_async"):
        why = busy.why(name)
        verdicts.within(f"{name} with 2 ms of work: CPU share", why.cpu, 0.9, 1.1)
        verdicts.within(f"{name} with 2 ms of work: CPU-bound", why.limit is cf.Limit.CPU, 1, 1)
    gain = waiting.speedup("fetch_async").point / busy.speedup("fetch_async").point
    verdicts.within("speed-up without work over that with it", gain, 1.5, 100)
    verdicts.end()


if __name__ == "__main__":
    main()
