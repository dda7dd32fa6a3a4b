"""What measuring costs: the statistics, and the stamps of every fetch."""

import random
import statistics
from collections.abc import Callable
from time import perf_counter

import concurrent_fetch as cf
from bench.rounds import Verdicts
from concurrent_fetch.server import LocalServer
from concurrent_fetch.stats._estimate import null_counts, speedup


def seconds_of(way: Callable[[], object], times: int) -> float:
    """Return the median time of a call."""
    taken = []
    for _ in range(times):
        start = perf_counter()
        way()
        taken.append(perf_counter() - start)
    return statistics.median(taken)


def statistics_cost(verdicts: Verdicts) -> None:
    rng = random.Random(1)
    for n in (10, 30, 40, 100):
        reference, other = ([rng.lognormvariate(0, 0.1) for _ in range(n)] for _ in range(2))
        null_counts.cache_clear()
        start = perf_counter()
        speedup(reference, other, 0.05)
        first = perf_counter() - start
        later = seconds_of(lambda a=reference, b=other: speedup(a, b, 0.05), 20)  # type: ignore[misc]  # as it is
        print(f"speedup of {n} rounds: first {first * 1e3:.2f} ms, then {later * 1e3:.2f} ms")
        if n == 30:
            verdicts.within("statistics of 30 rounds, ms, the first time", first * 1e3, 0, 5)


def stamp() -> cf.Timing:
    return cf.Timing(
        started=perf_counter(),
        sent=perf_counter(),
        first_byte=perf_counter(),
        finished=perf_counter(),
    )


def stamps_cost(verdicts: Verdicts) -> None:
    one = seconds_of(lambda: [stamp() for _ in range(10_000)], 9) / 10_000
    with LocalServer() as server:
        comparison = cf.Runner(server.urls(1000), rounds=6).compare(cf.fetch_sync, cf.fetch_async)
    fetch = min(comparison.typical(name).point for name in comparison.strategies) / 1000
    print(f"four stamps and a Timing: {one * 1e6:.2f} µs; a fetch: {fetch * 1e6:.0f} µs")
    verdicts.within("stamps over the cheapest fetch", one / fetch, 0, 0.01)


def main() -> None:
    verdicts = Verdicts()
    statistics_cost(verdicts)
    stamps_cost(verdicts)
    verdicts.end()


if __name__ == "__main__":
    main()
