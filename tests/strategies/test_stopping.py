"""Laziness, early stops and errors: what is read ahead, and what is left behind (nothing)."""

import asyncio
import gc
import random
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import aclosing
from itertools import count
from typing import Any

import pytest
from fetching import ASYNC_CLIENTS, ClientStrategy, eventually, nothing_left
from pace import in_time
from raw_server import Peer, RawServer, always, full_port, reply, silent

import concurrent_fetch as cf
from concurrent_fetch import Options
from concurrent_fetch.fetch import find_async_client
from concurrent_fetch.server import LocalServer


class Endless(Iterator[str]):
    """URLs without end, and how many were read."""

    def __init__(self, url: str) -> None:
        self.read = 0
        self._url = url

    def __next__(self) -> str:
        self.read += 1
        return self._url


def test_an_endless_iterable_is_read_little_ahead(
    client_strategy: ClientStrategy, local: LocalServer
) -> None:
    urls = Endless(local.url("/bytes/1"))
    ahead = 0
    taken = 0

    def each(_: object) -> None:
        nonlocal ahead, taken
        taken += 1
        time.sleep(0.01)  # let the workers run as far as they will
        ahead = max(ahead, urls.read - taken)

    with nothing_left(3.0):
        outcomes = client_strategy.take(50, urls, Options(concurrency=4), each)
    assert len(outcomes) == 50
    assert ahead <= (2 * 4 + 2 if client_strategy.is_concurrent else 1)


async def consumed(urls: Endless) -> tuple[int, int]:
    async def endless() -> AsyncIterator[str]:
        for url in urls:
            yield url

    taken = ahead = 0
    async with aclosing(cf.iter_async(endless(), Options(concurrency=4))) as outcomes:
        async for _ in outcomes:
            taken += 1
            await asyncio.sleep(0.01)
            ahead = max(ahead, urls.read - taken)
            if taken == 30:
                break
    return taken, ahead


def test_an_endless_async_iterable_is_read_little_ahead(local: LocalServer) -> None:
    taken, ahead = asyncio.run(consumed(Endless(local.url("/bytes/1"))))
    assert taken == 30
    assert ahead <= 2 * 4 + 2


def test_nothing_starts_before_the_first_outcome_is_asked_for(local: LocalServer) -> None:
    threads = threading.active_count()
    outcomes = cf.iter_threaded(local.urls(3))
    assert threading.active_count() == threads
    assert local.stats().connections == 0
    outcomes.close()


def test_an_early_stop_leaves_nothing_behind(
    client_strategy: ClientStrategy, local: LocalServer
) -> None:
    urls = [local.url("/get"), *local.urls(40, "/delay/5")]
    with nothing_left():
        assert len(client_strategy.take(1, urls, Options(concurrency=8))) == 1


def test_a_stop_aborts_what_is_in_flight(client_strategy: ClientStrategy) -> None:
    if not client_strategy.is_concurrent:
        pytest.skip("nothing is in flight between two outcomes of fetch_sync")

    def later(peer: Peer) -> None:
        time.sleep(0.2)
        peer.send(reply(b"x"))

    with RawServer(silent) as server, RawServer(later) as good, nothing_left():
        urls = [*[server.url()] * 8, good.url()]
        taken = client_strategy.take(1, urls, Options(concurrency=9))
        assert [outcome.ok for outcome in taken] == [True]
        assert server.connections == 8


def test_a_stop_aborts_connections_not_yet_made(client_strategy: ClientStrategy) -> None:
    if not client_strategy.is_concurrent:
        pytest.skip("nothing is in flight between two outcomes of fetch_sync")
    with full_port() as port, RawServer(always(reply(b"x"))) as good, nothing_left():
        urls = [*[f"http://127.0.0.1:{port}/"] * 4, good.url()]
        assert len(client_strategy.take(1, urls, Options(concurrency=5))) == 1


def test_a_stop_aborts_tls_handshakes(client_strategy: ClientStrategy) -> None:
    if not client_strategy.is_concurrent:
        pytest.skip("nothing is in flight between two outcomes of fetch_sync")
    with RawServer(silent) as mute, RawServer(always(reply(b"x"))) as good, nothing_left():
        urls = [*[f"https://127.0.0.1:{mute.port}/"] * 4, good.url()]
        assert len(client_strategy.take(1, urls, Options(concurrency=5))) == 1


