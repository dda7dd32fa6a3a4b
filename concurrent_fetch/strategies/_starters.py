"""How worker processes are started and ended, seen from their parent.

Neither `multiprocessing` nor the caller's `__main__` has a part in it: a script without the usual
guard, a notebook and `python -c` start them alike, and there is nothing that lives on.
"""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
from time import monotonic, sleep
from typing import Protocol

from concurrent_fetch._units import Seconds

_BOOT = (
    "import sys, json; sys.path[:] = json.loads(sys.argv[3]); "
    "from concurrent_fetch.strategies import _fork_server as _s; "
    "getattr(_s, sys.argv[4])(int(sys.argv[1]), sys.argv[2])"
)
_PATIENCE: Seconds = 0.5
_LAST_WORDS: Seconds = 0.2
"""A worker whose line is closed may flush what its work has printed."""
_MOMENT: Seconds = 0.002
CAN_FORK = hasattr(os, "fork") and hasattr(socket, "send_fds")


class Source(Protocol):
    """The process that a worker was started by, or is."""

    has_worked: bool
    """Whether any worker of it has begun to work."""

    @property
    def is_gone(self) -> bool:
        """Whether it has ended."""
        ...


class Starter(Protocol):
    """Starts worker processes, and ends them all at once."""

    def new(self) -> tuple[socket.socket, Source]:
        """Start a worker; return the socket that it is at the other end of, and its source."""
        ...

    def close(self) -> None:
        """End all of them, whatever they do, and wait until they are gone.

        Their lines are closed, so that those that can end by themselves.
        """
        ...


class ForkServer:
    """A process that has imported what workers need, and forks them."""

    def __init__(self, client: str) -> None:
        self.has_worked = False
        self._control, theirs = socket.socketpair()
        with theirs:
            self._process = _python("serve", theirs, client)

    @property
    def is_gone(self) -> bool:
        """Whether it was killed, say; what it has forked lives on."""
        try:
            return not self._control.recv(1, socket.MSG_DONTWAIT)  # it never says anything
        except BlockingIOError:
            return False
        except OSError:
            return True

    def new(self) -> socket.socket:
        """Have a worker forked; where it is gone, so is the other end of the socket."""
        ours, theirs = socket.socketpair()
        with theirs, contextlib.suppress(OSError):
            socket.send_fds(self._control, [b"w"], [theirs.fileno()])
        ours.setblocking(False)
        return ours

    def close(self) -> None:
        self._control.close()
        if not self.has_worked:  # who imports would notice nothing before the end of that
            self._kill()
        try:
            self._process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            self._kill()
            self._process.wait()
        if self._process.returncode:  # it was killed, so that it has ended nobody
            self._end_orphans()

    def _end_orphans(self) -> None:
        limit = monotonic() + _LAST_WORDS
        while monotonic() < limit and self._kill(0):
            sleep(_MOMENT)
        self._kill()

    def _kill(self, number: int = signal.SIGKILL) -> bool:
        """Send a signal to it and to all that it has forked; return whether there is any."""
        try:
            os.killpg(self._process.pid, number)
        except OSError:
            return False
        return True


class ForkServers:
    """Starts them by one that forks; when that is gone, by another one."""

    def __init__(self, client: str) -> None:
        self._client = client
        self._servers: list[ForkServer] = []

    def new(self) -> tuple[socket.socket, Source]:
        if not self._servers or self._servers[-1].is_gone:
            self._servers.append(ForkServer(self._client))
        return self._servers[-1].new(), self._servers[-1]

    def close(self) -> None:
        for server in self._servers:
            server.close()


class _Alone:
    """A worker that is a process of its own."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self.has_worked = False
        self.process = process

    @property
    def is_gone(self) -> bool:
        return self.process.poll() is not None


class Spawner:
    """Starts each as a process of its own, where there is no forking."""

    def __init__(self, client: str) -> None:
        self._client = client
        self._all: list[_Alone] = []

    def new(self) -> tuple[socket.socket, Source]:
        ours, theirs = socket.socketpair()
        with theirs:
            self._all.append(_Alone(_python("work_alone", theirs, self._client)))
        ours.setblocking(False)
        return ours, self._all[-1]

    def close(self) -> None:
        limit = monotonic() + _LAST_WORDS
        while monotonic() < limit and any(one.has_worked and not one.is_gone for one in self._all):
            sleep(_MOMENT)
        for one in self._all:
            one.process.kill()
        for one in self._all:
            one.process.wait()


def starter_for(client: object) -> Starter:
    """Return what starts workers here."""
    name = client if isinstance(client, str) else ""
    return ForkServers(name) if CAN_FORK else Spawner(name)


def _python(what: str, theirs: socket.socket, client: str) -> "subprocess.Popen[bytes]":
    """Start this Python with what it imports from here, and nothing of `__main__`."""
    command = [sys.executable, *_flags(), "-P", "-c", _BOOT]
    rest = [client, json.dumps(_path()), what]
    # Ctrl-C in the terminal is for the parent.
    if sys.platform == "win32":
        process = subprocess.Popen(  # noqa: S603 - our own
            [*command, "-1", *rest],
            stdin=subprocess.PIPE,
            creationflags=subprocess.CREATE_NEW_PROCESS_GROUP,
        )
        assert process.stdin is not None  # noqa: S101 - it is a pipe
        with process.stdin as pipe:
            pipe.write(theirs.share(process.pid))
        return process
    number = theirs.fileno()
    return subprocess.Popen(  # noqa: S603 - our own
        [*command, str(number), *rest],
        stdin=subprocess.DEVNULL,
        pass_fds=[number],
        process_group=0,
    )


def _flags() -> list[str]:
    """Return the flags that this Python was started with: -O, -W, -X and the like."""
    flags: list[str] = subprocess._args_from_interpreter_flags()  # type: ignore[attr-defined]  # noqa: SLF001 - as multiprocessing does
    known = {flag.partition("=")[0] for flag in flags}  # it knows but some of those of -X
    for name, value in getattr(sys, "_xoptions", {}).items():
        if name not in known:
            flags += ["-X", name if value is True else f"{name}={value}"]
    return flags


def _path() -> list[str]:
    """Return the folders that are imported from; what is in a folder that is gone is none."""
    given: list[object] = list(sys.path)
    found = []
    for entry in given:
        with contextlib.suppress(OSError):
            if isinstance(entry, str):
                found.append(os.path.abspath(entry))  # noqa: PTH100 - '' is here
    return found
