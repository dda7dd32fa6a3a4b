"""Ranking: which of several strategies is faster, from their times in the same rounds.

All pairs are one family, and each interval has its share of the level: so verdicts, ties and steps
hold together. With the reference's pairs as a family of their own beside that of all pairs, one of
several equal strategies was dropped from the fastest in 5 to 8 of 100 experiments; in 5 to 15 of
100 where each was held against the best at the level of as many pairs as there are others.

It costs power: with k strategies of which one is 10 % faster at 4 % noise, that was told in so many
of 100 experiments (before: with two families).

======  ===========  ===========  ===========
k       10 rounds    15 rounds    20 rounds
======  ===========  ===========  ===========
2       99 (99)      100 (100)    100 (100)
4       89 (97)      99 (100)     100 (100)
5       81 (94)      99 (100)     100 (100)
6       66 (95)      98 (100)     100 (100)
8       none (87)    97 (99)      100 (100)
======  ===========  ===========  ===========
"""

import math
from collections.abc import Collection, Mapping, Sequence
from functools import cached_property
from itertools import combinations

import attrs

from concurrent_fetch._units import Seconds
from concurrent_fetch.errors import NotComparableError
from concurrent_fetch.stats._estimate import Estimate, is_told, rounds_needed, speedup
from concurrent_fetch.stats._verdict import Verdict, verdict_of

ALPHA = 0.05
"""How often one of all the intervals of an experiment may miss."""
_FEWEST_ROUNDS = 6


def alpha_of(strategies: int, looks: int) -> float:
    """Return the level of one interval, so that all pairs hold together at every planned look."""
    pairs = strategies * (strategies - 1) // 2
    return ALPHA / (max(1, pairs) * looks)


def rounds_to_tell(strategies: int, looks: int) -> int:
    """Return the fewest rounds that allow a verdict on so many strategies."""
    return max(_FEWEST_ROUNDS, rounds_needed(alpha_of(strategies, looks)))


@attrs.frozen(kw_only=True, slots=False)
class Ranking:
    """The estimates of all pairs, and what follows from them."""

    times: Mapping[str, Sequence[Seconds]]
    """Of each strategy, round by round; the first strategy is the reference."""
    looks: int
    """After how many numbers of rounds a verdict was planned."""
    reasons: Mapping[str, Sequence[str]]
    """Why a strategy cannot be compared with the reference; empty if it can."""
    lost: Mapping[str, Collection[int]] = attrs.field(factory=dict)
    """Of strategies that failed: the places of the rounds which speak against them."""
    is_open: bool = False
    """Whether no planned look has been reached: there is no interval then."""

    @property
    def reference(self) -> str:
        """The strategy that the others are compared with."""
        return next(iter(self.times))

    def speedup(self, name: str, over: str | None = None) -> Estimate:
        """Return how many times faster `name` is than `over` (the reference).

        The point is not a number (nan) where there is no round that both completed.

        Raises:
            NotComparableError: the two did not do the same work; the message says why.
        """
        base = self.reference if over is None else over
        for one in (name, base):
            if reasons := self.reasons[one]:
                raise NotComparableError(
                    f"{one} and {self.reference} cannot be compared: {'; '.join(reasons)}"
                )
        if (name, base) not in self._estimates:
            self._estimates[name, base] = self._estimate(name, base)
        return self._estimates[name, base]

    def verdict(self, name: str) -> Verdict:
        """Return what the speed-up over the reference says."""
        try:
            return verdict_of(self.speedup(name))
        except NotComparableError:
            return Verdict.NOT_COMPARABLE

    @cached_property
    def fastest(self) -> tuple[str, ...]:
        """The strategies that no other one beats.

        Empty where none of several can be compared with the reference.
        """
        able = [name for name in self.times if not self.reasons[name]]
        if len(able) < min(2, len(self.times)):
            return ()
        beaten = set[str]()
        for one, other in combinations(able, 2):
            verdict = verdict_of(self.speedup(one, over=other))
            beaten |= {one} if verdict is Verdict.SLOWER else set()
            beaten |= {other} if verdict is Verdict.FASTER else set()
        return tuple(name for name in able if name not in beaten)

    @property
    def tie(self) -> tuple[str, str, Estimate] | None:
        """The two farthest apart of those tied for fastest, and the speed-up of one over the other.

        The one that is typically faster stands second. None without a tie, or where too few rounds
        say nothing about it.
        """
        pairs = [
            (one, other, self.speedup(other, over=one))
            for pair in combinations(self.fastest, 2)
            for one, other in (pair, pair[::-1])
        ]
        told = [found for found in pairs if is_told(found[2])]
        return max(told, key=lambda found: found[2].point, default=None)

    def ahead_of(self, name: str) -> tuple[str, Estimate] | None:
        """The one of the fastest that most surely beats a strategy, and its speed-up over that.

        None where none beats it, or it cannot be compared.
        """
        if self.reasons[name] or name in self.fastest:
            return None
        leads = [(other, self.speedup(other, over=name)) for other in self.fastest]
        ahead = [(other, lead) for other, lead in leads if verdict_of(lead) is Verdict.FASTER]
        return max(ahead, key=lambda item: (item[1].low, item[1].point), default=None)

    @property
    def rounds_needed(self) -> int:
        """The fewest rounds that allow a verdict with this many strategies and looks."""
        return rounds_to_tell(len(self.times), self.looks)

    def _estimate(self, name: str, base: str) -> Estimate:
        alpha = alpha_of(len(self.times), self.looks)
        if name == base:
            return Estimate(point=1.0, low=1.0, high=1.0, confidence=1 - alpha)
        mine, theirs = (frozenset(self.lost.get(one, ())) for one in (name, base))
        places = self._places(name, base)
        both = [r for r in places if r not in mine and r not in theirs]
        unknown = Estimate(point=math.nan, low=0.0, high=math.inf, confidence=1 - alpha)
        if not both:
            return unknown
        found = speedup(
            [self.times[base][r] for r in both],
            [self.times[name][r] for r in both],
            alpha,
            reference_lost=len(theirs.difference(mine).intersection(places)),
            other_lost=len(mine.difference(theirs).intersection(places)),
        )
        return attrs.evolve(unknown, point=found.point) if self.is_open else found

    def _places(self, *pair: str) -> list[int]:
        """The rounds that count for two: one that the reference lost counts for no others."""
        reference = self.reference
        without = () if reference in pair else frozenset(self.lost.get(reference, ()))
        return [r for r in range(len(self.times[reference])) if r not in without]

    @cached_property
    def _estimates(self) -> dict[tuple[str, str], Estimate]:
        """Those that were asked for: a table of a sweep asks for each several times."""
        return {}
