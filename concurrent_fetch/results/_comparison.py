"""Comparison: what the rounds say. Which strategy is faster, by how much, how sure, and why."""

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from functools import cached_property
from typing import Any

import attrs

from concurrent_fetch._units import Seconds
from concurrent_fetch.analysis import (
    Alone,
    Card,
    Counted,
    Note,
    Probe,
    Record,
    Tried,
    Why,
)
from concurrent_fetch.errors import NotComparableError, UnknownNameError
from concurrent_fetch.model import Options, Run, stream_of
from concurrent_fetch.render import Picture, Table, many, to_html, to_text
from concurrent_fetch.results._comparison_table import remarks, table
from concurrent_fetch.results._explanation import sentences
from concurrent_fetch.results._fetches import fetches_of
from concurrent_fetch.results._findings import Findings
from concurrent_fetch.results._line import Line
from concurrent_fetch.results._lost_told import lost_first
from concurrent_fetch.results._pictures import chart_of, timeline_of
from concurrent_fetch.results._side_by_side import Session, side_by_side
from concurrent_fetch.stats import Estimate, Spread, Verdict, spread
from concurrent_fetch.words import visible


@attrs.frozen(kw_only=True, slots=False, repr=False)
class Comparison:
    """Every run of every strategy, and what follows from them. Frozen; made by `Runner.compare`.

    `print(comparison)` shows it as a table.
    """

    urls: tuple[str, ...]
    """What every strategy fetched."""
    options: Options
    """Those of the runner; a strategy may have changed some for itself."""
    strategies: tuple[str, ...]
    """In the order given; the first is the reference."""
    looks: tuple[int, ...]
    """The numbers of rounds after which a verdict was planned."""
    seed: int
    """Of the order of the rounds."""
    order: tuple[tuple[str, ...], ...]
    """The order that was drawn for each round."""
    started_at: datetime
    """When the first check run began, with time zone."""
    finished_at: datetime
    """When the last run was over."""
    card: Card
    """The environment: Python, machine and versions."""
    cards: Mapping[str, Card] = attrs.field(factory=dict, hash=False)
    """Of those strategies that ran in another interpreter, by `elsewhere`: their own."""
    checks: Mapping[str, Record] = attrs.field(hash=False)
    """The untimed first run of each strategy."""
    records: tuple[Record, ...]
    """Every timed run, round by round."""
    probes: Mapping[str, Probe] = attrs.field(hash=False)
    """What was seen to wait in one more untimed run of each strategy."""
    marked: Mapping[int, str] = attrs.field(hash=False)
    """Rounds left out for all strategies, and why."""
    reasons: Mapping[str, tuple[str, ...]] = attrs.field(hash=False)
    """Why a strategy cannot be compared with the reference; empty if it can."""
    notes: tuple[Note, ...]
    """What a reader should know, each with advice."""
    next_look: int | None = None
    """Of one that is not over: after how many rounds the next verdict is due; else None."""
    tried: Mapping[str, Tried] = attrs.field(factory=dict, hash=False)
    """What came of twice the concurrency after the rounds, of those strategies for which that was
    tried."""
    alone: Alone | None = None
    """What was fetched one at a time after the rounds, where no strategy does that; else None."""

    @property
    def reference(self) -> str:
        """The strategy that the others are compared with: the first."""
        return self.strategies[0]

    @property
    def rounds(self) -> int:
        """How many rounds were run."""
        return len(self.order)

    @property
    def complete_rounds(self) -> tuple[int, ...]:
        """The rounds that count: those not marked, and not lost by the reference."""
        return self._counted.complete

    @property
    def lost_rounds(self) -> dict[str, tuple[int, ...]]:
        """The rounds of each strategy in which it failed where its check run did not.

        They speak against it when its intervals are drawn, and for nobody; its times and its
        speed-ups are of the other rounds. One that the reference lost counts for no one else.
        """
        return dict(self._counted.lost)

    def runs(self, name: str) -> tuple[Run, ...]:
        """Return every timed `Run` of a strategy, without headers and bodies.

        Raises:
            UnknownNameError: no strategy of this comparison is called so.
            StrategyError: it brought values that are no outcomes, so there is no `Run` of it.
        """
        return tuple(record.run(self.urls) for record in self._records_of(name))

    def to_columns(self) -> dict[str, list[Any]]:
        """Return one list per fact, one entry per timed fetch: feeds pandas, polars or pyarrow.

        `strategy` and `round` (from 0), then what `Run.to_columns` has; user info is hidden. What
        is not known of a strategy that returned no outcomes is None.
        """
        return fetches_of(self.records, self.urls)

    def to_dicts(self) -> list[dict[str, Any]]:
        """Return one dict per timed fetch, with the same names as `to_columns`."""
        columns = self.to_columns()
        return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Yield what `to_dicts` returns: so `pandas.DataFrame` takes the result itself."""
        return iter(self.to_dicts())

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """Return `to_columns` as Arrow, for `pyarrow.table` and `polars.from_dataframe`."""
        return stream_of(self.to_columns(), requested_schema)

    def typical(self, name: str) -> Spread:
        """Return median and quartiles of the strategy's times, in seconds, as `times` has them.

        No interval: none is honest for one strategy's time alone while the machine drifts. And
        the speed-up is not the quotient of two typical times: it pairs the runs of each round.

        Raises:
            NotComparableError: there is no complete round.
        """
        return spread(self.times(name))

    def times(self, name: str) -> tuple[Seconds, ...]:
        """Return the strategy's time in each complete round that it did not lose, in their order.

        Raises:
            NotComparableError: there is no such round.
        """
        self._check(name)
        runs = self._findings.complete[name]
        if not runs:
            why = dict.fromkeys(self.marked.values()) or ["all were lost"]
            raise NotComparableError(f"no complete round: {'; '.join(why)}")
        return tuple(run.elapsed for run in runs)

    def speedup(self, name: str, over: str | None = None) -> Estimate:
        """Return how many times faster `name` is than `over` (the reference): > 1 is faster.

        By inverting the signed-rank test with capped ranks on the paired times of each round; the
        intervals of all pairs hold together with 95 %. With too few rounds it is (0, inf), and
        before the first planned look. Rounds that one of the two lost may open one end.

        Raises:
            NotComparableError: the two did not do the same work; the message says why.
        """
        self._check(name, *([] if over is None else [over]))
        return self._findings.ranking.speedup(name, over)

    def verdict(self, name: str) -> Verdict:
        """Return what the speed-up of the strategy over the reference says."""
        self._check(name)
        return self._findings.ranking.verdict(name)

    @property
    def fastest(self) -> tuple[str, ...]:
        """The strategies that no other one beats: tied, and not ranked among themselves.

        Of every pair at once, at 95 % together, as the verdicts are. Empty where none of several
        can be compared with the reference. In too few rounds no one is beaten.
        """
        return self._findings.ranking.fastest

    @property
    def rounds_needed(self) -> int:
        """The fewest complete rounds that allow a verdict with this many strategies and looks.

        Of one that is not over they are at least those of its first look.
        """
        first_look = self.looks[0] if self._counted.is_open else 0
        return max(first_look, self._findings.ranking.rounds_needed)

    def reasons_against(self, name: str) -> tuple[str, ...]:
        """Return why the strategy cannot be compared with the reference; empty if it can."""
        self._check(name)
        return self._counted.reasons(name, self.reasons)

    def why(self, name: str) -> Why:
        """Return where the time of a strategy went and what keeps it from being faster.

        Its figures are of all complete rounds together; those of other strategies are the
        reference's.
        """
        self._check(name)
        return self._findings.why(name)

    def explain(self) -> str:
        """Return the result, its reason, and a paragraph on each strategy, in plain sentences.

        By how much it lost, if it did; what sets its limit; what would help.
        """
        first = lost_first(self._counted.lost, self.rounds)
        return sentences(self._findings.lines, rounds_needed=self.rounds_needed, first=first)

    def table(self) -> Table:
        """Return the comparison as a neutral table, for any renderer."""
        start, end = (t.astimezone().strftime("%H:%M") for t in (self.started_at, self.finished_at))
        size = f"{many(len(self.urls), 'URL')} × {many(self.rounds, 'round')}"
        caption = (
            f"{size}, order drawn each round (seed {self.seed}); "
            f"95% sure of all intervals at once; this machine, {start}–{end}"
        )
        needed = self.rounds_needed
        notes = remarks(
            self._findings.lines,
            tied=self._findings.ranking.tie,
            marked=self.marked,
            lost=self._counted.lost,
            rounds=self.rounds,
            notes=self.notes,
            first_runs=[self.checks[name].elapsed for name in self.strategies],
        )
        return table(
            self._findings.lines,
            caption=caption,
            notes=notes,
            rounds_needed=None if len(self._counted.judged) >= needed else needed,
        )

    def timeline(self, *names: str) -> Picture:
        """Return a picture of the most typical round: a row for each fetch, one clock for all.

        Of the strategies named, or of all. Below stands how many were in flight, and the most of
        them as a number; failures are red, and a thin mark shows the ideal makespan (`Why.ideal`).

        Raises:
            UnknownNameError: no strategy of this comparison is called so.
        """
        self._check(*names)
        return timeline_by(self, names or self.strategies)

    def chart(self) -> Picture:
        """Return a picture of the speed-ups over the reference, with their intervals."""
        return chart_of(self._findings.lines, len(self.urls), len(self.complete_rounds))

    def beside(self, baseline: "Comparison") -> Table:
        """Return this comparison beside an older one, with what differs between their sessions.

        There is no verdict: each speed-up is of its own session, and strategies measured in two
        sessions cannot be told apart from the sessions.
        """
        return side_by_side(baseline._session, self._session)  # noqa: SLF001 - of its own class

    def __str__(self) -> str:
        return to_text(self.table())

    def _repr_html_(self) -> str:
        return to_html(self.table(), self.timeline(), text=self.explain())

    def __repr__(self) -> str:
        names = visible(", ".join(self.strategies))
        return f"<Comparison of {names}: {self.rounds} rounds>"

    @property
    def _session(self) -> Session:
        return Session(
            lines=self._findings.lines,
            started_at=self.started_at,
            card=self.card,
            options=self.options,
            urls=self.urls,
        )

    @cached_property
    def _findings(self) -> Findings:
        return Findings(
            counted=self._counted,
            reasons={name: self.reasons_against(name) for name in self.strategies},
            probes=self.probes,
            card=self.card,
            cards=self.cards,
            urls=self.urls,
            tried=self.tried,
            alone=self.alone,
        )

    @cached_property
    def _counted(self) -> Counted:
        return Counted(
            runs={name: self._records_of(name) for name in self.strategies},
            checks=self.checks,
            marked=self.marked,
            looks=self.looks,
            next_look=self.next_look,
        )

    def _check(self, *names: str) -> None:
        for name in names:
            if name not in self.strategies:
                raise UnknownNameError(
                    f"no strategy here is called {name!r}; there are {', '.join(self.strategies)}"
                )

    def _records_of(self, name: str) -> tuple[Record, ...]:
        self._check(name)
        return tuple(record for record in self.records if record.strategy == name)


def times_of(comparison: Comparison, name: str) -> tuple[Seconds, ...]:
    """Return the times of a strategy, none where it has no complete round."""
    return tuple(run.elapsed for run in comparison._findings.complete[name])  # noqa: SLF001 - of this module


def lines_of(comparison: Comparison) -> tuple[Line, ...]:
    """Return what there is to say about each strategy, for what is made of a comparison."""
    return comparison._findings.lines  # noqa: SLF001 - of this module


def timeline_by(comparison: Comparison, names: Collection[str], *, prefix: str = "") -> Picture:
    """Return the timeline of some strategies; `prefix` says what names are that are numbers."""
    whole = comparison._counted.complete_for_all  # noqa: SLF001 - of this module
    complete = [record for record in comparison.records if record.round in whole]
    records = complete or comparison.records
    return timeline_of(lines_of(comparison), names, records, comparison.rounds, prefix=prefix)
