"""Experiment: carries a comparison out.

A check run of each strategy; rounds in random order; one more run of each, with probes; and what is
to be tried then.
"""

import random
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

import attrs

from concurrent_fetch._progress import Stage, Tally
from concurrent_fetch._units import Seconds
from concurrent_fetch.analysis import (
    Audit,
    Card,
    Loads,
    Note,
    Probe,
    Probes,
    Record,
    interning,
    read_card,
)
from concurrent_fetch.errors import StrategyError
from concurrent_fetch.model import Options
from concurrent_fetch.results import Comparison
from concurrent_fetch.runner._bridge import Clock
from concurrent_fetch.runner._leftovers import Leftovers
from concurrent_fetch.runner._loop_thread import LoopFactory
from concurrent_fetch.runner._loops import loops_of
from concurrent_fetch.runner._measured import options_of_runs
from concurrent_fetch.runner._meter import Meter
from concurrent_fetch.runner._others import loads_beside
from concurrent_fetch.runner._pythons import (
    cards_of,
    notes_on_clocks,
    notes_on_counts,
    notes_on_leaving,
    notes_on_pythons,
    notes_on_workers,
    prepared_in,
)
from concurrent_fetch.runner._ready import Ready
from concurrent_fetch.runner._rounds import rounds
from concurrent_fetch.runner._trials import Trials
from concurrent_fetch.runner._unfinished import next_of, note_on_unfinished
from concurrent_fetch.runner._warming import MOST_WARMING, Warmed, notes_on_warming, warmed
from concurrent_fetch.runner._witness import Witness, notes_on_witness
from concurrent_fetch.stats import Verdict
from concurrent_fetch.strategies import AnyStrategy


