"""Every exception class of the libraries below is a kind of failure, or stands here with a reason.

Found by reflection, so that a class that a new version brings does not pass unseen as `other`.
"""

import importlib
import inspect
import sys
from collections.abc import Iterator, Mapping
from importlib.util import find_spec

import pytest

from concurrent_fetch import FailureKind
from concurrent_fetch.clients import _aiohttp, _httpx, _opening, _requests
from concurrent_fetch.fetch._classify import FailureTable, classify

CLIENTS: dict[str, tuple[FailureTable, tuple[str, ...]]] = {
    "requests": (_requests.FAILURES, ("requests.exceptions", "urllib3.exceptions", "http.client")),
    "httpx": (_httpx.FAILURES, ("httpx", "httpcore", "h11")),
    "aiohttp": (
        _aiohttp.FAILURES,
        ("aiohttp", "aiohttp.client_exceptions", "aiohttp.http_exceptions", "aiohttp.streams"),
    ),
    "plain": (_opening.FAILURES, ("concurrent_fetch.clients._opening",)),
    "shared": ({}, ("ssl", "socket")),
}
if find_spec("httptools") is not None:  # an extra
    CLIENTS["httptools"] = (_opening.FAILURES, ("httptools.parser.errors",))
if find_spec("httpx2") is not None:  # an extra
    httpx2 = importlib.import_module("concurrent_fetch.clients._httpx2").httpx2_client
    CLIENTS["httpx2"] = (httpx2.failures, ("httpx2", "httpcore2", "h11"))

# Why a class is left as it is.
ROOT = "says nothing: what is raised is a class below it"
WRAPPER = "is only ever raised around another one, which decides"
DONE_HERE = (
    "belongs to redirects, decoding, cookies, retries and statuses, which are not the client's"
)
MISUSE = "comes of using the library in a way that its client here does not"
CAUGHT = "is caught where it is raised: then the strict reader reads what it was raised for"
STEP = "is a step of TLS, which `causes` skips"

UNCLASSIFIED: dict[str, dict[str, tuple[str, ...]]] = {
    "requests": {
        ROOT: (
            "requests.exceptions.RequestException",
            "urllib3.exceptions.HTTPError",
            "urllib3.exceptions.PoolError",
            "urllib3.exceptions.RequestError",
        ),
        WRAPPER: ("urllib3.exceptions.MaxRetryError",),
        DONE_HERE: (
            "requests.exceptions.ChunkedEncodingError",  # raised by Response.iter_content only
            "requests.exceptions.ContentDecodingError",
            "requests.exceptions.HTTPError",
            "requests.exceptions.InvalidJSONError",
            "requests.exceptions.RetryError",
            "requests.exceptions.TooManyRedirects",
            "urllib3.exceptions.DecodeError",
            "urllib3.exceptions.HostChangedError",
            "urllib3.exceptions.ResponseError",
        ),
        MISUSE: (
            "requests.exceptions.StreamConsumedError",
            "requests.exceptions.URLRequired",
            "requests.exceptions.UnrewindableBodyError",
            "urllib3.exceptions.BodyNotHttplibCompatible",
            "urllib3.exceptions.ClosedPoolError",  # a closed adapter has no fetch in flight
            "urllib3.exceptions.EmptyPoolError",  # the pools do not block
            "urllib3.exceptions.FullPoolError",
            "urllib3.exceptions.HeaderParsingError",  # is logged, not raised
            "urllib3.exceptions.TimeoutStateError",
            "urllib3.exceptions.UnrewindableBodyError",
        ),
    },
    "httpx": {
        ROOT: (
            "h11.ProtocolError",
            "httpcore.ProtocolError",
            "httpx.HTTPError",
            "httpx.ProtocolError",
            "httpx.RequestError",
            "httpx.StreamError",
            "httpx.TransportError",
        ),
        WRAPPER: (  # the other way round: httpcore's are around them
            "h11.LocalProtocolError",
            "h11.RemoteProtocolError",
        ),
        DONE_HERE: (
            "httpx.CookieConflict",
            "httpx.DecodingError",
            "httpx.HTTPStatusError",
            "httpx.TooManyRedirects",
        ),
        MISUSE: (
            "httpcore.ConnectionNotAvailable",  # a pool catches it and takes another connection
            "httpx.RequestNotRead",
            "httpx.ResponseNotRead",
            "httpx.StreamClosed",
            "httpx.StreamConsumed",
        ),
    },
    "aiohttp": {
        ROOT: ("aiohttp.client_exceptions.ClientError",),
        DONE_HERE: ("aiohttp.client_exceptions.RedirectClientError",),
        MISUSE: (
            "aiohttp.WebSocketError",
            "aiohttp.client_exceptions.UploadAbortedError",
            "aiohttp.client_exceptions.WSMessageTypeError",
        ),
    },
    "plain": {},
    "httptools": {
        CAUGHT: (
            "httptools.parser.errors.HttpParserCallbackError",
            "httptools.parser.errors.HttpParserError",
            "httptools.parser.errors.HttpParserInvalidMethodError",
            "httptools.parser.errors.HttpParserInvalidStatusError",
            "httptools.parser.errors.HttpParserInvalidURLError",
            "httptools.parser.errors.HttpParserUpgrade",
        ),
    },
    "shared": {STEP: ("ssl.SSLWantReadError", "ssl.SSLWantWriteError")},
}
UNCLASSIFIED["httpx2"] = {
    reason: tuple(
        name.replace("httpx.", "httpx2.").replace("httpcore.", "httpcore2.") for name in names
    )
    for reason, names in UNCLASSIFIED["httpx"].items()
}
UNCLASSIFIED["httpx2"][DONE_HERE] += ("httpx2.SSEError",)  # of a stream of events
# The lowest versions that pyproject.toml allows do not have these yet.
NEWER = {"aiohttp.client_exceptions.UploadAbortedError"}
OF_CPYTHON = pytest.mark.skipif(
    sys.implementation.name != "cpython", reason="elsewhere other modules define what ssl raises"
)


