"""Strategies: order, concurrency, and arguments that are checked at the call."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import aclosing
from typing import Any

import pytest
from fetching import ASYNC_CLIENTS, CLIENTS, ClientStrategy, descriptors
from pace import reached, unless_busy
from raw_server import Peer, RawServer, reply

import concurrent_fetch as cf
from concurrent_fetch import FailureKind, Options
from concurrent_fetch.clients import aiohttp_client, httpx_client, requests_client
from concurrent_fetch.errors import UnknownNameError
from concurrent_fetch.server import LocalServer

PLAIN: list[Callable[..., Any]] = [cf.fetch_sync, cf.fetch_threaded, cf.iter_sync, cf.iter_threaded]
EVERY: list[Callable[..., Any]] = [*PLAIN, cf.iter_async]
URLS = ["http://127.0.0.1:1/"]


def called(strategy: Callable[..., Any]) -> str:
    return strategy.__name__


def test_outcomes_come_in_url_order(client_strategy: ClientStrategy, local: LocalServer) -> None:
    urls = [local.url(f"/delay/{0.15 if i == 0 else 0}?i={i}") for i in range(8)]
    run = client_strategy.fetch(urls, Options(concurrency=4))
    assert [outcome.url for outcome in run] == urls
    assert [outcome.index for outcome in run] == list(range(8))
    assert run.strategy == client_strategy.strategy


def test_iterating_yields_outcomes_as_they_complete(
    client_strategy: ClientStrategy, local: LocalServer
) -> None:
    urls = [local.url(f"/delay/{0.2 if i == 0 else 0}?i={i}") for i in range(8)]
    order = [o.index for o in client_strategy.take(99, urls, Options(concurrency=4))]
    assert sorted(order) == list(range(8))
    assert order[-1 if client_strategy.is_concurrent else 0] == 0


def test_concurrency_is_reached_and_never_exceeded(
    client_strategy: ClientStrategy, local: LocalServer
) -> None:
    run = client_strategy.fetch(local.urls(30, "/delay/0.03"), Options(concurrency=7))
    expected = 7 if client_strategy.is_concurrent else 1
    assert local.stats().requests % 30 == 0  # done again, perhaps
    assert run.peak_in_flight <= expected
    assert run.mean_in_flight <= expected
    reached(local.stats().peak_in_flight, expected)
    unless_busy(run.mean_in_flight > 0.5 * expected, run.mean_in_flight)


def test_concurrency_of_one_is_one_at_a_time(
    client_strategy: ClientStrategy, local: LocalServer
) -> None:
    client_strategy.fetch(local.urls(5, "/delay/0.01"), Options(concurrency=1))
    stats = local.stats()
    assert (stats.peak_in_flight, stats.connections) == (1, 1)


def test_more_concurrency_than_urls_starts_no_more_workers(
    client_strategy: ClientStrategy, local: LocalServer
) -> None:
    before = threading.active_count()
    most = 0

    def each(_: object) -> None:
        nonlocal most
        most = max(most, threading.active_count() - before)

    urls = local.urls(3, "/delay/0.05")
    outcomes = client_strategy.take(9, urls, Options(concurrency=500), each)
    expected = {
        "fetch_sync": {threading.current_thread().name},
        "fetch_threaded": {"fetch-1", "fetch-2", "fetch-3"},
        "fetch_async": {"fetch-1", "fetch-2", "fetch-3"},
    }[client_strategy.strategy]
    assert {o.worker for o in outcomes} == expected
    assert most <= 3


@pytest.mark.parametrize("client", ASYNC_CLIENTS)
def test_hundreds_at_once_on_a_loop(client: str, local: LocalServer) -> None:
    urls, options = local.urls(200, "/delay/2"), Options(concurrency=200)
    run = asyncio.run(cf.fetch_async(urls, options, client=client))
    assert len(run.responses) == 200
    reached(local.stats().peak_in_flight, 200)


@pytest.mark.parametrize("strategy", EVERY, ids=called)
@pytest.mark.parametrize(
    ("urls", "said"),
    [
        ("http://u:s3cret@x/", r"write \['http://\*\*\*@x/'\]"),
        (b"http://x/", "decode"),
        (None, "NoneType"),
        (5, "int"),
    ],
    ids=repr,
)
def test_what_is_no_set_of_urls_is_refused_at_the_call(
    strategy: Callable[..., Any], urls: object, said: str
) -> None:
    with pytest.raises(TypeError, match=said):
        strategy(urls)


async def none_at_all() -> AsyncIterator[str]:
    return
    yield ""


@pytest.mark.parametrize("strategy", PLAIN, ids=called)
def test_an_async_iterable_is_for_async_strategies_only(strategy: Callable[..., Any]) -> None:
    with pytest.raises(TypeError, match="fetch_async and iter_async"):
        strategy(none_at_all())


@pytest.mark.parametrize("strategy", EVERY, ids=called)
@pytest.mark.parametrize(
    ("options", "said"),
    [
        (5, r"got int; write for example Options\(concurrency=5\)"),
        ({"concurrency": 5}, "got dict; write for example Options"),
        (None, "got NoneType"),
        (True, "got bool"),
        (Options, "got type"),
    ],
    ids=repr,
)
def test_what_are_no_options_is_refused_at_the_call(
    strategy: Callable[..., Any], options: object, said: str
) -> None:
    with pytest.raises(TypeError, match=said):
        strategy(URLS, options)


@pytest.mark.parametrize("strategy", EVERY, ids=called)
def test_an_unknown_client_is_refused_at_the_call(strategy: Callable[..., Any]) -> None:
    near = "aiohtp" if strategy is cf.iter_async else "request"
    right = "aiohttp" if strategy is cf.iter_async else "requests"
    with pytest.raises(UnknownNameError, match=f"did you mean '{right}'"):
        strategy(URLS, client=near)
    with pytest.raises(LookupError, match=r"There are .*httpx"):
        strategy(URLS, client="curl")


@pytest.mark.parametrize("strategy", EVERY, ids=called)
def test_a_client_of_the_other_colour_is_refused_at_the_call(
    strategy: Callable[..., Any],
) -> None:
    is_async = strategy is cf.iter_async
    name, other = ("requests", requests_client) if is_async else ("aiohttp", aiohttp_client)
    place = "fetch_sync or fetch_threaded" if is_async else "fetch_async"
    with pytest.raises(UnknownNameError, match=f"'{name}' works with {place} only"):
        strategy(URLS, client=name)
    with pytest.raises(TypeError, match=f"use it with {place}"):
        strategy(URLS, client=other)
    with pytest.raises(TypeError, match="the name of one, got 5"):
        strategy(URLS, client=5)


MISUSES: list[tuple[type[Exception], tuple[Any, ...], dict[str, Any]]] = [
    (TypeError, ("http://x/",), {}),
    (TypeError, (URLS, 5), {}),
    (TypeError, (URLS,), {"client": httpx_client}),
    (UnknownNameError, (URLS,), {"client": "curl"}),
]


@pytest.mark.parametrize(("error", "arguments", "keywords"), MISUSES)
def test_fetch_async_refuses_the_same(
    error: type[Exception], arguments: tuple[Any, ...], keywords: dict[str, Any]
) -> None:
    with pytest.raises(error):
        asyncio.run(cf.fetch_async(*arguments, **keywords))


def test_async_strategies_read_async_iterables(local: LocalServer) -> None:
    async def arriving() -> AsyncIterator[str]:
        for url in local.urls(9):
            await asyncio.sleep(0.005)
            yield url

    async def both() -> tuple[cf.Run, list[int]]:
        run = await cf.fetch_async(arriving(), Options(concurrency=3))
        return run, [outcome.index async for outcome in cf.iter_async(arriving())]

    run, order = asyncio.run(both())
    assert [r.url for r in run.responses] == local.urls(9)
    assert sorted(order) == list(range(9))


def test_any_iterable_will_do(client_strategy: ClientStrategy, local: LocalServer) -> None:
    urls = local.urls(3)
    for given in (tuple(urls), dict.fromkeys(urls), iter(urls), (url for url in urls)):
        assert [outcome.url for outcome in client_strategy.fetch(given)] == urls


def test_below_a_running_loop_the_plain_strategies_work(local: LocalServer) -> None:
    async def inside() -> list[cf.Run]:
        return [cf.fetch_sync(local.urls(3)), cf.fetch_threaded(local.urls(3))]

    assert [len(run.responses) for run in asyncio.run(inside())] == [3, 3]


def test_two_loops_after_another(client_strategy: ClientStrategy, local: LocalServer) -> None:
    for _ in range(2):
        assert len(client_strategy.fetch(local.urls(3)).responses) == 3


def test_two_runs_on_one_loop_do_not_disturb_each_other(local: LocalServer) -> None:
    async def both() -> tuple[cf.Run, cf.Run]:
        return await asyncio.gather(
            cf.fetch_async(local.urls(20), client="aiohttp"),
            cf.fetch_async(local.urls(20), client="httpx"),
        )

    assert [len(run.responses) for run in asyncio.run(both())] == [20, 20]


def test_a_run_within_a_run_keeps_its_own_deadlines(local: LocalServer) -> None:
    """The deadline of the outer fetch must not leak into one made while URLs are read."""

    def urls() -> Iterator[str]:
        yield local.url("/get")
        yield from cf.fetch_sync([local.url("/get")], Options(timeout=9.0))[0].url.split()
        yield local.url("/get")

    assert len(cf.fetch_sync(urls(), Options(timeout=1.0)).responses) == 3


def test_many_failures_in_a_row_leave_others_their_turn() -> None:
    """A bad URL fails without waiting; a loop full of them must not starve."""

    async def ticks() -> int:
        count = 0

        async def tick() -> None:
            nonlocal count
            while True:
                count += 1
                await asyncio.sleep(0)

        task = asyncio.create_task(tick())
        run = await cf.fetch_async(["nonsense"] * 500, Options(concurrency=5))
        task.cancel()
        assert len(run.failures) == 500
        return count

    assert asyncio.run(ticks()) > 50


def test_early_hang_ups_among_many_do_not_spoil_the_rest(client_strategy: ClientStrategy) -> None:
    def play(peer: Peer) -> None:
        while request := peer.read_head():
            if b"/bad" in request:
                return
            peer.send(reply(b"x"))

    before = descriptors()
    with RawServer(play) as server:
        urls = [server.url("/bad" if i % 3 == 0 else "/good") for i in range(30)]
        run = client_strategy.fetch(urls, Options(concurrency=4))
    assert [o.ok for o in run] == [i % 3 != 0 for i in range(30)]
    assert {f.kind for f in run.failures} == {FailureKind.DISCONNECTED}
    assert descriptors() <= before


def test_aclosing_an_iterator_that_never_ran_does_nothing() -> None:
    async def close() -> None:
        async with aclosing(cf.iter_async(URLS)):
            pass

    asyncio.run(close())
    cf.iter_sync(URLS).close()
    cf.iter_threaded(URLS).close()


def test_threads_that_the_system_refuses_lose_no_url(
    local: LocalServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    start, started = threading.Thread.start, list[str]()

    def three_and_no_more(thread: threading.Thread) -> None:
        if thread.name.startswith("fetch-"):
            if len(started) == 3:
                raise RuntimeError("can't start new thread")
            started.append(thread.name)
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", three_and_no_more)
    run = cf.fetch_threaded(local.urls(40), Options(concurrency=16))
    assert [response.status_code for response in run.responses] == [200] * 40
    assert {response.worker for response in run.responses} <= set(started)


@pytest.mark.parametrize("count", [0, 1, 3, 9])
@pytest.mark.parametrize("client", CLIENTS)
def test_there_are_never_more_threads_than_urls(
    client: str, count: int, monkeypatch: pytest.MonkeyPatch, local: LocalServer
) -> None:
    started: list[str] = []
    start = threading.Thread.start

    def noted(thread: threading.Thread) -> None:
        started.append(thread.name)
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", noted)
    urls = local.urls(count, "/delay/0.02")
    run = cf.fetch_threaded(urls, Options(concurrency=20), client=client)
    assert len(run.responses) == count
    assert sum(name.startswith("fetch-") for name in started) <= count
    started.clear()
    cf.fetch_threaded(iter(urls), Options(concurrency=20), client=client)
    assert sum(name.startswith("fetch-") for name in started) <= count + 1
