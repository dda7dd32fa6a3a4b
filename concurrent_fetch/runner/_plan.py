"""Plan: how many requests a measurement will send and how long that takes, before any is sent."""

import contextlib
import math
from collections import Counter
from collections.abc import Iterable, Mapping

import attrs

from concurrent_fetch._failure_kinds import Refusal
from concurrent_fetch._units import Seconds
from concurrent_fetch.http import canonicalize, host_of
from concurrent_fetch.model import Options
from concurrent_fetch.render import many, seconds
from concurrent_fetch.words import visible

_SHOWN = 3


@attrs.frozen(kw_only=True)
class Plan:
    """What a comparison will ask of the servers, at most.

    Redirects and what is sent again on a connection found closed come on top: only the servers know
    of them. Fewer rounds are run where all is clear at an early look or the time budget is spent.
    """

    strategies: tuple[str, ...]
    """Their names, in the order given."""
    rounds: int
    """Timed runs of each strategy, at most."""
    untimed: int = 2
    """Runs of each strategy beside them: the check run, and the one with probes."""
    warming: int = 0
    """Runs before them of strategies on a Python that compiles while it runs, at most."""
    trials: int = 0
    """Runs after them in which twice the concurrency is tried, at most: which strategies wait for
    that is known after the rounds."""
    alone: int = 0
    """URLs that may be fetched one at a time then, to see whether the server is crowded."""
    hosts: Mapping[str, int] = attrs.field(hash=False)
    """How many URLs of the set each host gets, named with its port where that is not usual."""
    in_flight: int
    """The most fetches at once that any strategy may have."""
    retries: int = 0
    """How often something may be tried again, in one run of each strategy together."""
    retries_in_trials: int = 0
    """The same in `trials` and `alone`, all of them together."""
    pace: Seconds = 0.0
    """How long `rate` and `delay` make one run of each strategy together, at least."""

    @property
    def urls(self) -> int:
        """How many URLs one run fetches."""
        return sum(self.hosts.values())

    @property
    def runs(self) -> int:
        """How often the URL set is fetched, at most."""
        return len(self.strategies) * (self.rounds + self.untimed) + self.warming + self.trials

    @property
    def requests(self) -> int:
        """How many requests that will be, at most."""
        return self.urls * self.runs + self.alone + self.retried

    @property
    def retried(self) -> int:
        """How many of them are retries, by `Options.retry`."""
        return self.retries * (self.rounds + self.untimed) + self.retries_in_trials

    @property
    def least(self) -> Seconds:
        """How long all of that takes at least, as far as `rate` and `delay` tell."""
        return self.pace * (self.rounds + self.untimed)

    @property
    def is_local(self) -> bool:
        """Whether all hosts are this machine by name or address."""
        return are_local(self.hosts)

    def __str__(self) -> str:
        k = len(self.strategies)
        most = sorted(self.hosts.items(), key=lambda host: -host[1])
        untimed = f" ({self.untimed} of them untimed)" if self.untimed else ""
        told = [
            f"{visible(name)} ({n * self.runs + min(n, self.alone):,})" for name, n in most[:_SHOWN]
        ]
        told += [f"{many(len(most) - _SHOWN, 'host')} more"] if len(most) > _SHOWN else []
        retries = "1 retry" if self.retried == 1 else f"{self.retried:,} retries"
        warming = f" and {many(self.warming, 'run')} to warm up" if self.warming else ""
        trials = f" and {many(self.trials, 'run')} to try more in flight" if self.trials else ""
        alone = f" and {many(self.alone, 'URL')} one at a time" if self.alone else ""
        again = f" and {retries}" if self.retried else ""
        return (
            f"at most {many(self.requests, 'request')} to {', '.join(told) or 'no host'}: "
            f"{many(self.urls, 'URL')} × {k} {'strategy' if k == 1 else 'strategies'} × "
            f"{many(self.rounds + self.untimed, 'run')}{untimed}{warming}{trials}{alone}{again}, "
            f"up to {self.in_flight} in flight"
            + (f", in {seconds(self.least)} or more" if self.least else "")
        )

    def check(self, allowed: int | None) -> None:
        """Refuse a plan of more requests than allowed; None allows any number.

        Raises:
            ValueError: with both numbers and what to change.
        """
        if allowed is not None and self.requests > allowed:
            trials = " try_more=False," if self.trials or self.alone else ""
            raise ValueError(
                f"max_requests={allowed} is too few: {self}. Take{trials} fewer URLs, rounds or "
                "strategies, or raise max_requests"
            )


def hosts_of(urls: Iterable[str]) -> dict[str, int]:
    """Return how many of the URLs each host gets; a URL that no client sends is left out."""
    hosts = Counter[str]()
    for url in urls:
        with contextlib.suppress(Refusal):
            hosts[canonicalize(url).authority] += 1
    return dict(hosts)


def retries_in(urls: int, options: Options) -> int:
    """Return how often something may be tried again in one run, at most."""
    retry = options.retry
    if retry is None:
        return 0
    return min(urls * (retry.attempts - 1), math.floor(retry.allowance(urls)))


def pace_of(urls: Iterable[str], options: Options) -> Seconds:
    """Return how long `rate` and `delay` make one run, at least."""
    if not (options.rate or options.delay or options.hosts):
        return 0.0
    by_host = Counter(map(host_of, urls))
    sent = by_host.total() - by_host.pop("", 0)
    by_rate = max(0, sent - 1) / options.rate if options.rate else 0.0
    by_delay = ((n - 1) * (options.pace_of(host).delay or 0.0) for host, n in by_host.items())
    least = max(by_rate, *by_delay, 0.0)
    return least if options.deadline is None else min(least, options.deadline)


def are_local(hosts: Iterable[str]) -> bool:
    """Whether hosts, with or without their ports, are this machine by name or address."""
    return all(is_loopback(host_of(f"http://{authority}/")) for authority in hosts)


def is_loopback(host: str) -> bool:
    """Whether a host is this machine by its name or address."""
    from ipaddress import ip_address  # noqa: PLC0415 - only for who asks; every import would pay

    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        address = ip_address(host)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return address.is_unspecified or (mapped or address).is_loopback
