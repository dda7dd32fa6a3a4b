"""One fetch without I/O, and the two drivers that feed it to a client.

`exchanges` is a generator: it yields an `Exchange` for every request that the fetch needs, learns
from what the exchange recorded, and returns the outcome. What makes outcomes equal whichever
client moved the bytes stands here, once.
"""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Generator
from time import perf_counter
from typing import TypeAlias

from concurrent_fetch._border import FailureTable, classify
from concurrent_fetch._deadlines import Deadlines
from concurrent_fetch._environment import Environment
from concurrent_fetch._exchange import BodyUnwanted, Exchange
from concurrent_fetch._kinds import FailureKind, Refusal
from concurrent_fetch._options import Options
from concurrent_fetch._outcome import Failure, Outcome, Response, Timing
from concurrent_fetch._units import Seconds
from concurrent_fetch._url import CanonicalURL, canonicalize, resolve

Send: TypeAlias = Callable[[Exchange], object]
AsyncSend: TypeAlias = Callable[[Exchange], Awaitable[object]]
Plan: TypeAlias = Generator[Exchange, Exception | None, Outcome]

_DEFAULT_HEADERS = {
    "User-Agent": "concurrent_fetch",
    "Accept": "*/*",
    # What every client can be held to: their own defaults differ by what else is installed.
    "Accept-Encoding": "gzip, deflate",
}
_ORIGIN_ONLY = frozenset({"authorization", "cookie", "proxy-authorization"})


class Fetching:
    """What all fetches of one session share: options, the client's failures, the environment."""

    def __init__(self, options: Options, failures: FailureTable) -> None:
        self.options = options
        self.failures = failures
        self.environment = Environment() if options.trust_env else None
        self.deadlines = Deadlines()
        self.stopped = False
        given = {name.lower() for name in options.headers}
        defaults = {n: v for n, v in _DEFAULT_HEADERS.items() if n.lower() not in given}
        connection = "keep-alive" if options.reuse_connections else "close"
        self.headers = {**defaults, "Connection": connection, **options.headers}
        self.safe_headers = {
            name: value for name, value in self.headers.items() if name.lower() not in _ORIGIN_ONLY
        }

    def exchange(
        self, target: CanonicalURL, home: CanonicalURL | None, deadline: Seconds
    ) -> Exchange:
        """Return the exchange for one hop; `home` is the given URL while we are at its origin."""
        headers = self.safe_headers if home is None else self.headers
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


class _Progress:
    """How far one fetch has come: what its outcome will say, whatever that is."""

    __slots__ = ("attempts", "exchange", "index", "redirects", "started", "url", "worker")

    def __init__(self, url: object, index: int, worker: str) -> None:
        self.url = url if isinstance(url, str) else repr(url)
        self.index = index
        self.worker = worker
        self.started = perf_counter()
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


def exchanges(url: object, index: int, fetching: Fetching, worker: str) -> Plan:
    """Yield an exchange for each request that this URL needs; return its outcome.

    The driver sends into it the exception that the client raised, or None.
    """
    progress = _Progress(url, index, worker)
    try:
        target = canonicalize(url)
        exchange = yield from _follow(target, progress, fetching)
        exchange.finish()
    except Exception as error:  # noqa: BLE001 - the border: whatever it is costs this outcome only
        return _failure(error, progress, fetching)
    return _response(exchange, progress)


def _follow(
    target: CanonicalURL, progress: _Progress, fetching: Fetching
) -> Generator[Exchange, Exception | None, Exchange]:
    """Go from redirect to redirect; return the exchange that is the answer."""
    limit = fetching.options.max_redirects
    home: CanonicalURL | None = target
    deadline = progress.started + fetching.options.timeout
    while True:
        exchange = yield from _request(target, home, deadline, progress, fetching)
        if not exchange.redirected:
            return exchange
        if len(progress.redirects) == limit:
            raise Refusal(
                FailureKind.TOO_MANY_REDIRECTS, f"more redirects than max_redirects={limit}"
            )
        progress.redirects += (target.url,)
        location = exchange.head.location if exchange.head else None
        target = resolve(target, location or b"")
        if home is not None and target.origin != home.origin:
            home = None  # credentials are dropped for good, also when a later hop leads back


