"""Why: where the time of a strategy went, and what keeps it from being faster.

The arithmetic is exact. With `in_flight = sum of the times of all fetches / time of the run`
(Little's law), the ratio of two strategies' times is the gain in flight divided by the change in
time per fetch. What limits a strategy is then read off four figures by fixed rules.

Source: Little, "A proof for the queuing formula L = λW" (1961).
"""

import math
import statistics
from collections.abc import Iterable, Sequence
from enum import StrEnum

import attrs

from concurrent_fetch._units import Seconds
from concurrent_fetch.analysis._card import Card
from concurrent_fetch.analysis._probe import Probe
from concurrent_fetch.analysis._record import Record
from concurrent_fetch.stats import makespan

_BUSY = 0.9
_HALF = 0.5
_SMALL = 0.3
_ENOUGH = 5
_LATE: Seconds = 0.002
BLOCKED: Seconds = 0.005
"""A loop whose timers are typically later than this does something else than fetching."""
GROWN = 1.5
"""A service time this many times that with one in flight tells of a crowded server."""


class Limit(StrEnum):
    """What keeps a strategy from being faster."""

    CONCURRENCY = "concurrency"
    """It waits, with as many fetches in flight as it may have: more of them will help."""
    CPU = "CPU"
    """The client computes all the time."""
    GIL = "GIL"
    """Its threads wait for each other to let go of the interpreter."""
    NETWORK = "network"
    """The network or the server: it waits, and not for want of fetches in flight."""
    WORK = "work"
    """Its time goes into the work on its responses."""


@attrs.frozen(kw_only=True)
class Why:
    """Where the time of a strategy went, over all complete rounds. Times in seconds.

    What cannot be known is not a number (nan), or None where it is no number.
    """

    strategy: str
    """Its name."""
    in_flight: float
    """Mean number of fetches under way at once."""
    more_in_flight: float
    """Times as many as the reference had."""
    time_per_fetch: Seconds
    """Mean, from its start to its last body byte."""
    longer: float
    """Times as long as the reference's."""
    turn: Seconds
    """Mean time from the start of the run until a fetch was started: it waited for its turn."""
    queue: Seconds
    """Mean time from there until the request was sent: in the client, or connecting."""
    service: Seconds
    """Mean time from the request sent to the last body byte; from the start where `queue` is nan.
    """
    cpu: float
    """CPU time of the process over time of the run: 1 is one core."""
    cpu_per_fetch: Seconds
    """CPU time of the process over the number of fetches."""
    slots: int
    """The most fetches that it had in flight, as far as `concurrency` allows them."""
    urls: int
    """How many there were to fetch."""
    ideal: Seconds
    """The makespan of the reference's latencies on as many slots."""
    efficiency: float
    """`ideal` over the typical time of the run."""
    service_grew: float
    """Service over the least of those here with one in flight; nan for these, and without them."""
    probe: Probe | None
    """What waited in the run that was watched; None where there was none."""
    limit: Limit | None
    """None where the figures do not tell, or there are no times of single fetches."""
    work: float
    """How much of its slots' time went into work on responses; on an event loop, of all time."""
    is_measure: bool
    """Whether the reference had one in flight: then its latencies are not of a crowded server."""

    @property
    def speedup(self) -> float:
        """Of mean times over the reference: `more_in_flight / longer`, exactly.

        `Comparison.speedup` is of typical rounds, with its interval, and may differ.
        """
        return self.more_in_flight / self.longer


@attrs.frozen(kw_only=True)
class Times:
    """What the complete runs of one strategy add up to."""

    name: str
    slots: int
    elapsed: Seconds
    typical: Seconds
    busy: Seconds
    urls: int
    fetches: int
    turn: Seconds
    queue: Seconds
    service: Seconds
    cpu: Seconds
    working: Seconds

    @property
    def in_flight(self) -> float:
        """Mean number of fetches under way."""
        return _over(self.busy, self.elapsed)

    @property
    def time_per_fetch(self) -> Seconds:
        """Mean."""
        return _over(self.busy, self.fetches)


def times_of(name: str, records: Sequence[Record]) -> Times:
    """Add up the runs of one strategy."""
    strange = any(record.outside for record in records)  # no times of fetches of these runs
    fetches = sum(len(record.columns["started"]) for record in records)
    urls = len(records[0].columns["started"]) if records else 0
    limit = min((record.options.concurrency for record in records), default=1)
    peak = max((record.peak_in_flight for record in records[:_ENOUGH]), default=1)
    sent = list(_sent(records))
    starts = math.fsum(s - record.begun for record in records for s in record.columns["started"])
    elapsed = [record.elapsed for record in records]
    return Times(
        name=name,
        slots=max(1, min(limit, urls, peak)),
        urls=urls,
        elapsed=math.fsum(elapsed),
        typical=statistics.median(elapsed) if elapsed else math.nan,
        busy=math.nan if strange else math.fsum(record.busy for record in records),
        fetches=fetches,
        turn=_over(starts, fetches),
        queue=_mean(sent - start for start, sent, _ in sent),
        service=_service(records, sent),
        working=math.fsum(record.working for record in records),
        cpu=math.fsum(record.cpu for record in records),
    )


