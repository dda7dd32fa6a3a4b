"""Who is ahead of whom: what a strategy that lost is told."""

import math

import pytest

from concurrent_fetch.stats import Estimate, Ranking, inverse


def ranking(rounds: int = 10, **times: float) -> Ranking:
    return Ranking(
        times={name: [time] * rounds for name, time in times.items()},
        looks=1,
        reasons=dict.fromkeys(times, ()),
    )


def ahead(found: Ranking, name: str) -> tuple[str, float] | None:
    lead = found.ahead_of(name)
    return None if lead is None else (lead[0], lead[1].point)


def test_who_lost_is_behind_one_of_the_fastest() -> None:
    found = ranking(a=8.0, b=2.0, c=4.0, d=2.0)
    assert found.fastest == ("b", "d")
    told = {name: ahead(found, name) for name in "abcd"}
    assert told == {"a": ("b", 4.0), "b": None, "c": ("b", 2.0), "d": None}


def test_all_pairs_are_one_family_so_that_all_are_told_or_none() -> None:
    times = {"a": 8.0, "b": 4.0, "c": 4.0, "d": 16.0}
    few, enough = ranking(7, **times), ranking(8, **times)
    assert few.rounds_needed == 8
    assert few.fastest == tuple("abcd")
    assert [ahead(few, name) for name in "abcd"] == [None] * 4
    assert enough.fastest == ("b", "c")
    assert [ahead(enough, name) for name in "abcd"] == [("b", 2.0), None, None, ("b", 4.0)]


def test_of_what_cannot_be_compared_nothing_is_told() -> None:
    times = {"a": [1.0] * 9, "b": [4.0] * 9, "c": [2.0] * 9}
    found = Ranking(times=times, looks=1, reasons={"a": (), "b": ("other bodies",), "c": ()})
    assert ahead(found, "b") is None
    assert ahead(found, "c") == ("a", 2.0)


def test_nobody_is_ahead_of_one_alone_or_in_too_few_rounds() -> None:
    assert ranking(a=1.0).ahead_of("a") is None
    few = ranking(3, a=1.0, b=2.0)
    assert [few.ahead_of(name) for name in "ab"] == [None, None]


def test_of_two_that_are_tied_the_faster_one_stands_second() -> None:
    found = ranking(a=2.0, b=1.0, c=1.001)
    same = Ranking(
        times={"a": [1.0, 1.1] * 5, "b": [1.1, 1.0] * 5}, looks=1, reasons={"a": (), "b": ()}
    )
    assert found.tie is None
    assert same.tie is not None
    assert same.tie[2].point >= 1


@pytest.mark.parametrize(
    ("given", "reverse"),
    [((2.0, 1.0, 4.0), (0.5, 0.25, 1.0)), ((2.0, 0.0, math.inf), (0.5, 0.0, math.inf))],
)
def test_the_inverse_is_of_the_reverse_ratio(
    given: tuple[float, float, float], reverse: tuple[float, float, float]
) -> None:
    point, low, high = given
    found = inverse(Estimate(point=point, low=low, high=high, confidence=0.9))
    assert (found.point, found.low, found.high, found.confidence) == (*reverse, 0.9)
