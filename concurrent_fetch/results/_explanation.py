"""What a comparison says in sentences: the result, its reason, and what sets the limit."""

from collections.abc import Callable, Mapping, Sequence

from concurrent_fetch._words import visible
from concurrent_fetch.analysis import Evidence, Why
from concurrent_fetch.render import average, percent, rate, ratio, seconds
from concurrent_fetch.results._comparison_table import reasons_of
from concurrent_fetch.results._line import Line
from concurrent_fetch.stats import Estimate, Verdict, is_told

_NOTEWORTHY = 0.1


def sentences(lines: Sequence[Line], *, rounds_needed: int, rounds_to_rank: int) -> str:
    """Return the result, its reason and what sets the limit, from the lines of a table."""
    said = _sentences(lines, rounds_needed, rounds_to_rank)
    judged = any(line.speedup for line in lines[1:])
    if judged and _excluded(lines):
        said = f"{said.removesuffix('.')} ({_excluded(lines)})."
    told = [x.why for x in lines if not x.reasons and (x is lines[0] or x.fastest)]
    enough = len(lines) == 1 or any(x.speedup and is_told(x.speedup) for x in lines[1:])
    held_up = list(filter(None, map(limits, told))) if enough else []
    return "\n".join(map(visible, [said, *held_up]))


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
    unknown = [line.name for line in (reference, *winners) if not line.has_times]
    if unknown:
        return f"The times of the fetches of {_and(unknown)} are unknown: there is no saying why."
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


def limits(why: Why) -> str:
    """Return what limits a strategy, and what else its figures tell; empty without figures."""
    if not why.slots:
        return f"What limits {why.strategy} is unknown: it tells no times of its fetches."
    if not why.in_flight > 0:
        return ""
    said = [f"{why.strategy} {_WORDS[why.evidence](why)}."]
    if why.slots > 1 and why.is_measure and why.efficiency <= 1:
        possible = f"{percent(why.efficiency)} of the speed that the reference's latencies allow"
        said.append(f"With up to {why.slots} in flight it reached {possible}.")
    if why.probe and why.probe.loop and why.has_late_loop:
        late = seconds(why.probe.loop.median)
        said.append(f"Its event loop is blocked: timers came {late} late.")
    if why.queue > _NOTEWORTHY * why.time_per_fetch:
        spent = f"{seconds(why.queue)} connecting, or waiting in the client"
        said.append(f"A fetch that was sent had spent {spent}.")
    return " ".join(said)


def _by_nothing_known(why: Why) -> str:
    told = f"{why.in_flight:.1f} in flight of up to {why.slots}, computing {percent(why.cpu)}"
    return f"is limited by what these figures do not tell: {told} of the time"


def _by_nothing_alone(why: Why) -> str:
    hint = "fetch_sync beside it would show whether the server is crowded"
    return f"{_by_nothing_known(why)}; {hint}"


def _by_work(why: Why) -> str:
    return (
        f"is limited by the work on its responses: {percent(why.work)} of its time, "
        f"computing {percent(why.cpu)}"
    )


def _one_at_a_time(why: Why) -> str:
    return f"waits for one fetch at a time, {_more_helps(why)}"


def _by_concurrency(why: Why) -> str:
    full = f"{why.in_flight:.1f} of {why.slots} in flight"
    return f"is limited by its concurrency: {full}, {_more_helps(why)}"


def _more_helps(why: Why) -> str:
    return f"computing {percent(why.cpu)} of the time; more in flight would help"


def _by_cpu(why: Why) -> str:
    return (
        f"is CPU-bound: it computes {percent(why.cpu)} of the time, {seconds(why.cpu_per_fetch)} "
        f"per fetch, of which one core can do {rate(1 / why.cpu_per_fetch)} a second"
    )


def _by_gil(why: Why) -> str:
    late = why.probe.thread.p95 if why.probe and why.probe.thread else None
    return (
        f"is limited by the GIL: it computes {percent(why.cpu)} of the time, and 1 time in 20 a "
        f"thread that was to run waited more than {seconds(late)} for the others"
    )


def _by_longer_service(why: Why) -> str:
    return _by_network(
        why, f"each fetch took {ratio(why.service_grew)} as long as with one in flight"
    )


def _by_all_at_once(why: Why) -> str:
    all_of_them = "its one URL was" if why.urls == 1 else f"all {why.urls:,} URLs were"
    return _by_network(why, f"{all_of_them} in flight at once")


def _by_few_left(why: Why) -> str:
    return _by_network(why, f"only {why.in_flight:.1f} of {why.slots} were in flight")


def _by_network(why: Why, seen: str) -> str:
    computing = f"computing {percent(why.cpu)} of the time"
    return f"is limited by the network or the server: {seen}, {computing}"


_WORDS: Mapping[Evidence, Callable[[Why], str]] = {
    Evidence.NOTHING: _by_nothing_known,
    Evidence.NOTHING_ALONE: _by_nothing_alone,
    Evidence.WORKING: _by_work,
    Evidence.ONE_AT_A_TIME: _one_at_a_time,
    Evidence.FULL: _by_concurrency,
    Evidence.COMPUTING: _by_cpu,
    Evidence.LATE_LOOP: _by_cpu,
    Evidence.LATE_THREADS: _by_gil,
    Evidence.SERVICE_GREW: _by_longer_service,
    Evidence.ALL_AT_ONCE: _by_all_at_once,
    Evidence.FEW_LEFT: _by_few_left,
}
