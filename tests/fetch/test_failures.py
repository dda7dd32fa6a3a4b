"""Every kind of failure, and that all clients call the same accident by the same name."""

import gc
import gzip
import os
import pathlib
import socket
import ssl
import time

import pytest
import trustme
from fetching import CLIENTS, ClientStrategy, nothing_left
from pace import in_time
from raw_server import (
    Peer,
    RawServer,
    Script,
    chunked,
    closed_port,
    head,
    once,
    reply,
)

from concurrent_fetch import Failure, Options
from concurrent_fetch import FailureKind as Kind

INVALID = [
    "",
    "example.com/x",
    "/x",
    "ftp://example.com/",
    "http://",
    "http:///x",
    "http://example.com:99999/",
    "http://example.com:port/",
    "http://example.com:-1/",
    "http://exa mple.com/",
    " http://example.com/",
    "http://example.com/\n",
    "http://[::1/",
    "http://256.1.1.1/",
    "http://a..b/",
    f"http://{'a' * 64}.com/",
]


def test_unusable_urls_are_invalid_and_nothing_is_sent(client_strategy: ClientStrategy) -> None:
    run = client_strategy.fetch(INVALID)
    assert [failure.kind for failure in run.failures] == [Kind.INVALID_URL] * len(INVALID)
    for failure in run.failures:
        assert failure.message
        assert failure.error is None
        assert failure.timing.sent is None


def resets(peer: Peer) -> None:
    peer.read_head()
    peer.reset()


def resets_in_body(peer: Peer) -> None:
    peer.read_head()
    peer.send(head("Content-Length: 100") + b"half")
    peer.sock.recv(1) if peer.sock.gettimeout() else None
    peer.reset()


def bad_chunk_later(peer: Peer) -> None:
    peer.read_head()
    peer.send(CHUNKED + b"5\r\nhello\r\n")
    time.sleep(0.1)
    peer.send(b"xyz\r\nhello\r\n")
    peer.hold()


GZIPPED = gzip.compress(b"body" * 1000)
CHUNKED = head("Transfer-Encoding: chunked")

# What the server does after a whole request, and the kind of failure that it is.
ACCIDENTS: dict[str, tuple[Kind, Script]] = {
    "closed before the head": (Kind.DISCONNECTED, once(b"")),
    "closed in the status line": (Kind.DISCONNECTED, once(b"HTTP/1.1 20")),
    "closed in the head": (Kind.DISCONNECTED, once(head("Content-Length: 5")[:-4])),
    "reset before the head": (Kind.DISCONNECTED, resets),
    "another protocol": (Kind.PROTOCOL, once(b"220 mail.example.com ESMTP\r\n\r\n")),
    "HTTP/2 over HTTP/1": (Kind.PROTOCOL, once(b"HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n")),
    "a field without a colon": (Kind.PROTOCOL, once(reply(b"x", "no colon"))),
    "a blank before the colon": (Kind.PROTOCOL, once(reply(b"x", "Name : x"))),
    "a NUL in a value": (Kind.PROTOCOL, once(reply(b"x", "Name: a\0b"))),
    "length that is no number": (Kind.PROTOCOL, once(head("Content-Length: five") + b"hello")),
    "two lengths": (
        Kind.PROTOCOL,
        once(head("Content-Length: 5", "Content-Length: 6") + b"hello!"),
    ),
    "length and chunks": (
        Kind.PROTOCOL,
        once(head("Transfer-Encoding: chunked", "Content-Length: 5") + chunked(b"hello")),
    ),
    "a chunk size that is no number": (Kind.PROTOCOL, once(CHUNKED + b"xyz\r\nhello\r\n")),
    "status 99": (Kind.PROTOCOL, once(b"HTTP/1.1 099 Hm\r\nContent-Length: 0\r\n\r\n")),
    "a negative chunk size": (Kind.PROTOCOL, once(CHUNKED + b"-5\r\nhello\r\n")),
    "a bad chunk size in a later piece": (Kind.PROTOCOL, bad_chunk_later),
    "words in what is malformed": (
        Kind.PROTOCOL,
        once(b"HTTP/1.1 two hundred, peer closed connection\r\n\r\n"),
    ),
    "short body": (Kind.INCOMPLETE, once(head("Content-Length: 100") + b"half")),
    "no body at all": (Kind.INCOMPLETE, once(head("Content-Length: 100"))),
    "chunks cut short": (Kind.INCOMPLETE, once(CHUNKED + b"5\r\nhello\r\n5\r\nwo")),
    "no last chunk": (Kind.INCOMPLETE, once(CHUNKED + b"5\r\nhello\r\n")),
    "reset in the body": (Kind.INCOMPLETE, resets_in_body),
    "corrupt gzip": (
        Kind.DECODE,
        once(reply(GZIPPED[:20] + b"\xff" * 30, "Content-Encoding: gzip")),
    ),
    "no gzip": (Kind.DECODE, once(reply(b"plain text", "Content-Encoding: gzip"))),
    "gzip cut short": (Kind.DECODE, once(reply(GZIPPED[:-9], "Content-Encoding: gzip"))),
    "junk behind gzip": (Kind.DECODE, once(reply(GZIPPED + b"junk", "Content-Encoding: gzip"))),
    "unknown coding": (Kind.DECODE, once(reply(b"abc", "Content-Encoding: br"))),
    "a line of 70 KiB": (Kind.TOO_LARGE, once(reply(b"x", f"X-Long: {'v' * 70_000}"))),
    "a head of 200 KiB": (
        Kind.TOO_LARGE,
        once(reply(b"x", *[f"X-{i}: {'v' * 4000}" for i in range(50)])),
    ),
    "150 fields": (Kind.TOO_LARGE, once(reply(b"x", *[f"X-{i}: v" for i in range(150)]))),
    "150 fields of one name": (Kind.TOO_LARGE, once(reply(b"x", *["Connection: v"] * 150))),
}


