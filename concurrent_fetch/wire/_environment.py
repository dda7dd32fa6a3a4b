"""What the environment says about a URL, read once per run and the same for every client."""

import netrc
import os
from base64 import b64encode
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import TypeAlias

from concurrent_fetch._failure_kinds import Refusal
from concurrent_fetch.http import CanonicalURL, proxy_origin
from concurrent_fetch.wire._addresses import literal_address

_Network: TypeAlias = IPv4Network | IPv6Network


class Environment:
    """Proxies (`HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY`, `NO_PROXY`) and the `.netrc` file."""

    def __init__(self) -> None:
        # Costs 15 ms to import, for those who ask for it.
        from urllib.request import getproxies, proxy_bypass  # noqa: PLC0415 - as said above

        self._proxies = getproxies()
        self._bypass = proxy_bypass
        self._direct = _networks(self._proxies.get("no", ""))
        self._netrc = _read_netrc()

    def proxy(self, target: CanonicalURL) -> str | None:
        """Return the URL of the proxy for this target, if there is one.

        Raises:
            Refusal: the proxy's URL is malformed, or does not begin with http://.
        """
        if self._is_exempt(target):
            return None
        name = target.scheme if self._proxies.get(target.scheme) else "all"
        proxy = self._proxies.get(name)
        if not proxy:
            return None
        try:
            proxy_origin(proxy, f"the proxy variable {name}_proxy")
        except Refusal as refusal:
            raise Refusal(refusal.kind, f"{refusal.message}, or trust_env=False") from None
        return proxy if "://" in proxy else f"http://{proxy}"

    def authorization(self, host: str) -> str | None:
        """Return the `Authorization` that `.netrc` has for the host, if any."""
        entry = self._netrc.authenticators(host) if self._netrc else None
        if not entry:
            return None
        login, _, password = entry
        credentials = f"{login}:{password or ''}".encode()
        return f"Basic {b64encode(credentials).decode()}"

    def _is_exempt(self, target: CanonicalURL) -> bool:
        host = target.host.removesuffix(".")
        if self._direct and literal_address(host, target.port) is not None:
            address = ip_address(host)
            if isinstance(address, IPv6Address):
                address = address.ipv4_mapped or address
            if any(address in network for network in self._direct):
                return True
        return bool(self._bypass(f"{host}:{target.port}"))


def _networks(no_proxy: str) -> tuple[_Network, ...]:
    """Return the networks and addresses that NO_PROXY names; the rest of it are names."""
    found: list[_Network] = []
    for entry in no_proxy.replace(",", " ").split():
        literal, _, length = entry.partition("/")
        try:
            bare = literal.removeprefix("[").removesuffix("]")
            found.append(ip_network(f"{bare}/{length}" if length else bare, strict=False))
        except ValueError:
            continue
    return tuple(found)


def _read_netrc() -> netrc.netrc | None:
    try:
        return netrc.netrc(os.environ.get("NETRC") or Path("~/.netrc").expanduser())
    except (OSError, netrc.NetrcParseError, UnicodeDecodeError, RuntimeError):
        return None  # the last: there is no home
