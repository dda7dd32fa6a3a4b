"""Tried: what came of twice as many fetches in flight, in pairs of runs after the rounds."""

import statistics
from collections.abc import Sequence
from typing import Self

import attrs

from concurrent_fetch._units import Seconds
from concurrent_fetch.analysis._record import Record
from concurrent_fetch.analysis._times import over, services_of

_MATTERS = 1.02  # below it two are called equally fast
_HARDLY = 1.2  # at the knee of a server more in flight still fill the gaps between fetches
_GROWN = 1.5


@attrs.frozen(kw_only=True)
class Tried:
    """Twice the concurrency of a strategy, tried: pairs of runs, one right after the other.

    Of equal ones five pairs all come out faster 1 time in 32, by 2 % or more less often.
    """

    concurrency: int
    """What it was in the rounds."""
    twice: int
    """Twice that, or as many as there are URLs."""
    as_it_was: tuple[Seconds, ...]
    """The time of the run with `concurrency`, in each pair."""
    with_twice: tuple[Seconds, ...]
    """The time of the run with `twice`, in each pair."""
    service_grew: float | None
    """Times as long as before from the request sent to the last body byte, on the mean; None where
    the client does not tell when it sent."""

    @classmethod
    def of(cls, pairs: Sequence[tuple[Record, Record]]) -> Self:
        """Return what came of pairs of runs: as it was, and with twice the concurrency."""
        as_it_was, with_twice = zip(*pairs, strict=True)
        return cls(
            concurrency=as_it_was[0].options.concurrency,
            twice=with_twice[0].options.concurrency,
            as_it_was=tuple(run.elapsed for run in as_it_was),
            with_twice=tuple(run.elapsed for run in with_twice),
            service_grew=_grown(as_it_was, with_twice),
        )

    @property
    def speedups(self) -> tuple[float, ...]:
        """How many times faster it was with `twice`, in each pair."""
        pairs = zip(self.as_it_was, self.with_twice, strict=True)
        return tuple(over(before, after) for before, after in pairs)

    @property
    def speedup(self) -> float:
        """Their median."""
        return statistics.median(self.speedups)

    @property
    def helps(self) -> bool:
        """Whether it was faster in every pair, by 2 % or more."""
        return min(self.speedups) >= _MATTERS

    @property
    def only_crowds(self) -> bool:
        """Whether it was hardly faster, by less than 20 %, since each fetch took longer to come."""
        grew = self.service_grew is not None and self.service_grew >= _GROWN
        return grew and self.speedup < _HARDLY


def _grown(before: Sequence[Record], after: Sequence[Record]) -> float | None:
    """Return the mean service time of some runs over that of others; None where it is not told."""
    if not all(any(s is not None for s in run.column("sent")) for run in (*before, *after)):
        return None
    first, second = (sum(map(sum, map(services_of, runs))) for runs in (before, after))
    return over(second, first) if first else None
