"""The connections of a thread: when one serves again, and when it is let go."""

import threading
from collections.abc import Iterator
from time import perf_counter

import pytest
from fetching import eventually, nothing_left
from raw_server import Peer, RawServer, Script, always, reply

from concurrent_fetch import Options
from concurrent_fetch._failure_kinds import Refusal
from concurrent_fetch.clients._blocking_line import Line
from concurrent_fetch.fetch import Exchange
from concurrent_fetch.http import Reader, canonicalize
from concurrent_fetch.wire import Sockets


class Made:
    """A line, and what it is asked."""

    def __init__(self, **options: object) -> None:
        self.options = Options(**options)  # type: ignore[arg-type]  # tests give what there is
        self.sockets = Sockets(self.options)
        self.line = Line(self.options, self.sockets, Reader)

    def fetch(
        self, url: str, *, content: bytes | None = None, on_new_connection: bool = False
    ) -> Exchange:
        exchange = Exchange(canonicalize(url), {}, self.options, perf_counter() + 5)
        exchange.content, exchange.on_new_connection = content, on_new_connection
        self.sockets.enter(exchange.deadline)
        self.line.fetch(exchange)
        return exchange


@pytest.fixture
def made() -> Iterator[Made]:
    made = Made()
    with nothing_left(5.0):
        yield made
        made.line.close()


def test_a_connection_serves_again(made: Made) -> None:
    with RawServer(always(reply(b"hello"))) as server:
        found = [made.fetch(server.url()) for _ in range(3)]
        assert [(e.body, e.reused) for e in found] == [
            *((b"hello", False), (b"hello", True), (b"hello", True)),
        ]
        assert server.connections == 1
        made.line.close()


def test_on_demand_it_is_a_new_one(made: Made) -> None:
    with RawServer(always(reply(b"hello"))) as server:
        made.fetch(server.url())
        assert made.fetch(server.url(), on_new_connection=True).reused is False
        assert server.connections == 2
        made.line.close()


def says_more(peer: Peer) -> None:
    while peer.read_head():
        peer.send(reply(b"hello"))
        peer.send(b"HTTP/1.1 200 OK\r\n")


def ends(peer: Peer) -> None:
    peer.read_head()
    peer.send(reply(b"hello"))


@pytest.mark.parametrize("script", [says_more, ends], ids=lambda script: script.__name__)
def test_one_that_has_ended_or_says_more_serves_nobody(made: Made, script: Script) -> None:
    with RawServer(script) as server:
        for _ in range(3):
            assert made.fetch(server.url()).reused is False
            kept = list(made.line._kept.all())
            eventually(lambda kept=kept: not any(one.is_quiet for one in kept))  # type: ignore[misc]  # a default of its own
        assert server.connections == 3
        made.line.close()


def test_what_was_not_read_to_its_end_serves_nobody(made: Made) -> None:
    made.options = Options(max_bytes=3)
    with RawServer(always(reply(b"hello"))) as server, pytest.raises(Refusal):
        made.fetch(server.url())
    assert list(made.line._kept.all()) == []


def test_whoever_keeps_no_connections_has_none() -> None:
    made = Made(reuse_connections=False)
    with RawServer(always(reply(b"hello"))) as server:
        for _ in range(2):
            assert made.fetch(server.url()).reused is False
            assert list(made.line._kept.all()) == []


def test_a_long_body_goes_out_as_it_is(made: Made) -> None:
    content = bytes(range(256)) * 4000
    arrived: list[bytes] = []

    def take(peer: Peer) -> None:
        peer.read_head()
        arrived.append(peer.read_body(len(content)))
        peer.send(reply(b"well"))

    with RawServer(take) as server:
        assert made.fetch(server.url(), content=content).body == b"well"
        assert arrived == [content]


def test_another_thread_does_not_close_what_serves(made: Made) -> None:
    asked, closed = threading.Event(), threading.Event()

    def answer_late(peer: Peer) -> None:
        peer.read_head()
        asked.set()
        closed.wait(5)
        peer.send(reply(b"late"))

    with RawServer(answer_late) as server:

        def close() -> None:
            asked.wait(5)
            made.line.close()
            closed.set()

        closing = threading.Thread(target=close)
        closing.start()
        assert made.fetch(server.url()).body == b"late"
        closing.join()
        assert list(made.line._kept.all()) == []  # nobody would close it later


def test_another_thread_closes_what_is_idle(made: Made) -> None:
    with RawServer(always(reply(b"hello"))) as server:
        made.fetch(server.url())
        (kept,) = made.line._kept.all()
        closing = threading.Thread(target=made.line.close)
        closing.start()
        closing.join()
        assert not kept.is_free
