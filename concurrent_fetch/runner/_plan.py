"""Plan: how many requests a measurement will send, before any is sent."""

import contextlib
from collections import Counter
from collections.abc import Iterable, Mapping

import attrs

from concurrent_fetch._failure_kinds import Refusal
from concurrent_fetch.http import canonicalize, host_of
from concurrent_fetch.render import many
from concurrent_fetch.words import visible

_SHOWN = 3


@attrs.frozen(kw_only=True)
class Plan:
    """What a comparison will ask of the servers, at most.

    Redirects and the retry on a connection found closed come on top: only the servers know of
    them. Fewer rounds are run where all is clear at an early look or the time budget is spent.
    """

    strategies: tuple[str, ...]
    """Their names, in the order given."""
    rounds: int
    """Timed runs of each strategy, at most."""
    untimed: int = 2
    """Runs of each strategy beside them: the check run, and the one with probes."""
    hosts: Mapping[str, int] = attrs.field(hash=False)
    """How many URLs of the set each host gets, named with its port where that is not usual."""
    in_flight: int
    """The most fetches at once that any strategy may have."""

    @property
    def urls(self) -> int:
        """How many URLs one run fetches."""
        return sum(self.hosts.values())

    @property
    def runs(self) -> int:
        """How often the URL set is fetched, at most."""
        return len(self.strategies) * (self.rounds + self.untimed)

    @property
    def requests(self) -> int:
        """How many requests that will be, at most."""
        return self.urls * self.runs

    @property
    def is_local(self) -> bool:
        """Whether all hosts are this machine by name or address."""
        return all(is_loopback(host_of(f"http://{authority}/")) for authority in self.hosts)

    def __str__(self) -> str:
        k = len(self.strategies)
        most = sorted(self.hosts.items(), key=lambda host: -host[1])
        untimed = f" ({self.untimed} of them untimed)" if self.untimed else ""
        told = [f"{visible(name)} ({n * self.runs:,})" for name, n in most[:_SHOWN]]
        told += [f"{many(len(most) - _SHOWN, 'host')} more"] if len(most) > _SHOWN else []
        return (
            f"at most {many(self.requests, 'request')} to {', '.join(told) or 'no host'}: "
            f"{many(self.urls, 'URL')} × {k} {'strategy' if k == 1 else 'strategies'} × "
            f"{many(self.rounds + self.untimed, 'run')}{untimed}, "
            f"up to {self.in_flight} in flight"
        )

    def check(self, allowed: int | None) -> None:
        """Refuse a plan of more requests than allowed; None allows any number.

        Raises:
            ValueError: with both numbers and what to change.
        """
        if allowed is not None and self.requests > allowed:
            raise ValueError(
                f"max_requests={allowed} is too few: {self}. Take fewer URLs, rounds or "
                "strategies, or raise max_requests"
            )


def hosts_of(urls: Iterable[str]) -> dict[str, int]:
    """Return how many of the URLs each host gets; a URL that no client sends is left out."""
    hosts = Counter[str]()
    for url in urls:
        with contextlib.suppress(Refusal):
            hosts[canonicalize(url).authority] += 1
    return dict(hosts)


def is_loopback(host: str) -> bool:
    """Whether a host is this machine by its name or address."""
    from ipaddress import ip_address  # noqa: PLC0415 - only for who asks; every import would pay

    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
