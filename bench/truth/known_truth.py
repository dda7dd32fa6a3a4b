"""Known truth: what a server with known latencies allows, and what is measured on it.

A harness that reports more than is possible is broken; one that reports much less is slow.
"""

import sys
from collections.abc import Sequence

import concurrent_fetch as cf
from bench.rounds import Verdicts
from concurrent_fetch.server import LocalServer
from concurrent_fetch.stats._makespan import makespan

N = 20
LATENCY = 0.1
MIXED = [0.02 + 0.013 * (7 * i % 11) for i in range(N)]
STRATEGIES = (cf.fetch_sync, cf.fetch_threaded, cf.fetch_async)


def walls(comparison: cf.Comparison, name: str) -> list[float]:
    return [run.elapsed for run in comparison.runs(name)]


def compared(
    rounds: int,
    *,
    latency: float | Sequence[float] = LATENCY,
    concurrency: int = 5,
    capacity: int | None = None,
) -> tuple[cf.Comparison, int]:
    with LocalServer(latency=latency, capacity=capacity) as server:
        options = cf.Options(concurrency=concurrency)
        runner = cf.Runner(server.urls(N), options, rounds=rounds, seed=1)
        return runner.compare(*STRATEGIES), server.stats().peak_served


def constant(rounds: int, verdicts: Verdicts) -> None:
    """Item 7: constant latency, one and five in flight."""
    comparison, peak = compared(rounds)
    print(comparison)
    verdicts.within("most requests in service, counted by the server", peak, 5, 5)
    sync = walls(comparison, "fetch_sync")
    verdicts.within("fetch_sync: fastest run over 2 s", min(sync) / 2, 1.0, 1.03)
    verdicts.within(
        "fetch_sync: typical run over 2 s", typical(comparison, "fetch_sync") / 2, 1, 1.03
    )
    for name in ("fetch_threaded", "fetch_async"):
        least = min(walls(comparison, name))
        verdicts.within(f"{name}: fastest run over 0.4 s", least / 0.4, 1.00, 1.10)
        verdicts.within(f"{name}: typical run over 0.4 s", typical(comparison, name) / 0.4, 1, 1.1)
        speedup = comparison.speedup(name).point
        verdicts.within(f"{name}: speed-up over fetch_sync, truth 5", speedup, 4.7, 5.05)
    for name in comparison.strategies:
        bounds = [bound(run, comparison.why(name).slots) for run in comparison.runs(name)]
        over = [wall / least for wall, least in zip(walls(comparison, name), bounds, strict=True)]
        verdicts.within(f"{name}: least wall over max(work / slots, longest)", min(over), 1, 9)


def bound(run: cf.Run, slots: int) -> float:
    """What no run can be faster than, by its own times."""
    service = [r.timing.finished - (r.timing.sent or r.timing.started) for r in run.responses]
    return max(*service, sum(service) / slots)


def typical(comparison: cf.Comparison, name: str) -> float:
    return comparison.typical(name).point


def mixed(rounds: int, verdicts: Verdicts) -> None:
    """Item 7: each URL with a latency of its own, from 20 to 150 ms."""
    comparison, _ = compared(rounds, latency=MIXED)
    for name in comparison.strategies:
        ideal = makespan(MIXED, 1 if name == "fetch_sync" else 5)
        verdicts.within(
            f"{name}: mixed latencies, typical run over the makespan",
            typical(comparison, name) / ideal,
            0.98,
            1.10,
        )


def saturated(rounds: int, verdicts: Verdicts) -> None:
    """Item 8: ten in flight on a server that serves five."""
    comparison, peak = compared(rounds, concurrency=10, capacity=5)
    print(comparison.explain())
    verdicts.within("capacity 5: most in service, counted by the server", peak, 5, 5)
    for name in ("fetch_threaded", "fetch_async"):
        why = comparison.why(name)
        least = min(walls(comparison, name))
        verdicts.within(f"{name}: capacity 5, fastest run over 0.4 s", least / 0.4, 1.0, 1.1)
        verdicts.within(
            f"{name}: capacity 5, service over that with one", why.service_grew, 1.5, 2.1
        )
        named = why.limit is cf.Limit.NETWORK
        verdicts.within(f"{name}: capacity 5, the server is named", named, 1, 1)


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    verdicts = Verdicts()
    for part in (constant, mixed, saturated):
        part(rounds, verdicts)
    verdicts.end()


if __name__ == "__main__":
    main()
