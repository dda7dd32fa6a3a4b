"""Card: where a comparison was made. What may differ tomorrow, and then its numbers with it."""

import asyncio
import os
import platform
import sys
import sysconfig
from collections.abc import Mapping
from typing import Any

import attrs

from concurrent_fetch._units import Seconds
from concurrent_fetch._version import version_of
from concurrent_fetch.words import visible

_FREE = "free-threaded"
_PACKAGES = ("concurrent_fetch", "requests", "urllib3", "httpx", "httpcore", "h11", "aiohttp")
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
    """`GIL`, `free-threaded`, or `free-threaded, GIL on`."""
    platform: str
    """System, release and architecture."""
    cores: int
    """How many this process may use."""
    load: float | None
    """Mean number of runnable processes in the minute before; None where the system tells none."""
    loop: str
    """The class of event loop."""
    switch_interval: Seconds
    """After which a thread that waits for the interpreter lock asks for it."""
    versions: Mapping[str, str] = attrs.field(hash=False)
    """Of this package, the clients and what they stand on; what is not installed is left out."""
    variables: tuple[str, ...]
    """Those of proxies, CA bundles and debugging that are set: their names, never their values."""

    @property
    def has_gil(self) -> bool:
        """Whether threads take turns at running Python."""
        return self.build != _FREE

    def differences(self, other: "Card") -> tuple[str, ...]:
        """Return a phrase for each fact that differs, this card's value first.

        The load counts where the two are more than 1 apart.
        """
        mine, theirs = _facts(self), _facts(other)
        told = [
            f"{name}: {mine.get(name, 'none')} against {theirs.get(name, 'none')}"
            for name in dict.fromkeys([*mine, *theirs])
            if mine.get(name) != theirs.get(name)
        ]
        loads = (self.load, other.load)
        if self.load is not None and other.load is not None and abs(self.load - other.load) > 1:
            told.append("load: {:.1f} against {:.1f}".format(*loads))
        return tuple(told)

    def __str__(self) -> str:
        load = "" if self.load is None else f", load {self.load:.1f}"
        versions = ", ".join(f"{name} {number}" for name, number in self.versions.items())
        variables = f"; set: {', '.join(self.variables)}" if self.variables else ""
        return visible(
            f"{self.python} ({self.build}) on {self.platform}, {self.cores} cores{load}; "
            f"{self.loop}; {versions}{variables}"
        )


def read_card() -> Card:
    """Return the card of this process, here and now."""
    return Card(
        python=f"{platform.python_implementation()} {platform.python_version()}",
        build=_build(),
        platform=f"{platform.system()} {platform.release()} {platform.machine()}",
        cores=_cores(),
        load=_load(),
        loop=_loop(),
        switch_interval=sys.getswitchinterval(),
        versions={name: found for name in _PACKAGES if (found := version_of(name)) is not None},
        variables=tuple(n for n in _VARIABLES if n in os.environ or n.upper() in os.environ),
    )


def _facts(card: Card) -> dict[str, Any]:
    """Return what is compared, by name."""
    names = ("python", "build", "platform", "cores", "loop", "switch_interval")
    facts = {name.replace("_", " "): getattr(card, name) for name in names}
    return facts | dict(card.versions) | dict.fromkeys(card.variables, "set")


def _build() -> str:
    if not sysconfig.get_config_var("Py_GIL_DISABLED"):
        return "GIL"
    is_on: bool = getattr(sys, "_is_gil_enabled", lambda: True)()
    return f"{_FREE}, GIL on" if is_on else _FREE


def _cores() -> int:
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def _load() -> float | None:
    try:
        return os.getloadavg()[0]
    except (AttributeError, OSError):  # Windows has none
        return None


def _loop() -> str:
    loop = asyncio.new_event_loop()
    loop.close()
    return f"{type(loop).__module__}.{type(loop).__qualname__}"
