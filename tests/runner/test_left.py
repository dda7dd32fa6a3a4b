"""What is at work beside the runs of others, judged by looks that are made by hand."""

import pytest
from runs_by_hand import CHILD, LOOP, NAMES, POOL, SPIN, Runs

from concurrent_fetch.runner._seen import Thing


def test_a_thread_that_computes_on_is_at_work_beside_others_and_not_beside_its_own() -> None:
    runs = Runs()
    assert runs.run("bad", {SPIN: 0.5}) is None
    assert runs.run("bad") is None
    assert runs.run("good") == "thread 'spin' of bad was at work beside good"
    end = "end what it starts before it returns, as by join(), shutdown() or a with block"
    assert runs.notes == [f"bad: it left at work, while others ran: thread 'spin'; {end}"]


def test_a_child_is_told_by_its_number() -> None:
    runs = Runs()
    runs.run("bad", {CHILD: 1.0})
    assert runs.run("good") == "process 3 of bad was at work beside good"


@pytest.mark.parametrize("used", [0.0, 0.001, 0.019])
def test_what_uses_less_than_a_fiftieth_of_a_run_is_no_hindrance(used: float) -> None:
    runs = Runs()
    runs.run("mine", {SPIN: used})
    assert runs.run("good") is None
    assert runs.notes == []


def test_a_pool_at_rest_may_work_for_another_that_shares_it() -> None:
    runs = Runs()
    runs.run("mine", {POOL: 0.0}, within={POOL: 1.0})
    for _ in range(9):
        assert runs.run("yours", within={POOL: 1.0}) is None
        assert runs.run("mine", within={POOL: 1.0}) is None
    assert runs.notes == []


def test_what_came_to_rest_is_beside_nobody_any_more() -> None:
    runs = Runs()
    runs.run("bad", {SPIN: 0.5})
    assert runs.run("good") is not None
    runs.world.paces[SPIN] = 0.0
    runs.run("good")  # it worked a moment ago, perhaps within the run before
    assert runs.run("good", within={SPIN: 1.0}) is None


def test_the_runners_own_loop_is_of_whoever_ran_last() -> None:
    runs = Runs()
    runs.run("first", {LOOP: 0.0}, within={LOOP: 1.0})
    assert runs.run("good") is None
    runs.run("bad", within={LOOP: 1.0})
    runs.world.paces[LOOP] = 0.5
    assert runs.run("good") == "thread 'fetch-loop' of bad was at work beside good"
    assert runs.run("first") == "thread 'fetch-loop' of bad was at work beside first"


@pytest.mark.parametrize("lasts", [0.002, 0.125, 0.126])
@pytest.mark.parametrize("thing", [LOOP, POOL])
def test_what_ends_between_two_runs_is_at_work_beside_nobody(thing: Thing, lasts: float) -> None:
    """As the closing of connections: 0.126 s is a third of the first stretch of the rest."""
    runs = Runs()
    runs.run("first", {thing: 0.0}, within={thing: 1.0})
    for name in ("mine", "yours") * 4:
        runs.world.paces[thing] = 0.5
        runs.world.until[thing] = runs.world.now + lasts
        runs.world.pass_by(0.125)
        assert runs.run(name, within={thing: 1.0}) is None


def test_what_works_on_through_the_rest_is_at_work() -> None:
    runs = Runs()
    runs.run("first", {LOOP: 0.0}, within={LOOP: 1.0})
    runs.run("bad", within={LOOP: 1.0})
    runs.world.paces[LOOP] = 0.5
    waited = runs.world.waited
    assert runs.run("good") == "thread 'fetch-loop' of bad was at work beside good"
    assert runs.world.waited == pytest.approx(waited + 0.006)


def test_nothing_is_waited_for_where_nothing_is_left() -> None:
    runs = Runs()
    runs.run("mine")
    runs.run("mine")
    assert runs.world.waited == 0


def test_what_is_new_is_waited_for_a_tenth_of_a_second_and_rested_for_from_then_on() -> None:
    runs = Runs()
    runs.run("mine", {POOL: 0.0})
    assert 0.1 <= runs.world.waited < 0.2
    before = runs.world.waited
    runs.run("mine")
    assert runs.world.waited == pytest.approx(before + 0.003)


def test_the_longest_rest_is_for_what_may_have_had_no_turn() -> None:
    runs = Runs()
    runs.run("bad", {SPIN: 0.5})
    runs.world.paces[SPIN] = 0.0
    before = runs.world.waited
    runs.run("good")
    assert 0.03 <= runs.world.waited - before < 0.034
    before = runs.world.waited
    runs.run("good")
    assert runs.world.waited - before == pytest.approx(0.003)


def test_computing_after_each_run_is_on_no_clock_and_noted() -> None:
    runs = Runs()
    for _ in range(4):
        runs.run("mine", {POOL: 0.5})
        runs.world.paces[POOL] = 0.0
    (note,) = runs.notes
    assert note.startswith("mine: it goes on computing for ")
    assert "after a run, which no clock counts" in note


@pytest.mark.parametrize(("leaves", "notes"), [(8, 1), (2, 0)])
def test_what_piles_up_from_run_to_run_is_noted(leaves: int, notes: int) -> None:
    runs = Runs()
    for number in range(8):
        thing = Thing("thread", 100 + number)
        NAMES[thing] = f"left-{number}"
        runs.run("mine", {thing: 0.0} if number < leaves else None)
    assert len(runs.notes) == notes
    assert all(
        "nearly every run leaves something behind: 8 threads by now" in n for n in runs.notes
    )


def test_where_the_system_tells_no_more_the_threads_together_are_judged() -> None:
    runs = Runs(tells=False)
    assert runs.run("good") is None
    runs.run("bad", {SPIN: 0.5})
    assert runs.run("good") == "thread 'spin' of bad was at work beside good"


def test_there_a_process_that_was_busy_before_proves_nothing() -> None:
    runs = Runs(tells=False)
    runs.world.paces[POOL] = 1.0
    runs.run("good")
    runs.run("mine", {SPIN: 0.5})
    assert runs.run("good") is None


def test_there_an_idle_pool_is_no_hindrance() -> None:
    runs = Runs(tells=False)
    runs.run("mine", {POOL: 0.0}, within={POOL: 1.0})
    assert runs.run("yours", within={POOL: 1.0}) is None
    assert runs.run("mine", within={POOL: 1.0}) is None
    assert runs.notes == []
