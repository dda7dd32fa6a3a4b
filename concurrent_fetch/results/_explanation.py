"""What a comparison says in sentences: the result, its reason, and what sets the limit."""

from collections.abc import Sequence

from concurrent_fetch.analysis import Limit, Why
from concurrent_fetch.render import average, percent, seconds
from concurrent_fetch.results._comparison_table import reasons_of
from concurrent_fetch.results._limit_told import limits
from concurrent_fetch.results._line import Line
from concurrent_fetch.results._phrases import behind, changed, cores, gain
from concurrent_fetch.stats import Estimate, Verdict, is_told
from concurrent_fetch.words import visible

_MORE_ROUNDS = "That range is wide; more rounds would narrow it."
_UNTOLD = "these rounds do not tell"


def sentences(lines: Sequence[Line], *, rounds_needed: int, first: Sequence[str] = ()) -> str:
    """Return the result, its reason and what sets the limit, from the lines of a table.

    `first` is what must be known before.
    """
    said = _sentences(lines, rounds_needed)
    judged = any(line.speedup for line in lines[1:])
    if judged and _excluded(lines):
        said = f"{said.removesuffix('.')} ({_excluded(lines)})."
    enough = len(lines) == 1 or any(x.speedup and is_told(x.speedup) for x in lines[1:])
    if enough:
        told = _told_as_unknown(lines)
        paragraphs = [
            _paragraph(line, lines, is_told=line.name in told) for line in lines if not line.reasons
        ]
    else:  # a blocked loop is seen in one run
        paragraphs = [limits(x.why) for x in lines if x.why.limit is Limit.BLOCKED_LOOP]
    return "\n".join(map(visible, filter(None, [*first, said, *paragraphs])))


def _told_as_unknown(lines: Sequence[Line]) -> set[str]:
    """Return of whom the result itself says that the times are unknown."""
    winners = [line for line in lines[1:] if line.fastest and _is_faster(line)]
    return {line.name for line in (lines[0], *winners) if winners and not line.has_times}


def _paragraph(line: Line, lines: Sequence[Line], *, is_told: bool) -> str:
    """Say of one strategy by how much it lost, if it did, why, and what would help.

    `is_told`: that its times are unknown has been said.
    """
    unknown = "" if is_told else "is unknown: its outcomes tell no times of single fetches."
    if line.ahead is None or line.lead is None:
        is_unknown = unknown and not line.why.slots
        return limits(line.why) or (f"What limits {line.name} {unknown}" if is_unknown else "")
    winner = next(one for one in lines if one.name == line.ahead)
    tied = sum(one.fastest for one in lines) > 1
    whom = f"{winner.name}, one of the fastest" if tied else f"the fastest, {winner.name}"
    # Of a winner over the reference the first sentence has told the interval, and the reason.
    is_news = not line.is_reference
    lost = behind(line.lead, whom if winner.fastest else winner.name, is_sure=is_news)
    why = limits(line.why, f"{line.name} is {lost}: it")
    if not why:
        return f"{line.name} is {lost}." + (unknown and f" What limits it {unknown}")
    beside = _beside(line.why, winner.why) if is_news else ""
    return " ".join(filter(None, [why, beside]))


def _beside(mine: Why, other: Why) -> str:
    if not (mine.in_flight > 0 and other.in_flight > 0):
        return ""
    return (
        f"It had {average(mine.in_flight)} fetches in flight where {other.strategy} had "
        f"{average(other.in_flight)}, and each took {seconds(mine.time_per_fetch)} against "
        f"{seconds(other.time_per_fetch)}."
    )


def _excluded(lines: Sequence[Line]) -> str:
    """Say which strategies could not be compared while others were, with the first reason."""
    return "; ".join(
        f"{line.name} could not be compared: {line.reasons[0]}" for line in lines if line.reasons
    )


def _sentences(lines: Sequence[Line], rounds_needed: int) -> str:
    reference, *others = lines
    if not others:
        return f"{reference.name} was measured alone. Add a second strategy to compare it with."
    if not any(line.speedup for line in others):
        return _not_comparable(lines)
    # Who lost many rounds may be the only one that nothing is told of.
    judged = [(line, line.speedup) for line in others if line.speedup and is_told(line.speedup)]
    if not judged:
        return (
            "There are too few rounds to say which strategy is faster. "
            f"At least {rounds_needed} are needed.{_seen(lines)}"
        )
    winners = [(line, estimate) for line, estimate in judged if line.fastest and _is_faster(line)]
    if winners:
        return _won(winners, lines)
    return _no_winner(judged, reference)


