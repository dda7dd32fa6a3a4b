"""Honest strategies in the words of other libraries, with their own executors and event loops.

Of most of them not all is known, which is what is noted.
"""

import asyncio
import functools
import http.client
import socket
import subprocess
import sys
import urllib.request
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from multiprocessing.pool import ThreadPool
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import httpx
import requests
import urllib3
from contenders import Strategy, Urls, honest, moved, plain, with_a_dead_link

from concurrent_fetch import Options, each

TIMES = "times of single fetches are unknown"
ALL_BUT_BODIES = "statuses and times of single fetches are unknown"

# --- one after another ---


@honest(TIMES)
@plain
def loop_of_requests(urls: Urls) -> list[requests.Response]:
    """The first that one writes."""
    return [requests.get(url, timeout=5) for url in urls]


@honest(TIMES)
@plain
def session_of_requests(urls: Urls) -> list[requests.Response]:
    """The second."""
    with requests.Session() as session:
        return [session.get(url, timeout=5) for url in urls]


@honest(TIMES, workload=moved)
@plain
def redirects_of_requests(urls: Urls) -> list[requests.Response]:
    """Follows redirects by its own rules."""
    with requests.Session() as session:
        return [session.get(url, timeout=5) for url in urls]


@honest(TIMES)
@plain
def client_of_httpx(urls: Urls) -> list[httpx.Response]:
    """With connections kept."""
    with httpx.Client() as client:
        return [client.get(url) for url in urls]


@honest(TIMES, "its values name no URLs, so they were compared in whatever order")
@plain
def manager_of_urllib3(urls: Urls) -> list[urllib3.BaseHTTPResponse]:
    """With a pool of connections."""
    with urllib3.PoolManager() as pool:
        return [pool.request("GET", url) for url in urls]


@honest(ALL_BUT_BODIES)
@plain
def dict_of_urllib(urls: Urls) -> dict[str, bytes]:
    """With the standard library, in a dict."""
    bodies = {}
    for url in urls:
        with urllib.request.urlopen(url, timeout=5) as response:
            bodies[url] = response.read()
    return bodies


@honest(ALL_BUT_BODIES)
@plain
def connection_of_http_client(urls: Urls) -> list[tuple[str, bytes]]:
    """On one connection, with what lies below urllib."""
    with closing(_connection(urls[0])) as connection:
        return [(url, _body(connection, url)) for url in urls]


def _connection(url: str) -> http.client.HTTPConnection:
    parts = urlsplit(url)
    return http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=5)


def _body(connection: http.client.HTTPConnection, url: str) -> bytes:
    parts = urlsplit(url)
    connection.request("GET", f"{parts.path}?{parts.query}")
    return connection.getresponse().read()


@honest(ALL_BUT_BODIES)
def names_looked_up_once(_: ExitStack) -> Strategy:
    """Keeps addresses from run to run, as systems do."""
    address = functools.cache(socket.gethostbyname)

    def strategy(urls: Urls) -> dict[str, bytes]:
        parts = urlsplit(urls[0])
        host = address(parts.hostname or "")
        with closing(http.client.HTTPConnection(host, parts.port, timeout=5)) as connection:
            return {url: _body(connection, url) for url in urls}

    return strategy


@honest(ALL_BUT_BODIES)
@plain
def pairs_of_lengths(urls: Urls) -> Iterator[tuple[str, int]]:
    """Yields how long each body was."""
    with requests.Session() as session:
        for url in urls:
            yield url, len(session.get(url, timeout=5).content)


@honest(
    "statuses, sizes and times of single fetches are unknown",
    r"the lengths of \d bodies differ, by no more than texts and bytes do",
)
@plain
def dict_of_texts(urls: Urls) -> dict[str, str]:
    """Returns texts."""
    with requests.Session() as session:
        return {url: session.get(url, timeout=5).text for url in urls}


@honest(ALL_BUT_BODIES)
@plain
def socket_of_its_own(urls: Urls) -> list[tuple[str, bytes]]:
    """Speaks HTTP by hand, on one connection."""
    parts = urlsplit(urls[0])
    address = (parts.hostname, parts.port)
    with socket.create_connection(address, timeout=5) as line, line.makefile("rwb") as stream:
        return [(url, _spoken(stream, urlsplit(url))) for url in urls]


def _spoken(stream: Any, parts: Any) -> bytes:
    request = f"GET {parts.path}?{parts.query} HTTP/1.1\r\nHost: {parts.netloc}\r\n\r\n"
    stream.write(request.encode())
    stream.flush()
    head = b"".join(iter(stream.readline, b"\r\n"))
    size = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length"))
    body: bytes = stream.read(int(size.split(b":")[1]))
    return body


# --- in threads and processes ---


@honest(TIMES)
@plain
def executor_of_requests(urls: Urls, options: Options) -> list[requests.Response]:
    """Starts its threads in the run, and ends them there."""
    with ThreadPoolExecutor(options.concurrency) as pool:
        return list(pool.map(requests.get, urls))


