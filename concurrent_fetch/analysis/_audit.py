"""The audit: did two strategies do the same work? If not, no number says which is faster."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import islice

from concurrent_fetch.analysis._card import Card, LoopFactory
from concurrent_fetch.analysis._changes import (
    Changes,
    changed_again,
    differing_bodies,
    differing_results,
    shared_bodies,
)
from concurrent_fetch.analysis._deviations import Deviations, Excuses
from concurrent_fetch.analysis._digesting import notes_on_digests
from concurrent_fetch.analysis._heeding import notes_on_heeding
from concurrent_fetch.analysis._implausible import Implausible
from concurrent_fetch.analysis._lengths import differing_lengths
from concurrent_fetch.analysis._losses import is_lost
from concurrent_fetch.analysis._notes import (
    Note,
    notes_on,
    notes_on_all,
    notes_on_loops,
    notes_on_missing_probes,
    notes_on_new_content,
)
from concurrent_fetch.analysis._other_work import other_lengths, reasons_against
from concurrent_fetch.analysis._reached import Reached
from concurrent_fetch.analysis._record import Record
from concurrent_fetch.analysis._retried import (
    notes_on_stale,
    notes_on_tries,
    other_tries,
    too_idle,
)
from concurrent_fetch.analysis._unknown import notes_on_unknown

_TOO_MANY_MARKED = 0.1


class Audit:
    """What the runs of an experiment say about the work that was done.

    It is told of every run when that is over: of the check runs first, that of the reference before
    all others; then round by round; at the end of one more run of each, if there is one. What it
    says holds for what it was told so far. `loops` make the event loops of those that need one;
    `prepared` are those with a `ready`.
    """

    def __init__(
        self,
        urls: Sequence[str],
        card: Card,
        loops: Mapping[str, LoopFactory] | None = None,
        prepared: Collection[str] = (),
    ) -> None:
        self.checks: dict[str, Record] = {}
        """The check run of each strategy."""
        self.records: list[Record] = []
        """Every timed run."""
        self.beside: dict[int, str] = {}
        """Rounds that ran beside what a strategy had left at work, and which."""
        self.useless: dict[str, str] = {}
        """Why the last run of a strategy, the one with probes, was of no use."""
        self.cards: Mapping[str, Card] = {}
        """Those of other interpreters, by strategy."""
        self.implausible: Implausible = Implausible(prepared)
        """What the runs say that cannot be; it is told of them by who knows their clock."""
        self._urls = urls
        self._card = card
        self._notes_on_loops = notes_on_loops(loops or {})
        self._changes = Changes()
        self._differing: dict[str, frozenset[int]] = {}
        self._deviations: list[Deviations] = []
        self._last: Mapping[str, Record] = {}
        self._suspects: dict[str, str] = {}
        self._other_lengths: set[str] = set()
        self._other_tries: set[str] = set()
        self._reached = Reached(urls)

    def check(self, record: Record) -> None:
        """Take the check run of a strategy."""
        self.checks[record.strategy] = record
        self._reached.see(record)
        self._suspect(record)
        self._differing[record.strategy] = frozenset(differing_bodies(record, self._reference))
        if any(pair.proven for pair in differing_lengths(record, self._reference, ())):
            self._other_lengths.add(record.strategy)
        if other_tries(record, self._reference):
            self._other_tries.add(record.strategy)
        if record is self._reference:
            self._changes.see(record)

    def round(self, records: Sequence[Record]) -> None:
        """Take the timed runs of a round, one of each strategy, in the order they were run."""
        (reference,) = (r for r in records if r.strategy == self._reference.strategy)
        self._changes.see(reference)
        self.records += records
        is_compared = not is_lost(reference, self._reference)
        for record in records:
            self._reached.see(record)
            self._suspect(record)
            check = self.checks[record.strategy]
            self._deviations.append(
                Deviations(
                    *(record, check, reference, self._urls),
                    others=records,
                    is_compared=is_compared,
                )
            )

    def again(self, records: Mapping[str, Record], errors: Mapping[str, str]) -> None:
        """Take one more run of each strategy; or its error.

        It is the last that may show which content changes by nature.
        """
        for name, check in self.checks.items():
            if name in errors:
                self.useless[name] = errors[name]
            elif differing_results(records[name], check):
                self.useless[name] = "it brought other results than in its check run"
        for record in records.values():
            self._reached.see(record)
        self._last = records
        if self._reference.strategy in records:
            self._changes.see(records[self._reference.strategy])

    @property
    def marked(self) -> dict[int, str]:
        """Rounds that do not count, and why: by all that was seen of changing content so far."""
        known = {name: self._known(name) for name in self.checks}
        marked = dict(self.beside)
        for one in self._deviations:
            name, number = one.record.strategy, one.record.round
            why = one.why(self._excuses(one, known[name]))
            if why and number is not None:
                marked.setdefault(number, f"{name} {why}")
        return marked

    @property
    def reasons(self) -> dict[str, tuple[str, ...]]:
        """Why each strategy cannot be compared with the reference; empty if it can."""
        return {name: self._reasons(check) for name, check in self.checks.items()}

    @property
    def notes(self) -> list[Note]:
        """What a reader should know of the work that was done."""
        notes = notes_on_all([check.options for check in self.checks.values()], self._card)
        notes += self._notes_on_loops
        for name, check in self.checks.items():
            notes += notes_on(check, self._reference, self._urls, self._excused(name))
            notes += notes_on_unknown(check, self._reference, self._changes.once)
        notes += self._notes_on_new_content()
        notes += self._notes_on_digests()
        notes += notes_on_heeding([*self.checks.values()], self._urls)
        notes += notes_on_tries([*self.checks.values(), *self.records])
        notes += notes_on_stale([*self.checks.values(), *self.records])
        notes += self._reached.notes
        notes += self.implausible.notes
        return notes + notes_on_missing_probes(self.useless)

    def _notes_on_digests(self) -> list[Note]:
        costs = {name: self.cards.get(name, self._card).digest_costs for name in self.checks}
        return notes_on_digests(self.checks, self.records, self.marked, costs)

    def _notes_on_new_content(self) -> list[Note]:
        told = self._changes.again.union(*map(self._excused, self.checks))
        once = sorted(self._changes.once - told)
        return notes_on_new_content(once, self._reference, self._urls)

    @property
    def _reference(self) -> Record:
        """The check run of the strategy that the others are compared with."""
        return next(iter(self.checks.values()))

    def _suspect(self, record: Record) -> None:
        """Note that a strategy gave outcomes of another time."""
        reason = _not_of_this_run(record, subject=self._subject(record.strategy))
        if reason is not None:
            self._suspects.setdefault(record.strategy, reason)

    def _excuses(self, deviations: Deviations, known: frozenset[int]) -> Excuses:
        """Return what is not held against a timed run, since it is known otherwise."""
        name, own = deviations.record.strategy, deviations.own_changes
        return Excuses(
            bodies=known,
            own=changed_again(own, self._runs_of(name)) if own else (),
            lengths=name in self._other_lengths,
            tries=name in self._other_tries,
        )

    def _known(self, name: str) -> frozenset[int]:
        """Return the URLs at which other bodies of a strategy tell nothing of a round.

        Content changes there, or the check run has told already. That it once got the body that the
        reference once got excuses the check run alone.
        """
        excused_once = self._excused(name) - self._changes.once
        return self._changes.again | (self._differing[name] - excused_once)

    def _excused(self, name: str) -> frozenset[int]:
        """Return the URLs at which a strategy got another body in its check run, and might."""
        differing = self._differing[name]
        if not differing:
            return differing
        shared = shared_bodies(differing, self._runs_of(name), self._runs_of_reference)
        return differing & (self._changes.once | shared)

    @property
    def _runs_of_reference(self) -> list[Record]:
        return self._runs_of(self._reference.strategy)

    def _reasons(self, check: Record) -> tuple[str, ...]:
        excused = self._excused(check.strategy)
        lengths_excused = excused | self._changes.once
        names = (self._reference.strategy, check.strategy)
        suspects = dict.fromkeys(self._suspects[name] for name in names if name in self._suspects)
        cannot_be = [why for name in dict.fromkeys(names) for why in self._cannot_be(name)]
        return (
            *reasons_against(check, self._reference, self._urls, excused),
            *other_lengths(check, self._reference, self._urls, lengths_excused),
            *self._on_tries(check),
            *self._far_off(check, excused),
            *suspects,
            *cannot_be,
            *self._reached.reasons(check.strategy, self._reference.strategy),
        )

    def _cannot_be(self, name: str) -> list[str]:
        return self.implausible.reasons(name, self._subject(name))

    def _subject(self, name: str) -> str:
        """Say of whom a reason is where it is against all."""
        return f" of {name}" if name == self._reference.strategy else ""

    def _on_tries(self, check: Record) -> Iterator[str]:
        """Yield what is wrong with how often something was tried again, and with the waiting."""
        if other := other_tries(check, self._reference):
            yield f"it {other}"
        if idle := too_idle(self._timed_of(check)):
            yield idle

    def _timed_of(self, check: Record) -> list[Record]:
        return [check, *(r for r in self.records if r.strategy == check.strategy)]

    def _runs_of(self, name: str) -> list[Record]:
        """Return all runs of a strategy, its last one too."""
        last = [self._last[name]] if name in self._last else []
        return [*self._timed_of(self.checks[name]), *last]

    def _far_off(self, check: Record, excused: frozenset[int]) -> list[str]:
        """Return the first reason to doubt bodies that no round was marked for."""
        unseen = excused | self._changes.again
        found = (self._changes.far_off(r, unseen, self._urls) for r in self._timed_of(check))
        return list(islice(filter(None, found), 1))


def _not_of_this_run(record: Record, *, subject: str = "") -> str | None:
    """Return the reason against a strategy that gave outcomes of another time, as a cache does."""
    if not record.outside:
        return None
    outcomes, were, times = (
        ("outcome", "was", "its times lie")
        if record.outside == 1
        else ("outcomes", "were", "their times lie")
    )
    return (
        f"{record.outside} {outcomes}{subject} {were} not fetched in this run ({times} outside it)"
    )


def too_many_marked(marked: int, rounds: int) -> str | None:
    """Return the reason against the whole comparison if too many rounds had to be left out."""
    if marked <= rounds * _TOO_MANY_MARKED:
        return None
    return f"{marked} of {rounds} rounds had to be left out, more than one in ten"
