"""Look-ups of names: one that stalls holds nobody, and all addresses are tried."""

import asyncio
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from fetching import ASYNC_CLIENTS, CLIENT_STRATEGIES, ON_OTHER_LOOPS, ClientStrategy
from names import Resolve
from pace import in_time
from raw_server import RawServer, always, closed_port, reply, silent

import concurrent_fetch as cf
from concurrent_fetch import AsyncClient, FailureKind
from concurrent_fetch.fetch import find_async_client
from concurrent_fetch.wire._look_up import look_up

pytestmark = pytest.mark.once

ALL = pytest.mark.parametrize("way", [*CLIENT_STRATEGIES, *ON_OTHER_LOOPS], ids=str)
ASYNC = pytest.mark.parametrize("client", [*map(find_async_client, ASYNC_CLIENTS)], ids=str)

STALL = 2.0


@pytest.fixture
def over() -> Iterator[threading.Event]:
    """Ends what the test has stalled."""
    event = threading.Event()
    yield event
    event.set()
    for thread in threading.enumerate():
        if thread.name.startswith("look-up"):
            thread.join()


@pytest.fixture
def _stalled(monkeypatch: pytest.MonkeyPatch, over: threading.Event) -> None:
    def getaddrinfo(*_: Any, **__: Any) -> Any:
        over.wait(STALL)
        raise socket.gaierror(-2, "unknown")

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)


@ALL
@pytest.mark.usefixtures("_stalled")
@pytest.mark.parametrize("limit", ["timeout", "connect_timeout"])
def test_a_stalled_look_up_ends_with_its_time(way: ClientStrategy, limit: str) -> None:
    began = time.monotonic()
    assert way.failure("http://stalled.example/", **{limit: 0.2}).kind is FailureKind.TIMEOUT
    assert time.monotonic() - began >= 0.2
    in_time(time.monotonic() - began, 0.7)


@ASYNC
@pytest.mark.usefixtures("_stalled")
def test_a_cancelled_run_does_not_wait_for_its_look_up(client: AsyncClient) -> None:
    async def give_up() -> None:
        await asyncio.wait_for(cf.fetch_async(["http://stalled.example/"], client=client), 0.2)

    began = time.monotonic()
    with pytest.raises(TimeoutError):
        asyncio.run(give_up())
    in_time(time.monotonic() - began, 0.7)


@ALL
@pytest.mark.usefixtures("_stalled")
def test_a_literal_address_is_not_looked_up(way: ClientStrategy) -> None:
    with RawServer(always(reply(b"x"))) as server:
        assert way.response(server.url(), timeout=1.0).body == b"x"


PROGRAM = """
import asyncio, socket, sys, time
import concurrent_fetch as cf

socket.getaddrinfo = lambda *_, **__: time.sleep(60)
run = cf.fetch_async(["http://stalled.example/"], cf.Options(timeout=0.2), client=sys.argv[1])
print(asyncio.run(run)[0].kind)
"""


@ASYNC
def test_the_process_ends_before_the_look_up(client: AsyncClient) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", PROGRAM, client.name],
        capture_output=True,
        text=True,
        timeout=20,
        check=True,
    )
    assert (done.stdout, done.stderr) == ("timeout\n", "")


@ALL
def test_a_dead_address_leaves_the_next_one_to_try(
    way: ClientStrategy, resolves_to: Resolve
) -> None:
    resolves_to("127.0.0.2", "127.0.0.1")
    with RawServer(always(reply(b"x"))) as server:
        url = server.url(host="two.example")
        assert way.response(url).body == b"x"
    assert dict(server.fields[0])["host"] == f"two.example:{server.port}"


@ALL
def test_where_all_addresses_are_dead_it_is_no_connection(
    way: ClientStrategy, resolves_to: Resolve
) -> None:
    resolves_to("127.0.0.2", "127.0.0.1")
    with closed_port() as port:
        assert way.failure(f"http://two.example:{port}/").kind is FailureKind.CONNECT


@ALL
def test_a_name_without_an_address_is_a_failure(way: ClientStrategy, resolves_to: Resolve) -> None:
    resolves_to()
    assert way.failure("http://none.example/").kind is FailureKind.DNS


@ALL
def test_look_up_connection_and_handshake_share_the_connect_timeout(
    way: ClientStrategy, resolves_to: Resolve
) -> None:
    resolves_to("127.0.0.1", after=0.4)
    with RawServer(silent) as server:
        url = f"https://slow.example:{server.port}/"
        failed = way.failure(url, connect_timeout=0.6)
    assert failed.kind is FailureKind.TIMEOUT
    assert failed.elapsed > 0.5
    in_time(failed.elapsed, 0.9)


def test_a_link_local_address_keeps_its_scope(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = (socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("fe80::1", 0, 0, 2))
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [entry])
    assert asyncio.run(look_up("near.example", 80)) == [(socket.AF_INET6, ("fe80::1", 80, 0, 2))]
