"""Large bodies that are sent to servers which answer early, or go away: all clients agree."""

import ssl

import pytest
import trustme
from fetching import CLIENT_STRATEGIES, ClientStrategy
from raw_server import Peer, RawServer, Script, head, reply

import concurrent_fetch as cf
from concurrent_fetch import FailureKind, Options, Request

every_way = pytest.mark.parametrize("way", CLIENT_STRATEGIES, ids=str)

LARGE = bytes(8_000_000)  # more than sockets hold
HINT = b"HTTP/1.1 100 Continue\r\n\r\n"


def takes_none(peer: Peer) -> None:
    peer.read_head()
    peer.send(reply(b"no", "Connection: close", status="413 No"))
    peer.read_body(len(LARGE))


def takes_none_and_goes_on(peer: Peer) -> None:
    while peer.read_head():
        peer.send(reply(b"no", status="413 No"))
        peer.read_body(len(LARGE))


def hints_unasked(peer: Peer) -> None:
    while peer.read_head():
        peer.send(HINT)
        peer.read_body(len(LARGE))
        peer.send(HINT + reply(b"well"))


def redirects_early(peer: Peer) -> None:
    while line := peer.read_head().split(b"\r\n")[0]:
        if b" /here " in line:
            peer.send(head("Location: /there", "Content-Length: 0", status="307 There"))
            peer.read_body(len(LARGE))
        else:
            body = peer.read_body(len(LARGE))
            peer.send(reply(b"well" if body == LARGE else b"another"))


def redirects_early_with_a_get(peer: Peer) -> None:
    while line := peer.read_head().split(b"\r\n")[0]:
        if b" /here " in line:
            peer.send(head("Location: /there", "Content-Length: 0", status="303 There"))
            peer.read_body(len(LARGE))
        else:
            peer.send(reply(b"well" if line.startswith(b"GET ") else b"no get"))


def resets_amid(peer: Peer) -> None:
    peer.read_head()
    peer.read_body(100_000)
    peer.reset()


def closes_amid(peer: Peer) -> None:
    peer.read_head()
    peer.read_body(100_000)


ANSWERED: list[tuple[Script, tuple[int, bytes]]] = [
    (takes_none, (413, b"no")),
    (takes_none_and_goes_on, (413, b"no")),
    (hints_unasked, (200, b"well")),
    (redirects_early, (200, b"well")),
    (redirects_early_with_a_get, (200, b"well")),
]


@every_way
@pytest.mark.parametrize(("script", "expected"), ANSWERED, ids=lambda x: getattr(x, "__name__", ""))
def test_an_early_answer_is_the_answer(
    way: ClientStrategy, script: Script, expected: tuple[int, bytes]
) -> None:
    with RawServer(script) as server:
        found = [
            outcome
            for outcome in way.fetch(
                [Request(server.url("/here"), body=LARGE)] * 2,  # type: ignore[list-item]  # they go where URLs go
                Options(concurrency=1, timeout=5),
            )
            if isinstance(outcome, cf.Response)
        ]
    assert [(outcome.status_code, outcome.body) for outcome in found] == [expected] * 2


def closes_at_once(peer: Peer) -> None:
    peer.read_head()
    peer.send(reply(b"no", "Connection: close", status="413 No"))
    peer.sock.close()


@pytest.mark.parametrize("strategy", ["fetch_sync", "fetch_threaded"])
def test_over_tls_too_a_thread_reads_what_was_said_before_the_end(
    strategy: str, authority: trustme.CA
) -> None:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(tls)
    with RawServer(closes_at_once, tls) as server:
        requests = [Request(server.url(), method="PUT", body=bytes(3_000_000))] * 5
        run = ClientStrategy(strategy, "plain").fetch(
            requests,  # type: ignore[arg-type]  # as above
            Options(concurrency=1, timeout=60, verify=False),
        )
    assert [x.status_code if isinstance(x, cf.Response) else x for x in run] == [413] * 5


@every_way
@pytest.mark.parametrize("script", [resets_amid, closes_amid], ids=lambda x: x.__name__)
def test_a_server_that_goes_away_amid_a_body_is_disconnected(
    way: ClientStrategy, script: Script
) -> None:
    with RawServer(script) as server:
        request: list[str] = [Request(server.url(), body=LARGE, method="PUT")]  # type: ignore[list-item]  # as above
        (failure,) = way.fetch(request, Options(timeout=5))
    assert isinstance(failure, cf.Failure)
    assert failure.kind is FailureKind.DISCONNECTED
    assert failure.attempts == 1
