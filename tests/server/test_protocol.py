"""HTTP/1.1 as the server speaks it, by raw sockets."""

import socket

import pytest
from fetching import eventually
from plain_http import connect, exchange, head, read_to_end

from concurrent_fetch.server import LocalServer


def test_pipelined_requests_are_answered_in_order() -> None:
    with LocalServer(latency=[0.1, 0]) as server:
        data = b"".join(head(f"/stream/1?i={i}") for i in range(5))
        answer = exchange(server, data + head("/stream/1?i=5", "Connection: close"))
        places = [answer.index(b'{"i": "%d"}' % i) for i in range(6)]
        assert places == sorted(places)
        assert server.stats().peak_in_flight == 6


def test_a_thousand_pipelined_requests_are_all_answered(server: LocalServer) -> None:
    data = head("/bytes/0") * 999 + head("/bytes/0", "Connection: close")
    assert exchange(server, data).count(b"HTTP/1.1 200 OK") == 1000
    assert server.stats().requests == 1000


def test_a_head_may_arrive_byte_by_byte(server: LocalServer) -> None:
    with connect(server) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in head("/bytes/1", "Connection: close"):
            sock.sendall(bytes([byte]))
        assert read_to_end(sock).startswith(b"HTTP/1.1 200 OK")


def test_connection_close_is_obeyed_and_said(server: LocalServer) -> None:
    answer = exchange(server, head("/bytes/1", "Connection: close") + head("/bytes/1"))
    assert answer.count(b"HTTP/1.1 200") == 1
    assert b"\r\nConnection: close\r\n" in answer


def test_http_1_0_is_closed_and_never_chunked(server: LocalServer) -> None:
    answer = exchange(server, b"GET /stream-bytes/5 HTTP/1.0\r\n\r\n")
    head_, _, body = answer.partition(b"\r\n\r\n")
    assert b"chunked" not in head_
    assert len(body) == 5


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00", 400),
        (b"GET / HTTP/1.1\n\n", 400),
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/2.0\r\nHost: a\r\n\r\n", 400),
        (b"GET a HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nfolded\r\n line\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\0\r\n\r\n", 400),
        (b"BREW / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx", 405),
        (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\nx", 400),
        (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1048577\r\n\r\nx", 413),
        (b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 411),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 70_000 + b"\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 3_000_000, 431),
    ],
)
def test_what_is_no_request_is_refused_and_closed(
    server: LocalServer, data: bytes, status: int
) -> None:
    answer = exchange(server, data)
    assert answer.startswith(b"HTTP/1.1 %d " % status)
    assert b"\r\nConnection: close\r\n" in answer
    assert server.stats().requests == 0


def test_a_body_is_read_to_its_end_and_sent_back(server: LocalServer) -> None:
    body = bytes(range(256)) * 400
    asked = head("/echo", f"Content-Length: {len(body)}").replace(b"GET", b"PUT") + body
    answer = exchange(server, asked + head("/echo", "Connection: close"))
    assert answer.count(b"HTTP/1.1 200") == 2
    assert b"\r\nX-Method: PUT\r\nX-Content-Length: 102400\r\n" in answer
    assert body in answer
    assert b"\r\nX-Method: GET\r\n" in answer


def test_a_request_counts_when_its_body_is_there(server: LocalServer) -> None:
    with connect(server) as sock:
        sock.sendall(head("/echo", "Content-Length: 2", "Connection: close") + b"a")
        with connect(server) as other:
            other.sendall(head("/get", "Connection: close"))
            read_to_end(other)
        assert server.stats().requests == 1
        sock.sendall(b"b")
        assert read_to_end(sock).endswith(b"\r\n\r\nab")


def test_a_refusal_comes_after_the_answers_to_what_came_before() -> None:
    with LocalServer(latency=0.05) as server:
        answer = exchange(server, head("/bytes/1") + b"nonsense\r\n\r\n")
    assert answer.index(b"HTTP/1.1 200") < answer.index(b"HTTP/1.1 400")


def test_a_target_may_be_a_whole_url(server: LocalServer) -> None:
    answer = exchange(server, head("http://example/bytes/1", "Connection: close"))
    assert answer.startswith(b"HTTP/1.1 200")


def test_answers_are_the_same_bytes_every_time_and_carry_no_date(server: LocalServer) -> None:
    for path in ("/get?i=1", "/bytes/100", "/gzip", "/stream/3", "/"):
        answers = {exchange(server, head(path, "Connection: close")) for _ in range(3)}
        assert len(answers) == 1
        assert b"\r\nDate:" not in answers.pop()


def test_a_client_that_reads_slowly_holds_its_request_until_the_last_byte(
    server: LocalServer,
) -> None:
    with connect(server) as sock:
        sock.sendall(head("/bytes/50000000", "Connection: close"))
        assert sock.recv(1)
        assert server.stats().in_flight == 1
        assert len(read_to_end(sock)) > 50_000_000
    eventually(lambda: server.stats().in_flight == 0)


def test_a_client_that_leaves_during_a_long_body_is_let_go(server: LocalServer) -> None:
    with connect(server) as sock:
        sock.sendall(head("/bytes/50000000"))
        assert sock.recv(1)
    eventually(lambda: server.stats().in_flight == 0)
    eventually(lambda: server.stats().open_connections == 0)
