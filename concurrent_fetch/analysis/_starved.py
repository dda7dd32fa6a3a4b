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
        is_clear = evidence in _CLEAR or _gains_more(found, evidence)
        return evidence if is_clear else Evidence.STARVED
    by_probe = {Evidence.LATE_LOOP, Evidence.NOTHING_SEEN}
    is_feigned = evidence.limit in _FEIGNED or evidence in by_probe
    return Evidence.NOTHING if is_feigned else evidence


def _gains_more(found: Why, evidence: Evidence) -> bool:
    """Whether more in flight saved more than half of the waiting for a core would at most.

    That was seen on the same machine, under the same load.
    """
    waited = found.probe.kept_waiting if found.probe else None
    if waited is None or evidence not in {Evidence.FULL, Evidence.ONE_AT_A_TIME}:
        return False
    shown = found.tried.speedup if found.tried else found.beside.faster if found.beside else 1.0
    return 1 - 1 / shown >= waited / 2
