"""Ranking: which of several strategies is faster, from their times in the same rounds."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from itertools import combinations

import attrs

from concurrent_fetch._units import Seconds
from concurrent_fetch.errors import NotComparableError
from concurrent_fetch.stats._estimate import Estimate, inverse, is_told, rounds_needed, speedup
from concurrent_fetch.stats._verdict import Verdict, verdict_of

ALPHA = 0.05
"""How often one of all the intervals of an experiment may miss."""
_FEWEST_ROUNDS = 6


@attrs.frozen(kw_only=True, slots=False)
class Ranking:
    """The estimates of all pairs, and what follows from them."""

    times: Mapping[str, Sequence[Seconds]]
    """Of each strategy, round by round; the first strategy is the reference."""
    looks: int
    """After how many numbers of rounds a verdict was planned."""
    reasons: Mapping[str, Sequence[str]]
    """Why a strategy cannot be compared with the reference; empty if it can."""

    @property
    def reference(self) -> str:
        """The strategy that the others are compared with."""
        return next(iter(self.times))

    def speedup(self, name: str, over: str | None = None) -> Estimate:
        """Return how many times faster `name` is than `over` (the reference).

        Raises:
            NotComparableError: the two did not do the same work; the message says why.
        """
        base = self.reference if over is None else over
        for one in (name, base):
            if reasons := self.reasons[one]:
                raise NotComparableError(
                    f"{one} and {self.reference} cannot be compared: {'; '.join(reasons)}"
                )
        return self._estimate(name, base, all_pairs=base != self.reference)

    def verdict(self, name: str) -> Verdict:
        """Return what the speed-up over the reference says."""
        try:
            return verdict_of(self.speedup(name))
        except NotComparableError:
            return Verdict.NOT_COMPARABLE

    @cached_property
    def fastest(self) -> tuple[str, ...]:
        """The strategies that no other one beats, over every pair at once and over the reference.

        Empty where none of several can be compared with the reference.
        """
        able = self._able
        if len(able) < min(2, len(self.times)):
            return ()
        beaten = set[str]()
        for one, other in combinations(able, 2):
            verdicts = {self._judge(one, other, all_pairs=True)}
            if one == self.reference:
                verdicts.add(self._judge(one, other, all_pairs=False))
            beaten |= {one} if Verdict.SLOWER in verdicts else set()
            beaten |= {other} if Verdict.FASTER in verdicts else set()
        return tuple(name for name in able if name not in beaten)

    @property
    def tie(self) -> tuple[str, str, Estimate] | None:
        """The first two that are tied for fastest, and the speed-up of one over the other.

        The one that is typically faster stands second. None without a tie, or where too few rounds
        say nothing about it.
        """
        if len(self.fastest) < 2:
            return None
        one, other = self.fastest[:2]
        if self.speedup(other, over=one).point < 1:
            one, other = other, one
        estimate = self.speedup(other, over=one)
        return (one, other, estimate) if is_told(estimate) else None

    def ahead_of(self, name: str) -> tuple[str, Estimate] | None:
        """The one of the fastest that most surely beats a strategy, and its speed-up over that.

        While there are too few rounds to rank all pairs: of those that are held against the
        reference. None where none beats it, or it cannot be compared.
        """
        if self.reasons[name] or (self.is_ranked and name in self.fastest):
            return None
        others = self.fastest if self.is_ranked else self._able
        ahead = [(other, self._lead(other, name)) for other in others if other != name]
        told = [(other, lead) for other, lead in ahead if lead is not None]
        return max(told, key=lambda item: (item[1].low, item[1].point), default=None)

    def _lead(self, name: str, over: str) -> Estimate | None:
        """Return the speed-up of one over another that it beats; by any of the two levels."""
        found = []
        if over == self.reference:
            found.append(self.speedup(name))
        elif name == self.reference:
            found.append(inverse(self.speedup(over)))
        if self.is_ranked:
            found.append(self.speedup(name, over=over))
        beaten = [estimate for estimate in found if verdict_of(estimate) is Verdict.FASTER]
        return beaten[0] if beaten else None

    @property
    def rounds_needed(self) -> int:
        """The fewest rounds that allow a verdict with this many strategies and looks."""
        return max(_FEWEST_ROUNDS, rounds_needed(self._alpha(all_pairs=False)))

    @property
    def rounds_to_rank(self) -> int:
        """The fewest rounds that can tell every pair of strategies, not only the reference's."""
        return max(_FEWEST_ROUNDS, rounds_needed(self._alpha(all_pairs=True)))

    @property
    def is_ranked(self) -> bool:
        """Whether there are that many, so that who is not beaten is tied; two need no more."""
        return len(self._able) <= 2 or len(self.times[self.reference]) >= self.rounds_to_rank

    @property
    def _able(self) -> list[str]:
        return [name for name in self.times if not self.reasons[name]]

    def _judge(self, name: str, base: str, *, all_pairs: bool) -> Verdict:
        return verdict_of(self._estimate(name, base, all_pairs=all_pairs))

    def _estimate(self, name: str, base: str, *, all_pairs: bool) -> Estimate:
        pair = (name, base, all_pairs)
        if pair not in self._estimates:
            alpha = self._alpha(all_pairs=all_pairs)
            same = Estimate(point=1.0, low=1.0, high=1.0, confidence=1 - alpha)
            found = same if name == base else speedup(self.times[base], self.times[name], alpha)
            self._estimates[pair] = found
        return self._estimates[pair]

    @cached_property
    def _estimates(self) -> dict[tuple[str, str, bool], Estimate]:
        """Those that were asked for: a table of a sweep asks for each several times."""
        return {}

    def _alpha(self, *, all_pairs: bool) -> float:
        """The level of one interval, so that all of them hold together at every planned look."""
        n = len(self.times)
        pairs = n * (n - 1) // 2 if all_pairs else n - 1
        return ALPHA / (max(1, pairs) * self.looks)
