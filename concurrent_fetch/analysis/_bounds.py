"""Bounds: how much of the time of a strategy the limits account for that were set.

Each is held against the runs by what it says. `rate` allows no more than so many starts in the time
from the first to the last of them; `delay` the same at one host; `per_host` so many seconds of
fetching at one host per second. A limit that was not heeded bounds nothing.
"""

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence

from concurrent_fetch._units import Seconds
from concurrent_fetch.analysis._record import Record
from concurrent_fetch.analysis._retried import idle_in
from concurrent_fetch.analysis._set_limits import Spans, are_of_hosts, by_host
from concurrent_fetch.analysis._why import Bound, Evidence
from concurrent_fetch.stats import most_at_once

_AT_PACE = 0.9
_SLACK = 1.02  # sums round, and a start is told a little later than it was allowed
_LATENESS: Seconds = 0.1  # that a rate may catch up
_ENOUGH = 5


class _Part:
    """What was fetched, of all hosts or of one, in some runs added up."""

    __slots__ = ("busy", "longest", "n", "span")

    def __init__(self) -> None:
        self.busy = self.span = self.longest = 0.0
        self.n = 0

    def add(self, spans: Spans) -> None:
        """Add the starts and ends of one run."""
        starts = [start for start, _ in spans]
        times = [end - start for start, end in spans]
        self.n += len(spans)
        self.span += max(starts) - min(starts)
        self.busy += math.fsum(times)
        self.longest += max(times)


def bound_of(records: Sequence[Record], hosts: Sequence[str]) -> Bound | None:
    """Return the limit that accounts for most of the time; `hosts` are those of the URLs.

    None where no limit was heeded, or the times of fetches are not known.
    """
    looked_at = records[:_ENOUGH]
    if not all(r.elapsed and r.has_times and not r.outside for r in looked_at):
        return None
    bounds = _Limited(looked_at, hosts).bounds() if looked_at else ()
    found = [bound for bound in bounds if bound.cost > 0]
    reached = [bound for bound in found if bound.is_reached]
    if reached:
        return max(reached, key=lambda bound: bound.cost)
    return max(found, key=lambda bound: bound.share, default=None)


class _Limited:
    """Some runs of a strategy, held against its limits."""

    def __init__(self, records: Sequence[Record], hosts: Sequence[str]) -> None:
        self._records = records
        self._hosts = hosts
        self._options = records[0].options
        self._elapsed = math.fsum(record.elapsed for record in records)

    def bounds(self) -> Iterator[Bound]:
        """Yield each limit that was heeded, and what it accounts for."""
        yield from self._by_waiting()
        if self._options.rate:
            yield from self._by_rate(self._options.rate)
        if not are_of_hosts(self._options):
            return
        for host, part in self._parts().items():
            pace = self._options.pace_of(host)
            if pace.delay:
                yield from self._by_delay(host, part, pace.delay)
            if pace.per_host is not None and pace.per_host <= self._options.concurrency:
                yield from self._by_places(host, part, pace.per_host)

    def _by_waiting(self) -> Iterator[Bound]:
        idle = math.fsum(map(idle_in, self._records))
        yield Bound(
            evidence=Evidence.ONLY_WAITING,
            value=idle / len(self._records),
            cost=idle / self._elapsed,
            share=idle / self._elapsed,
        )

    def _by_rate(self, rate: float) -> Iterator[Bound]:
        whole = _Part()
        for record in self._records:
            whole.add(list(zip(record.tries.starts, record.tries.ends, strict=True)))
        needed = (whole.n - len(self._records)) / rate
        at_most = _SLACK * (whole.span + _LATENESS * len(self._records))
        if _AT_PACE * whole.span <= needed <= at_most:
            cost, share = self._paced(needed, whole)
            yield Bound(evidence=Evidence.AT_THE_RATE, value=rate, cost=cost, share=share)

    def _by_delay(self, host: str, part: _Part, delay: Seconds) -> Iterator[Bound]:
        needed = (part.n - len(self._records)) * delay
        if _AT_PACE * part.span <= needed <= _SLACK * part.span:
            cost, share = self._paced(needed, part)
            yield Bound(
                evidence=Evidence.AT_THE_DELAY, value=delay, host=host, cost=cost, share=share
            )

    def _paced(self, needed: Seconds, part: _Part) -> tuple[float, float]:
        last = part.busy / part.n * len(self._records)
        return needed / self._elapsed, min(1.0, (needed + last) / self._elapsed)

    def _by_places(self, host: str, part: _Part, places: int) -> Iterator[Bound]:
        share = part.busy / (places * self._elapsed)
        cost = share - part.longest / self._elapsed  # the longest of a run is there in any case
        if share <= _SLACK and cost > 0 and self._most_at(host) <= places:
            yield Bound(
                evidence=Evidence.HOST_FULL,
                value=places,
                host=host,
                cost=cost,
                share=min(1.0, share),
            )

    def _parts(self) -> dict[str, _Part]:
        """Return what was fetched of each host; of what is no URL nothing is."""
        parts = defaultdict[str, _Part](_Part)
        for record in self._records:
            for host, spans in by_host(record.tries, self._hosts).items():
                parts[host].add(spans)
        return parts

    def _most_at(self, host: str) -> int:
        """Return how many were in flight there at most."""
        spans = by_host(self._records[0].tries, self._hosts)[host]
        return most_at_once([start for start, _ in spans], [end for _, end in spans])
