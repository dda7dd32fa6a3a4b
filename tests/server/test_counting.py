"""What a server has served since its start, for who measures."""

import contextlib
import os
import socket
from collections.abc import Callable

import pytest
import requests

from concurrent_fetch import Options, fetch_sync
from concurrent_fetch._python import COUNTING_SERVERS, CountingServer, Served
from concurrent_fetch.server import LocalServer
from concurrent_fetch.server._settings import Settings

HEAD = len("HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n")


def counting(server: LocalServer) -> CountingServer:
    (found,) = COUNTING_SERVERS.at({server.port})
    return found


def served(server: LocalServer, ask: Callable[[], object]) -> Served:
    """What reached the server while it was asked."""
    one = counting(server)
    before, _, after = one.served(), ask(), one.served()
    assert before is not None
    assert after is not None
    return Served(*(b - a for a, b in zip(before, after, strict=True)))


def test_gets_are_counted_with_what_was_sent(local: LocalServer) -> None:
    seen = served(local, lambda: fetch_sync(local.urls(5, "/bytes/1000")))
    assert (seen.gets, seen.requests) == (5, 5)
    assert 5 * (1000 + HEAD) < seen.sent < 5 * 1200


def test_a_head_is_no_get_and_has_no_body(local: LocalServer) -> None:
    seen = served(local, lambda: requests.head(local.url("/bytes/1000"), timeout=5))
    assert (seen.gets, seen.requests) == (0, 1)
    assert seen.sent < 200


def test_bodies_in_parts_are_counted_too(local: LocalServer) -> None:
    seen = served(local, lambda: fetch_sync([local.url("/bytes/1000000?seed=1")]))
    assert 1_000_000 < seen.sent < 1_001_000


def test_every_hop_and_every_try_is_a_request(local: LocalServer) -> None:
    options = Options(retry=3)
    seen = served(local, lambda: fetch_sync([local.url("/redirect/2")], options))
    assert seen.gets == 3


def test_what_is_no_request_counts_as_one(local: LocalServer) -> None:
    url = local.url("/get?" + "x" * 70_000)
    seen = served(local, lambda: requests.get(url, timeout=5))
    assert (seen.gets, seen.requests) == (1, 1)
    assert seen.sent > 100


def test_a_reset_changes_nothing(local: LocalServer) -> None:
    def ask() -> None:
        fetch_sync(local.urls(3))
        local.reset()
        fetch_sync(local.urls(2))

    assert served(local, ask).gets == 5
    assert local.stats().requests == 2


def test_a_server_is_there_while_it_runs() -> None:
    server = LocalServer().start()
    port = server.port
    one = counting(server)
    server.close()
    assert one.served() is None
    assert COUNTING_SERVERS.at({port}) == []


def test_who_is_asked_for_another_port_is_not_told(local: LocalServer) -> None:
    assert COUNTING_SERVERS.at({local.port + 1}) == []


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")  # of xdist
def test_a_fork_does_not_ask_by_the_pipes_of_its_parent(local: LocalServer) -> None:
    one = counting(local)
    ours, theirs = socket.socketpair()
    child = os.fork()
    if child == 0:  # pragma: no cover - another process
        with contextlib.suppress(BaseException):
            theirs.send(b"none" if one.served() is None else b"some")
        os._exit(0)
    os.waitpid(child, 0)
    with ours, theirs:
        assert ours.recv(4) == b"none"


@pytest.mark.parametrize(
    ("host", "port", "authorities"),
    [
        ("127.0.0.1", 8000, {"127.0.0.1:8000", "localhost:8000"}),
        ("127.0.0.1", 80, {"127.0.0.1", "localhost"}),
        ("127.0.0.2", 8000, {"127.0.0.2:8000"}),
        ("::1", 8000, {"[::1]:8000", "localhost:8000"}),
        ("0.0.0.0", 8000, {"0.0.0.0:8000", "127.0.0.1:8000", "localhost:8000"}),
        ("::", 8000, {"[::]:8000", "[::1]:8000", "127.0.0.1:8000", "localhost:8000"}),
    ],
)
def test_a_server_is_known_by_its_names(host: str, port: int, authorities: set[str]) -> None:
    assert Settings(host=host).authorities(port) == authorities
