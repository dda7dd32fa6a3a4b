"""A client is checked when it is made, and what it opens when it is opened: each error teaches."""

import asyncio
import functools
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager, nullcontext
from typing import Any

import pytest

import concurrent_fetch as cf
from concurrent_fetch import AsyncClient, Client, Exchange, FailureKind, Options

URLS = ["http://127.0.0.1:1/"]


def send(exchange: Exchange) -> None:
    exchange.answer(200, [])


async def send_async(exchange: Exchange) -> None:
    exchange.answer(200, [])


def generates(_: Options) -> Iterator[Any]:
    yield send


async def generates_async(_: Options) -> AsyncIterator[Any]:
    yield send_async


async def coroutine(_: Options) -> Any:
    return send_async


opens = contextmanager(generates)
opens_async = asynccontextmanager(generates_async)
BARE = "is a generator function; write @contextmanager above it"
MADE: list[tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any], str]] = [
    (Client, ("x", generates), {}, f"generates {BARE}"),
    (Client, ("x", functools.partial(generates)), {}, BARE),
    (Client, ("x", generates_async), {}, "is async; write AsyncClient, and @asynccontextmanager"),
    (Client, ("x", opens_async), {}, "generates_async is async; write AsyncClient"),
    (Client, ("x", coroutine), {}, "coroutine is a coroutine function; let it `yield send`"),
    (Client, ("x", None), {}, "Client.open must be a function that takes the Options"),
    (Client, (generates, "x"), {}, "; the name comes first: write Client('mine', open)"),
    (Client, (None, opens), {}, "Client.name must be a str, got None: write Client('mine', open)"),
    (AsyncClient, ("x", generates_async), {}, "is an async generator function; write @async"),
    (AsyncClient, ("x", generates), {}, "generates is not async; write `async def`"),
    (AsyncClient, ("x", opens), {}, "generates is not async; write `async def`"),
    (AsyncClient, ("x", coroutine), {}, "write @asynccontextmanager above it"),
    (AsyncClient, (1, opens_async), {}, "AsyncClient.name must be a str, got 1"),
    (Client, ("x", opens), {"failures": None}, "write failures={TheirError: FailureKind.PROTOCOL}"),
    (Client, ("x", opens), {"failures": {"x": 1}}, "a key must be a class of exceptions, got 'x'"),
    (Client, ("x", opens), {"failures": {int: 1}}, "must be a class of exceptions, got <class"),
    (Client, ("x", opens), {"failures": {OSError: "tls"}}, "; write FailureKind.TLS"),
    (Client, ("x", opens), {"failures": {OSError: 1}}, "[OSError] must be a FailureKind, got 1"),
    (
        Client,
        ("x", opens),
        {"checks_addresses": 1},
        "checks_addresses must be True or False",
    ),
]


@pytest.mark.parametrize(
    ("kind", "arguments", "more", "said"), MADE, ids=[f"{n}" for n in range(len(MADE))]
)
def test_what_is_no_client_is_refused_when_it_is_made(
    kind: Callable[..., Any], arguments: tuple[Any, ...], more: dict[str, Any], said: str
) -> None:
    with pytest.raises(TypeError) as caught:
        kind(*arguments, **more)
    assert said in str(caught.value)


def test_a_client_without_a_name_is_refused() -> None:
    with pytest.raises(ValueError, match=r"Client\.name must not be empty"):
        Client(" ", opens)


def test_what_can_be_a_client_is_one() -> None:
    for fine in (opens, functools.partial(opens), lambda _: nullcontext(send)):
        assert cf.fetch_sync(URLS, client=Client("x", fine))[0].ok
    failures = {OSError: FailureKind.TLS, KeyboardInterrupt: FailureKind.OTHER}
    assert asyncio.run(
        cf.fetch_async(URLS, client=AsyncClient("x", opens_async, failures=failures))
    )[0].ok


OPENED: list[tuple[Callable[[Options], Any], str]] = [
    (generates, "a context manager, got generator; write @contextmanager above it, and `yield s"),
    (lambda _: send, "a context manager, got function; write @contextmanager above it"),
    (opens_async, "; it is async: write AsyncClient"),
    (coroutine, "must return a context manager, got coroutine"),
    (lambda _: nullcontext(), "must yield a function, got None; write `yield send`"),
    (lambda _: nullcontext(send_async), "send of client 'x' is async; write AsyncClient"),
]


@pytest.mark.parametrize(("opened", "said"), OPENED, ids=[f"{n}" for n in range(len(OPENED))])
def test_what_opens_no_client_is_refused_when_it_is_opened(
    opened: Callable[[Options], Any], said: str
) -> None:
    def hidden(options: Options) -> Any:  # so that nothing can be seen without a call
        return opened(options)

    for strategy in (cf.fetch_sync, cf.fetch_threaded):
        with pytest.raises(TypeError) as caught:
            strategy(URLS, client=Client("x", hidden))
        assert said in str(caught.value)


@pytest.mark.parametrize(
    ("opened", "said"),
    [
        (generates_async, "an async context manager, got async_generator; write @asynccontextman"),
        (lambda _: _OnlySync(), "; it is not async: write Client"),
        (lambda _: nullcontext(), "must yield a function, got None; write `yield send`"),
    ],
    ids=["bare", "sync", "nothing"],
)
def test_the_same_on_an_event_loop(opened: Callable[[Options], Any], said: str) -> None:
    def hidden(options: Options) -> Any:
        return opened(options)

    with pytest.raises(TypeError) as caught:
        asyncio.run(cf.fetch_async(URLS, client=AsyncClient("x", hidden)))
    assert said in str(caught.value)


class _OnlySync(AbstractContextManager[Any]):
    def __exit__(self, *_: object) -> None:
        pass


@pytest.mark.parametrize("names", [["po st"], ["po\u017ft"], ["POST", ""], ["a:b"], [b"GET"]])
def test_methods_of_a_client_are_words(names: Any) -> None:
    with pytest.raises(TypeError, match="must be names of methods, as"):
        Client("mine", opens, methods=names)
    assert Client("mine", opens, methods=["get", "GET"]).methods == {"GET"}
