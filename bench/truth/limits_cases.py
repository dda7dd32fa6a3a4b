"""Cases whose limit is known by their making, for bench/truth/limits.py."""

import asyncio
import random
import socket
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import attrs

import concurrent_fetch as cf
from bench.truth.computing import in_c, in_python
from bench.truth.limited_server import limited_server
from concurrent_fetch import Limit
from concurrent_fetch.clients import aiohttp_client, requests_client
from concurrent_fetch.server import LocalServer

N = 40
LATENCY = 0.02
OPTIONS = cf.Options(concurrency=16)
WAITING = {Limit.NETWORK}
LOOP_AND_THREADS: dict[str, Any] = {
    "fetch_sync": cf.fetch_sync,
    "fetch_threaded": cf.fetch_threaded,
    "fetch_async": cf.fetch_async,
}

Opened = Callable[[], AbstractContextManager[Sequence[str]]]
"""Starts the servers, yields the URLs."""


@attrs.frozen(kw_only=True)
class Case:
    """One truth: the names that are right for each strategy; any other is wrong."""

    opened: Opened
    right: Mapping[str, set[Limit]]
    strategies: Mapping[str, Any] = LOOP_AND_THREADS
    options: cf.Options = OPTIONS
    work: Callable[[cf.Response], object] | None = None


def local(n: int = N, **settings: Any) -> Opened:
    """Return what starts a local server."""

    @contextmanager
    def opened() -> Iterator[Sequence[str]]:
        given: dict[str, Any] = {"latency": LATENCY, **settings}
        with LocalServer(**given) as server:
            yield server.urls(n)

    return opened


def elsewhere(kind: str, value: float) -> Opened:
    """Return what starts a server with a limit of its own."""

    @contextmanager
    def opened() -> Iterator[Sequence[str]]:
        with limited_server(kind, value) as base:
            yield [f"{base}/{i}" for i in range(N)]

    return opened


