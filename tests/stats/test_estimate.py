"""How much faster, and how sure: the statistics against known truth.

Every simulated figure comes from 1000 experiments of 15 rounds with fixed seeds, so the tests are
deterministic. 65 alarms in 1000 are what a correct 5 % test exceeds with probability 0.0009.
"""

import math
import statistics
from collections import Counter
from collections.abc import Sequence
from functools import cache
from itertools import combinations_with_replacement, cycle, pairwise, product
from random import Random

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from noise import NOISES, Order, experiment

from concurrent_fetch.stats._estimate import (
    Estimate,
    Spread,
    _critical,
    _subset_sums,
    critical,
    inverse,
    is_told,
    null_counts,
    rounds_needed,
    scores,
    speedup,
    spread,
    statistic,
)

EXPERIMENTS = 1000
ROUNDS = 15
ALPHA = 0.05

patient = settings(deadline=None)  # a loaded machine is no finding
times = st.floats(1e-6, 1e6)
pairs = st.lists(st.tuples(times, times), min_size=1, max_size=20)
alphas = st.floats(0.001, 0.5)


def contains(estimate: Estimate, ratio: float) -> bool:
    return estimate.low <= ratio <= estimate.high


def columns(rows: Sequence[tuple[float, float]]) -> tuple[list[float], list[float]]:
    return [a for a, _ in rows], [b for _, b in rows]


# --- The null distribution is counted exactly ---


@pytest.mark.parametrize("n", range(1, 11))
def test_null_counts_equal_an_enumeration_of_all_signs(n: int) -> None:
    assert null_counts(n) == enumerated(scores(n))


@pytest.mark.parametrize("n", range(1, 11))
def test_uncapped_counts_equal_an_enumeration_of_all_signs(n: int) -> None:
    assert _subset_sums(range(1, n + 1)) == enumerated(range(1, n + 1))


def enumerated(parts: Sequence[int]) -> tuple[int, ...]:
    sums = Counter(
        sum(part for part, above in zip(parts, signs, strict=True) if above)
        for signs in product([False, True], repeat=len(parts))
    )
    return tuple(sums[total] for total in range(sum(parts) + 1))


@pytest.mark.parametrize(
    ("n", "tabled"),
    [(6, 0), (7, 2), (8, 3), (9, 5), (10, 8), (12, 13), (15, 25), (20, 52), (25, 89)],
)
def test_uncapped_critical_values_are_those_of_the_printed_wilcoxon_tables(
    n: int, tabled: int
) -> None:
    assert _critical(_subset_sums(range(1, n + 1)), ALPHA) == tabled


@pytest.mark.parametrize("n", [1, 2, 15, 60])
def test_counts_hold_every_pattern_of_signs_and_are_symmetric(n: int) -> None:
    assert sum(null_counts(n)) == 2**n
    assert null_counts(n) == null_counts(n)[::-1]


def test_the_critical_value_of_15_rounds_is_20_and_its_size_4_40_percent() -> None:
    assert critical(15, ALPHA) == 20
    assert f"{2 * sum(null_counts(15)[:21]) / 2**15:.2%}" == "4.40%"


@pytest.mark.parametrize("n", range(1, 41))
@pytest.mark.parametrize("alpha", [0.05, 0.05 / 3, 0.001])
def test_the_critical_value_is_the_last_that_keeps_the_level(n: int, alpha: float) -> None:
    c = critical(n, alpha)
    assert 2 * sum(null_counts(n)[: c + 1]) <= alpha * 2**n < 2 * sum(null_counts(n)[: c + 2])


def test_scores_are_ranks_capped_at_half_the_rounds() -> None:
    assert scores(1) == (1,)
    assert scores(6) == (1, 2, 3, 3, 3, 3)
    assert scores(7) == (1, 2, 3, 4, 4, 4, 4)


def test_a_round_without_difference_counts_for_neither_side() -> None:
    assert statistic([0.0, 1.0, -2.0, 3.0], 0.0) == scores(4)[1] + scores(4)[3]


@patient
@given(st.lists(st.floats(-5, 5), min_size=1, max_size=12))
def test_the_statistic_never_rises_from_one_gap_between_walsh_averages_to_the_next(
    d: list[float],
) -> None:
    walsh = sorted({(a + b) / 2 for a, b in combinations_with_replacement(d, 2)})
    gaps = [walsh[0] - 1, *((a + b) / 2 for a, b in pairwise(walsh) if b - a > 1e-9), walsh[-1] + 1]
    values = [statistic(d, theta) for theta in gaps]
    assert values == sorted(values, reverse=True)
    assert (values[0], values[-1]) == (sum(scores(len(d))), 0)


