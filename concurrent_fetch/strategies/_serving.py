"""Serving workers: each is sent jobs, as many as it is good for, and what comes back is settled.

There is one feed, so that what it limits is exact over all workers.
"""

import math
import pickle
import sys
from collections.abc import Callable, Sequence
from itertools import islice
from time import monotonic, perf_counter
from typing import Any

from concurrent_fetch._units import Seconds
from concurrent_fetch.feed import Job
from concurrent_fetch.model import Outcome
from concurrent_fetch.strategies._crossing import packed_jobs
from concurrent_fetch.strategies._judging import Judging
from concurrent_fetch.strategies._lines import Lines
from concurrent_fetch.strategies._overdue import Deadline
from concurrent_fetch.strategies._sendable import sendable
from concurrent_fetch.strategies._settling import Settling
from concurrent_fetch.strategies._shares import AHEAD, Demand, credit, levels
from concurrent_fetch.strategies._supply import Supply
from concurrent_fetch.strategies._worker import (
    BEGIN,
    BEGUN,
    END,
    ENDED,
    ERROR,
    JOBS,
    OUTCOMES,
    Assignment,
    Told,
)
from concurrent_fetch.strategies._workers import Pool, Worker

_MANY = 1000
TO_END: Seconds = 0.5
"""So long workers have to close what they have open."""


class RaisedError(Exception):
    """What was raised in a worker, as yet pickled.

    To load it may import, which no thread should do while the caller's module is being imported.
    """

    @property
    def error(self) -> BaseException:
        """The exception itself."""
        pickled, trace = self.args
        error: BaseException = pickle.loads(pickled)  # noqa: S301 - our own worker's
        error.add_note(trace)
        return error


