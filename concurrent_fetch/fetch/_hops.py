"""One fetch without I/O.

`exchanges` is a generator: it yields an `Exchange` for every request that the fetch needs, learns
from what the exchange recorded, and returns the outcome. What makes outcomes equal whichever
client moved the bytes stands here, once.
"""

import sys
from asyncio import CancelledError
from collections.abc import Callable, Generator
from time import perf_counter
from typing import Any, TypeAlias, TypeVar

import attrs

from concurrent_fetch._failure_kinds import FailureKind, Refusal
from concurrent_fetch.feed import Delivery, Job, delivery_of, offered
from concurrent_fetch.fetch._asked import Asked
from concurrent_fetch.fetch._classify import classify, let_go
from concurrent_fetch.fetch._exchange import BodyUnwanted, Exchange, SinkRaised
from concurrent_fetch.fetch._fetching import Fetching
from concurrent_fetch.fetch._making import frozen_response, response_to_fill, timing_of
from concurrent_fetch.fetch._message import message_of
from concurrent_fetch.http import CanonicalURL, canonicalize, resolve
from concurrent_fetch.model import Failure, Outcome, Request, Response, Timing

Hops: TypeAlias = Generator[Exchange, BaseException | None, Outcome]
_Answer: TypeAlias = Generator[Exchange, BaseException | None, Exchange]

_Outcome = TypeVar("_Outcome", Response, Failure)

_NEARLY = 0.99  # clients keep their limits by clocks and timers of their own


def exchanges(job: Job, fetching: Fetching, worker: str) -> Hops:
    """Yield an exchange for each request that this URL needs; return its outcome.

    The driver sends into it the exception that the client raised and that is to be the outcome's,
    or None. What a sink raises is no outcome: it passes through.
    """
    trip = _Trip(job, worker, fetching)
    try:
        if fetching.ends_at is not None and fetching.is_over:
            raise fetching.out_of_time()  # noqa: TRY301 - as every failure
        if fetching.is_limited:
            fetching.check_client("GET" if job.request is None else job.request.method)
        if job.request is not None:
            trip.ask(job.request)
        exchange = yield from trip.follow(canonicalize(job.url))
        exchange.finish()
        response = trip.response(exchange)
        if job.request is not None:
            response = _told(response, job.request)
        return trip.delivered(response) if fetching.takes_pieces else response
    except SinkRaised as raised:
        passed_on = raised.error
    except (Exception, CancelledError) as error:  # noqa: BLE001 - the border: costs this outcome only
        failure = trip.failure(error)
        if job.request is not None:
            failure = _told(failure, job.request)
            job.was_answered = bool(trip.redirects)
        let_go(error, trip.handled)
        return failure
    finally:
        if trip.exchange is not None:
            trip.exchange.release()
        if trip.delivery is not None:
            trip.delivery.discard()
    raise passed_on


