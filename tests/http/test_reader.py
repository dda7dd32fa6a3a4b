"""The strict reader: what it finds does not depend on how the bytes were cut, and is bounded."""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concurrent_fetch._failure_kinds import FailureKind as Kind
from concurrent_fetch.http import Head, Reader

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"


def fed(*pieces: bytes, opens_tunnel: bool = False) -> tuple[Reader, bytes]:
    """Feed pieces for as long as a client would; return the reader and the body."""
    reader, body = Reader(opens_tunnel=opens_tunnel), b""
    for piece in pieces:
        if reader.refusal is None:
            body += b"".join(reader.feed(piece))
    return reader, body


Said: TypeAlias = tuple[Kind, str]
"""Kind and message of a refusal."""


def found(pieces: Iterable[bytes]) -> tuple[Head | None, bytes, bool, bool, Said | None]:
    """Return all that there is to find in pieces that end with the connection."""
    reader, body = fed(*filter(None, pieces), b"")
    refusal = reader.refusal
    said = None if refusal is None else (refusal.kind, refusal.message)
    return reader.head, body, reader.is_whole, reader.is_last, said


def kind_of(*pieces: bytes) -> Kind | None:
    reader, _ = fed(*pieces)
    return None if reader.refusal is None else reader.refusal.kind


def test_a_response_that_came_at_once_is_read_at_once() -> None:
    reader, body = fed(OK + b"Content-Length: 5\r\nA: b\r\n\r\nhello")
    assert reader.head is not None
    assert (reader.head.status, reader.head.http_version, reader.size) == (200, "1.1", 5)
    assert reader.head.headers.fields == (("Content-Length", "5"), ("A", "b"))
    assert (body, reader.is_whole, reader.is_last, reader.refusal) == (b"hello", True, False, None)


PARTS = st.sampled_from(
    [
        *(b"HTTP/1.1 200 OK", b"HTTP/1.0 404", b"HTTP/1.1 103 Hints", b"HTTP/1.1 204 No", b"HTTP"),
        *(
            b"\r\n",
            b"\r\n",
            b"\r\n\r\n",
            b"\n",
            b"\r",
            b" ",
            b"\t",
            b":",
            b";",
            b",",
            b"\0",
            b"\xe9",
        ),
        *(
            b"A: b",
            b"A:b",
            b"Content-Length: 3",
            b"Transfer-Encoding: chunked",
            b"Connection: close",
        ),
        *(b"Content-Length: 3\r\n\r\nabc", b"Transfer-Encoding: chunked\r\n\r\n", b"3\r\nabc\r\n"),
        *(b"0", b"3", b"a", b"ff", b"3;x=y", b"0\r\n\r\n", b"0\r\nX: y\r\n\r\n", b"abc"),
    ]
)


def cut(data: bytes, places: Sequence[int]) -> list[bytes]:
    edges = sorted({0, len(data), *(place % (len(data) + 1) for place in places)})
    return [data[one:other] for one, other in pairwise(edges)]


@given(st.lists(PARTS, max_size=14), st.lists(st.integers(0, 400), max_size=8), st.booleans())
def test_what_is_found_does_not_depend_on_the_cuts(
    parts: list[bytes], places: list[int], begins_well: bool
) -> None:
    data = (OK if begins_well else b"") + b"".join(parts)
    at_once = found([data])
    assert found(cut(data, places)) == at_once
    assert found([bytes([octet]) for octet in data]) == at_once


NEARLY = [
    *(b"http/1.1 200 OK", b"HTTP/1.1  200 OK", b"HTTP/1.1 200OK", b"HTTP/1.1 2000", b"HTTP/1.1"),
    *(b"HTTP/1.1 200 \0", b"HTTP/11", b"HTTPS", b" ", b"", b"\0", b"HTTP/1.1 200\r", b"\r"),
]


@pytest.mark.parametrize("opens_tunnel", [False, True])
@given(
    st.sampled_from(NEARLY) | st.binary(max_size=20),
    st.sampled_from([b"\n", b"\r\n", b"\r\n\r\n", b"\r\nA: b\r\n\r\nabc"]),
    st.integers(0, 40),
)
def test_what_is_said_of_a_bad_first_line_does_not_depend_on_the_cuts(
    opens_tunnel: bool, line: bytes, rest: bytes, place: int
) -> None:
    data = line + rest

    def said(*pieces: bytes) -> str | None:
        reader, _ = fed(*filter(None, pieces), b"", opens_tunnel=opens_tunnel)
        return None if reader.refusal is None else reader.refusal.message

    at_once = said(data)
    assert said(data[:place], data[place:]) == at_once
    assert said(*(bytes([octet]) for octet in data)) == at_once


def test_what_is_no_size_is_said_to_be_none_however_much_of_it_comes_at_once() -> None:
    no_size = CHUNKED + b"z" * 200_000
    assert found([no_size]) == found([no_size[:100], no_size[100:]])


@given(
    st.binary(max_size=300), st.sampled_from([b"", OK, CHUNKED, OK + b"Content-Length: 9\r\n\r\n"])
)
def test_any_bytes_are_a_response_or_refused(junk: bytes, before: bytes) -> None:
    _, body, is_whole, _, said = found([before + junk])
    assert is_whole is (said is None)
    assert len(body) <= len(junk)


