"""The order of rounds."""

from collections import Counter
from itertools import islice, pairwise
from random import Random

import pytest

from concurrent_fetch.runner._rounds import rounds

NAMES = ("sync", "threads", "async")


def first(n: int, seed: int) -> list[tuple[str, ...]]:
    return list(islice(rounds(NAMES, Random(seed)), n))


def test_a_comparison_of_three_goes_like_this() -> None:
    assert first(5, seed=8412) == [
        ("sync", "async", "threads"),
        ("async", "threads", "sync"),
        ("sync", "threads", "async"),
        ("async", "sync", "threads"),
        ("threads", "async", "sync"),
    ]


def test_every_strategy_runs_once_in_every_round() -> None:
    assert all(sorted(names) == sorted(NAMES) for names in first(1000, seed=1))


@pytest.mark.parametrize("names", [NAMES[:2], NAMES, (*NAMES, "mine", "yours")])
def test_over_many_rounds_every_strategy_runs_equally_often_in_every_place(
    names: tuple[str, ...],
) -> None:
    places = Counter(
        place for order in islice(rounds(names, Random(2)), 1000) for place in enumerate(order)
    )
    for place in range(len(names)):
        for name in names:
            assert abs(places[place, name] / 1000 - 1 / len(names)) <= 0.05


def test_a_round_says_nothing_about_the_next_one() -> None:
    starts = [names[0] for names in first(3001, seed=3)]
    pairs = Counter(pairwise(starts))
    assert all(abs(pairs[a, b] / 3000 - 1 / 9) <= 0.03 for a in NAMES for b in NAMES)


def test_the_same_seed_gives_the_same_order_and_another_seed_another() -> None:
    assert first(100, seed=8412) == first(100, seed=8412)
    assert first(100, seed=8412) != first(100, seed=8413)


def test_a_list_that_changes_later_does_not_change_the_rounds() -> None:
    names = list(NAMES)
    order = rounds(names, Random(4))
    next(order)
    names.clear()
    assert sorted(next(order)) == sorted(NAMES)


def test_one_strategy_alone_is_a_round_too() -> None:
    assert next(rounds(["sync"], Random(5))) == ("sync",)
