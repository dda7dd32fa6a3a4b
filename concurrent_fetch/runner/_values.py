"""Values: what strategies return that is no outcome, and what each tells of a fetch.

One table of converters by the type of the value, as its module and name say it: no library is
imported for it. Others add theirs as entry points of the group `concurrent_fetch.values`. A
converter does no I/O and takes only what is loaded already. It is called on no clock.
"""

import hashlib
from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import Any, TypeAlias

import attrs

from concurrent_fetch.fetch import classify, in_words
from concurrent_fetch.http import codings_in, redact_message
from concurrent_fetch.model import Row
from concurrent_fetch.runner._plain import plain
from concurrent_fetch.runner._type_names import type_of
from concurrent_fetch.words import is_whole, told

_GROUP = "concurrent_fetch.values"

Converter: TypeAlias = Callable[[Any], Row]


def row_of(value: object, *, digest: bool = False) -> Row:
    """Return what a value tells of a fetch; with a digest of its body, if there is one.

    Raises:
        ValueError: nothing can be told of it; the message says what to return instead.
    """
    row = _converted(value)
    if row.body is None:
        return row
    body = plain(row.body, bytes)
    taken = hashlib.sha256(body).hexdigest() if digest else None
    return attrs.evolve(row, body=None, size=len(body), digest=taken)


def _converted(value: object) -> Row:
    if value is None:
        return Row()
    if isinstance(value, BaseException):
        return _of_exception(value)
    if isinstance(value, Row) and type(value) is not Row:
        raise ValueError(
            f"returned a value of type {type_of(value)}, and not a Row itself: what it computes "
            "later is on no clock; return Row(...)"
        )
    if isinstance(value, tuple) and len(pair := plain(value, tuple)) == 2:
        return _of_pair(*pair)
    for place, name in enumerate(map(_name, type(value).__mro__)):
        if converter := _CONVERTERS.get(name) or _others().get(name):
            _check_reading(value, place)
            return _checked(converter, value, name)
    raise _unknown(value)


def _check_reading(value: object, place: int) -> None:
    """Refuse a response of a class that has a say in what is read of it, as a property has."""
    of_library, *_ = type(value).__mro__[place].__module__.split(".")
    for kind in type(value).__mro__[:place]:
        names = sorted(_READ.intersection(vars(kind)))
        if names and kind.__module__.partition(".")[0] != of_library:
            raise ValueError(
                f"returned a value of type {type_of(value)}, which has a {names[0]} of its own: "
                "what it computes later is on no clock; return the response itself, or (url, body)"
            )


def _checked(converter: Converter, value: object, name: str) -> Row:
    try:
        row: object = converter(value)
    except Exception as error:
        what = told(redact_message(in_words(error), None))
        raise ValueError(f"returned a {name} that cannot be read: {what}") from error
    if type(row) is not Row:
        raise TypeError(f"the converter of {name} returned {type_of(row)}, and no Row")
    return row


def is_value(value: object) -> bool:
    """Whether it is one value, to be converted, though perhaps it can be iterated."""
    names = set(map(_name, type(value).__mro__))
    return bool(names & _CONVERTERS.keys()) or (
        not names & _COLLECTIONS and bool(names & _others().keys())
    )


def _name(kind: type) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"


@cache
def _others() -> Mapping[str, Converter]:
    from importlib.metadata import entry_points  # noqa: PLC0415 - 10 ms, only for foreign values

    return {point.name: partial(_load, point) for point in entry_points(group=_GROUP)}


def _load(point: Any, value: object) -> Any:
    return point.load()(value)


def _of_pair(url: object, value: Any) -> Row:
    """Return what `(url, body)` or `(url, length)` tells."""
    if not isinstance(url, str) and _name(type(url)) not in _URLS:
        raise _unknown((url, value))
    asked = plain(url, str) if isinstance(url, str) else str(url)
    if is_whole(value) and (length := plain(value, int)) >= 0:
        return Row(url=asked, length=length)
    return attrs.evolve(_converted(value), url=asked)


_URLS = frozenset({"yarl._url.URL", "yarl.URL", "httpx._urls.URL", "httpx.URL", "httpx2.URL"})


# --- exceptions ---


def _of_exception(error: BaseException) -> Row:
    """Return a failed fetch; the response of one that was raised for its status."""
    answered = vars(error).get("response")  # what is there, and no property
    if answered is not None and _name(type(answered)) in _CONVERTERS:
        return _converted(answered)
    status = _status_of(error)
    if status is not None:
        return Row(status_code=status)
    kind, cause = classify(error, {}, in_body=False)
    del cause
    return Row(
        kind=kind,
        message=told(redact_message(in_words(error), None)),
        error=type(error).__name__,
        url=_asked(_read(error, "request")),
    )


def _status_of(error: BaseException) -> int | None:
    """Return the status that aiohttp or urllib raised an exception for."""
    names = {f"{kind.__module__.partition('.')[0]}.{kind.__name__}" for kind in type(error).__mro__}
    if not names & {"aiohttp.ClientResponseError", "urllib.HTTPError"}:
        return None
    status = _read(error, "status")
    return status if isinstance(status, int) and 400 <= status <= 599 else None


def _asked(request: object) -> str | None:
    url = None if request is None else _read(request, "url")
    return None if url is None else str(url)


def _read(of: object, name: str) -> Any:
    try:
        return getattr(of, name, None)
    except Exception:  # noqa: BLE001 - a property of foreign code
        return None


