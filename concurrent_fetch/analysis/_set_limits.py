"""Set limits: what the options of a run limit besides the number in flight."""

from collections import defaultdict
from collections.abc import Sequence

from concurrent_fetch._units import Seconds
from concurrent_fetch.analysis._tries import Tries
from concurrent_fetch.model import Options

Spans = list[tuple[Seconds, Seconds]]
"""Starts and ends."""


def has_limits(options: Options) -> bool:
    """Whether the options limit when a fetch may start."""
    return bool(options.rate) or are_of_hosts(options)


def are_of_hosts(options: Options) -> bool:
    """Whether they limit that at single hosts."""
    return bool(options.per_host or options.delay or options.hosts)


def longest_pause(options: Options) -> Seconds:
    """Return how long a limit may hold up a fetch where nothing is in flight."""
    delays = [options.delay, *(pace.delay for pace in options.hosts.values())]
    return max(1 / options.rate if options.rate else 0.0, *(delay or 0.0 for delay in delays))


def by_host(tries: Tries, hosts: Sequence[str]) -> dict[str, Spans]:
    """Return when something was fetched of each host; `hosts` are those of the URLs.

    What is no URL has none.
    """
    found = defaultdict[str, Spans](list)
    for start, end, place in zip(tries.starts, tries.ends, tries.places, strict=True):
        found[hosts[place]].append((start, end))
    found.pop("", None)
    return found