class Serving:
    """One run over workers; all but what is said to be for any thread is done by one thread.

    `put` is given the outcomes that are final. `at_once`: they are taken one by one, and no more
    jobs are begun than that keeps pace with.
    """

    def __init__(
        self,
        supply: Supply,
        judging: Judging,
        lines: Lines,
        sent: bytes,
        put: Callable[[list[Outcome]], None],
        *,
        at_once: bool,
    ) -> None:
        self.is_stopped = False
        """Whether it is to end now; set by any thread."""
        self.cpu: Seconds = 0.0
        """CPU time of the workers in this run; known when it is over."""
        self._supply = supply
        self._concurrency = judging.options.concurrency
        self._settling = Settling(supply, judging, put)
        self._is_looked_at = self._settling.is_looked_at
        self._demand = Demand(self._concurrency)
        self._lines = lines
        self._sent = sent
        self._taken = 0
        self._room = (1 + AHEAD) * self._concurrency if at_once else math.inf
        self._deadline = Deadline(judging.options.deadline)
        self._is_paced = supply.feed.has_limits
        self._is_open = self._is_used_up = self._is_ending = False

    def took(self, count: int) -> None:
        """Say, in any thread, that so many outcomes were taken: there may be room for more jobs."""
        self._taken += count
        if self._room < math.inf:
            self._lines.ring()

    def serve(self, pool: Pool) -> None:
        """Serve these workers until all is fetched, or it is stopped.

        Raises:
            RaisedError: something was raised in a worker.
            RuntimeError: a worker died as it started.
        """
        self._pool = pool
        before = pool.cpu
        try:
            pool.start()
            shares = pool.shares_of(self._concurrency)
            for worker, places in zip(pool.workers, shares, strict=True):
                self._begin(worker, places)
            while not self.is_stopped:
                until = self._fill()
                if self._is_used_up and not self._held and not self._supply.suspects:
                    break
                self._hear(min(self._deadline.tick, max(0.0, until - perf_counter())))
                if overdue := self._deadline.overdue(pool.workers):
                    self._give_up(overdue)
            if pool.is_kept or not self.is_stopped:
                self._end()
        finally:
            self.cpu = pool.cpu - before

    def _begin(self, worker: Worker, places: int) -> None:
        worker.places = places
        worker.heard = perf_counter()
        worker.credit = self._credit_of(worker)
        worker.is_begun = worker.is_over = False
        worker.held.clear()
        told = Assignment(
            self._sent,
            places,
            worker.number,
            self._is_paced or self._is_looked_at,
            self._deadline.at,
            list(sys.argv),
        )
        self._lines.add(worker)
        self._lines.say(worker, BEGIN, tuple(told))

    def _credit_of(self, worker: Worker) -> int:
        if self._is_paced:
            return worker.places
        return credit(worker.places, self._demand if self._is_looked_at else None)

    @property
    def _held(self) -> int:
        """How many jobs the workers hold."""
        return sum(len(worker.held) for worker in self._pool.workers)

    @property
    def _free(self) -> int:
        """How many more jobs the workers would take."""
        return sum(one.room for one in self._pool.workers if one.is_open)

    def _fill(self) -> Seconds:
        """Send what may start; return until when there is nothing more to send."""
        self._is_used_up = False
        if not self._opened():
            return math.inf
        room = self._room - self._held - self._settling.count + self._taken
        if not self._pool.workers:
            return self._answer(int(min(_MANY, room)))
        self._send_suspects()
        most = max(0, int(min(self._free, room)))
        jobs = self._supply.take(most)
        self._share_out(jobs)
        return self._until_more() if len(jobs) < most else math.inf

    def _share_out(self, jobs: list[Job]) -> None:
        given = iter(jobs)
        workers = [one for one in self._pool.workers if one.is_open]
        held = [len(one.held) for one in workers]
        shares = levels(len(jobs), held, [one.credit for one in workers])
        for worker, before, level in zip(workers, held, shares, strict=True):
            if share := list(islice(given, level - before)):
                self._send(worker, share)

    def _answer(self, most: int) -> Seconds:
        """Answer for so many here, behind the deadline: all workers hang."""
        if most <= 0:
            return math.inf
        suspects = self._supply.suspects
        jobs = [suspects.popleft() for _ in range(min(len(suspects), most))]
        jobs += self._supply.take(most - len(jobs))
        self._settling.cut(jobs, 1)
        return 0.0 if jobs else self._until_more()

    def _send_suspects(self) -> None:
        """Give a worker one and nothing beside it: when it dies, it is known of what."""
        suspects = self._supply.suspects
        for worker in self._pool.workers if suspects else ():
            if suspects and worker.is_begun and not worker.held:
                worker.suspect = suspects[0].index
                self._send(worker, [suspects.popleft()])

    def _opened(self) -> bool:
        """Return whether all workers have begun; the time of the run counts from then."""
        if not self._is_open and all(worker.is_begun for worker in self._pool.workers):
            self._is_open = True
            self._deadline.begin()
            self._demand.begin(perf_counter())
        return self._is_open

    def _until_more(self) -> Seconds:
        missing = self._supply.missing
        self._is_used_up = missing is None
        if missing is None:
            return math.inf
        if missing.more:
            self._supply.read(self._free)
        return missing.until

    def _send(self, worker: Worker, jobs: list[Job]) -> None:
        if self._is_looked_at and any(job.request is not None for job in jobs):
            sendable("Request.tag", [job.request.tag for job in jobs if job.request is not None])
        worker.held.update([(job.index, job) for job in jobs])
        self._lines.say(worker, JOBS, packed_jobs(jobs, with_tags=self._is_looked_at))

    def _hear(self, within: Seconds) -> None:
        """Take what arrives within that time."""
        for worker in self._lines.wait(within):
            messages = worker.read()
            if messages is None:
                self._died(worker)
            else:
                worker.heard = perf_counter()
                self._heed(worker, messages)

    def _heed(self, worker: Worker, messages: Sequence[tuple[str, Any]]) -> None:
        for kind, content in messages:
            if kind == BEGUN:
                worker.is_begun = worker.has_served = True
                _, before, worker.cpu = content
                self._pool.started(worker, before)
            elif kind == ENDED:
                worker.is_over, worker.cpu = True, content
            elif self._is_ending:
                continue
            elif kind == OUTCOMES:
                self._take(worker, Told(*content))
            elif kind == ERROR:
                raise RaisedError(*content)

    def _take(self, worker: Worker, told: Told) -> None:
        worker.cpu = told.cpu
        before = len(worker.held)
        self._settling.take(told, worker.held.pop)
        if self._is_looked_at:
            self._demand.note(before - len(worker.held), told.held, worker.heard)
            for one in self._pool.workers:
                one.credit = self._credit_of(one)

    def _died(self, worker: Worker) -> None:
        """Give what a dead worker held to the others, and put a new one into its place.

        Raises:
            RuntimeError: it never lived, and none of the process that forked it.
        """
        self._lines.remove(worker)
        if self._is_ending:
            self._pool.lost(worker)
            return
        source = worker.source
        is_cut_off = source.has_worked and source.is_gone
        if not (worker.is_begun or worker.has_served or is_cut_off):
            raise RuntimeError(
                "a worker process died as it started; what it wrote to stderr says why"
            )
        self._begin(self._pool.replace(worker), worker.places)
        self._settling.lose(list(worker.held.values()), worker.number)

    def _give_up(self, overdue: list[Worker]) -> None:
        """Answer for what workers have that hang.

        Before the run has begun, all are replaced: for the others its deadline is near.
        """
        for worker in overdue if self._is_open else list(self._pool.workers):
            self._lines.remove(worker)
            if self._is_open:
                self._pool.give_up(worker)
                self._settling.cut(list(worker.held.values()), worker.number)
            else:
                self._begin(self._pool.replace(worker, has_hung=True), worker.places)

    def _end(self) -> None:
        """Let the workers close what they have open."""
        for worker in self._pool.workers:
            if not worker.is_over:
                self._lines.say(worker, END)
        self._is_ending = True
        limit = monotonic() + TO_END
        while not self._pool.is_over and (left := limit - monotonic()) > 0:
            self._hear(left)
