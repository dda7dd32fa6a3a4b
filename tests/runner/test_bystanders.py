"""Threads of the program that compute beside the runs: named, and out of the CPU figures."""

import threading
import time

import pytest
from runs_by_hand import CHILD, LOOP, POOL, SPIN, Runs

from concurrent_fetch import Options, Runner
from concurrent_fetch.runner._seen import HAS_CLOCKS, Thing


def told(thing: str, share: str) -> str:
    return (
        f"{thing} of your program computed beside the runs, {share} of a core; "
        "let it rest: it may slow them down"
    )


@pytest.mark.parametrize(
    ("thing", "name", "spared"), [(SPIN, "thread 'spin'", 0.5), (CHILD, "process 3", 0.0)]
)
def test_what_was_at_work_before_the_first_run_is_named_and_in_no_figure(
    thing: Thing, name: str, spared: float
) -> None:
    """The clock of this process tells nothing of a child, so that nothing is taken out there."""
    runs = Runs()
    runs.world.paces |= {thing: 0.5, POOL: 0.0, LOOP: 0.25}
    for _ in range(3):
        assert runs.run("mine", within={POOL: 1.0}) is None
        assert runs.beside == pytest.approx(spared)
        assert runs.leftovers.bystanders() == {thing.number}
    assert runs.notes == [told(name, "50%")]


def test_one_that_is_still_starting_at_first_is_none_later() -> None:
    """As the workers of a pool that was just made."""
    runs = Runs()
    runs.world.paces[CHILD] = 1.0
    runs.run("mine")
    runs.world.paces[CHILD] = 0.0
    for _ in range(3):
        runs.run("mine", within={CHILD: 1.0})
        assert runs.leftovers.bystanders() == frozenset()
    assert runs.notes == []


def test_several_are_told_together() -> None:
    runs = Runs()
    runs.world.paces |= {SPIN: 0.5, POOL: 0.25}
    runs.run("mine")
    assert runs.beside == pytest.approx(0.75)
    assert runs.notes == [told("thread 'spin', thread 'pool'", "75%")]


def test_what_uses_next_to_nothing_is_taken_out_and_not_told() -> None:
    runs = Runs()
    runs.world.paces[SPIN] = 0.015
    runs.run("mine")
    runs.world.paces[SPIN] = 0.0
    runs.run("mine")
    assert runs.notes == []


def test_a_pool_that_was_there_before_and_rests_between_the_runs_is_theirs() -> None:
    runs = Runs()
    runs.world.paces[POOL] = 0.0
    for name in ("mine", "yours") * 4:
        runs.run(name, within={POOL: 1.0})
        assert runs.beside == 0
    assert runs.notes == []
    assert runs.world.waited == pytest.approx(0.003)


@pytest.mark.parametrize("lasts", [0.002, 0.125, 0.126])
def test_nor_is_one_a_bystander_that_ends_its_work_after_each_run(lasts: float) -> None:
    """As the closing of connections: 0.126 s is a third of the first stretch of the rest."""
    runs = Runs()
    runs.world.paces[POOL] = 0.0
    for _ in range(8):
        runs.run("mine", within={POOL: 1.0})
        assert runs.beside == 0
        runs.world.paces[POOL] = 0.5
        runs.world.until[POOL] = runs.world.now + lasts
        runs.world.pass_by(0.125)
    assert runs.notes == []


def test_a_pool_in_which_a_strategy_leaves_work_is_no_bystander() -> None:
    runs = Runs()
    runs.world.paces[POOL] = 0.0
    runs.run("leaky")
    runs.world.paces[POOL] = 0.5
    for _ in range(4):
        runs.run("mine")
        assert runs.beside == 0
        assert runs.leftovers.bystanders() == frozenset()


def test_one_that_rests_now_and_then_is_taken_out_once_it_was_seen_again() -> None:
    runs = Runs()
    for number in range(12):
        runs.world.paces[SPIN] = 0.0 if number % 3 == 2 else 0.5
        runs.run("mine", within={SPIN: 0.25})
        assert runs.beside == pytest.approx(0.25)
    assert runs.notes == [told("thread 'spin'", "25%")]


def test_one_that_came_in_a_run_is_left_there_and_no_bystander() -> None:
    runs = Runs()
    runs.run("bad", {SPIN: 0.5})
    assert runs.run("good") == "thread 'spin' of bad was at work beside good"
    assert runs.beside == 0


def test_one_that_ends_in_a_run_counts_with_what_was_last_seen_of_it() -> None:
    runs = Runs()
    runs.world.paces[SPIN] = 0.5
    runs.run("mine", ends=(SPIN,))
    assert runs.beside == 0
    runs.run("mine")
    assert runs.beside == 0


def test_where_the_system_tells_nothing_of_a_thread_nothing_is_taken_out() -> None:
    runs = Runs(tells=False)
    runs.world.paces[SPIN] = 0.5
    runs.run("mine")
    assert runs.beside == 0
    assert runs.notes == []


@pytest.mark.skipif(not HAS_CLOCKS, reason="the system does not tell the CPU time of each thread")
def test_a_strategy_that_sleeps_pays_for_no_other_thread() -> None:
    used, over = [0.0], threading.Event()

    def compute() -> None:
        while not over.is_set():
            used[0] = time.thread_time()

    def sleeps(urls: list[str], _options: Options) -> list[str]:
        time.sleep(0.03)
        return urls

    ticker = threading.Thread(target=compute, name="ticker")
    ticker.start()
    try:
        comparison = Runner(["http://127.0.0.1/"], rounds=6, seed=1).compare(sleeps, also=sleeps)
    finally:
        over.set()
        ticker.join()
    assert sum(record.cpu for record in comparison.records) < used[0] / 2
    (fact,) = [note.fact for note in comparison.notes if "of your program" in note.fact]
    assert fact.startswith("thread 'ticker' of your program computed beside the runs, ")
