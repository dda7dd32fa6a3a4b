"""Moments on the clocks of other processes, told by this one's.

`time.perf_counter` is one clock for all processes of a machine. That of another machine is placed
by what was sent and received: no answer left before its question came.

Source: the clock filter of NTP, RFC 5905, 8.
"""

import platform
from pathlib import Path
from typing import NamedTuple

from concurrent_fetch._units import Seconds

_BOOT = Path("/proc/sys/kernel/random/boot_id")


class Exchanged(NamedTuple):
    """When a question was sent and its answer received, here; and the same there."""

    sent: Seconds
    came: Seconds
    """There: the question."""
    left: Seconds
    """There: the answer."""
    received: Seconds

    @property
    def is_of_one_clock(self) -> bool:
        """Whether all four may be of the same clock."""
        return self.sent <= self.came <= self.left <= self.received


def this_machine() -> str:
    """Return what tells this machine, since it was started, from all others."""
    try:
        return _BOOT.read_text().strip()
    except OSError:
        return f"{platform.node()} {platform.system()}"


class ClockOffsets:
    """How far the clocks of other machines are ahead of ours, at least and at most."""

    def __init__(self) -> None:
        self.error: Seconds = 0.0
        """The most that a moment told here may be off."""
        self._bounds: dict[str, tuple[Seconds, Seconds]] = {}

    def ahead(self, machine: str, times: Exchanged) -> Seconds:
        """Return how far the clock of a machine is ahead, after one more exchange with it."""
        now = (times.left - times.received, times.came - times.sent)
        before = self._bounds.get(machine, now)
        both = (max(now[0], before[0]), min(now[1], before[1]))
        least, most = self._bounds[machine] = both if both[0] <= both[1] else now  # they drift
        self.error = max(self.error, (most - least) / 2)
        return (least + most) / 2
