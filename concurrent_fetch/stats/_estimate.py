"""How much faster, and how sure: floats in, `Estimate` out.

A round times every strategy once, in random order. If two strategies are equal, swapping them
within a round changes nothing, so each sign of `d = ln(reference / other)` is a fair coin, whatever
the noise: drift, bursts, tails, autocorrelation. The signed-rank test on `d` is then a
randomisation test, exact at any number of rounds, and the ratios it does not reject are an interval
that is exact for any constant true ratio.

Ranks are capped at half the number of rounds: one burst outweighs a plain signed rank at ten
rounds. Capping keeps the test exact, because its null distribution is counted, never approximated.

Sources: Wilcoxon, "Individual comparisons by ranking methods" (1945), for the test; Hodges and
Lehmann, "Estimates of location based on rank tests" (1963), for inverting it over Walsh averages;
Hettmansperger and McKean, "Robust Nonparametric Statistical Methods", for scores other than ranks;
Abedi and Brecht, "Conducting repeatable experiments in highly variable cloud computing
environments" (2017), for the random order.
"""

import math
from bisect import bisect_left
from collections.abc import Sequence
from functools import cache
from itertools import accumulate, combinations_with_replacement, count

import attrs

from concurrent_fetch._units import Seconds

_MOST = 1e150
"""The greatest ratio that is told; of two such the quotient is still a number."""


@attrs.frozen(kw_only=True)
class Estimate:
    """A ratio of times, with its interval.

    `low` and `high` enclose the true ratio with probability `confidence` or more; they are 0 and
    infinity when there are too few rounds for that confidence (as `Comparison.rounds_needed` says).
    """

    point: float
    """The typical ratio: above 1 is faster."""
    low: float
    high: float
    confidence: float


def is_told(estimate: Estimate) -> bool:
    """Whether there were enough rounds for an interval; rounds that were lost may open one end."""
    return estimate.low > 0 or not math.isinf(estimate.high)


def inverse(estimate: Estimate) -> Estimate:
    """Return the estimate of the reverse ratio: of who is beaten over who beats it."""
    low = 1 / estimate.high  # 0 where that is infinite
    high = 1 / estimate.low if estimate.low else math.inf
    return attrs.evolve(estimate, point=1 / estimate.point, low=low, high=high)


@attrs.frozen(kw_only=True)
class Spread:
    """Times of one strategy: the median and the quartiles around it.

    It describes the rounds that were seen and promises nothing about others: under drift no honest
    interval exists for one strategy's time alone. Nor is a quotient of two medians the speed-up.
    """

    point: Seconds
    """The median."""
    q1: Seconds
    """A quarter of the times lies below it."""
    q3: Seconds
    """A quarter of the times lies above it."""


