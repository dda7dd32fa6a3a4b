"""Probes: what waits while a strategy runs. Two sleepers that are late when something is busy.

A thread that wants to sleep 5 ms wakes late when it must wait for the interpreter lock or a core;
a timer on the strategy's event loop is late when something blocks the loop. Both cost a little,
and not every strategy the same: they run in an untimed run of their own.

Source: the sampling of `gilknocker`, here by the lateness of a sleep and without native code.
"""

import asyncio
import threading
import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from time import perf_counter, sleep
from types import TracebackType
from typing import Self

import attrs

from concurrent_fetch._units import Seconds
from concurrent_fetch.stats import quantile

_NAP: Seconds = 0.005
_FEWEST_NAPS = 3
_SHORTEST: Seconds = 0.05


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


class Probes:
    """Watches one run: a context manager around it, and `on_loop` for the loop that it runs on."""

    def __init__(self) -> None:
        self._sleeper = _Sleeper()
        # For a Ctrl-C that comes in `__enter__` or right after it, and keeps `__exit__` away.
        weakref.finalize(self, self._sleeper.end)
        self._late_on_loop: list[Seconds] = []
        self._timer: asyncio.Handle | None = None

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
        self._timer = loop.call_soon(self._nap_on_loop, loop)
        try:
            yield
        finally:
            self._timer.cancel()  # by now another one

    def _nap_on_loop(self, loop: asyncio.AbstractEventLoop, due: Seconds | None = None) -> None:
        now = loop.time()
        if due is not None:
            self._late_on_loop.append(now - due)
        self._timer = loop.call_at(now + _NAP, self._nap_on_loop, loop, now + _NAP)

    def result(self) -> Probe:
        """Return what was seen, once the run is over."""
        return Probe(
            thread=_lateness(self._sleeper.late),
            loop=_lateness(self._late_on_loop),
            on_loop=self._timer is not None,
            threads=self._sleeper.most - self._sleeper.first,
        )


class _Sleeper:
    """A thread that naps, and writes down how late it wakes."""

    def __init__(self) -> None:
        self.late: list[Seconds] = []
        self.first = self.most = 0
        self._is_over = False
        self._thread = threading.Thread(target=self._nap, name="fetch-probe", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def end(self) -> None:
        """Let the thread end when it wakes."""
        self._is_over = True

    def join(self) -> None:
        self._thread.join()

    def _nap(self) -> None:
        self.first = self.most = threading.active_count()
        while not self._is_over:
            due = perf_counter() + _NAP
            sleep(_NAP)
            self.late.append(perf_counter() - due)
            self.most = max(self.most, threading.active_count())


def _lateness(late: Sequence[Seconds]) -> Lateness | None:
    if len(late) < _FEWEST_NAPS or len(late) * _NAP + sum(late) < _SHORTEST:
        return None
    ordered = sorted(late)
    return Lateness(median=quantile(ordered, 0.5), p95=quantile(ordered, 0.95), naps=len(ordered))
