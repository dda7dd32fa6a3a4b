"""What a comparison says to a reader: as a table, in remarks below it, and in sentences."""

import math
from collections.abc import Mapping, Sequence

import attrs

from concurrent_fetch._limits import limits
from concurrent_fetch._stats import Estimate, Spread
from concurrent_fetch._verdict import Verdict
from concurrent_fetch._why import Why
from concurrent_fetch.render import (
    Align,
    Column,
    Table,
    count,
    interval,
    percent,
    rate,
    ratio,
    seconds,
)


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
_NOTHING = "–"


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
        _in_flight(line),
        percent(line.why.efficiency),
        percent(line.why.cpu),
        (not line.reasons and line.why.limit) or _NOTHING,
        count(line.failures),
        verdict,
    )


def _in_flight(line: Line) -> str:
    in_flight = line.why.in_flight
    return _NOTHING if math.isnan(in_flight) else f"{in_flight:.1f}"


def _interval(estimate: Estimate | None) -> str:
    return interval(estimate.low, estimate.high) if estimate else _NOTHING


def _verdict(line: Line, rounds_needed: int) -> str:
    if line.speedup and not _is_told(line.speedup):
        return f"needs ≥ {rounds_needed} rounds"
    return str(line.verdict).replace("_", " ")


def _marks(lines: Sequence[Line]) -> list[str]:
    """What the fastest are called; nothing where there were too few rounds to tell."""
    told = any(_is_told(line.speedup) for line in lines[1:] if line.speedup)
    mark = "tied" if sum(line.fastest for line in lines) > 1 else "fastest"
    return [mark if told and line.fastest else "" for line in lines]


def _is_told(estimate: Estimate) -> bool:
    """Whether there were enough rounds for an interval."""
    return not math.isinf(estimate.high)


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


def tie(tied: tuple[str, str, Estimate] | None, fastest: Sequence[str]) -> list[str]:
    """Say which strategies are tied for fastest, with the estimate that does not part two."""
    if tied is None:
        return []
    one, other, estimate = tied
    told = f"{other} over {one}: {ratio(estimate.point)} {interval(estimate.low, estimate.high)}"
    return [f"tied for fastest: {', '.join(fastest)} ({told}); no order among them"]


def means_apart(lines: Sequence[Line]) -> list[str]:
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


def left_out(marked: Mapping[int, str]) -> list[str]:
    """Say which rounds do not count, and why."""
    said = [f"round {r + 1} left out for all: {why}" for r, why in list(marked.items())[:_SHOWN]]
    more = len(marked) - _SHOWN
    return [*said, f"and {more} more left out"] if more > 0 else said


def sentences(lines: Sequence[Line], *, rounds_needed: int) -> str:
    """Return the result, its reason and what sets the limit, from the lines of a table."""
    said = _sentences(lines, rounds_needed)
    judged = any(line.speedup for line in lines[1:])
    if judged and _excluded(lines):
        said = f"{said.removesuffix('.')} ({_excluded(lines)})."
    told = [x.why for x in lines if not x.reasons and (x is lines[0] or x.fastest)]
    is_told = len(lines) == 1 or any(x.speedup and _is_told(x.speedup) for x in lines[1:])
    held_up = list(filter(None, map(limits, told))) if is_told else []
    return "\n".join([said, *held_up])


def _excluded(lines: Sequence[Line]) -> str:
    """Say which strategies could not be compared while others were, with the first reason."""
    return "; ".join(
        f"{line.name} could not be compared: {line.reasons[0]}" for line in lines if line.reasons
    )


def _sentences(lines: Sequence[Line], rounds_needed: int) -> str:
    reference, *others = lines
    if not others:
        return f"{reference.name} was measured alone. Add a second strategy to compare it with."
    judged = [(line, line.speedup) for line in others if line.speedup]
    if not judged:
        return _not_comparable(lines)
    if not all(_is_told(estimate) for _, estimate in judged):
        return (
            "There are too few rounds to say which strategy is faster. "
            f"At least {rounds_needed} are needed."
        )
    winners = [
        (line, estimate)
        for line, estimate in judged
        if line.fastest and line.verdict is Verdict.FASTER
    ]
    return _won(winners, lines) if winners else _no_winner(judged, reference)


def _not_comparable(lines: Sequence[Line]) -> str:
    return (
        f"There is no saying which is faster: {'; '.join(reasons_of(lines))}. "
        "Let all of them do the same work, then compare again."
    )


Judged = tuple[Line, Estimate]


def _won(winners: Sequence[Judged], lines: Sequence[Line]) -> str:
    reference = lines[0]
    names = [line.name for line, _ in winners]
    than = f" as fast as {reference.name}"
    gains = _and(
        [_gain(estimate, than if not i else "") for i, (_, estimate) in enumerate(winners)]
    )
    subject = f"{names[0]} is" if len(names) == 1 else f"{_and(names)} are tied for fastest:"
    others = [line.name for line in lines if line.fastest and line.name not in names]
    tie = f"; {_and(others)} may be no slower" if others else ""
    return f"{subject} {gains}{tie}. {_why([line for line, _ in winners], reference)}"


def _no_winner(judged: Sequence[Judged], reference: Line) -> str:
    nearest, estimate = max(judged, key=lambda item: item[1].point)
    if all(line.verdict is Verdict.SLOWER for line, _ in judged):
        rank = ", the next," if len(judged) > 1 else ""
        gain = _gain(estimate, " as fast")
        return f"{reference.name} is the fastest. {nearest.name}{rank} is {gain}."
    if all(line.verdict is Verdict.SAME for line, _ in judged):
        names = _and([reference.name, *(line.name for line, _ in judged)])
        return (
            f"There is no difference that matters between {names}. "
            "They are equally fast to within 2%."
        )
    return (
        f"Nothing here is shown to be faster than {reference.name}: {nearest.name} is "
        f"{_gain(estimate, ' as fast')}. More rounds would narrow that."
    )


def _gain(estimate: Estimate, than: str) -> str:
    low, high = ratio(estimate.low), ratio(estimate.high)
    return f"{ratio(estimate.point)}{than} (95% sure: {low} to {high})"


def _why(winners: Sequence[Line], reference: Line) -> str:
    """Take the gain apart: mean speed-up = gain in flight / change in time per fetch, exactly."""
    if not all(line.why.in_flight > 0 for line in (reference, *winners)):
        return "Their outcomes tell no times of single fetches, so there is no saying why."
    return f"The reason: {'; '.join(_cause(line, reference) for line in winners)}."


def _cause(line: Line, reference: Line) -> str:
    why = line.why
    return (
        f"{line.name} had {_in_flight(line)} fetches in flight against "
        f"{_in_flight(reference)} ({ratio(why.more_in_flight)}), and each took "
        f"{seconds(why.time_per_fetch)} against {seconds(reference.why.time_per_fetch)} "
        f"({ratio(why.longer)})"
    )


def _and(names: Sequence[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last