@attrs.define(kw_only=True)
class Experiment:
    """What is compared and how long, and what has been recorded of it so far."""

    urls: tuple[str, ...]
    options: Options
    strategies: Mapping[str, AnyStrategy]
    looks: tuple[int, ...]
    seconds: Seconds | None
    seed: int
    clock: Clock
    meter: Meter
    ready: Ready
    tally: Tally
    leftovers: Leftovers
    warming: Collection[str] = ()
    """The strategies that run where code is compiled while it runs."""
    witness: Witness | None = None
    """Looks at what every run of `meter` fetches; None if nobody does."""
    keep: Callable[[Comparison], None] | None = None
    """Called after every round with what there is so far, and at the end; on no clock."""
    trials: Trials | None = None
    """What is to be tried at the end; None where nothing is."""

    _started_at: datetime = attrs.field(factory=lambda: datetime.now(UTC), init=False)
    _loops: Mapping[str, LoopFactory] = attrs.field(
        default=attrs.Factory(lambda self: loops_of(self.strategies), takes_self=True), init=False
    )
    _card: Card = attrs.field(
        default=attrs.Factory(lambda self: read_card(self._loops.values()), takes_self=True),
        init=False,
    )
    _audit: Audit = attrs.field(
        default=attrs.Factory(
            lambda self: Audit(self.urls, self._card, self._loops, prepared_in(self.strategies)),
            takes_self=True,
        ),
        init=False,
    )
    _loads: Loads = attrs.field(
        default=attrs.Factory(lambda self: loads_beside(self.urls), takes_self=True), init=False
    )
    _probes: dict[str, Probe] = attrs.field(factory=dict, init=False)
    _warmed: dict[str, Warmed] = attrs.field(factory=dict, init=False)
    _clock_errors: dict[str, Seconds] = attrs.field(factory=dict, init=False)
    _order: list[tuple[str, ...]] = attrs.field(factory=list, init=False)
    _telling: Seconds = attrs.field(default=0.0, init=False)
    """How long progress took to be told in this round, which is on nobody's budget."""
    _intern: Callable[[Any], Any] = attrs.field(factory=interning, init=False)

    def hold(self) -> Comparison:
        """Run everything; return what it showed. What was made ready is left."""
        for name in self.strategies:
            self._warm_up(name)
            self._check(name)
        # A client that has been imported since may have turned the GIL on again.
        self._card = attrs.evolve(self._card, build=read_card(self._loops.values()).build)
        spent: Seconds = 0.0
        for names in rounds(list(self.strategies), random.Random(self.seed)):  # noqa: S311 - lots are drawn, no secrets
            start, self._telling = self.clock(), 0.0
            self._round(names)
            spent += self.clock() - start - self._telling
            self._keep_unfinished()
            if self._is_over(spent):
                break
        self._again()
        self._try(spent)
        self.ready.leave()
        return self._kept(self._comparison())

    def _keep_unfinished(self) -> None:
        if self.keep is not None:
            unfinished, done = self._comparison(), len(self._order)
            note = note_on_unfinished(done, self.looks)
            notes, next_look = (*unfinished.notes, note), next_of(self.looks, done)
            self._kept(attrs.evolve(unfinished, notes=notes, next_look=next_look))

    def _kept(self, comparison: Comparison) -> Comparison:
        """Keep the comparison; where that fails, it must not be lost here too."""
        if self.keep is None:
            return comparison
        try:
            self.keep(comparison)
        except (OSError, ValueError, OverflowError) as error:  # whatever there is in a result
            note = _note_on_unsaved(error)
            return attrs.evolve(comparison, notes=(*comparison.notes, note))
        return comparison

    def _warm_up(self, name: str) -> None:
        """Let what compiles while it runs come to its end; how long that takes nobody knows."""
        if name in self.warming:
            runs = (self._run(name, None).elapsed for _ in range(MOST_WARMING))
            self._warmed[name] = warmed(runs)

    def _check(self, name: str) -> None:
        record = self._run(name, None)
        self._audit.check(record)
        self._tell("check", name, record)

    def _round(self, names: Sequence[str]) -> None:
        records = []
        with self._loads:
            for name in names:
                records.append(self._run(name, len(self._order)))
                self._tell("round", name, records[-1])
        self._audit.round(records)
        self._order.append(tuple(names))

    def _again(self) -> None:
        """Run each strategy once more, watched.

        What goes wrong here must not cost the rounds: there is no probe then, and a note.
        """
        records: dict[str, Record] = {}
        errors: dict[str, str] = {}
        for name in self.strategies:
            probes = Probes(self._loads.machine)
            try:
                records[name] = self._run(name, None, probes=probes)
            except StrategyError as error:
                errors[name] = str(error)
            else:
                self._probes[name] = probes.result()
            self._tell("probe", name, records.get(name))
        self._audit.again(records, errors)

    def _try(self, spent: Seconds) -> None:
        """Try what is to be tried, with what is left of the budget; whoever stops that loses it."""
        if self.trials is not None:
            self._kept(self._comparison())
            left = None if self.seconds is None else self.seconds - spent
            tell = partial(self._tell, "trial")
            try:
                self.trials.hold(self._comparison, left, tell, self.tally.expect)
            except Exception as error:  # noqa: BLE001 - the rounds are done, and must not be lost
                self.trials.give_up(error)

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

    def _run(self, name: str, number: int | None, probes: Probes | None = None) -> Record:
        """Run a strategy once; nothing in its options says which run it is."""
        options = options_of_runs(self.options)
        self.leftovers.before()
        if self._loads.machine is not None:
            self._loads.machine.apart = self.leftovers.bystanders()
        measured = self.meter.measure(name, self.strategies[name], options, probes)
        beside = self.leftovers.after(name, measured)
        if beside is not None and number is not None:
            self._audit.beside.setdefault(number, beside)
        before = self._clock_errors.get(name, 0.0)
        self._clock_errors[name] = max(before, measured.clock_error or 0.0)
        witnessed = None if self.witness is None else self.witness.told(self.strategies[name])
        record = measured.record(number, witnessed, self._intern)
        if measured.by_hand:
            self._loads.forget_round()
            if probes is not None:
                probes.forget_machine()
        else:
            self._audit.implausible.see(record)
        return record

    def _tell(self, stage: Stage, name: str, record: Record | None) -> None:
        """Count a run; one that was of no use has no record, and nobody knows its fetches."""
        start = self.clock()
        self.tally.ran(
            name,
            stage,
            None if record is None else record.round,
            fetches=len(record.results) if record else 0,
            failures=record.failures if record else 0,
        )
        self._telling += self.clock() - start

    def _comparison(self) -> Comparison:
        """Judge what there is so far."""
        audit = self._audit
        audit.cards = cards_of(self.ready)
        return Comparison(
            urls=self.urls,
            options=self.options,
            strategies=tuple(self.strategies),
            looks=self.looks,
            seed=self.seed,
            order=tuple(self._order),
            started_at=self._started_at,
            finished_at=datetime.now(UTC),
            card=attrs.evolve(self._card, in_rounds=self._loads.told()),
            cards=audit.cards,
            checks=dict(audit.checks),
            records=tuple(audit.records),
            probes={n: probe for n, probe in self._probes.items() if n not in audit.useless},
            marked=dict(audit.marked),
            reasons=audit.reasons,
            tried=dict(self.trials.tried) if self.trials else {},
            alone=self.trials.alone if self.trials else None,
            notes=(
                *notes_on_pythons(self._card, self.ready, self.meter.culprits),
                *notes_on_workers(self.ready),
                *notes_on_counts(self.ready),
                *notes_on_leaving(self.ready),
                *notes_on_clocks(self._clock_errors),
                *notes_on_warming(self._warmed),
                *notes_on_witness(self.witness),
                *self._loads.notes(),
                *self.leftovers.notes(),
                *(self.trials.notes if self.trials else ()),
                *audit.notes,
            ),
        )


def _note_on_unsaved(error: Exception) -> Note:
    """Return the note on a comparison that could not be saved."""
    return Note(
        strategy=None,
        fact=f"it could not be saved: {getattr(error, 'strerror', None) or error}",
        advice="when that is mended: save(comparison, path)",
    )
