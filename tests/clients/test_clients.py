"""Clients: a stranger's in a few lines, what a bad one costs, sessions, and names."""

import asyncio
import pickle
import sys
import threading
import time
import urllib.request
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager, suppress
from typing import Any

import pytest
from fetching import CLIENTS, eventually, nothing_left
from pace import in_time
from raw_server import RawServer, always, once, reply, silent

import concurrent_fetch as cf
import concurrent_fetch.clients
from concurrent_fetch import AsyncClient, Client, Exchange, FailureKind, Options, Outcome
from concurrent_fetch.clients import (
    aiohttp_client,
    httpx_async_client,
    httpx_client,
    requests_client,
)
from concurrent_fetch.errors import UnknownNameError
from concurrent_fetch.fetch._client import find_async_client, find_client
from concurrent_fetch.server import LocalServer

PLAIN = pytest.mark.parametrize("client", [*map(find_client, CLIENTS)], ids=str)
ASYNC = pytest.mark.parametrize("client", [aiohttp_client, httpx_async_client], ids=str)


def client_of(send: Callable[[Exchange], object]) -> Client:
    @contextmanager
    def _open(_: Options) -> Iterator[Callable[[Exchange], object]]:
        yield send

    return Client("mine", _open)


def async_client_of(send: Callable[[Exchange], Any]) -> AsyncClient:
    @asynccontextmanager
    async def _open(_: Options) -> AsyncIterator[Callable[[Exchange], Any]]:
        yield send

    return AsyncClient("mine", _open)


def with_urllib(exchange: Exchange) -> None:
    request = urllib.request.Request(exchange.url, headers=dict(exchange.headers))
    with urllib.request.urlopen(request, timeout=exchange.time_left) as response:
        exchange.answer(response.status, response.headers.items())
        while chunk := response.read(65536):
            exchange.receive(chunk)


def test_a_strangers_client_works_in_every_plain_strategy(local: LocalServer) -> None:
    client = client_of(with_urllib)
    for strategy in (cf.fetch_sync, cf.fetch_threaded):
        run = strategy(local.urls(5), client=client)
        assert [r.size for r in run.responses] == [1024] * 5
        assert [r.reused for r in run.responses] == [None] * 5


def raising(error: Exception) -> Client:
    def send(_: Exchange) -> None:
        raise error

    return client_of(send)


def only(run: cf.Run) -> cf.Failure:
    (failure,) = run.failures
    return failure


@pytest.mark.parametrize(
    "error", [ValueError("odd"), KeyError("odd"), RuntimeError("odd"), ZeroDivisionError("odd")]
)
def test_whatever_a_client_raises_is_an_outcome(error: Exception) -> None:
    failure = only(cf.fetch_sync(["http://x/"], client=raising(error)))
    assert failure.kind is FailureKind.OTHER
    assert failure.error == type(error).__name__
    assert "odd" in failure.message
    assert type(error).__name__ in failure.message


class Unreadable(Exception):  # noqa: N818 - somebody else's
    def __str__(self) -> str:
        raise RuntimeError("no text")

    @property
    def reason(self) -> object:
        raise RuntimeError("no reason")


class Unprintable:
    def __repr__(self) -> str:
        raise RuntimeError("no repr")


def test_what_cannot_be_read_costs_one_outcome(local: LocalServer) -> None:
    urls: list[Any] = [local.url("/get"), Unprintable(), local.url("/get")]
    for run in (cf.fetch_sync(urls), cf.fetch_threaded(urls), asyncio.run(cf.fetch_async(urls))):
        assert [outcome.ok for outcome in run] == [True, False, True]
        assert (only(run).kind, only(run).url) == (FailureKind.INVALID_URL, "<Unprintable>")
    failure = only(cf.fetch_sync(["http://x/"], client=raising(Unreadable())))
    assert (failure.kind, failure.error) == (FailureKind.OTHER, "Unreadable")


def test_user_info_in_the_text_of_an_exception_is_not_shown() -> None:
    client = raising(ValueError("cannot go to http://me:s3cret@h/ today"))
    failure = only(cf.fetch_sync(["http://x/"], client=client))
    assert failure.message == "ValueError: cannot go to http://***@h/ today"


