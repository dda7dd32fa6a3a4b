"""The connection without I/O: the bytes of requests; what is made of answers, however they come."""

from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from time import perf_counter
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from concurrent_fetch import Options
from concurrent_fetch._failure_kinds import Refusal
from concurrent_fetch.clients._http1 import AT_ONCE, HTTP1Connection
from concurrent_fetch.clients._http1_requests import RequestWriter
from concurrent_fetch.fetch import Exchange
from concurrent_fetch.http import Reader, canonicalize

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
HELLO = OK + b"Content-Length: 5\r\n\r\nhello"
LAST = b"0\r\n\r\n"


def exchange_of(url: str = "http://a.example/b?c", proxy: str | None = None, **headers: str) -> Any:
    return Exchange(canonicalize(url), headers, Options(), perf_counter() + 60, proxy)


def connection(new_reader: Callable[..., Reader] = Reader) -> HTTP1Connection:
    return HTTP1Connection(RequestWriter(), new_reader)


def asked(**changes: Any) -> tuple[HTTP1Connection, Any]:
    """Return a connection on which something was asked, and for what."""
    exchange = exchange_of()
    for name, value in changes.items():
        setattr(exchange, name, value)
    http1 = connection()
    http1.ask(exchange)
    return http1, exchange


# Requests.


def test_a_request_is_its_line_and_its_fields_with_a_host_first() -> None:
    exchange = exchange_of("http://a.example:81/b?c", Accept="*/*")
    assert connection().ask(exchange) == (
        b"GET /b?c HTTP/1.1\r\nHost: a.example:81\r\nAccept: */*\r\n\r\n"
    )


def test_a_host_that_is_given_is_the_only_one() -> None:
    assert connection().ask(exchange_of(host="b.example")) == (
        b"GET /b?c HTTP/1.1\r\nhost: b.example\r\n\r\n"
    )


def test_a_final_dot_of_a_name_is_not_told() -> None:
    request = connection().ask(exchange_of("http://a.example.:81/"))
    assert b"\r\nHost: a.example:81\r\n" in request


def test_a_proxy_that_forwards_is_told_the_whole_url_and_the_credentials() -> None:
    proxy = "http://me:pw@proxy.example:3128"
    assert connection().ask(exchange_of(proxy=proxy)) == (
        b"GET http://a.example/b?c HTTP/1.1\r\nHost: a.example\r\n"
        b"Proxy-Authorization: Basic bWU6cHc=\r\n\r\n"
    )
    through_a_tunnel = connection().ask(exchange_of("https://a.example/b", proxy))
    assert through_a_tunnel == b"GET /b HTTP/1.1\r\nHost: a.example\r\n\r\n"


def test_one_writer_keeps_what_is_for_different_origins_and_fields_apart() -> None:
    writer, fields, others = RequestWriter(), {"A": "1"}, {"A": "2"}
    urls = ["http://a.example/", "http://b.example/", "http://a.example/", "https://a.example/"]
    for url in urls:
        for headers in (fields, others, fields):
            exchange = Exchange(canonicalize(url), headers, Options(), 0.0)
            host, value = url.split("/")[2], headers["A"]
            expected = f"GET / HTTP/1.1\r\nHost: {host}\r\nA: {value}\r\n\r\n"
            assert writer.head_of(exchange) == expected.encode()


def test_a_body_goes_with_its_head_unless_it_is_long() -> None:
    exchange = exchange_of(**{"Content-Length": "4"})
    exchange.method, exchange.content = "POST", b"body"
    http1 = connection()
    assert http1.ask(exchange).endswith(b"Content-Length: 4\r\n\r\nbody")
    assert http1.rest is None
    exchange.content = bytes(2 * AT_ONCE + 1)
    assert http1.ask(exchange).endswith(b"\r\n\r\n")
    assert [len(piece) for piece in http1.pieces()] == [AT_ONCE, AT_ONCE, 1]
    assert http1.rest is None


# Answers.


def test_a_connection_serves_again_after_a_whole_answer_and_says_so() -> None:
    http1, exchange = asked()
    http1.mark_sent()
    assert exchange.reused is False
    assert not http1.is_free
    assert not http1.feed(HELLO[:30])
    assert http1.feed(HELLO[30:])
    assert (exchange.status, exchange.body, http1.is_free) == (200, b"hello", True)
    again = exchange_of()
    http1.ask(again)
    http1.mark_sent()
    assert again.reused is True
    assert http1.feed(HELLO)


@pytest.mark.parametrize(
    ("answer", "is_free"),
    [
        (HELLO, True),
        (HELLO + b"more", False),
        (HELLO + HELLO, False),
        (OK + b"Connection: close\r\nContent-Length: 5\r\n\r\nhello", False),
        (b"HTTP/1.0 200\r\nContent-Length: 5\r\n\r\nhello", False),
        (b"HTTP/1.0 200\r\nConnection: keep-alive\r\nContent-Length: 5\r\n\r\nhello", True),
        (b"HTTP/1.1 103 Hints\r\nA: b\r\n\r\n" + HELLO, True),
        (CHUNKED + b"5\r\nhello\r\n" + LAST, True),
    ],
)
def test_when_a_connection_may_serve_again(answer: bytes, is_free: bool) -> None:
    http1, exchange = asked()
    assert http1.feed(answer)
    assert (exchange.body, http1.is_free) == (b"hello", is_free)


