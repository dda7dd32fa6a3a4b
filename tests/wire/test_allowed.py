"""`allow_private=False`: nothing that is not public is connected to, whichever way leads there."""

import asyncio
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import attrs
import pytest
from fetching import CLIENT_STRATEGIES, CLIENTS, ON_OTHER_LOOPS, ClientStrategy
from names import resolve_to
from raw_server import RawServer, always, once, reply

import concurrent_fetch as cf
from concurrent_fetch import Client, FailureKind, Options
from concurrent_fetch.fetch import find_client
from concurrent_fetch.wire import _addresses
from concurrent_fetch.wire._addresses import is_public

WAYS = (*CLIENT_STRATEGIES, *ON_OTHER_LOOPS)
EACH = pytest.mark.parametrize(
    "way", [pytest.param(way, marks=pytest.mark.once) for way in WAYS], ids=str
)
PRIVATE = (
    *("127.0.0.1", "127.1.2.3", "127.255.255.254", "0.0.0.0", "0.1.2.3", "10.0.0.1"),
    *("10.255.255.255", "172.16.0.1", "172.31.255.255", "192.168.0.1", "192.168.255.255"),
    *("169.254.169.254", "169.254.0.1", "100.64.0.1", "100.127.255.255", "192.0.0.1"),
    *("192.0.0.170", "192.0.2.1", "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1"),
    *("224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255"),
    *("::", "::1", "::7f00:1", "::a00:1", "fc00::1", "fd00:ec2::254", "fe80::1", "febf::1"),
    *(
        "fec0::1",
        "ff02::1",
        "ff0e::1",
        "100::1",
        "100:0:0:1::1",
        "2001:db8::1",
        "2001::1",
        "2001:2::1",
    ),
    *("100:0:0:1::1", "3fff::1", "5f00::1", "64:ff9b:1::1", "64:ff9b:1:fffe::808:808"),
    *("::ffff:7f00:1", "::ffff:a00:1", "::ffff:a9fe:a9fe", "::ffff:c0a8:1", "::ffff:0:0"),
    *("64:ff9b::7f00:1", "64:ff9b::a00:1", "64:ff9b::a9fe:a9fe", "64:ff9b::e000:1"),
    *("::ffff:0:7f00:1", "::ffff:0:a00:1"),
    *("2002:7f00:1::", "2002:a00:1::1", "2002:c0a8:1::"),
)
PUBLIC = (
    *("1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "172.15.255.255", "172.32.0.0"),
    *("192.167.255.255", "192.169.0.0", "100.63.255.255", "100.128.0.0", "223.255.255.255"),
    *("2606:4700::1111", "2a00:1450:4001::1", "::ffff:808:808", "64:ff9b::808:808"),
)


@pytest.mark.parametrize("literal", PRIVATE)
def test_these_are_not_public(literal: str) -> None:
    assert not is_public(literal)


@pytest.mark.parametrize("literal", PUBLIC)
def test_these_are(literal: str) -> None:
    assert is_public(literal)


def test_more_than_sixty_ways_are_tried() -> None:
    assert len(PRIVATE) + len(SPELLINGS) + 5 * len(REACHABLE) >= 60


SPELLINGS = (
    *("127.1", "2130706433", "0x7f000001", "0177.0.0.1", "0", "127.0.0.1.", "127.00.0.1"),
    *("\uff11\uff12\uff17.0.0.1", "[::ffff:127.0.0.1]", "[0:0:0:0:0:ffff:7f00:1]"),
    *("[0000::0001]", "[::ffff:0:127.0.0.1]", "[64:ff9b::127.0.0.1]", "LOCALHOST", "localhost."),
    *("user:pw@127.0.0.1", "1.1.1.1@127.0.0.1", "127。0。0。1", "[::1%25lo]"),
)
"""Of this machine's own address, valid and not."""
REACHABLE = ("127.0.0.1", "0.0.0.0", "::1", "::ffff:7f00:1")
"""What a listener on all addresses of this machine would hear."""


@contextmanager
def listening() -> Iterator[Callable[[], int]]:
    """Listen on all addresses; yields how many connections have come."""
    listener = socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True)
    with listener:
        listener.setblocking(False)

        def connections() -> int:
            came = 0
            while True:
                try:
                    listener.accept()[0].close()
                except BlockingIOError:
                    return came
                came += 1

        connections.port = listener.getsockname()[1]  # type: ignore[attr-defined]
        yield connections


def literal_in_url(literal: str) -> str:
    return f"[{literal}]" if ":" in literal else literal


@EACH
def test_no_literal_address_that_is_private_is_connected_to(way: ClientStrategy) -> None:
    with listening() as connections:
        urls = [f"http://{literal_in_url(a)}:{connections.port}/" for a in PRIVATE]  # type: ignore[attr-defined]
        run = way.fetch(urls, Options(allow_private=False))
        assert {failure.kind for failure in run.failures} == {FailureKind.NOT_ALLOWED}
        assert len(run.failures) == len(urls)
        urls = [f"http://{spelt}:{connections.port}/" for spelt in SPELLINGS]  # type: ignore[attr-defined]
        run = way.fetch(urls, Options(allow_private=False))
        assert {f.kind for f in run.failures} <= {
            FailureKind.NOT_ALLOWED,
            FailureKind.INVALID_URL,
            FailureKind.DNS,
        }
        assert len(run.failures) == len(urls)
        assert connections() == 0