def why(
    times: Times,
    *,
    reference: Times,
    quiet: Iterable[Times],
    latencies: Sequence[Seconds],
    probe: Probe | None,
    card: Card,
) -> Why:
    """Explain a strategy's times beside the reference's.

    `quiet` are strategies to take the service time with one in flight from, `latencies` the
    reference's times per URL.
    """
    alone = min((t.service for t in quiet if t.slots == 1 and t.service > 0), default=math.nan)
    ideal = makespan(latencies, times.slots) if latencies else math.nan
    found = Why(
        strategy=times.name,
        in_flight=times.in_flight,
        more_in_flight=_over(times.in_flight, reference.in_flight),
        time_per_fetch=times.time_per_fetch,
        longer=_over(times.time_per_fetch, reference.time_per_fetch),
        turn=times.turn,
        queue=times.queue,
        service=times.service,
        cpu=_over(times.cpu, times.elapsed),
        cpu_per_fetch=_over(times.cpu, times.fetches),
        slots=times.slots,
        urls=times.urls,
        ideal=ideal,
        efficiency=_over(ideal, times.typical),
        service_grew=_over(times.service, alone) if times.slots > 1 else math.nan,
        probe=probe,
        limit=None,
        work=_over(times.working, times.elapsed * (1 if probe and probe.on_loop else times.slots)),
        is_measure=reference.slots == 1,
    )
    return attrs.evolve(found, limit=_limit(found, card))


def latencies_of(records: Sequence[Record]) -> list[Seconds]:
    """Return the median time of each URL over the runs of one strategy."""
    runs = [
        [
            end - start
            for start, end in zip(r.columns["started"], r.columns["finished"], strict=True)
        ]
        for r in records
        if not r.outside
    ]
    return [statistics.median(times) for times in zip(*runs, strict=True)]


def _limit(found: Why, card: Card) -> Limit | None:
    if not found.in_flight > 0:
        return None
    in_client = _limit_in_client(found, card)
    if in_client or found.cpu >= _HALF or _is_late(found):
        return in_client  # None: the client has a part in it, and which the figures do not tell
    return _limit_of_waiting(found)


def _limit_in_client(found: Why, card: Card) -> Limit | None:
    if found.cpu >= _BUSY * _cores(found, card) or _is_blocked(found):
        return Limit.CPU
    if found.cpu >= _HALF and _waits_for_the_gil(found, card):
        return Limit.GIL
    return Limit.WORK if found.work >= _HALF else None


def _limit_of_waiting(found: Why) -> Limit | None:
    if found.service_grew >= GROWN:
        return Limit.NETWORK
    if found.slots > 1 and math.isnan(found.service_grew):
        return None  # a crowded server would look the same
    if found.slots == found.urls:
        return None if found.queue > _SMALL * found.time_per_fetch else Limit.NETWORK
    if found.in_flight >= _HALF * found.slots:
        return Limit.CONCURRENCY
    return Limit.NETWORK if found.efficiency >= _BUSY else None


def _cores(found: Why, card: Card) -> int:
    """How many cores it can keep busy: one under the GIL, and one on an event loop."""
    on_loop = found.probe is not None and found.probe.on_loop
    return 1 if card.has_gil or on_loop else min(card.cores, found.slots)


def _is_blocked(found: Why) -> bool:
    """Whether its event loop is kept busy; a short run also waits, at its ends."""
    return found.cpu >= _HALF and _is_late(found)


def _is_late(found: Why) -> bool:
    loop = found.probe.loop if found.probe else None
    return loop is not None and loop.median > BLOCKED


def _waits_for_the_gil(found: Why, card: Card) -> bool:
    probe = found.probe
    if probe is None or probe.thread is None or probe.on_loop or probe.threads < 2:
        return False
    return card.has_gil and probe.thread.p95 > _LATE


def _service(
    records: Sequence[Record], sent: Sequence[tuple[Seconds, Seconds, Seconds]]
) -> Seconds:
    """Return the mean time from sent to finished; from the start where no client tells."""
    if sent:
        return _mean(end - moment for _, moment, end in sent)
    return _mean(
        end - start
        for r in records
        for start, end in zip(r.columns["started"], r.columns["finished"], strict=True)
    )


def _sent(records: Iterable[Record]) -> Iterable[tuple[Seconds, Seconds, Seconds]]:
    """Yield start, moment of sending and end of the fetches that tell them."""
    for record in records:
        starts, ends = record.columns["started"], record.columns["finished"]
        stamps = zip(starts, record.column("sent"), ends, strict=True)
        yield from ((a, b, c) for a, b, c in stamps if b is not None)


def _mean(values: Iterable[float]) -> float:
    collected = list(values)
    return _over(math.fsum(collected), len(collected))


def _over(a: float, b: float) -> float:
    return a / b if b else math.nan
