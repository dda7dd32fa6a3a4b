"""When requests came: how many of a host are held at once, how close together, how many a second.

Here is no clock: the moment comes with each request. What is kept is one `Host` per name, and the
moments of the last second.
"""

import math
from collections import deque
from typing import Final

from concurrent_fetch._units import Seconds

_WINDOW: Final[Seconds] = 1.0


class Host:
    """What is known of one host: mutable, since each request touches it twice."""

    __slots__ = ("held", "last", "least_gap", "peak", "under_way")

    def __init__(self) -> None:
        self.held = 0
        self.under_way = 0
        """Of those held, the ones that were let in."""
        self.begin_anew()

    def begin_anew(self) -> None:
        """Forget what was; what is held now is where the peak starts."""
        self.peak = self.held
        self.last: Seconds = -math.inf
        self.least_gap: Seconds = math.inf


class Arrivals:
    """The arrivals since the start or the last reset."""

    def __init__(self) -> None:
        self._hosts: dict[str, Host] = {}
        self._recent: deque[Seconds] = deque()
        self.peak_per_second = 0

    def reset(self) -> None:
        """Forget what was, except for what is held."""
        self._hosts = {name: host for name, host in self._hosts.items() if host.held}
        for host in self._hosts.values():
            host.begin_anew()
        self._recent.clear()
        self.peak_per_second = 0

    def arrive(self, name: str, now: Seconds) -> Host:
        """Count a request for the host of this name, and hold it."""
        host = self._hosts.get(name)
        if host is None:
            host = self._hosts[name] = Host()
        host.held += 1
        host.peak = max(host.peak, host.held)
        gap = now - host.last
        host.last = now
        host.least_gap = min(host.least_gap, gap)
        self._note(now)
        return host

    def _note(self, now: Seconds) -> None:
        recent = self._recent
        recent.append(now)
        if now - recent[0] < _WINDOW:
            self.peak_per_second = max(self.peak_per_second, len(recent))
        else:  # one leaves at least, so that there are no more than before
            while now - recent[0] >= _WINDOW:
                recent.popleft()

    def peak_per_host(self) -> dict[str, int]:
        """Return the most that was held at once, by name of the host."""
        return {name: host.peak for name, host in self._hosts.items()}

    def least_gap_per_host(self) -> dict[str, Seconds]:
        """Return the least time between two arrivals, of the hosts that saw two."""
        gaps = ((name, host.least_gap) for name, host in self._hosts.items())
        return {name: gap for name, gap in gaps if gap < math.inf}