@pytest.mark.parametrize("accident", ACCIDENTS)
def test_same_kind_in_every_client(client_strategy: ClientStrategy, accident: str) -> None:
    kind, script = ACCIDENTS[accident]
    with RawServer(script) as server:
        failure = client_strategy.failure(server.url(), timeout=5.0)
    assert failure.kind is kind, failure
    assert failure.message
    assert failure.attempts == 1
    assert failure.timing.sent is not None
    in_time(failure.elapsed, 2.0)
    assert len(server.heads) == 1


def test_what_the_caller_is_handling_has_no_say(client_strategy: ClientStrategy) -> None:
    def while_refused(port: int, url: str) -> Failure:
        try:
            socket.create_connection(("127.0.0.1", port))
        except ConnectionRefusedError:
            return client_strategy.failure(url, timeout=5.0)
        raise AssertionError("somebody listens there")

    garbage = once(b"220 mail.example.com ESMTP\r\n\r\n")
    with RawServer(garbage) as server, closed_port() as port:
        failure = while_refused(port, server.url())
    assert failure.kind is Kind.PROTOCOL, failure
    assert "refused" not in failure.message


def test_a_response_that_is_refused_is_closed_at_once(client_strategy: ClientStrategy) -> None:
    """Not by the garbage collector: with this length urllib3 drops a response it has made."""
    gc.collect()
    gc.disable()
    try:
        with RawServer(once(head("Content-Length: 5, 6") + b"hello")) as server, nothing_left():
            assert client_strategy.failure(server.url()).kind is Kind.PROTOCOL
    finally:
        gc.enable()


def test_a_body_that_is_reset_without_a_length_is_incomplete(
    client_strategy: ClientStrategy,
) -> None:
    def play(peer: Peer) -> None:
        peer.read_head()
        peer.send(head("Connection: close") + b"so far so good")
        # The head is to be read before the reset overtakes it.
        server.over.wait(0.1)
        peer.reset()

    with RawServer(play) as server:
        assert client_strategy.failure(server.url()).kind is Kind.INCOMPLETE


def test_a_name_that_does_not_resolve(client_strategy: ClientStrategy) -> None:
    failure = client_strategy.failure("http://nosuch.invalid/")
    assert failure.kind is Kind.DNS
    assert failure.error
    assert failure.timing.sent is None


def test_a_port_where_nobody_listens(client_strategy: ClientStrategy) -> None:
    with closed_port() as port:
        failure = client_strategy.failure(f"http://127.0.0.1:{port}/")
    assert failure.kind is Kind.CONNECT
    assert failure.timing.sent is None
    in_time(failure.elapsed, 1.0)


