"""Requests that are turned away: 429 beyond a limit, 503 for the first tries."""

import contextlib
import email.utils
import json
import socket
import time

import pytest
from fetching import eventually
from plain_http import connect, exchange, get, head, read_to_end

from concurrent_fetch.server import LocalServer
from concurrent_fetch.server._request import host_name
from concurrent_fetch.server._turned_away import http_date, turned_away


def asked(server: LocalServer, target: str, host: str, *fields: str) -> socket.socket:
    """A connection over which one request for a host was sent."""
    sock = connect(server)
    lines = [f"GET {target} HTTP/1.1", f"Host: {host}", "Connection: close", *fields, "", ""]
    sock.sendall("\r\n".join(lines).encode())
    return sock


def status_of(server: LocalServer, target: str, host: str = "example") -> int:
    with asked(server, target, host) as sock:
        return int(read_to_end(sock).split(b" ", 2)[1])


def until_counted(server: LocalServer, n: int) -> None:
    eventually(lambda: server.stats().requests == n)


# --- What they are told ---


@pytest.mark.parametrize(
    ("retry_after", "said"), [(0, "0"), (0.001, "1"), (1.0, "1"), (1.5, "2"), (90, "90")]
)
def test_retry_after_is_whole_seconds_rounded_up(retry_after: float, said: str) -> None:
    assert turned_away(429, "", retry_after).headers == (("Retry-After", said),)


def test_retry_after_as_a_date_is_so_much_later_than_date() -> None:
    assert turned_away(429, "", 1.5, 784111777.9).headers == (
        ("Date", "Sun, 06 Nov 1994 08:49:37 GMT"),
        ("Retry-After", "Sun, 06 Nov 1994 08:49:39 GMT"),
    )


@pytest.mark.parametrize("now", [None, 0.0])
def test_without_retry_after_nothing_is_said(now: float | None) -> None:
    assert turned_away(503, "", None, now).headers == ()


def test_an_http_date_is_what_the_standard_library_writes() -> None:
    moments = [1_700_000_000 + 2_721_599 * k for k in range(40)]
    assert [http_date(now) for now in moments] == [
        email.utils.formatdate(now, usegmt=True) for now in moments
    ]


@pytest.mark.parametrize(
    ("field", "name"),
    [
        ("API.Example.:8000", "api.example"),
        ("127.0.0.1", "127.0.0.1"),
        ("[::1]:8000", "::1"),
        ("[::1]", "::1"),
        ("", ""),
    ],
)
def test_a_host_is_the_name_without_port(field: str, name: str) -> None:
    assert host_name(field) == name


# --- 429: per host ---


def test_what_is_beyond_the_limit_of_a_host_gets_429_at_once() -> None:
    with LocalServer(latency=30, per_host=2) as server, contextlib.ExitStack() as stack:
        for n, host in enumerate(["a", "A:80", "b"], start=1):
            stack.enter_context(asked(server, "/get", host))
            until_counted(server, n)
        start = time.perf_counter()
        assert status_of(server, "/get", "a:8000") == 429
        assert time.perf_counter() - start < 15
        stats = server.stats()
        assert (stats.requests, stats.refused, stats.in_flight) == (4, 1, 3)
        assert stats.peak_served == 3
        assert stats.peak_per_host == {"a": 3, "b": 1}


def test_a_place_of_a_host_falls_free_when_a_response_is_written_or_given_up() -> None:
    with LocalServer(latency=[0, 30], per_host=1) as server:
        assert [status_of(server, "/get?i=0") for _ in range(3)] == [200, 200, 200]
        with asked(server, "/get?i=1", "example"):
            until_counted(server, 4)
            assert status_of(server, "/get?i=0") == 429
        eventually(lambda: server.stats().in_flight == 0)
        assert status_of(server, "/get?i=0") == 200
        assert server.stats().refused == 1


def test_who_waits_for_capacity_is_under_way() -> None:
    with (
        LocalServer(latency=30, capacity=1, per_host=3) as server,
        contextlib.ExitStack() as stack,
    ):
        for n in range(1, 4):
            stack.enter_context(asked(server, "/get", "a"))
            until_counted(server, n)
        assert status_of(server, "/get", "a") == 429
        stack.enter_context(asked(server, "/get", "b"))
        until_counted(server, 5)
        stats = server.stats()
        assert (stats.peak_served, stats.in_flight, stats.refused) == (1, 4, 1)