def test_the_user_info_of_a_mistyped_url_is_not_shown() -> None:
    for mark in "/#?":
        run = cf.fetch_sync([f"http://user:se{mark}cret@host/x"])
        assert only(run).kind is FailureKind.INVALID_URL
        assert "cret" not in repr(only(run)) + repr(run.to_dicts())


@pytest.mark.parametrize("sent", [True, False])
def test_a_time_limit_of_the_clients_own_is_not_called_ours(sent: bool) -> None:
    def send(exchange: Exchange) -> None:
        if sent:
            exchange.mark_sent()
            time.sleep(0.02)
        raise TimeoutError("my own limit")

    options = Options(connect_timeout=0.01 if sent else 1.0)
    failure = only(cf.fetch_sync(["http://x/"], options, client=client_of(send)))
    assert failure.kind is FailureKind.TIMEOUT
    assert failure.message == "TimeoutError: my own limit"


def test_a_connect_timeout_is_that_of_the_last_hop() -> None:
    def send(exchange: Exchange) -> None:
        if exchange.url.endswith("/end"):
            raise TimeoutError("my own limit")
        time.sleep(0.05)
        exchange.answer(302, [("Location", "/end")])

    options = Options(connect_timeout=0.04)
    failure = only(cf.fetch_sync(["http://x/"], options, client=client_of(send)))
    assert failure.message == "TimeoutError: my own limit"


def test_a_cancellation_that_nobody_requested_costs_one_outcome() -> None:
    async def send(exchange: Exchange) -> None:
        if exchange.url.endswith("/bad"):
            future = asyncio.get_running_loop().create_future()
            future.cancel()
            await future
        exchange.answer(200, [])

    urls = ["http://x/", "http://x/bad", "http://x/"]
    run = asyncio.run(cf.fetch_async(urls, client=async_client_of(send)))
    assert [outcome.ok for outcome in run] == [True, False, True]
    assert (only(run).kind, only(run).error) == (FailureKind.OTHER, "CancelledError")
    assert "not this fetch" in only(run).message


def test_a_cancellation_that_was_requested_passes_through() -> None:
    async def send(_: Exchange) -> None:
        await asyncio.sleep(60)

    async def cancelled(*, before: bool) -> None:
        async with async_client_of(send).session() as get:
            task = asyncio.current_task()
            assert task is not None
            if before:
                task.cancel()
            else:
                asyncio.get_running_loop().call_soon(task.cancel)
            await get("http://x/")

    for before in (True, False):
        with pytest.raises(asyncio.CancelledError):
            asyncio.run(cancelled(before=before))


def test_a_clients_table_names_its_own_exceptions() -> None:
    class Strange(Exception):  # noqa: N818 - somebody else's
        pass

    strange = raising(Strange("x"))
    client = Client("strange", strange.open, failures={Strange: FailureKind.TLS})
    assert only(cf.fetch_threaded(["http://x/"], client=client)).kind is FailureKind.TLS


def test_a_client_that_returns_without_an_answer() -> None:
    failure = only(cf.fetch_sync(["http://x/"], client=client_of(lambda _: None)))
    assert failure.kind is FailureKind.OTHER
    assert "without calling answer()" in failure.message


def test_an_async_client_that_returns_without_an_answer() -> None:
    async def send(_: Exchange) -> None:
        pass

    failure = only(asyncio.run(cf.fetch_async(["http://x/"], client=async_client_of(send))))
    assert failure.kind is FailureKind.OTHER


def test_an_async_client_that_never_returns_ends_at_the_timeout() -> None:
    async def send(_: Exchange) -> None:
        await asyncio.sleep(60)

    run = asyncio.run(
        cf.fetch_async(["http://x/"], Options(timeout=0.2), client=async_client_of(send))
    )
    assert only(run).kind is FailureKind.TIMEOUT
    in_time(run.elapsed, 0.5)


def test_a_client_that_swallows_a_refusal_does_not_change_the_verdict() -> None:
    def send(exchange: Exchange) -> None:
        exchange.answer(200, [])
        with suppress(Exception):
            exchange.receive(b"x" * 100)

    failure = only(cf.fetch_sync(["http://x/"], Options(max_bytes=9), client=client_of(send)))
    assert failure.kind is FailureKind.TOO_LARGE


