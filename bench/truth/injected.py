"""Injected truth: two servers, one 5 % slower, and twins that are equal.

The truth of a session is taken beside the comparison: the quotient of the two servers' median times
from a request sent to its first byte, in runs of their own with one fetch in flight.
"""

import statistics
import sys
from collections.abc import Awaitable, Callable, Iterable

import attrs

import concurrent_fetch as cf
from bench.rounds import Verdicts
from concurrent_fetch.server import LocalServer

SESSIONS = 40
TWINS = 20
LATENCY = 0.02
SLOWER = 1.05
N = 40
OPTIONS = cf.Options(concurrency=10)

AsyncStrategy = Callable[[list[str], cf.Options], Awaitable[Iterable[cf.Outcome]]]


def elsewhere(here: LocalServer, there: LocalServer) -> AsyncStrategy:
    """Return `fetch_async` of the same pages on another server."""

    async def fetch_elsewhere(urls: list[str], options: cf.Options) -> list[cf.Outcome]:
        moved = [url.replace(here.url(), there.url()) for url in urls]
        run = await cf.fetch_async(moved, options)
        return [attrs.evolve(o, url=url) for o, url in zip(run, urls, strict=True)]

    return fetch_elsewhere


def latency(server: LocalServer) -> float:
    """Return the median time from a request sent to its first byte, in seconds."""
    run = cf.fetch_sync(server.urls(30))
    return statistics.median(r.timing.waiting or 0.0 for r in run.responses)


def slower(verdicts: Verdicts) -> None:
    contained = found = 0
    for seed in range(SESSIONS):
        with LocalServer(latency=LATENCY) as fast, LocalServer(latency=LATENCY * SLOWER) as slow:
            runner = cf.Runner(fast.urls(N), OPTIONS, rounds=10, seed=seed)
            truth = latency(fast) / latency(slow)
            comparison = runner.compare(fast=elsewhere(fast, fast), slow=elsewhere(fast, slow))
        estimate = comparison.speedup("slow")
        contained += estimate.low <= truth <= estimate.high
        found += comparison.verdict("slow") is cf.Verdict.SLOWER
        print(
            f"session {seed + 1}: truth {truth:.4f}, estimate {estimate.point:.4f} "
            f"[{estimate.low:.4f}, {estimate.high:.4f}]",
            flush=True,
        )
    verdicts.within(f"of {SESSIONS} sessions, interval contains the truth", contained, 35, 40)
    verdicts.within(f"of {SESSIONS} sessions, called slower", found, 38, 40)


def twins(verdicts: Verdicts) -> None:
    contained = 0
    for seed in range(TWINS):
        with LocalServer(latency=LATENCY) as server:
            runner = cf.Runner(server.urls(N), OPTIONS, rounds=10, seed=seed)
            comparison = runner.compare(one=cf.fetch_async, twin=cf.fetch_async)
        estimate = comparison.speedup("twin")
        contained += estimate.low <= 1 <= estimate.high
    verdicts.within(f"of {TWINS} sessions of twins, interval contains 1", contained, 16, 20)


def main() -> None:
    parts = {"slower": slower, "twins": twins}
    verdicts = Verdicts()
    for name in sys.argv[1:] or parts:
        parts[name](verdicts)
    verdicts.end()


if __name__ == "__main__":
    main()
