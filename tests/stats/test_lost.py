"""Who fails when it is slow wins nothing by that, and neither does the other: against known truth.

Seeds are fixed. The bounds are what 2.5 % on one side exceed by chance in about 1 of 1,000 tries.
"""

import math
from collections.abc import Callable
from functools import cache
from random import Random

import pytest
from noise import NOISES, timed

from concurrent_fetch.stats._estimate import critical, scores, speedup, statistic

pytestmark = pytest.mark.once

EXPERIMENTS = 1000
ROUNDS = 40
ALPHA = 0.05
AT_MOST = 42

Lost = Callable[[Random, list[float], list[float]], set[int]]


def slowest(_rng: Random, mine: list[float], _other: list[float]) -> set[int]:
    return set(sorted(range(ROUNDS), key=mine.__getitem__)[-ROUNDS // 10 :])


def slowest_by_ratio(_rng: Random, mine: list[float], other: list[float]) -> set[int]:
    return set(sorted(range(ROUNDS), key=lambda r: mine[r] / other[r])[-ROUNDS // 10 :])


def whichever(rng: Random, _mine: list[float], _other: list[float]) -> set[int]:
    return set(rng.sample(range(ROUNDS), ROUNDS // 10))


@cache
def called(noise: str, lost: Lost) -> tuple[int, int, int, int]:
    """Count how often the one that failed is called faster, and the other: as told, and else.

    Else: how often the first would be if these rounds were left out, and the second if a failure
    were the largest rank for it as well.
    """
    rng, found = Random(f"{noise} {lost.__name__}"), [0, 0, 0, 0]
    for _ in range(EXPERIMENTS):
        mine, other = timed(NOISES[noise], rng, ROUNDS, {"mine": 1.0, "other": 1.0}).values()
        without = lost(rng, mine, other)
        d = [math.log(other[r] / mine[r]) for r in range(ROUNDS) if r not in without]
        c, n = critical(ROUNDS, ALPHA), len(d)
        ranked, few = scores(ROUNDS), critical(n, ALPHA)
        above = statistic(d, 0.0, ranked[:n])
        found[0] += above >= sum(ranked) - c
        found[1] += statistic(d, 0.0) <= few
        found[2] += statistic(d, 0.0) >= sum(scores(n)) - few
        found[3] += above <= c
    return found[0], found[1], found[2], found[3]


@pytest.mark.parametrize("noise", ["iid", "cloud"])
@pytest.mark.parametrize("lost", [slowest, slowest_by_ratio, whichever])
def test_of_equal_ones_neither_is_faster_since_one_failed(noise: str, lost: Lost) -> None:
    failed, other, _, _ = called(noise, lost)
    assert failed <= AT_MOST
    assert other <= AT_MOST


def test_to_leave_these_rounds_out_would_reward_failing() -> None:
    assert called("iid", slowest)[2] > 2 * AT_MOST


def test_to_count_them_for_the_other_would_make_that_faster() -> None:
    assert called("iid", whichever)[3] > 1.5 * AT_MOST


def test_the_interval_says_what_the_test_says() -> None:
    rng = Random(3)
    for _ in range(50):
        mine, other = timed(NOISES["iid"], rng, ROUNDS, {"mine": 1.0, "other": 1.03}).values()
        without = slowest(rng, mine, other)
        kept = [r for r in range(ROUNDS) if r not in without]
        theirs, ours = ([one[r] for r in kept] for one in (other, mine))
        found = speedup(theirs, ours, ALPHA, other_lost=len(without))
        d = [math.log(a / b) for a, b in zip(theirs, ours, strict=True)]
        ranked = scores(ROUNDS)
        rejected = statistic(d, 0.0, ranked[: len(d)]) >= sum(ranked) - critical(ROUNDS, ALPHA)
        assert (found.low > 1) is rejected
