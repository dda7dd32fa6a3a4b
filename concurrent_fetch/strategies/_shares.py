"""How many jobs a worker process is to hold: enough that it never waits for more."""

import math
from collections.abc import Sequence

from concurrent_fetch._units import Seconds

AHEAD = 4
"""Jobs that a worker holds at most, for each place."""
_AHEAD_FOR: Seconds = 0.05
"""What is ahead is enough for this long, and is worked on in no longer."""
_LATELY = 100


class Demand:
    """How many jobs may wait in workers where something is called with each outcome.

    Such calls hold the loop of a worker, and what waits there waits for them. And who has more
    ahead than it soon needs may have it long after the others have nothing left.
    """

    def __init__(self, places: int) -> None:
        self._places = places
        """Of all workers together."""
        self._count = 0.0
        self._held: Seconds = 0.0
        self._time: Seconds = 0.0
        self._noted: Seconds | None = None

    def begin(self, now: Seconds) -> None:
        """Say that the run begins."""
        self._noted = now

    def note(self, count: int, held: Seconds, now: Seconds) -> None:
        """Take note of so many outcomes of one worker, for which its loop was held so long."""
        if self._noted is not None:
            self._time += now - self._noted
        self._noted = now
        self._count += count
        self._held += held
        if self._count > _LATELY:
            self._count, self._held, self._time = self._count / 2, self._held / 2, self._time / 2

    def ahead(self, places: int, most: int) -> int:
        """Return how many may wait for so many places: 1 as long as nothing is known."""
        if not self._count:
            return 1
        soon = places * self._count * _AHEAD_FOR
        if self._time * self._places * most > soon:
            most = math.ceil(soon / (self._time * self._places))
        if self._held * most > self._count * _AHEAD_FOR:
            most = int(self._count * _AHEAD_FOR / self._held)
        return max(1, most)


def credit(places: int, demand: Demand | None = None) -> int:
    """Return how many jobs a worker may hold; by the demand, where something may hold its loop."""
    most = (AHEAD - 1) * places
    return places + (most if demand is None else demand.ahead(places, most))


def levels(count: int, held: Sequence[int], most: Sequence[int]) -> list[int]:
    """Return how many jobs each is to hold, with so many more: as level as may be.

    What they hold and may hold is told; they have room for as many.
    """
    found = list(held)
    while count > 0:
        free = [place for place, level in enumerate(found) if level < most[place]]
        lowest = min(found[place] for place in free)
        group = [place for place in free if found[place] == lowest]
        bounds = [found[place] for place in free if found[place] > lowest]
        bounds += [most[place] for place in group]
        step = max(1, min(min(bounds) - lowest, count // len(group)))
        for place in group[:count]:
            found[place] += step
            count -= step
    return found
