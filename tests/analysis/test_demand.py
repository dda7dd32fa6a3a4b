"""The CPU time that a process took or waited for, on clocks that are turned by hand."""

import time

from concurrent_fetch.analysis._demand import Demand, queued_threads


class Machine:
    """Its clock of CPU time, and how long each thread has stood in the queue."""

    def __init__(self) -> None:
        self.cpu = 5.0
        self.queued = {"1": 2.0}

    def demand(self) -> Demand:
        return Demand(lambda: self.cpu, lambda: self.queued)


def test_it_is_the_cpu_time_and_the_time_in_the_queue_since_it_was_made() -> None:
    machine = Machine()
    demand = machine.demand()
    machine.cpu, machine.queued = 5.5, {"1": 2.25, "2": 1.0}  # the second is new
    demand.look()
    assert demand.total() == 0.5 + 0.25 + 1.0


def test_a_thread_that_has_ended_counts_as_it_was_last_seen() -> None:
    machine = Machine()
    demand = machine.demand()
    machine.queued = {"1": 2.5, "2": 1.0}
    demand.look()
    machine.queued = {"1": 3.0}
    demand.look()
    assert demand.total() == 2.0


def test_where_the_system_tells_no_queue_it_is_the_cpu_time() -> None:
    machine = Machine()
    machine.queued = {}
    demand = machine.demand()
    machine.cpu = 6.0
    demand.look()
    assert demand.total() == 1.0


def test_this_system_is_asked_and_a_wait_wants_nothing() -> None:
    assert all(seconds >= 0 for seconds in queued_threads().values())
    demand = Demand()
    time.sleep(0.02)
    demand.look()
    assert demand.total() >= 0
