"""Outcomes handed from threads to the one that takes them: in order, with few wake-ups."""

import threading
from queue import Empty
from time import perf_counter, sleep

import pytest
from pace import in_time

from concurrent_fetch.strategies._handover import Handover


@pytest.mark.parametrize("at_once", [True, False])
def test_what_was_added_first_is_taken_first(at_once: bool) -> None:
    handover = Handover[int](at_once=at_once)
    for number in range(3):
        handover.put(number)
    assert [handover.get(0.0) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(Empty):
        handover.get(0.001)


@pytest.mark.parametrize(("at_once", "is_urgent"), [(True, False), (True, True), (False, True)])
def test_who_waits_is_woken(at_once: bool, is_urgent: bool) -> None:
    handover = Handover[int](at_once=at_once)
    adding = threading.Timer(0.05, handover.put, [7], {"is_urgent": is_urgent})
    adding.start()
    started = perf_counter()
    assert handover.get(20.0) == 7
    in_time(perf_counter() - started, 5.0)
    adding.join()


def test_what_is_not_urgent_is_found_when_the_wait_is_over() -> None:
    handover = Handover[int](at_once=False)
    adding = threading.Timer(0.01, handover.put, [7])
    adding.start()
    started = perf_counter()
    assert handover.get(0.2) == 7
    assert perf_counter() - started > 0.15
    adding.join()


def test_nothing_is_lost_between_many_threads() -> None:
    handover = Handover[int](at_once=True)

    def add(start: int) -> None:
        for number in range(start, start + 500):
            handover.put(number)
            if number % 50 == 0:
                sleep(0)

    threads = [threading.Thread(target=add, args=[500 * i]) for i in range(8)]
    for thread in threads:
        thread.start()
    assert sorted(handover.get(20.0) for _ in range(4000)) == list(range(4000))
    for thread in threads:
        thread.join()
