"""The jobs of a run over an executor that have no outcome yet: each gets one, whatever happens."""

from collections import deque
from collections.abc import Iterator
from time import perf_counter

from concurrent_fetch._units import Seconds
from concurrent_fetch.feed import FedElsewhere, Job
from concurrent_fetch.model import Options, Outcome
from concurrent_fetch.strategies._flight import GivenUp, OutOfTime, failure_of, is_for_once


class Unanswered:
    """Those that are out, and those that are still to be read."""

    def __init__(self, feed: FedElsewhere, options: Options) -> None:
        self.refused = deque[Outcome]()
        """Of those that were read and not sent."""
        self._feed = feed
        self._has_journal = options.journal is not None
        self._out = dict[int, Job]()

    def read(self, size: int, until: Seconds, *, runs_twice: bool) -> list[Job]:
        """Return so many jobs to be sent, or those read until a moment, as iterators may be slow.

        `runs_twice`: the executor may do so by itself.
        """
        jobs = list[Job]()
        while len(jobs) < size and perf_counter() < until:
            job = self._feed.take(0.0)
            if not isinstance(job, Job):
                break
            self._out[job.index] = job
            if self._may_be_sent(job, runs_twice=runs_twice):
                jobs.append(job)
        return jobs

    def settle(self, job: Job, outcome: Outcome) -> Outcome:
        """Take the outcome of a job; return it as it is handed on."""
        self._out.pop(job.index, None)
        return self._feed.settle(job, outcome, 0.0)

    def fail(self, job: Job, reason: GivenUp) -> Outcome:
        """Answer for a job that no worker has answered for."""
        return self.settle(job, failure_of(job, reason))

    def fail_all(self, reason: GivenUp) -> Iterator[Outcome]:
        """Answer for what is out, and for what was not read yet.

        An iterator is not read on behind the deadline: it may have no end, or take its time.
        """
        yield from self.refused
        for job in sorted(self._out.values(), key=lambda job: job.index):
            yield self.fail(job, reason)
        if isinstance(reason, OutOfTime) and not self._feed.is_sized:
            self._feed.cut()
            return
        while isinstance(unread := self._feed.take(0.0), Job):
            yield self.fail(unread, reason)

    def _may_be_sent(self, job: Job, *, runs_twice: bool) -> bool:
        if not is_for_once(job):
            return True
        if self._has_journal:
            raise ValueError(
                "with a journal, an executor takes only requests that may be sent twice; write "
                "Request(idempotent=True) if this one may, else call fetch_async"
            )
        if runs_twice:
            message = (
                "not sent: dask runs a batch again when a worker dies, and this may be sent once "
                "only; write Request(idempotent=True) if it may be sent twice, else fetch_async"
            )
            self.refused.append(self.fail(job, GivenUp(message)))
        return not runs_twice
