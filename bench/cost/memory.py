"""Memory: 20,000 outcomes without bodies, and a stream of 200,000 URLs.

python -m bench.cost.memory [URLs of the stream]
"""

import asyncio
import gc
import resource
import subprocess
import sys
import tracemalloc
from collections.abc import Iterator
from itertools import islice

import concurrent_fetch as cf
from bench.rounds import Verdicts
from concurrent_fetch.server import LocalServer

KEPT = 20_000
OPTIONS = cf.Options(keep_bodies=False, concurrency=32)
STRATEGIES = ("sync", "threaded", "async")


def endless(base: str) -> Iterator[str]:
    i = 0
    while True:
        yield f"{base}?i={i}"
        i += 1


def bytes_per_outcome(strategy: str, base: str) -> float:
    urls = list(islice(endless(base), KEPT))
    fetch = {"sync": cf.fetch_sync, "threaded": cf.fetch_threaded}.get(strategy)
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    run = fetch(urls, OPTIONS) if fetch else asyncio.run(cf.fetch_async(urls, OPTIONS))
    gc.collect()
    after = tracemalloc.get_traced_memory()[0]
    assert len(run) == KEPT
    assert not run.failures
    return (after - before) / KEPT


def stream_growth(strategy: str, base: str, count: int) -> float:
    """Return by how many MiB the most memory ever used grew after the first tenth of a stream."""
    urls = islice(endless(base), count)
    seen = first = 0

    def note() -> None:
        nonlocal seen, first
        seen += 1
        if seen == count // 10:
            first = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    if strategy == "async":

        async def consume() -> None:
            async for _ in cf.iter_async(urls, OPTIONS):
                note()

        asyncio.run(consume())
    else:
        for _ in {"sync": cf.iter_sync, "threaded": cf.iter_threaded}[strategy](urls, OPTIONS):
            note()
    assert seen == count
    return (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - first) / 1024


def main() -> None:
    if len(sys.argv) > 3:  # one measurement, in a process of its own
        measure, strategy, base, length = sys.argv[1:]
        grown = stream_growth(strategy, base, int(length)) if measure == "stream" else (
            bytes_per_outcome(strategy, base))  # fmt: skip
        print(grown)
        return
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
    verdicts = Verdicts()
    with LocalServer() as server:
        for strategy in STRATEGIES:
            for measure, what, bound in (
                ("kept", f"{strategy}: bytes per outcome kept, {KEPT:,} URLs", 2048),
                ("stream", f"{strategy}: MiB grown over a stream of {count:,} URLs", 2),
            ):
                command = [sys.executable, "-m", "bench.cost.memory", measure, strategy]
                output = subprocess.run(
                    [*command, server.url("/bytes/64"), str(count)],
                    capture_output=True,
                    text=True,
                    check=True,
                ).stdout
                verdicts.within(what, float(output), 0, bound)
    verdicts.end()


if __name__ == "__main__":
    main()
