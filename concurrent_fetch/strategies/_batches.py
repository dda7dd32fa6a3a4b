"""The batches of a run over an executor: pulled from the feed, sent, taken back, sent again.

A worker that dies may take every batch in flight with it, and nobody says whose fault it was. So
all are sent again, whole. Those that are in flight when that happens once more are suspects: each
is sent alone, and one that dies alone is sent in halves, until one URL is left.
"""

import math
import os
from collections import deque
from collections.abc import Generator, Iterator
from concurrent.futures import BrokenExecutor, CancelledError, Future
from itertools import count
from queue import Empty, SimpleQueue
from time import perf_counter
from typing import Any

import attrs

from concurrent_fetch._failure_kinds import FailureKind
from concurrent_fetch._units import Seconds
from concurrent_fetch.feed import CountedWork, FedElsewhere, worked_elsewhere
from concurrent_fetch.fetch import in_words
from concurrent_fetch.model import Failure, Options, Outcome
from concurrent_fetch.strategies._batch_worker import Batch, Returned, fetch_batch
from concurrent_fetch.strategies._clock_offsets import ClockOffsets, Exchanged, this_machine
from concurrent_fetch.strategies._counted import Tick
from concurrent_fetch.strategies._crossing import Columns, moved, unpacked
from concurrent_fetch.strategies._executor_kinds import is_death, is_no_worker, runs_twice
from concurrent_fetch.strategies._flight import (
    BatchPlan,
    Flight,
    GivenUp,
    is_for_once,
)
from concurrent_fetch.strategies._lease import Lease
from concurrent_fetch.strategies._patience import Patience
from concurrent_fetch.strategies._pickling import pickled_jobs
from concurrent_fetch.strategies._unanswered import Unanswered

_TICK: Seconds = 0.1
_MOST_DEATHS = 60
"""In a row; to find one URL among many takes ten."""
_MOST_CANCELLED = 20
"""In a row, for each batch in flight: what loses them all may do so more than once."""