@honest(TIMES)
def executor_of_requests_kept_idle(stack: ExitStack) -> Strategy:
    """Keeps threads that do nothing between the runs."""
    pool = stack.enter_context(ThreadPoolExecutor(2))
    return lambda urls: list(pool.map(requests.get, urls))


@honest(TIMES)
@plain
def pool_of_multiprocessing(urls: Urls, options: Options) -> list[requests.Response]:
    """The other thread pool of the standard library, with its threads of management."""
    with ThreadPool(options.concurrency) as pool:
        found = pool.map(requests.get, urls)
        pool.close()
        pool.join()
    return found


@honest(TIMES)
def each_in_threads(_: ExitStack) -> Strategy:
    """A function of one URL."""
    return each(requests.get, threads=True)


_CHILD = """
import sys, urllib.request
for url in sys.argv[1:]:
    with urllib.request.urlopen(url) as response:
        body = response.read()
    sys.stdout.buffer.write(b"%d " % len(body) + body)
"""


@honest(ALL_BUT_BODIES)
@plain
def process_of_each_run(urls: Urls) -> dict[str, bytes]:
    """Lets a process fetch, and waits for its end."""
    call = [sys.executable, "-I", "-S", "-c", _CHILD, *urls]
    out = subprocess.run(call, check=True, capture_output=True).stdout
    bodies = {}
    for url in urls:
        length, out = out.split(b" ", 1)
        bodies[url], out = out[: int(length)], out[int(length) :]
    return bodies


# --- on event loops ---


async def _read(session: aiohttp.ClientSession, url: str) -> tuple[str, bytes]:
    async with session.get(url) as response:
        return url, await response.read()


@honest(ALL_BUT_BODIES)
def gathered_by_aiohttp(_: ExitStack) -> Strategy:
    """Of aiohttp's own connector as many as are allowed."""

    async def strategy(urls: Urls, options: Options) -> list[tuple[str, bytes]]:
        connector = aiohttp.TCPConnector(limit=options.concurrency)
        async with aiohttp.ClientSession(connector=connector) as session:
            return await asyncio.gather(*(_read(session, url) for url in urls))

    return strategy


@honest(TIMES)
def tasks_of_aiohttp(_: ExitStack) -> Strategy:
    """Returns responses, each of which has been read."""

    async def get(session: aiohttp.ClientSession, url: str) -> aiohttp.ClientResponse:
        async with session.get(url) as response:
            await response.read()
            return response

    async def strategy(urls: Urls) -> list[aiohttp.ClientResponse]:
        async with aiohttp.ClientSession() as session, asyncio.TaskGroup() as group:
            tasks = [group.create_task(get(session, url)) for url in urls]
        return [task.result() for task in tasks]

    return strategy


@honest(TIMES)
def semaphore_around_httpx(_: ExitStack) -> Strategy:
    """Bounds what is in flight itself."""

    async def strategy(urls: Urls, options: Options) -> list[httpx.Response]:
        limit = asyncio.Semaphore(options.concurrency)

        async def get(client: httpx.AsyncClient, url: str) -> httpx.Response:
            async with limit:
                return await client.get(url)

        async with httpx.AsyncClient() as client:
            return await asyncio.gather(*(get(client, url) for url in urls))

    return strategy


@honest(TIMES)
def yielded_as_they_come(_: ExitStack) -> Strategy:
    """An async generator, in any order."""

    async def strategy(urls: Urls) -> AsyncIterator[httpx.Response]:
        async with httpx.AsyncClient() as client:
            for done in asyncio.as_completed([client.get(url) for url in urls]):
                yield await done

    return strategy


@honest(TIMES)
def threads_below_a_loop(_: ExitStack) -> Strategy:
    """Blocking calls in the threads of the loop, which keeps them."""

    async def strategy(urls: Urls) -> list[requests.Response]:
        calls = (asyncio.to_thread(requests.get, url, timeout=5) for url in urls)
        return await asyncio.gather(*calls)

    return strategy


@honest(ALL_BUT_BODIES)
@plain
def loop_of_its_own(urls: Urls) -> list[tuple[str, bytes]]:
    """Runs its own loop to the end."""

    async def main() -> list[tuple[str, bytes]]:
        async with aiohttp.ClientSession() as session:
            return await asyncio.gather(*(_read(session, url) for url in urls))

    return asyncio.run(main())


@honest(TIMES, workload=with_a_dead_link)
def exceptions_as_values(_: ExitStack) -> Strategy:
    """Returns what was raised where nothing was answered."""

    async def strategy(urls: Urls) -> list[httpx.Response | BaseException]:
        async with httpx.AsyncClient() as client:
            return await asyncio.gather(*map(client.get, urls), return_exceptions=True)

    return strategy
