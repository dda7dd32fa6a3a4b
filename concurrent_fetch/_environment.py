"""What the environment says about a URL, read once per run and the same for every client."""

import netrc
import os
from base64 import b64encode
from pathlib import Path

from concurrent_fetch._kinds import FailureKind, Refusal
from concurrent_fetch._url import CanonicalURL


class Environment:
    """Proxies (`HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY`, `NO_PROXY`) and the `.netrc` file."""

    def __init__(self) -> None:
        # Costs 15 ms to import, for those who ask for it.
        from urllib.request import getproxies, proxy_bypass  # noqa: PLC0415

        self._proxies = getproxies()
        self._bypass = proxy_bypass
        self._netrc = _read_netrc()

    def proxy(self, target: CanonicalURL) -> str | None:
        """Return the URL of the proxy for this target, if there is one.

        Raises:
            Refusal: the proxy is neither http nor https.
        """
        if self._bypass(f"{target.host}:{target.port}"):
            return None
        proxy = self._proxies.get(target.scheme) or self._proxies.get("all")
        if not proxy:
            return None
        if "://" not in proxy:
            proxy = f"http://{proxy}"
        scheme = proxy.partition("://")[0].lower()
        if scheme not in ("http", "https"):
            raise Refusal(
                FailureKind.CONNECT,
                f"a {scheme} proxy is not supported; use an http or https proxy, "
                "or trust_env=False",
            )
        return proxy

    def authorization(self, host: str) -> str | None:
        """Return the `Authorization` that `.netrc` has for the host, if any."""
        entry = self._netrc.authenticators(host) if self._netrc else None
        if not entry:
            return None
        login, _, password = entry
        credentials = f"{login}:{password or ''}".encode()
        return f"Basic {b64encode(credentials).decode()}"


def _read_netrc() -> netrc.netrc | None:
    path = os.environ.get("NETRC") or Path("~/.netrc").expanduser()
    try:
        return netrc.netrc(path)
    except (OSError, netrc.NetrcParseError, UnicodeDecodeError):
        return None
