"""Whether another strategy shows that more in flight would help, of which nothing was tried."""

import attrs
from fakes import URLS, Clock, taking

from concurrent_fetch import Runner


def test_the_one_that_shows_it_is_named_in_the_figures() -> None:
    clock = Clock()
    runner = Runner(URLS, rounds=8, seed=1, clock=clock, cpu_clock=lambda: 0.0)
    comparison = runner.compare(
        slow=taking(clock, 8.0), other=taking(clock, 8.0), fast=taking(clock, 2.0, at_once=4)
    )
    beside = comparison.why("slow").beside
    assert beside is not None
    assert (beside.strategy, beside.in_flight, beside.faster) == ("fast", 4.0, 4.0)
    assert comparison.why("fast").beside is None
    told = comparison.explain()
    assert told.count("More in flight would help: fast is faster, and had 4.0") == 2


def test_one_without_a_round_of_its_own_shows_nothing() -> None:
    clock = Clock()
    runner = Runner(URLS, rounds=8, seed=1, clock=clock, cpu_clock=lambda: 0.0)
    comparison = runner.compare(slow=taking(clock, 8.0), fast=taking(clock, 2.0, at_once=4))
    lost = dict.fromkeys(range(8), "it was lost")
    assert attrs.evolve(comparison, marked=lost).explain()


def test_what_is_not_comparable_shows_nothing() -> None:
    clock = Clock()
    runner = Runner(URLS, rounds=8, seed=1, clock=clock, cpu_clock=lambda: 0.0)
    comparison = runner.compare(slow=taking(clock, 8.0), fast=taking(clock, 2.0, at_once=4))
    broken = attrs.evolve(comparison, reasons={"fast": ("it cheats",)})
    assert broken.why("slow").beside is None
