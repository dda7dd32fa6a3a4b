"""Ceilings: what bounds the requests per second of a strategy at one concurrency.

Four figures, all from what was measured and none beyond it: the concurrency over the service time
at the first level, by Little's law; one over the CPU time per request; the plateau, where more in
flight only made each fetch take longer while the CPU idled; and what the options allow by limits of
hosts and of the rate.
"""

import math
from collections.abc import Sequence

import attrs

from concurrent_fetch._units import Seconds
from concurrent_fetch.analysis._limits import GROWN
from concurrent_fetch.analysis._why import Limit, Why

_HALF = 0.5
_NO_GAIN = 1.05
_NEAR = 0.7
_CLEARLY = 1.1  # a client needs a little time between two fetches: near the knee two nearly tie


@attrs.frozen(kw_only=True)
class Ceiling:
    """What bounds a strategy at one concurrency, in requests per second.

    What is not known is not a number (nan).
    """

    requests_per_second: float
    """What it did: the mean over complete rounds."""
    by_concurrency: float
    """Its concurrency over the service time at the first level: nothing gets crowded. Where fetches
    failed before they were sent, over the mean time of all."""
    by_cpu: float
    """One over its CPU time per request; for as many cores as it kept busy, at least one."""
    by_server: float
    """The plateau of the sweep: the capacity of the server or the network, where it was reached."""
    limit: Limit | None
    """The one that binds; the concurrency, unless another is more than 10 % lower, the event loop
    is blocked, or it is far from what its concurrency allows. None where that is not told."""
    by_options: float = math.nan
    """What `rate`, `per_host`, `delay` or waiting for retries allow, whichever allows least; nan
    where none of them is set, or none is heeded."""


@attrs.frozen(kw_only=True)
class Level:
    """What was measured at one concurrency."""

    concurrency: int
    why: Why
    requests_per_second: float
    gain: float
    """How many times faster than at the comparable level before it; nan where that is unknown."""

    def grew(self, first: "Level") -> float:
        """Return the service time over that at the first level."""
        return self.service / first.service if first.service else math.nan

    @property
    def turn(self) -> Seconds:
        """The mean time for which a fetch keeps a place among those in flight, at least.

        The service time; less where quick failures, which were never sent, take their turns too.
        """
        return min(self.why.service, self.why.time_per_fetch)

    @property
    def service(self) -> Seconds:
        """The mean time from the request sent to the last body byte, or from its start."""
        return self.why.service


def ceilings(levels: Sequence[Level]) -> list[Ceiling]:
    """Return the ceilings of each level; the first level is the measure of a quiet server."""
    plateau = _plateau(levels)
    return [_ceiling(level, levels[0], plateau) for level in levels]


def _plateau(levels: Sequence[Level]) -> float:
    crowded = any(_is_crowded(level, levels[0]) for level in levels)
    able = [level.requests_per_second for level in levels if level.gain > 0 or level is levels[0]]
    return max(able) if crowded else math.nan


def _is_crowded(level: Level, first: Level) -> bool:
    """Whether more in flight brought no more, and no limit, machine or luck is the reason."""
    is_stopped = level.why.bound is not None and level.why.bound.is_reached
    is_slower = level.grew(first) >= GROWN and level.why.cpu < _HALF
    return level.gain <= _NO_GAIN and is_slower and not (is_stopped or level.why.is_hindered)


def _ceiling(level: Level, first: Level, plateau: float) -> Ceiling:
    cpu = level.why.cpu_per_fetch
    found = Ceiling(
        requests_per_second=level.requests_per_second,
        by_concurrency=level.concurrency / first.turn if first.turn else math.nan,
        by_cpu=max(1.0, level.why.cpu) / cpu if cpu else math.nan,
        by_server=plateau,
        by_options=_by_options(level),
        limit=None,
    )
    return attrs.evolve(found, limit=_limit(found, level, first))


def _by_options(level: Level) -> float:
    bound = level.why.bound
    return math.nan if bound is None else level.requests_per_second / bound.share


def _limit(ceiling: Ceiling, level: Level, first: Level) -> Limit | None:
    why = level.why
    if math.isnan(ceiling.by_concurrency):
        return None
    if why.limit in (Limit.BLOCKED_LOOP, Limit.MACHINE):  # whatever else there is comes after that
        return why.limit
    if why.bound is not None and why.limit is why.bound.evidence.limit:
        return why.limit
    bounds = {Limit.CONCURRENCY: ceiling.by_concurrency / _CLEARLY}
    if why.bound is not None and (set_limit := why.bound.evidence.limit):
        bounds[set_limit] = ceiling.by_options
    if why.cpu >= _HALF:  # else it waits for something: its CPU time does not bound it
        bounds[Limit.GIL if why.limit is Limit.GIL else Limit.CPU] = ceiling.by_cpu
    if not math.isnan(ceiling.by_server):
        bounds[Limit.NETWORK] = ceiling.by_server
    found: Limit | None = min(bounds, key=bounds.__getitem__)
    is_far = ceiling.requests_per_second < _NEAR * ceiling.by_concurrency
    if found is Limit.CONCURRENCY and is_far:
        found = _instead(level, first)
    return None if found is Limit.NETWORK and why.is_hindered else found


def _instead(level: Level, first: Level) -> Limit | None:
    """Return the limit of a level that is far from what its concurrency allows."""
    if level.why.limit is not Limit.CONCURRENCY and level.why.limit is not None:
        return level.why.limit
    is_crowded = level.grew(first) >= GROWN and level.why.cpu < _HALF
    return Limit.NETWORK if is_crowded else None
