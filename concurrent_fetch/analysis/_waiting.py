"""Waiting: for what the runs of one strategy waited that is neither the server nor a core.

The times of a fetch tell how long it took until the request was sent: on a new connection that is
looking up the name and connecting, on a kept one a line in the client. The time between fetches
tells of a client that pauses, or starts them at a pace of its own.
"""

import math
import statistics
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

import attrs

from concurrent_fetch._units import Seconds
from concurrent_fetch.analysis._record import Record
from concurrent_fetch.analysis._times import over
from concurrent_fetch.stats import quantile

_ENOUGH = 5
_FEWEST = 8
_EVEN = 0.5
_PROMPT = 0.2


@attrs.frozen(kw_only=True)
class Waiting:
    """What a strategy waited for; nan where that is not known."""

    connecting: float = math.nan
    """The part of the time of its fetches that passed until the request was sent on a new
    connection."""
    in_line: float = math.nan
    """The same on a kept one: it had its connection, and was not sent."""
    vacant: float = math.nan
    """The part of its slots' time in which they were empty although URLs were left."""
    pace: Seconds | None = None
    """The time between two starts, if these are even and do not follow the ends of fetches."""


def waiting_of(records: Sequence[Record], slots: int) -> Waiting:
    """Return what some complete runs of one strategy waited for; `slots` are those it used."""
    looked_at = [r for r in records[:_ENOUGH] if r.has_times and not r.outside and r.elapsed]
    if not looked_at or not slots:
        return Waiting()
    busy = math.fsum(record.busy for record in looked_at)
    lines = [list(_lines(record)) for record in looked_at]
    paces = [_pace(record, slots) for record in looked_at]
    empty = math.fsum(_empty(record, slots) for record in looked_at)
    return Waiting(
        connecting=over(math.fsum(t for line in lines for t, kept in line if not kept), busy),
        in_line=over(math.fsum(t for line in lines for t, kept in line if kept), busy),
        vacant=over(empty, slots * math.fsum(record.elapsed for record in looked_at)),
        pace=_middle(paces),
    )


def _lines(record: Record) -> Iterator[tuple[Seconds, bool]]:
    """Yield how long each fetch took until it was sent, and whether its connection was kept."""
    columns = record.columns["started"], record.column("sent"), record.column("reused")
    for started, sent, kept in zip(*columns, strict=True):
        if sent is not None and kept is not None:
            yield sent - started, kept


def _empty(record: Record, slots: int) -> Seconds:
    """Return how long slots were empty up to the last start, added up."""
    tries = record.tries
    last = max(tries.starts, default=record.begun)
    taken = math.fsum(
        min(end, last) - start for start, end in zip(tries.starts, tries.ends, strict=True)
    )
    return max(0.0, slots * (last - record.begun) - taken)


def _pace(record: Record, slots: int) -> Seconds | None:
    """Return the time between two starts, if they are even and no answer to ends.

    Nobody keeps a pace who has as many in flight as may be.
    """
    tries = record.tries
    if slots >= min(record.options.concurrency, len(tries.starts)):
        return None
    starts, ends = sorted(tries.starts), sorted(tries.ends)
    if len(starts) < _FEWEST:
        return None
    gaps = sorted(b - a for a, b in pairwise(starts))
    usual = statistics.median(gaps)
    if quantile(gaps, 0.9) - quantile(gaps, 0.1) > _EVEN * usual or usual <= 0:
        return None
    prompt = sum(since < _PROMPT * usual for since in _since_an_end(starts, ends))
    return usual if prompt < _EVEN * len(starts) else None


def _since_an_end(starts: Sequence[Seconds], ends: Sequence[Seconds]) -> Iterable[Seconds]:
    """Yield how long before each start a fetch had ended; infinite before the first end."""
    place, last = 0, -math.inf
    for start in starts:
        while place < len(ends) and ends[place] <= start:
            last = ends[place]
            place += 1
        yield start - last


def _middle(paces: Sequence[Seconds | None]) -> Seconds | None:
    found = [pace for pace in paces if pace is not None]
    return statistics.median(found) if len(found) > len(paces) / 2 else None
