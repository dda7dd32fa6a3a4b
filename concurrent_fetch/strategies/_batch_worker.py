"""What runs in a worker of an executor: one batch of URLs, and what is told of it."""

import asyncio
import os
import pickle
import platform
import threading
from collections.abc import AsyncIterable, Awaitable, Callable, Iterable
from contextlib import suppress
from functools import lru_cache
from time import perf_counter, process_time, sleep
from typing import Any, NamedTuple

import attrs

from concurrent_fetch._units import Seconds
from concurrent_fetch.feed import CountedWork, Job
from concurrent_fetch.model import Failure, Options, Response, check_outcome
from concurrent_fetch.strategies._clock_offsets import this_machine
from concurrent_fetch.strategies._crossing import Columns, packed, unpacked_jobs
from concurrent_fetch.strategies._find import load_client
from concurrent_fetch.strategies._loops import LoopFactory, loop_factory
from concurrent_fetch.strategies._strategy import AnyStrategy, how_called, name_of

_LEAST_LEFT: Seconds = 0.001
_MOMENT: Seconds = 0.05


class Task(NamedTuple):
    """What is done with every batch."""

    inner: AnyStrategy
    """Below all changed options."""
    options: Options
    """One worker's share of them."""
    loop: str | None = None
    """The event loop that it is to run on."""


class Batch(NamedTuple):
    """Some URLs, as they cross to a worker."""

    jobs: Columns | bytes
    """Pickled, where they have tags."""
    left: Seconds | None
    """Until the deadline of the run, when it was sent."""
    ends_at: tuple[str, Seconds] | None
    """That deadline on the clock of a machine, which is named."""
    ticket: str
    """No two batches have the same: some executors keep what a call has returned."""


class Returned(NamedTuple):
    """What came of a batch, as it crosses back."""

    outcomes: Columns
    """By their places in the batch."""
    worked: int
    """How often work was done that is not counted here, where it is asked for."""
    working: Seconds
    """The times of that added up."""
    cpu: Seconds
    """What this process has used for it."""
    machine: str
    process: int
    came: Seconds
    left: Seconds


class Running:
    """The batches under way in threads of this process: what ends them early."""

    def __init__(self) -> None:
        self._is_over = False
        self._ends = set[Callable[[], object]]()

    def end(self) -> None:
        """End them, and those that would begin later; without a lock, so that Ctrl-C can come."""
        self._is_over = True
        for end in list(self._ends):
            end()

    def run(self, runner: asyncio.Runner, returned: Any) -> list[Any]:
        """Await what an async strategy returned, to its end or until it is ended."""

        async def run() -> list[Any]:
            task, loop = asyncio.current_task(), asyncio.get_running_loop()

            def end() -> None:
                with suppress(RuntimeError):  # the loop is closed by now
                    loop.call_soon_threadsafe(task.cancel if task else int)

            self._ends.add(end)
            try:
                if self._is_over:
                    getattr(returned, "close", int)()  # else Python warns that nobody awaited it
                    raise asyncio.CancelledError
                return await _awaited(returned)
            finally:
                self._ends.discard(end)

        return runner.run(run())


class _Meter:
    """The CPU time of this process, told in parts: of batches side by side, each second once."""

    def __init__(self) -> None:
        self._told = 0.0
        self._lock = threading.Lock()

    def since(self, begun: Seconds) -> Seconds:
        """Return what was used since then and was not told yet."""
        with self._lock:
            now = process_time()
            used = now - max(begun, self._told)
            self._told = now
            return used


_METER = _Meter()
if hasattr(os, "register_at_fork"):  # the clock of a forked process begins anew
    os.register_at_fork(after_in_child=_METER.__init__)  # type: ignore[misc]  # with a new lock


