"""Children: the CPU time of processes that a strategy starts itself, read around each run.

What was there as a run began, and came in no run before, is none of a strategy: a server beside it,
or workers that were made ready and tell their time themselves.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from concurrent_fetch._units import Seconds
from concurrent_fetch.analysis._family import clock_of, family, used_by_ended


class _Used(NamedTuple):
    """What the descendants of this process have used so far."""

    living: Mapping[int, Seconds]
    """Also of those that have ended and nobody has waited for; only on Linux."""
    ended: Seconds
    """All others, and their descendants that have ended."""


class ChildrenTime:
    """Tells apart whose children are whose, from run to run. Other clocks serve tests."""

    def __init__(
        self,
        there: Callable[[], Iterable[int]] = family,
        clock_of: Callable[[int], Seconds | None] = clock_of,
        used_by_ended: Callable[[], Seconds] = used_by_ended,
    ) -> None:
        self._there, self._clock_of, self._used_by_ended = there, clock_of, used_by_ended
        self._of_runs: frozenset[int] = frozenset()
        """Those that came in a run and are there since."""
        self._others: frozenset[int] = frozenset()
        self._before = _Used({}, 0.0)

    def before(self) -> None:
        """Read the clocks before a run: what came between two runs is none of a strategy."""
        self._before = self._read()
        there = self._before.living.keys()
        self._of_runs &= there
        self._others = frozenset(there - self._of_runs)

    def used(self) -> Seconds:
        """Return what those of strategies have used in this run, also those that ended in it.

        What one of the others has used is known as of before the run only, if it ends in it.
        """
        before, now = self._before, self._read()
        self._of_runs = frozenset(now.living.keys() - self._others)
        gone = before.living.keys() - now.living.keys()
        ended = now.ended - before.ended - sum(before.living[pid] for pid in gone)
        there = sum(now.living[pid] - before.living.get(pid, 0.0) for pid in self._of_runs)
        return max(0.0, ended) + max(0.0, there)

    def _read(self) -> _Used:
        used = {pid: self._clock_of(pid) for pid in self._there()}
        known = {pid: cpu for pid, cpu in used.items() if cpu is not None}
        return _Used(known, self._used_by_ended())
