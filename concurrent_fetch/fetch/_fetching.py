"""Fetching: what all fetches of one session share, and what each request of them is to say."""

import math
from collections.abc import Mapping
from time import perf_counter

from concurrent_fetch._failure_kinds import FailureKind, Refusal
from concurrent_fetch._units import Seconds
from concurrent_fetch.fetch._asked import Asked
from concurrent_fetch.fetch._classify import FailureTable
from concurrent_fetch.fetch._deadlines import Deadlines
from concurrent_fetch.fetch._exchange import Exchange
from concurrent_fetch.fetch._turns import Turns
from concurrent_fetch.http import CanonicalURL, may_go_anywhere
from concurrent_fetch.model import Options
from concurrent_fetch.wire import Environment

ANY_METHOD = frozenset({"*"})
GET_ONLY = frozenset({"GET"})
_DEFAULT_HEADERS = {
    "User-Agent": "concurrent_fetch",
    "Accept": "*/*",
}


class UsualHeaders(dict[str, str]):
    """Those that go with every request, to any host: of the options, and nothing asked besides.

    There is one of them in a session, so that a client may take it for its defaults.
    """


class Fetching:
    """What all fetches of one session share: options, the client's failures, the environment."""

    def __init__(
        self,
        options: Options,
        failures: FailureTable,
        *,
        on_loop: bool,
        checks_addresses: bool = False,
        methods: frozenset[str] = GET_ONLY,
        name: str = "",
    ) -> None:
        self.options = options
        self.takes_pieces: bool = options.takes_pieces
        self.is_trusted: bool = options.allow_private or checks_addresses
        self.failures = failures
        self._methods = methods
        # Said at once, so that a plain GET of a client that is not pays for one look.
        self.is_limited: bool = not (self.is_trusted and self._sends("GET"))
        self._name = name
        self.environment: Environment | None = Environment() if options.trust_env else None
        self.deadlines: Deadlines = Deadlines()
        self._turns = Turns(self.deadlines) if on_loop else None
        self.stopped = False
        self.ends_at: Seconds | None = None
        if options.deadline is not None:
            self.ends_at = perf_counter() + options.deadline
        own = options.all_headers
        given = {name.lower() for name in own}
        self._is_authorized = "authorization" in given
        # The clients' own defaults differ by what else is installed.
        encodings = ", ".join(options.encodings) or "identity"
        usual = {**_DEFAULT_HEADERS, "Accept-Encoding": encodings}
        defaults = {n: v for n, v in usual.items() if n.lower() not in given}
        connection = "keep-alive" if options.reuse_connections else "close"
        self.headers: dict[str, str] = {**defaults, "Connection": connection, **own}
        self.safe_headers: UsualHeaders = UsualHeaders(
            {name: value for name, value in self.headers.items() if may_go_anywhere(name)}
        )
        if len(self.safe_headers) == len(self.headers):
            self.headers = self.safe_headers

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

    def _sends(self, method: str) -> bool:
        return method in self._methods or self._methods >= ANY_METHOD

    def check_client(self, method: str) -> None:
        """Refuse a client that is not trusted, and what it does not send.

        Raises:
            Refusal: with what to write.
        """
        if not self.is_trusted:
            raise self.distrust()
        self.check_method(method)

    def check_method(self, method: str) -> None:
        """Refuse what the client does not send: a GET must not stand for a POST.

        Raises:
            Refusal: it does not.
        """
        if not self._sends(method):
            raise Refusal(
                FailureKind.OTHER,
                f"client {self._name!r} sends {', '.join(sorted(self._methods))} only, and this is "
                f"a {method}; a client of yours says so by Client(methods=...)",
            )

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
        asked: Asked | None = None,
    ) -> Exchange:
        """Return the exchange for one hop; `home` is the given URL while we are at its origin.

        `cookies` are those that redirects have set on the way here; `asked` is what to send where
        that is more than a GET.
        """
        headers = self.headers if home is not None else self.safe_headers
        is_authorized = self._is_authorized
        if asked is not None:
            headers = asked.added_to(headers)
            is_authorized = is_authorized or asked.is_authorized
        authorization = None if home is None else home.authorization
        proxy = self.options.proxy
        if self.environment is not None:
            proxy = proxy or self.environment.proxy(target)
            if home is not None and authorization is None and not is_authorized:
                authorization = self.environment.authorization(target.host)
        if authorization is not None:
            kept = {n: v for n, v in headers.items() if n.lower() != "authorization"}
            headers = {**kept, "Authorization": authorization}
        if cookies:
            headers = _with_cookies(headers, cookies)
        # Libraries would keep the final dot, or decode the name first and refuse some.
        host = target.host
        if (host[-1] == "." or "xn--" in host) and "host" not in map(str.lower, headers):
            headers = {"Host": target.authority, **headers}
        exchange = Exchange(target, headers, self.options, deadline, proxy)
        if asked is not None:
            exchange.method, exchange.content = asked.method, asked.body
        if self._turns is not None:
            exchange.turns = self._turns
        return exchange


def _with_cookies(headers: Mapping[str, str], cookies: str) -> dict[str, str]:
    """Return the headers with one Cookie field: what was given by hand comes first in it."""
    kept = {n: v for n, v in headers.items() if n.lower() != "cookie"}
    given = next((v.rstrip("; \t") for n, v in headers.items() if n.lower() == "cookie"), "")
    return {**kept, "Cookie": f"{given}; {cookies}" if given else cookies}