def test_a_body_to_the_end_of_the_connection_is_whole_at_its_end() -> None:
    http1, exchange = asked()
    assert not http1.feed(OK + b"\r\nhel")
    assert not http1.feed(b"lo")
    assert http1.feed(b"")
    assert (exchange.body, http1.is_free) == (b"hello", False)


def test_the_answer_to_a_head_has_no_body() -> None:
    http1, exchange = asked(method="HEAD")
    assert http1.feed(OK + b"Content-Length: 5\r\n\r\n")
    assert (exchange.status, exchange.body, http1.is_free) == (200, b"", True)


def test_what_is_no_answer_is_refused_with_what_came_before_it() -> None:
    http1, exchange = asked()
    with pytest.raises(Refusal, match="size of a chunk is invalid"):
        http1.feed(CHUNKED + b"5\r\nhello\r\n-1\r\n")
    assert (exchange.body, http1.is_free) == (b"hello", False)


# However it is cut, and whoever reads it.

PARTS = st.sampled_from(
    [
        *(
            OK,
            HELLO,
            CHUNKED,
            b"HTTP/1.1 103 Hints\r\n\r\n",
            b"HTTP/1.0 404 No\r\n",
            b"HTTP/1.1 204\r\n\r\n",
        ),
        *(b"Content-Length: 5\r\n", b"Transfer-Encoding: chunked\r\n", b"A: b\r\n", b" c\r\n"),
        *(b"\r\n", b"\n", b"\r", b" ", b"\t", b":", b";", b"\0", b"hello", b"-1", b"0x5\r\n"),
        *(b"5\r\nhello\r\n", b"05;a=b\r\nhello\r\n", b"5 \r\nhello\r\n", b"5;a;b\r\nhello\r\n"),
        *(b"1\r\n\n\r\n", b"0\r\n", b"0\r\nA: b\r\n\r\n", LAST, LAST, b"ffffffffffffffff\r\n"),
        *(b"8000000000000000\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n0\r\n\r\n"),
    ]
)
CHUNKS = st.lists(
    st.one_of(
        st.binary(min_size=1, max_size=40).map(lambda data: b"%x\r\n%b\r\n" % (len(data), data)),
        PARTS,
    ),
    max_size=6,
).map(lambda chunks: CHUNKED + b"".join(chunks) + LAST)
ANSWERS = st.one_of(CHUNKS, st.lists(PARTS, max_size=8).map(b"".join))
CUTS = st.lists(st.integers(0, 120), max_size=4)


def cut(data: bytes, cuts: Sequence[int]) -> list[bytes]:
    places = [0, *sorted(min(place, len(data)) for place in cuts), len(data)]
    return [data[a:b] for a, b in pairwise(places) if a < b]


def found(data: bytes, cuts: Sequence[int], new_reader: Callable[..., Reader] = Reader) -> object:
    """Return all that comes of an answer, and of the end of the connection behind it."""
    http1, exchange, refusal, is_whole = connection(new_reader), exchange_of(), "", False
    http1.ask(exchange)
    try:
        for piece in [*cut(data, cuts), b""]:
            is_whole = http1.feed(piece)
    except Refusal as refused:
        refusal = refused.kind
    return exchange.head, exchange.body, exchange.wire_size, is_whole, http1.is_free, refusal


@given(ANSWERS, CUTS)
def test_however_an_answer_is_cut_it_comes_to_the_same(data: bytes, cuts: list[int]) -> None:
    assert found(data, cuts) == found(data, [])


@given(ANSWERS, CUTS)
@example(CHUNKED + LAST + b"\r\n" + LAST, [])
@example(CHUNKED + LAST + HELLO[:-5] + LAST, [])
@example(CHUNKED + b"0\r\nA: b\r\n\r\n" + LAST, [])
@example(CHUNKED + b"0\r\nA: b\r\n" + LAST, [])
@example(CHUNKED + b"5 \r\nhello\r\n" + LAST, [])
@example(CHUNKED + b"7fffffffffffffff\r\nhello\r\n" + LAST, [])
def test_llhttp_and_the_strict_reader_come_to_the_same(data: bytes, cuts: list[int]) -> None:
    llhttp = pytest.importorskip("concurrent_fetch.clients._llhttp", exc_type=ImportError)
    new_reader = partial(Reader, read_chunks=llhttp.ChunkParser())
    for _ in range(2):  # it is left fit for the next body
        assert found(data, cuts, new_reader) == found(data, cuts)
        assert found(CHUNKED + b"5\r\nhello\r\n" + LAST, [], new_reader) == (
            found(CHUNKED + b"5\r\nhello\r\n" + LAST, [])
        )


def test_llhttp_reads_what_is_whole_and_as_usual_and_leaves_the_rest() -> None:
    llhttp = pytest.importorskip("concurrent_fetch.clients._llhttp", exc_type=ImportError)
    parser = llhttp.ChunkParser()
    assert parser(b"5\r\nhello\r\n1\r\n!\r\n" + LAST) == [b"hello", b"!"]
    assert parser(b"5\r\nhello\r\n") is None
    assert parser(b"5\r\nhello\r\n0\r\nA: b\r\n\r\n") is None
    assert parser(b"5 \r\nhello\r\n" + LAST) is None
    assert parser(b"10001\r\n" + bytes(65537) + b"\r\n" + LAST) is None
    assert parser(LAST) == []