@pytest.mark.parametrize("iterate", [cf.iter_sync, cf.iter_threaded])
def test_a_generator_that_is_dropped_is_closed(
    iterate: Callable[..., Iterator[cf.Outcome]], local: LocalServer
) -> None:
    with nothing_left():
        for _ in iterate(local.urls(30), Options(concurrency=4)):
            break
        gc.collect()


class Broken(Exception):  # noqa: N818 - the caller's own
    pass


def breaking(urls: list[str]) -> Iterator[str]:
    yield from urls
    raise Broken("no more")


@pytest.mark.parametrize("before", [0, 1, 20])
def test_what_the_urls_raise_passes_through(
    client_strategy: ClientStrategy, local: LocalServer, before: int
) -> None:
    with nothing_left(), pytest.raises(Broken, match="no more"):
        client_strategy.fetch(breaking(local.urls(before)), Options(concurrency=4))


def test_what_the_urls_raise_does_not_wait_for_what_is_in_flight(
    client_strategy: ClientStrategy,
) -> None:
    if not client_strategy.is_concurrent:
        pytest.skip("nothing is in flight while fetch_sync reads a URL")
    with RawServer(silent) as server, nothing_left(), pytest.raises(Broken):
        client_strategy.fetch(breaking([server.url()] * 3), Options(concurrency=8))


def test_what_the_urls_raise_comes_behind_what_is_there_and_instead_of_what_is_in_flight(
    client_strategy: ClientStrategy,
) -> None:
    taken: list[cf.Outcome] = []

    def one_answer(peer: Peer) -> None:
        while line := peer.read_head().split(b"\r\n")[0]:
            if b"/answered " not in line:
                return silent(peer)
            peer.send(reply(b"x"))
        return None

    def urls() -> Iterator[str]:
        yield server.url("/answered")
        if client_strategy.is_concurrent:
            yield server.url("/silent")
            eventually(lambda: bool(taken))
        raise Broken("no more")

    async def urls_on_loop() -> AsyncIterator[str]:
        yield server.url("/answered")
        yield server.url("/silent")
        await is_taken.wait()
        raise Broken("no more")

    def take(outcome: cf.Outcome) -> None:
        taken.append(outcome)
        is_taken.set()

    is_taken = asyncio.Event()
    given: Any = urls_on_loop() if client_strategy.is_async else urls()
    options = Options(concurrency=2, timeout=60)
    with (
        RawServer(one_answer) as server,
        nothing_left(),
        pytest.raises(Broken, match="no more"),
    ):
        client_strategy.take(9, given, options, take)
    assert [outcome.url for outcome in taken] == [server.url("/answered")]


def test_what_an_async_iterable_raises_passes_through(local: LocalServer) -> None:
    async def breaking_async() -> AsyncIterator[str]:
        yield local.url("/get")
        raise Broken("no more")

    async def fetch() -> None:
        tasks = asyncio.all_tasks()
        with pytest.raises(Broken, match="no more"):
            await cf.fetch_async(breaking_async())
        assert asyncio.all_tasks() == tasks

    with nothing_left():
        asyncio.run(fetch())


def test_an_async_iterable_is_closed_with_the_iteration(local: LocalServer) -> None:
    closed = False

    async def urls() -> AsyncIterator[str]:
        nonlocal closed
        try:
            for i in count():
                yield local.url(f"/bytes/{i}")
        finally:
            closed = True

    async def take_one() -> None:
        async with aclosing(cf.iter_async(urls(), Options(concurrency=2))) as outcomes:
            await anext(outcomes)

    asyncio.run(take_one())
    assert closed


def test_an_error_of_the_consumer_leaves_nothing_behind(
    client_strategy: ClientStrategy, local: LocalServer
) -> None:
    def each(_: object) -> None:
        raise Broken("mine")

    with nothing_left(), pytest.raises(Broken, match="mine"):
        client_strategy.take(9, local.urls(50, "/delay/0.2"), Options(concurrency=6), each)


@pytest.mark.parametrize("client", ASYNC_CLIENTS)
def test_a_cancelled_task_leaves_nothing_behind(client: str) -> None:
    async def cancel(server: RawServer) -> None:
        tasks = asyncio.all_tasks()
        options = Options(concurrency=4)
        task = asyncio.create_task(cf.fetch_async([server.url()] * 9, options, client=client))
        await asyncio.to_thread(eventually, lambda: server.connections == 4)
        began = time.monotonic()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        in_time(time.monotonic() - began, 0.5)
        assert asyncio.all_tasks() == tasks

    with RawServer(silent) as server, nothing_left():
        asyncio.run(cancel(server))


