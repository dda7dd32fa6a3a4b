"""Racing: an address that does not answer costs a quarter of a second, in every client."""

import asyncio
import errno
import socket
import threading
import time
from contextlib import ExitStack

import pytest
from fetching import CLIENT_STRATEGIES, ON_OTHER_LOOPS, ClientStrategy, nothing_left
from names import Resolve
from pace import in_time
from raw_server import RawServer, always, closed_port, full_port, reply

from concurrent_fetch import FailureKind, Options
from concurrent_fetch.wire import Sockets, connect
from concurrent_fetch.wire._addresses import Address, interleaved
from concurrent_fetch.wire._racing import most_telling, race_blocking

pytestmark = pytest.mark.once

WAYS = (*CLIENT_STRATEGIES, *ON_OTHER_LOOPS)
ALL = pytest.mark.parametrize("way", WAYS, ids=str)


@ALL
def test_a_dead_first_address_costs_a_quarter_of_a_second(
    way: ClientStrategy, resolves_to: Resolve
) -> None:
    resolves_to("127.0.0.2", "127.0.0.1", "127.0.0.3")
    way.one("no URL")  # imports; the first uvloop of a process keeps a pipe
    with RawServer(always(reply(b"x"))) as server, full_port("127.0.0.2", server.port):
        with nothing_left(within=5.0):
            response = way.response(server.url(host="two.example"))
        assert server.connections == 1
    assert response.body == b"x"
    assert response.elapsed > 0.25
    in_time(response.elapsed, 0.6)


@ALL
def test_addresses_that_refuse_cost_nothing(way: ClientStrategy, resolves_to: Resolve) -> None:
    resolves_to("127.0.0.2", "127.0.0.3", "::ffff:127.0.0.4", "127.0.0.1")
    with RawServer(always(reply(b"x"))) as server:
        response = way.response(server.url(host="four.example"))
    in_time(response.elapsed, 0.25)


@ALL
def test_a_family_without_a_route_is_no_error_of_the_name(
    way: ClientStrategy, resolves_to: Resolve
) -> None:
    resolves_to("2001:db8::1", "127.0.0.1")
    with RawServer(always(reply(b"x"))) as server:
        assert way.response(server.url(host="both.example")).body == b"x"
    with closed_port() as port:
        failure = way.failure(f"http://both.example:{port}/", timeout=2.0)
    assert failure.kind in {FailureKind.CONNECT, FailureKind.TIMEOUT}


@ALL
def test_where_all_are_dead_connect_timeout_is_for_all_together(
    way: ClientStrategy, resolves_to: Resolve
) -> None:
    resolves_to("127.0.0.2", "127.0.0.3", "127.0.0.4")
    way.one("no URL")  # imports; the first uvloop of a process keeps a pipe
    with ExitStack() as stack:
        port = stack.enter_context(full_port("127.0.0.2"))
        for address in ("127.0.0.3", "127.0.0.4"):
            stack.enter_context(full_port(address, port))
        with nothing_left(within=5.0):
            failure = way.failure(f"http://dead.example:{port}/", connect_timeout=0.7)
    assert failure.kind is FailureKind.TIMEOUT
    assert failure.message == "not connected within connect_timeout=0.7 s"
    assert failure.elapsed > 0.65
    in_time(failure.elapsed, 1.2)


@ALL
def test_where_all_refuse_it_is_told_as_for_one(way: ClientStrategy, resolves_to: Resolve) -> None:
    with closed_port() as port:
        url = f"http://two.example:{port}/"
        resolves_to("127.0.0.1")
        one = way.failure(url)
        resolves_to("127.0.0.2", "127.0.0.1")
        two = way.failure(url)
    assert (two.kind, two.message) == (one.kind, one.message)
    assert two.kind is FailureKind.CONNECT


def test_the_families_take_turns() -> None:
    def made(*literals: str) -> list[Address]:
        families = {True: socket.AF_INET6, False: socket.AF_INET}
        return [Address(families[":" in literal], (literal, 80)) for literal in literals]

    mixed = made("::1", "::2", "::3", "1.1.1.1", "2.2.2.2", "::1")
    assert [a.literal for a in interleaved(mixed)] == ["::1", "1.1.1.1", "::2", "2.2.2.2", "::3"]
    assert interleaved(made("1.1.1.1", "::1"))[0].literal == "1.1.1.1"


def test_the_failure_that_says_most_is_told() -> None:
    unreachable, refused = OSError(errno.ENETUNREACH, ""), OSError(errno.ECONNREFUSED, "")
    assert most_telling([unreachable, refused]) is refused
    assert most_telling([refused, unreachable]) is refused
    assert most_telling([unreachable]) is unreachable


def test_a_run_that_is_stopped_wakes_a_race(resolves_to: Resolve) -> None:
    resolves_to("127.0.0.2", "127.0.0.3")
    ended = threading.Event()
    sockets = Sockets(Options())
    with full_port("127.0.0.2") as port, full_port("127.0.0.3", port):

        def work() -> None:
            sockets.enter(time.perf_counter() + 30)
            with pytest.raises(ConnectionAbortedError):
                sockets.connect("dead.example", port)
            ended.set()

        threading.Thread(target=work).start()
        time.sleep(0.5)
        sockets.abort()
        assert ended.wait(2.0)


def test_a_race_that_is_cancelled_leaves_no_socket(resolves_to: Resolve) -> None:
    resolves_to("127.0.0.2", "127.0.0.3")

    async def give_up(port: int) -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(connect("dead.example", port, allow_private=True), 0.5)
        assert len(asyncio.all_tasks()) == 1

    with full_port("127.0.0.2") as port, full_port("127.0.0.3", port), nothing_left(within=5.0):
        asyncio.run(give_up(port))


def test_an_address_for_which_no_socket_can_be_made_is_passed_over() -> None:
    def opened(address: Address) -> socket.socket:
        if ":" in address.literal:
            raise OSError(errno.EAFNOSUPPORT, "no IPv6")
        return socket.socket()

    with RawServer(always(reply(b"x"))) as server:
        addresses = [
            Address(socket.AF_INET6, ("::1", server.port, 0, 0)),
            Address(socket.AF_INET, ("127.0.0.1", server.port)),
        ]
        with race_blocking(addresses, opened, lambda: 5.0) as sock:
            assert sock.getpeername() == ("127.0.0.1", server.port)
