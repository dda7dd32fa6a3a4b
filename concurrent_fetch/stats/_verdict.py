"""Verdict: what the interval of a speed-up says in one word."""

from enum import StrEnum

from concurrent_fetch.stats._estimate import Estimate

_SAME_WITHIN = 1.02


class Verdict(StrEnum):
    """What the interval of a speed-up says about a strategy, seen from the reference."""

    FASTER = "faster"
    """The whole interval lies above 1."""
    SLOWER = "slower"
    """The whole interval lies below 1."""
    SAME = "same"
    """The whole interval lies within 2 % of 1."""
    UNRESOLVED = "unresolved"
    """More rounds are needed to tell."""
    NOT_COMPARABLE = "not_comparable"
    """The two did not do the same work."""


def verdict_of(estimate: Estimate) -> Verdict:
    """Return the verdict on an interval; where two would fit, the one that says which way."""
    if estimate.low > 1:
        return Verdict.FASTER
    if estimate.high < 1:
        return Verdict.SLOWER
    within = estimate.low >= 1 / _SAME_WITHIN and estimate.high <= _SAME_WITHIN
    return Verdict.SAME if within else Verdict.UNRESOLVED