@pytest.mark.parametrize("client", ASYNC_CLIENTS)
def test_an_outer_timeout_cancels_a_run(client: str) -> None:
    async def fetch(url: str) -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await cf.fetch_async([url], client=client)

    with RawServer(silent) as server, nothing_left():
        asyncio.run(fetch(server.url()))


@pytest.mark.parametrize("client", ASYNC_CLIENTS)
def test_a_timeout_around_the_consumer_is_the_consumers(client: str, local: LocalServer) -> None:
    """No deadline of ours may reach into the code between two outcomes."""

    async def consume() -> list[bool]:
        options = Options(concurrency=2, timeout=0.2)
        seen: list[bool] = []
        async with aclosing(cf.iter_async(local.urls(6), options, client=client)) as outcomes:
            async for outcome in outcomes:
                await asyncio.sleep(0.25)
                seen.append(outcome.ok)
        return seen

    assert asyncio.run(consume()) == [True] * 6


def test_threads_and_sockets_end_with_the_run(
    client_strategy: ClientStrategy, local: LocalServer
) -> None:
    with nothing_left():
        client_strategy.fetch(local.urls(50), Options(concurrency=10))
    eventually(lambda: local.stats().open_connections == 0)


def test_urls_that_never_come_do_not_hold_a_stop(local: LocalServer) -> None:
    """A worker waits inside the URL iterable; the others wait for their turn to read it."""
    never = threading.Event()

    def two_and_then_none() -> Iterator[str]:
        yield from local.urls(2)
        never.wait()

    outcomes = cf.iter_threaded(two_and_then_none(), Options(concurrency=8))
    assert [next(outcomes).ok for _ in range(2)] == [True, True]
    started = time.monotonic()
    outcomes.close()
    elapsed = time.monotonic() - started
    never.set()
    in_time(elapsed, 1)


def test_what_came_before_the_urls_failed_is_not_lost(
    client_strategy: ClientStrategy, local: LocalServer
) -> None:
    def thirty_and_then_an_error() -> Iterator[str]:
        yield from local.urls(30)
        raise OSError("the list ends here")

    taken: list[cf.Outcome] = []
    with pytest.raises(OSError, match="the list ends here"):
        client_strategy.take(99, thirty_and_then_an_error(), Options(concurrency=4), taken.append)
    assert len(taken) >= 26  # what was still in flight when the iterable failed is aborted


@pytest.mark.parametrize("client", ASYNC_CLIENTS)
@pytest.mark.parametrize("function", ["fetch_async", "iter_async"])
def test_a_task_can_be_cancelled_at_any_moment(
    function: str, client: str, local: LocalServer
) -> None:
    urls = [local.url(path) for path in ("/bytes/300000", "/redirect/2", "/delay/0.01")] * 3

    async def consume() -> None:
        if function == "fetch_async":
            await cf.fetch_async(urls, Options(concurrency=4), client=client)
            return
        async with aclosing(cf.iter_async(urls, Options(concurrency=4), client=client)) as outcomes:
            async for _ in outcomes:
                pass

    async def cancel(after: float) -> None:
        tasks = asyncio.all_tasks()
        task = asyncio.create_task(consume())
        await asyncio.sleep(after)
        began = time.monotonic()
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled() or not task.exception(), f"cancelled after {after} s"
        in_time(time.monotonic() - began, 1.0)
        for _ in range(9):  # httpx leaves generators to Python, which closes them in tasks
            if asyncio.all_tasks() != tasks:
                await asyncio.sleep(0)
        assert asyncio.all_tasks() == tasks, f"cancelled after {after} s"

    with nothing_left(10.0):
        for _ in range(20):
            asyncio.run(cancel(random.uniform(0, 0.06)))
    eventually(lambda: local.stats().open_connections == 0)


@pytest.mark.parametrize("client", [*map(find_async_client, ASYNC_CLIENTS)], ids=lambda c: c.name)
def test_a_session_can_be_cancelled_while_it_closes(
    client: cf.AsyncClient, local: LocalServer
) -> None:
    said: list[object] = []

    async def fetch_and_be_cancelled() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: said.append(context))
        async with client.session(Options(concurrency=3)) as get:
            await asyncio.gather(*map(get, local.urls(3)))
            task = asyncio.current_task()
            assert task
            task.cancel()

    with nothing_left(), pytest.raises(asyncio.CancelledError):
        asyncio.run(fetch_and_be_cancelled())
    assert not said
    eventually(lambda: local.stats().open_connections == 0)