@given(st.lists(st.binary(min_size=1, max_size=40), max_size=6), st.integers(1, 50))
def test_chunks_are_joined_to_the_body_they_were(chunks: list[bytes], step: int) -> None:
    framed = b"".join(b"%x\r\n%b\r\n" % (len(c), c) for c in chunks) + b"0\r\n\r\n"
    data = CHUNKED + framed
    pieces = [data[at : at + step] for at in range(0, len(data), step)]
    _, body, is_whole, is_last, kind = found(pieces)
    assert (body, is_whole, kind) == (b"".join(chunks), True, None)
    assert is_last  # the connection was ended by `found`


@pytest.mark.parametrize(
    ("answer", "is_last"),
    [
        (OK + b"Content-Length: 1\r\n\r\nx", False),
        (OK + b"Content-Length: 1\r\n\r\nxy", True),
        (OK + b"Content-Length: 1\r\nConnection: close\r\n\r\nx", True),
        (OK + b"Content-Length: 1\r\nConnection: odd, Close\r\n\r\nx", True),
        (OK + b"Content-Length: 1\r\nConnection: odd\r\nConnection: close\r\n\r\nx", True),
        (OK + b"Content-Length: 1\r\nConnection: enclosed\r\n\r\nx", False),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx", True),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 1\r\nConnection: Keep-Alive\r\n\r\nx", False),
        (b"HTTP/1.1 204 No\r\n\r\n", False),
        (b"HTTP/1.1 304 No\r\nContent-Length: 9\r\n\r\n", False),
        (CHUNKED + b"0\r\n\r\n", False),
        (CHUNKED + b"0\r\n\r\nmore", True),
        (CHUNKED.replace(b"1.1", b"1.0") + b"0\r\n\r\n", True),
    ],
)
def test_a_connection_is_good_for_another_response_or_not(answer: bytes, is_last: bool) -> None:
    reader, _ = fed(answer)
    assert (reader.is_whole, reader.is_last) == (True, is_last)
    reader.feed(b"more")
    assert reader.is_last
    assert reader.refusal is None


def test_what_came_before_something_wrong_is_returned() -> None:
    reader, body = fed(CHUNKED + b"5\r\nhello\r\n5\r\nworldx")
    assert (body, kind_of(CHUNKED + b"5\r\nhello\r\n5\r\nworldx")) == (b"helloworld", Kind.PROTOCOL)
    assert reader.head is not None


@pytest.mark.parametrize(
    ("begins", "goes_on"),
    [
        (b"HTTP/1.1 200 ", b"O"),
        (OK + b"A: ", b"b"),
        (OK, b"A: b\r\n"),
        (OK + b"A: b\r\n", b" c\r\n"),
        (CHUNKED + b"5;", b"a"),
        (CHUNKED, b"0"),
        (CHUNKED + b"5", b" "),
        (CHUNKED + b"0\r\nA: ", b"b"),
        (CHUNKED + b"0\r\n", b"A: b\r\n"),
        (CHUNKED + b"0\r\nA: b\r\n", b" c\r\n"),
    ],
)
@pytest.mark.parametrize("step", [1, 1000])
def test_what_goes_on_without_end_is_too_large(begins: bytes, goes_on: bytes, step: int) -> None:
    reader = Reader()
    reader.feed(begins)
    fields, used = goes_on * step, 0
    while reader.refusal is None and used < 200_000:
        reader.feed(fields)
        used += len(fields)
    assert reader.refusal is not None
    assert reader.refusal.kind is Kind.TOO_LARGE
    assert used < 110_000


def test_a_hundred_fields_are_read_and_no_more() -> None:
    for line_end in (b"\r\n", b"\n"):
        line = b"A: b" + line_end
        assert kind_of(OK + line * 100 + line_end) is None
        assert kind_of(OK + line * 101 + line_end) is Kind.TOO_LARGE


def test_a_line_of_64_kib_is_read_and_no_longer_one() -> None:
    longest = b"A: " + b"b" * (65536 - 5) + b"\r\n"
    assert kind_of(OK + longest + b"\r\n") is None
    assert kind_of(OK + longest.replace(b"A", b"AA") + b"\r\n") is Kind.TOO_LARGE
    assert kind_of(OK + longest + longest + b"\r\n") is Kind.TOO_LARGE


def test_a_tunnel_is_a_2xx_and_nothing_behind_it() -> None:
    for answer in (OK + b"\r\n", b"HTTP/1.1 204 No\r\nContent-Length: 5\r\n\r\n", CHUNKED):
        reader, _ = fed(b"HTTP/1.1 100 Go\r\n\r\n" + answer, opens_tunnel=True)
        assert (reader.is_whole, reader.refusal) == (True, None)
    for answer, kind in {
        b"HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n": Kind.CONNECT,
        b"HTTP/1.1 302 No\r\nLocation: /\r\n\r\n": Kind.CONNECT,
        b"HTTP/1.1 101 Switch\r\n\r\n": Kind.PROTOCOL,
        OK + b"\r\nmore": Kind.PROTOCOL,
        b"220 mail\r\n": Kind.PROTOCOL,
        OK + b"A: b\r\n" * 500 + b"\r\n": Kind.TOO_LARGE,
        b"": Kind.DISCONNECTED,
        OK: Kind.DISCONNECTED,
    }.items():
        reader, _ = fed(*filter(None, [answer]), b"", opens_tunnel=True)
        assert reader.refusal is not None, answer
        assert reader.refusal.kind is kind, answer
        assert (reader.head, reader.is_whole) == (None, False)
