"""Overview: what a set of outcomes shows of itself, as a table and as a picture."""

from collections import defaultdict
from collections.abc import Sequence

from concurrent_fetch._units import Seconds
from concurrent_fetch.model._columns import COLUMNS
from concurrent_fetch.model._outcome import Outcome, Response
from concurrent_fetch.render import (
    Align,
    Column,
    Lane,
    Picture,
    Table,
    average,
    count,
    fetches,
    many,
    seconds,
    size,
    timeline,
)
from concurrent_fetch.stats import quantile

_SHOWN = 12


def table_of(outcomes: Sequence[Outcome], caption: str) -> Table:
    """Return a row for each of a few outcomes; of many, a row for each sort of result."""
    return _one_by_one(outcomes, caption) if len(outcomes) <= _SHOWN else _sorted(outcomes, caption)


def timeline_of(
    outcomes: Sequence[Outcome], strategy: str, elapsed: Seconds, in_flight: float
) -> Picture:
    """Return a picture with a row for each outcome."""
    failed = [not isinstance(outcome, Response) for outcome in outcomes]
    facts = [seconds(elapsed), f"{average(in_flight)} in flight"]
    facts += [f"{count(sum(failed))} failed"] if any(failed) else []
    lane = Lane(
        name=strategy,
        facts=" · ".join(facts),
        fetches=fetches(
            [outcome.timing.started for outcome in outcomes],
            [outcome.timing.finished for outcome in outcomes],
            failed,
            begun=None,
            elapsed=elapsed,
        ),
        elapsed=elapsed,
    )
    title = many(len(outcomes), "URL")
    return timeline([lane], title=title, alt=f"Timeline of {title}. {lane.name}: {lane.facts}.")


def _result(outcome: Outcome) -> str:
    return str(outcome.status_code) if isinstance(outcome, Response) else str(outcome.kind)


def _one_by_one(outcomes: Sequence[Outcome], caption: str) -> Table:
    return Table(
        columns=(
            Column(header="result"),
            Column(header="size", align=Align.RIGHT),
            Column(header="time", align=Align.RIGHT),
            Column(header="URL", max_width=100),
        ),
        rows=tuple(
            (
                _result(outcome),
                size(outcome.size if isinstance(outcome, Response) else None),
                seconds(outcome.elapsed),
                COLUMNS["url"](outcome),
            )
            for outcome in outcomes
        ),
        caption=caption,
    )


def _sorted(outcomes: Sequence[Outcome], caption: str) -> Table:
    groups: dict[str, list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        groups[_result(outcome)].append(outcome)
    return Table(
        columns=(
            Column(header="result"),
            Column(header="URLs", align=Align.RIGHT),
            Column(header="bytes", align=Align.RIGHT),
            Column(header="median time", align=Align.RIGHT),
            Column(header="first of them", max_width=80),
        ),
        rows=tuple(
            (
                result,
                count(len(group)),
                size(sum(o.size for o in group if isinstance(o, Response))),
                seconds(quantile(sorted(o.elapsed for o in group), 0.5)),
                COLUMNS["url"](group[0]),
            )
            for result, group in sorted(groups.items(), key=lambda item: -len(item[1]))
        ),
        caption=caption,
    )
