"""What a sweep says to a reader: as a table, and in the sentences below it."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from concurrent_fetch.analysis import Ceiling, Evidence, Level, Limit
from concurrent_fetch.render import Field, Table, many, percent, rate, ratio, seconds
from concurrent_fetch.results._line import (
    BOUNDS,
    CPU,
    IN_FLIGHT,
    LIMIT,
    RATE,
    SPEEDUP,
    TYPICAL,
    Line,
    point_of,
    told,
)
from concurrent_fetch.stats import Estimate, inverse, is_told

_WORDS: Mapping[Limit | None, str] = {
    Limit.CPU: "the CPU",
    Limit.GIL: "the GIL",
    Limit.NETWORK: "the server or network",
    Limit.BLOCKED_LOOP: "the blocked event loop",
    Limit.RATE: "the rate",
    Limit.PER_HOST: "per_host",
    Limit.DELAY: "the delay",
    Limit.RETRIES: "waiting to try again",
    Limit.WORK: "the work on its responses",
    Limit.SLOW_URL: "one slow URL",
    Limit.CONNECTING: "connecting",
    Limit.CLIENT: "the client itself, which waits,",
    Limit.MACHINE: "the machine, which other programs keep busy,",
}


@attrs.frozen(kw_only=True)
class Choice:
    """Which level is recommended, and how sure that is."""

    best: int
    recommended: int
    loss: Estimate
    """The speed-up of the recommended level over the best."""
    before: int
    """The comparable level before the recommended one; itself if it is the first."""
    gain: Estimate
    """The speed-up of the recommended level over that."""


@attrs.frozen(kw_only=True)
class Row:
    """What there is to say about one level."""

    line: Line
    """As a strategy of the comparison; the first level is the reference."""
    level: Level
    ceiling: Ceiling
    peak: int
    """The most fetches that were under way at once; 0 where that is not known."""
    recommended: bool
    rounds_needed: int
    """How many rounds allow an interval."""

    def facts(self) -> dict[str, Any]:
        """Return what a data frame shows of it."""
        speedup, typical = self.line.speedup, self.line.typical
        return {
            "concurrency": self.level.concurrency,
            "typical": typical.point if typical else math.nan,
            "speedup": speedup.point if speedup else math.nan,
            "low": speedup.low if speedup else math.nan,
            "high": speedup.high if speedup else math.nan,
            "requests_per_second": self.ceiling.requests_per_second,
            "in_flight": self.level.why.in_flight,
            "latency": self.level.service,
            "cpu": self.level.why.cpu,
            "by_concurrency": self.ceiling.by_concurrency,
            "by_cpu": self.ceiling.by_cpu,
            "by_server": self.ceiling.by_server,
            "limit": self.ceiling.limit and str(self.ceiling.limit),
            "recommended": self.recommended,
        }


def table(rows: Sequence[Row], *, caption: str, notes: Sequence[str]) -> Table:
    """Return the table of a sweep; the first row is the reference."""
    return Table.of(_FIELDS, rows, caption=caption, notes=notes)


def _mark(row: Row) -> str:
    if row.line.speedup is None:
        return "not comparable"
    few = "" if is_told(row.line.speedup) else f"needs {_rounds(row)}"
    return ", ".join(filter(None, (few, "recommended" if row.recommended else "")))


def _rounds(row: Row) -> str:
    """How many rounds an interval needs."""
    return f"≥ {row.rounds_needed} rounds"


def _line(row: Row) -> Line:
    return row.line


_FIELDS: tuple[Field[Row], ...] = (
    Field.number("concurrency", lambda row: row.line.name),
    TYPICAL.of(_line),
    SPEEDUP.of(_line),
    BOUNDS.of(_line),
    RATE.of(_line),
    IN_FLIGHT.of(_line),
    Field.number("latency", lambda row: seconds(row.level.service), leaves=5),
    CPU.of(_line),
    Field("limit", lambda row: row.ceiling.limit, leaves=LIMIT.leaves),
    Field.words("verdict", _mark),
)


def advice(rows: Sequence[Row], choice: Choice | None) -> list[str]:
    """Return the sentences below the table; of levels that were tried, and of no other."""
    if choice is None:
        return ["no recommendation: the levels cannot be compared", *_unused(rows)]
    if _is_unheeded(rows):  # then nothing follows for other levels
        return [_recommendation(rows, choice), *_unused(rows)]
    place = next(i for i, row in enumerate(rows) if row.recommended)
    beyond = _beyond(rows, place) if place < len(rows) - 1 else _at_edge(rows)
    return [_recommendation(rows, choice), beyond, _ceilings(rows[place]), *_unused(rows)]


def _recommendation(rows: Sequence[Row], choice: Choice) -> str:
    best, chosen = choice.best, choice.recommended
    gain = _gain(choice.gain, f"as fast as {choice.before}", rows[0])
    if chosen == rows[-1].level.concurrency:
        return f"≥ {chosen} in flight: the most that was tried, and still {gain}"
    if chosen != best:
        loss = _gain(inverse(choice.loss), f"the time of {best}", rows[0])
        return f"{chosen} in flight: the smallest level within 5% of the fastest; it takes {loss}"
    if choice.before == chosen:
        return f"{chosen} in flight: no level tried is faster"
    return f"{chosen} in flight: the fastest level, and no smaller one is within 5% of it; {gain}"


def _gain(estimate: Estimate, of_what: str, row: Row) -> str:
    if is_told(estimate):
        return f"{told(estimate)} {of_what}"
    return f"{point_of(estimate)} {of_what} in these rounds (to be sure needs {_rounds(row)})"


def _at_edge(rows: Sequence[Row]) -> str:
    """Say what holds up the largest level, or that the sweep has not shown it."""
    urls, last = rows[0].level.why.urls, rows[-1]
    if last.level.concurrency >= urls:
        return f"all {many(urls, 'URL')} were in flight there; sweep with more URLs"
    if not last.line.has_times:
        return "what the limit is there is unknown: it tells no times of its fetches"
    if last.ceiling.limit in _WORDS:
        return f"{_named(last)} is the limit there: {_seen(last, rows[0])}"
    if last.ceiling.limit is None:
        return f"what the limit is there, the figures do not tell: {_seen(last, rows[0])}"
    return "nothing but its concurrency is the limit there: sweep further"


def _beyond(rows: Sequence[Row], place: int) -> str:
    """Say what holds up the levels above the recommended one."""
    later = [row for row in rows[place + 1 :] if row.line.speedup]
    if not later:
        return "beyond it no level can be compared"
    held_up = [row for row in later if row.ceiling.limit in _WORDS]
    row = held_up[0] if held_up else later[-1]
    seen = f"at {row.level.concurrency} {_seen(row, rows[0])}"
    if row.ceiling.limit in _WORDS:
        return f"beyond it {_named(row)} is the limit: {seen}"
    return f"what the limit is beyond it, the figures do not tell: {seen}"


def _named(row: Row) -> str:
    """Name the limit of a level; one of the options with its value."""
    bound, limit = row.level.why.bound, row.ceiling.limit
    is_set = bound is not None and limit is bound.evidence.limit and limit is not Limit.RETRIES
    return str(bound) if is_set else _WORDS[limit]


def _seen(row: Row, first: Row) -> str:
    grew = row.level.grew(first.level)
    least, cpu = first.level.concurrency, percent(row.level.why.cpu)
    return f"latency is {ratio(grew)} that at {least}, CPU {cpu}"


def _ceilings(row: Row) -> str:
    found = row.ceiling
    bound = row.level.why.bound
    is_set = bound is not None and bound.evidence is not Evidence.ONLY_WAITING
    return (
        f"requests/s at {row.level.concurrency}: {rate(found.requests_per_second)}; "
        f"its concurrency allows {rate(found.by_concurrency)}, its CPU time "
        f"{rate(found.by_cpu)}, the server or network {_known(found.by_server)}"
        + (f", {bound} {rate(found.by_options)}" if is_set else "")
    )


def _known(x: float) -> str:
    return "an unknown number" if math.isnan(x) else rate(x)


def _is_unheeded(rows: Sequence[Row]) -> bool:
    """Whether the number in flight is the same at all levels, and not for want of URLs.

    Where other limits are set it may be these that are heeded.
    """
    peaks, first = {row.peak for row in rows}, rows[0]
    if any(row.level.why.is_held_down for row in rows) and first.peak <= first.level.concurrency:
        return False
    return len(peaks) == 1 and not peaks & {0, first.level.why.urls}


def _unused(rows: Sequence[Row]) -> list[str]:
    """Say if more concurrency was given than was used."""
    urls, most, notes = rows[0].level.why.urls, rows[-1].level.concurrency, []
    if _is_unheeded(rows):
        notes.append(
            f"note: never more than {rows[0].peak} in flight, at any level: the strategy does not "
            "heed Options.concurrency, so the levels are all the same"
        )
    elif most > urls:
        notes.append(
            f"note: no more than the {many(urls, 'URL')} can be in flight; give at least as many "
            "as the largest level, better twice"
        )
    return notes
