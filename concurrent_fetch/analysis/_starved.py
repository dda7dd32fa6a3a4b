"""Starved: where a machine that others use is what holds a strategy up, nothing else is said to be.

A thread that waits for a core sends later, reads later and lets timers come late: on the times of
fetches that looks like a slow network, and on an event loop like a call that blocks it.
"""

from concurrent_fetch.analysis._load import Load
from concurrent_fetch.analysis._why import Evidence, Limit, Why

_CLEAR = {
    *(Evidence.COMPUTING, Evidence.SEVERAL_CORES),
    *(Evidence.AT_THE_RATE, Evidence.AT_THE_DELAY, Evidence.HOST_FULL, Evidence.ONLY_WAITING),
}
"""What others cannot feign: it had the cores that it needed, or a limit that was set is reached."""
_FEIGNED = {
    *(Limit.NETWORK, Limit.BLOCKED_LOOP, Limit.GIL),
    *(Limit.SLOW_URL, Limit.CONNECTING, Limit.CLIENT),
}


def unless_starved(found: Why, evidence: Evidence, load: Load | None) -> Evidence:
    """Return what the figures say, or that the machine is what they say it of.

    `load` is that of the rounds: the run that was watched is another one.
    """
    if not found.is_hindered:
        return evidence
    if found.is_starved and (load is None or load.is_mostly_busy):
        return evidence if evidence in _CLEAR else Evidence.STARVED
    by_probe = {Evidence.LATE_LOOP, Evidence.NOTHING_SEEN}
    is_feigned = evidence.limit in _FEIGNED or evidence in by_probe
    return Evidence.NOTHING if is_feigned else evidence
