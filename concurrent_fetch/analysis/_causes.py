"""Causes: where the time of each strategy went, and what keeps it from being faster.

The arithmetic is exact. With `in_flight = sum of the times of all fetches / time of the run`
(Little's law), the ratio of two strategies' times is the gain in flight divided by the change in
time per fetch.

Source: Little, "A proof for the queuing formula L = λW" (1961).
"""

import math
from collections.abc import Collection, Mapping, Sequence
from functools import cached_property

import attrs

from concurrent_fetch._units import Seconds
from concurrent_fetch.analysis._alone import Alone
from concurrent_fetch.analysis._beside import Beside, beside
from concurrent_fetch.analysis._bounds import bound_of
from concurrent_fetch.analysis._card import Card
from concurrent_fetch.analysis._limits import evidence_of
from concurrent_fetch.analysis._probe import Probe
from concurrent_fetch.analysis._record import Record
from concurrent_fetch.analysis._set_limits import are_of_hosts, has_limits
from concurrent_fetch.analysis._starved import unless_starved
from concurrent_fetch.analysis._times import Times, latencies_of, over, service_at, times_of
from concurrent_fetch.analysis._tried import Tried
from concurrent_fetch.analysis._waiting import waiting_of
from concurrent_fetch.analysis._why import Bound, Why
from concurrent_fetch.http import host_of, redact
from concurrent_fetch.stats import makespan

_FEWEST = 3


@attrs.frozen(kw_only=True, slots=False)
class Causes:
    """What the complete runs of several strategies say about where their time went."""

    runs: Mapping[str, Sequence[Record]]
    """Of each strategy; the first is the reference."""
    comparable: Collection[str]
    """The strategies that did the same work."""
    probes: Mapping[str, Probe]
    card: Card
    cards: Mapping[str, Card] = attrs.field(factory=dict)
    """Of those that ran in another interpreter."""
    urls: Sequence[str] = ()
    """What they fetched."""
    tried: Mapping[str, Tried] = attrs.field(factory=dict)
    """Twice the concurrency, of those for which that was tried."""
    alone: Alone | None = None
    """What was fetched one at a time; None where a strategy does so, or that was not done."""

    def of(self, name: str) -> Why:
        """Explain a strategy's times beside the reference's."""
        times, probe = self._times[name], self.probes.get(name)
        found = self._figures(times, self._times[next(iter(self.runs))], probe)
        evidence = evidence_of(found, self.cards.get(name, self.card))
        evidence = unless_starved(found, evidence, self.card.in_rounds)
        return attrs.evolve(found, evidence=evidence, limit=evidence.limit)

    def _figures(self, times: Times, reference: Times, probe: Probe | None) -> Why:
        known = self._latencies and times.slots
        ideal = makespan(self._latencies, times.slots) if known else math.nan
        slots = 1 if probe and probe.on_loop else times.slots
        records = self.runs[times.name]
        return Why(
            strategy=times.name,
            in_flight=times.in_flight,
            more_in_flight=over(times.in_flight, reference.in_flight),
            time_per_fetch=times.time_per_fetch,
            longer=over(times.time_per_fetch, reference.time_per_fetch),
            turn=times.turn,
            queue=times.queue,
            service=times.service,
            cpu=over(times.cpu, times.elapsed),
            cpu_per_fetch=over(times.cpu, times.fetches),
            in_workers=over(times.cpu_of_workers, times.elapsed),
            slots=times.slots,
            urls=times.urls,
            ideal=ideal,
            elapsed=times.typical,
            efficiency=over(ideal, times.typical),
            service_grew=self._grown(times, records),
            probe=probe,
            limit=None,
            work=over(times.working, times.elapsed * slots),
            is_measure=reference.slots == 1,
            bound=self._bounds[times.name],
            room=self._room(times.slots),
            beside=self._beside(times),
            longest=max(self._own_latencies(times.name), default=math.nan),
            slow_url=self._slow_url(times.name),
            waiting=waiting_of(records, times.slots),
            is_held_down=_is_held_down(records, times),
            tried=self.tried.get(times.name),
            is_among_others=self.card.in_rounds is not None and self.card.in_rounds.is_mostly_busy,
        )

    def _room(self, slots: int) -> float:
        """Return the part of the ideal that twice the slots would save."""
        if not self._latencies or not slots:
            return math.nan
        now, twice = (makespan(self._latencies, count) for count in (slots, 2 * slots))
        return over(now - twice, now)

    def _beside(self, mine: Times) -> Beside | None:
        if mine.name not in self.comparable or not mine.in_flight > 0:
            return None
        return beside(mine, (self._times[name] for name in self.comparable))

    def _own_latencies(self, name: str) -> list[Seconds]:
        return latencies_of(self.runs[name])

    def _slow_url(self, name: str) -> str | None:
        """Return the URL that takes much longer than any other, here and for the reference."""
        places = {_far_out(self._own_latencies(name)), _far_out(self._latencies)}
        place = places.pop()
        if places or place is None or not self.urls:
            return None
        return redact(self.urls[place], self.runs[name][0].options.secret_params)

    def _grown(self, times: Times, records: Sequence[Record]) -> float:
        """Return the service time over that with one in flight, of the same URLs."""
        if times.slots <= 1:
            return math.nan
        if math.isnan(self._alone) and self.alone is not None:
            return over(service_at(records, self.alone.places), self.alone.service)
        return over(times.service, self._alone)

    @cached_property
    def _bounds(self) -> dict[str, Bound | None]:
        return {name: bound_of(records, self._hosts) for name, records in self.runs.items()}

    @cached_property
    def _hosts(self) -> Sequence[str]:
        """The host of each URL, where any limit is of single hosts."""
        options = (record.options for records in self.runs.values() for record in records[:1])
        return list(map(host_of, self.urls)) if any(map(are_of_hosts, options)) else ()

    @cached_property
    def _times(self) -> dict[str, Times]:
        return {name: times_of(name, records) for name, records in self.runs.items()}

    @cached_property
    def _latencies(self) -> list[Seconds]:
        """The reference's time for each URL."""
        return latencies_of(next(iter(self.runs.values())))

    @cached_property
    def _alone(self) -> Seconds:
        """The least service time with one in flight; nan where nothing comparable had one."""
        quiet = (self._times[name] for name in self.comparable)
        return min((t.service for t in quiet if t.slots == 1 and t.service > 0), default=math.nan)


def _far_out(latencies: Sequence[Seconds]) -> int | None:
    """Return the place of the one that is more than twice as long as any other."""
    if len(latencies) < _FEWEST:
        return None
    second, longest = sorted(latencies)[-2:]
    return latencies.index(longest) if longest > 2 * second else None


def _is_held_down(records: Sequence[Record], times: Times) -> bool:
    """Whether limits that are set may be why there were fewer in flight than there may be."""
    if not records:
        return False
    options = records[0].options
    return has_limits(options) and times.slots < min(options.concurrency, times.urls)
