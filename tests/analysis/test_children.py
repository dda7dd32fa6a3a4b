"""Whose the CPU time of child processes is, from run to run."""

import pytest

from concurrent_fetch.analysis import ChildrenTime


class Family:
    """Descendants of this process, whose clocks are turned by hand."""

    def __init__(self, **living: float) -> None:
        self.living = {int(name[1:]): cpu for name, cpu in living.items()}
        self.ended = 0.0
        self.time = ChildrenTime(lambda: list(self.living), self.living.get, lambda: self.ended)

    def waited_for(self, pid: int) -> None:
        self.ended += self.living.pop(pid)


def test_one_that_comes_and_ends_in_a_run_is_the_strategys() -> None:
    family = Family()
    family.time.before()
    family.ended += 0.75
    assert family.time.used() == 0.75
    family.time.before()
    assert family.time.used() == 0.0


def test_one_that_stays_is_so_in_every_run_and_between_them_is_on_no_clock() -> None:
    family = Family()
    family.time.before()
    family.living[7] = 0.5
    assert family.time.used() == 0.5
    family.living[7] += 4.0
    family.time.before()
    family.living[7] += 0.25
    assert family.time.used() == 0.25
    family.time.before()
    family.living[7] += 1.0
    family.waited_for(7)
    assert family.time.used() == 1.0


@pytest.mark.parametrize("run", range(3))
def test_what_was_there_before_is_none_of_a_strategy(run: int) -> None:
    family = Family(p1=8.0)
    for _ in range(run + 1):
        family.time.before()
        family.living[1] += 2.0
        family.ended += 0.25
        assert family.time.used() == 0.25


def test_nor_is_what_came_between_two_runs() -> None:
    family = Family()
    family.time.before()
    assert family.time.used() == 0.0
    family.living[3] = 1.0
    for _ in range(2):
        family.time.before()
        family.living[3] += 1.0
        assert family.time.used() == 0.0


def test_what_others_used_before_they_end_does_not_count() -> None:
    family = Family(p1=8.0)
    family.time.before()
    family.waited_for(1)
    assert family.time.used() == 0.0


def test_one_whose_parent_waited_for_it_takes_nothing_away() -> None:
    family = Family(p1=0.0, p2=8.0)
    family.time.before()
    del family.living[2]
    family.living[9] = 0.5
    assert family.time.used() == 0.5