def exceptions(module: str) -> Iterator[tuple[str, type[BaseException]]]:
    """Yield the library's own exception classes that a module names, under the name of each."""
    package = module.partition(".")[0]
    for name, cls in inspect.getmembers(importlib.import_module(module), inspect.isclass):
        if (
            issubclass(cls, BaseException)
            and not issubclass(cls, Warning)
            and not name.startswith("_")
            and cls.__module__.partition(".")[0] == package
        ):
            defined_in = module if "._" in cls.__module__ else cls.__module__
            yield f"{defined_in}.{cls.__name__}", cls


def unclassified(own: FailureTable, classes: Mapping[str, type[BaseException]]) -> set[str]:
    return {
        name
        for name, cls in classes.items()
        if classify(cls.__new__(cls), own, in_body=False)[0] is FailureKind.OTHER
    }


@OF_CPYTHON
@pytest.mark.parametrize("client", CLIENTS)
def test_every_exception_class_has_a_kind_or_a_reason(client: str) -> None:
    own, modules = CLIENTS[client]
    classes = dict(found for module in modules for found in exceptions(module))
    excused = {name for names in UNCLASSIFIED[client].values() for name in names}
    without_kind = unclassified(own, classes)
    new = sorted(without_kind - excused)
    assert not new, (
        f"these exception classes are new or no longer classified: {', '.join(new)}; add them to "
        f"FAILURES in clients/_{client}.py or to the table of this test with a reason"
    )
    gone = sorted(excused - classes.keys() - NEWER)
    assert not gone, (
        f"these exception classes are gone: {', '.join(gone)}; take them out of this test's table"
    )
    needless = sorted(excused & classes.keys() - without_kind)
    assert not needless, (
        f"these exception classes are classified: {', '.join(needless)}; take them out of this "
        "test's table"
    )


@OF_CPYTHON
@pytest.mark.parametrize("module", [name for _, modules in CLIENTS.values() for name in modules])
def test_there_are_exception_classes_where_we_look(module: str) -> None:
    assert list(exceptions(module)), f"{module} has none: where have they gone?"