@patient
@given(st.lists(st.integers(-1000, 1000), min_size=1, max_size=9, unique_by=abs), alphas)
def test_the_interval_excludes_1_just_when_flipping_all_signs_says_so(
    d: list[int], alpha: float
) -> None:
    d = [x for x in d if x] or [1]
    seen = min(statistic(d, 0), statistic([-x for x in d], 0))
    flipped = (
        [x * s for x, s in zip(d, signs, strict=True)] for signs in product([1, -1], repeat=len(d))
    )
    p = 2 * sum(statistic(f, 0) <= seen for f in flipped) / 2 ** len(d)
    estimate = speedup([math.exp(x / 1000) for x in d], [1.0] * len(d), alpha)
    assert contains(estimate, 1.0) == (p > alpha)


# --- Truth that is known by simulation ---


@cache
def estimates(noise: str, truth: float, seed: int) -> tuple[Estimate, ...]:
    rng = Random(f"{noise}, {seed}")
    return tuple(
        speedup(*experiment(NOISES[noise], rng, ROUNDS, truth=truth), ALPHA)
        for _ in range(EXPERIMENTS)
    )


def alarms(noise: str) -> int:
    return sum(not contains(e, 1.0) for e in estimates(noise, truth=1.0, seed=1))


@pytest.mark.parametrize("noise", NOISES)
def test_two_equal_strategies_seldom_raise_an_alarm(noise: str) -> None:
    assert alarms(noise) <= 65


def test_over_all_noises_alarms_keep_the_level() -> None:
    assert statistics.fmean(map(alarms, NOISES)) / EXPERIMENTS <= 0.055


@pytest.mark.parametrize("noise", NOISES)
def test_the_interval_covers_a_true_ratio_as_often_as_it_says(noise: str) -> None:
    covered = sum(contains(e, 1.10) for e in estimates(noise, truth=1.10, seed=2))
    assert 0.93 <= covered / EXPERIMENTS <= 0.975


@pytest.mark.parametrize("noise", NOISES)
def test_the_point_is_the_true_ratio_on_average(noise: str) -> None:
    points = [e.point for e in estimates(noise, truth=1.10, seed=2)]
    assert abs(statistics.fmean(points) / 1.10 - 1) < 0.005


def test_ten_percent_are_found_in_a_noisy_cloud() -> None:
    found = sum(e.low > 1 for e in estimates("cloud", truth=1.10, seed=2))
    assert found / EXPERIMENTS >= 0.90


def test_the_interval_narrows_with_the_root_of_the_rounds() -> None:
    def half_width(n: int) -> float:
        rng = Random(f"narrow {n}")
        found = [speedup(*experiment(NOISES["iid"], rng, n, truth=1.0), ALPHA) for _ in range(300)]
        return statistics.median(math.log(e.high / e.low) / 2 for e in found)

    widths = {n: half_width(n) for n in (10, 15, 30)}
    assert widths[10] / widths[30] == pytest.approx(math.sqrt(3), rel=0.15)
    assert widths[15] / widths[30] == pytest.approx(math.sqrt(2), rel=0.15)
    assert widths[10] == pytest.approx(0.043, rel=0.1)


AB, BA = ("reference", "other"), ("other", "reference")


@pytest.mark.parametrize(
    ("noise", "order"), [("period 2", cycle([AB])), ("period 4", cycle([AB, BA]))]
)
def test_a_fixed_order_is_fooled_by_the_noise_that_a_random_order_withstands(
    noise: str, order: Order
) -> None:
    rng = Random(3)
    fooled = sum(
        not contains(speedup(*experiment(NOISES[noise], rng, 14, truth=1.0, order=order), ALPHA), 1)
        for _ in range(100)
    )
    assert fooled > 80


# --- What holds for any times ---


@patient
@given(pairs, alphas)
def test_the_point_lies_within_the_interval(rows: list[tuple[float, float]], alpha: float) -> None:
    estimate = speedup(*columns(rows), alpha)
    assert 0 <= estimate.low <= estimate.point <= estimate.high


