"""Whose a connection is: of one response until it has been read, of nobody once it has gone bad."""

import asyncio
import gc
import gzip
import socket
import ssl
import threading
import time
from pathlib import Path
from typing import Any

import pytest
import trustme
from fetching import ASYNC_CLIENTS, ClientStrategy
from raw_server import Peer, RawServer, head, reply

from concurrent_fetch import Failure, FailureKind, Options, Response
from concurrent_fetch.fetch import find_async_client

LONG = 300_000_000  # bytes, when it is decoded
LONG_TO_DECODE = gzip.compress(gzip.compress(bytes(LONG), 1), 9)
ASYNC = pytest.mark.parametrize(
    "client", [*map(find_async_client, ASYNC_CLIENTS)], ids=lambda c: c.name
)


@pytest.fixture
def bundle(authority: trustme.CA, tmp_path: Path) -> str:
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return str(path)


def context_of(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context


def answers(peer: Peer) -> None:
    while request := peer.read_head():
        target = request.split(b" ")[1]
        if target == b"/long":
            peer.send(reply(LONG_TO_DECODE, "Content-Encoding: gzip, gzip"))
        elif target == b"/cut":
            peer.send(head("Content-Length: 100") + b"abc")
            return
        else:
            peer.send(head("Content-Length: 4") + b"ab")
            time.sleep(0.3)
            peer.send(b"cd")


def fetched_beside_a_long_one(client: Any, target: str, **options: Any) -> tuple[Any, Any]:
    """Fetch what takes long to decode, and something else while that is decoded."""

    async def both() -> tuple[Any, Any]:
        given = Options(keep_bodies=False, timeout=20, **options)
        with RawServer(answers) as server:
            async with client.session(given) as get:
                long = asyncio.create_task(get(server.url("/long")))
                await asyncio.sleep(0.03)
                other = await get(server.url(target))
                return await long, other

    return asyncio.run(both())


@ASYNC
def test_the_failure_of_one_response_is_not_that_of_another(client: Any) -> None:
    long, cut = fetched_beside_a_long_one(client, "/cut", max_bytes=None)
    assert isinstance(long, Response)
    assert (long.size, cut.kind) == (LONG, FailureKind.INCOMPLETE)


@ASYNC
def test_a_response_that_is_not_wanted_takes_no_other_with_it(client: Any) -> None:
    long, slow = fetched_beside_a_long_one(client, "/slow", max_bytes=LONG - 50_000_000)
    assert isinstance(long, Failure)
    assert long.kind is FailureKind.TOO_LARGE
    assert (slow.body, slow.size, slow.attempts) == (b"", 4, 1)


class Records:
    """A server's side of TLS that decides which records share a segment."""

    def __init__(self, sock: socket.socket, context: ssl.SSLContext) -> None:
        self._sock = sock
        self._received, self._to_send = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._received, self._to_send, server_side=True)
        self._done(self._tls.do_handshake)

    def head(self) -> bytes:
        data = b""
        while not data.endswith(b"\r\n\r\n"):
            more = self._done(lambda: self._tls.read(65536))
            if not more:
                return b""
            data += more
        return data

    def send(self, *records: bytes) -> None:
        for record in records:
            self._tls.write(record)
        self._flush()

    def _done(self, step: Any) -> Any:
        while True:
            try:
                done = step()
            except ssl.SSLWantReadError:
                self._flush()
                data = self._sock.recv(65536)
                if not data:
                    raise OSError("closed") from None
                self._received.write(data)
            else:
                self._flush()
                return done

    def _flush(self) -> None:
        if data := self._to_send.read():
            self._sock.sendall(data)


def test_a_tls_record_behind_a_response_answers_nobody(
    client_strategy: ClientStrategy, authority: trustme.CA, bundle: str
) -> None:
    context = context_of(authority)

    def says_more(peer: Peer) -> None:
        records = Records(peer.sock, context)
        while request := records.head():
            records.send(reply(request.split(b" ")[1]), reply(b"unasked"))

    with RawServer(says_more) as server:
        urls = [f"https://127.0.0.1:{server.port}/{number}" for number in range(3)]
        run = client_strategy.fetch(urls, Options(verify=bundle, concurrency=1, timeout=5))
    assert [response.body for response in run.responses] == [b"/0", b"/1", b"/2"]
    assert [response.reused for response in run.responses] == [False] * 3


@pytest.mark.parametrize("status", ["HTTP/1.1 200 OK", "HTTP/1.0 200 OK\r\nConnection: keep-alive"])
def test_a_reset_over_tls_is_no_end_of_a_body(
    client_strategy: ClientStrategy, authority: trustme.CA, bundle: str, status: str
) -> None:
    def resets(peer: Peer) -> None:
        peer.read_head()
        peer.send(f"{status}\r\n\r\nabc".encode())
        time.sleep(0.05)
        peer.reset()

    with RawServer(resets, context_of(authority)) as server:
        failure = client_strategy.failure(server.url(), verify=bundle, timeout=5)
    assert failure.kind is FailureKind.INCOMPLETE


def test_a_connection_over_tls_that_the_server_wants_closed_is_closed(
    client_strategy: ClientStrategy, authority: trustme.CA, bundle: str
) -> None:
    """At the end of the run, also where the server does not say goodbye."""
    gone = threading.Event()

    def stays(peer: Peer) -> None:
        peer.read_head()
        peer.send(reply(b"last", "Connection: close"))
        gone.wait(5)

    with RawServer(stays, context_of(authority)) as server:
        run = client_strategy.fetch([server.url()] * 2, Options(verify=bundle, timeout=5))
        gc.collect()  # what is left open says so
        gone.set()
    assert [response.body for response in run.responses] == [b"last"] * 2