def fetch_batch(task: Task | bytes, batch: Batch, running: Running | None = None) -> Returned:
    """Fetch a batch, in a worker."""
    came, begun = perf_counter(), process_time()
    machine = this_machine()
    inner, options, loop = _loaded(task)
    if batch.left is not None:
        options = attrs.evolve(options, deadline=_left(batch, machine))
    work = CountedWork(options.work) if options.work and isinstance(task, bytes) else None
    if work is not None:
        options = attrs.evolve(options, work=work)
    jobs = unpacked_jobs(_found(batch.jobs) if isinstance(batch.jobs, bytes) else batch.jobs)
    asked: list[Any] = [job.url if job.request is None else job.request for job in jobs]
    returned = how_called(inner).call(inner, asked, options)
    found = _collected(returned, loop_factory(loop) if loop else None, running)
    return Returned(
        outcomes=_told_of(found, jobs, name_of(inner), _place(in_process=running is not None)),
        worked=0 if work is None else work.done,
        working=0.0 if work is None else work.seconds,
        cpu=_METER.since(begun),
        machine=machine,
        process=os.getpid(),
        came=came,
        left=perf_counter(),
    )


def warm(task: Task | bytes, ticket: str) -> str:
    """Import what a batch will need; return the name of this worker."""
    del ticket  # that of a batch
    inner, _, loop = _loaded(task)
    load_client(inner)
    if loop:
        loop_factory(loop)
    sleep(_MOMENT)  # so that other workers get the other calls
    return f"{this_machine()}/{os.getpid()}/{threading.get_ident()}"


def _loaded(task: Task | bytes) -> Task:
    return _unpickled(task) if isinstance(task, bytes) else task


@lru_cache(4)
def _unpickled(task: bytes) -> Task:
    loaded: Task = _found(task)
    return loaded


def _found(pickled: bytes) -> Any:
    """Return what was pickled, with the functions and classes that it names."""
    try:
        return pickle.loads(pickled)  # noqa: S301 - from who started this run
    except AttributeError as error:
        raise TypeError(
            f"a worker does not find what it is sent by name ({error}): its process was started "
            "before that was there, or does not run that part of the program; put it into a module "
            "of its own, as mine.py, and write import mine"
        ) from None


def _left(batch: Batch, machine: str) -> Seconds:
    """Return how long the run has left; where its clock is not ours, as when it was sent."""
    left = batch.left or 0.0
    if batch.ends_at is not None and batch.ends_at[0] == machine:
        left = batch.ends_at[1] - perf_counter()
    return max(_LEAST_LEFT, left)


def _collected(returned: Any, loop: LoopFactory | None, running: Running | None) -> list[Any]:
    if not isinstance(returned, (AsyncIterable, Awaitable)):
        return list(returned)
    with asyncio.Runner(loop_factory=loop) as runner:
        return (running or Running()).run(runner, returned)


async def _awaited(returned: AsyncIterable[Any] | Awaitable[Iterable[Any]]) -> list[Any]:
    if isinstance(returned, AsyncIterable):
        return [outcome async for outcome in returned]
    return list(await returned)


def _place(*, in_process: bool) -> str:
    """Return where this runs, as outcomes tell it."""
    if in_process:
        return threading.current_thread().name
    return f"{platform.node()}/{os.getpid()}"


def _told_of(found: list[Any], jobs: list[Job], name: str, place: str) -> Columns:
    """Return the outcomes as they cross back."""
    if not all(isinstance(outcome, (Response, Failure)) for outcome in found):
        raise TypeError(f"inner={name} must return outcomes, as fetch_* do")
    found.sort(key=lambda outcome: outcome.index)
    if [outcome.index for outcome in found] != list(range(len(jobs))):
        raise ValueError(
            f"inner={name} must return one outcome for each URL; it returned {len(found)} for "
            f"{len(jobs)}"
        )
    try:
        return packed(zip(jobs, found, strict=True), place)
    except Exception:
        for outcome in found:
            check_outcome(outcome)  # which says what is wrong with it
        raise
