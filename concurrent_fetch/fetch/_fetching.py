"""Fetching: what all fetches of one session share, and what each request of them is to say."""

from concurrent_fetch._units import Seconds
from concurrent_fetch.fetch._classify import FailureTable
from concurrent_fetch.fetch._deadlines import Deadlines
from concurrent_fetch.fetch._exchange import Exchange
from concurrent_fetch.fetch._trust_env import Environment
from concurrent_fetch.http import CanonicalURL
from concurrent_fetch.model import Options

_DEFAULT_HEADERS = {
    "User-Agent": "concurrent_fetch",
    "Accept": "*/*",
    # What every client can be held to: their own defaults differ by what else is installed.
    "Accept-Encoding": "gzip, deflate",
}
_ORIGIN_ONLY = frozenset({"authorization", "cookie", "host", "proxy-authorization"})


class Fetching:
    """What all fetches of one session share: options, the client's failures, the environment."""

    def __init__(self, options: Options, failures: FailureTable) -> None:
        self.options = options
        self.failures = failures
        self.environment: Environment | None = Environment() if options.trust_env else None
        self.deadlines: Deadlines = Deadlines()
        self.stopped = False
        given = {name.lower() for name in options.headers}
        defaults = {n: v for n, v in _DEFAULT_HEADERS.items() if n.lower() not in given}
        connection = "keep-alive" if options.reuse_connections else "close"
        self.headers: dict[str, str] = {**defaults, "Connection": connection, **options.headers}
        self.safe_headers: dict[str, str] = {
            name: value for name, value in self.headers.items() if name.lower() not in _ORIGIN_ONLY
        }

    def exchange(
        self, target: CanonicalURL, home: CanonicalURL | None, deadline: Seconds
    ) -> Exchange:
        """Return the exchange for one hop; `home` is the given URL while we are at its origin."""
        headers = self.headers if home is not None else self._headers_away(target)
        authorization = None if home is None else home.authorization
        proxy = None
        if self.environment is not None:
            proxy = self.environment.proxy(target)
            if authorization is None and not (home and "authorization" in self.options.headers):
                authorization = self.environment.authorization(target.host)
        if authorization is not None:
            kept = {n: v for n, v in headers.items() if n.lower() != "authorization"}
            headers = {**kept, "Authorization": authorization}
        return Exchange(target, headers, self.options, deadline, proxy)

    def _headers_away(self, target: CanonicalURL) -> dict[str, str]:
        if "host" not in self.options.headers:
            return self.safe_headers
        # In so many words: a client may have taken the headers of the first hop as its defaults.
        return {**self.safe_headers, "Host": target.authority}
