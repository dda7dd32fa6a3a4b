"""The border: every exception of every client has a kind, decided by its innermost cause."""

import asyncio
import http.client
import socket
import ssl

import aiohttp
import h11
import httpcore
import httpx
import pytest
import requests
import urllib3

from concurrent_fetch import FailureKind as Kind
from concurrent_fetch._border import FailureTable, causes, classify, in_words
from concurrent_fetch.clients import _aiohttp, _httpx, _requests


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


SHARED_CASES: list[tuple[BaseException, Kind, Kind]] = [
    (socket.gaierror(-2, "unknown"), Kind.DNS, Kind.DNS),
    (REFUSED, Kind.CONNECT, Kind.INCOMPLETE),
    (ConnectionResetError(), Kind.DISCONNECTED, Kind.INCOMPLETE),
    (BrokenPipeError(), Kind.DISCONNECTED, Kind.INCOMPLETE),
    (ssl.SSLEOFError(), Kind.DISCONNECTED, Kind.INCOMPLETE),
    (ssl.SSLCertVerificationError(), Kind.TLS, Kind.INCOMPLETE),
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


def test_httpcore_and_h11_reach_us_as_exceptions_of_httpx() -> None:
    h11_error = wrapped(httpcore.RemoteProtocolError("x"), h11.RemoteProtocolError("x"))
    error = wrapped(_httpx.Malformed("x"), wrapped(httpx.RemoteProtocolError("x"), h11_error))
    assert classify(error, _httpx.FAILURES, in_body=False)[0] is Kind.PROTOCOL


def test_requests_is_asked_below_its_wrapping() -> None:
    inner = urllib3.exceptions.ProtocolError("x", http.client.RemoteDisconnected("x"))
    error = requests.ConnectionError(inner)
    assert classify(error, _requests.FAILURES, in_body=False)[0] is Kind.DISCONNECTED


def test_a_timeout_of_aiohttp_is_a_timeout() -> None:
    for cls in (aiohttp.ServerTimeoutError, aiohttp.ConnectionTimeoutError, asyncio.TimeoutError):
        assert classify(cls(), _aiohttp.FAILURES, in_body=False)[0] is Kind.TIMEOUT
