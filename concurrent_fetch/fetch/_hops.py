"""One fetch without I/O.

`exchanges` is a generator: it yields an `Exchange` for every request that the fetch needs, learns
from what the exchange recorded, and returns the outcome. What makes outcomes equal whichever
client moved the bytes stands here, once.
"""

import sys
from asyncio import CancelledError
from collections.abc import Generator
from time import perf_counter
from typing import Any, TypeAlias

from concurrent_fetch._failure_kinds import FailureKind, Refusal
from concurrent_fetch._units import Seconds
from concurrent_fetch.fetch._classify import classify, let_go
from concurrent_fetch.fetch._exchange import BodyUnwanted, Exchange
from concurrent_fetch.fetch._fetching import Fetching
from concurrent_fetch.fetch._message import message_of
from concurrent_fetch.http import CanonicalURL, canonicalize, resolve
from concurrent_fetch.model import Failure, Outcome, Response, Timing

Hops: TypeAlias = Generator[Exchange, BaseException | None, Outcome]
_Answer: TypeAlias = Generator[Exchange, BaseException | None, Exchange]

_NEARLY = 0.99  # clients keep their limits by clocks and timers of their own


def exchanges(
    url: object, index: int, fetching: Fetching, worker: str, started: Seconds | None = None
) -> Hops:
    """Yield an exchange for each request that this URL needs; return its outcome.

    The driver sends into it the exception that the client raised and that is to be the outcome's,
    or None.
    """
    trip = _Trip(url, index, worker, fetching, started)
    try:
        if fetching.ends_at is not None and fetching.is_over:
            raise fetching.out_of_time()  # noqa: TRY301 - as every failure
        if not fetching.is_trusted:
            raise fetching.distrust()  # noqa: TRY301 - as every failure
        exchange = yield from trip.follow(canonicalize(url))
        exchange.finish()
        return trip.response(exchange)
    except (Exception, CancelledError) as error:  # noqa: BLE001 - the border: costs this outcome only
        failure = trip.failure(error)
        let_go(error, trip.handled)
        return failure
    finally:
        if trip.exchange is not None:
            trip.exchange.release()


