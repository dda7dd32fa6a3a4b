"""Whether another strategy shows that more in flight would help, of which nothing was tried."""

import attrs
import pytest
from fakes import URLS, Clock, taking

from concurrent_fetch import Estimate, Runner, Why
from concurrent_fetch.results._more_told import shows_more_helps


def why(
    *, in_flight: float, time_per_fetch: float, cpu: float = 0.0, per_fetch: float = 0.0
) -> Why:
    clock = Clock()
    found = Runner(URLS, rounds=1, clock=clock).compare(taking(clock, 4.0)).why("taking")
    return attrs.evolve(
        found,
        in_flight=in_flight,
        time_per_fetch=time_per_fetch,
        cpu=cpu,
        cpu_per_fetch=per_fetch,
    )


def over(low: float) -> Estimate:
    return Estimate(point=low * 1.1, low=low, high=low * 1.2, confidence=0.95)


ONE = why(in_flight=1.0, time_per_fetch=1.0, cpu=0.25, per_fetch=0.25)
FOUR = why(in_flight=4.0, time_per_fetch=1.0, cpu=1.0, per_fetch=0.25)


@pytest.mark.parametrize(
    ("other", "low", "shows"),
    [
        (FOUR, 3.8, True),
        (FOUR, 1.01, True),
        (FOUR, 1.0, False),  # perhaps it is no faster
        (FOUR, 0.0, False),  # too few rounds
        (attrs.evolve(FOUR, in_flight=1.4), 3.8, False),
        (attrs.evolve(FOUR, in_flight=1.5), 3.8, True),
        (attrs.evolve(FOUR, in_flight=float("nan")), 3.8, False),
        (attrs.evolve(FOUR, time_per_fetch=0.25), 3.8, False),  # each was four times as short
        (attrs.evolve(FOUR, time_per_fetch=0.25), 4.1, True),
        (attrs.evolve(FOUR, time_per_fetch=4.0), 1.2, True),
        (attrs.evolve(FOUR, cpu_per_fetch=0.125), 1.14, False),  # half of the CPU time is saved
        (attrs.evolve(FOUR, cpu_per_fetch=0.125), 1.15, True),
        (attrs.evolve(FOUR, cpu_per_fetch=0.5), 1.01, True),
    ],
)
def test_it_is_shown_where_nothing_else_explains_as_much(
    other: Why, low: float, shows: bool
) -> None:
    assert shows_more_helps(other, ONE, over(low)) == shows


def test_the_one_that_shows_it_is_named_in_the_figures() -> None:
    clock = Clock()
    runner = Runner(URLS, rounds=8, seed=1, clock=clock, cpu_clock=lambda: 0.0)
    comparison = runner.compare(
        slow=taking(clock, 8.0), other=taking(clock, 8.0), fast=taking(clock, 2.0, at_once=4)
    )
    assert comparison.why("slow").shown_by == "fast"
    assert comparison.why("fast").shown_by is None
    told = comparison.explain()
    assert told.count("More in flight would help: fast is faster, and had 4.0") == 2


def test_what_is_not_comparable_shows_nothing() -> None:
    clock = Clock()
    runner = Runner(URLS, rounds=8, seed=1, clock=clock, cpu_clock=lambda: 0.0)
    comparison = runner.compare(slow=taking(clock, 8.0), fast=taking(clock, 2.0, at_once=4))
    broken = attrs.evolve(comparison, reasons={"fast": ("it cheats",)})
    assert broken.why("slow").shown_by is None
