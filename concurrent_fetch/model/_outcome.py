"""Outcomes: what became of one URL. Frozen data that knows nothing of who uses it.

Making one checks nothing, since a fetch makes tens of thousands per second; `check_outcome` holds
it against the rules of its fields. A `Runner` does so with all that a strategy gives it.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple, TypeAlias

import attrs

from concurrent_fetch._failure_kinds import FailureKind
from concurrent_fetch._units import Bytes, Seconds
from concurrent_fetch.http import Headers, decode_text, encoding_of, redact


def _redacted(url: str) -> str:
    return repr(redact(url))


def _as_headers(value: Mapping[str, str]) -> Headers:
    if type(value) is Headers or not isinstance(value, Mapping):
        return value  # what is no mapping is check_outcome's to name
    return Headers.from_mapping(value)


def _as_tuple(value: Iterable[str]) -> tuple[str, ...]:
    return tuple(value) if type(value) is list else value  # type: ignore[return-value]  # as above


def _as_kind(value: FailureKind | str) -> FailureKind:
    if type(value) is FailureKind:
        return value
    try:
        return FailureKind(value)
    except ValueError:
        raise ValueError(
            f"Failure.kind must be one of {', '.join(FailureKind)}, got {value!r}"
        ) from None


@attrs.frozen(kw_only=True)
class Timing:
    """When the phases of one fetch began, in seconds on `time.perf_counter`.

    A phase that the client cannot know is None. With redirects, `sent` and `first_byte` are
    those of the last request. A `Runner` refuses times that are not finite or not in this order.
    """

    started: Seconds
    """The strategy turned to this URL."""
    sent: Seconds | None = None
    """The request was written."""
    first_byte: Seconds | None = None
    """The response head was there."""
    finished: Seconds
    """The last body byte was there, or the failure."""

    @property
    def elapsed(self) -> Seconds:
        """From the start to the last body byte, or to the failure."""
        return self.finished - self.started

    @property
    def waiting(self) -> Seconds | None:
        """From the request sent to the response head: the server and the wire."""
        if self.sent is None or self.first_byte is None:
            return None
        return self.first_byte - self.sent

    @property
    def transfer(self) -> Seconds | None:
        """From the response head to the last body byte."""
        return None if self.first_byte is None else self.finished - self.first_byte


@attrs.frozen(kw_only=True)
class Response:
    """A complete response, of any status: HTTP 500 is an answer.

    `headers` may be given as any mapping. A `Runner` checks the fields of those that it gets.
    """

    url: str = attrs.field(repr=_redacted)
    """As it was given."""
    final_url: str
    """Where the response came from: canonical, without user info and fragment."""
    status_code: int
    """Any: 500 is an answer."""
    headers: Headers = attrs.field(converter=_as_headers, repr=False)
    """Those of the last response, looked up in any case."""
    body: bytes = attrs.field(default=b"", repr=False)
    """Content-encoding removed; empty where `Options.keep_bodies` is False."""
    size: Bytes
    """Of the decoded body."""
    wire_size: Bytes | None = None
    """Of the body as it came, before decoding; None where the client cannot know."""
    digest: str | None = None
    """SHA-256 of the decoded body in hexadecimal, where `Options.digest` asked for it."""
    redirects: tuple[str, ...] = attrs.field(default=(), converter=_as_tuple)
    """The URLs that redirected, in order."""
    http_version: str = "1.1"
    """Of the response, as "1.1"."""
    reused: bool | None = None
    """Whether the connection had served before; None where the client cannot know."""
    attempts: int = 1
    """Tries of the fetch: 2 where a kept connection was found closed."""
    timing: Timing
    """When its phases began."""
    worker: str
    """The thread or task that fetched it."""
    index: int
    """Its place in the URL set."""

    @property
    def ok(self) -> bool:
        """Whether 200 ≤ status < 400."""
        return 200 <= self.status_code < 400

    @property
    def elapsed(self) -> Seconds:
        """`timing.elapsed`."""
        return self.timing.elapsed

    @property
    def encoding(self) -> str:
        """The text encoding: byte order mark, else a declared charset, else UTF-8; no guesses."""
        return encoding_of(self.headers.get("content-type"), self.body)

    @property
    def text(self) -> str:
        """The body as text; bytes that do not fit are replaced, never an exception."""
        return decode_text(self.body, self.encoding)


@attrs.frozen(kw_only=True)
class Failure:
    """A URL that was not answered by a complete response. It is data and is never raised.

    A `Runner` checks the fields of those that it gets; `kind`, which may be given by its name, is
    checked at once.

    Raises:
        ValueError: there is no such kind.
    """

    url: str = attrs.field(repr=_redacted)
    """As it was given (what is not a `str`: its `repr`)."""
    kind: FailureKind = attrs.field(converter=_as_kind, repr=str)
    """What went wrong, as one of few words."""
    message: str
    """The same in a sentence, for a person."""
    error: str | None = None
    """Name of the client's exception class; None where a rule of this package ended the fetch."""
    attempts: int = 1
    """Tries of the fetch: 2 where a kept connection was found closed."""
    timing: Timing
    """When its phases began."""
    worker: str
    """The thread or task that fetched it."""
    index: int
    """Its place in the URL set."""

    @property
    def ok(self) -> bool:
        """Always False."""
        return False

    @property
    def elapsed(self) -> Seconds:
        """`timing.elapsed`: a failure keeps its time."""
        return self.timing.elapsed