def test_a_client_that_decodes_itself_says_so() -> None:
    def send(exchange: Exchange) -> None:
        fields = [("Content-Encoding", "gzip"), ("Content-Length", "3")]
        exchange.answer(200, fields, decoded=True)
        exchange.receive(b"decoded already")

    (response,) = cf.fetch_sync(["http://x/"], client=client_of(send)).responses
    assert (response.body, response.size, response.wire_size) == (b"decoded already", 15, None)


def test_an_interrupt_in_a_client_passes_through() -> None:
    def send(_: Exchange) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cf.fetch_sync(["http://x/"], client=client_of(send))
    with nothing_left(), pytest.raises(KeyboardInterrupt):
        cf.fetch_threaded(["http://x/"] * 9, client=client_of(send))


def test_a_client_that_does_not_open_is_the_callers_mistake() -> None:
    @contextmanager
    def _open(_: Options) -> Iterator[Callable[[Exchange], object]]:
        raise OSError("no such device")
        yield lambda _: None

    for strategy in (cf.fetch_sync, cf.fetch_threaded):
        with nothing_left(), pytest.raises(OSError, match="no such device"):
            strategy(["http://x/"], client=Client("shut", _open))


@PLAIN
def test_a_session_gets_one_url_at_a_time(client: Client, local: LocalServer) -> None:
    with client.session(Options(digest=True)) as get:
        first, second = get(local.url("/bytes/5")), get("nonsense", 7)
        assert first.ok
        assert isinstance(first, cf.Response)
        assert first.digest is not None
        assert isinstance(second, cf.Failure)
        assert (second.kind, second.index) == (FailureKind.INVALID_URL, 7)
        assert get(local.url("/bytes/5")).ok
    assert local.stats().connections == 1
    assert get(local.url("/get")).ok is False


@PLAIN
def test_after_leaving_a_session_every_get_is_cancelled(client: Client, local: LocalServer) -> None:
    with client.session() as get:
        get(local.url("/get"))
    requests = local.stats().requests
    for url in (local.url("/get"), "nonsense"):
        failure = get(url)
        assert isinstance(failure, cf.Failure)
        assert failure.kind is FailureKind.CANCELLED
    assert local.stats().requests == requests


@ASYNC
def test_after_leaving_an_async_session_every_get_is_cancelled(
    client: AsyncClient, local: LocalServer
) -> None:
    async def late() -> Outcome:
        async with client.session() as get:
            assert (await get(local.url("/get"), 3)).index == 3
        return await get(local.url("/get"))

    with nothing_left():
        failure = asyncio.run(late())
    assert isinstance(failure, cf.Failure)
    assert failure.kind is FailureKind.CANCELLED
    assert local.stats().requests == 1


@PLAIN
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_leaving_a_session_aborts_what_other_threads_do(client: Client, scheme: str) -> None:
    outcomes: list[Outcome] = []
    with RawServer(silent) as server, nothing_left():
        with client.session(Options(concurrency=6)) as get:
            url = f"{scheme}://127.0.0.1:{server.port}/"
            threads = [threading.Thread(target=lambda: outcomes.append(get(url))) for _ in range(6)]
            for thread in threads:
                thread.start()
            eventually(lambda: server.connections == 6)
            time.sleep(0.1)
            left = time.monotonic()
        for thread in threads:
            thread.join()
        in_time(time.monotonic() - left, 0.5)
    assert [o.kind for o in outcomes if isinstance(o, cf.Failure)] == [FailureKind.CANCELLED] * 6


