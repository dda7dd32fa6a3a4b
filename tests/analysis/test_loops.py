"""What an event loop does, seen from another thread: exact sums of looks, and real stacks."""

import asyncio
import gc
import sys
import threading
import time
import weakref
from collections.abc import Iterable

import pytest

from concurrent_fetch.analysis._loops import Look, Loops, Standstill, seen_in

IN = Look("requests.api.get(), called by mine()")
OTHER = Look("time.sleep()")
WAITING = Look(None)


def seen(looks: Iterable[tuple[float, dict[int, Look]]], *, late: float = 0.0) -> Standstill:
    found = Standstill()
    for now, what in looks:
        found.see(now, what, late=late)
    return found


# --- sums ---


def test_a_loop_that_is_held_at_both_looks_was_held_in_between() -> None:
    found = seen([(0.0, {1: IN}), (1.0, {1: IN}), (2.0, {1: IN}), (4.0, {1: WAITING})])
    assert found.share(demand=0.0) == 2.0 / 4.0
    assert found.place == IN.place


def test_what_was_computed_or_wanted_meanwhile_was_no_waiting() -> None:
    found = seen([(0.0, {1: IN}), (4.0, {1: IN})])
    assert found.share(demand=1.0) == 3.0 / 4.0
    assert found.share(demand=9.0) == 0.0


def test_a_loop_that_waits_in_between_is_not_held() -> None:
    found = seen([(0.0, {1: IN}), (1.0, {1: WAITING}), (2.0, {1: IN}), (3.0, {})])
    assert found.share(demand=0.0) == 0.0
    assert found.place is None


def test_the_loop_that_is_held_longest_counts() -> None:
    found = seen([(0.0, {1: IN, 2: OTHER}), (1.0, {1: IN, 2: OTHER}), (2.0, {2: OTHER})])
    assert found.share(demand=0.0) == 1.0
    assert found.place == OTHER.place


def test_without_a_loop_nothing_is_told() -> None:
    found = seen([(0.0, {}), (1.0, {})])
    assert found.share(demand=0.0) is None
    assert not found.has_seen_a_loop


def test_a_run_that_was_too_short_tells_nothing() -> None:
    assert seen([(0.0, {1: IN}), (0.04, {1: IN})]).share(demand=0.0) is None
    assert seen([(0.0, {1: IN}), (0.05, {1: IN})]).share(demand=0.0) == 1.0


def test_where_who_looks_comes_late_the_machine_is_busy_and_nothing_is_told() -> None:
    looks = [(float(i), {1: IN}) for i in range(9)]
    assert seen(looks, late=0.003).share(demand=0.0) is None
    found = seen(looks[:5])
    for now, what in looks[5:]:
        found.see(now, what, late=0.003)
    assert found.share(demand=0.0) == 1.0  # half of the time tells
    found.see(9.0, {1: IN}, late=0.003)
    assert found.share(demand=0.0) is None


# --- stacks ---


def test_in_a_coroutine_the_loop_is_held_by_what_it_calls() -> None:
    def calls() -> Look | None:
        return seen_in(sys._getframe())

    async def inner() -> Look | None:
        return calls()

    async def outer() -> Look | None:
        return await inner()

    assert asyncio.run(outer()) == Look(f"{__name__}.calls(), called by inner()")


def test_a_comprehension_is_no_name_to_give() -> None:
    def calls() -> Look | None:
        return seen_in(sys._getframe())

    async def mine() -> list[Look | None]:
        return [calls() for _ in "a"]

    assert asyncio.run(mine()) == [Look(f"{__name__}.calls(), called by mine()")]


def test_looking_keeps_nothing_of_what_was_seen() -> None:
    """Else a run that Ctrl-C has ended would live on, with its loop, until the collector comes."""

    class Held:
        pass

    def looked() -> weakref.ref[Held]:
        held = Held()
        Loops().look()
        return weakref.ref(held)

    gc.disable()
    try:
        assert looked()() is None
    finally:
        gc.enable()


def test_where_there_is_no_loop_there_is_nothing_to_see() -> None:
    assert seen_in(sys._getframe()) is None
    assert seen_in(None) is None


def test_a_loop_around_the_runner_as_in_a_notebook_is_not_the_strategys() -> None:
    async def cell() -> dict[int, Look]:
        return Loops().look()

    async def strategy(loops: Loops) -> dict[int, Look]:
        return loops.look()

    me = threading.get_ident()
    assert me not in asyncio.run(cell())
    assert me in asyncio.run(strategy(Loops()))


@pytest.mark.parametrize("is_blocked", [True, False])
def test_a_loop_in_a_thread_is_seen_and_one_that_was_there_before_is_not(
    *, is_blocked: bool
) -> None:
    running, over = threading.Event(), threading.Event()

    async def waits() -> None:
        running.set()
        while not over.is_set():
            if is_blocked:
                over.wait()
            await asyncio.sleep(0.005)

    before = Loops()
    thread = threading.Thread(target=asyncio.run, args=(waits(),))
    thread.start()
    try:
        assert running.wait(5)
        time.sleep(0.02)
        looks = [before.look().get(thread.ident or 0) for _ in range(20)]
        assert thread.ident not in Loops().look()
    finally:
        over.set()
        thread.join()
    held = Look("threading.Event.wait(), called by waits()")
    assert (held if is_blocked else WAITING) in looks


def test_where_the_stacks_of_others_cannot_be_read_nothing_is_seen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Without a GIL that is not safe."""
    monkeypatch.setattr(sys, "_is_gil_enabled", lambda: False, raising=False)

    async def strategy(loops: Loops) -> dict[int, Look]:
        return loops.look()

    assert asyncio.run(strategy(Loops())) == {}
