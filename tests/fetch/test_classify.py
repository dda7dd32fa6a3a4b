"""The border: every exception of every client has a kind, decided by its innermost cause."""

import asyncio
import errno
import http.client
import socket
import ssl
import types
from typing import Any

import aiohttp
import h11
import httpcore
import httpx
import pytest
import requests
import urllib3
from aiohttp import http_exceptions

from concurrent_fetch import FailureKind as Kind
from concurrent_fetch.clients import _aiohttp, _httpx, _requests
from concurrent_fetch.fetch._classify import FailureTable, causes, classify, in_words


def wrapped(outer: Exception, cause: BaseException) -> Exception:
    outer.__cause__ = cause
    return outer


def hidden(outer: Exception, context: BaseException) -> Exception:
    outer.__context__ = context
    outer.__suppress_context__ = True
    return outer


class Foreign(Exception):  # noqa: N818 - somebody else's
    reason: object = None


REFUSED = ConnectionRefusedError(111, "refused")


def test_causes_are_found_however_they_are_wrapped() -> None:
    with_reason = Foreign()
    with_reason.reason = REFUSED
    for outer in (
        wrapped(Foreign(), REFUSED),
        hidden(Foreign(), REFUSED),
        Foreign("text", REFUSED),
        with_reason,
        ExceptionGroup("two", [Foreign(), REFUSED]),
        wrapped(Foreign(), wrapped(Foreign(), REFUSED)),
    ):
        assert REFUSED in causes(outer)
        assert classify(outer, {}, in_body=False) == (Kind.CONNECT, REFUSED)


def test_a_circle_of_causes_ends() -> None:
    first, second = Foreign(), Foreign()
    first.__context__, second.__context__ = second, first
    assert list(causes(first)) == [first, second]


def test_the_steps_of_tls_are_no_cause() -> None:
    error = hidden(TimeoutError(), ssl.SSLWantReadError())
    assert classify(error, {}, in_body=False)[0] is Kind.TIMEOUT


def test_what_the_caller_is_handling_is_no_cause() -> None:
    handled = hidden(ConnectionRefusedError(), ConnectionResetError())
    error = wrapped(Foreign(), hidden(Foreign("inner"), handled))
    assert handled not in causes(error, handled)
    assert classify(error, {}, in_body=False, handled=handled) == (Kind.OTHER, error)
    assert classify(error, {}, in_body=False)[0] is Kind.DISCONNECTED


def test_what_the_caller_is_handling_may_be_raised_once_more() -> None:
    handled = wrapped(Foreign(), REFUSED)
    assert classify(handled, {}, in_body=False, handled=handled) == (Kind.CONNECT, REFUSED)


class Hostile(Exception):  # noqa: N818 - somebody else's
    """Nothing of it can be read."""

    def __str__(self) -> str:
        raise RuntimeError("no text")

    def __getattribute__(self, name: str) -> object:
        if name in {"reason", "args"}:
            raise RuntimeError(f"no {name}")
        return super().__getattribute__(name)


def test_an_exception_that_cannot_be_read_does_not_raise() -> None:
    error = wrapped(Hostile(), REFUSED)
    assert classify(error, {}, in_body=False) == (Kind.CONNECT, REFUSED)
    assert in_words(error) == "Hostile: its text cannot be had, that raises RuntimeError"
    assert in_words(TimeoutError()) == "TimeoutError"


@pytest.mark.parametrize("number", [[], "x", None, property(lambda _: 1 / 0)])
def test_a_system_error_need_not_have_a_number(number: object) -> None:
    odd: type[OSError] = type("Odd", (OSError,), {"errno": number})
    assert classify(odd(), {}, in_body=False)[0] is Kind.OTHER