def _seen(lines: Sequence[Line]) -> str:
    """Say what the rounds there are have shown, and no more: times, and how many were in flight."""
    told: list[str] = []
    for line in lines:
        if line.typical is None or line.reasons:
            continue
        took, what = ("", "") if told else (" took", " fetches in flight")
        flying = average(line.why.in_flight)
        with_them = f" with {flying}{what}" if line.why.in_flight > 0 else ""
        told.append(f"{line.name}{took} {seconds(line.typical.point)}{with_them}")
    return f" In these rounds {', '.join(told[:-1])}, and {told[-1]}." if told[1:] else ""


def _is_faster(line: Line) -> bool:
    return line.verdict is Verdict.FASTER


def _not_comparable(lines: Sequence[Line]) -> str:
    told = [reason.removeprefix("not comparable: ") for reason in reasons_of(lines)]
    said = f"Which strategy is faster cannot be told: {'; '.join(told)}."
    if lines[0].reasons:  # then nobody has anything to be compared with
        return said
    return f"{said} Let all of them do the same work, then compare again."


Judged = tuple[Line, Estimate]


def _won(winners: Sequence[Judged], lines: Sequence[Line]) -> str:
    reference = lines[0]
    names = [line.name for line, _ in winners]
    is_tie = len(names) > 1
    gains = _and(
        [gain(estimate, reference.name, short=i > 0) for i, (_, estimate) in enumerate(winners)]
    )
    subject = f"{_and(names)} are" if is_tie else f"{names[0]} is"
    others = [line.name for line in lines if line.fastest and line.name not in names]
    tie = f"; which of these is faster, {_UNTOLD}" if is_tie else ""
    tie += f"; {_and(others)} may be as fast" if others else ""
    return f"{subject} {gains}{tie}. {_why([line for line, _ in winners], reference)}"


def _no_winner(judged: Sequence[Judged], reference: Line) -> str:
    if all(line.verdict is Verdict.SLOWER for line, _ in judged):
        return f"{reference.name} is the fastest."
    unclear = [one for one in judged if one[0].verdict is Verdict.UNRESOLVED]
    if not unclear:
        same = [line.name for line, _ in judged if line.verdict is Verdict.SAME]
        return (
            f"There is no difference that matters between {_and([reference.name, *same])}. "
            "They are equally fast to within 2%."
        )
    nearest, estimate = max(unclear, key=lambda item: item[1].point)
    tied = [line.name for line in (reference, *(line for line, _ in judged)) if line.fastest]
    if len(tied) > 1 and reference.fastest:
        first = f"Which of {_and(tied)} is faster, {_UNTOLD}"
    else:
        first = f"These rounds do not show that a strategy is faster than {reference.name}"
    return f"{first}: {nearest.name} is {gain(estimate, reference.name)}. {_MORE_ROUNDS}"


def _why(winners: Sequence[Line], reference: Line) -> str:
    """Take the gain apart: mean speed-up = gain in flight / change in time per fetch, exactly."""
    unknown = [line.name for line in (reference, *winners) if not line.has_times]
    if unknown:
        whose = _and(unknown)
        return f"The reason cannot be told: {whose} gave no times of single fetches."
    if not all(line.why.in_flight > 0 for line in (reference, *winners)):
        return "The reason cannot be told: their outcomes give no times of single fetches."
    return f"The reason: {'; '.join(_cause(line, reference) for line in winners)}."


def _cause(line: Line, reference: Line) -> str:
    why, first = line.why, reference.why
    at_once = _cores_at_once(why, first)
    flying, longer = changed(why.more_in_flight, "fewer"), changed(why.longer, "shorter")
    mine, theirs = average(why.in_flight), average(first.in_flight)
    against = f"against {theirs} ({flying})"
    if mine == theirs:
        against = f"as {reference.name} had"
    return at_once + (
        f"{'it' if at_once else line.name} had {mine} fetches in flight {against}, and each took "
        f"{seconds(why.time_per_fetch)} against {seconds(first.time_per_fetch)} ({longer})"
    )


def _cores_at_once(why: Why, first: Why) -> str:
    """Say that more cores computed at once than for the reference, where they did."""
    if why.cores_at_once <= first.cores_at_once:
        return ""
    return (
        f"{why.strategy} had {cores(why.cores_at_once)} compute at once ({percent(why.cpu)} of one "
        f"core against {percent(first.cpu)}); "
    )


def _and(names: Sequence[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last