def _request(
    target: CanonicalURL,
    home: CanonicalURL | None,
    deadline: Seconds,
    progress: _Progress,
    fetching: Fetching,
) -> Generator[Exchange, Exception | None, Exchange]:
    """Do one request; once more where a kept connection turned out to be closed."""
    while True:
        if fetching.stopped:
            raise Refusal(FailureKind.CANCELLED, "the run was stopped")
        exchange = progress.exchange = fetching.exchange(target, home, deadline)
        error = yield exchange
        if exchange.verdict is not None:
            if isinstance(exchange.verdict, BodyUnwanted):
                return exchange
            raise exchange.verdict
        if error is None:
            return exchange
        if not (progress.attempts == 1 and _was_stale(exchange, error, fetching)):
            raise error
        progress.attempts += 1


def _was_stale(exchange: Exchange, error: Exception, fetching: Fetching) -> bool:
    """Whether a reused connection was closed before anything came back: nobody's fault."""
    if not exchange.reused or exchange.first_byte is not None or fetching.stopped:
        return False
    kind, _ = classify(error, fetching.failures, in_body=False)
    return kind is FailureKind.DISCONNECTED


def _response(exchange: Exchange, progress: _Progress) -> Response:
    assert exchange.head is not None  # noqa: S101 - finish() has seen it
    return Response(
        url=progress.url,
        final_url=exchange.url,
        status_code=exchange.status,
        headers=exchange.head.headers,
        body=exchange.body,
        size=exchange.size,
        wire_size=exchange.wire_size,
        digest=exchange.digest,
        redirects=progress.redirects,
        http_version=exchange.http_version,
        reused=exchange.reused,
        attempts=progress.attempts,
        timing=progress.timing(),
        worker=progress.worker,
        index=progress.index,
    )


def _failure(error: Exception, progress: _Progress, fetching: Fetching) -> Failure:
    timing = progress.timing()
    if isinstance(error, Refusal):
        kind, message, name = error.kind, error.message, None
    else:
        in_body = progress.exchange is not None and progress.exchange.first_byte is not None
        kind, cause = classify(error, fetching.failures, in_body=in_body)
        message, name = f"{type(cause).__name__}: {cause}", type(error).__name__
    if kind is FailureKind.TIMEOUT:
        message = _which_limit(timing.elapsed, fetching.options)
    if fetching.stopped:
        kind, message = FailureKind.CANCELLED, "the run was stopped before this fetch was over"
    return Failure(
        url=progress.url,
        kind=kind,
        message=message,
        error=name,
        attempts=progress.attempts,
        timing=timing,
        worker=progress.worker,
        index=progress.index,
    )


def _which_limit(elapsed: Seconds, options: Options) -> str:
    if elapsed >= options.timeout * 0.99:
        return f"not finished within timeout={options.timeout:g} s"
    return f"not connected within connect_timeout={options.connect_timeout:g} s"


def fetch(send: Send, url: object, index: int, fetching: Fetching) -> Outcome:
    """Drive one fetch through a client's `send`; whatever happens is an outcome."""
    plan = exchanges(url, index, fetching, threading.current_thread().name)
    error: Exception | None = None
    try:
        exchange = next(plan)
        while True:
            try:
                send(exchange)
            except Exception as raised:  # noqa: BLE001 - the border
                error = raised
            exchange, error = plan.send(error), None
    except StopIteration as stop:
        outcome: Outcome = stop.value
        return outcome


async def fetch_async(send: AsyncSend, url: object, index: int, fetching: Fetching) -> Outcome:
    """Drive one fetch through an async client's `send`, and cancel it there at its deadline."""
    task = asyncio.current_task()
    assert task is not None  # noqa: S101 - a coroutine runs in a task
    plan = exchanges(url, index, fetching, task.get_name())
    error: Exception | None = None
    with fetching.deadlines.watch(task, fetching.options.timeout) as deadline:
        try:
            exchange = next(plan)
            while True:
                try:
                    await send(exchange)
                except BaseException as raised:
                    if deadline.is_over():
                        error = TimeoutError()
                    elif isinstance(raised, Exception):
                        error = raised
                    else:
                        raise
                exchange, error = plan.send(error), None
        except StopIteration as stop:
            outcome: Outcome = stop.value
    if not outcome.ok:
        await asyncio.sleep(0)  # a bad URL fails without waiting: others get their turn here
    return outcome