def test_a_refused_request_keeps_its_place_among_pipelined_ones() -> None:
    with LocalServer(latency=0.1, per_host=1) as server:
        answer = exchange(server, head("/bytes/1") + head("/get", "Connection: close"))
        assert [part[:3] for part in answer.split(b"HTTP/1.1 ")[1:]] == [b"200", b"429"]
        assert answer.count(b"Connection: close") == 1
        assert server.stats().in_flight == 0
        assert status_of(server, "/get") == 200


def test_clients_that_leave_while_refused_ones_are_pipelined_leave_nothing() -> None:
    with LocalServer(latency=30, per_host=1) as server:
        with connect(server) as sock:
            sock.sendall(head("/bytes/1") * 5)
            until_counted(server, 5)
        eventually(lambda: server.stats().in_flight == 0)
        server.reset()
        with asked(server, "/get", "example"):
            until_counted(server, 1)
            assert server.stats().refused == 0


def test_a_refused_head_has_no_body_and_the_connection_goes_on() -> None:
    with LocalServer(latency=30, per_host=1) as server, asked(server, "/get", "example"):
        until_counted(server, 1)
        data = head("/get", method="HEAD") + head("/get", "Connection: close")
        first, second = exchange(server, data).split(b"\r\n\r\n", 1)
        assert first.startswith(b"HTTP/1.1 429 Too Many Requests\r\n")
        assert second.startswith(b"HTTP/1.1 429 ")
        assert second.endswith(b"\r\n\r\nToo many requests.\n")


# --- 429: rate ---


def test_what_is_beyond_the_rate_gets_429() -> None:
    with LocalServer(rate=0.01) as server:
        statuses = [status_of(server, "/get", host) for host in "aabc"]
        assert statuses == [200, 429, 429, 429]
        assert server.stats().refused == 3
        server.reset()
        assert status_of(server, "/get") == 200
        assert server.stats().refused == 0


def test_a_misbehaving_server_turns_away_first() -> None:
    with LocalServer(rate=0.01, unavailable_first=1, fault="status_404") as server:
        assert [status_of(server, "/get") for _ in range(2)] == [503, 429]
    with LocalServer(unavailable_first=1, fault="status_404") as server:
        assert [get(server, "/get")[0].status for _ in range(3)] == [503, 404, 404]


# --- 503 ---


def test_each_url_is_unavailable_for_its_first_tries() -> None:
    with LocalServer(unavailable_first=2) as server:
        assert [status_of(server, "/get?i=0") for _ in range(4)] == [503, 503, 200, 200]
        assert [status_of(server, "/get?i=1") for _ in range(3)] == [503, 503, 200]
        assert [status_of(server, "/get?i=1", "other") for _ in range(3)] == [503, 503, 200]
        stats = server.stats()
        assert (stats.requests, stats.unavailable, stats.refused) == (10, 6, 0)
        server.reset()
        assert status_of(server, "/get?i=0") == 503


def test_who_is_refused_has_not_tried() -> None:
    with LocalServer(latency=[0, 30], per_host=1, unavailable_first=1) as server:
        with asked(server, "/get?i=1", "example"):
            until_counted(server, 1)
            assert status_of(server, "/get?i=0") == 429
        eventually(lambda: server.stats().in_flight == 0)
        assert [status_of(server, "/get?i=0") for _ in range(2)] == [503, 200]


def test_unavailable_takes_the_latency() -> None:
    with LocalServer(latency=0.1, unavailable_first=1) as server:
        start = time.perf_counter()
        assert status_of(server, "/get") == 503
        assert time.perf_counter() - start >= 0.1


def test_a_flaky_url_is_unavailable_for_the_first_tries_it_names(server: LocalServer) -> None:
    urls = ["/flaky/2?i=0", "/flaky/2?i=1", "/flaky/0"]
    statuses = [[status_of(server, url) for _ in range(3)] for url in urls]
    assert statuses == [[503, 503, 200], [503, 503, 200], [200, 200, 200]]
    assert server.stats().unavailable == 4
    assert json.loads(get(server, "/flaky/0?a=b")[1])["args"] == {"a": "b"}
    assert status_of(server, "/flaky/1001") == 400


