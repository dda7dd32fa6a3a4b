"""Clients: how one request is sent and answered. Names resolve to clients through entry points."""

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import (
    AbstractAsyncContextManager,
    AbstractContextManager,
    asynccontextmanager,
    contextmanager,
)
from functools import cache
from typing import Protocol, TypeVar

import attrs

from concurrent_fetch._failure_kinds import FailureKind
from concurrent_fetch.errors import UnknownNameError
from concurrent_fetch.feed import Job, after_work, job_of, options_to_fetch
from concurrent_fetch.fetch._client_rules import (
    as_methods,
    check_failures,
    check_name,
    check_open,
    check_send,
    checked_manager,
)
from concurrent_fetch.fetch._drivers import AsyncSend, Send, drive, drive_async
from concurrent_fetch.fetch._fetching import GET_ONLY, Fetching
from concurrent_fetch.fetch._on_asyncio import task_of_asyncio
from concurrent_fetch.model import Options, Outcome, Request, check_options, options_home
from concurrent_fetch.wire import warn_of_few_descriptors
from concurrent_fetch.words import FLAG, described, did_you_mean, hinted

_GROUP = "concurrent_fetch.clients"
_ASYNC_GROUP = "concurrent_fetch.async_clients"


class Get(Protocol):
    """Fetch one URL; a failed fetch is a `Failure`, never an exception."""

    def __call__(self, url: str | Request | Job, index: int = 0) -> Outcome:
        """Return the outcome; `index` is the URL's place in its set.

        Of a job of a feed the work on the response is left to the feed, which knows whether it is
        final.
        """
        ...


class AsyncGet(Protocol):
    """Fetch one URL on the event loop; a failed fetch is a `Failure`, never an exception."""

    async def __call__(self, url: str | Request | Job, index: int = 0) -> Outcome:
        """Return the outcome, as `Get` does."""
        ...


@described
@hinted()
@attrs.frozen
class Client:
    """How one request is sent and answered in a thread.

    `open(options)` is a context manager that yields `send(exchange)`. It is entered once per run;
    `send` may be called from many threads at once; leaving it aborts what is in flight.

    Raises:
        TypeError, ValueError: with the field, and what to write.
    """

    name: str = attrs.field(validator=check_name)
    """As tables and `Options` of a strategy name it."""
    open: Callable[[Options], AbstractContextManager[Send]] = attrs.field(
        repr=False, validator=check_open
    )
    """Called once per run: returns a context manager that yields `send(exchange)`."""
    failures: Mapping[type[BaseException], FailureKind] = attrs.field(
        factory=dict, validator=check_failures, kw_only=True, repr=False, hash=False
    )
    """Which kind of failure each exception class of the client is, where the innermost cause (a
    refused connection, an unknown name …) does not say it already."""
    methods: frozenset[str] = attrs.field(
        default=GET_ONLY, converter=as_methods, kw_only=True, repr=False
    )
    """Those that it sends, with their bodies: `exchange.method` and `exchange.content`; "*" is any.
    A request of another one is a failure, and no GET."""
    checks_addresses: bool = attrs.field(
        default=False, validator=FLAG.of_field, kw_only=True, repr=False
    )
    """Declares that with `Options(allow_private=False)` the client connects to public addresses
    only, and looks up what it asks a proxy for."""

    @hinted(options_home("client.session(Options({}))"))
    @contextmanager
    def session(self, options: Options | None = None) -> Iterator[Get]:
        """Open the client for one run: yields `get(url, index=0) -> Outcome`, for any thread."""
        options = Options() if options is None else options
        fetching = _begun(self, options, on_loop=False)
        with checked_manager(self.name, self.open(fetching.options), on_loop=False) as send:
            check_send(self.name, send, on_loop=False)

            def get(url: str | Request | Job, index: int = 0) -> Outcome:
                if isinstance(url, Job):
                    fetching.end_if(is_over=url.is_over)
                    return drive(send, url, fetching)
                return after_work(drive(send, job_of(url, index), fetching), options)

            try:
                yield get
            finally:
                fetching.stopped = True


