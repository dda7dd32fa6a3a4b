"""Whether more in flight would help: said only where that was tried, or another one shows it."""

from concurrent_fetch.analysis import Tried, Why
from concurrent_fetch.render import average, ratio


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