@pytest.mark.parametrize("literal", REACHABLE)
@EACH
def test_no_name_of_a_private_address_is_connected_to(
    way: ClientStrategy, literal: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolve_to(monkeypatch, (literal,))
    with listening() as connections:
        for scheme in ("http", "https"):
            url = f"{scheme}://inside.example:{connections.port}/"  # type: ignore[attr-defined]
            failure = way.failure(url, allow_private=False)
            assert failure.kind is FailureKind.NOT_ALLOWED
            assert failure.message == (
                f"{literal}, an address of inside.example, is not public, and allow_private=False "
                "is set"
            )
        assert connections() == 0


@pytest.fixture
def outside(monkeypatch: pytest.MonkeyPatch) -> str:
    """An address of this machine that counts as public."""
    judged = _addresses.is_public
    monkeypatch.setattr(_addresses, "is_public", lambda a: a == "127.77.0.1" or judged(a))
    return "127.77.0.1"


class OutsideServer(RawServer):
    """Listens on all addresses, so also on the one that counts as public."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._listener.close()
        self._listener = socket.create_server(("", 0), backlog=256)
        self.port = self._listener.getsockname()[1]


@pytest.mark.parametrize("literal", [a for a in REACHABLE if ":" not in a])
@EACH
def test_no_redirect_leads_to_a_private_address(
    way: ClientStrategy, literal: str, outside: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolve_to(monkeypatch, (literal,))
    with listening() as connections:
        for host in (literal_in_url(literal), "inside.example"):
            location = f"Location: http://{host}:{connections.port}/"  # type: ignore[attr-defined]
            with OutsideServer(always(reply(b"", location, status="302 Found"))) as server:
                failure = way.failure(server.url(host=outside), allow_private=False)
                assert server.connections == 1
            assert failure.kind is FailureKind.NOT_ALLOWED
        assert connections() == 0


@EACH
def test_what_is_public_is_fetched_and_of_several_addresses_only_that(
    way: ClientStrategy, outside: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolve_to(monkeypatch, ("127.0.0.1", outside, "10.0.0.1"))
    with OutsideServer(always(reply(b"ok"))) as server:
        for host in (outside, "several.example"):
            assert way.response(server.url(host=host), allow_private=False).body == b"ok"


@EACH
def test_the_address_that_is_checked_is_the_one_connected_to(
    way: ClientStrategy, outside: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name server that has another answer next time (rebinding) is not asked again."""
    asked = resolve_to(monkeypatch, (outside,), ("127.0.0.1",))
    with OutsideServer(always(reply(b"ok"))) as server:
        url = server.url(host="rebinding.example")
        assert way.response(url, allow_private=False).body == b"ok"
        assert asked == ["rebinding.example"]
        assert way.failure(url, allow_private=False).kind is FailureKind.NOT_ALLOWED
        assert server.connections == 1


@EACH
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_behind_a_proxy_the_target_is_checked_and_the_proxy_is_not(
    way: ClientStrategy, scheme: str, outside: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = resolve_to(monkeypatch, (outside,), (outside, "10.0.0.1"), ("127.0.0.1",))
    with RawServer(once(reply(b"through"))) as proxy:
        given = {"proxy": proxy.url(), "allow_private": False}
        url = f"{scheme}://behind.example/"
        way.one(url, **given)  # a tunnel leads nowhere
        assert proxy.connections == 1
        for refused in (url, url, f"{scheme}://127.0.0.1/", f"{scheme}://[::1]/"):
            assert way.failure(refused, **given).kind is FailureKind.NOT_ALLOWED
        assert asked == ["behind.example"] * 3
        assert proxy.connections == 1
        monkeypatch.setenv(f"{scheme}_proxy", proxy.url())
        resolve_to(monkeypatch, ("127.0.0.1",))
        failure = way.failure(url, trust_env=True, allow_private=False)
        assert failure.kind is FailureKind.NOT_ALLOWED
        assert proxy.connections == 1


@pytest.mark.parametrize("client", [*map(find_client, CLIENTS)], ids=lambda c: c.name)
def test_a_client_that_does_not_check_fetches_nothing(client: Client) -> None:
    unchecked = attrs.evolve(client, checks_addresses=False)
    with RawServer(always(reply(b"x"))) as server:
        urls = [server.url(), "http://8.8.8.8/", "no URL"]
        run = cf.fetch_threaded(urls, Options(allow_private=False), client=unchecked)
        assert [failure.kind for failure in run.failures] == [FailureKind.NOT_ALLOWED] * 3
        assert "checks_addresses=True" in run.failures[0].message
        assert server.connections == 0
        assert cf.fetch_threaded(urls[:1], client=unchecked)[0].ok


def test_an_async_client_that_does_not_check_fetches_nothing() -> None:
    unchecked = attrs.evolve(cf.clients.aiohttp_client, checks_addresses=False)
    with RawServer(always(reply(b"x"))) as server:
        work = cf.fetch_async([server.url()], Options(allow_private=False), client=unchecked)
        assert asyncio.run(work).failures[0].kind is FailureKind.NOT_ALLOWED
        assert server.connections == 0


def test_in_a_comparison_it_is_one_option_for_all() -> None:
    with RawServer(always(reply(b"x"))) as server:
        runner = cf.Runner([server.url()] * 2, Options(allow_private=False), rounds=2)
        comparison = runner.compare(cf.fetch_sync, cf.fetch_async)
        for run in (*comparison.runs("fetch_sync"), *comparison.runs("fetch_async")):
            assert {failure.kind for failure in run.failures} == {FailureKind.NOT_ALLOWED}
        assert server.connections == 0


def test_no_strategy_of_a_comparison_has_it_otherwise() -> None:
    runner = cf.Runner(["http://127.0.0.1:9/"], Options(allow_private=False))
    trusting = cf.with_options(cf.fetch_sync, allow_private=True)
    for run in (runner.compare, runner.run, runner.sweep, runner.plan):
        with pytest.raises(ValueError, match="allow_private is one option for all strategies"):
            run(trusting)
