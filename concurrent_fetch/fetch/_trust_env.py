"""What the environment says about a URL, read once per run and the same for every client."""

import netrc
import os
import re
from base64 import b64encode
from pathlib import Path

from concurrent_fetch._failure_kinds import FailureKind, Refusal
from concurrent_fetch.http import CanonicalURL, canonicalize

# The only ones named in a message: before "://" there may stand a piece of a mistyped password.
_UNSUPPORTED = frozenset({"https", "socks", "socks4", "socks4a", "socks5", "socks5h"})
_BEHIND_ORIGIN = re.compile("[?#]")


class Environment:
    """Proxies (`HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY`, `NO_PROXY`) and the `.netrc` file."""

    def __init__(self) -> None:
        # Costs 15 ms to import, for those who ask for it.
        from urllib.request import getproxies, proxy_bypass  # noqa: PLC0415 - as said above

        self._proxies = getproxies()
        self._bypass = proxy_bypass
        self._checked = set[str]()
        self._netrc = _read_netrc()

    def proxy(self, target: CanonicalURL) -> str | None:
        """Return the URL of the proxy for this target, if there is one.

        Raises:
            Refusal: the proxy's URL is malformed, or does not begin with http://.
        """
        if self._bypass(f"{target.host}:{target.port}"):
            return None
        name = target.scheme if self._proxies.get(target.scheme) else "all"
        proxy = self._proxies.get(name)
        if not proxy:
            return None
        if "://" not in proxy:
            proxy = f"http://{proxy}"
        if proxy not in self._checked:
            _check_proxy(proxy, f"{name}_proxy")
            self._checked.add(proxy)
        return proxy

    def authorization(self, host: str) -> str | None:
        """Return the `Authorization` that `.netrc` has for the host, if any."""
        entry = self._netrc.authenticators(host) if self._netrc else None
        if not entry:
            return None
        login, _, password = entry
        credentials = f"{login}:{password or ''}".encode()
        return f"Basic {b64encode(credentials).decode()}"


def _check_proxy(proxy: str, variable: str) -> None:
    """Refuse a proxy that no client could use, without a word of its URL: it may be a password."""
    scheme = proxy.partition("://")[0].lower()
    if scheme in _UNSUPPORTED:
        raise Refusal(
            FailureKind.CONNECT,
            f"a proxy at {scheme}:// is not supported; use one at http://, or trust_env=False",
        )
    try:
        is_origin = canonicalize(proxy).origin_form == "/" and not _BEHIND_ORIGIN.search(proxy)
    except Refusal:
        is_origin = False
    if not is_origin:
        raise Refusal(
            FailureKind.CONNECT,
            f"the proxy variable {variable} is malformed; write http://host:port or "
            "http://user:password@host:port with special characters percent-encoded, "
            "or trust_env=False",
        )


def _read_netrc() -> netrc.netrc | None:
    path = os.environ.get("NETRC") or Path("~/.netrc").expanduser()
    try:
        return netrc.netrc(path)
    except (OSError, netrc.NetrcParseError, UnicodeDecodeError):
        return None
