"""Contest: carries a comparison out. A check run of each strategy, then rounds in random order."""

import random
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import attrs

from concurrent_fetch._audit import (
    Note,
    deviation,
    differing_bodies,
    not_of_this_run,
    notes_on,
    reasons_against,
)
from concurrent_fetch._bridge import Clock
from concurrent_fetch._comparison import Comparison
from concurrent_fetch._meter import Meter
from concurrent_fetch._options import Options
from concurrent_fetch._progress import OnProgress, Progress
from concurrent_fetch._record import Intern, Record, columns_of, interning
from concurrent_fetch._schedule import rounds
from concurrent_fetch._strategy import Strategy
from concurrent_fetch._units import Seconds
from concurrent_fetch._verdict import Verdict


@attrs.define(kw_only=True)
class Contest:
    """What is compared and how long, and what has been recorded of it so far."""

    urls: tuple[str, ...]
    options: Options
    strategies: Mapping[str, Strategy]
    looks: tuple[int, ...]
    seconds: Seconds | None
    seed: int
    clock: Clock
    meter: Meter
    report: OnProgress

    _started_at: datetime = attrs.field(factory=lambda: datetime.now(UTC), init=False)
    _checks: dict[str, Record] = attrs.field(factory=dict, init=False)
    _reasons: dict[str, tuple[str, ...]] = attrs.field(factory=dict, init=False)
    _suspects: set[str] = attrs.field(factory=set, init=False)
    _known: dict[str, frozenset[int]] = attrs.field(factory=dict, init=False)
    """The URLs whose bodies are known not to equal those of the reference."""
    _notes: list[Note] = attrs.field(factory=list, init=False)
    _order: list[tuple[str, ...]] = attrs.field(factory=list, init=False)
    _records: list[Record] = attrs.field(factory=list, init=False)
    _marked: dict[int, str] = attrs.field(factory=dict, init=False)
    _intern: Intern = attrs.field(factory=interning, init=False)

    def hold(self) -> Comparison:
        """Run everything; return what it showed."""
        for name in self.strategies:
            self._checks[name] = self._run(name, None)
            self._tell(name, None)
        self._audit()
        start = self.clock()
        for names in rounds(list(self.strategies), random.Random(self.seed)):  # noqa: S311 - lots are drawn, no secrets
            self._round(names)
            if self._is_over(self.clock() - start):
                break
        return self._comparison()

    def _audit(self) -> None:
        """Compare every check run with that of the reference, the first."""
        first = next(iter(self._checks.values()))
        others = list(self._checks.values())[1:]
        changing: frozenset[int] = frozenset()
        if any(differing_bodies(other, first) for other in others):
            # Is it the strategies that differ, or the content that changes by nature?
            changing = frozenset(differing_bodies(self._run(first.strategy, None), first))
        for check in self._checks.values():
            against = reasons_against(check, first, self.urls, changing)
            self._reasons[check.strategy] = against
            self._notes += notes_on(check, first, self.urls, changing)
            self._known[check.strategy] = changing.union(differing_bodies(check, first))
        for check in self._checks.values():
            self._suspect(check)

    def _suspect(self, record: Record) -> None:
        """Note that a strategy gave outcomes of another time; with the reference, against all."""
        reference, *_ = self.strategies
        subject = f" of {reference}" if record.strategy == reference else ""
        reason = not_of_this_run(record, subject=subject)
        if reason is None or record.strategy in self._suspects:
            return
        self._suspects.add(record.strategy)
        for name in self.strategies if subject else (record.strategy,):
            self._reasons[name] = (*self._reasons[name], reason)

    def _round(self, names: Sequence[str]) -> None:
        number = len(self._order)
        records: dict[str, Record] = {}
        for name in names:
            records[name] = self._run(name, number)
            self._records.append(records[name])
            self._suspect(records[name])
            self._tell(name, number)
        self._order.append(tuple(names))
        reference = records[next(iter(self.strategies))]
        for name, record in records.items():
            why = deviation(record, self._checks[name], reference, self.urls, self._known[name])
            if why:
                self._marked.setdefault(number, f"{name} {why}")

    def _is_over(self, spent: Seconds) -> bool:
        """Whether that was the last round: by plan, by budget, or since all is clear at a look."""
        done = len(self._order)
        if done == self.looks[-1] or (self.seconds is not None and spent >= self.seconds):
            return True
        return done in self.looks and self._all_is_clear()

    def _all_is_clear(self) -> bool:
        comparison = self._comparison()
        verdicts = map(comparison.verdict, list(self.strategies)[1:])
        return Verdict.UNRESOLVED not in verdicts

    def _run(self, name: str, number: int | None) -> Record:
        options = attrs.evolve(self.options, keep_bodies=False, digest=number is None)
        run, outside = self.meter.measure(name, self.strategies[name], options)
        return Record(
            strategy=name,
            round=number,
            options=run.options,
            started_at=run.started_at,
            elapsed=run.elapsed,
            cpu=run.cpu,
            outside=outside,
            columns=columns_of(run.outcomes, self._intern),
        )

    def _tell(self, name: str, number: int | None) -> None:
        done = len(self._checks) + len(self._records)
        total = len(self.strategies) * (1 + self.looks[-1])
        self.report(Progress(done=done, total=total, strategy=name, round=number))

    def _comparison(self) -> Comparison:
        return Comparison(
            urls=self.urls,
            options=self.options,
            strategies=tuple(self.strategies),
            looks=self.looks,
            seed=self.seed,
            order=tuple(self._order),
            started_at=self._started_at,
            finished_at=datetime.now(UTC),
            checks=dict(self._checks),
            records=tuple(self._records),
            marked=dict(self._marked),
            reasons=dict(self._reasons),
            notes=tuple(self._notes),
        )
