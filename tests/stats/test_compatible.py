"""Ratios over several steps that multiply to that of the ends."""

import math
from itertools import combinations
from random import Random

import pytest

from concurrent_fetch.stats import compatible


def test_ratios_that_multiply_already_stay_as_they_are() -> None:
    speed = {"a": 1.0, "b": 2.0, "c": 16.0, "d": 8.0}
    level = compatible("abcd", lambda name, base: speed[name] / speed[base])
    for base, name in combinations("abcd", 2):
        assert math.exp(level[name] - level[base]) == pytest.approx(speed[name] / speed[base])


def test_of_two_it_is_the_one_there_is() -> None:
    level = compatible("ab", lambda _name, _base: 3.0)
    assert math.exp(level["b"] - level["a"]) == pytest.approx(3.0)


def test_each_is_the_mean_over_all_that_both_were_held_against() -> None:
    rng = Random(1)
    log = {pair: rng.gauss(0, 1) for pair in combinations("abcde", 2)}
    log |= {(b, a): -x for (a, b), x in log.items()} | {(a, a): 0.0 for a in "abcde"}
    level = compatible("abcde", lambda name, base: math.exp(log[name, base]))
    for one, other in combinations("abcde", 2):
        expected = sum(log[one, k] - log[other, k] for k in "abcde") / 5
        assert level[one] - level[other] == pytest.approx(expected)


def test_where_one_pair_has_no_ratio_its_two_have_none() -> None:
    level = compatible("abc", lambda name, base: math.nan if (name, base) == ("b", "a") else 2.0)
    assert [math.isnan(x) for x in level.values()] == [True, True, False]
