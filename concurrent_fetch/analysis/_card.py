"""Card: where a comparison was made. What may differ tomorrow, and then its numbers with it."""

import asyncio
import os
import platform
import sys
import sysconfig
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeAlias

import attrs

from concurrent_fetch._python import version_of
from concurrent_fetch._units import Bytes, Seconds
from concurrent_fetch.analysis._digest_costs import digest_costs
from concurrent_fetch.analysis._load import Load
from concurrent_fetch.render import seconds, size
from concurrent_fetch.words import visible

LoopFactory: TypeAlias = Callable[[], asyncio.AbstractEventLoop]

_FREE = "free-threaded"
_ON = "GIL on"
_KEPT_ON = "GIL kept on"
_PACKAGES = (
    *("concurrent_fetch", "requests", "urllib3", "httpx", "httpcore", "h11", "aiohttp"),
    *("httptools", "httpx2", "httpcore2"),
)
_VARIABLES = (
    *("http_proxy", "https_proxy", "all_proxy", "no_proxy"),
    *("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NETRC"),
    *("PYTHONASYNCIODEBUG", "PYTHONMALLOC"),
)


@attrs.frozen(kw_only=True)
class Card:
    """The environment of a comparison: enough to see why another one came out otherwise."""

    python: str
    """Implementation and version, as `CPython 3.13.0`."""
    build: str
    """`GIL`, `free-threaded`; `free-threaded, GIL on` if a module turned it on again, or
    `free-threaded, GIL kept on` if PYTHON_GIL=1 or -X gil=1 did."""
    platform: str
    """System, release and architecture."""
    cores: int
    """How many this process may use."""
    load: float | None
    """Mean number of runnable processes in the minute before; None where the system tells none."""
    loop: str
    """The class of event loop; of several, as the strategies come."""
    switch_interval: Seconds
    """After which a thread that waits for the interpreter lock asks for it."""
    versions: Mapping[str, str] = attrs.field(hash=False)
    """Of this package, the clients, what they stand on, and loops that are not asyncio's own; what
    is not installed is left out."""
    variables: tuple[str, ...]
    """Those of proxies, CA bundles and debugging that are set: their names, never their values."""
    digest_costs: Mapping[Bytes, Seconds] = attrs.field(factory=dict, hash=False)
    """What a SHA-256 takes, by size of the body: 1, 100 and 1,000 KiB; empty where not measured."""
    in_rounds: Load | None = None
    """What others did with this machine while the rounds ran; None where that is not told."""

    @property
    def is_turned_on(self) -> bool:
        """Whether a build that can do without the GIL has it on, since a module turned it on."""
        return self.build == f"{_FREE}, {_ON}"

    @property
    def is_kept_on(self) -> bool:
        """Whether a build that can do without the GIL has it on, since it was started so."""
        return self.build == f"{_FREE}, {_KEPT_ON}"

    @property
    def has_gil(self) -> bool:
        """Whether threads take turns at running Python."""
        return self.build != _FREE

    def differences(self, other: "Card") -> tuple[str, ...]:
        """Return a phrase for each fact that differs, this card's value first.

        The load counts where the two are more than 1 apart; digests where they take twice as long.
        """
        mine, theirs = _facts(self), _facts(other)
        told = [
            f"{name}: {_fact(mine, name)} against {_fact(theirs, name)}"
            for name in dict.fromkeys([*mine, *theirs])
            if mine.get(name) != theirs.get(name)
        ]
        loads = (self.load, other.load)
        if self.load is not None and other.load is not None and abs(self.load - other.load) > 1:
            told.append("load: {:.1f} against {:.1f}".format(*loads))
        return (*told, *_of_digests(self, other))

    def __str__(self) -> str:
        load = "" if self.load is None else f", load {self.load:.1f}"
        versions = ", ".join(f"{name} {number}" for name, number in self.versions.items())
        others = "" if self.in_rounds is None else f"; {self.in_rounds.told(self.cores)}"
        named = ", ".join(self.variables)
        variables = named and f"; environment variables set: {named}"
        return visible(
            f"{self.python} ({self.build}) on {self.platform}, {self.cores} cores{load}; "
            f"{self.loop}; {versions}{variables}{_told(self.digest_costs)}{others}"
        )


def read_card(loops: Iterable[LoopFactory] = ()) -> Card:
    """Return the card of this process, here and now; `loops` make those that are run on, if any."""
    classes = dict.fromkeys(map(loop_class, loops)) or {loop_class(asyncio.new_event_loop): None}
    packages = (*_PACKAGES, *(package for name in classes if (package := _package(name))))
    return Card(
        python=f"{platform.python_implementation()} {platform.python_version()}",
        build=_build(),
        platform=f"{platform.system()} {platform.release()} {platform.machine()}",
        cores=_cores(),
        load=_load(),
        loop=", ".join(classes),
        switch_interval=sys.getswitchinterval(),
        versions={name: found for name in packages if (found := version_of(name)) is not None},
        variables=tuple(n for n in _VARIABLES if n in os.environ or n.upper() in os.environ),
        digest_costs=digest_costs(),
    )


def _told(costs: Mapping[Bytes, Seconds]) -> str:
    told = ", ".join(f"{size(n)} in {seconds(cost)}" for n, cost in costs.items())
    return f"; digest of {told}" if told else ""


def _of_digests(card: Card, other: Card) -> Iterator[str]:
    """Yield how far digests of the largest bodies are apart, if they are."""
    both = card.digest_costs.keys() & other.digest_costs.keys()
    for n in sorted(both)[-1:]:
        mine, theirs = card.digest_costs[n], other.digest_costs[n]
        if max(mine, theirs) > 2 * min(mine, theirs):
            yield f"digest of {size(n)}: {seconds(mine)} against {seconds(theirs)}"


def _facts(card: Card) -> dict[str, Any]:
    """Return what is compared, by name."""
    names = ("python", "build", "platform", "cores", "loop", "switch_interval")
    facts = {name.replace("_", " "): getattr(card, name) for name in names}
    return facts | dict(card.versions) | dict.fromkeys(card.variables, "set")


def _fact(facts: Mapping[str, Any], name: str) -> Any:
    missing = "not set" if name in _VARIABLES else "not installed"
    return facts.get(name, missing)


def _build() -> str:
    if not sysconfig.get_config_var("Py_GIL_DISABLED"):
        return "GIL"
    is_on: bool = getattr(sys, "_is_gil_enabled", lambda: True)()
    if not is_on:
        return _FREE
    is_asked_for = getattr(sys.flags, "gil", None) == 1  # None, where nothing was said
    return f"{_FREE}, {_KEPT_ON if is_asked_for else _ON}"


def _cores() -> int:
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def _load() -> float | None:
    try:
        return os.getloadavg()[0]
    except (AttributeError, OSError):  # Windows has none
        return None


def loop_class(factory: LoopFactory) -> str:
    """Return the class of the event loops that it makes."""
    loop = factory()
    loop.close()
    return f"{type(loop).__module__}.{type(loop).__qualname__}"


def _package(name: str) -> str | None:
    """Return what a class of event loop comes with; None: with Python."""
    package = name.partition(".")[0]
    return None if package in sys.stdlib_module_names else package