@patient
@given(pairs, st.floats(0.001, 1000), alphas)
def test_the_unit_of_time_does_not_matter(
    rows: list[tuple[float, float]], scale: float, alpha: float
) -> None:
    reference, other = columns(rows)
    scaled = speedup([a * scale for a in reference], [b * scale for b in other], alpha)
    assert attrs.astuple(scaled) == pytest.approx(attrs.astuple(speedup(reference, other, alpha)))


@patient
@given(pairs, alphas)
def test_swapping_the_two_inverts_the_estimate(
    rows: list[tuple[float, float]], alpha: float
) -> None:
    reference, other = columns(rows)
    there, back = speedup(reference, other, alpha), speedup(other, reference, alpha)
    assert back.point == pytest.approx(1 / there.point, rel=1e-9)
    assert back.low == pytest.approx(1 / there.high, rel=1e-9)
    assert back.high == pytest.approx(1 / there.low if there.low else math.inf, rel=1e-9)


@patient
@given(pairs.flatmap(lambda rows: st.tuples(st.just(rows), st.permutations(rows))), alphas)
def test_the_order_of_rounds_does_not_matter(
    orders: tuple[list[tuple[float, float]], list[tuple[float, float]]], alpha: float
) -> None:
    one, another = (speedup(*columns(rows), alpha) for rows in orders)
    assert attrs.astuple(one) == pytest.approx(attrs.astuple(another), rel=1e-12)


@patient
@given(st.lists(times, min_size=6, max_size=20), st.floats(0.01, 100))
def test_a_constant_ratio_is_recovered_exactly(other: list[float], ratio: float) -> None:
    estimate = speedup([ratio * time for time in other], other, ALPHA)
    ends = (estimate.point, estimate.low, estimate.high)
    assert ends == pytest.approx((ratio, ratio, ratio), rel=1e-12)


@patient
@given(st.lists(times, min_size=1, max_size=20), st.integers(0, 19), times)
def test_a_slower_reference_never_lowers_the_estimate(
    reference: list[float], where: int, delay: float
) -> None:
    other = [1.0] * len(reference)
    before = speedup(reference, other, ALPHA)
    reference[where % len(reference)] += delay
    after = speedup(reference, other, ALPHA)
    for name in ("point", "low", "high"):
        assert getattr(after, name) >= getattr(before, name) * (1 - 1e-12)


def test_one_wild_round_of_ten_barely_moves_the_interval() -> None:
    reference = [1.00, 1.01, 1.02, 1.03, 1.04, 1.05, 1.06, 1.07, 1.08, 1.09]
    wild = [*reference[:-1], 1000.0]
    calm_one, wild_one = (speedup(times, [1.0] * 10, ALPHA) for times in (reference, wild))
    assert wild_one.high < calm_one.high * 1.02


def test_the_estimate_says_how_confident_it_is() -> None:
    assert speedup([2.0] * 6, [1.0] * 6, 0.05) == Estimate(
        point=2.0, low=2.0, high=2.0, confidence=0.95
    )


# --- Too few rounds, and what is no time ---


@pytest.mark.parametrize("n", range(1, 6))
def test_below_six_rounds_the_interval_says_nothing(n: int) -> None:
    estimate = speedup([2.0] * n, [1.0] * n, ALPHA)
    assert (estimate.point, estimate.low, estimate.high) == (2.0, 0.0, math.inf)


@pytest.mark.parametrize(("comparisons", "least"), [(1, 6), (3, 7), (7, 9), (28, 11)])
def test_more_comparisons_need_more_rounds(comparisons: int, least: int) -> None:
    assert rounds_needed(ALPHA / comparisons) == least


@patient
@given(st.floats(1e-9, 0.999))
def test_the_rounds_needed_are_the_first_that_have_an_interval(alpha: float) -> None:
    n = rounds_needed(alpha)
    assert critical(n, alpha) >= 0
    assert n == 1 or critical(n - 1, alpha) == -1


@pytest.mark.parametrize("alpha", [0.0, 1.0, -0.05, 5, math.nan])
def test_an_alpha_that_is_no_probability_is_refused(alpha: float) -> None:
    with pytest.raises(ValueError, match=r"alpha is .* between 0 and 1"):
        rounds_needed(alpha)
    with pytest.raises(ValueError, match=r"alpha is .* between 0 and 1"):
        speedup([1.0], [1.0], alpha)


