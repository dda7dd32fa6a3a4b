"""Tries: every time that something was fetched in a run, those that were tried again among them."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from concurrent_fetch._units import Seconds
from concurrent_fetch.model import Attempt

Columns = Mapping[str, Sequence[Any]]


class Tries(NamedTuple):
    """The tries of a run: those that were the last of their URL first, in URL order."""

    starts: Sequence[Seconds]
    ends: Sequence[Seconds]
    places: Sequence[int]
    """At which URL."""
    retries: Sequence[bool]
    """Whether the URL had been tried before."""


def tries_in(columns: Columns, end: Seconds = math.inf) -> Tries:
    """Return the tries that the columns of a run tell of, if they tell times at all.

    What began at the end of the run or later was let through and given up: that is no try.
    """
    tries = _all_in(columns)
    if not any(start >= end for start in tries.starts):
        return tries
    kept = [row for row in zip(*tries, strict=True) if row[0] < end]
    return Tries(*map(list, zip(*kept, strict=True))) if kept else Tries([], [], [], [])


def _all_in(columns: Columns) -> Tries:
    starts, ends = columns["started"], columns["finished"]
    places = range(len(starts))
    retried = retried_in(columns)
    if not retried:
        return Tries(starts, ends, places, [False] * len(starts))
    before = [(place, n, one) for place, tries in retried.items() for n, one in enumerate(tries)]
    return Tries(
        [*starts, *(one.started for _, _, one in before)],
        [*ends, *(one.finished for _, _, one in before)],
        [*places, *(place for place, _, _ in before)],
        [*(place in retried for place in places), *(n > 0 for _, n, _ in before)],
    )


def retried_in(columns: Columns) -> dict[int, tuple[Attempt, ...]]:
    """Return the earlier tries of each URL that was tried again, by its place.

    A run that was saved before there were any tells none.
    """
    return {place: tries for place, tries in enumerate(columns.get("earlier", ())) if tries}
