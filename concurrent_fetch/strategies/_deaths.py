"""What becomes of a job whose worker process has died, or hangs behind the deadline."""

from time import perf_counter

from concurrent_fetch._failure_kinds import FailureKind
from concurrent_fetch._units import Seconds
from concurrent_fetch.feed import Job, key_told
from concurrent_fetch.model import Failure, Outcome, Timing
from concurrent_fetch.strategies._supply import Supply

_TWICE = 2


class Deaths:
    """Has jobs done once more by others; one that ends two of them, or may not, is a failure."""

    def __init__(self, supply: Supply, deadline: Seconds | None) -> None:
        self._supply = supply
        self._deaths: dict[int, int] = {}
        self._too_late = f"not finished within deadline={deadline or 0:g} s"

    def outcome_of(self, job: Job, number: int) -> Outcome | None:
        """Return what is said of a job that a dead worker held; None if it is done once more."""
        now = perf_counter()
        deaths = self._deaths[job.index] = self._deaths.get(job.index, 0) + 1
        failure = _failure(job, number, now, FailureKind.OTHER, "its worker process died")
        if deaths < _TWICE and job.may_be_sent_again(failure):
            self._supply.put_back(job, now)
            return None
        return self._supply.feed.settle(job, failure, now)

    def out_of_time(self, job: Job, number: int) -> Outcome | None:
        """Return what is said of a job that nobody answers for, behind the deadline."""
        now = perf_counter()
        failure = _failure(job, number, now, FailureKind.CANCELLED, self._too_late)
        return self._supply.feed.settle(job, failure, now)


def _failure(job: Job, number: int, now: Seconds, kind: FailureKind, message: str) -> Failure:
    request = job.request
    url: object = job.url
    return Failure(
        url=url if isinstance(url, str) else repr(url),
        kind=kind,
        message=message,
        method="GET" if request is None else request.method,
        tag=None if request is None else request.tag,
        key=None if request is None else key_told(request),
        timing=Timing(started=now if job.started is None else job.started, finished=now),
        worker=f"process-{number}",
        index=job.index,
    )