class _Trip:
    """How far one fetch has come, and how it goes on: from hop to hop, to an outcome."""

    __slots__ = (
        *("attempts", "exchange", "fetching", "handled", "hop_started", "index"),
        *("jar", "redirects", "set_cookies", "started", "url", "worker"),
    )

    def __init__(
        self, url: object, index: int, worker: str, fetching: Fetching, started: Seconds | None
    ) -> None:
        self.url = url if isinstance(url, str) else _shown(url)
        self.index = index
        self.worker = worker
        self.fetching = fetching
        self.handled = sys.exception()  # by the caller: no cause of what goes wrong here
        self.started = self.hop_started = perf_counter() if started is None else started
        self.attempts = 1
        self.redirects: tuple[str, ...] = ()
        self.set_cookies = False  # by a redirect
        self.jar: Any = None  # made when they do
        self.exchange: Exchange | None = None

    def follow(self, target: CanonicalURL) -> _Answer:
        """Go from redirect to redirect; return the exchange that is the answer."""
        limit = self.fetching.options.max_redirects
        home: CanonicalURL | None = target
        while True:
            exchange = yield from self._request(target, home)
            if not exchange.redirected:
                return exchange
            self._take_cookies(exchange)
            if len(self.redirects) == limit:
                raise self._too_many(limit)
            self.redirects += (target.url,)
            self.hop_started = perf_counter()
            location = exchange.head.location if exchange.head else None
            target = resolve(target, location or b"")
            if home is not None and target.origin != home.origin:
                home = None  # credentials are dropped for good, also when a later hop leads back

    def _take_cookies(self, exchange: Exchange) -> None:
        """Take the cookies that a redirect sets, for the hops that follow."""
        fields = exchange.head.headers.get_all("Set-Cookie") if exchange.head else ()
        if not fields:
            return
        self.set_cookies = True
        if self.fetching.options.keep_cookies:
            self.jar = self.jar or _new_jar()
            self.jar.take(exchange.target, fields)

    def _too_many(self, limit: int) -> Refusal:
        message = f"more redirects than max_redirects={limit}"
        if self.set_cookies and not self.fetching.options.keep_cookies:
            message += "; they set cookies on the way, and keep_cookies=False is set"
        return Refusal(FailureKind.TOO_MANY_REDIRECTS, message)

    def _request(self, target: CanonicalURL, home: CanonicalURL | None) -> _Answer:
        """Do one request; once more where a kept connection turned out to be closed."""
        fetching = self.fetching
        deadline = self.started + fetching.options.timeout
        if fetching.ends_at is not None:
            deadline = min(deadline, fetching.ends_at)
        cookies = "" if self.jar is None else self.jar.sent_to(target)
        again = False
        while True:
            if fetching.stopped:
                raise Refusal(FailureKind.CANCELLED, "the run was stopped")
            exchange = self.exchange = fetching.exchange(target, home, deadline, cookies)
            exchange.on_new_connection = again
            error = yield exchange
            ended_by, exchange.ended_by = exchange.ended_by, None
            if isinstance(ended_by, BodyUnwanted):
                let_go(ended_by, self.handled)
                return exchange
            if ended_by is not None:
                raise ended_by
            if error is None:
                return exchange
            if again or not self._was_stale(exchange, error):
                raise error
            again = True
            self.attempts += 1
            self.hop_started = perf_counter()

    def _was_stale(self, exchange: Exchange, error: BaseException) -> bool:
        """Whether a reused connection was closed before anything came back: nobody's fault."""
        fetching = self.fetching
        if not exchange.reused or exchange.first_byte is not None or fetching.stopped:
            return False
        failures, handled = fetching.failures, self.handled
        kind, _ = classify(error, failures, in_body=False, sent=True, handled=handled)
        return kind is FailureKind.DISCONNECTED

    def response(self, exchange: Exchange) -> Response:
        """Return what the last exchange brought."""
        assert exchange.head is not None  # noqa: S101 - finish() has seen it
        return Response(
            url=self.url,
            final_url=exchange.target.url,
            status_code=exchange.status,
            headers=exchange.head.headers,
            body=exchange.body,
            size=exchange.size,
            wire_size=exchange.wire_size,
            digest=exchange.digest,
            redirects=self.redirects,
            http_version=exchange.http_version,
            reused=exchange.reused,
            attempts=self.attempts,
            timing=self._timing(),
            worker=self.worker,
            index=self.index,
        )

    def failure(self, error: BaseException) -> Failure:
        """Return what the fetch comes to where something went wrong."""
        timing = self._timing()
        kind, message, name = self._judged(error, timing)
        if kind is FailureKind.TIMEOUT and self.fetching.is_over:
            refusal = self.fetching.out_of_time()
            kind, message = refusal.kind, refusal.message
        elif kind is FailureKind.TIMEOUT:
            message = self._which_limit(timing) or message
        if self.fetching.stopped:
            kind, message = FailureKind.CANCELLED, "the run was stopped before this fetch was over"
        return Failure(
            url=self.url,
            kind=kind,
            message=message,
            error=name,
            attempts=self.attempts,
            timing=timing,
            worker=self.worker,
            index=self.index,
        )

    def _judged(self, error: BaseException, timing: Timing) -> tuple[FailureKind, str, str | None]:
        """Return the kind of a failure, what is said of it, and the name of the exception."""
        if isinstance(error, Refusal):
            return error.kind, error.message, None
        kind, cause = classify(
            error,
            self.fetching.failures,
            in_body=timing.first_byte is not None,
            sent=timing.sent is not None,
            handled=self.handled,
        )
        return kind, message_of(kind, cause, self.url, self.exchange), type(error).__name__

    def _timing(self) -> Timing:
        exchange = self.exchange
        if exchange is None:
            return Timing(started=self.started, finished=perf_counter())
        return Timing(
            started=self.started,
            sent=exchange.sent,
            first_byte=exchange.first_byte,
            finished=perf_counter(),
        )

    def _which_limit(self, timing: Timing) -> str | None:
        """Say which of our limits has run out; None where it was one of the client's own."""
        options = self.fetching.options
        if timing.elapsed >= options.timeout * _NEARLY:
            return f"not finished within timeout={options.timeout:g} s"
        connecting = timing.finished - self.hop_started
        has_connected = timing.sent is not None or timing.first_byte is not None
        if not has_connected and connecting >= options.connect_timeout * _NEARLY:
            return f"not connected within connect_timeout={options.connect_timeout:g} s"
        return None


def _new_jar() -> Any:
    from concurrent_fetch.fetch._cookies import Jar  # noqa: PLC0415 - few need one, all would pay

    return Jar()


def _shown(value: object) -> str:
    try:
        return repr(value)
    except Exception:  # noqa: BLE001 - foreign code
        return f"<{type(value).__name__}>"
