"""Settings kept: what holds beyond a run, as for the whole process, is put back after it.

A strategy may turn the garbage collector off, say, on its own clock. Left so, it would make the
next one faster, or slower, or fail it.
"""

import asyncio
import contextlib
import gc
import os
import socket
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple, Self

from concurrent_fetch.runner._interrupts import held_back

try:
    import _tracemalloc as tracemalloc  # `tracemalloc` takes a while to import
except ImportError:
    tracemalloc = None  # type: ignore[assignment] # a module everywhere but on PyPy

_SLOW = "slow_callback_duration"


class _Setting(NamedTuple):
    """Something that is one for the whole process, or a thread or a loop that strategies share."""

    what: str
    read: Callable[[], Any]
    put_back: Callable[[Any], object]


def _with_threshold() -> bool:
    return hasattr(gc, "get_threshold") and hasattr(gc, "set_threshold")


def _turn_collector(on: bool) -> None:
    (gc.enable if on else gc.disable)()


def _turn_tracemalloc(frames: int) -> None:
    assert tracemalloc is not None  # noqa: S101 - it has been read
    tracemalloc.stop()
    if frames:
        tracemalloc.start(frames)


def _traced() -> int:
    assert tracemalloc is not None  # noqa: S101 - only then it is among the settings
    return tracemalloc.get_traceback_limit() if tracemalloc.is_tracing() else 0


def _of_the_process() -> Iterator[_Setting]:
    yield _Setting("the garbage collector", gc.isenabled, _turn_collector)
    yield _Setting("sys.setswitchinterval", sys.getswitchinterval, sys.setswitchinterval)
    yield _Setting("socket.setdefaulttimeout", socket.getdefaulttimeout, socket.setdefaulttimeout)
    if _with_threshold():
        yield _Setting("gc.set_threshold", gc.get_threshold, lambda given: gc.set_threshold(*given))
    if tracemalloc is not None:
        yield _Setting("tracemalloc", _traced, _turn_tracemalloc)


def _of_the_thread() -> Iterator[_Setting]:
    """Yield what concerns the thread that asks."""
    yield _Setting("sys.setprofile", sys.getprofile, sys.setprofile)
    yield _Setting("sys.settrace", sys.gettrace, sys.settrace)
    if sys.platform == "linux" and hasattr(os, "sched_setaffinity"):  # PyPy has it not
        yield _Setting(
            "os.sched_setaffinity",
            lambda: os.sched_getaffinity(0),
            lambda cores: os.sched_setaffinity(0, cores),
        )


def _of_the_loop(loop: asyncio.AbstractEventLoop) -> Iterator[_Setting]:
    """Yield what concerns all that runs on a loop, as far as that has it."""
    for setting in (
        _Setting("loop.set_task_factory", loop.get_task_factory, loop.set_task_factory),
        _Setting("loop.set_debug", loop.get_debug, loop.set_debug),
        _Setting(
            "loop.slow_callback_duration",
            lambda: getattr(loop, _SLOW),
            lambda given: setattr(loop, _SLOW, given),
        ),
        _Setting(
            "loop.set_exception_handler",
            loop.get_exception_handler,
            loop.set_exception_handler,
        ),
    ):
        with contextlib.suppress(AttributeError, NotImplementedError):
            setting.read()
            yield setting


_OF_THE_PROCESS, _OF_THE_THREAD = [*_of_the_process()], [*_of_the_thread()]


class SettingsKept:
    """The settings as they are now, to be put back in the same thread."""

    def __init__(self, settings: Sequence[_Setting] | None = None) -> None:
        self._settings = (*_OF_THE_PROCESS, *_OF_THE_THREAD) if settings is None else settings
        self._values = [setting.read() for setting in self._settings]

    @classmethod
    def of(cls, loop: asyncio.AbstractEventLoop) -> Self:
        """Keep those of a loop and of its thread, which is to be the one that calls this."""
        return cls([*_OF_THE_THREAD, *_of_the_loop(loop)])

    def put_back(self) -> tuple[str, ...]:
        """Put back what was changed since; return what that was.

        A Ctrl-C that comes meanwhile follows: no other strategy runs with half of it put back.
        """
        return held_back(self._put_back)

    def _put_back(self) -> tuple[str, ...]:
        changed = []
        for setting, value in zip(self._settings, self._values, strict=True):
            if setting.read() != value:
                setting.put_back(value)
                changed.append(setting.what)
        return tuple(changed)