@pytest.mark.parametrize("time", [0.0, -1.0, math.nan, math.inf])
def test_what_is_no_time_is_named_with_its_place(time: float) -> None:
    with pytest.raises(ValueError, match=rf"reference\[1\] is {time}: .* finite and greater"):
        speedup([1.0, time], [1.0, 1.0], ALPHA)
    with pytest.raises(ValueError, match=rf"other\[1\] is {time}: .* finite and greater"):
        speedup([1.0, 1.0], [1.0, time], ALPHA)
    with pytest.raises(ValueError, match=rf"times\[0\] is {time}: .* finite and greater"):
        spread([time])


def test_unequal_lengths_are_refused_with_both() -> None:
    with pytest.raises(ValueError, match=r"reference has 2 times and other has 1: .* every round"):
        speedup([1.0, 1.0], [1.0], ALPHA)


def test_no_rounds_are_refused() -> None:
    with pytest.raises(ValueError, match="reference is empty"):
        speedup([], [], ALPHA)
    with pytest.raises(ValueError, match="times is empty"):
        spread([])


# --- Spread ---


def test_the_spread_is_the_median_and_the_inclusive_quartiles() -> None:
    assert spread([5.0, 1.0, 3.0, 2.0, 4.0]) == Spread(point=3.0, q1=2.0, q3=4.0)
    assert spread([1.0, 2.0]) == Spread(point=1.5, q1=1.25, q3=1.75)


def test_one_time_is_its_own_spread() -> None:
    assert spread([2.5]) == Spread(point=2.5, q1=2.5, q3=2.5)


@patient
@given(st.lists(times, min_size=1))
def test_the_spread_lies_within_the_times_and_around_their_median(some: list[float]) -> None:
    found = spread(some)
    assert found.point == pytest.approx(statistics.median(some))
    assert min(some) <= found.q1 * (1 + 1e-12)
    assert found.q1 <= found.point * (1 + 1e-12)
    assert found.point <= found.q3 * (1 + 1e-12)
    assert found.q3 <= max(some) * (1 + 1e-12)


# --- The data ---


@pytest.mark.parametrize(
    "data",
    [Estimate(point=2.0, low=1.0, high=3.0, confidence=0.95), Spread(point=2.0, q1=1.0, q3=3.0)],
)
def test_what_was_measured_never_changes(data: Estimate | Spread) -> None:
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        data.point = 5.0  # type: ignore[misc]  # the very thing that must fail
    assert not hasattr(data, "__dict__")
    assert hash(data) == hash(attrs.evolve(data))


# --- ratios that no float holds ---


@pytest.mark.parametrize(
    ("a", "b"), [(1e200, 1e-200), (1e-200, 1e200), (1e308, 1e-308), (5e-324, 1e308)]
)
def test_a_ratio_that_no_float_holds_is_told_all_the_same(a: float, b: float) -> None:
    found = speedup([a] * 10, [b] * 10, ALPHA)
    expected = 1e150 if a > b else 1e-150
    assert (found.point, found.low, found.high) == pytest.approx([expected] * 3)
    assert inverse(inverse(found)).point == pytest.approx(found.point)
    assert is_told(found)


# --- rounds that were lost ---


@pytest.mark.parametrize("lost", range(8))
def test_lost_rounds_never_bring_an_end_nearer(lost: int) -> None:
    a, b = [4.0, 4.1, 4.4, 4.2, 4.3, 4.6, 4.5, 4.8], [2.0, 2.2, 2.1, 2.5, 2.4, 2.3, 2.7, 2.6]
    plain = speedup(a, b, ALPHA)
    mine = speedup(a, b, ALPHA, other_lost=lost)
    theirs = speedup(a, b, ALPHA, reference_lost=lost)
    assert mine.point == theirs.point == plain.point
    assert mine.low <= plain.low
    assert mine.high == plain.high
    assert theirs.high >= plain.high
    assert theirs.low == plain.low


def test_lost_rounds_of_the_two_are_each_others_mirror() -> None:
    a, b = [4.0, 4.1, 4.4, 4.2, 4.3, 4.6], [2.0, 2.2, 2.1, 2.5, 2.4, 2.3]
    one = speedup(a, b, 0.2, other_lost=1)
    other = inverse(speedup(b, a, 0.2, reference_lost=1))
    assert (one.low, one.point, one.high) == pytest.approx((other.low, other.point, other.high))
