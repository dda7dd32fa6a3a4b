"""Whether more in flight would help: said only where that was tried, or another one shows it."""

from concurrent_fetch.analysis import Tried, Why
from concurrent_fetch.render import average, ratio
from concurrent_fetch.stats import Estimate

_MORE = 1.5


def shows_more_helps(other: Why, mine: Why, lead: Estimate) -> bool:
    """Whether another strategy is faster since it has more in flight; `lead` is its speed-up.

    So it is for sure where shorter fetches, or the CPU time that it saves, do not explain as much.
    """
    if not other.in_flight >= _MORE * mine.in_flight:
        return False
    shorter = mine.time_per_fetch / other.time_per_fetch if other.time_per_fetch else 1.0
    saved = 1 - other.cpu_per_fetch / mine.cpu_per_fetch if mine.cpu_per_fetch else 0.0
    without = 1 - mine.cpu * max(0.0, saved)
    return without > 0 and lead.low > max(1.0, shorter, 1 / without)


def more_in_flight(why: Why) -> str:
    """Say what shows that more in flight would help; empty if nothing does."""
    if why.tried is not None:
        return tried_told(why.tried)
    if why.beside is not None:
        return f"{why.beside.strategy} is faster, and had {average(why.beside.in_flight)}"
    return ""


def tried_told(tried: Tried) -> str:
    """Say what came of twice as many: `with 8 instead of 4 it was 1.95× as fast (…)`."""
    least, most = ratio(min(tried.speedups)), ratio(max(tried.speedups))
    twice = f"with {tried.twice} instead of {tried.concurrency}"
    pairs = f"{least} to {most} in {len(tried.speedups)} pairs of runs"
    return f"{twice} it was {ratio(tried.speedup)} as fast ({pairs})"
