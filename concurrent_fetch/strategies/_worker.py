"""What runs in a worker process: it fetches what the parent sends, and sends back what came of it.

Its loop is an event loop; the parent alone knows what may start when. Outcomes go in batches, and
at once where nothing is left to do.
"""

import asyncio
import os
import pickle
import signal
import socket
import sys
import traceback
from collections import deque
from time import perf_counter, process_time
from typing import Any, NamedTuple, NoReturn, TypeGuard

import attrs

from concurrent_fetch._failure_kinds import FailureKind
from concurrent_fetch._units import Seconds
from concurrent_fetch.feed import CountedWork, Job, after_work
from concurrent_fetch.fetch import AsyncGet, find_async_client
from concurrent_fetch.model import Failure, Options, Outcome
from concurrent_fetch.strategies._crossing import Done, packed, unpacked_jobs
from concurrent_fetch.strategies._frames import LENGTH, framed

BEGIN, JOBS, END = "begin", "jobs", "end"
"""What the parent says."""
BEGUN, OUTCOMES, ERROR, ENDED = "begun", "outcomes", "error", "ended"
"""What a worker says."""

_MANY = 64
_SOON: Seconds = 0.02


class Assignment(NamedTuple):
    """What a worker is told of a run."""

    sent: bytes
    """The options and the client, pickled."""
    places: int
    """Fetches that it may have in flight."""
    number: int
    """Of the worker, from 1."""
    is_short: bool
    """Whether the parent sends little more than there are places for."""
    ends_at: Seconds | None
    """When the deadline of the run comes, if the run began before."""
    argv: list[str]
    """Of the program."""


class Told(NamedTuple):
    """What a worker says with every batch."""

    outcomes: tuple[Any, ...]
    to_be_decided: frozenset[int]
    """Indices of responses that may be tried again: work and sink have not had them."""
    cpu: Seconds
    worked: int
    """How often work was done since it was last said."""
    working: Seconds
    """The times of that added up."""
    held: Seconds
    """How long the loop was held by all that is called with outcomes."""


class _State:
    """Of this process."""

    is_worker = False


def is_worker() -> bool:
    """Whether this process is a worker of another one."""
    return _State.is_worker


def work_for(parent: socket.socket, before: Seconds) -> None:
    """Do what the parent says until it is gone; `before` is CPU time used to get this far."""
    _State.is_worker = True
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's
    with asyncio.Runner() as runner:
        runner.run(_serve(parent, before))


async def _serve(parent: socket.socket, before: Seconds) -> None:
    reader, writer = await asyncio.open_connection(sock=parent)
    line = _Line(reader, writer)
    while True:
        kind, content = await line.read()
        if kind == BEGIN:
            await _run(line, Assignment(*content), before)
        elif kind == END:  # of a run that an error has ended here
            line.write(ENDED, process_time())


class _Line:
    """The messages to and from the parent."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def read(self) -> tuple[str, Any]:
        """Return the next message; where the parent is gone, so is this process."""
        try:
            length = int.from_bytes(await self._reader.readexactly(LENGTH), "big")
            data = await self._reader.readexactly(length)
        except (asyncio.IncompleteReadError, OSError):
            leave()
        message: tuple[str, Any] = pickle.loads(data)  # noqa: S301 - the parent's
        return message

    def write(self, kind: str, content: object) -> None:
        self._writer.write(framed((kind, content)))

    def write_error(self, error: BaseException) -> None:
        """Write what was raised; where it does not pickle, its name and its words."""
        trace = "".join(traceback.format_exception(error))
        try:
            pickled = pickle.dumps(error)
            pickle.loads(pickled)  # noqa: S301 - our own
        except Exception:  # noqa: BLE001 - whatever a foreign class may raise there
            pickled = pickle.dumps(RuntimeError(f"{type(error).__name__}: {error}"))
        self.write(ERROR, (pickled, f"in a worker process:\n{trace}"))


def leave(status: int = 0) -> NoReturn:
    """End this process here and now."""
    _flush()
    os._exit(status)


def _flush() -> None:
    """Write what work has printed."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (AttributeError, OSError, ValueError):
            continue


async def _run(line: _Line, told: Assignment, before: Seconds) -> None:
    """Fetch until the parent says that the run is over, or an error ends it."""
    sys.argv[:] = told.argv
    try:
        options, client = pickle.loads(told.sent)  # noqa: S301 - the parent's
        too_late = f"not finished within deadline={options.deadline or 0:g} s"
        options = _options_for(told, options)
        async with find_async_client(client).session(options) as get:
            fetches = _Fetches(line, told, options, get, too_late)
            line.write(BEGUN, (os.getpid(), before, process_time()))
            try:
                while (message := await line.read())[0] == JOBS:
                    fetches.add(unpacked_jobs(message[1]))
            finally:
                await fetches.stop()
    except BaseException as error:  # noqa: BLE001 - raised in the parent
        line.write_error(error)
        while (await line.read())[0] != END:
            continue
    _flush()
    line.write(ENDED, process_time())


