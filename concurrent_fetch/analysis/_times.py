"""Times: what the complete runs of one strategy add up to."""

import math
import statistics
from collections.abc import Iterable, Sequence

import attrs

from concurrent_fetch._units import Seconds
from concurrent_fetch.analysis._record import Record

_ENOUGH = 5


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
    cpu_of_workers: Seconds
    working: Seconds

    @property
    def in_flight(self) -> float:
        """Mean number of fetches under way."""
        return over(self.busy, self.elapsed)

    @property
    def time_per_fetch(self) -> Seconds:
        """Mean."""
        return over(self.busy, self.fetches)


def times_of(name: str, records: Sequence[Record]) -> Times:
    """Add up the runs of one strategy."""
    strange = any(record.outside for record in records)  # no times of fetches of these runs
    if not all(record.has_times for record in records):
        return _without_times(name, records)
    fetches = sum(len(record.columns["started"]) for record in records)
    urls = len(records[0].columns["started"]) if records else 0
    limit = min((record.options.concurrency for record in records), default=1)
    peak = max((record.peak_in_flight for record in records[:_ENOUGH]), default=1)
    sent = list(_sent(records))
    starts = math.fsum(s - record.begun for record in records for s in _first_starts(record))
    elapsed = [record.elapsed for record in records]
    return Times(
        name=name,
        slots=max(1, min(limit, urls, peak)),
        urls=urls,
        elapsed=math.fsum(elapsed),
        typical=statistics.median(elapsed) if elapsed else math.nan,
        busy=math.nan if strange else math.fsum(record.busy for record in records),
        fetches=fetches,
        turn=over(starts, fetches),
        queue=_mean(sent - start for start, sent, _ in sent),
        service=_service(records, sent),
        working=math.fsum(record.working for record in records),
        cpu=math.fsum(record.cpu for record in records),
        cpu_of_workers=math.fsum(record.cpu_of_workers for record in records),
    )


def _without_times(name: str, records: Sequence[Record]) -> Times:
    """Add up the runs of a strategy that tells no times of its fetches."""
    nan, elapsed = math.nan, [record.elapsed for record in records]
    urls = len(records[0].columns["started"])
    return Times(
        name=name,
        slots=0,
        urls=urls,
        elapsed=math.fsum(elapsed),
        typical=statistics.median(elapsed),
        busy=nan,
        fetches=urls * len(records),
        turn=nan,
        queue=nan,
        service=nan,
        working=math.fsum(record.working for record in records),
        cpu=math.fsum(record.cpu for record in records),
        cpu_of_workers=math.fsum(record.cpu_of_workers for record in records),
    )


def latencies_of(records: Sequence[Record]) -> list[Seconds]:
    """Return the median time of each URL, in all its tries, over the runs of one strategy."""
    runs = [_times_of_each(r) for r in records if not r.outside and r.has_times]
    return [statistics.median(times) for times in zip(*runs, strict=True)]


def services_of(record: Record) -> list[Seconds]:
    """Return the time of each URL from sent to finished; from the start where no client tells."""
    starts, ends = record.columns["started"], record.columns["finished"]
    stamps = zip(starts, record.column("sent"), ends, strict=True)
    return [end - (start if sent is None else sent) for start, sent, end in stamps]


def service_at(records: Sequence[Record], places: Sequence[int]) -> Seconds:
    """Return the mean service time of some of the URLs, over the runs of one strategy."""
    runs = [services_of(r) for r in records if not r.outside and r.has_times]
    return _mean(times[place] for times in runs for place in places)


def _first_starts(record: Record) -> Iterable[Seconds]:
    tries = record.tries
    return (start for start, again in zip(tries.starts, tries.retries, strict=True) if not again)


def _times_of_each(record: Record) -> list[Seconds]:
    tries, times = record.tries, [0.0] * len(record.columns["started"])
    for start, end, place in zip(tries.starts, tries.ends, tries.places, strict=True):
        times[place] += end - start
    return times


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
    return over(math.fsum(collected), len(collected))


def over(a: float, b: float) -> float:
    return a / b if b else math.nan