@pytest.fixture(scope="module")
def tls(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1", "localhost").configure_cert(context)
    return context


@pytest.fixture(scope="module")
def bundle(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("tls") / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return str(path)


def test_an_unknown_authority_is_refused(
    client_strategy: ClientStrategy, tls: ssl.SSLContext
) -> None:
    with RawServer(once(reply(b"x")), tls) as server:
        failure = client_strategy.failure(server.url())
    assert failure.kind is Kind.TLS
    assert "certificate" in failure.message.lower()
    assert server.heads == []


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_bundle_of_ones_own_is_trusted(
    client_strategy: ClientStrategy, tls: ssl.SSLContext, bundle: str, host: str
) -> None:
    with RawServer(once(reply(b"private")), tls) as server:
        response = client_strategy.response(server.url(host=host), verify=bundle)
    assert response.body == b"private"


def test_a_certificate_for_another_host_is_refused(
    client_strategy: ClientStrategy, authority: trustme.CA, bundle: str
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("example.com").configure_cert(context)
    with RawServer(once(reply(b"x")), context) as server:
        assert client_strategy.failure(server.url(), verify=bundle).kind is Kind.TLS


def test_without_verification_any_certificate_will_do(
    client_strategy: ClientStrategy, tls: ssl.SSLContext
) -> None:
    with RawServer(once(reply(b"private")), tls) as server:
        assert client_strategy.response(server.url(), verify=False).body == b"private"


def test_tls_connections_are_reused(
    client_strategy: ClientStrategy, tls: ssl.SSLContext, bundle: str
) -> None:
    def play(peer: Peer) -> None:
        while peer.read_head():
            peer.send(reply(b"x"))

    with RawServer(play, tls) as server:
        run = client_strategy.fetch([server.url()] * 3, _one_by_one(bundle))
    assert [r.reused for r in run.responses] == [False, True, True]
    assert server.connections == 1


def _one_by_one(bundle: str) -> Options:
    return Options(concurrency=1, verify=bundle)


def test_a_server_without_tls_fails_the_handshake(client_strategy: ClientStrategy) -> None:
    def play(peer: Peer) -> None:
        peer.sock.recv(65536)
        peer.send(reply(b"this is no TLS"))

    with RawServer(play) as server:
        failure = client_strategy.failure(f"https://127.0.0.1:{server.port}/")
    assert failure.kind is Kind.TLS


def test_a_connection_closed_in_the_handshake(client_strategy: ClientStrategy) -> None:
    with RawServer(lambda peer: peer.sock.recv(65536)) as server:
        failure = client_strategy.failure(f"https://127.0.0.1:{server.port}/")
    assert failure.kind is Kind.DISCONNECTED


def no_record(peer: Peer) -> None:
    """Send what is no TLS, past the TLS layer."""
    os.write(peer.sock.fileno(), b"this is no record of TLS, not even nearly")
    peer.hold()


def no_record_before_head(peer: Peer) -> None:
    peer.read_head()
    no_record(peer)


def no_record_in_body(peer: Peer) -> None:
    peer.read_head()
    peer.send(head("Content-Length: 100") + b"half")
    time.sleep(0.1)
    no_record(peer)


TLS_ACCIDENTS: dict[str, tuple[Kind, Script]] = {
    "no TLS before the head": (Kind.TLS, no_record_before_head),
    "no TLS in the body": (Kind.INCOMPLETE, no_record_in_body),
    "closed before the head": (Kind.DISCONNECTED, Peer.read_head),
    "reset before the head": (Kind.DISCONNECTED, resets),
    "closed in the body": (Kind.INCOMPLETE, once(head("Content-Length: 100") + b"half")),
    "reset in the body": (Kind.INCOMPLETE, resets_in_body),
}


@pytest.mark.parametrize("accident", TLS_ACCIDENTS)
def test_same_kind_over_tls(
    client_strategy: ClientStrategy, tls: ssl.SSLContext, accident: str
) -> None:
    kind, script = TLS_ACCIDENTS[accident]
    with RawServer(script, tls) as server:
        failure = client_strategy.failure(server.url(), timeout=5.0, verify=False)
    assert failure.kind is kind, failure
    in_time(failure.elapsed, 2.0)


def test_an_alert_in_the_handshake_is_of_tls(client_strategy: ClientStrategy) -> None:
    def play(peer: Peer) -> None:
        peer.sock.recv(65536)
        peer.send(bytes.fromhex("15 0301 0002 02 28"))  # handshake_failure
        peer.hold()

    with RawServer(play) as server:
        failure = client_strategy.failure(f"https://127.0.0.1:{server.port}/")
    assert failure.kind is Kind.TLS


@pytest.mark.parametrize("client", CLIENTS)
def test_a_client_certificate_that_is_missing_is_of_tls(client: str, authority: trustme.CA) -> None:
    """TLS 1.3 says so after the handshake, while the request is on its way.

    Not in the async clients: their loop takes the reset of such a server for all that is there.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.configure_trust(context)
    context.verify_mode = ssl.CERT_REQUIRED
    with RawServer(once(reply(b"x")), context) as server:
        run = ClientStrategy("fetch_sync", client).fetch([server.url()] * 20, Options(verify=False))
    assert [failure.kind for failure in run.failures] == [Kind.TLS] * 20


def test_a_reset_in_the_handshake(client_strategy: ClientStrategy) -> None:
    def play(peer: Peer) -> None:
        peer.sock.recv(65536)
        peer.reset()

    with RawServer(play) as server:
        failure = client_strategy.failure(f"https://127.0.0.1:{server.port}/")
    assert failure.kind is Kind.DISCONNECTED


def test_an_address_that_cannot_be_reached(client_strategy: ClientStrategy) -> None:
    """No TCP to a group of hosts: the system says so at once, and has no exception class for it."""
    failure = client_strategy.failure("http://224.0.0.1/", connect_timeout=1.0)
    assert failure.kind is Kind.CONNECT
    assert failure.timing.sent is None


@pytest.mark.parametrize("verify", ["no such file", os.devnull, str(pathlib.Path(__file__))])
def test_an_unusable_bundle_is_the_callers_mistake(
    client_strategy: ClientStrategy, verify: str
) -> None:
    with pytest.raises(ValueError, match=r"verify=.* is no usable CA bundle"):
        client_strategy.one("https://127.0.0.1:1/", verify=verify)


def test_ipv6_hosts(client_strategy: ClientStrategy) -> None:
    try:
        listener = socket.create_server(("::1", 0), family=socket.AF_INET6)
    except OSError:
        pytest.skip("this machine has no IPv6")
    with listener:
        port = listener.getsockname()[1]
    assert client_strategy.failure(f"http://[::1]:{port}/").kind is Kind.CONNECT
