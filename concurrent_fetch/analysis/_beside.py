"""Beside: what another strategy shows that had more in flight, on the same URLs and servers.

Whether more in flight would help depends on the server, of which the figures of one strategy tell
nothing: one that is full with four looks like one with room for a hundred to who has four in
flight. Another strategy with more in flight has tried it.
"""

from collections.abc import Iterable

import attrs

from concurrent_fetch.analysis._times import Times, over

_MORE = 1.5
_FASTER = 1.25
_NO_FASTER = 1.1
_GROWN = 1.5
_HALF = 0.5


@attrs.frozen(kw_only=True)
class Beside:
    """A strategy with more in flight; what is more or longer is so many times that of the other."""

    strategy: str
    in_flight: float
    """Its mean number of fetches in flight."""
    more: float
    faster: float
    """By mean times of the runs."""
    longer: float
    """The service time of a fetch."""
    cpu: float

    @property
    def is_ahead(self) -> bool:
        """Whether it shows that more in flight bring more."""
        return self.faster >= _FASTER

    @property
    def is_in_vain(self) -> bool:
        """Whether more in flight brought nothing, and not for want of a core."""
        waits = self.faster <= _NO_FASTER and self.cpu < _HALF
        return waits and self.longer >= min(_GROWN, self.more)


def beside(mine: Times, others: Iterable[Times]) -> Beside | None:
    """Return the fastest of those with clearly more in flight; None without one."""
    found = (
        _held_against(mine, other) for other in others if other.name != mine.name and other.fetches
    )
    more = (one for one in found if one.more >= _MORE)
    return max(more, key=lambda one: one.faster, default=None)


def _held_against(mine: Times, other: Times) -> Beside:
    return Beside(
        strategy=other.name,
        in_flight=other.in_flight,
        more=over(other.in_flight, mine.in_flight),
        faster=over(over(mine.elapsed, mine.fetches), over(other.elapsed, other.fetches)),
        longer=over(other.service, mine.service),
        cpu=over(other.cpu, other.elapsed),
    )