def _options_for(told: Assignment, options: Options) -> Options:
    options = attrs.evolve(options, concurrency=told.places)
    if told.ends_at is None:
        return options
    return attrs.evolve(options, deadline=max(1e-9, told.ends_at - perf_counter()))


def _is_cut(outcome: Outcome) -> TypeGuard[Failure]:
    return isinstance(outcome, Failure) and outcome.kind is FailureKind.CANCELLED


class _Fetches:
    """The tasks of one run: there are as many as there are jobs, up to the places."""

    def __init__(
        self, line: _Line, told: Assignment, options: Options, get: AsyncGet, too_late: str
    ) -> None:
        self._line = line
        self._too_late = None if told.ends_at is None else too_late
        self._get = get
        self._jobs = deque[Job]()
        self._retry = options.retry
        work = options.work
        self._work = None if work is None else CountedWork(work)
        self._options = attrs.evolve(options, work=self._work)
        self._names = [f"process-{told.number}/fetch-{n}" for n in range(told.places, 0, -1)]
        self._is_short = told.is_short
        self._is_stopped = False
        self._places = told.places
        self._tasks: set[asyncio.Task[None]] = set()
        self._done: list[Done] = []
        self._to_be_decided: list[int] = []
        self._loop = asyncio.get_running_loop()
        self._sending: asyncio.Handle | None = None
        self._is_sent_now = False
        self._told_work = (0, 0.0)
        self._held: Seconds = 0.0

    def add(self, jobs: list[Job]) -> None:
        self._jobs += jobs
        for _ in range(min(len(self._jobs), len(self._names))):
            name = self._names.pop()
            task = asyncio.create_task(self._fetch(name), name=name)
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def stop(self) -> None:
        """Abort what is in flight."""
        self._jobs.clear()
        self._is_stopped = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._sending is not None:
            self._sending.cancel()
        if self._done:
            self._send()

    async def _fetch(self, name: str) -> None:
        try:
            while self._jobs:
                job = self._jobs.popleft()
                outcome = await self._get(job)
                began = perf_counter()
                self._done.append((job, self._looked_at(outcome)))
                self._held += perf_counter() - began
                self._send_soon()
        except BaseException as error:  # noqa: BLE001 - of work or sink: raised in the parent
            if not self._is_stopped:
                self._line.write_error(error)
        finally:
            self._names.append(name)

    def _looked_at(self, outcome: Outcome) -> Outcome:
        """Let sink and work have a response that is surely final."""
        if self._too_late is not None and _is_cut(outcome):  # it has a part of the deadline
            outcome = attrs.evolve(outcome, message=self._too_late)
        retry = self._retry
        if retry is not None and retry.concerns(outcome):
            self._to_be_decided.append(outcome.index)
            return outcome
        return after_work(outcome, self._options)

    def _send_soon(self) -> None:
        """Send what there is: when many are there or soon, and at once if places are free."""
        if len(self._done) >= _MANY:
            self._send()
        elif self._is_waiting:
            if not self._is_sent_now:
                self._is_sent_now = True
                if self._sending is not None:
                    self._sending.cancel()
                self._sending = self._loop.call_soon(self._send)
        elif self._sending is None:
            self._sending = self._loop.call_later(_SOON, self._send)

    @property
    def _is_waiting(self) -> bool:
        """Whether places are free until the parent hears of what is done."""
        return not self._jobs and (self._is_short or 2 * len(self._names) >= self._places)

    def _send(self) -> None:
        if self._sending is not None:
            self._sending.cancel()
            self._sending = None
        self._is_sent_now = False
        done, self._done = self._done, []
        if not done:
            return
        worked, working = self._newly_worked()
        to_be_decided = frozenset(self._to_be_decided)
        self._to_be_decided.clear()
        held, self._held = self._held, 0.0
        told = Told(packed(done), to_be_decided, process_time(), worked, working, held)
        self._line.write(OUTCOMES, tuple(told))

    def _newly_worked(self) -> tuple[int, Seconds]:
        if self._work is None:
            return 0, 0.0
        before, self._told_work = self._told_work, (self._work.done, self._work.seconds)
        return self._told_work[0] - before[0], self._told_work[1] - before[1]
