"""Lease: the executor of a run, from when it is made until it is ended."""

import contextlib
import inspect
import os
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future
from queue import Empty, SimpleQueue
from time import monotonic
from typing import Any

from concurrent_fetch._units import Seconds
from concurrent_fetch.strategies._executor_kinds import is_death
from concurrent_fetch.strategies._kept_executors import KEPT_EXECUTORS, Given

_GRACE: Seconds = 0.5
UNTIL_STARTED: Seconds = 60.0


class Lease:
    """An executor that was given, or those that a factory makes one after another."""

    def __init__(self, given: Given) -> None:
        self.cpu: Seconds = 0.0
        """CPU time that workers elsewhere have used."""
        self._given = given
        self._make = None if isinstance(given, Executor) else given
        self._executor = given if isinstance(given, Executor) else None

    @property
    def is_renewable(self) -> bool:
        """Whether another executor can be had when this one is broken."""
        return self._make is not None

    @property
    def executor(self) -> Executor:
        """The executor that runs; made now, if there is none."""
        if self._executor is None:
            assert self._make is not None  # noqa: S101 - else there is one
            kept = KEPT_EXECUTORS.take(self._given)
            made: object = self._make() if kept is None else kept
            if not isinstance(made, Executor):
                raise TypeError(f"executor() must return an Executor, got {type(made).__name__}")
            self._executor = made
        return self._executor

    def submit(self, function: Callable[..., Any], *arguments: object) -> "Future[Any]":
        """Hand a call to the executor; what that raises passes through."""
        return self.executor.submit(function, *arguments)

    def used(self, cpu: Seconds) -> None:
        """Note CPU time that workers elsewhere have used."""
        self.cpu += cpu
        KEPT_EXECUTORS.used(self._given, cpu)

    def renew(self) -> None:
        """Have another executor, made by the factory, when one is next asked for."""
        self.end(at_once=True)

    def check_lives(self) -> None:
        """See whether the workers live at all; one that does not answer for a while may.

        Raises:
            BrokenExecutor: they do not; the message says what to write.
        """
        arrived = SimpleQueue[None]()
        try:
            future = self.submit(os.getpid)
            future.add_done_callback(lambda _: arrived.put(None))
            with contextlib.suppress(Empty, CancelledError):
                arrived.get(timeout=UNTIL_STARTED)
                future.result(0)
        except Exception as error:
            if not is_death(error):
                raise
            raise BrokenExecutor(
                "the workers of the executor die before they fetch anything; a program that starts "
                'processes does so below if __name__ == "__main__":'
            ) from error

    def end(self, *, at_once: bool) -> None:
        """End the executor if it was made here: at once, or when its workers have ended.

        One whose workers do nothing is kept instead, for the next run, if that is wanted.
        """
        if self._make is None or self._executor is None:
            return
        executor, self._executor = self._executor, None
        if at_once or not KEPT_EXECUTORS.give(self._given, executor):
            end_executor(executor, at_once=at_once)


def end_executor(executor: Executor, *, at_once: bool) -> None:
    """End an executor and its processes, whatever state it is in."""
    processes = list((getattr(executor, "_processes", None) or {}).values())
    takes = inspect.signature(executor.shutdown).parameters
    usual = {"cancel_futures": True, "kill_workers": at_once}  # the second: of loky
    with contextlib.suppress(Exception):  # it may be broken in any way
        executor.shutdown(wait=False, **{n: v for n, v in usual.items() if n in takes})
    limit = monotonic() + (0.0 if at_once else _GRACE)
    for process in processes:
        with contextlib.suppress(Exception):
            process.join(max(0.0, limit - monotonic()))
            process.kill()
            process.join(_GRACE)