def test_a_flaky_url_of_a_flaky_server_has_the_larger_number_of_both() -> None:
    with LocalServer(unavailable_first=2) as server:
        assert [status_of(server, "/flaky/1") for _ in range(3)] == [503, 503, 200]
        assert [status_of(server, "/flaky/3") for _ in range(4)] == [503, 503, 503, 200]


# --- Retry-After on the wire ---


@pytest.mark.parametrize(
    ("server", "said"),
    [
        (LocalServer(unavailable_first=1, rate=0.01), "1"),
        (LocalServer(unavailable_first=1, rate=0.01, retry_after=2.5), "3"),
        (LocalServer(unavailable_first=1, rate=0.01, retry_after=None), None),
        (
            LocalServer(unavailable_first=1, rate=0.01, retry_after=None, retry_after_as_date=True),
            None,
        ),
    ],
)
def test_both_say_when_to_come_again(server: LocalServer, said: str | None) -> None:
    with server:
        for status in (503, 429):
            response, _ = get(server, "/get")
            assert response.status == status
            assert response.headers["Retry-After"] == said
            assert response.headers["Date"] is None


def test_both_say_it_as_a_date() -> None:
    with LocalServer(
        unavailable_first=1, rate=0.01, retry_after=1.2, retry_after_as_date=True
    ) as server:
        for status in (503, 429):
            response, _ = get(server, "/get")
            assert response.status == status
            sent, again = (
                email.utils.parsedate_to_datetime(response.headers[name])
                for name in ("Date", "Retry-After")
            )
            assert (again - sent).total_seconds() == 2
            assert -1 <= time.time() - sent.timestamp() < 60


def test_other_answers_are_as_they_were(server: LocalServer) -> None:
    assert get(server, "/status/503")[0].headers["Retry-After"] is None
    assert server.stats().unavailable == 0


# --- What is counted ---


def test_gaps_and_seconds_are_counted_of_all_requests() -> None:
    with LocalServer(rate=0.01) as server:
        for host in ("a", "b", "a"):
            status_of(server, "/get", host)
        time.sleep(0.15)
        status_of(server, "/get", "b")
        stats = server.stats()
        assert (stats.requests, stats.refused, stats.peak_per_host) == (4, 3, {"a": 1, "b": 1})
        assert stats.peak_per_second <= 4
        assert list(stats.least_gap_per_host) == ["a", "b"]
        assert stats.least_gap_per_host["b"] >= 0.15
        hash(stats)
        server.reset()
        assert server.stats().least_gap_per_host == server.stats().peak_per_host == {}


def test_the_most_in_a_second_is_counted_exactly(server: LocalServer) -> None:
    with connect(server) as sock:
        sock.sendall(head("/bytes/1") * 30)
        until_counted(server, 30)
        time.sleep(1.1)
        sock.sendall(head("/bytes/1") * 7)
        until_counted(server, 37)
    assert server.stats().peak_per_second == 30
    assert server.stats().peak_per_host == {"example": 30}


def test_names_of_hosts_are_told_apart_over_the_network() -> None:
    with LocalServer(host="0.0.0.0") as server, contextlib.ExitStack() as stack:
        for n, host in enumerate(["127.0.0.1", "127.0.0.2", "localhost"], start=1):
            address = (host, server.port)
            sock = stack.enter_context(socket.create_connection(address, timeout=10))
            sock.sendall(f"GET /get HTTP/1.1\r\nHost: {host}:{server.port}\r\n\r\n".encode())
            until_counted(server, n)
        assert server.stats().peak_per_host == {"127.0.0.1": 1, "127.0.0.2": 1, "localhost": 1}


def test_many_hosts_fit_into_one_answer_to_the_parent(server: LocalServer) -> None:
    names = [f"host-{k:05}.example" for k in range(5000)]
    with connect(server) as sock:
        for start in range(0, len(names), 50):
            for name in names[start : start + 50]:
                sock.sendall(f"GET /bytes/0 HTTP/1.1\r\nHost: {name}\r\n\r\n".encode())
            until_counted(server, start + 50)
            sock.recv(65_536)
    assert server.stats().peak_per_host == dict.fromkeys(names, 1)


def test_what_is_set_is_shown() -> None:
    shown = repr(LocalServer(per_host=4, rate=50.0, unavailable_first=2))
    assert shown.endswith("capacity=None per_host=4 rate=50.0 unavailable_first=2>")
    assert repr(LocalServer()).endswith("latency=0.0 capacity=None>")