@contextmanager
def two_hosts() -> Iterator[Sequence[str]]:
    with LocalServer(latency=LATENCY) as near, LocalServer(latency=5 * LATENCY) as far:
        yield [
            url for pair in zip(near.urls(N // 2), far.urls(N // 2), strict=True) for url in pair
        ]


@contextmanager
def slow_names() -> Iterator[Sequence[str]]:
    """Looking up a name takes 80 ms."""
    looked_up = socket.getaddrinfo

    def late(*given: Any, **more: Any) -> Any:
        time.sleep(0.08)
        return looked_up(*given, **more)

    with LocalServer(latency=0.01, host="localhost") as server:
        socket.getaddrinfo = late
        try:
            yield [url.replace("127.0.0.1", "localhost") for url in server.urls(16)]
        finally:
            socket.getaddrinfo = looked_up


def pool_of_four(urls: list[str], options: cf.Options) -> list[cf.Outcome]:
    """Use four threads, whatever the options allow."""
    with requests_client.session(options) as get, ThreadPoolExecutor(4) as pool:
        return list(pool.map(get, urls, range(len(urls))))


Get = Callable[[str, int], Awaitable[cf.Outcome]]


async def sleeping(urls: list[str], options: cf.Options) -> list[cf.Outcome]:
    """Be polite: 80 ms between two fetches of a worker."""
    found, rest = [], iter(enumerate(urls))

    async def worker(get: Get) -> None:
        for index, url in rest:
            found.append(await get(url, index))
            await asyncio.sleep(0.08)

    async with aiohttp_client.session(options) as get:
        await asyncio.gather(*(worker(get) for _ in range(8)))
    return found


async def at_its_pace(urls: list[str], options: cf.Options) -> list[cf.Outcome]:
    """Start a fetch every 15 ms."""
    async with aiohttp_client.session(options) as get:
        tasks = []
        for index, url in enumerate(urls):
            tasks.append(asyncio.create_task(get(url, index)))
            await asyncio.sleep(0.015)
        return await asyncio.gather(*tasks)


async def blocking(urls: list[str], options: cf.Options) -> list[cf.Outcome]:
    """Call what waits, on the loop."""
    with requests_client.session(options) as get:

        async def fetch(index: int, url: str) -> cf.Outcome:
            return get(url, index)

        return await asyncio.gather(*(fetch(i, url) for i, url in enumerate(urls)))


async def blocking_throughout(urls: list[str], options: cf.Options) -> list[cf.Outcome]:
    """Never let go of the loop."""
    with requests_client.session(options) as get:
        return [get(url, index) for index, url in enumerate(urls)]


def same(*limits: Limit, sync: set[Limit] | None = None) -> dict[str, set[Limit]]:
    """Return one truth for threads and loop, perhaps another for one in flight."""
    allowed = set(limits)
    others = {"fetch_threaded": allowed, "fetch_async": allowed}
    return {"fetch_sync": allowed if sync is None else sync} | others


ONE = {Limit.CONCURRENCY}
BUSY = {Limit.CPU, Limit.GIL, Limit.WORK}
JITTER = [random.Random(5).expovariate(1 / LATENCY) for _ in range(N)]
ONE_SLOW = [0.005 if i != 3 else 0.6 for i in range(N)]

CASES: Mapping[str, Case] = {
    "capacity 1": Case(opened=local(capacity=1), right=same(Limit.NETWORK)),
    "capacity 4": Case(opened=local(capacity=4), right=same(Limit.NETWORK, sync=ONE)),
    "capacity 8": Case(opened=local(capacity=8), right=same(Limit.NETWORK, sync=ONE)),
    "capacity 4, four in flight": Case(
        opened=local(capacity=4),
        options=cf.Options(concurrency=4),
        right=same(Limit.NETWORK, sync=ONE),
    ),
    "room": Case(opened=local(), options=cf.Options(concurrency=4), right=same(*ONE)),
    "bandwidth": Case(
        opened=elsewhere("bandwidth", 4e6), right=same(Limit.NETWORK, sync=ONE | WAITING)
    ),
    "server CPU": Case(
        opened=elsewhere("computing", 0.01), right=same(Limit.NETWORK, sync=ONE | WAITING)
    ),
    "pool of 4": Case(
        opened=local(),
        strategies=LOOP_AND_THREADS | {"pool": pool_of_four},
        right=same(*ONE, *WAITING, sync=ONE) | {"pool": ONE},
    ),
    "sleeps": Case(
        opened=local(),
        strategies={"fetch_sync": cf.fetch_sync, "sleeping": sleeping},
        right={"fetch_sync": ONE, "sleeping": {Limit.CLIENT}},
    ),
    "pace": Case(
        opened=local(),
        strategies={"fetch_sync": cf.fetch_sync, "paced": at_its_pace},
        right={"fetch_sync": ONE, "paced": {Limit.CLIENT}},
    ),
    "blocked loop": Case(
        opened=local(),
        strategies={"fetch_async": cf.fetch_async, "blocking": blocking},
        right={"fetch_async": ONE | WAITING, "blocking": {Limit.BLOCKED_LOOP}},
    ),
    "blocked throughout": Case(
        opened=local(),
        strategies={"fetch_async": cf.fetch_async, "blocking": blocking_throughout},
        right={"fetch_async": ONE | WAITING, "blocking": {Limit.BLOCKED_LOOP}},
    ),
    "work in Python": Case(opened=local(20, latency=0.002), work=in_python, right=same(*BUSY)),
    "work in C": Case(opened=local(20, latency=0.002), work=in_c, right=same(*BUSY)),
    "three URLs": Case(opened=local(3), right=same(Limit.NETWORK, sync=ONE)),
    "slow names": Case(
        opened=slow_names, right=same(Limit.CONNECTING, sync=ONE | {Limit.CONNECTING})
    ),
    "one slow URL": Case(
        opened=local(latency=ONE_SLOW),
        right=same(Limit.SLOW_URL, *WAITING, sync=ONE | {Limit.SLOW_URL}),
    ),
    "two hosts": Case(opened=two_hosts, right=same(*ONE, *WAITING, sync=ONE)),
    "jitter": Case(opened=local(latency=JITTER), right=same(*ONE, *WAITING, sync=ONE)),
}
