"""What a comparison says to a reader: as a table, and in two sentences."""

import math
from collections.abc import Sequence

import attrs

from concurrent_fetch._stats import Estimate, Spread
from concurrent_fetch._verdict import Verdict
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
    requests_per_second: float
    in_flight: float
    time_per_fetch: float
    cpu: float
    failures: int
    fastest: bool
    """Whether it belongs to those that no other strategy beats."""


_COLUMNS = (
    Column(header="strategy"),
    Column(header="typical", align=Align.RIGHT),
    Column(header="speed-up", align=Align.RIGHT),
    Column(header="95%"),
    Column(header="requests/s", align=Align.RIGHT),
    Column(header="in flight", align=Align.RIGHT),
    Column(header="CPU", align=Align.RIGHT),
    Column(header="failures", align=Align.RIGHT),
    Column(header="verdict"),
)


def table(
    lines: Sequence[Line], *, caption: str, notes: Sequence[str], rounds_needed: int
) -> Table:
    """Return the table of a comparison; the first line is the reference."""
    tied = [line.name for line in lines if line.fastest]
    return Table(
        columns=_COLUMNS,
        rows=tuple(
            _row(line, is_reference=not i, tied=len(tied) > 1, rounds_needed=rounds_needed)
            for i, line in enumerate(lines)
        ),
        caption=caption,
        notes=tuple(notes),
    )


def _row(
    line: Line, *, is_reference: bool, tied: bool, rounds_needed: int
) -> tuple[str, ...]:
    estimate = line.speedup
    return (
        line.name,
        seconds(line.typical.point if line.typical else None),
        ratio(estimate.point if estimate else None),
        _interval(line, is_reference=is_reference, rounds_needed=rounds_needed),
        rate(line.requests_per_second),
        f"{line.in_flight:.1f}",
        percent(line.cpu),
        count(line.failures),
        _verdict(line, is_reference=is_reference, tied=tied),
    )


def _interval(line: Line, *, is_reference: bool, rounds_needed: int) -> str:
    if is_reference:
        return "reference"
    if line.speedup is None:
        return "–"
    if math.isinf(line.speedup.high):
        return f"needs ≥ {rounds_needed} rounds"
    return interval(line.speedup.low, line.speedup.high)


def _verdict(line: Line, *, is_reference: bool, tied: bool) -> str:
    words = [] if is_reference else [str(line.verdict).replace("_", " ")]
    if line.fastest:
        words.append("tied for fastest" if tied else "fastest")
    return ", ".join(words)


def sentences(lines: Sequence[Line], *, rounds_needed: int) -> str:
    """Return the result and its reason in two sentences, from the lines of a table."""
    reference = lines[0]
    best = [line for line in lines if line.fastest and line is not reference]
    if not best:
        return _no_winner(lines, rounds_needed=rounds_needed)
    winner = max(best, key=lambda line: line.speedup.point if line.speedup else 0.0)
    if winner.verdict is not Verdict.FASTER or winner.speedup is None:
        return _no_winner(lines, rounds_needed=rounds_needed)
    others = [line.name for line in lines if line.fastest and line is not winner]
    tie = f", and is not told apart from {' and '.join(others)}" if others else ""
    estimate = winner.speedup
    return (
        f"{winner.name} is {ratio(estimate.point)} as fast as {reference.name} "
        f"(95% sure: between {ratio(estimate.low)} and {ratio(estimate.high)}){tie}. "
        f"{_why(winner, reference)}"
    )


def _why(winner: Line, reference: Line) -> str:
    """speed-up = gain in mean in-flight x change of the time per fetch: an identity of the sums."""
    more = winner.in_flight / reference.in_flight
    quicker = reference.time_per_fetch / winner.time_per_fetch
    return (
        f"The reason: it had {ratio(more)} as many fetches in flight "
        f"({winner.in_flight:.1f} against {reference.in_flight:.1f}), "
        f"while each took {ratio(1 / quicker)} as long "
        f"({seconds(winner.time_per_fetch)} against {seconds(reference.time_per_fetch)})."
    )


def _no_winner(lines: Sequence[Line], *, rounds_needed: int) -> str:
    others = lines[1:]
    reference = lines[0].name
    if not others:
        return f"{reference} was measured alone. Add a second strategy to compare it with."
    if all(line.verdict is Verdict.NOT_COMPARABLE for line in others):
        return "These strategies did not do the same work. So there is no saying which is faster."
    if any(line.speedup and math.isinf(line.speedup.high) for line in others):
        return (
            "There are too few rounds to say which strategy is faster. "
            f"At least {rounds_needed} are needed."
        )
    if all(line.verdict is Verdict.SLOWER for line in others):
        return f"{reference} is the fastest. None of the others gains on it."
    return (
        f"Nothing here is shown to be faster than {reference}. "
        "More rounds would narrow the intervals."
    )
