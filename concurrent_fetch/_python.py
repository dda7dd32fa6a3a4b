"""The Python that runs this: its packages' versions, threads as far as it has them, what it runs.

Workers and servers enter here what they used and how to ask them, and who measures reads it:
neither knows the other.
"""

import _thread
import threading
import weakref
from collections.abc import Callable, Iterable
from typing import NamedTuple, Protocol

from concurrent_fetch._units import Bytes, Seconds

# Sub-interpreters with a GIL of their own refuse them: there the end waits for every thread.
HAS_DAEMONS: bool = getattr(_thread, "daemon_threads_allowed", lambda: True)()

_OURS: weakref.WeakSet[threading.Thread] = weakref.WeakSet()


def background_thread(work: Callable[[], object], name: str) -> threading.Thread:
    """Return a thread, to be started, that the end of the process does not wait for."""
    thread = threading.Thread(target=work, name=name, daemon=HAS_DAEMONS)
    _OURS.add(thread)
    return thread


def is_ours(thread: threading.Thread) -> bool:
    """Whether it is one of those."""
    return thread in _OURS


def version_of(package: str) -> str | None:
    """Return the version of an installed package; None if it is not installed."""
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415 - 10 ms to import

    try:
        return version(package)
    except PackageNotFoundError:
        return None


def own_version() -> str:
    """Return the version of this one; `unknown` where it lies there without being installed."""
    return version_of("concurrent_fetch") or "unknown"


class WorkersTime:
    """CPU time of worker processes, as `time.process_time` is that of this one; from any thread.

    The system tells it only of processes that have ended. So it is counted here by what starts
    workers and hears from them what they have used, and is true when the run is over.
    """

    def __init__(self) -> None:
        self._seconds: Seconds = 0.0
        self._lock = threading.Lock()

    def add(self, seconds: Seconds) -> None:
        """Count what workers have used."""
        with self._lock:
            self._seconds += seconds

    def read(self) -> Seconds:
        """Return what all of them have used so far, in seconds."""
        return self._seconds


WORKERS_TIME = WorkersTime()


class Served(NamedTuple):
    """What has reached servers since they were started; what they are reset by does not count."""

    gets: int
    """Requests to get something, and what could not be read as a request."""
    requests: int
    """Those, and all of other methods."""
    sent: Bytes
    """Bytes of the answers, heads included, as handed over to the system."""


class CountingServer(Protocol):
    """A server that tells what has reached it."""

    @property
    def port(self) -> int:
        """The port it listens on."""
        ...

    @property
    def authorities(self) -> frozenset[str]:
        """How URLs name it for sure: host and port, without a port that is usual."""
        ...

    def served(self) -> Served | None:
        """Return what has reached it so far; None if it does not run, or is not of this process."""
        ...


class CountingServers:
    """The servers of this process that count, for as long as they are there; from any thread."""

    def __init__(self) -> None:
        self._there: weakref.WeakSet[CountingServer] = weakref.WeakSet()
        self._lock = threading.Lock()

    def add(self, server: CountingServer) -> None:
        """Take a server that runs now."""
        with self._lock:
            self._there.add(server)

    def at(self, ports: Iterable[int]) -> list[CountingServer]:
        """Return those that listen on one of these ports, and run."""
        wanted = frozenset(ports)
        with self._lock:
            there = list(self._there)
        return [one for one in there if one.port in wanted and one.served() is not None]


COUNTING_SERVERS = CountingServers()