SHARED_CASES: list[tuple[BaseException, Kind, Kind]] = [
    (socket.gaierror(-2, "unknown"), Kind.DNS, Kind.DNS),
    (REFUSED, Kind.CONNECT, Kind.INCOMPLETE),
    (ConnectionResetError(), Kind.DISCONNECTED, Kind.INCOMPLETE),
    (BrokenPipeError(), Kind.DISCONNECTED, Kind.INCOMPLETE),
    (ssl.SSLEOFError(), Kind.DISCONNECTED, Kind.INCOMPLETE),
    (ssl.SSLZeroReturnError(), Kind.DISCONNECTED, Kind.INCOMPLETE),
    (ssl.SSLSyscallError(), Kind.DISCONNECTED, Kind.INCOMPLETE),
    (ssl.SSLCertVerificationError(), Kind.TLS, Kind.INCOMPLETE),
    (ssl.SSLError(1, "bad record mac"), Kind.TLS, Kind.INCOMPLETE),
    (ConnectionAbortedError(), Kind.DISCONNECTED, Kind.INCOMPLETE),
    (OSError(errno.ETIMEDOUT, "x"), Kind.TIMEOUT, Kind.TIMEOUT),
    (OSError(errno.ECONNREFUSED, "x"), Kind.CONNECT, Kind.INCOMPLETE),
    (OSError(errno.EPIPE, "x"), Kind.DISCONNECTED, Kind.INCOMPLETE),
    (OSError(errno.ENETUNREACH, "x"), Kind.CONNECT, Kind.INCOMPLETE),
    (OSError(errno.EHOSTUNREACH, "x"), Kind.CONNECT, Kind.INCOMPLETE),
    (OSError(errno.EADDRNOTAVAIL, "x"), Kind.CONNECT, Kind.INCOMPLETE),
    (OSError(errno.EMFILE, "x"), Kind.CONNECT, Kind.INCOMPLETE),
    (OSError(errno.ENOTCONN, "x"), Kind.DISCONNECTED, Kind.INCOMPLETE),
    (OSError(errno.EISDIR, "x"), Kind.OTHER, Kind.OTHER),
    (OSError(), Kind.OTHER, Kind.OTHER),
    (UnicodeError(), Kind.INVALID_URL, Kind.PROTOCOL),
    (MemoryError(), Kind.TOO_LARGE, Kind.TOO_LARGE),
    (TimeoutError(), Kind.TIMEOUT, Kind.TIMEOUT),
    (KeyError("x"), Kind.OTHER, Kind.OTHER),
]


@pytest.mark.parametrize(("error", "in_head", "in_body"), SHARED_CASES)
def test_the_same_accident_before_and_after_the_head(
    error: BaseException, in_head: Kind, in_body: Kind
) -> None:
    assert classify(error, {}, in_body=False)[0] is in_head
    assert classify(error, {}, in_body=True)[0] is in_body


def test_a_clients_own_table_comes_after_the_shared_one() -> None:
    own: FailureTable = {Foreign: Kind.TLS}
    assert classify(Foreign(), own, in_body=False)[0] is Kind.TLS
    assert classify(wrapped(Foreign(), REFUSED), own, in_body=False)[0] is Kind.CONNECT
    assert classify(wrapped(KeyError(), Foreign()), own, in_body=False)[0] is Kind.TLS


def test_what_is_incomplete_before_the_head_is_disconnected() -> None:
    own: FailureTable = {Foreign: Kind.INCOMPLETE}
    assert classify(Foreign(), own, in_body=False)[0] is Kind.DISCONNECTED
    assert classify(Foreign(), own, in_body=True)[0] is Kind.INCOMPLETE


def test_a_class_of_pythons_own_is_asked_last() -> None:
    own: FailureTable = {Foreign: Kind.TLS, ValueError: Kind.INVALID_URL}
    for error in (wrapped(Foreign(), ValueError()), wrapped(ValueError(), Foreign())):
        assert classify(error, own, in_body=False)[0] is Kind.TLS
    assert classify(ValueError(), own, in_body=False)[0] is Kind.INVALID_URL


def test_a_clients_class_says_more_than_the_number_of_a_system_error() -> None:
    """It knows whether there was a connection already."""
    error = wrapped(httpx.ReadError("x"), OSError(errno.EHOSTUNREACH, "no route"))
    assert classify(error, _httpx.FAILURES, in_body=False)[0] is Kind.DISCONNECTED


# How each library hands on each accident.
CONNECTION: Any = None  # only named in messages
KEY: Any = types.SimpleNamespace(host="a", port=1, ssl=True, is_ssl=False, proxy=None)
E3 = urllib3.exceptions
# Its kind before the request is sent, before the response head, and after it.
IN_EVERY_PHASE = {
    "invalid URL": (Kind.INVALID_URL, Kind.PROTOCOL, Kind.PROTOCOL),
    "dns": (Kind.DNS,) * 3,
    "connect": (Kind.CONNECT, Kind.CONNECT, Kind.INCOMPLETE),
    "tls": (Kind.TLS, Kind.TLS, Kind.INCOMPLETE),
    "timeout": (Kind.TIMEOUT,) * 3,
    "cut short": (Kind.DISCONNECTED, Kind.DISCONNECTED, Kind.INCOMPLETE),
    "protocol": (Kind.PROTOCOL,) * 3,
    "too large": (Kind.TOO_LARGE,) * 3,
    "other": (Kind.OTHER,) * 3,
}


def in_requests(reason: Exception, outer: type[Exception] = requests.ConnectionError) -> Exception:
    """As a pool and an adapter wrap what stopped a request from being sent."""
    return outer(E3.MaxRetryError(CONNECTION, "/", reason))


def unreachable(number: int = errno.ENETUNREACH) -> Exception:
    return wrapped(E3.NewConnectionError(CONNECTION, "x"), OSError(number, "x"))


