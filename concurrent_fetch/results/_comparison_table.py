"""What a comparison says to a reader: as a table, and in remarks below it."""

import math
from collections.abc import Iterable, Mapping, Sequence

from concurrent_fetch._units import Seconds
from concurrent_fetch.analysis import Limit, Note, gathered
from concurrent_fetch.render import Field, Table, ratio, seconds
from concurrent_fetch.results._line import (
    BOUNDS,
    CPU,
    FAILED,
    IDEAL,
    IN_FLIGHT,
    LIMIT,
    OUTSIDE,
    RATE,
    RETRIES,
    SPEEDUP,
    STRATEGY,
    TYPICAL,
    Line,
    told,
)
from concurrent_fetch.results._lost_told import lost_first, lost_told
from concurrent_fetch.results._phrases import CURE, blocked, slower
from concurrent_fetch.stats import Estimate, Verdict, is_told, verdict_of

_FIELDS = (STRATEGY, TYPICAL, SPEEDUP, BOUNDS, RATE, IN_FLIGHT, IDEAL, CPU, LIMIT)
_SHOWN = 3


def table(
    lines: Sequence[Line], *, caption: str, notes: Sequence[str], rounds_needed: int | None
) -> Table:
    """Return the table of a comparison; the first line is the reference.

    `rounds_needed` is how many rounds allow a verdict, where there are fewer.
    """
    some = [FAILED] if any(line.failures for line in lines) else []
    some += [RETRIES] if any(line.retries for line in lines) else []
    some += [OUTSIDE] if any(line.outside is not None for line in lines) else []
    mark = _mark(lines)

    def verdict(line: Line) -> str:
        words = "" if line.is_reference else _verdict(line, rounds_needed)
        return ", ".join(filter(None, (words, mark if line.fastest else "")))

    fields = [*_FIELDS, *some, Field.words("verdict", verdict)]
    return Table.of(fields, lines, caption=caption, notes=notes)


def _verdict(line: Line, rounds_needed: int | None) -> str:
    if line.speedup and not is_told(line.speedup) and rounds_needed is not None:
        return f"needs ≥ {rounds_needed} rounds"
    return str(line.verdict).replace("_", " ")


def _mark(lines: Sequence[Line]) -> str:
    """What the fastest are called; nothing where there were too few rounds to tell."""
    if not any(is_told(line.speedup) for line in lines[1:] if line.speedup):
        return ""
    return "tied" if sum(line.fastest for line in lines) > 1 else "fastest"


def remarks(
    lines: Sequence[Line],
    *,
    tied: tuple[str, str, Estimate] | None,
    marked: Mapping[int, str],
    lost: Mapping[str, Sequence[int]],
    rounds: int,
    notes: Iterable[Note],
    first_runs: Iterable[Seconds],
) -> list[str]:
    """Return what stands below the table: reasons, ties, notes, and what was left out.

    `lost` are the rounds of each strategy that speak against it, of so many `rounds`.
    """
    firsts = ", ".join(map(seconds, first_runs))
    return [
        *lost_first(lost, rounds),
        *reasons_of(lines),
        *_tie(tied, lines),
        *_blocked(lines),
        *_means_apart(lines),
        *lost_told(lost, rounds),
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
    """Say which are tied for fastest, and why: the estimate does not part the farthest two."""
    if tied is None:
        return []
    one, other, estimate = tied
    names = [line.name for line in lines if line.fastest]
    fastest, which = ", ".join(names), ", the farthest apart," if len(names) > 2 else ""
    gain = f"{other} over {one}{which} is {told(estimate)}"
    if verdict_of(estimate) is Verdict.SAME:
        return [f"tied for fastest: {fastest}; {gain}, which is no difference that matters"]
    why = "an interval too wide to tell which is faster; more rounds would narrow it"
    return [f"tied for fastest: {fastest}; {gain}, {why}"]


def _blocked(lines: Sequence[Line]) -> list[str]:
    """Name the classic mistake, a call that waits on an event loop: once for each place of it."""
    found = [x for x in lines if not x.reasons and x.why.limit is Limit.BLOCKED_LOOP]
    places: dict[str | None, list[Line]] = {}
    for line in found:
        place = line.why.probe.blocked_in if line.why.probe else None
        places.setdefault(place, []).append(line)
    return [
        f"{', '.join(line.name for line in group)}: the event loop was "
        f"{blocked([line.why for line in group])}; {CURE}"
        for group in places.values()
    ]


def _means_apart(lines: Sequence[Line]) -> list[str]:
    """Say where the ratio of mean times lies outside the interval, which is of typical rounds."""
    apart = []
    for line in lines[1:]:
        mean = line.mean_speedup
        if line.speedup and not (math.isnan(mean) or _holds(line.speedup, mean)):
            apart.append(
                f"note: {line.name}: by mean times it is {_mean(mean)}, outside the interval; "
                "a few rounds took far longer than the typical one"
            )
    return apart


def _mean(x: float) -> str:
    return f"{ratio(x)} as fast" if x >= 1 else slower(1 / x if x else math.inf)


def _holds(estimate: Estimate, x: float) -> bool:
    slack = 1e-9  # sums round, and an interval may have no width
    return estimate.low * (1 - slack) <= x <= estimate.high * (1 + slack)


def _left_out(marked: Mapping[int, str]) -> list[str]:
    """Say which rounds do not count, and why."""
    said = [f"round {r + 1} left out for all: {why}" for r, why in list(marked.items())[:_SHOWN]]
    more = len(marked) - _SHOWN
    return [*said, f"and {more} more left out"] if more > 0 else said
