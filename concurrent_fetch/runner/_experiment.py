"""Contest: carries a comparison out.

A check run of each strategy; rounds in random order; one more run of each, with probes.
"""

import random
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice

import attrs

from concurrent_fetch._progress import Stage, Tally
from concurrent_fetch._units import Seconds
from concurrent_fetch.analysis import (
    Card,
    Changes,
    Intern,
    Probe,
    Probes,
    Record,
    columns_of,
    deviation,
    differing_bodies,
    interning,
    not_of_this_run,
    note_on_unfinished,
    note_on_unsaved,
    notes_on,
    notes_on_all,
    notes_on_missing_probes,
    notes_on_retries,
    read_card,
    reasons_against,
    shared_bodies,
)
from concurrent_fetch.errors import StrategyError
from concurrent_fetch.http import redact_within
from concurrent_fetch.model import Options
from concurrent_fetch.results import Comparison
from concurrent_fetch.runner._bridge import Clock
from concurrent_fetch.runner._meter import Meter
from concurrent_fetch.runner._rounds import rounds
from concurrent_fetch.stats import Verdict
from concurrent_fetch.strategies import Strategy


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
    tally: Tally
    keep: Callable[[Comparison], None] | None = None
    """Called after every round with what there is so far, and at the end; on no clock."""

    _started_at: datetime = attrs.field(factory=lambda: datetime.now(UTC), init=False)
    _card: Card = attrs.field(factory=read_card, init=False)
    _checks: dict[str, Record] = attrs.field(factory=dict, init=False)
    _probes: dict[str, Probe] = attrs.field(factory=dict, init=False)
    _unprobed: dict[str, str] = attrs.field(factory=dict, init=False)
    """Why the last run of a strategy was of no use."""
    _suspects: dict[str, str] = attrs.field(factory=dict, init=False)
    """The strategies that gave outcomes of another time, and what was seen of it first."""
    _differing: dict[str, frozenset[int]] = attrs.field(factory=dict, init=False)
    """The URLs whose bodies in the check run do not equal those of the reference."""
    _changes: Changes = attrs.field(factory=Changes, init=False)
    _order: list[tuple[str, ...]] = attrs.field(factory=list, init=False)
    _records: list[Record] = attrs.field(factory=list, init=False)
    _marked: dict[int, str] = attrs.field(factory=dict, init=False)
    _telling: Seconds = attrs.field(default=0.0, init=False)
    """How long progress took to be told in this round, which is on nobody's budget."""
    _intern: Intern = attrs.field(factory=interning, init=False)

    def hold(self) -> Comparison:
        """Run everything; return what it showed."""
        for name in self.strategies:
            self._check(name)
        spent: Seconds = 0.0
        for names in rounds(list(self.strategies), random.Random(self.seed)):  # noqa: S311 - lots are drawn, no secrets
            start, self._telling = self.clock(), 0.0
            self._round(names)
            spent += self.clock() - start - self._telling
            self._keep_unfinished()
            if self._is_over(spent):
                break
        again = {name: self._probe(name) or self._checks[name] for name in self.strategies}
        self._changes.see(again[self._reference])
        return self._kept(self._comparison({name: self._excused(name, again) for name in again}))

    def _keep_unfinished(self) -> None:
        if self.keep is not None:
            note = note_on_unfinished(len(self._order), self.looks[-1])
            unfinished = self._comparison(self._differing)
            self._kept(attrs.evolve(unfinished, notes=(*unfinished.notes, note)))

    def _kept(self, comparison: Comparison) -> Comparison:
        """Keep the comparison; where that fails, it must not be lost here too."""
        if self.keep is None:
            return comparison
        try:
            self.keep(comparison)
        except (OSError, ValueError, OverflowError) as error:  # whatever there is in a result
            note = note_on_unsaved(error)
            return attrs.evolve(comparison, notes=(*comparison.notes, note))
        return comparison

    def _excused(self, name: str, again: Mapping[str, Record]) -> frozenset[int]:
        """Return the URLs at which a strategy got another body in its check run, and might."""
        check = self._check_of_reference
        reference = (check, again[self._reference])
        changed = self._changes.once.union(differing_bodies(reference[1], check))
        shared = shared_bodies(again[name], self._checks[name], reference)
        return self._differing[name] & (changed | shared)

    def _check(self, name: str) -> None:
        check = self._checks[name] = self._run(name, None, digest=True)
        self._suspect(check)
        self._differing[name] = frozenset(differing_bodies(check, self._check_of_reference))
        if name == self._reference:
            self._changes.see(check)
        self._tell("check", name, check)

    def _probe(self, name: str) -> Record | None:
        """Run a strategy once more, watched; with digests where bodies are in question.

        What goes wrong here must not cost the rounds: there is no probe then, and a note.
        """
        probes, record = Probes(), None
        try:
            record = self._run(name, None, digest=any(self._differing.values()), probes=probes)
        except StrategyError as error:
            self._unprobed[name] = redact_within(str(error))
        else:
            if record.results == self._checks[name].results:
                self._probes[name] = probes.result()
            else:
                self._unprobed[name] = "it brought other results than in its check run"
        self._tell("probe", name, record)
        return record

    @property
    def _reference(self) -> str:
        return next(iter(self.strategies))

    @property
    def _check_of_reference(self) -> Record:
        return self._checks[self._reference]

    def _suspect(self, record: Record) -> None:
        """Note that a strategy gave outcomes of another time."""
        subject = f" of {self._reference}" if record.strategy == self._reference else ""
        reason = not_of_this_run(record, subject=subject)
        if reason is not None:
            self._suspects.setdefault(record.strategy, reason)

    def _round(self, names: Sequence[str]) -> None:
        number = len(self._order)
        records: dict[str, Record] = {}
        for name in names:
            records[name] = self._run(name, number)
            self._records.append(records[name])
            self._suspect(records[name])
            self._tell("round", name, records[name])
        self._order.append(tuple(names))
        reference = records[self._reference]
        self._changes.see(reference)
        for name, record in records.items():
            known = self._differing[name] | self._changes.again
            why = deviation(record, self._checks[name], reference, self.urls, known)
            if why:
                self._marked.setdefault(number, f"{name} {why}")

    def _far_off(self, name: str, excused: frozenset[int]) -> list[str]:
        """Return the first reason to doubt bodies that no round was marked for."""
        unseen = excused | self._changes.again
        runs = [self._checks[name], *(r for r in self._records if r.strategy == name)]
        found = (self._changes.far_off(run, unseen, self.urls) for run in runs)
        return list(islice(filter(None, found), 1))

    def _is_over(self, spent: Seconds) -> bool:
        """Whether that was the last round: by plan, by budget, or since all is clear at a look."""
        done = len(self._order)
        if done == self.looks[-1] or (self.seconds is not None and spent >= self.seconds):
            return True
        return done in self.looks and self._all_is_clear()

    def _all_is_clear(self) -> bool:
        # As if all bodies that differ will turn out to change by nature: the last run tells.
        comparison = self._comparison(self._differing)
        verdicts = map(comparison.verdict, list(self.strategies)[1:])
        return Verdict.UNRESOLVED not in verdicts

    def _run(
        self, name: str, number: int | None, *, digest: bool = False, probes: Probes | None = None
    ) -> Record:
        options = attrs.evolve(self.options, keep_bodies=False, digest=digest)
        measured = self.meter.measure(name, self.strategies[name], options, probes)
        run = measured.run
        return Record(
            strategy=name,
            round=number,
            options=run.options,
            started_at=run.started_at,
            begun=measured.begun,
            elapsed=run.elapsed,
            cpu=run.cpu,
            outside=measured.outside,
            worked=measured.worked,
            working=measured.working,
            columns=columns_of(run.outcomes, self._intern),
        )

    def _tell(self, stage: Stage, name: str, record: Record | None) -> None:
        """Count a run; one that was of no use has no record, and nobody knows its fetches."""
        start = self.clock()
        self.tally.ran(
            name,
            stage,
            None if record is None else record.round,
            fetches=len(self.urls) if record else 0,
            failures=record.failures if record else 0,
        )
        self._telling += self.clock() - start

    def _comparison(self, excused: Mapping[str, frozenset[int]]) -> Comparison:
        """Judge what there is so far; at `excused` URLs bodies may differ from the reference's."""
        first = self._check_of_reference
        reasons = dict[str, tuple[str, ...]]()
        notes = notes_on_all([c.options for c in self._checks.values()], self._card)
        for name, check in self._checks.items():
            suspects = [self._suspects.get(self._reference), self._suspects.get(name)]
            against = reasons_against(check, first, self.urls, excused[name])
            far_off = self._far_off(name, excused[name])
            reasons[name] = (*against, *far_off, *dict.fromkeys(filter(None, suspects)))
            notes += notes_on(check, first, self.urls, excused[name])
        notes += notes_on_retries([*self._checks.values(), *self._records])
        notes += notes_on_missing_probes(self._unprobed)
        return Comparison(
            urls=self.urls,
            options=self.options,
            strategies=tuple(self.strategies),
            looks=self.looks,
            seed=self.seed,
            order=tuple(self._order),
            started_at=self._started_at,
            finished_at=datetime.now(UTC),
            card=self._card,
            checks=dict(self._checks),
            records=tuple(self._records),
            probes=dict(self._probes),
            marked=dict(self._marked),
            reasons=reasons,
            notes=tuple(notes),
        )