class Batches:
    """The batches of one run."""

    def __init__(self, feed: FedElsewhere, options: Options, lease: Lease) -> None:
        self._options = options
        self._is_looked_at = options.work is not None or options.sink is not None
        self._lease = lease
        self._plan: BatchPlan
        self._patience: Patience
        self._unanswered = Unanswered(feed, options)
        self._flying = dict[Future[Returned], Flight]()
        self._waiting = deque[Flight]()
        self._suspects = deque[Flight]()
        self._landings: SimpleQueue[tuple[Future[Any], Seconds]] = SimpleQueue()
        self._tickets = count()
        self._name = os.urandom(8).hex()
        self._machine = this_machine()
        self._clocks = ClockOffsets()
        self._broken_by: BaseException | None = None
        self._has_come = False
        self._deaths = self._cancelled = 0  # since the last batch came back

    @property
    def clock_error(self) -> Seconds:
        """How far moments may be off at most: 0 where all workers were on this machine."""
        return self._clocks.error

    def outcomes(self, plan: BatchPlan, tick: Tick) -> Generator[Outcome, None, None]:
        """Yield the outcomes as batches come back."""
        self._plan = plan
        self._patience = Patience(self._options.deadline)
        try:
            yield from self._fetched(tick)
        except GivenUp as reason:
            yield from self._unanswered.fail_all(reason)
        finally:
            self._end()

    def _end(self) -> None:
        if self._plan.running is not None:
            self._plan.running.end()
        for future in self._flying:
            future.cancel()
        self._lease.end(at_once=bool(self._flying))

    def _fetched(self, tick: Tick) -> Iterator[Outcome]:
        refused = self._unanswered.refused
        while self._fill() or refused:
            while refused:
                yield refused.popleft()
            if self._flying:
                yield from self._landed(*self._landing(tick))
        if self._patience.is_over:
            raise self._patience.out_of_time

    # --- sending ---

    def _fill(self) -> bool:
        """Send what may be sent now; return whether anything is to come."""
        if self._broken_by is not None and not self._flying:
            self._renew(self._broken_by)
        while self._broken_by is None and (flight := self._next()) is not None:
            self._send(flight)
        return bool(self._flying) or self._broken_by is not None

    def _next(self) -> Flight | None:
        if self._patience.is_over or any(flight.alone for flight in self._flying.values()):
            return None
        if self._suspects:
            return None if self._flying else self._suspects.popleft()
        if len(self._flying) >= self._plan.ahead:
            return None
        return self._waiting.popleft() if self._waiting else self._read()

    def _read(self) -> Flight | None:
        twice = runs_twice(self._lease.executor)
        until = self._patience.ends_at
        jobs = self._unanswered.read(self._plan.size, until, runs_twice=twice)
        return Flight(jobs) if jobs else None

    def _send(self, flight: Flight) -> None:
        flight.alone = flight.deaths > 1
        flight.sent = perf_counter()
        plan, batch = self._plan, self._batch(flight)
        more = [] if plan.running is None else [plan.running]
        try:
            future = self._lease.submit(fetch_batch, plan.task, batch, *more)
        except Exception as error:
            self._patience.check(self._lease.executor)
            if not (self._has_come or isinstance(error, BrokenExecutor)):
                raise
            self._sort(flight)
            self._broken_by = error
        else:
            self._flying[future] = flight
            future.add_done_callback(self._has_landed)

    def _batch(self, flight: Flight) -> Batch:
        ends_at = self._patience.ends_at
        return Batch(
            jobs=pickled_jobs(flight.jobs, self._plan.dumps),
            left=None if ends_at == math.inf else ends_at - perf_counter(),
            ends_at=(self._machine, ends_at),
            ticket=f"{self._name}-{next(self._tickets)}",
        )

    # --- taking back ---

    def _has_landed(self, future: "Future[Any]") -> None:
        self._landings.put((future, perf_counter()))

    def _landing(self, tick: Tick) -> tuple["Future[Any]", Seconds]:
        while True:
            try:
                return self._landings.get(timeout=_TICK)
            except Empty:
                self._patience.check(self._lease.executor)
            if tick is not None:
                tick()

    def _landed(self, future: "Future[Any]", received: Seconds) -> Iterator[Outcome]:
        flight = self._flying.pop(future, None)
        if flight is None:
            return
        self._patience.begin()
        error = CancelledError() if future.cancelled() else future.exception()
        if error is None:
            yield from self._settled(flight, future.result(), received)
        elif is_no_worker(error):
            raise GivenUp(f"the executor has no workers ({in_words(error)})")
        elif not is_death(error):
            raise error
        elif isinstance(error, BrokenExecutor):
            self._broken_by = error
            yield from self._died(flight)
        elif type(error).__name__ == "KilledWorker":
            yield from self._died(flight, was_tried_again=True)
        else:
            yield from self._was_cancelled(flight)

    def _settled(self, flight: Flight, returned: Returned, received: Seconds) -> Iterator[Outcome]:
        self._has_come = True
        self._deaths = self._cancelled = 0
        if (returned.machine, returned.process) != (self._machine, os.getpid()):
            self._lease.used(returned.cpu)
        if isinstance(self._options.work, CountedWork):
            self._options.work.add(returned.worked, returned.working)
        for job, outcome in unpacked(
            self._placed(flight, returned, received), flight.jobs.__getitem__
        ):
            if self._is_looked_at:
                worked_elsewhere(outcome)
            yield self._unanswered.settle(job, self._as_told(outcome))

    def _placed(self, flight: Flight, returned: Returned, received: Seconds) -> Columns:
        """Return the outcomes by the clock of this machine."""
        times = Exchanged(flight.sent, returned.came, returned.left, received)
        if returned.machine == self._machine and times.is_of_one_clock:
            return returned.outcomes
        return moved(returned.outcomes, self._clocks.ahead(returned.machine, times))

    def _as_told(self, outcome: Outcome) -> Outcome:
        """Return an outcome that names the deadline of the run, of which its batch had a part."""
        if self._options.deadline is None or not isinstance(outcome, Failure):
            return outcome
        if outcome.kind is not FailureKind.CANCELLED:
            return outcome
        return attrs.evolve(outcome, message=self._patience.out_of_time.message)

    # --- death ---

    def _died(self, flight: Flight, *, was_tried_again: bool = False) -> Iterator[Outcome]:
        """Have a batch sent again whose worker died, or answer for it.

        `was_tried_again`: more than once, by the executor itself, as dask does it.
        """
        flight.deaths += 2 if was_tried_again else 1
        yield from self._not_again(flight)
        is_one = len(flight.jobs) == 1
        if flight.alone and is_one:
            yield self._unanswered.fail(flight.jobs[0], GivenUp("its worker process died twice"))
        elif (flight.alone or was_tried_again) and not is_one:
            middle = len(flight.jobs) // 2
            for jobs in (flight.jobs[middle:], flight.jobs[:middle]):
                self._suspects.appendleft(Flight(jobs, flight.deaths))
        else:
            self._sort(flight)

    def _was_cancelled(self, flight: Flight) -> Iterator[Outcome]:
        """Have a batch sent again whose worker was taken away, which is not its fault."""
        self._cancelled += 1
        yield from self._not_again(flight)
        self._sort(flight)
        if self._cancelled > _MOST_CANCELLED * self._plan.ahead:
            raise GivenUp("the executor cancels all that it is given")

    def _sort(self, flight: Flight) -> None:
        if flight.jobs:
            (self._suspects if flight.deaths > 1 else self._waiting).append(flight)

    def _not_again(self, flight: Flight) -> Iterator[Outcome]:
        """Answer for what may be sent once only, and may have been."""
        message = "its worker process died; it may have been sent, and may not be sent twice"
        for job in filter(is_for_once, flight.jobs):
            yield self._unanswered.fail(job, GivenUp(message))
        flight.jobs = [job for job in flight.jobs if not is_for_once(job)]

    def _renew(self, error: BaseException) -> None:
        """Have another executor in the place of a broken one.

        Raises:
            BrokenExecutor: workers die before they fetch anything.
        """
        if not self._lease.is_renewable:
            raise GivenUp(
                f"the executor broke ({in_words(error)}); give what makes another, as "
                "executor=lambda: ProcessPoolExecutor(2)"
            )
        self._deaths += 1
        if self._deaths > _MOST_DEATHS:
            raise GivenUp(f"worker processes died {_MOST_DEATHS} times, and nothing came back")
        self._lease.renew()
        self._broken_by = None
        if self._deaths > 1 and not self._has_come:
            self._lease.check_lives()
            self._has_come = True
