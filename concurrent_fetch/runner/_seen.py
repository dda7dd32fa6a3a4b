"""Seen: which threads and child processes there are, and what CPU time they have used."""

import os
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from time import monotonic, process_time, thread_time
from typing import Literal, NamedTuple

from concurrent_fetch._python import is_ours
from concurrent_fetch._units import Seconds

HAS_CLOCKS = sys.platform == "linux"
"""Whether the system tells the CPU time of every thread and every child."""
# Which clock is which is a promise of the kernel to libc: see pthread_getcpuclockid(3). That one
# itself may crash for a thread that has ended; asked by number, the kernel says that it is gone.
_OF_THREAD, _OF_PROCESS = 6, 2

_MOST = 12
"""Of so many threads it asks which children they have: those started last, and the main one."""
_CHUNK = 4096


class Thing(NamedTuple):
    """A thread or a child process, by its number for the system."""

    kind: Literal["thread", "process"]
    number: int


class Seen(NamedTuple):
    """What a look showed of a thing."""

    name: str
    cpu: Seconds | None
    """What it has used so far; None where the system does not tell."""
    is_ours: bool = False
    """Whether it serves the Runner, as the thread of its event loop does."""


class Look(NamedTuple):
    """What there was besides the thread that looked."""

    at: Seconds
    things: Mapping[Thing, Seen]
    beside: Seconds
    """CPU time that this process has used so far in other threads than that which looked."""

    def cpu(self, thing: Thing) -> Seconds:
        """Return what it has used so far; 0 if that is not known."""
        seen = self.things.get(thing)
        return 0.0 if seen is None else seen.cpu or 0.0


def look() -> Look:
    """Look at what there is now."""
    things = {**dict(_threads()), **dict(_children())}
    return Look(monotonic(), things, process_time() - thread_time())


def _threads() -> Iterator[tuple[Thing, Seen]]:
    me = threading.get_ident()
    for thread in threading.enumerate():
        if thread.native_id is None or thread.ident == me:
            continue
        cpu = None
        if HAS_CLOCKS and (cpu := _clock(thread.native_id, _OF_THREAD)) is None:
            continue  # it has just ended
        yield Thing("thread", thread.native_id), Seen(thread.name, cpu, is_ours(thread))


def _children() -> Iterator[tuple[Thing, Seen]]:
    if not _has_children():
        return
    for pid in _pids():
        cpu = None
        if HAS_CLOCKS and (cpu := _clock(pid, _OF_PROCESS)) is None:
            continue
        yield Thing("process", pid), Seen(str(pid), cpu)


def _has_children() -> bool:
    """Ask the system, which is far cheaper than to look for them."""
    if not hasattr(os, "waitid"):
        return True
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return True


def _pids() -> list[int]:
    if not HAS_CLOCKS:
        known = sys.modules.get("multiprocessing")
        children = [] if known is None else known.active_children()
        return [child.pid for child in children if child.pid is not None]
    threads = [threading.main_thread(), *threading.enumerate()[-_MOST:]]
    return [pid for number in {one.native_id for one in threads} for pid in _pids_of(number)]


def _pids_of(thread: int | None) -> list[int]:
    """Return the children that a thread has started, or taken over from one that has ended."""
    try:
        file = os.open(f"/proc/self/task/{thread}/children", os.O_RDONLY)
    except OSError:  # it has just ended, or there is no /proc
        return []
    try:
        return [int(pid) for pid in os.read(file, _CHUNK).split()]
    finally:
        os.close(file)


def clock_of(thing: Thing) -> Seconds | None:
    """Return what a thing has used so far; None if it is gone, or the system does not tell."""
    return _clock(thing.number, _OF_THREAD if thing.kind == "thread" else _OF_PROCESS)


def _clock(number: int, kind: int) -> Seconds | None:
    """Return what a clock of the kernel says; None if what it belonged to is gone."""
    try:
        return time.clock_gettime((~number << 3) | kind)
    except OSError:
        return None
