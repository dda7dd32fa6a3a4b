"""Ratios as a reader hears them: never below 1, in percent where they are near it."""

import pytest

from concurrent_fetch.results._phrases import behind, changed, gain, short_gain, slower
from concurrent_fetch.stats import Estimate


def estimate(point: float, low: float, high: float) -> Estimate:
    return Estimate(point=point, low=low, high=high, confidence=0.95)


@pytest.mark.parametrize(
    ("times", "words"),
    [
        (1.002, "<1% slower"),
        (1.02, "2% slower"),
        (1.09, "9% slower"),
        (1.1, "1.10× slower"),
        (2.0, "2.0× slower"),
        (13.6, "13.6× slower"),
        (300.0, "300× slower"),
    ],
)
def test_how_much_slower(times: float, words: str) -> None:
    assert slower(times) == words


@pytest.mark.parametrize(
    ("lead", "words"),
    [
        ((1.02, 1.01, 1.03), "2% slower than a (95% sure: 1% to 3%)"),
        ((2.0, 1.05, 2.5), "2.0× slower than a (95% sure: 1.05× to 2.5×)"),
        ((1.17, 1.002, 1.46), "1.17× slower than a (95% sure: 1.002× to 1.46×)"),
    ],
)
def test_both_ends_are_told_as_the_middle_is(lead: tuple[float, float, float], words: str) -> None:
    assert behind(estimate(*lead), "a") == words


@pytest.mark.parametrize(
    ("speedup", "words"),
    [
        ((4.0, 3.0, 5.0), "4.0× as fast as a (95% sure: 3.0× to 5.0×)"),
        (
            (0.5, 0.25, 2.0),
            "2.0× slower than a (95% sure: between 4.0× slower and 2.0× as fast)",
        ),
        (
            (0.98, 0.97, 1.01),
            "2% slower than a (95% sure: between 3% slower and 1.01× as fast)",
        ),
        (
            (1.01, 0.98, 1.04),
            "1.01× as fast as a (95% sure: between 2% slower and 1.04× as fast)",
        ),
    ],
)
def test_a_speed_up_that_may_be_below_one_is_turned(
    speedup: tuple[float, float, float], words: str
) -> None:
    assert gain(estimate(*speedup), "a") == words


@pytest.mark.parametrize(
    ("speedup", "words"),
    [
        ((4.0, 3.0, 5.0), "4.0× as fast as a [3.0, 5.0]"),
        ((0.25, 0.2, 0.5), "4.0× slower than a [2.0, 5.0]"),
        ((0.25, 0.0, float("inf")), "4.0× slower than a"),
        ((1.0, 0.98, 1.04), "1.00× as fast as a [0.98, 1.04]"),
    ],
)
def test_in_a_picture_as_well(speedup: tuple[float, float, float], words: str) -> None:
    assert short_gain(estimate(*speedup), "a") == words


@pytest.mark.parametrize(
    ("times", "words"),
    [(1.09, "1.09×"), (1.0, "1.00×"), (0.25, "4.0× shorter"), (0.98, "2% shorter")],
)
def test_a_change_that_is_less_says_so(times: float, words: str) -> None:
    assert changed(times, "shorter") == words
