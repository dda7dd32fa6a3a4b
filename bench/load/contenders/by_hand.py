"""Loops as they are written by hand, around libraries that this package uses too."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

from bench.load.contenders.contender import BARE, Load, contender, workers


@contender("requests.Session loop", "requests", leaves_out=f"concurrency, {BARE}")
def session_loop(urls: list[str], load: Load) -> list[bytes]:
    import requests

    with requests.Session() as session:
        session.verify = load.ca or True
        return [session.get(url).content for url in urls]


@contender("requests loop, trust_env=False", "requests", leaves_out=f"concurrency, {BARE}")
def session_loop_alone(urls: list[str], load: Load) -> list[bytes]:
    import requests

    with requests.Session() as session:
        session.trust_env = False  # otherwise it reads proxies and .netrc for each URL
        session.verify = load.ca or True
        return [session.get(url).content for url in urls]


@contender("threads, a requests.Session each", "requests")
def session_per_thread(urls: list[str], load: Load) -> list[bytes]:
    import requests

    mine = threading.local()

    def get(url: str) -> bytes:
        if not hasattr(mine, "session"):
            mine.session = requests.Session()
            mine.session.verify = load.ca or True
        content: bytes = mine.session.get(url).content
        return content

    with ThreadPoolExecutor(load.concurrency) as pool:
        return list(pool.map(get, urls))


@contender("aiohttp loop", "aiohttp", leaves_out="cap, outcome", uvloop=True)
async def aiohttp_loop(urls: list[str], load: Load) -> list[bytes]:
    import aiohttp

    connector = aiohttp.TCPConnector(limit=0, ssl=load.tls)
    async with aiohttp.ClientSession(connector=connector) as session:

        async def get(url: str) -> bytes:
            async with session.get(url) as response:
                return await response.read()

        return await workers(get, urls, load)


@contender("httpx loop", "httpx")
async def httpx_loop(urls: list[str], load: Load) -> list[bytes]:
    import httpx

    n = load.concurrency
    limits = httpx.Limits(max_connections=n, max_keepalive_connections=n)
    async with httpx.AsyncClient(limits=limits, verify=load.tls, timeout=60) as client:

        async def get(url: str) -> bytes:
            return (await client.get(url)).content

        return await workers(get, urls, load)


class _Connection(asyncio.Protocol):
    """A connection that is asked for one body at a time."""

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def ask(self, request: bytes) -> "asyncio.Future[bytes]":
        from httptools import HttpResponseParser

        self.parser = HttpResponseParser(self)
        self.pieces: list[bytes] = []
        self.body: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self.transport.write(request)
        return self.body

    def data_received(self, data: bytes) -> None:
        self.parser.feed_data(data)

    def on_body(self, piece: bytes) -> None:
        self.pieces.append(piece)

    def on_message_complete(self) -> None:
        self.body.set_result(b"".join(self.pieces))

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.body.done():
            self.body.set_exception(exc or EOFError("closed amid an answer"))


@contender("asyncio.Protocol, httptools", "httptools", leaves_out=f"{BARE}, checks", uvloop=True)
async def protocol(urls: list[str], load: Load) -> list[bytes]:
    address = urlsplit(urls[0])
    prefix, host, port = f"{address.scheme}://{address.netloc}", address.hostname, address.port
    tls = load.tls if address.scheme == "https" else None
    assert host is not None
    assert port is not None
    free: list[_Connection] = []

    async def get(url: str) -> bytes:
        if free:
            connection = free.pop()
        else:
            _, connection = await asyncio.get_running_loop().create_connection(
                _Connection, host, port, ssl=tls
            )
        path = url.removeprefix(prefix)
        body = await connection.ask(f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode())
        free.append(connection)
        return body

    bodies = await workers(get, urls, load)
    for connection in free:
        connection.transport.close()
    return bodies
