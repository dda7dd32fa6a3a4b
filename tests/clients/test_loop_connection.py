"""A connection on an event loop, mostly over a transport of paper."""

import asyncio
import socket
from collections.abc import Callable, Coroutine
from importlib.util import find_spec
from time import perf_counter
from typing import Any

import pytest
from fetching import ClientStrategy
from raw_server import Peer, RawServer, reply

from concurrent_fetch import Options, Request, Response
from concurrent_fetch._failure_kinds import Refusal
from concurrent_fetch.clients._http1 import AT_ONCE, HTTP1Connection
from concurrent_fetch.clients._http1_requests import RequestWriter
from concurrent_fetch.clients._loop_connection import LoopConnection
from concurrent_fetch.fetch import Exchange
from concurrent_fetch.http import canonicalize

HELLO = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"


class Transport:
    """Keeps what was written."""

    def __init__(self) -> None:
        self.written: list[bytes] = []
        self.is_closed = False
        self.extra: dict[str, object] = {}

    def get_extra_info(self, name: str) -> object:
        return self.extra.get(name)

    def write(self, data: bytes) -> None:
        self.written.append(bytes(data))

    def is_closing(self) -> bool:
        return self.is_closed

    def abort(self) -> None:
        self.is_closed = True


class Made:
    """A connection, its transport, and how often it said that it is lost."""

    def __init__(self) -> None:
        self.lost = 0
        self.transport = Transport()
        http1 = HTTP1Connection(RequestWriter())
        self.connection = LoopConnection(http1, asyncio.get_running_loop(), self._is_lost)
        self.connection.connection_made(self.transport)

    def _is_lost(self, connection: LoopConnection) -> None:
        assert connection is self.connection
        self.lost += 1

    async def fetch(self, *answer: bytes, content: bytes | None = None) -> Exchange:
        exchange = Exchange(canonicalize("http://a.example/"), {}, Options(), perf_counter() + 60)
        exchange.content = content
        task = asyncio.create_task(self.connection.fetch(exchange))
        await asyncio.sleep(0)
        for piece in answer:
            self.connection.data_received(piece)
        await task
        return exchange


def on_a_loop(test: Callable[[Made], Coroutine[Any, Any, None]]) -> Callable[[], None]:
    async def run() -> None:
        await test(Made())

    def run_it() -> None:
        asyncio.run(run())

    run_it.__name__ = test.__name__
    return run_it


@on_a_loop
async def test_it_serves_one_exchange_after_another(made: Made) -> None:
    for is_reused in (False, True):
        exchange = await made.fetch(HELLO[:40], HELLO[40:])
        assert (exchange.body, exchange.reused, made.connection.is_free) == (
            *(b"hello", is_reused),
            True,
        )
    assert len(made.transport.written) == 2


@pytest.mark.parametrize("speaks", [True, False])
def test_one_that_speaks_or_ends_unasked_is_lost_at_once(speaks: bool) -> None:
    async def main() -> None:
        made = Made()
        await made.fetch(HELLO)
        if speaks:
            made.connection.data_received(b"more")
        else:
            made.connection.eof_received()
        assert (made.connection.is_free, made.transport.is_closed, made.lost) == (False, True, 1)

    asyncio.run(main())


@on_a_loop
async def test_one_that_ends_with_its_answer_serves_no_other(made: Made) -> None:
    exchange = await made.fetch(HELLO, b"")
    assert (exchange.body, made.connection.is_free) == (b"hello", False)


@on_a_loop
async def test_one_that_has_ended_fails_at_once_and_tells_that_it_had_served(made: Made) -> None:
    await made.fetch(HELLO)
    made.transport.abort()
    exchange = Exchange(canonicalize("http://a.example/"), {}, Options(), perf_counter() + 60)
    with pytest.raises(ConnectionResetError):
        await made.connection.fetch(exchange)
    assert exchange.reused is True


@on_a_loop
async def test_the_end_amid_an_answer_is_a_failure(made: Made) -> None:
    with pytest.raises(Refusal, match="2 of 5 body bytes arrived"):
        await made.fetch(HELLO[:-3], b"")
    assert made.transport.is_closed


@on_a_loop
async def test_of_a_long_body_no_more_is_written_once_the_answer_is_there(made: Made) -> None:
    made.connection.pause_writing()
    exchange = await made.fetch(HELLO, content=bytes(3 * AT_ONCE))
    assert exchange.body == b"hello"
    assert sum(map(len, made.transport.written)) < AT_ONCE
    assert not made.connection.is_free


@on_a_loop
async def test_a_long_body_waits_until_there_is_room(made: Made) -> None:
    made.connection.pause_writing()
    exchange = Exchange(canonicalize("http://a.example/"), {}, Options(), perf_counter() + 60)
    exchange.content = bytes(2 * AT_ONCE)
    task = asyncio.create_task(made.connection.fetch(exchange))
    await asyncio.sleep(0)
    assert len(made.transport.written) == 1
    assert exchange.sent is None
    made.connection.resume_writing()
    for _ in range(3):  # a turn for each piece
        await asyncio.sleep(0)
    assert [len(piece) for piece in made.transport.written[1:]] == [AT_ONCE, AT_ONCE]
    assert exchange.sent is not None
    made.connection.data_received(HELLO)
    await task
    assert made.connection.is_free


@pytest.mark.parametrize("came", [b"", HELLO[:-1], HELLO])
@pytest.mark.parametrize("over_tls", [False, True])
def test_what_came_before_writing_failed_is_read(came: bytes, over_tls: bool) -> None:
    async def main() -> None:
        made = Made()
        ours, theirs = socket.socketpair()
        with ours, theirs:
            theirs.sendall(came)
            made.transport.extra = {"socket": ours, "ssl_object": over_tls or None}
            fetching = asyncio.create_task(made.fetch(content=bytes(3 * AT_ONCE)))
            await asyncio.sleep(0.01)
            made.connection.connection_lost(BrokenPipeError())
            if came == HELLO and not over_tls:
                assert (await fetching).body == b"hello"
            else:
                with pytest.raises(BrokenPipeError):
                    await fetching
        assert (made.connection.is_free, made.lost) == (False, 1)

    asyncio.run(main())


def answers_and_closes(peer: Peer) -> None:
    """Close with a reset, as is where a body has not been read."""
    peer.read_head()
    peer.send(reply(b"no", "Connection: close", status="413 No"))
    peer.sock.close()


needs_uvloop = pytest.mark.skipif(find_spec("uvloop") is None, reason="there is no uvloop here")


@pytest.mark.parametrize("loop", ["asyncio", pytest.param("uvloop", marks=needs_uvloop)])
def test_the_answer_of_a_server_that_closes_amid_a_long_body_is_read(loop: str) -> None:
    way = ClientStrategy("fetch_async", "plain", loop)
    with RawServer(answers_and_closes) as server:
        requests = [Request(server.url(), method="PUT", body=bytes(8_000_000))] * 5
        run = way.fetch(requests, Options(concurrency=1, timeout=60))  # type: ignore[arg-type]  # they go where URLs go
    answers = [(x.status_code, x.body) if isinstance(x, Response) else x for x in run]
    assert answers == [(413, b"no")] * 5
