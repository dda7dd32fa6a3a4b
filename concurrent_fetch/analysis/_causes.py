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
from concurrent_fetch.analysis._bounds import bound_of
from concurrent_fetch.analysis._card import Card
from concurrent_fetch.analysis._limits import evidence_of
from concurrent_fetch.analysis._probe import Probe
from concurrent_fetch.analysis._record import Record
from concurrent_fetch.analysis._set_limits import are_of_hosts, has_limits
from concurrent_fetch.analysis._starved import unless_starved
from concurrent_fetch.analysis._times import Times, latencies_of, over, times_of
from concurrent_fetch.analysis._why import Bound, Why
from concurrent_fetch.http import host_of
from concurrent_fetch.stats import makespan


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
            efficiency=over(ideal, times.typical),
            service_grew=over(times.service, self._alone) if times.slots > 1 else math.nan,
            probe=probe,
            limit=None,
            work=over(times.working, times.elapsed * slots),
            is_measure=reference.slots == 1,
            bound=self._bounds[times.name],
            is_held_down=_is_held_down(records, times),
            is_among_others=self.card.in_rounds is not None and self.card.in_rounds.is_mostly_busy,
        )

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


def _is_held_down(records: Sequence[Record], times: Times) -> bool:
    """Whether limits that are set may be why there were fewer in flight than there may be."""
    if not records:
        return False
    options = records[0].options
    return has_limits(options) and times.slots < min(options.concurrency, times.urls)
