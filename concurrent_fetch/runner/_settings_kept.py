"""Settings kept: what holds for the whole process is put back after each run.

A strategy may turn the garbage collector off, say, on its own clock. Left so, it would make the
next one faster, or slower, or fail it.
"""

import gc
import os
import socket
import sys
from collections.abc import Callable
from typing import Any, NamedTuple

from concurrent_fetch.runner._interrupts import held_back

try:
    import _tracemalloc as tracemalloc  # `tracemalloc` takes a while to import
except ImportError:  # there is none on PyPy
    tracemalloc = None  # type: ignore[assignment]


class _Setting(NamedTuple):
    """Something that is one for the whole process, or for the thread that strategies run in."""

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


def _settings() -> list[_Setting]:
    found = [
        _Setting("the garbage collector", gc.isenabled, _turn_collector),
        _Setting("sys.setswitchinterval", sys.getswitchinterval, sys.setswitchinterval),
        _Setting("sys.setprofile", sys.getprofile, sys.setprofile),
        _Setting("socket.setdefaulttimeout", socket.getdefaulttimeout, socket.setdefaulttimeout),
    ]
    if _with_threshold():
        found.append(
            _Setting("gc.set_threshold", gc.get_threshold, lambda given: gc.set_threshold(*given))
        )
    if tracemalloc is not None:
        found.append(_Setting("tracemalloc", _traced, _turn_tracemalloc))
    if sys.platform == "linux":
        found.append(
            _Setting(
                "os.sched_setaffinity",
                lambda: os.sched_getaffinity(0),
                lambda cores: os.sched_setaffinity(0, cores),
            )
        )
    return found


_SETTINGS = _settings()


class SettingsKept:
    """The settings as they are now, to be put back in the same thread."""

    def __init__(self) -> None:
        self._values = [setting.read() for setting in _SETTINGS]

    def put_back(self) -> tuple[str, ...]:
        """Put back what was changed since; return what that was.

        A Ctrl-C that comes meanwhile follows: no other strategy runs with half of it put back.
        """
        return held_back(self._put_back)

    def _put_back(self) -> tuple[str, ...]:
        changed = []
        for setting, value in zip(_SETTINGS, self._values, strict=True):
            if setting.read() != value:
                setting.put_back(value)
                changed.append(setting.what)
        return tuple(changed)