@PLAIN
def test_one_session_serves_many_threads(client: Client, local: LocalServer) -> None:
    outcomes: list[Outcome] = []
    with client.session() as get:

        def work() -> None:
            outcomes.extend(get(url) for url in local.urls(20))

        threads = [threading.Thread(target=work) for _ in range(5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(outcomes) == 100
    assert all(outcome.ok for outcome in outcomes)
    assert local.stats().connections == 5


@PLAIN
def test_two_sessions_in_one_thread_do_not_mix(client: Client) -> None:
    with (
        RawServer(silent) as mute,
        RawServer(always(reply(b"x"))) as good,
        client.session(Options(timeout=0.3)) as short,
        client.session(Options(timeout=9.0)) as long,
    ):
        assert long(good.url()).ok
        assert not short(mute.url()).ok
        time.sleep(0.1)
        assert long(good.url()).ok


@PLAIN
def test_a_session_refuses_what_are_no_options(client: Client) -> None:
    with (
        pytest.raises(TypeError, match=r"Options\(concurrency=5\)"),
        client.session(5),  # type: ignore[arg-type]  # misuse
    ):
        pass


def test_names_find_the_built_in_clients() -> None:
    assert find_client("requests") is requests_client
    assert find_client("httpx") is httpx_client
    assert find_async_client("aiohttp") is aiohttp_client
    assert find_async_client("httpx") is httpx_async_client
    assert find_client(httpx_client) is httpx_client


def test_unknown_names_are_refused_with_a_suggestion() -> None:
    with pytest.raises(
        UnknownNameError, match=r"no client is called 'reqests' \(did you mean 'req"
    ):
        find_client("reqests")
    every = r"no client is called 'zzz'\. There are httptools, httpx, httpx2, plain, requests"
    with pytest.raises(UnknownNameError, match=every):
        find_client("zzz")


def test_a_client_shows_its_name() -> None:
    assert repr(requests_client) == "Client(name='requests')"
    assert repr(httpx_async_client) == "AsyncClient(name='httpx')"


def test_the_folder_of_clients_knows_no_other_names() -> None:
    with pytest.raises(AttributeError, match="no attribute 'curl_client'"):
        _ = concurrent_fetch.clients.curl_client


def test_an_exchange_is_all_that_a_client_sees() -> None:
    seen: list[Exchange] = []

    def send(exchange: Exchange) -> None:
        seen.append(exchange)
        assert 0 < exchange.time_left <= 30
        exchange.answer(200, [("A", "b")], http_version="2")
        exchange.receive(b"x")

    url = "http://user:pw@Example.com:80/a b#c"
    (response,) = cf.fetch_sync([url], client=client_of(send)).responses
    assert seen[0].url == response.final_url == "http://example.com/a%20b"
    assert dict(seen[0].headers)["Authorization"] == "Basic dXNlcjpwdw=="
    assert (response.http_version, response.timing.sent, response.reused) == ("2", None, None)


def test_a_run_of_a_strangers_client_pickles(local: LocalServer) -> None:
    run = cf.fetch_sync([local.url("/get")], client=client_of(with_urllib))
    assert pickle.loads(pickle.dumps(run)) == run


def test_many_hosts_keep_no_connections_open_for_ever() -> None:
    """More origins than a pool keeps: what it drops must be closed, and by the end all of it."""
    with ExitStack() as stack, nothing_left(3.0):
        servers = [stack.enter_context(RawServer(once(reply(b"x")))) for _ in range(15)]
        urls = [server.url() for server in servers] * 2
        assert len(cf.fetch_sync(urls).responses) == 30
        stack.close()


def test_a_response_that_was_never_built_is_closed_in_silence() -> None:
    """As Ctrl-C leaves one behind that comes while http.client makes it."""
    from concurrent_fetch.clients._strict import StrictResponse

    response = StrictResponse.__new__(StrictResponse)
    response.close()
    assert response.isclosed()


EXTRAS = [
    ("httptools", "fast", "plain", ("_httptools", "_llhttp")),
    ("httpx2", "httpx2", "httpx", ("_httpx2",)),
]


@pytest.mark.parametrize(("name", "extra", "other", "modules"), EXTRAS)
def test_without_its_extra_a_client_says_what_to_install(
    name: str, extra: str, other: str, modules: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in modules:
        monkeypatch.delitem(sys.modules, f"concurrent_fetch.clients.{module}", raising=False)
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ImportError) as caught:
        asyncio.run(cf.fetch_async(["http://127.0.0.1:1/"], client=name))
    assert str(caught.value) == (
        f'client {name!r} needs the package {name}: pip install "concurrent_fetch[{extra}]"; '
        f"client {other!r} does without"
    )
