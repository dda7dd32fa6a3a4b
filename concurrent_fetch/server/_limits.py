"""Which requests are turned away: those beyond what a host, or the rate, allows.

Here is no clock: the moment comes with each request.
"""

import math
from typing import Final

from concurrent_fetch._units import Seconds

BURST: Final[Seconds] = 0.5
"""So much time ahead of its rate a burst may be."""


class RateLimit:
    """At most `rate` requests per second in the long run: the generic cell rate algorithm.

    Each request that is let in makes the next one due `1 / rate` later, and one may come `BURST`
    before it is due. So any `t` seconds let in at most `1 + rate * (t + BURST)`, whatever the past.
    That is more than a client of the same rate sends when it makes up for waking late, and less
    than a bucket that holds a whole second. Who is turned away makes nobody else wait.
    """

    __slots__ = ("_due", "_interval")

    def __init__(self, rate: float) -> None:
        self._interval: Seconds = 1 / rate
        self._due: Seconds = -math.inf

    def admits(self, now: Seconds) -> bool:
        """Whether a request may come in now; the next is due later if so."""
        due = max(self._due, now)
        if due - now > BURST:
            return False
        self._due = due + self._interval
        return True


class Limits:
    """Both limits; who is turned away by one counts for neither."""

    __slots__ = ("_per_host", "_rate")

    def __init__(self, per_host: int | None, rate: float | None) -> None:
        self._per_host = math.inf if per_host is None else per_host
        self._rate = None if rate is None else RateLimit(rate)

    def admit(self, under_way: int, now: Seconds) -> bool:
        """Whether a request may come in now, with so many of its host under way."""
        return under_way < self._per_host and (self._rate is None or self._rate.admits(now))
