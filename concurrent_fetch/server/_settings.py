"""What a server is told at its start, checked once, and its form on the pipe to the child."""

import ssl
from typing import Any

import attrs

from concurrent_fetch._units import Seconds
from concurrent_fetch.server._faults import find_fault
from concurrent_fetch.server._latency import LogNormal, checked_latency
from concurrent_fetch.words import FLAG, Rule, is_number, seconds, whole

_CAPACITY = whole(1, none="None for no limit")
_RATE = Rule(
    is_number,
    "a number of requests per second",
    lambda value: 0 < value <= 1e6,
    "above 0 and at most 1,000,000 requests per second",
    "None for no limit",
)
_RETRY_AFTER = attrs.evolve(
    seconds(none="None to send no Retry-After"),
    holds=lambda value: 0 <= value <= 1e9,  # a date must have a year of four digits
    range_words="from 0 to 1,000,000,000 seconds",
)
_PORT = whole(0, 65535, what="from 0 (any free port) to 65535")


def _check_host(_: object, __: object, value: object) -> None:
    if not isinstance(value, str):
        raise TypeError(f"host must be a str, got {value!r}")
    if not value:
        raise ValueError("host must name an address to listen on, as '127.0.0.1', got ''")


def _check_certificate(_: object, __: object, value: str | None) -> None:
    if value is not None:
        tls_context(value)


def _check_fault(_: object, __: object, value: str | None) -> None:
    if value is not None:
        find_fault(value)


_NAMES = {
    "127.0.0.1": ("localhost",),
    "::1": ("localhost",),
    "0.0.0.0": ("127.0.0.1", "localhost"),  # noqa: S104 - a name, nothing listens here
    "::": ("127.0.0.1", "::1", "localhost"),
}
"""What else an address answers to."""


def tls_context(certificate: str) -> ssl.SSLContext:
    """Return what the server's side of TLS needs. Raises ValueError for an unusable file."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_alpn_protocols(["http/1.1"])
    try:
        context.load_cert_chain(certificate)
    except (OSError, TypeError) as error:
        raise ValueError(
            "certificate must be the path of a PEM file with a private key and its certificates, "
            f"got {certificate!r}: {error}"
        ) from error
    return context


@attrs.frozen(kw_only=True)
class Settings:
    """What the server does, where it listens, and how it proves who it is."""

    latency: Seconds | tuple[Seconds, ...] | LogNormal = attrs.field(
        default=0.0, converter=checked_latency
    )
    capacity: int | None = attrs.field(default=None, validator=_CAPACITY.of_argument)
    per_host: int | None = attrs.field(default=None, validator=_CAPACITY.of_argument)
    rate: float | None = attrs.field(default=None, validator=_RATE.of_argument)
    retry_after: Seconds | None = attrs.field(default=1.0, validator=_RETRY_AFTER.of_argument)
    retry_after_as_date: bool = attrs.field(default=False, validator=FLAG.of_argument)
    unavailable_first: int = attrs.field(default=0, validator=whole(0).of_argument)
    host: str = attrs.field(default="127.0.0.1", validator=_check_host)
    port: int = attrs.field(default=0, validator=_PORT.of_argument)
    certificate: str | None = attrs.field(default=None, validator=_check_certificate)
    fault: str | None = attrs.field(default=None, validator=_check_fault)

    def base_url(self, port: int) -> str:
        """Return the URL of a listener on this port without a path: `http://127.0.0.1:8000`."""
        scheme = "http" if self.certificate is None else "https"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{scheme}://{host}:{port}"

    def authorities(self, port: int) -> frozenset[str]:
        """Return how URLs name a listener on this port for sure; by other names they may, too."""
        hosts = {self.host, *_NAMES.get(self.host, ())}
        usual = port == (80 if self.certificate is None else 443)
        named = {f"[{host}]" if ":" in host else host for host in hosts}
        return frozenset(named if usual else {f"{host}:{port}" for host in named})

    def to_json(self) -> dict[str, Any]:
        """Return plain data that `from_json` turns into equal settings."""
        latency: object = self.latency
        if isinstance(latency, LogNormal):
            latency = attrs.asdict(latency)
        return {**attrs.asdict(self, recurse=False), "latency": latency}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Settings":
        """Return the settings that `to_json` wrote."""
        latency = data["latency"]
        if isinstance(latency, dict):
            latency = LogNormal(**latency)
        return cls(**{**data, "latency": latency})
