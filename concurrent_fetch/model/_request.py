"""Request: what to send to a URL, where that is more than a GET."""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import attrs

from concurrent_fetch.http import Headers, redact
from concurrent_fetch.model._conditions import with_conditions
from concurrent_fetch.model._other_words import NOT_OF_REQUEST, REQUEST_WORDS
from concurrent_fetch.model._outcome import Response
from concurrent_fetch.model._request_body import encoded
from concurrent_fetch.model._sent_headers import as_headers, sendable
from concurrent_fetch.words import FLAG, Home, described, hinted

_METHOD = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"})  # RFC 9110, 9.2.2


def _url(_: "Request", __: object, value: Any) -> None:
    if not isinstance(value, str):
        raise TypeError(f"Request.url must be a str, got {type(value).__name__}")


def _as_headers(value: Mapping[str, str]) -> Headers:
    return as_headers("Request", value)


def _as_method(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"Request.method must be a str, as 'POST', got {type(value).__name__}")
    if not _METHOD.fullmatch(value):  # before it is in capitals: those of 'ß' are ASCII
        raise ValueError(f"Request.method must be one word, as 'POST', got {value!r}")
    if value.upper() == "CONNECT":
        raise ValueError("Request.method cannot be CONNECT; write Options(proxy=...)")
    return value.upper()


def _as_body(value: Any) -> bytes | None:
    if isinstance(value, (bytearray, memoryview)):
        return bytes(value)
    if isinstance(value, str):
        raise TypeError("Request.body must be bytes, got str; write body=text.encode()")
    if value is not None and not isinstance(value, bytes):
        raise TypeError(
            f"Request.body must be bytes or None, got {type(value).__name__}; write json=..., "
            "data=... or files=... to have it encoded"
        )
    return value


def _body_shown(value: bytes | None) -> str:
    return "None" if value is None else f"<{len(value):,} bytes>"


def _flag(_: "Request", __: object, value: Any) -> None:
    if value is not None:
        FLAG.check("Request.idempotent", value)


def _redacted(value: str) -> str:
    return repr(redact(value))


def _names() -> list[str]:
    return [*(field.name for field in attrs.fields(Request)), "json", "data", "files"]


@described
@hinted(
    Home("Request(url, {})", _names, REQUEST_WORDS, NOT_OF_REQUEST),
    by_name="Request(url, method='POST')",
)
@attrs.frozen(init=False)
class Request:
    """What to send to a URL, where that is more than a GET; it goes where a URL goes.

    `Request(url, json={"name": "value"})`. `json`, `data` and `files` are what they are in
    requests, which encodes them into `body` and `Content-Type`; one of them is given, or `body`
    (`data` and `files` may go together). With a body the method is POST, if no other is given. A
    query is written into the URL. Of a file the content is given, as
    `files={"f": open(path, "rb")}`: a `str` is content too, and no path.

    Raises:
        TypeError, ValueError: with the field, and what to write.
    """

    url: str = attrs.field(validator=_url, repr=_redacted)
    """As it was given."""
    method: str = attrs.field(default="GET", converter=_as_method, kw_only=True)
    """GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE, or another one that a server knows."""
    headers: Headers = attrs.field(
        factory=Headers, converter=_as_headers, validator=sendable, kw_only=True
    )
    """Sent besides those of the options, and in the place of those of the same name; how long the
    body is, is said without you."""
    body: bytes | None = attrs.field(
        default=None, converter=_as_body, repr=_body_shown, kw_only=True
    )
    """Sent as it is; None: there is none."""
    tag: Any = attrs.field(default=None, kw_only=True, repr=False, hash=False)
    """Whatever tells this request from others; its outcome has the same. Nothing of it is sent.
    With a journal: a `str`, an `int` or None."""
    idempotent: bool | None = attrs.field(default=None, validator=_flag, kw_only=True)
    """Whether it may be sent twice; None: as HTTP has it for the method (GET, HEAD, OPTIONS, TRACE,
    PUT and DELETE may). One that may not is tried again only where nobody can have heard of it, and
    True lets a redirect take its body to another origin."""

    if TYPE_CHECKING:  # attrs makes it, which not every type checker knows

        def __attrs_init__(self, url: str, **fields: Any) -> None:
            """Set the fields."""

    def __init__(
        self,
        url: str,
        *,
        method: str | None = None,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        json: Any = None,
        data: Any = None,
        files: Any = None,
        tag: Any = None,
        idempotent: bool | None = None,
    ) -> None:
        """Encode the body, if it is given as what it stands for."""
        fields = Headers() if headers is None else _as_headers(headers)
        if not (json is None and data is None and files is None):
            if body is not None:
                raise TypeError("a Request takes body, or what to make one of, and not both")
            body, fields = encoded(fields, json=json, data=data, files=files)
        if method is None:
            method = "GET" if body is None else "POST"
        self.__attrs_init__(
            url, method=method, headers=fields, body=body, tag=tag, idempotent=idempotent
        )

    @property
    def is_idempotent(self) -> bool:
        """Whether it may be sent twice."""
        return self.method in _IDEMPOTENT if self.idempotent is None else self.idempotent

    def again(self, response: Response) -> "Request":
        """Return the same request for the case that the response has changed meanwhile.

        It has `If-None-Match` and `If-Modified-Since`, as far as the response has an `ETag` and a
        `Last-Modified` that can be said back to the server, and those of its own no longer. A
        server answers 304 then if nothing has changed, without a body: a `Response` like any other.
        A loaded response has no headers, and adds nothing.
        """
        if not isinstance(response, Response):
            raise TypeError(
                f"Request.again takes a Response, got {type(response).__name__}; write "
                "`request.again(outcome) if isinstance(outcome, Response) else request`"
            )
        return attrs.evolve(self, headers=with_conditions(self.headers, response.headers))
