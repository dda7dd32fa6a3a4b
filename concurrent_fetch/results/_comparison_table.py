"""What a comparison says to a reader: as a table, and in remarks below it."""

import math
from collections.abc import Iterable, Mapping, Sequence

import attrs

from concurrent_fetch._units import Seconds
from concurrent_fetch.analysis import Note, Why, gathered
from concurrent_fetch.render import (
    Align,
    Column,
    Table,
    average,
    count,
    interval,
    or_missing,
    percent,
    rate,
    ratio,
    seconds,
)
from concurrent_fetch.stats import Estimate, Spread, Verdict


@attrs.frozen(kw_only=True)
class Line:
    """What there is to say about one strategy."""

    name: str
    typical: Spread | None
    speedup: Estimate | None
    """Over the reference; None where the two cannot be compared."""
    verdict: Verdict
    reasons: tuple[str, ...]
    """Why it cannot be compared; empty if it can."""
    requests_per_second: float
    why: Why
    failures: int
    fastest: bool
    """Whether it belongs to those that no other strategy beats."""


_COLUMNS = (
    Column(header="strategy", max_width=40),
    Column(header="typical", align=Align.RIGHT),
    Column(header="speed-up", align=Align.RIGHT),
    Column(header="95%"),
    Column(header="req/s", align=Align.RIGHT),
    Column(header="in flight", align=Align.RIGHT),
    Column(header="ideal", align=Align.RIGHT),
    Column(header="CPU", align=Align.RIGHT),
    Column(header="limit"),
    Column(header="failed", align=Align.RIGHT),
    Column(header="verdict"),
)
_SHOWN = 3


def table(
    lines: Sequence[Line], *, caption: str, notes: Sequence[str], rounds_needed: int
) -> Table:
    """Return the table of a comparison; the first line is the reference."""
    bounds_of_all = ["reference", *(_interval(line.speedup) for line in lines[1:])]
    verdicts = ["", *(_verdict(line, rounds_needed) for line in lines[1:])]
    rows = [
        _row(line, bounds, ", ".join(filter(None, (verdict, mark))))
        for line, bounds, verdict, mark in zip(
            lines, bounds_of_all, verdicts, _marks(lines), strict=True
        )
    ]
    whole = Table(columns=_COLUMNS, rows=tuple(rows), caption=caption, notes=tuple(notes))
    return whole if any(line.failures for line in lines) else whole.without("failed")


def _row(line: Line, bounds: str, verdict: str) -> tuple[str, ...]:
    return (
        line.name,
        seconds(line.typical.point if line.typical else None),
        ratio(line.speedup.point if line.speedup else None),
        bounds,
        rate(line.requests_per_second),
        average(line.why.in_flight),
        percent(line.why.efficiency),
        percent(line.why.cpu),
        or_missing(None if line.reasons else line.why.limit),
        count(line.failures),
        verdict,
    )


def _interval(estimate: Estimate | None) -> str:
    return or_missing(interval(estimate.low, estimate.high) if estimate else None)


def _verdict(line: Line, rounds_needed: int) -> str:
    if line.speedup and not is_told(line.speedup):
        return f"needs ≥ {rounds_needed} rounds"
    return str(line.verdict).replace("_", " ")


def _marks(lines: Sequence[Line]) -> list[str]:
    """What the fastest are called; nothing where there were too few rounds to tell."""
    told = any(is_told(line.speedup) for line in lines[1:] if line.speedup)
    mark = "tied" if sum(line.fastest for line in lines) > 1 else "fastest"
    return [mark if told and line.fastest else "" for line in lines]


def is_told(estimate: Estimate) -> bool:
    """Whether there were enough rounds for an interval."""
    return not math.isinf(estimate.high)


def remarks(
    lines: Sequence[Line],
    *,
    tied: tuple[str, str, Estimate] | None,
    rounds_to_rank: int | None,
    marked: Mapping[int, str],
    notes: Iterable[Note],
    first_runs: Iterable[Seconds],
) -> list[str]:
    """Return what stands below the table: reasons, ties, notes, and what was left out.

    `rounds_to_rank` is how many rounds would tell every pair, where there are too few.
    """
    firsts = ", ".join(map(seconds, first_runs))
    return [
        *reasons_of(lines),
        *_tie(tied, lines),
        *_unranked(lines, rounds_to_rank),
        *_means_apart(lines),
        *_left_out(marked),
        *(f"note: {note}" for note in gathered(notes)),
        f"not counted: the first run of each, which warms up and is checked ({firsts})",
    ]


def reasons_of(lines: Sequence[Line]) -> list[str]:
    """Say of each strategy why it is not comparable; what holds for all of them, once."""
    reference, *others = lines
    common = [
        reason if all(reason in line.reasons for line in others) else f"{reference.name}: {reason}"
        for reason in reference.reasons
    ]
    return [f"not comparable: {reason}" for reason in common] + [
        f"{line.name} is not comparable with {reference.name}: {reason}"
        for line in others
        for reason in line.reasons
        if reason not in common
    ]


def _tie(tied: tuple[str, str, Estimate] | None, lines: Sequence[Line]) -> list[str]:
    """Say which strategies are tied for fastest, with the estimate that does not part two."""
    if tied is None:
        return []
    one, other, estimate = tied
    told = f"{other} over {one}: {ratio(estimate.point)} {interval(estimate.low, estimate.high)}"
    fastest = ", ".join(line.name for line in lines if line.fastest)
    return [f"tied for fastest: {fastest} ({told}); no order among them"]


def _unranked(lines: Sequence[Line], rounds_to_rank: int | None) -> list[str]:
    told = sum(line.speedup is not None and is_told(line.speedup) for line in lines[1:])
    if rounds_to_rank is None or told < 2:
        return []
    return [f"too few rounds to rank all against each other: needs ≥ {rounds_to_rank} rounds"]


def _means_apart(lines: Sequence[Line]) -> list[str]:
    """Say where the ratio of mean times lies outside the interval, which is of typical rounds."""
    apart = []
    for line in lines[1:]:
        mean = line.requests_per_second / lines[0].requests_per_second
        if line.speedup and not _holds(line.speedup, mean):
            apart.append(
                f"note: {line.name}: the mean times give {ratio(mean)}, outside the interval; "
                "a few rounds took far longer than the typical one"
            )
    return apart


def _holds(estimate: Estimate, x: float) -> bool:
    slack = 1e-9  # sums round, and an interval may have no width
    return estimate.low * (1 - slack) <= x <= estimate.high * (1 + slack)


def _left_out(marked: Mapping[int, str]) -> list[str]:
    """Say which rounds do not count, and why."""
    said = [f"round {r + 1} left out for all: {why}" for r, why in list(marked.items())[:_SHOWN]]
    more = len(marked) - _SHOWN
    return [*said, f"and {more} more left out"] if more > 0 else said
