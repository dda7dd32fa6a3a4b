"""Fetching: what all fetches of one session share, and what each request of them is to say."""

import math
from collections.abc import Mapping
from time import perf_counter

from concurrent_fetch._failure_kinds import FailureKind, Refusal
from concurrent_fetch._units import Seconds
from concurrent_fetch.fetch._classify import FailureTable
from concurrent_fetch.fetch._deadlines import Deadlines
from concurrent_fetch.fetch._exchange import Exchange
from concurrent_fetch.fetch._turns import Turns
from concurrent_fetch.http import CanonicalURL, may_go_anywhere
from concurrent_fetch.model import Options
from concurrent_fetch.wire import Environment

_DEFAULT_HEADERS = {
    "User-Agent": "concurrent_fetch",
    "Accept": "*/*",
}


class Fetching:
    """What all fetches of one session share: options, the client's failures, the environment."""

    def __init__(
        self,
        options: Options,
        failures: FailureTable,
        *,
        on_loop: bool,
        checks_addresses: bool = False,
    ) -> None:
        self.options = options
        self.is_trusted: bool = options.allow_private or checks_addresses
        self.failures = failures
        self.environment: Environment | None = Environment() if options.trust_env else None
        self.deadlines: Deadlines = Deadlines()
        self._turns = Turns(self.deadlines) if on_loop else None
        self.stopped = False
        self.ends_at: Seconds | None = None
        if options.deadline is not None:
            self.ends_at = perf_counter() + options.deadline
        given = {name.lower() for name in options.headers}
        self._is_authorized = "authorization" in given
        self._names_host = "host" in given
        # The clients' own defaults differ by what else is installed.
        encodings = ", ".join(options.encodings) or "identity"
        usual = {**_DEFAULT_HEADERS, "Accept-Encoding": encodings}
        defaults = {n: v for n, v in usual.items() if n.lower() not in given}
        connection = "keep-alive" if options.reuse_connections else "close"
        self.headers: dict[str, str] = {**defaults, "Connection": connection, **options.headers}
        self.safe_headers: dict[str, str] = {
            name: value for name, value in self.headers.items() if may_go_anywhere(name)
        }

    def time_for_one(self) -> Seconds:
        """Return how long a fetch that begins now may take."""
        timeout = self.options.timeout
        return timeout if self.ends_at is None else min(timeout, self.ends_at - perf_counter())

    @property
    def is_over(self) -> bool:
        """Whether the time of the whole run has run out."""
        return self.ends_at is not None and perf_counter() >= self.ends_at

    def end_if(self, *, is_over: bool) -> None:
        """End here too where the feed says that the run is over: it may have begun before."""
        if is_over:
            self.ends_at = -math.inf

    def out_of_time(self) -> Refusal:
        """Return what is said of a fetch that the end of the run came before."""
        deadline = self.options.deadline
        within = "the time of the run" if deadline is None else f"deadline={deadline:g} s"
        return Refusal(FailureKind.CANCELLED, f"not finished within {within}")

    def distrust(self) -> Refusal:
        """Return what is said of a client that is not trusted: it would connect to any address."""
        return Refusal(
            FailureKind.NOT_ALLOWED,
            "this client does not check addresses, and allow_private=False is set; use one that "
            "declares checks_addresses=True",
        )

    def exchange(
        self,
        target: CanonicalURL,
        home: CanonicalURL | None,
        deadline: Seconds,
        cookies: str = "",
    ) -> Exchange:
        """Return the exchange for one hop; `home` is the given URL while we are at its origin.

        `cookies` are those that redirects have set on the way here.
        """
        headers = self.headers if home is not None else self.safe_headers
        authorization = None if home is None else home.authorization
        proxy = self.options.proxy
        if self.environment is not None:
            proxy = proxy or self.environment.proxy(target)
            if home is not None and authorization is None and not self._is_authorized:
                authorization = self.environment.authorization(target.host)
        if authorization is not None:
            kept = {n: v for n, v in headers.items() if n.lower() != "authorization"}
            headers = {**kept, "Authorization": authorization}
        if cookies:
            headers = _with_cookies(headers, cookies)
        # Libraries would keep the final dot, or decode the name first and refuse some.
        host = target.host
        if (host[-1] == "." or "xn--" in host) and not self._names_host:
            headers = {"Host": target.authority, **headers}
        exchange = Exchange(target, headers, self.options, deadline, proxy)
        if self._turns is not None:
            exchange.turns = self._turns
        return exchange


def _with_cookies(headers: Mapping[str, str], cookies: str) -> dict[str, str]:
    """Return the headers with one Cookie field: what was given by hand comes first in it."""
    kept = {n: v for n, v in headers.items() if n.lower() != "cookie"}
    given = next((v.rstrip("; \t") for n, v in headers.items() if n.lower() == "cookie"), "")
    return {**kept, "Cookie": f"{given}; {cookies}" if given else cookies}
