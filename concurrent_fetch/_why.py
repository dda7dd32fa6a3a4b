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

from concurrent_fetch._card import Card
from concurrent_fetch._makespan import makespan
from concurrent_fetch._probe import Probe
from concurrent_fetch._record import Record
from concurrent_fetch._units import Seconds

_BUSY = 0.9
_HALF = 0.5
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
    """The client computes all the time: more in flight only wait longer."""
    GIL = "GIL"
    """Its threads wait for each other to let go of the interpreter."""
    NETWORK = "network"
    """The network or the server: it waits, and not for want of fetches in flight."""


@attrs.frozen(kw_only=True)
class Why:
    """Where the time of a strategy went, over all complete rounds. Times in seconds.

    What cannot be known is not a number (nan), or None where it is no number.
    """

    strategy: str
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
    slots: int
    """How many fetches may be in flight: 1 if there never were more."""
    urls: int
    """How many there were to fetch."""
    ideal: Seconds
    """The makespan of the reference's latencies on as many slots."""
    efficiency: float
    """`ideal` over the typical time of the run."""
    service_grew: float
    """Service over the least of those here with one in flight; nan for these, and without them."""
    probe: Probe | None
    limit: Limit | None
    """None where the outcomes tell no times of single fetches."""

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
    cpu: Seconds

    @property
    def in_flight(self) -> float:
        """Mean number of fetches under way."""
        return _over(self.busy, self.elapsed)

    @property
    def time_per_fetch(self) -> Seconds:
        """Mean."""
        return _over(self.busy, self.fetches)

    @property
    def service(self) -> Seconds:
        """Mean time per fetch, but for the queue where that is known."""
        return self.time_per_fetch - (0.0 if math.isnan(self.queue) else self.queue)


def times_of(name: str, records: Sequence[Record]) -> Times:
    """Add up the runs of one strategy."""
    strange = any(record.outside for record in records)  # no times of fetches of these runs
    fetches = sum(len(record.columns["started"]) for record in records)
    urls = len(records[0].columns["started"]) if records else 0
    limit = min((record.options.concurrency for record in records), default=1)
    peak = records[0].peak_in_flight if records else 1
    starts = math.fsum(s - record.begun for record in records for s in record.columns["started"])
    elapsed = [record.elapsed for record in records]
    return Times(
        name=name,
        slots=1 if peak <= 1 else min(limit, urls),
        urls=urls,
        elapsed=math.fsum(elapsed),
        typical=statistics.median(elapsed) if elapsed else math.nan,
        busy=math.nan if strange else math.fsum(record.busy for record in records),
        fetches=fetches,
        turn=_over(starts, fetches),
        queue=_mean(sent - start for start, sent in _sent(records)),
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
    if found.cpu >= _BUSY * _cores(found, card) or _is_blocked(found):
        return Limit.CPU
    if found.cpu >= _HALF and _waits_for_the_gil(found, card):
        return Limit.GIL
    if found.service_grew >= GROWN and found.cpu < _HALF:
        return Limit.NETWORK
    filled = found.in_flight >= _HALF * found.slots and found.slots < found.urls
    return Limit.CONCURRENCY if filled else Limit.NETWORK


def _cores(found: Why, card: Card) -> int:
    """How many cores it can keep busy: one under the GIL, and one on an event loop."""
    on_loop = found.probe is not None and found.probe.on_loop
    return 1 if card.has_gil or on_loop else min(card.cores, found.slots)


def _is_blocked(found: Why) -> bool:
    """Whether its event loop is kept busy; a short run also waits, at its ends."""
    loop = found.probe.loop if found.probe else None
    return found.cpu >= _HALF and loop is not None and loop.median > BLOCKED


def _waits_for_the_gil(found: Why, card: Card) -> bool:
    probe = found.probe
    if probe is None or probe.thread is None or probe.on_loop or found.slots == 1:
        return False
    return card.has_gil and probe.thread.p95 > _LATE


def _sent(records: Iterable[Record]) -> Iterable[tuple[Seconds, Seconds]]:
    for record in records:
        starts, sents = record.columns["started"], record.column("sent")
        yield from ((a, b) for a, b in zip(starts, sents, strict=True) if b is not None)


def _mean(values: Iterable[float]) -> float:
    collected = list(values)
    return _over(math.fsum(collected), len(collected))


def _over(a: float, b: float) -> float:
    return a / b if b else math.nan
