"""Overview: what a set of outcomes shows of itself, as a table and as a picture."""

from collections import defaultdict
from collections.abc import Sequence
from typing import TypeAlias

from concurrent_fetch._units import Bytes, Seconds
from concurrent_fetch.model._columns import COLUMNS
from concurrent_fetch.model._failures import is_failed
from concurrent_fetch.model._outcome import Outcome, Response, spans_of
from concurrent_fetch.render import (
    Field,
    Lane,
    Picture,
    Table,
    average,
    many,
    rate,
    seconds,
    size,
    timeline,
    to_html,
    to_text,
)
from concurrent_fetch.stats import quantile
from concurrent_fetch.words import visible

_SHOWN = 12
_LEAST_IDLE = 0.05


def repr_of(strategy: str, count: int, failed: int, elapsed: Seconds) -> str:
    """Return a run in one line for who works with it."""
    what = f"{many(count, 'outcome')}, {many(failed, 'failure')}, {seconds(elapsed)}"
    return f"<Run {visible(strategy)}: {what}>"


def caption_of(  # all that the line says
    strategy: str,
    count: int,
    failed: int,
    elapsed: Seconds,
    *,
    pace: tuple[float, float],
    skipped: int = 0,
    clock_error: Seconds = 0.0,
) -> str:
    """Return a run in one line; `pace`: requests per second, and how many in flight."""
    unsure = f", times approximate (± {seconds(clock_error)})" if clock_error else ""
    before = f", {skipped:,} done before" if skipped else ""
    if not count:
        return f"{strategy}: no URLs{before}"
    return (
        f"{strategy}: {many(count, 'URL')} in {seconds(elapsed)}, {rate(pace[0])} requests/s, "
        f"{pace[1]:.1f} in flight, {many(failed, 'failure')}"
        f"{before}{unsure}"
    )


def text_of(shown: Table | str) -> str:
    """Return a table, or a line, as text."""
    return to_text(shown)


def html_of(table: Table, pictures: Sequence[Picture]) -> str:
    """Return a table and pictures as HTML."""
    return to_html(table, *pictures)


def table_of(
    outcomes: Sequence[Outcome],
    caption: str,
    also: tuple[str, ...],
    *,
    idle: float,
    advice: str,
) -> Table:
    """Return a row for each of a few outcomes; of many, a row for each sort of result.

    `also` names parameters of URLs that are secret besides those of the list. `idle`: so many
    places on average while URLs waited for their hosts; `advice`: what helps.
    """
    notes = [*_retries(outcomes), *_waits(idle, advice)]

    def url(outcome: Outcome) -> str:
        return str(COLUMNS["url"](outcome, also))

    if len(outcomes) <= _SHOWN:
        fields = [*_OF_ONE, Field.name("URL", url, max_width=100)]
        if any(outcome.earlier for outcome in outcomes):
            fields.insert(-1, _TRIES)
        return Table.of(fields, outcomes, caption=caption, notes=notes)
    first = Field[_Group].name("first of them", lambda group: url(group[1][0]), max_width=80)
    return Table.of((*_OF_MANY, first), _groups(outcomes), caption=caption, notes=notes)


def _retries(outcomes: Sequence[Outcome]) -> list[str]:
    """Say how many URLs were tried again, if any was, and what came of that."""
    again = [outcome for outcome in outcomes if outcome.earlier]
    if not again:
        return []
    times, vain = sum(len(outcome.earlier) for outcome in again), sum(map(is_failed, again))
    words = f"{many(len(again), 'URL')} {'was' if len(again) == 1 else 'were'} tried again"
    words += f", {times:,} times in all" if times > len(again) else ""
    all_in_vain = ", in vain" if len(again) == 1 else ", all in vain"
    some = f", {vain:,} of them in vain" if vain else ""
    return [words + (all_in_vain if vain == len(again) else some)]


def _waits(idle: float, advice: str) -> list[str]:
    """Say how many places were idle for what, if that is worth a line."""
    worth = idle >= _LEAST_IDLE
    words = f"{average(idle)} places were idle on average while URLs waited for their hosts"
    return [*([words] if worth else []), *([advice] if advice else [])]


def timeline_of(
    outcomes: Sequence[Outcome], strategy: str, elapsed: Seconds, in_flight: float
) -> Picture:
    """Return a picture with a row for each outcome."""
    failed = [not isinstance(outcome, Response) for outcome in outcomes]
    facts = [seconds(elapsed), f"{average(in_flight)} in flight"]
    facts += [f"{sum(failed):,} failed"] if any(failed) else []
    again = sum(bool(outcome.earlier) for outcome in outcomes)
    facts += [f"{again:,} tried again"] if again else []
    lane = Lane.of(
        strategy,
        " · ".join(facts),
        [outcome.timing.started for outcome in outcomes],
        [outcome.timing.finished for outcome in outcomes],
        failed,
        earlier=[list(spans_of(outcome))[:-1] for outcome in outcomes],
        begun=None,
        elapsed=elapsed,
    )
    title = many(len(outcomes), "URL")
    return timeline([lane], title=title, alt=f"Timeline of {title}. {lane.name}: {lane.facts}.")


def _result(outcome: Outcome) -> str:
    return str(outcome.status_code) if isinstance(outcome, Response) else str(outcome.kind)


_Group: TypeAlias = tuple[str, Sequence[Outcome]]
"""A result, and the outcomes that it is the result of."""

_OF_ONE: tuple[Field[Outcome], ...] = (
    Field("result", _result),
    Field.number("size", lambda one: size(one.size if isinstance(one, Response) else None)),
    Field.number("time", lambda one: seconds(one.elapsed)),
)
_TRIES = Field[Outcome].number("tries", lambda one: str(1 + len(one.earlier)))
_OF_MANY: tuple[Field[_Group], ...] = (
    Field("result", lambda group: group[0]),
    Field.number("URLs", lambda group: f"{len(group[1]):,}"),
    Field.number("bytes", lambda group: size(_received(group[1]))),
    Field.number("median time", lambda group: seconds(_typical(group[1]))),
)


def _received(outcomes: Sequence[Outcome]) -> Bytes:
    return sum(outcome.size for outcome in outcomes if isinstance(outcome, Response))


def _typical(outcomes: Sequence[Outcome]) -> Seconds:
    return quantile(sorted(outcome.elapsed for outcome in outcomes), 0.5)


def _groups(outcomes: Sequence[Outcome]) -> list[_Group]:
    """Sort the outcomes by their result, the largest group first."""
    groups: dict[str, list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        groups[_result(outcome)].append(outcome)
    return sorted(groups.items(), key=lambda group: -len(group[1]))
