"""Machine: what its cores did in all, and what of that was ours, as Linux counts it.

What others did is the rest: the CPU time of the cores that this process may use, less its own and
that of all processes that it has started, of which a `LocalServer` is one, but for those that
compute for no run. So the load that a comparison makes itself is told from that of others. Other
systems tell none of it.
"""

import contextlib
import os
from collections.abc import Callable, Collection, Mapping
from time import perf_counter, process_time
from typing import NamedTuple

from concurrent_fetch._python import WORKERS_TIME
from concurrent_fetch._units import Seconds
from concurrent_fetch.analysis._family import clock_of, family, used_by_ended

_MOST = 1 << 16
_IDLE = slice(3, 5)  # idle, and idle while something waits for a disk
_COUNTED = 7  # what comes after is not of this machine, or counted before
_STEAL = 7
_ROUGH: Seconds = 0.02
"""The system counts by ticks of 10 ms, and whoever runs at one is taken to have run for it."""
_ROUGHLY = 0.1


class Cores(NamedTuple):
    """What the cores have done since the machine was started."""

    busy: Seconds
    """CPU time of all programs."""
    stolen: Seconds
    """Time in which something was to run, and another virtual machine had the core."""


class Moment(NamedTuple):
    """What had been counted up to a moment."""

    at: Seconds
    cores: Cores
    own: Seconds
    """CPU time of this process."""
    children: Mapping[int, Seconds]
    """That of each process that it has started, or that one of those has, and that is there."""
    ended: Seconds
    """That of children that have ended."""
    workers: Seconds = 0.0
    """What workers say themselves; it may come later than they used it."""
    stalled: Seconds | None = None
    """How long something on this machine was ready and waited for a core (PSI)."""
    switches: int | None = None
    """How often a thread of ours had to leave its core to another."""
    apart: frozenset[int] = frozenset()
    """The numbers of children that compute for no run: what they do is of others."""


class Taken(NamedTuple):
    """What was done between two moments."""

    elapsed: Seconds
    busy: Seconds
    ours: Seconds
    stolen: Seconds
    stalled: Seconds | None
    switches: int | None

    @property
    def others(self) -> Seconds:
        """The CPU time that others had for sure, stolen time included."""
        rest = self.busy - self.ours
        return max(0.0, rest - _ROUGH - _ROUGHLY * self.ours) + self.stolen

    @property
    def share_of_others(self) -> float:
        """That over all CPU time that somebody had."""
        whole = self.busy + self.stolen
        return min(1.0, self.others / whole) if whole > 0 else 0.0


class Machine:
    """Reads the counters. Their files are kept open; `root` and the other clocks serve tests.

    Raises:
        OSError: the system has no such files.
    """

    def __init__(
        self,
        root: str = "/proc",
        cores: Collection[int] | None = None,
        clock: Callable[[], Seconds] = perf_counter,
        own_clock: Callable[[], Seconds] = process_time,
        clock_of: Callable[[int], Seconds | None] = clock_of,
    ) -> None:
        self._root, self._clock, self._own_clock = root, clock, own_clock
        self._clock_of = clock_of
        self.cores: frozenset[int] = frozenset(_own_cores() if cores is None else cores)
        """The numbers of those that this process may use."""
        self.apart: Collection[int] = ()
        """The numbers of processes and threads of this program that compute for no run: of these,
        what processes do is of others, and it is no matter how long they wait for a core."""
        self._stat = _Kept(f"{root}/stat")
        try:
            self._pressure: _Kept | None = _Kept(f"{root}/pressure/cpu")
        except OSError:
            self._pressure = None

    def read(self) -> Moment | None:
        """Return what has been counted; None where that cannot be read."""
        with contextlib.suppress(OSError, ValueError, IndexError):
            return Moment(
                at=self._clock(),
                cores=cores_in(self._stat.read(), self.cores),
                own=self._own_clock(),
                children=self._children(),
                ended=used_by_ended(),
                workers=WORKERS_TIME.read(),
                stalled=self._stalled(),
                switches=_switches(),
                apart=frozenset(self.apart),
            )
        return None

    def _children(self) -> dict[int, Seconds]:
        used = {pid: self._clock_of(pid) for pid in family(self._root)}
        return {pid: cpu for pid, cpu in used.items() if cpu is not None}

    def _stalled(self) -> Seconds | None:
        with contextlib.suppress(OSError, ValueError, IndexError):
            return None if self._pressure is None else stalled_in(self._pressure.read())
        return None


class _Kept:
    """A file of the system that is opened once, and read anew from its start."""

    def __init__(self, path: str) -> None:
        self._descriptor = os.open(path, os.O_RDONLY)

    def read(self) -> bytes:
        return os.pread(self._descriptor, _MOST, 0)

    def __del__(self) -> None:
        with contextlib.suppress(AttributeError, OSError):
            os.close(self._descriptor)


def cores_in(stat: bytes, cores: Collection[int]) -> Cores:
    """Return what /proc/stat says of these cores.

    Raises:
        ValueError: it says nothing of one of them.
    """
    busy = stolen = found = 0
    for line in stat.splitlines():
        name, *words = line.split()
        if not name.startswith(b"cpu"):
            break
        if not name[3:] or int(name[3:]) not in cores:
            continue
        ticks, found = list(map(int, words)), found + 1
        busy += sum(ticks[:_COUNTED]) - sum(ticks[_IDLE])
        stolen += ticks[_STEAL]
    if found < len(cores):
        raise ValueError(f"{len(cores) - found} cores are not told")
    a_second = os.sysconf("SC_CLK_TCK")
    return Cores(busy / a_second, stolen / a_second)


def stalled_in(pressure: bytes) -> Seconds:
    """Return how long something waited for a core, by /proc/pressure/cpu.

    Raises:
        ValueError, IndexError: it does not say so.
    """
    (some,) = (line for line in pressure.splitlines() if line.startswith(b"some "))
    return int(some.partition(b"total=")[2].split()[0]) / 1e6


def between(first: Moment, last: Moment) -> Taken:
    """Return what was done between two moments."""
    apart = first.apart | last.apart
    gone = first.children.keys() - last.children.keys() - apart
    ended = last.ended - first.ended - sum(first.children[pid] for pid in gone)
    ours = last.children.keys() - apart
    there = sum(last.children[pid] - first.children.get(pid, 0.0) for pid in ours)
    by_children = max(0.0, ended) + there
    stalled = None
    if first.stalled is not None and last.stalled is not None:
        stalled = last.stalled - first.stalled
    switches = None
    if first.switches is not None and last.switches is not None:
        switches = last.switches - first.switches
    return Taken(
        elapsed=last.at - first.at,
        busy=last.cores.busy - first.cores.busy,
        ours=last.own - first.own + max(by_children, last.workers - first.workers),
        stolen=last.cores.stolen - first.cores.stolen,
        stalled=stalled,
        switches=switches,
    )


def _own_cores() -> Collection[int]:
    affinity = getattr(os, "sched_getaffinity", None)  # PyPy may have none
    return affinity(0) if affinity else range(os.cpu_count() or 1)


def _switches() -> int | None:
    try:
        import resource  # noqa: PLC0415 - Windows has none
    except ImportError:
        return None
    return resource.getrusage(resource.RUSAGE_SELF).ru_nivcsw
