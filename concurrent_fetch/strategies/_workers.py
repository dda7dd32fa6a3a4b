"""Worker processes, seen from their parent: what they are told and hold, and what they say."""

import contextlib
import functools
import os
import socket
from collections.abc import Sized
from typing import Any

from concurrent_fetch._units import Seconds
from concurrent_fetch.feed import Job
from concurrent_fetch.model import Options
from concurrent_fetch.strategies._frames import Frames, framed
from concurrent_fetch.strategies._starters import Source, Starter, starter_for
from concurrent_fetch.words import whole

_AT_ONCE = 2**18
_PROCESSES = whole(1, none="None for one on each core")


class Worker:
    """A worker process: what was sent to it, what it holds, and what it has used."""

    def __init__(self, number: int, line: socket.socket, source: Source) -> None:
        self.number = number
        self.line = line
        self.source = source
        self.places = 0
        self.credit = 0
        """Jobs that it may hold."""
        self.heard: Seconds = 0.0
        """When it said something, or was told to begin."""
        self.held: dict[int, Job] = {}
        """Jobs that were sent and are not answered, by index."""
        self.suspect: int | None = None
        """The index of a job of which a worker may have died before, and that it has alone."""
        self.cpu: Seconds = 0.0
        self.is_begun = False
        self.has_served = False
        """Whether it ever began a run: it started well, then."""
        self.is_over = True
        """Whether it works on no run."""
        self._frames = Frames()
        self._buffer = memoryview(bytearray(_AT_ONCE))
        self._unsent = bytearray()

    @property
    def has_unsent(self) -> bool:
        """Whether something waits until it can be written."""
        return bool(self._unsent)

    @property
    def room(self) -> int:
        """How many jobs it may hold more."""
        return max(0, self.credit - len(self.held))

    @property
    def is_open(self) -> bool:
        """Whether it takes jobs beside those that it holds."""
        return self.is_begun and self.suspect not in self.held

    def say(self, kind: str, content: object = None) -> None:
        """Write a message, as far as that can be done at once."""
        self._unsent += framed((kind, content))
        self.write()

    def write(self) -> None:
        """Write what waits. Where the process is gone, reading says so."""
        with contextlib.suppress(BlockingIOError, BrokenPipeError, ConnectionError):
            while self._unsent:
                sent = self.line.send(self._unsent)
                del self._unsent[:sent]

    def read(self) -> list[tuple[str, Any]] | None:
        """Return the messages that are there; None: the process is gone."""
        try:
            count = self.line.recv_into(self._buffer)
        except BlockingIOError:
            return []
        except ConnectionError:
            return None
        return self._frames.of(self._buffer[:count]) if count else None


class Pool:
    """Worker processes that serve one run after another."""

    def __init__(self, client: object, count: int, *, is_kept: bool = False) -> None:
        self.count = count
        self.is_kept = is_kept
        """Whether they serve more than one run."""
        self.workers: list[Worker] = []
        self._client = client
        self._starter: Starter | None = None
        self._gone: Seconds = 0.0
        self._starting = dict[Source, Seconds]()
        self._has_hung = False

    def start(self) -> None:
        """Have as many workers as there are to be."""
        if self._starter is None:
            self._starter = starter_for(self._client)
        numbers = {worker.number for worker in self.workers}
        for number in range(1, self.count + 1):
            if number not in numbers:
                self.workers.append(self._new(number))

    def replace(self, worker: Worker, *, has_hung: bool = False) -> Worker:
        """Return a new worker in the place of one that is gone, or that hangs."""
        place = self.workers.index(worker)
        if has_hung:
            self.give_up(worker)
        else:
            self.lost(worker)
        fresh = self._new(worker.number)
        self.workers.insert(place, fresh)
        return fresh

    def lost(self, worker: Worker) -> None:
        """Take note that a worker is gone."""
        worker.line.close()
        self._gone += worker.cpu
        self.workers.remove(worker)

    def give_up(self, worker: Worker) -> None:
        """Take note that a worker hangs: it is ended with all others, behind this run."""
        self.lost(worker)
        self._has_hung = True

    def started(self, worker: Worker, before: Seconds) -> None:
        """Note the CPU time that was used until a worker was there."""
        worker.source.has_worked = True
        self._starting[worker.source] = max(self._starting.get(worker.source, 0.0), before)

    def shares_of(self, concurrency: int) -> list[int]:
        """Return the places of each worker: together they are as many as may be in flight."""
        least, more = divmod(concurrency, self.count)
        return [least + (number < more) for number in range(self.count)]

    @property
    def cpu(self) -> Seconds:
        """CPU time of the workers, of those that are gone, and of starting them."""
        starting = sum(self._starting.values())
        return starting + self._gone + sum(worker.cpu for worker in self.workers)

    @property
    def is_over(self) -> bool:
        """Whether none of them works on a run."""
        return all(worker.is_over for worker in self.workers)

    @property
    def is_idle(self) -> bool:
        """Whether all of them are there and may serve another run."""
        return self._starter is not None and self.is_over and not self._has_hung

    def close(self) -> None:
        """End the workers at once."""
        for worker in self.workers:
            worker.line.close()
        if self._starter is not None:
            self._starter.close()
            self._starter = None

    def _new(self, number: int) -> Worker:
        assert self._starter is not None  # noqa: S101 - it was started
        return Worker(number, *self._starter.new())


def count_of(urls: object, options: Options, processes: int | None) -> int:
    """Return how many processes there are to be: none without URLs."""
    _PROCESSES.check("processes", processes)
    wanted = min(processes or cores(), options.concurrency)
    return min(wanted, len(urls)) if isinstance(urls, Sized) else wanted


@functools.cache
def cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