def in_httpx(outer: type[Exception], inner: type[Exception], cause: Exception) -> Exception:
    return wrapped(outer("x"), wrapped(inner("x"), cause))


def of_aiohttp(outer: type[aiohttp.ClientConnectorError], cause: OSError) -> Exception:
    return wrapped(outer(KEY, cause), cause)


def refused_message(cause: Exception) -> Exception:
    return wrapped(
        aiohttp.ClientResponseError(CONNECTION, (), status=400, message=str(cause)), cause
    )


CHAINS: dict[str, list[tuple[str, Exception]]] = {
    "requests": [
        ("invalid URL", requests.exceptions.InvalidURL(E3.LocationParseError("http://a..b/"))),
        ("invalid URL", E3.LocationParseError("'..', label empty or too long")),
        ("invalid URL", requests.exceptions.MissingSchema()),
        ("invalid URL", requests.exceptions.InvalidSchema()),
        ("invalid URL", http.client.InvalidURL("control characters")),
        ("invalid URL", ValueError("invalid literal for int() with base 16")),
        ("invalid URL", OverflowError("cannot fit 'int'")),
        ("invalid URL", UnicodeDecodeError("utf-8", b"x", 0, 1, "x")),
        ("dns", in_requests(E3.NameResolutionError("a", CONNECTION, socket.gaierror(-2, "x")))),
        ("connect", in_requests(unreachable())),
        ("connect", in_requests(unreachable(errno.EMFILE))),
        ("connect", in_requests(wrapped(E3.NewConnectionError(CONNECTION, "x"), REFUSED))),
        ("connect", in_requests(E3.ProxyError("x", unreachable()), requests.exceptions.ProxyError)),
        ("connect", requests.exceptions.InvalidProxyURL("x")),
        ("connect", E3.ProxySchemeUnknown("x")),
        ("tls", in_requests(E3.SSLError(ssl.SSLError(1, "x")), requests.exceptions.SSLError)),
        (
            "tls",
            in_requests(
                E3.ProxyError("x", E3.SSLError(ssl.SSLCertVerificationError())),
                requests.exceptions.ProxyError,
            ),
        ),
        ("tls", requests.exceptions.SSLError("x")),
        ("timeout", in_requests(E3.ConnectTimeoutError(), requests.ConnectTimeout)),
        ("timeout", in_requests(E3.ProxyError("x", E3.ConnectTimeoutError()))),
        ("timeout", requests.ConnectTimeout()),
        ("timeout", requests.ReadTimeout(E3.ReadTimeoutError(CONNECTION, "/", "x"))),
        ("timeout", requests.ConnectionError(E3.ReadTimeoutError(CONNECTION, "/", "x"))),
        ("cut short", in_requests(E3.SSLError(ssl.SSLEOFError()), requests.exceptions.SSLError)),
        ("cut short", requests.ConnectionError(E3.ProtocolError("x", ConnectionResetError()))),
        ("cut short", requests.ConnectionError(E3.ProtocolError("x", OSError(errno.EIO, "x")))),
        ("cut short", requests.ConnectionError(OSError(errno.EIO, "x"))),
        ("cut short", E3.ProtocolError("x", E3.IncompleteRead(1, 2))),
        ("protocol", requests.ConnectionError(E3.ProtocolError(http.client.BadStatusLine("x")))),
        ("protocol", requests.ConnectionError(E3.ProtocolError(http.client.UnknownProtocol("x")))),
        ("protocol", requests.exceptions.InvalidHeader(E3.InvalidHeader("two lengths"))),
        (
            "protocol",
            wrapped(
                E3.ProtocolError("x"),
                wrapped(E3.InvalidChunkLength(urllib3.HTTPResponse(), b"x"), ValueError("base 16")),
            ),
        ),
        ("too large", requests.ConnectionError(E3.ProtocolError(http.client.LineTooLong("x")))),
    ],
    "httpx": [
        ("invalid URL", httpx.InvalidURL("x")),
        (
            "invalid URL",
            in_httpx(httpx.UnsupportedProtocol, httpcore.UnsupportedProtocol, ValueError()),
        ),
        (
            "invalid URL",
            ExceptionGroup("unhandled errors", [OverflowError("port must be 0-65535")]),
        ),
        ("invalid URL", ExceptionGroup("x", [ExceptionGroup("y", [UnicodeError()])])),
        ("dns", in_httpx(httpx.ConnectError, httpcore.ConnectError, socket.gaierror(-2, "x"))),
        ("connect", in_httpx(httpx.ConnectError, httpcore.ConnectError, OSError("all failed"))),
        (
            "connect",
            in_httpx(
                httpx.ConnectError,
                httpcore.ConnectError,
                wrapped(OSError("all failed"), ExceptionGroup("x", [OSError(errno.EMFILE, "x")])),
            ),
        ),
        ("connect", in_httpx(httpx.ProxyError, httpcore.ProxyError, KeyError())),
        ("connect", httpcore.ConnectError()),
        ("tls", in_httpx(httpx.ReadError, httpcore.ReadError, ssl.SSLError(1, "x"))),
        ("tls", hidden(ssl.SSLError(1, "bare"), ssl.SSLWantReadError())),
        ("timeout", in_httpx(httpx.PoolTimeout, httpcore.PoolTimeout, KeyError())),
        ("timeout", in_httpx(httpx.ReadTimeout, httpcore.ReadTimeout, TimeoutError())),
        ("cut short", hidden(httpx.ConnectError("x"), hidden(EOFError(), ssl.SSLEOFError()))),
        ("cut short", in_httpx(httpx.ReadError, httpcore.ReadError, ConnectionResetError())),
        ("cut short", httpcore.ReadError()),
        (
            "protocol",
            in_httpx(
                httpx.RemoteProtocolError,
                httpcore.RemoteProtocolError,
                h11.RemoteProtocolError("x"),
            ),
        ),
        (
            "protocol",
            in_httpx(
                httpx.LocalProtocolError, httpcore.LocalProtocolError, h11.LocalProtocolError("x")
            ),
        ),
    ],
    "aiohttp": [
        ("invalid URL", aiohttp.InvalidUrlClientError("x")),
        ("invalid URL", aiohttp.InvalidUrlRedirectClientError("x")),
        ("invalid URL", aiohttp.NonHttpUrlClientError("x")),
        ("invalid URL", aiohttp.NonHttpUrlRedirectClientError("x")),
        ("invalid URL", UnicodeEncodeError("idna", "x", 0, 1, "label too long")),
        # A resolver need not raise a gaierror, as aiodns does not.
        ("dns", of_aiohttp(aiohttp.ClientConnectorDNSError, OSError(None, "not found"))),
        ("connect", of_aiohttp(aiohttp.ClientConnectorError, OSError(errno.ENETUNREACH, "x"))),
        ("connect", of_aiohttp(aiohttp.ClientConnectorError, OSError("Multiple exceptions"))),
        ("connect", of_aiohttp(aiohttp.ClientProxyConnectionError, OSError("x"))),
        ("tls", of_aiohttp(aiohttp.ClientConnectorSSLError, OSError("x"))),
        ("tls", wrapped(aiohttp.ClientOSError(1, "x"), ssl.SSLError(1, "x"))),
        ("tls", aiohttp.ServerFingerprintMismatch(b"x", b"y", "a", 1)),
        ("timeout", wrapped(aiohttp.ConnectionTimeoutError(), asyncio.CancelledError())),
        ("timeout", aiohttp.SocketTimeoutError()),
        ("timeout", of_aiohttp(aiohttp.ClientConnectorError, OSError(errno.ETIMEDOUT, "x"))),
        ("cut short", aiohttp.ServerDisconnectedError()),
        ("cut short", aiohttp.ClientOSError(errno.ECONNRESET, "x")),
        ("cut short", aiohttp.ClientConnectionResetError("Cannot write to closing transport")),
        ("cut short", of_aiohttp(aiohttp.ClientConnectorError, ConnectionResetError())),
        (
            "cut short",
            wrapped(aiohttp.ClientPayloadError("x"), http_exceptions.ContentLengthError("x")),
        ),
        (
            "cut short",
            wrapped(aiohttp.ClientPayloadError("x"), http_exceptions.TransferEncodingError("x")),
        ),
        ("protocol", refused_message(http_exceptions.BadStatusLine("x"))),
        ("protocol", refused_message(wrapped(http_exceptions.BadHttpMessage("x"), ValueError()))),
        ("too large", refused_message(http_exceptions.LineTooLong("x"))),
    ],
}
OWN = {"requests": _requests.FAILURES, "httpx": _httpx.FAILURES, "aiohttp": _aiohttp.FAILURES}


@pytest.mark.parametrize("client", CHAINS)
def test_every_way_in_which_a_client_wraps_an_accident(client: str) -> None:
    own = OWN[client]
    for accident, error in CHAINS[client]:
        unsent, _ = classify(error, own, in_body=False)
        in_head, _ = classify(error, own, in_body=False, sent=True)
        in_body, _ = classify(error, own, in_body=True, sent=True)
        assert (unsent, in_head, in_body) == IN_EVERY_PHASE[accident], error


@pytest.mark.parametrize("client", CHAINS)
@pytest.mark.parametrize("defect", [AssertionError, IndexError, RecursionError, TypeError])
def test_a_defect_is_not_dressed_up_as_the_servers(client: str, defect: type[Exception]) -> None:
    assert classify(defect("x"), OWN[client], in_body=True)[0] is Kind.OTHER
