"""Where no task of asyncio runs a sentence says so, with what to write instead."""

import asyncio
import gc
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

import pytest
import trio

import concurrent_fetch as cf
from concurrent_fetch.clients import aiohttp_client, httpx_async_client
from concurrent_fetch.errors import ConcurrentFetchError, EventLoopError
from concurrent_fetch.server import LocalServer

pytestmark = pytest.mark.once

URLS = ["http://127.0.0.1:1/"]


async def fetched() -> None:
    await cf.fetch_async(URLS)


async def fetched_with_httpx() -> None:
    await cf.fetch_async(URLS, client="httpx")


async def iterated() -> None:
    async for _ in cf.iter_async(URLS):
        raise AssertionError


async def arriving() -> None:
    async def arrivals() -> AsyncIterator[str]:
        yield URLS[0]

    await cf.fetch_async(arrivals())


async def in_session() -> None:
    async with aiohttp_client.session():
        raise AssertionError


async def in_session_of_httpx() -> None:
    async with httpx_async_client.session():
        raise AssertionError


async def with_options() -> None:
    await cf.with_options(cf.fetch_async, concurrency=2)(URLS)  # type: ignore[misc]  # it is async


ENTRIES = [
    fetched,
    fetched_with_httpx,
    iterated,
    arriving,
    in_session,
    in_session_of_httpx,
    with_options,
]


def by_hand(entry: Callable[[], Coroutine[Any, Any, None]]) -> None:
    coroutine = entry()
    try:
        coroutine.send(None)
    finally:
        coroutine.close()


def in_a_callback(entry: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """As trio does as a guest of asyncio: a loop runs, but no task."""

    async def main() -> None:
        loop = asyncio.get_running_loop()
        done: asyncio.Future[None] = loop.create_future()

        def call() -> None:
            try:
                by_hand(entry)
            except EventLoopError as error:
                done.set_exception(error)

        loop.call_soon(call)
        await asyncio.wait_for(done, 10)

    asyncio.run(main())


@pytest.mark.parametrize("drive", [trio.run, by_hand, in_a_callback])
@pytest.mark.parametrize("entry", ENTRIES)
def test_what_needs_asyncio_says_so(
    drive: Callable[[Callable[[], Coroutine[Any, Any, None]]], None],
    entry: Callable[[], Coroutine[Any, Any, None]],
) -> None:
    with pytest.raises(EventLoopError) as refused:
        drive(entry)
    assert isinstance(refused.value, ConcurrentFetchError)
    assert isinstance(refused.value, RuntimeError)
    assert "write asyncio.run(fetch_async(urls)), or in trio" in str(refused.value)
    assert "no running event loop" not in str(refused.value)
    gc.collect()  # nothing is left that was never awaited: that would be a warning, and fail


def test_a_session_of_asyncio_says_so_where_its_get_is_driven_by_hand() -> None:
    async def main() -> None:
        async with aiohttp_client.session() as get:

            async def one() -> None:
                await get(URLS[0])

            await asyncio.to_thread(by_hand, one)

    with pytest.raises(EventLoopError, match="no task of asyncio runs here"):
        asyncio.run(main())


def test_the_advice_for_trio_works(local: LocalServer) -> None:
    async def main() -> cf.Run:
        return await trio.to_thread.run_sync(cf.fetch_threaded, local.urls(2))

    assert len(trio.run(main).responses) == 2


def test_a_runner_measures_async_strategies_below_trio_too(local: LocalServer) -> None:
    async def main() -> cf.Comparison:
        return cf.Runner(local.urls(2), rounds=1).compare(cf.fetch_async)

    assert len(trio.run(main).strategies) == 1
