"""Probes: what waits while a strategy runs. Two sleepers that are late when something is busy.

A thread that wants to sleep 5 ms wakes late when it must wait for the interpreter lock or a core;
a timer on the strategy's event loop is late when something blocks the loop. Each time it wakes, the
thread also looks whether an event loop is held up. All of it costs a little, and not every strategy
the same: it happens in an untimed run of its own.

Source: the sampling of `gilknocker`, here by the lateness of a sleep and without native code.
"""

import asyncio
import math
import threading
import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from time import perf_counter, sleep
from types import TracebackType
from typing import Self

import attrs

from concurrent_fetch._python import background_thread
from concurrent_fetch._units import Seconds
from concurrent_fetch.analysis._demand import Demand
from concurrent_fetch.analysis._loops import LATE, SHORTEST, Loops, Standstill
from concurrent_fetch.analysis._machine import Machine, Moment, between
from concurrent_fetch.analysis._run_delay import RunDelay
from concurrent_fetch.stats import quantile

_NAP: Seconds = 0.005
_FEWEST_NAPS = 3


@attrs.frozen(kw_only=True)
class Lateness:
    """By how much naps of 5 ms overran."""

    median: Seconds
    """Half of the naps overran by less."""
    p95: Seconds
    """One nap in 20 overran by more."""
    naps: int
    """How many there were."""


@attrs.frozen(kw_only=True)
class Probe:
    """What waited during one run of a strategy; None where it was too short to tell."""

    thread: Lateness | None
    """Of a thread: waiting for the interpreter lock, or for a core."""
    loop: Lateness | None
    """Of a timer on the event loop, if the strategy ran on ours."""
    on_loop: bool
    """Whether the strategy was awaitable, so that it ran on our event loop."""
    threads: int
    """The most threads that there were beyond those of the start."""
    blocked: float | None = None
    """How much of the run an event loop was held by a call that waited and did not compute; None
    where no event loop was seen, or too little of it."""
    blocked_in: str | None = None
    """The function that held it most often, and who called it; None where that was not seen."""
    starved: float | None = None
    """How many seconds its threads were ready to run and waited for a core, in a second of the run:
    those of this process and of processes that it has started. None where the system tells none."""
    others: float | None = None
    """How much of the CPU time that somebody had meanwhile was others': neither this process's nor
    that of what it has started. None where that is not told."""

    @property
    def kept_waiting(self) -> float | None:
        """How many seconds its threads waited for others, in a second of the run; None: not told.

        As far as it computed itself on all cores, they waited for each other.
        """
        if self.starved is None or self.others is None:
            return None
        return self.starved * self.others