class _Trip:
    """How far one fetch has come, and how it goes on: from hop to hop, to an outcome."""

    __slots__ = (
        *(
            "asked",
            "attempts",
            "delivery",
            "exchange",
            "fetching",
            "handled",
            "hop_started",
            "index",
        ),
        *("jar", "redirects", "request", "set_cookies", "started", "url", "worker"),
    )

    def __init__(self, job: Job, worker: str, fetching: Fetching) -> None:
        url: object = job.url  # as it was given
        self.url = url if isinstance(url, str) else _shown(url)
        self.index = job.index
        self.worker = worker
        self.fetching = fetching
        self.handled = sys.exception()  # by the caller: no cause of what goes wrong here
        self.started = self.hop_started = perf_counter() if job.started is None else job.started
        self.attempts = 1
        self.request: Request | None = None
        self.asked: Asked | None = None
        self.redirects: tuple[str, ...] = ()
        self.set_cookies = False  # by a redirect
        self.jar: Any = None  # made when they do
        self.exchange: Exchange | None = None
        self.delivery: Delivery | None = None  # of the body, to a sink of pieces

    def ask(self, request: Request) -> None:
        """Send that, in the place of a GET."""
        self.request = request
        self.asked = Asked.of(request, self.fetching.headers)
        self.fetching.check_method(request.method)

    def follow(self, target: CanonicalURL) -> _Answer:
        """Go from redirect to redirect; return the exchange that is the answer."""
        limit = self.fetching.options.max_redirects
        home: CanonicalURL | None = target
        again = False
        while True:
            exchange = self._next_exchange(target, home, again=again)
            error = yield exchange
            again = self._goes_again(exchange, error, again)
            if again:
                continue
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
            if self.asked is not None:
                self.asked = self.asked.after(exchange.status, same_origin=home is not None)
                self.fetching.check_method(self.asked.method)

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

    def _next_exchange(
        self, target: CanonicalURL, home: CanonicalURL | None, *, again: bool
    ) -> Exchange:
        fetching = self.fetching
        if fetching.stopped:
            raise Refusal(FailureKind.CANCELLED, "the run was stopped")
        deadline = self.started + fetching.options.timeout
        if fetching.ends_at is not None:
            deadline = min(deadline, fetching.ends_at)
        cookies = "" if self.jar is None else self.jar.sent_to(target)
        exchange = self.exchange = fetching.exchange(target, home, deadline, cookies, self.asked)
        exchange.on_new_connection = again
        if fetching.takes_pieces:
            exchange.opening = self.opened
        return exchange

    def _goes_again(self, exchange: Exchange, error: BaseException | None, again: bool) -> bool:
        """Whether it goes once more, as a kept connection turned out to be closed.

        Raises what ended it otherwise.
        """
        ended_by, exchange.ended_by = exchange.ended_by, None
        if isinstance(ended_by, BodyUnwanted):
            let_go(ended_by, self.handled)
            return False
        if ended_by is not None:
            raise ended_by
        if error is None:
            return False
        if again or not self._was_stale(exchange, error):
            raise error
        self.attempts += 1
        self.hop_started = perf_counter()
        return True

    def _was_stale(self, exchange: Exchange, error: BaseException) -> bool:
        """Whether a reused connection was closed before a whole head came back: nobody's fault."""
        fetching = self.fetching
        if not exchange.reused or exchange.first_byte is not None or fetching.stopped:
            return False
        if self.asked is not None and not self.asked.is_idempotent:
            return False  # it may have been taken all the same
        failures, handled = fetching.failures, self.handled
        kind, _ = classify(error, failures, in_body=False, sent=True, handled=handled)
        return kind is FailureKind.DISCONNECTED

    def response(self, exchange: Exchange) -> Response:
        """Return what the last exchange brought."""
        assert exchange.head is not None  # noqa: S101 - finish() has seen it
        filled = response_to_fill()
        filled.url = self.url
        filled.final_url = exchange.target.url
        filled.status_code = exchange.status
        filled.headers = exchange.head.headers
        filled.body = exchange.body
        filled.size = exchange.size
        filled.wire_size = exchange.wire_size
        filled.digest = exchange.digest
        filled.sink = None
        filled.redirects = self.redirects
        filled.http_version = exchange.http_version
        filled.reused = exchange.reused
        filled.attempts = self.attempts
        filled.earlier = ()
        filled.method = "GET"
        filled.tag = filled.key = None
        filled.timing = self._timing()
        filled.worker = self.worker
        filled.index = self.index
        return frozen_response(filled)

    def opened(self, exchange: Exchange) -> Callable[[bytes], object] | None:
        """Open the sink for the body that begins; return what takes its pieces."""
        response = attrs.evolve(self.response(exchange), digest=None)
        if self.request is not None:
            response = _told(response, self.request)
        self.delivery = delivery_of(response, self.fetching.options)
        return None if self.delivery is None else self.delivery.write

    def delivered(self, response: Response) -> Response:
        """Return the response with the place where its body is, if a sink took it."""
        if self.delivery is None:
            return offered(response)
        try:
            return offered(self.delivery.commit(response))
        except Exception as error:  # noqa: BLE001 - foreign code
            raise SinkRaised(error) from None

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
            return timing_of(self.started, None, None, perf_counter())
        return timing_of(self.started, exchange.sent, exchange.first_byte, perf_counter())

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


def _told(outcome: _Outcome, request: Request) -> _Outcome:
    """Return the outcome with what tells its request from others."""
    from concurrent_fetch.feed import key_told  # noqa: PLC0415 - few send requests, all would pay

    return attrs.evolve(outcome, method=request.method, tag=request.tag, key=key_told(request))


def _new_jar() -> Any:
    from concurrent_fetch.fetch._cookies import Jar  # noqa: PLC0415 - few need one, all would pay

    return Jar()


def _shown(value: object) -> str:
    try:
        return repr(value)
    except Exception:  # noqa: BLE001 - foreign code
        return f"<{type(value).__name__}>"
