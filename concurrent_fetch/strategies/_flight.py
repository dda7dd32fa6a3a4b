"""Flights: batches on their way to an executor and back, and what is said of lost ones."""

from collections.abc import Callable
from time import perf_counter
from typing import Any

import attrs

from concurrent_fetch._failure_kinds import FailureKind
from concurrent_fetch._units import Seconds
from concurrent_fetch.feed import Job, key_told
from concurrent_fetch.model import Failure, Timing
from concurrent_fetch.strategies._batch_worker import Running, Task


@attrs.frozen
class BatchPlan:
    """How a run is cut up for an executor."""

    task: Task | bytes
    size: int
    """So many URLs make a batch."""
    ahead: int
    """So many batches may be with the executor."""
    dumps: Callable[[Any], bytes] | None = None
    """What pickles for the workers; None: they are threads of this process."""
    running: Running | None = None
    """Of threads of this process."""


@attrs.define(eq=False)
class Flight:
    """A batch, and what became of it so far."""

    jobs: list[Job]
    deaths: int = 0
    alone: bool = False
    sent: Seconds = 0.0


class GivenUp(Exception):  # noqa: N818 - no error: the run ends with outcomes
    """Nothing more will come, for a reason that what is left is answered for with."""

    def __init__(self, message: str, kind: FailureKind = FailureKind.OTHER) -> None:
        super().__init__(message)
        self.message = message
        self.kind = kind


class OutOfTime(GivenUp):
    """The deadline of the run has come."""

    def __init__(self, deadline: Seconds) -> None:
        super().__init__(f"not finished within deadline={deadline:g} s", FailureKind.CANCELLED)


def is_for_once(job: Job) -> bool:
    """Whether it may be sent once only."""
    return job.request is not None and not job.request.is_idempotent


def failure_of(job: Job, reason: GivenUp) -> Failure:
    """Return the outcome of a job that no worker has answered for."""
    now = perf_counter()
    url: object = job.url  # as it was given
    failure = Failure(
        url=url if isinstance(url, str) else repr(url),
        kind=reason.kind,
        message=reason.message,
        timing=Timing(started=now, finished=now),
        worker="executor",
        index=job.index,
    )
    if job.request is None:
        return failure
    asked = job.request
    return attrs.evolve(failure, method=asked.method, tag=asked.tag, key=key_told(asked))