class Probes:
    """Watches one run: a context manager around it, and `on_loop` for the loop that it runs on."""

    def __init__(self, machine: Machine | None = None) -> None:
        self._loops = Loops()
        self._sleeper = _Sleeper(self._loops, machine)
        # For a Ctrl-C that comes in `__enter__` or right after it, and keeps `__exit__` away.
        weakref.finalize(self, self._sleeper.end)
        self._late_on_loop: list[Seconds] = []
        self._timer: asyncio.Handle | None = None
        self._due: Seconds = 0.0
        self._elapsed_on_loop: Seconds = 0.0
        self._taken: Probe | None = None

    def __enter__(self) -> Self:
        try:
            self._sleeper.start()
        except BaseException:
            self._sleeper.end()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._sleeper.end()
        self._sleeper.join()

    @contextmanager
    def on_loop(self) -> Iterator[None]:
        """Watch the running event loop, from within."""
        loop = asyncio.get_running_loop()
        self._loops.admit()
        self._due = begun = loop.time()
        self._timer = loop.call_soon(self._nap_on_loop, loop)
        try:
            yield
        finally:
            self._timer.cancel()  # by now another one
            now = loop.time()
            self._note_lateness(now)  # it may never have woken
            self._elapsed_on_loop = now - begun

    def _nap_on_loop(self, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time()
        self._note_lateness(now)
        self._due = now + _NAP
        self._timer = loop.call_at(self._due, self._nap_on_loop, loop)

    def _note_lateness(self, now: Seconds) -> None:
        if now >= self._due:
            self._late_on_loop.append(now - self._due)

    def take(self, probe: Probe) -> None:
        """Take what was seen in another interpreter, where the run was, as the result."""
        self._taken = probe

    def forget_machine(self) -> None:
        """Forget how long threads waited for a core: the run was on a clock turned by hand."""
        self._sleeper.starved = self._sleeper.others = None

    def result(self) -> Probe:
        """Return what was seen, once the run is over."""
        if self._taken is not None:
            return self._taken
        thread = _lateness(self._sleeper.late)
        seen, demand = self._sleeper.standstill, self._sleeper.demand
        blocked = seen.share(demand)
        if not seen.has_seen_a_loop:
            blocked = blocked_by(self._late_on_loop, self._elapsed_on_loop, demand, thread)
        return Probe(
            thread=thread,
            loop=_lateness(self._late_on_loop),
            on_loop=self._timer is not None,
            threads=self._sleeper.most - self._sleeper.first,
            blocked=blocked,
            blocked_in=None if blocked == 0 else seen.place,
            starved=self._sleeper.starved,
            others=self._sleeper.others,
        )


def blocked_by(
    late: Sequence[Seconds], elapsed: Seconds, demand: Seconds, thread: Lateness | None
) -> float | None:
    """Return how much of its time a loop was blocked, by its timer alone: where looks see nothing.

    None where it was too short, or where a thread came late as well, so that the machine was busy.
    """
    if thread is None or thread.median > LATE or elapsed < SHORTEST:
        return None
    held = math.fsum(lateness for lateness in late if lateness > LATE)
    return max(0.0, held - demand) / elapsed


class _Sleeper:
    """A thread that naps, and writes down how late it wakes."""

    def __init__(self, loops: Loops, machine: Machine | None) -> None:
        self.late: list[Seconds] = []
        self.standstill = Standstill()
        self.demand: Seconds = 0.0
        self.starved: float | None = None
        self.others: float | None = None
        self._loops, self._machine = loops, machine
        self.first = self.most = 0
        self._is_over = False
        self._thread = background_thread(self._nap, "fetch-probe")

    def start(self) -> None:
        self._thread.start()

    def end(self) -> None:
        """Let the thread end when it wakes."""
        self._is_over = True

    def join(self) -> None:
        self._thread.join()

    def _nap(self) -> None:
        self.first = self.most = threading.active_count()
        before = self._machine.read() if self._machine else None
        delay = None
        if self._machine is not None and before is not None:
            delay = RunDelay(threading.get_native_id(), self._machine.apart)
        self._demand = Demand()
        self._look(0.0)
        while not self._is_over:
            due = perf_counter() + _NAP
            sleep(_NAP)
            self.late.append(perf_counter() - due)
            self.most = max(self.most, threading.active_count())
            self._look(self.late[-1])
            if delay is not None:
                delay.look()
        self._demand.look()
        self.demand = self._demand.total()
        if before is not None and delay is not None:
            self._tell(before, delay)

    def _tell(self, before: Moment, delay: RunDelay) -> None:
        """Say how long threads waited for a core, and how much others had."""
        after = self._machine.read() if self._machine else None
        waited = delay.total()
        if after is None or waited is None or after.at - before.at < SHORTEST / 2:
            return
        taken = between(before, after)
        self.starved, self.others = waited / taken.elapsed, taken.share_of_others

    def _look(self, late: Seconds) -> None:
        looks = self._loops.look()
        self.standstill.see(perf_counter(), looks, late=late)
        if any(look.place for look in looks.values()):  # else there is nothing to take it from
            self._demand.look()


def _lateness(late: Sequence[Seconds]) -> Lateness | None:
    if len(late) < _FEWEST_NAPS or len(late) * _NAP + sum(late) < SHORTEST:
        return None
    ordered = sorted(late)
    return Lateness(median=quantile(ordered, 0.5), p95=quantile(ordered, 0.95), naps=len(ordered))
