"""One fetch without I/O.

`exchanges` is a generator: it yields an `Exchange` for every request that the fetch needs, learns
from what the exchange recorded, and returns the outcome. What makes outcomes equal whichever
client moved the bytes stands here, once.
"""

import sys
from asyncio import CancelledError
from collections.abc import Generator
from time import perf_counter
from typing import TypeAlias

from concurrent_fetch._failure_kinds import FailureKind, Refusal
from concurrent_fetch._units import Seconds
from concurrent_fetch.fetch._classify import FailureTable, classify, in_words, let_go
from concurrent_fetch.fetch._deadlines import Deadlines
from concurrent_fetch.fetch._exchange import BodyUnwanted, Exchange
from concurrent_fetch.fetch._trust_env import Environment
from concurrent_fetch.http import CanonicalURL, canonicalize, redact_within, resolve
from concurrent_fetch.model import Failure, Options, Outcome, Response, Timing

Hops: TypeAlias = Generator[Exchange, BaseException | None, Outcome]

_DEFAULT_HEADERS = {
    "User-Agent": "concurrent_fetch",
    "Accept": "*/*",
    # What every client can be held to: their own defaults differ by what else is installed.
    "Accept-Encoding": "gzip, deflate",
}
_NEARLY = 0.99  # clients keep their limits by clocks and timers of their own
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


class _Trip:
    """How far one fetch has come: what its outcome will say, whatever that is."""

    __slots__ = (
        "attempts",
        "exchange",
        "handled",
        "hop_started",
        "index",
        "redirects",
        "started",
        "url",
        "worker",
    )

    def __init__(self, url: object, index: int, worker: str) -> None:
        self.url = url if isinstance(url, str) else _shown(url)
        self.index = index
        self.worker = worker
        self.handled = sys.exception()  # by the caller: no cause of what goes wrong here
        self.started = self.hop_started = perf_counter()
        self.attempts = 1
        self.redirects: tuple[str, ...] = ()
        self.exchange: Exchange | None = None

    def timing(self) -> Timing:
        exchange = self.exchange
        if exchange is None:
            return Timing(started=self.started, finished=perf_counter())
        return Timing(
            started=self.started,
            sent=exchange.sent,
            first_byte=exchange.first_byte,
            finished=perf_counter(),
        )


def exchanges(url: object, index: int, fetching: Fetching, worker: str) -> Hops:
    """Yield an exchange for each request that this URL needs; return its outcome.

    The driver sends into it the exception that the client raised and that is to be the outcome's,
    or None.
    """
    trip = _Trip(url, index, worker)
    try:
        target = canonicalize(url)
        exchange = yield from _follow(target, trip, fetching)
        exchange.finish()
        return _response(exchange, trip)
    except (Exception, CancelledError) as error:  # noqa: BLE001 - the border: costs this outcome only
        failure = _failure(error, trip, fetching)
        let_go(error, trip.handled)
        return failure
    finally:
        if trip.exchange is not None:
            trip.exchange.release()


def _follow(
    target: CanonicalURL, trip: _Trip, fetching: Fetching
) -> Generator[Exchange, BaseException | None, Exchange]:
    """Go from redirect to redirect; return the exchange that is the answer."""
    limit = fetching.options.max_redirects
    home: CanonicalURL | None = target
    deadline = trip.started + fetching.options.timeout
    while True:
        exchange = yield from _request(target, home, deadline, trip, fetching)
        if not exchange.redirected:
            return exchange
        if len(trip.redirects) == limit:
            raise Refusal(
                FailureKind.TOO_MANY_REDIRECTS, f"more redirects than max_redirects={limit}"
            )
        trip.redirects += (target.url,)
        trip.hop_started = perf_counter()
        location = exchange.head.location if exchange.head else None
        target = resolve(target, location or b"")
        if home is not None and target.origin != home.origin:
            home = None  # credentials are dropped for good, also when a later hop leads back


def _request(
    target: CanonicalURL,
    home: CanonicalURL | None,
    deadline: Seconds,
    trip: _Trip,
    fetching: Fetching,
) -> Generator[Exchange, BaseException | None, Exchange]:
    """Do one request; once more where a kept connection turned out to be closed."""
    while True:
        if fetching.stopped:
            raise Refusal(FailureKind.CANCELLED, "the run was stopped")
        exchange = trip.exchange = fetching.exchange(target, home, deadline)
        error = yield exchange
        ended_by, exchange.ended_by = exchange.ended_by, None
        if isinstance(ended_by, BodyUnwanted):
            let_go(ended_by, trip.handled)
            return exchange
        if ended_by is not None:
            raise ended_by
        if error is None:
            return exchange
        if not (trip.attempts == 1 and _was_stale(exchange, error, trip, fetching)):
            raise error
        trip.attempts += 1
        trip.hop_started = perf_counter()


def _was_stale(exchange: Exchange, error: BaseException, trip: _Trip, fetching: Fetching) -> bool:
    """Whether a reused connection was closed before anything came back: nobody's fault."""
    if not exchange.reused or exchange.first_byte is not None or fetching.stopped:
        return False
    kind, _ = classify(error, fetching.failures, in_body=False, sent=True, handled=trip.handled)
    return kind is FailureKind.DISCONNECTED


def _response(exchange: Exchange, trip: _Trip) -> Response:
    assert exchange.head is not None  # noqa: S101 - finish() has seen it
    return Response(
        url=trip.url,
        final_url=exchange.target.url,
        status_code=exchange.status,
        headers=exchange.head.headers,
        body=exchange.body,
        size=exchange.size,
        wire_size=exchange.wire_size,
        digest=exchange.digest,
        redirects=trip.redirects,
        http_version=exchange.http_version,
        reused=exchange.reused,
        attempts=trip.attempts,
        timing=trip.timing(),
        worker=trip.worker,
        index=trip.index,
    )


def _failure(error: BaseException, trip: _Trip, fetching: Fetching) -> Failure:
    timing = trip.timing()
    if isinstance(error, Refusal):
        kind, message, name = error.kind, error.message, None
    else:
        kind, cause = classify(
            error,
            fetching.failures,
            in_body=timing.first_byte is not None,
            sent=timing.sent is not None,
            handled=trip.handled,
        )
        proxy = None if trip.exchange is None else trip.exchange.proxy
        message, name = redact_within(in_words(cause), proxy), type(error).__name__
    if kind is FailureKind.TIMEOUT:
        message = _which_limit(timing, trip, fetching.options) or message
    if fetching.stopped:
        kind, message = FailureKind.CANCELLED, "the run was stopped before this fetch was over"
    return Failure(
        url=trip.url,
        kind=kind,
        message=message,
        error=name,
        attempts=trip.attempts,
        timing=timing,
        worker=trip.worker,
        index=trip.index,
    )


def _which_limit(timing: Timing, trip: _Trip, options: Options) -> str | None:
    """Say which of our limits has run out; None where it was one of the client's own."""
    if timing.elapsed >= options.timeout * _NEARLY:
        return f"not finished within timeout={options.timeout:g} s"
    connecting = timing.finished - trip.hop_started
    has_connected = timing.sent is not None or timing.first_byte is not None
    if not has_connected and connecting >= options.connect_timeout * _NEARLY:
        return f"not connected within connect_timeout={options.connect_timeout:g} s"
    return None


def _shown(value: object) -> str:
    try:
        return repr(value)
    except Exception:  # noqa: BLE001 - foreign code
        return f"<{type(value).__name__}>"
