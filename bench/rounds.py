"""Ratios of times, side by side in one run, by the library's own method."""

import gc
import random
import sys
from collections.abc import Callable, Mapping
from time import perf_counter

from concurrent_fetch.runner._rounds import rounds
from concurrent_fetch.stats._estimate import Estimate, speedup

ALPHA = 0.05


def interleaved(
    ways: Mapping[str, Callable[[], object]], count: int, seed: int = 1
) -> dict[str, list[float]]:
    """Run every way once to warm up, then `count` rounds; return the times of each, in seconds."""
    for way in ways.values():
        way()
    times: dict[str, list[float]] = {name: [] for name in ways}
    orders = rounds(list(ways), random.Random(seed))
    for _ in range(count):
        for name in next(orders):
            gc.collect()
            start = perf_counter()
            ways[name]()
            times[name].append(perf_counter() - start)
    return times


def ratio(ours: list[float], theirs: list[float]) -> Estimate:
    """Return our time over theirs, with its interval at 95%."""
    return speedup(ours, theirs, ALPHA)


class Verdicts:
    """Prints a line for each bound; the script ends with 1 if one was missed."""

    def __init__(self) -> None:
        self.missed = 0

    def at_most(self, what: str, estimate: Estimate, bound: float) -> None:
        """A bound is missed only when the low end of the interval lies above it."""
        kept = estimate.low <= bound
        self.missed += not kept
        print(
            f"{what:58} {estimate.point:6.3f} [{estimate.low:.3f}, {estimate.high:.3f}]"
            f"   bound {bound:.2f}   {'kept' if kept else 'MISSED'}",
            flush=True,
        )

    def within(self, what: str, value: float, low: float, high: float) -> None:
        """A figure that must lie in a range."""
        kept = low <= value <= high
        self.missed += not kept
        print(f"{what:58} {value:10.3f}   range {low:g} to {high:g}   "
              f"{'kept' if kept else 'MISSED'}", flush=True)  # fmt: skip

    def end(self) -> None:
        sys.exit(min(self.missed, 1))