def speedup(
    reference: Sequence[Seconds],
    other: Sequence[Seconds],
    alpha: float,
    *,
    reference_lost: int = 0,
    other_lost: int = 0,
) -> Estimate:
    """Estimate `reference / other` for the typical round, with confidence `1 - alpha`.

    Both hold one time per round, in the same order of rounds. Above 1, `other` is faster. The
    method is the signed-rank test with capped ranks, inverted over Walsh averages; it is exact if
    the order within each round was drawn at random.

    Beside these rounds there may be some that one of the two lost, so that it has no time there.
    Each speaks against who lost it, with the largest rank, and for nobody: in the test of whether
    it is the faster one the round counts, in the test of whether it is the slower one it does not.
    The point is that of the rounds with both times.

    Raises `ValueError` for no rounds, unequal lengths, a time that is not finite and positive, or
    an `alpha` outside (0, 1).

    >>> speedup([2.0, 4.0, 6.0], [1.0, 2.0, 3.0], 0.05)
    Estimate(point=2.0, low=0.0, high=inf, confidence=0.95)
    """
    d = _log_ratios(reference, other)
    walsh = sorted((a + b) / 2 for a, b in combinations_with_replacement(d, 2))
    total = sum(scores(len(d)))
    point = (_crossing(d, walsh, (total - 1) // 2) + _crossing(d, walsh, total // 2)) / 2
    low = _low(d, walsh, other_lost, alpha)
    high = -_low([-x for x in d], [-x for x in reversed(walsh)], reference_lost, alpha)
    return Estimate(
        point=_exp(point),
        low=_exp(min(low, point)),
        high=_exp(max(high, point)),
        confidence=1 - alpha,
    )


def _low(d: Sequence[float], walsh: Sequence[float], lost: int, alpha: float) -> float:
    """Return below what the test rejects each shift, where some more of `d` are minus infinity.

    These have the largest ranks, and lie above no shift.
    """
    ranked, c = scores(len(d) + lost), critical(len(d) + lost, alpha)
    least = sum(ranked) - c  # of a statistic that is rejected
    if c < 0 or sum(ranked[: len(d)]) < least:
        return -math.inf
    return _crossing(d, walsh, least - 1, ranked[: len(d)])


def spread(times: Sequence[Seconds]) -> Spread:
    """Return the median and the quartiles, as `quantile` defines them.

    One time is its own median and quartiles. Raises `ValueError` for no times, or one that is not
    finite and positive.
    """
    _check_times("times", times)
    ordered = sorted(times)
    q1, median, q3 = (quantile(ordered, fraction) for fraction in (0.25, 0.5, 0.75))
    return Spread(point=median, q1=q1, q3=q3)


def quantile(ordered: Sequence[float], fraction: float) -> float:
    """Return the value below which a fraction (0 to 1) of the ascending values lies.

    The least is at 0, the greatest at 1, in between it is linear from neighbour to neighbour: as
    `statistics.quantiles` defines it "inclusive", and numpy by default.
    """
    place = (len(ordered) - 1) * fraction
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def rounds_needed(alpha: float) -> int:
    """Return the least number of rounds for which an interval exists.

    The rarest thing that a fair coin can do is to fall on one side every time: 2 of `2**n`.
    """
    _check_alpha(alpha)
    return next(n for n in count(1) if 2 / 2**n <= alpha)


@cache
def scores(n: int) -> tuple[int, ...]:
    """Return the ranks 1 to `n`, capped at `n / 2` rounded up."""
    return tuple(min(rank, math.ceil(n / 2)) for rank in range(1, n + 1))


@cache
def null_counts(n: int) -> tuple[int, ...]:
    """Return how many of the `2**n` patterns of signs give each sum of positive scores.

    The first call for an `n` takes time in proportion to `n**3` (about 20 ms for 100).
    """
    return _subset_sums(scores(n))


def critical(n: int, alpha: float) -> int:
    """Return the largest `c` with `2 P(statistic <= c) <= alpha`; -1 if `n` is too small.

    Raises `ValueError` for an `alpha` outside (0, 1).
    """
    _check_alpha(alpha)
    return _critical(null_counts(n), alpha)


def statistic(d: Sequence[float], theta: float, ranked: Sequence[int] | None = None) -> int:
    """Return the sum of the scores of all `d` above `theta`, ranked by distance from `theta`.

    It falls as `theta` grows, and only at Walsh averages: the means of any two of `d`. The scores
    are those of so many values, unless others are given.
    """
    by_distance = sorted(d, key=lambda x: abs(x - theta))
    scored = zip(ranked or scores(len(d)), by_distance, strict=True)
    return sum(score for score, x in scored if x > theta)


def _crossing(
    d: Sequence[float], walsh: Sequence[float], limit: int, ranked: Sequence[int] | None = None
) -> float:
    """Return the first Walsh average above which the statistic is at most `limit`."""

    def low_enough(i: int) -> bool:
        return statistic(d, (walsh[i] + walsh[i + 1]) / 2, ranked) <= limit

    return walsh[bisect_left(range(len(walsh) - 1), True, key=low_enough)]


def _subset_sums(parts: Sequence[int]) -> tuple[int, ...]:
    """Return how many subsets of `parts` have each sum from 0 to the sum of all."""
    ways = [1]
    for part in parts:
        gap = [0] * part
        ways = [a + b for a, b in zip(ways + gap, gap + ways, strict=True)]
    return tuple(ways)


def _critical(counts: Sequence[int], alpha: float) -> int:
    total = sum(counts)
    tails = enumerate(accumulate(counts))
    return next(c for c, tail in tails if 2 * tail / total > alpha) - 1


def _log_ratios(reference: Sequence[Seconds], other: Sequence[Seconds]) -> list[float]:
    if len(reference) != len(other):
        raise ValueError(
            f"reference has {len(reference)} times and other has {len(other)}: "
            "pass one time of each for every round"
        )
    _check_times("reference", reference)
    _check_times("other", other)
    return list(map(_log_ratio, reference, other))


def _log_ratio(a: Seconds, b: Seconds) -> float:
    ratio = a / b
    # Of a ratio that no float holds, the logarithm is one all the same.
    return math.log(ratio) if 1 / _MOST < ratio < _MOST else math.log(a) - math.log(b)


def _exp(x: float) -> float:
    """Return the ratio of a logarithm, within what can be turned and multiplied."""
    if math.isinf(x):
        return math.inf if x > 0 else 0.0
    return min(max(math.exp(min(x, math.log(_MOST))), 1 / _MOST), _MOST)


def _check_times(name: str, times: Sequence[Seconds]) -> None:
    if not times:
        raise ValueError(f"{name} is empty: pass the time of at least one round")
    for i, time in enumerate(times):
        if not (math.isfinite(time) and time > 0):
            raise ValueError(f"{name}[{i}] is {time!r}: a time must be finite and greater than 0")


def _check_alpha(alpha: float) -> None:
    if not 0 < alpha < 1:
        raise ValueError(f"alpha is {alpha!r}: it must lie between 0 and 1, as 0.05 does")