@described
@hinted()
@attrs.frozen
class AsyncClient:
    """How one request is sent and answered on an event loop: `Client` with `async` and `await`.

    `name`, `failures`, `methods` and `checks_addresses` are as there; `open` is an async context
    manager, and yields a `send` that is awaited.
    """

    name: str = attrs.field(validator=check_name)
    open: Callable[[Options], AbstractAsyncContextManager[AsyncSend]] = attrs.field(
        repr=False, validator=check_open
    )
    failures: Mapping[type[BaseException], FailureKind] = attrs.field(
        factory=dict, validator=check_failures, kw_only=True, repr=False, hash=False
    )
    methods: frozenset[str] = attrs.field(
        default=GET_ONLY, converter=as_methods, kw_only=True, repr=False
    )
    checks_addresses: bool = attrs.field(
        default=False, validator=FLAG.of_field, kw_only=True, repr=False
    )

    @hinted(options_home("client.session(Options({}))"))
    @asynccontextmanager
    async def session(self, options: Options | None = None) -> AsyncIterator[AsyncGet]:
        """Open the client for one run: yields `await get(url, index=0)`, for any task.

        Raises EventLoopError where no task of asyncio runs, as below trio.
        """
        task_of_asyncio()
        options = Options() if options is None else options
        fetching = _begun(self, options, on_loop=True)
        async with checked_manager(self.name, self.open(fetching.options), on_loop=True) as send:
            check_send(self.name, send, on_loop=True)

            async def get(url: str | Request | Job, index: int = 0) -> Outcome:
                if isinstance(url, Job):
                    fetching.end_if(is_over=url.is_over)
                    return await drive_async(send, url, fetching)
                job = job_of(url, index)
                return after_work(await drive_async(send, job, fetching), options)

            try:
                yield get
            finally:
                fetching.stopped = True
                fetching.deadlines.close()


def _begun(client: Client | AsyncClient, options: Options, *, on_loop: bool) -> Fetching:
    """Check the options; return what all fetches of a session share."""
    check_options(options)
    warn_of_few_descriptors(options)
    return Fetching(
        options_to_fetch(options),
        client.failures,
        on_loop=on_loop,
        checks_addresses=client.checks_addresses,
        methods=client.methods,
        name=client.name,
    )


def find_client(client: "str | Client") -> Client:
    """Return the client of that name, or the client itself.

    Raises:
        UnknownNameError: no such name, or the name of an async client only.
        TypeError: neither a name nor a `Client`.
    """
    return _find(client, Client, _GROUP, "fetch_sync and fetch_threaded", "fetch_async")


def find_async_client(client: "str | AsyncClient") -> AsyncClient:
    """Return the async client of that name, or the client itself; raises as `find_client` does."""
    return _find(client, AsyncClient, _ASYNC_GROUP, "fetch_async", "fetch_sync or fetch_threaded")


_AnyClient = TypeVar("_AnyClient", Client, AsyncClient)


def _find(
    client: object, wanted: type[_AnyClient], group: str, takers: str, others: str
) -> _AnyClient:
    if isinstance(client, wanted):
        return client
    if not isinstance(client, str):
        raise TypeError(
            f"{takers} need a {wanted.__name__} or the name of one, got {client!r}"
            + (f"; use it with {others}" if isinstance(client, (Client, AsyncClient)) else "")
        )
    loaders = _loaders(group)
    if client not in loaders:
        raise UnknownNameError(_advice(client, group, others))
    found = loaders[client]()
    if not isinstance(found, wanted):
        raise TypeError(f"entry point {client!r} of {group} is no {wanted.__name__}: {found!r}")
    return found


def _advice(name: str, group: str, others: str) -> str:
    names = sorted(_loaders(group))
    if name in {**_loaders(_GROUP), **_loaders(_ASYNC_GROUP)}:
        return f"client {name!r} works with {others} only; here there are {', '.join(names)}"
    known = ", ".join(names) or "none: is concurrent_fetch installed?"
    return f"no client is called {name!r}{did_you_mean(name, names)}. There are {known}"


@cache
def _loaders(group: str) -> dict[str, Callable[[], object]]:
    """Return what loads each client of a group, by name."""
    from importlib.metadata import entry_points  # noqa: PLC0415 - 10 ms, only for a client's name

    return {point.name: point.load for point in entry_points(group=group)}