# --- responses ---

_VERSIONS: Mapping[Any, str] = {10: "1.0", 11: "1.1", 20: "2"}
"""Of HTTP, as http.client and urllib3 tell them."""


def _of_requests(response: Any) -> Row:
    first = response.history[0] if response.history else response
    content = response._content  # noqa: SLF001 - `content` would fetch what is not loaded
    version = getattr(response.raw, "version", None)
    return Row(
        url=_asked(first.request) or first.url,
        status_code=response.status_code,
        body=bytes(content) if isinstance(content, (bytes, bytearray)) else None,
        size=0 if content is None else None,
        unread=content is False and not response._content_consumed,  # noqa: SLF001 - the same
        final_url=response.url,
        http_version=_VERSIONS.get(version),
        coding=_coding(response.headers),
    )


def _of_httpx(response: Any) -> Row:
    first = response.history[0] if response.history else response
    content = getattr(response, "_content", None)
    return Row(
        url=_asked(_read(first, "request")),
        status_code=response.status_code,
        body=content,
        unread=content is None and not response.is_stream_consumed,
        final_url=_asked(response) if _read(response, "request") else None,
        http_version=str(response.http_version).removeprefix("HTTP/"),
        coding=_coding(response.headers),
    )


def _of_urllib3(response: Any) -> Row:
    body = response._body  # noqa: SLF001 - `data` would fetch what is not loaded
    asked = response.retries.history[0].url if _redirected(response) else response.url
    fetched = response.tell() > 0 or response.length_remaining == 0
    return Row(
        url=asked if asked and "://" in asked else None,
        status_code=response.status,
        body=body if isinstance(body, bytes) else None,
        unread=body is None and not fetched,
        http_version=_VERSIONS.get(response.version),
        coding=_coding(response.headers),
    )


def _redirected(response: Any) -> bool:
    return bool(response.retries is not None and response.retries.history)


def _of_aiohttp(response: Any) -> Row:
    first = response.history[0] if response.history else response
    body = response._body  # noqa: SLF001 - `read` must be awaited
    version = response.version
    return Row(
        url=str(first.request_info.real_url),
        status_code=response.status,
        body=body,
        unread=body is None and not response.content.at_eof(),
        final_url=str(response.url),
        http_version=f"{version.major}.{version.minor}" if version else None,
        coding=_coding(response.headers),
    )


def _of_http_client(response: Any) -> Row:
    """Return what `urllib.request.urlopen` tells: its body is read or not, and never kept."""
    return Row(
        url=_read(response, "url"),
        status_code=response.status,
        unread=not response.isclosed(),
        coding=_coding(response.headers),
    )


def _coding(headers: Any) -> str:
    return ", ".join(codings_in(headers.get("content-encoding") or "")) or "identity"


def _of_bytes(value: Any) -> Row:
    kinds = (kind for kind in (bytes, bytearray) if isinstance(value, kind))
    return Row(body=bytes(plain(value, next(kinds, memoryview))))


def _of_text(value: str) -> Row:
    return Row(characters=str.__len__(value))


_CONVERTERS: Mapping[str, Converter] = {
    "builtins.bytes": _of_bytes,
    "builtins.bytearray": _of_bytes,
    "builtins.memoryview": _of_bytes,
    "builtins.str": _of_text,
    "requests.models.Response": _of_requests,
    "httpx.Response": _of_httpx,
    "httpx._models.Response": _of_httpx,
    "httpx2.Response": _of_httpx,
    "urllib3.response.BaseHTTPResponse": _of_urllib3,
    "aiohttp.client_reqrep.ClientResponse": _of_aiohttp,
    "aiohttp.ClientResponse": _of_aiohttp,
    "http.client.HTTPResponse": _of_http_client,
    "concurrent_fetch.model._row.Row": lambda row: row,
}
_READ = frozenset(
    {
        *("__getattribute__", "__getattr__", "__class__", "_content", "_content_consumed", "_body"),
        *("history", "url", "status_code", "status", "raw", "headers", "request", "request_info"),
        *("is_stream_consumed", "http_version", "retries", "version", "length_remaining", "tell"),
        *("content", "isclosed"),
    }
)
"""What a converter reads: a class that says it otherwise may compute it then, on no clock."""


# --- what is none of these ---


def _unknown(value: object) -> ValueError:
    """Return the error for a value that tells nothing, with the shortest cure as code."""
    names = list(map(_name, type(value).__mro__))
    cure = next((_CURES[name] for name in names if name in _CURES), _CURE)
    return ValueError(f"returned a value of type {type_of(value)} among its results; write {cure}")


_CURE = "return [response, ...] or [(url, body), ...]"
_CURES: Mapping[str, str] = {
    "builtins.coroutine": "return await asyncio.gather(*coroutines)",
    "_asyncio.Future": "return [task.result() for task in tasks]",
    "concurrent.futures._base.Future": "return [future.result() for future in futures]",
    "builtins.set": "return [task.result() for task in done]",
    "builtins.int": "return [(url, len(response.content)), ...], or the responses",
    "builtins.dict": "return [response, ...] or [(url, body), ...], and nothing parsed",
    "builtins.list": "return [response, ...] or [(url, body), ...], and nothing parsed",
}
_COLLECTIONS = frozenset({"builtins.list", "builtins.tuple", "builtins.set", "builtins.dict"})
