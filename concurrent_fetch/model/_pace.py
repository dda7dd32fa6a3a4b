"""Pace: how fast one host may be asked, where that is not as for every other."""

from collections.abc import Iterator, Mapping
from typing import Any

import attrs

from concurrent_fetch._units import Seconds
from concurrent_fetch.http import host_of
from concurrent_fetch.words import Home, Rule, described, hinted, is_number, seconds, whole

PER_HOST = whole(1, none="None for no limit of a host")
DELAY = seconds(least=0, none="None for no delay")
RATE = Rule(
    is_number,
    "a number of starts per second",
    lambda value: 0 < value <= 1e6,  # beyond it nobody could tell the difference
    "above 0 and at most 1,000,000 starts per second",
    "None for no limit",
)


def _names() -> list[str]:
    return [field.name for field in attrs.fields(Pace)]


_OTHER_WORDS = {
    "concurrency": "per_host={}",
    "limit": "per_host={}",
    "crawl_delay": "delay={}",
    "download_delay": "delay={}",
}
_MISSING = {"rate": "of one host say the time between two starts: write Pace(delay=1 / rate)"}


@described
@hinted(Home("Pace({})", _names, _OTHER_WORDS, _MISSING), noun="field")
@attrs.frozen(kw_only=True)
class Pace:
    """How fast a host may be asked: `Options(hosts={"api.example": Pace(per_host=8)})`.

    What is None is as `Options` has it for every host.

    Raises:
        TypeError, ValueError: with the field, the value and the rule it broke.
    """

    per_host: int | None = attrs.field(default=None, validator=PER_HOST.of_field)
    """Fetches in flight at once at this host."""
    delay: Seconds | None = attrs.field(default=None, validator=DELAY.of_field)
    """At least so long between two starts at this host; 0 lifts the delay of the options."""

    def over(self, general: "Pace") -> "Pace":
        """Return the pace that is in force where `general` is that of every host."""
        return Pace(
            per_host=general.per_host if self.per_host is None else self.per_host,
            delay=general.delay if self.delay is None else self.delay,
        )


class Paces(Mapping[str, Pace]):
    """The paces of some hosts by name; frozen, hashable, and equal to any mapping of the same."""

    __slots__ = ("_of_host",)

    def __init__(self, paces: Mapping[str, Pace]) -> None:
        self._of_host: dict[str, Pace] = {}
        for host, pace in paces.items():
            name = _name(host)
            if name in self._of_host:
                raise ValueError(
                    f"Options.hosts must name each host once, and names {name!r} twice"
                )
            self._of_host[name] = _checked(host, pace)

    def __getitem__(self, host: str) -> Pace:
        return self._of_host[host]

    def __iter__(self) -> Iterator[str]:
        return iter(self._of_host)

    def __len__(self) -> int:
        return len(self._of_host)

    def __hash__(self) -> int:
        return hash(frozenset(self._of_host.items()))

    def __repr__(self) -> str:
        return repr(self._of_host)

    def __reduce__(self) -> tuple[type, tuple[dict[str, Pace]]]:
        return Paces, (self._of_host,)


def as_paces(value: Any) -> Paces:
    """Return the paces that a mapping of host names gives.

    Raises:
        TypeError, ValueError: with what to write instead.
    """
    if isinstance(value, Paces):
        return value
    if not isinstance(value, Mapping):
        raise TypeError(
            f"Options.hosts must be a mapping of host names to Pace, got {type(value).__name__}; "
            "write hosts={'api.example': Pace(per_host=2)}"
        )
    return Paces(value)


def _name(host: object) -> str:
    """Return a host name in its canonical form, as `host_of` has it."""
    if not isinstance(host, str):
        raise TypeError(f"Options.hosts must be named by str, got {type(host).__name__}")
    if found := host_of(host):
        raise ValueError(f"Options.hosts must hold names without scheme and path: write {found!r}")
    literal = f"[{host}]" if host.count(":") > 1 and not host.startswith("[") else host
    name, _, port = literal.rpartition(":")
    if name and port.isdigit():
        literal = name
    if not (found := host_of(f"http://{literal}/")):
        raise ValueError(f"Options.hosts must hold names of hosts, as 'api.example', got {host!r}")
    if literal == name:
        raise ValueError(
            f"Options.hosts must hold names without a port, since a machine is asked at one pace "
            f"by all of them: write {found!r}"
        )
    return found


def _checked(host: str, pace: object) -> Pace:
    if not isinstance(pace, Pace):
        advice = f"; write Pace(per_host={pace})" if isinstance(pace, int) else ""
        raise TypeError(
            f"Options.hosts[{host!r}] must be a Pace, got {type(pace).__name__}{advice}"
        )
    return pace
