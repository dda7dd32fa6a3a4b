"""Counted: which rounds of a comparison count, for whom, and how far they are judged.

A round may be *marked*: another thing was done in it than in the check runs, and it counts for
nobody. It may be *lost* by a strategy that failed where its check run did not: it has no time of
it then, and the round speaks against it. What the reference lost counts for nobody else.

A verdict is given at a planned look only. Whoever stops when one says faster would else be wrong in
9 to 23 of 100 experiments.
"""

from collections.abc import Collection, Mapping, Sequence
from functools import cached_property

import attrs

from concurrent_fetch._units import Seconds
from concurrent_fetch.analysis._audit import too_many_marked
from concurrent_fetch.analysis._losses import is_lost
from concurrent_fetch.analysis._record import Record

_FAILED_ALWAYS = "it failed in every round that counts, and not in its check run"


@attrs.frozen(kw_only=True, slots=False)
class Counted:
    """The runs of each strategy, and which of them count; the first is the reference."""

    runs: Mapping[str, Sequence[Record]]
    """Of each strategy, round by round."""
    checks: Mapping[str, Record]
    marked: Collection[int]
    """The rounds that count for nobody."""
    looks: Sequence[int]
    """After which numbers of rounds a verdict was planned."""
    next_look: int | None
    """The one that is still to come; None where the comparison is over."""

    @cached_property
    def lost(self) -> dict[str, tuple[int, ...]]:
        """The rounds that each strategy lost; a marked one is lost by nobody."""
        return {
            name: tuple(
                r
                for r, run in enumerate(runs)
                if r not in self.marked and is_lost(run, self.checks[name])
            )
            for name, runs in self.runs.items()
        }

    @property
    def rounds(self) -> int:
        """How many there were."""
        return len(self.runs[self.reference])

    @property
    def reference(self) -> str:
        """The strategy that the others are compared with."""
        return next(iter(self.runs))

    @cached_property
    def complete(self) -> tuple[int, ...]:
        """The rounds that count: neither marked nor lost by the reference."""
        without = {*self.marked, *self.lost[self.reference]}
        return tuple(r for r in range(self.rounds) if r not in without)

    @property
    def complete_for_all(self) -> set[int]:
        """Those that no strategy lost."""
        return set(self.complete).difference(*self.lost.values())

    def completed(self, name: str) -> list[Record]:
        """Return the runs of a strategy in rounds that count, but for those that it lost."""
        return [self.runs[name][r] for r in self.complete if r not in self.lost[name]]

    @property
    def is_open(self) -> bool:
        """Whether no look has been reached yet."""
        return self.next_look is not None and self.rounds < self.looks[0]

    @cached_property
    def judged(self) -> tuple[int, ...]:
        """The rounds that verdicts are of: up to the last look, all where it is over or open."""
        end = self.rounds
        if self.next_look is not None and not self.is_open:
            end = max(look for look in self.looks if look <= end)
        return tuple(r for r in range(end) if r not in self.marked)

    def times(self) -> dict[str, list[Seconds]]:
        """Return the times of the rounds that are judged, of each strategy."""
        return {n: [runs[r].elapsed for r in self.judged] for n, runs in self.runs.items()}

    def places(self) -> dict[str, frozenset[int]]:
        """Return at which places of `times` a strategy lost the round."""
        return {
            name: frozenset(i for i, r in enumerate(self.judged) if r in lost)
            for name, lost in self.lost.items()
        }

    def reasons(self, name: str, own: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
        """Return why a strategy cannot be compared with the reference; `own` are those of each."""
        mine, first = (self._own(one, own) for one in (name, self.reference))
        marked = too_many_marked(len(self.marked), self.rounds)
        # Nothing can be compared with a reference that did not do the work itself.
        inherited = () if mine else (f"{self.reference}: {reason}" for reason in first)
        return (*mine, *inherited, *([marked] if marked else []))

    def _own(self, name: str, own: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
        lost, said = self.lost[name], own.get(name, ())
        always = lost and len(lost) == self.rounds - len(self.marked)
        return (*said, _FAILED_ALWAYS) if always else said

    def most(self, fact: str) -> dict[str, int]:
        """Return the greatest number that a fact of a record has, in any run of a strategy."""
        return {
            name: max(getattr(run, fact) for run in (self.checks[name], *runs))
            for name, runs in self.runs.items()
        }
