"""What a comparison says in sentences: the result, its reason, and what sets the limit."""

from collections.abc import Sequence

from concurrent_fetch.render import average, ratio, seconds
from concurrent_fetch.results._comparison_table import reasons_of
from concurrent_fetch.results._limits import limits
from concurrent_fetch.results._line import Line
from concurrent_fetch.stats import Estimate, Verdict, is_told


def sentences(lines: Sequence[Line], *, rounds_needed: int, rounds_to_rank: int) -> str:
    """Return the result, its reason and what sets the limit, from the lines of a table."""
    said = _sentences(lines, rounds_needed, rounds_to_rank)
    judged = any(line.speedup for line in lines[1:])
    if judged and _excluded(lines):
        said = f"{said.removesuffix('.')} ({_excluded(lines)})."
    told = [x.why for x in lines if not x.reasons and (x is lines[0] or x.fastest)]
    enough = len(lines) == 1 or any(x.speedup and is_told(x.speedup) for x in lines[1:])
    held_up = list(filter(None, map(limits, told))) if enough else []
    return "\n".join([said, *held_up])


def _excluded(lines: Sequence[Line]) -> str:
    """Say which strategies could not be compared while others were, with the first reason."""
    return "; ".join(
        f"{line.name} could not be compared: {line.reasons[0]}" for line in lines if line.reasons
    )


def _sentences(lines: Sequence[Line], rounds_needed: int, rounds_to_rank: int) -> str:
    reference, *others = lines
    if not others:
        return f"{reference.name} was measured alone. Add a second strategy to compare it with."
    judged = [(line, line.speedup) for line in others if line.speedup]
    if not judged:
        return _not_comparable(lines)
    if not all(is_told(estimate) for _, estimate in judged):
        return (
            "There are too few rounds to say which strategy is faster. "
            f"At least {rounds_needed} are needed."
        )
    winners = [(line, estimate) for line, estimate in judged if line.fastest and _is_faster(line)]
    if winners:
        return _won(winners, lines)
    if not any(line.fastest for line in lines) and any(_is_faster(line) for line in others):
        return _unranked(judged, reference, rounds_to_rank)
    return _no_winner(judged, reference)


def _is_faster(line: Line) -> bool:
    return line.verdict is Verdict.FASTER


def _unranked(judged: "Sequence[Judged]", reference: Line, rounds_to_rank: int) -> str:
    best, estimate = max(judged, key=lambda item: item[1].point)
    return (
        f"{best.name} is {_gain(estimate, f' as fast as {reference.name}')}. There are too few "
        f"rounds to say which strategy is the fastest of all: at least {rounds_to_rank} are needed."
    )


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
        f"{line.name} had {average(line.why.in_flight)} fetches in flight against "
        f"{average(reference.why.in_flight)} ({ratio(why.more_in_flight)}), and each took "
        f"{seconds(why.time_per_fetch)} against {seconds(reference.why.time_per_fetch)} "
        f"({ratio(why.longer)})"
    )


def _and(names: Sequence[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last
