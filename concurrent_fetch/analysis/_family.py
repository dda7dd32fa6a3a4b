"""Family: the processes that this one has started, and those that they have; on Linux."""

import contextlib
import os
import time
from collections.abc import Iterator

from concurrent_fetch._units import Seconds

_MOST = 12
"""Of so many threads it is asked what they have started: the main one, and those started last."""
_DEPTH = 4
_OF_PROCESS = 2
_CHUNK = 1 << 16


def family(root: str = "/proc") -> list[int]:
    """Return the numbers of all processes that descend from this one."""
    found: dict[int, None] = {}
    if root == "/proc" and not _has_children():
        return []
    youngest = list(_started_by(root, "self"))
    for _ in range(_DEPTH):
        youngest = [pid for pid in youngest if pid not in found]
        found |= dict.fromkeys(youngest)
        youngest = [child for pid in youngest for child in _started_by(root, str(pid))]
    return list(found)


def tasks(process: str, root: str = "/proc") -> list[str]:
    """Return the numbers of the threads of a process; none if it is gone."""
    with contextlib.suppress(OSError):
        return os.listdir(f"{root}/{process}/task")  # noqa: PTH208 - of names, many times a second
    return []


def content(path: str) -> bytes:
    """Return what is in a file of the system; nothing if what it told of is gone."""
    with contextlib.suppress(OSError):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            return os.read(descriptor, _CHUNK)
        finally:
            os.close(descriptor)
    return b""


def clock_of(pid: int) -> Seconds | None:
    """Return the CPU time of a process; None if it is gone."""
    try:
        return time.clock_gettime((~pid << 3) | _OF_PROCESS)
    except OSError:
        return None


def used_by_ended() -> Seconds:
    """Return the CPU time of the children of this process that have ended."""
    try:
        import resource  # noqa: PLC0415 - Windows has none, and does not tell
    except ImportError:
        return 0.0
    told = resource.getrusage(resource.RUSAGE_CHILDREN)  # os.times() ticks every 10 ms
    return told.ru_utime + told.ru_stime


def _started_by(root: str, process: str) -> Iterator[int]:
    main, *others = tasks(process, root) or [process]
    for thread in (main, *others[1 - _MOST :]):
        yield from map(int, content(f"{root}/{process}/task/{thread}/children").split())


def _has_children() -> bool:
    """Ask the system, which is far cheaper than to look for them."""
    if not hasattr(os, "waitid"):  # PyPy may have none
        return True
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return True
