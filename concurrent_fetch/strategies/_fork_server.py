"""Starting worker processes, seen from the process that forks them.

It has imported all that a worker needs, and does nothing else: a worker is there in some
milliseconds, and forking is safe, since no thread runs. It ends when its parent does, however that
dies, and takes its workers along.
"""

import contextlib
import gc
import os
import signal
import socket
import sys
import traceback
from time import monotonic, process_time, sleep

from concurrent_fetch._units import Seconds
from concurrent_fetch.fetch import find_async_client
from concurrent_fetch.strategies._worker import leave, work_for

_WATCH: Seconds = 0.5
_LAST_WORDS: Seconds = 0.2
"""A worker that is told to end may flush what its work has printed."""
_MOMENT: Seconds = 0.002


def serve(descriptor: int, client: str) -> None:
    """Fork a worker for each socket that arrives, until the parent is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = os.getppid()
    control = socket.socket(fileno=descriptor)
    control.settimeout(_WATCH)
    _preload(client)
    children: set[int] = set()
    try:
        while os.getppid() == parent and (descriptors := _asked(control)) is not None:
            _reap(children)
            for line in descriptors:
                children.add(_fork(control, line))
    except BaseException:  # noqa: BLE001 - it is told, and the process ends here
        traceback.print_exc(file=sys.stderr)
    _kill(children)
    leave()  # what a Python does at its end takes its time


def _asked(control: socket.socket) -> list[int] | None:
    """Return the sockets of the workers that are asked for; None: there will be no more."""
    try:
        data, descriptors, _, _ = socket.recv_fds(control, 1, 1)
    except TimeoutError:
        return []
    return list(descriptors) if data else None


def work_alone(descriptor: int, client: str) -> None:
    """Be a worker that nobody forks."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = _shared() if descriptor < 0 else socket.socket(fileno=descriptor)
    _preload(client)
    _work(parent, 0.0)  # what it used until now is on its own clock


def _shared() -> socket.socket:
    """Return the socket that Windows shares: what is told of it comes by the standard input."""
    share = getattr(socket, "fromshare")  # noqa: B009 - only there
    found: socket.socket = share(sys.stdin.buffer.read())
    return found


def _preload(client: str) -> None:
    with contextlib.suppress(Exception):  # the worker says what is wrong
        find_async_client(client)
    gc.collect()
    if hasattr(gc, "freeze"):  # PyPy has it not
        gc.freeze()  # what was imported is looked at no more


def _fork(control: socket.socket, descriptor: int) -> int:
    before = process_time()
    pid = os.fork()
    if pid:
        os.close(descriptor)
        return pid
    control.close()
    _work(socket.socket(fileno=descriptor), before)
    return 0


def _work(parent: socket.socket, before: Seconds) -> None:
    try:
        work_for(parent, before)
    except BaseException:  # noqa: BLE001 - it is told, and the process ends here
        traceback.print_exc(file=sys.stderr)
        leave(1)
    leave()


def _reap(children: set[int]) -> None:
    for pid in list(children):
        with contextlib.suppress(ChildProcessError):
            if not os.waitpid(pid, os.WNOHANG)[0]:
                continue
        children.discard(pid)


def _kill(children: set[int]) -> None:
    """End the workers: the parent has closed their lines, so that most end by themselves."""
    limit = monotonic() + _LAST_WORDS
    while children and monotonic() < limit:
        _reap(children)
        sleep(_MOMENT)
    for pid in children:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    for pid in children:
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, 0)