Outcome: TypeAlias = Response | Failure


class _Rule(NamedTuple):
    """What may stand in a field."""

    holds: Callable[[Any], bool]
    words: str


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_time(value: object) -> bool:
    return (isinstance(value, float) or _is_whole(value)) and math.isfinite(value)  # type: ignore[arg-type]  # a number


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _or_none(rule: _Rule) -> _Rule:
    return _Rule(lambda value: value is None or rule.holds(value), f"{rule.words}, or None")


_TEXT = _Rule(_is_text, "a str")
_TEXTS = _Rule(lambda v: isinstance(v, tuple) and all(map(_is_text, v)), "a tuple of str")
_WHOLE = _Rule(_is_whole, "an int")
_BYTES = _Rule(lambda v: _is_whole(v) and v >= 0, "an int of at least 0")
_ATTEMPTS = _Rule(lambda v: _is_whole(v) and v >= 1, "an int of at least 1")
_STATUS = _Rule(lambda v: _is_whole(v) and 100 <= v <= 999, "an int from 100 to 999")
_TIME = _Rule(_is_time, "finite seconds")

_OF_BOTH = {
    "url": _TEXT,
    "attempts": _ATTEMPTS,
    "worker": _TEXT,
    "index": _WHOLE,
    "timing": _Rule(lambda v: isinstance(v, Timing), "a Timing"),
}
_RULES: Mapping[type, Mapping[str, _Rule]] = {
    Timing: {
        "started": _TIME,
        "sent": _or_none(_TIME),
        "first_byte": _or_none(_TIME),
        "finished": _TIME,
    },
    Response: {
        "final_url": _TEXT,
        "status_code": _STATUS,
        "headers": _Rule(lambda v: isinstance(v, Headers), "Headers or another mapping"),
        "body": _Rule(lambda v: isinstance(v, bytes), "bytes"),
        "size": _BYTES,
        "wire_size": _or_none(_BYTES),
        "digest": _or_none(_TEXT),
        "redirects": _TEXTS,
        "http_version": _TEXT,
        "reused": _or_none(_Rule(lambda v: isinstance(v, bool), "True or False")),
        **_OF_BOTH,
    },
    Failure: {
        "kind": _Rule(lambda v: isinstance(v, FailureKind), "a FailureKind"),
        "message": _TEXT,
        "error": _or_none(_TEXT),
        **_OF_BOTH,
    },
}
_IN_ORDER = ("started", "sent", "first_byte", "finished")


def check_outcome(outcome: Outcome) -> None:
    """Hold an outcome against the rules of its fields.

    Raises:
        ValueError: naming the field, the value and the rule it broke; no URL, header or body.
    """
    _check(outcome, Response if isinstance(outcome, Response) else Failure)
    timing = outcome.timing
    _check(timing, Timing)
    before = _IN_ORDER[0]
    for name in _IN_ORDER[1:]:
        time, earlier = getattr(timing, name), getattr(timing, before)
        if time is None:
            continue
        if time < earlier:
            raise ValueError(f"Timing.{name} must not lie before {before}, {earlier}, got {time}")
        before = name


def _check(value: object, kind: type) -> None:
    for name, rule in _RULES[kind].items():
        got = getattr(value, name)
        if not rule.holds(got):
            raise ValueError(f"{kind.__name__}.{name} must be {rule.words}, got {_brief(got)}")


def _brief(value: object) -> str:
    """A number as it is; of anything else its type, since it may hold a secret."""
    shown = value is None or isinstance(value, (bool, int, float))
    return repr(value) if shown else f"a value of type {type(value).__name__}"
