"""Limits: what the options say of when a fetch may start, as the queue asks for it."""

from collections.abc import Mapping
from typing import NamedTuple

from concurrent_fetch._units import Seconds
from concurrent_fetch.model import Options, Pace


class Limits(NamedTuple):
    """When a fetch may start; nothing set: at once."""

    places: int
    """Fetches in flight at once, over all hosts."""
    per_host: int | None = None
    delay: Seconds | None = None
    rate: float | None = None
    deadline: Seconds | None = None
    hosts: Mapping[str, Pace] = {}

    @classmethod
    def of(cls, options: Options) -> "Limits":
        """Return what the options say."""
        return cls(
            options.concurrency,
            options.per_host,
            options.delay,
            options.rate,
            options.deadline,
            dict(options.hosts),
        )

    @property
    def are_of_hosts(self) -> bool:
        """Whether any of them is of single hosts."""
        return bool(self.per_host or self.delay or self.hosts)

    def of_host(self, name: str) -> tuple[int, Seconds]:
        """Return the places of a host, and the delay between its starts."""
        if not name:  # of what is no URL, which nobody is asked for
            return self.places, 0.0
        own = self.hosts.get(name)
        per_host, delay = self.per_host, self.delay
        if own is not None:
            pace = own.over(Pace(per_host=per_host, delay=delay))
            per_host, delay = pace.per_host, pace.delay
        return min(self.places, per_host or self.places), delay or 0.0
