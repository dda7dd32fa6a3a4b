"""Checks that a run leaves nothing behind, a second after its end.

Each part fetches once before: what a library keeps for ever, it has by then. A pool that is kept
may still grow by what earlier runs did without; what leaks grows with every run.
"""

import asyncio
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from concurrent_fetch.server import LocalServer
from concurrent_fetch.testing._check import Finding, for_both
from concurrent_fetch.testing._facts import eventually
from concurrent_fetch.testing._subject import DoesNotApply, Subject, consume

_DESCRIPTORS = next((path for path in ("/proc/self/fd", "/dev/fd") if Path(path).is_dir()), None)
_Left = TypeVar("_Left")


@for_both
def leaves_no_thread(subject: Subject, server: LocalServer) -> Finding:
    """Every thread that a run starts ends with it."""

    def left() -> list[str]:
        before = set(threading.enumerate())
        _warm_up(subject, server)
        eventually(lambda: set(threading.enumerate()) <= before)
        return sorted(thread.name for thread in set(threading.enumerate()) - before)

    _warm_up(subject, server)
    return Finding("no thread", _left_by_each(left) or "no thread")


@for_both
def leaves_no_task(subject: Subject, server: LocalServer) -> Finding:
    """Every task that an async part starts ends with it."""
    if not subject.is_async:
        raise DoesNotApply("it is not asynchronous")

    async def left() -> list[str]:
        before = asyncio.all_tasks()
        await consume(subject.call(server.urls(8)))
        return sorted(task.get_name() for task in asyncio.all_tasks() - before)

    return Finding("no task", asyncio.run(left()) or "no task")


@for_both
def leaves_no_connection(subject: Subject, server: LocalServer) -> Finding:
    """Every connection is closed when the run is over, as the server counts them."""
    subject.fetch([*server.urls(8), server.url("/fault/cl_short"), server.url("/redirect/2")])
    eventually(lambda: not server.stats().open_connections)
    return Finding("0 open connections", f"{server.stats().open_connections} open connections")


@for_both
def leaves_no_descriptor(subject: Subject, server: LocalServer) -> Finding:
    """No file or socket of this process stays open."""
    if _DESCRIPTORS is None:
        raise DoesNotApply("this system does not list open descriptors")

    def left() -> int:
        before = _descriptors()
        _warm_up(subject, server)
        eventually(lambda: _descriptors() <= before)
        return max(0, _descriptors() - before)

    _warm_up(subject, server)
    return Finding("0 more than before", f"{_left_by_each(left)} more than before")


def _left_by_each(run: Callable[[], _Left]) -> _Left:
    """Return what a run has left, as the last of three each of which left something; or nothing."""
    for _ in range(2):
        if not (left := run()):
            return left
    return run()


def _warm_up(subject: Subject, server: LocalServer) -> None:
    subject.fetch([*server.urls(8), "nonsense"])


def _descriptors() -> int:
    assert _DESCRIPTORS is not None  # noqa: S101 - the check has looked
    return len(os.listdir(_DESCRIPTORS))  # noqa: PTH208 - a Path would open one itself
