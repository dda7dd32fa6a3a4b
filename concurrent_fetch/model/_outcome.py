"""Outcomes: what became of one URL. Frozen data that knows nothing of who uses it.

Making one checks nothing, since a fetch makes tens of thousands per second; `check_outcome` holds
it against the rules of its fields. A `Runner` does so with all that a strategy gives it.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeAlias

import attrs

from concurrent_fetch._failure_kinds import FailureKind
from concurrent_fetch._units import Bytes, Seconds
from concurrent_fetch.http import Headers, decode_text, encoding_of, redact
from concurrent_fetch.words import described, told


def _redacted(url: object) -> str:
    return repr(redact(url) if isinstance(url, str) else url)


def _all_redacted(urls: Iterable[object]) -> str:
    return f"({', '.join(map(_redacted, urls))})"


def _as_told(value: str) -> str:
    if isinstance(value, str):
        return told(value)
    return value  # what is no str is check_outcome's to name


def _plain(value: object) -> str:
    return str(value)


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


@described
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


@described
@attrs.frozen(kw_only=True)
class Attempt:
    """A try of a fetch that was not its last: what came of it, and when."""

    status_code: int | None = None
    """Of a response; None where there was none."""
    kind: FailureKind | None = attrs.field(
        default=None, converter=attrs.converters.optional(_as_kind), repr=_plain
    )
    """Of a failure; None where there was a response."""
    message: str | None = attrs.field(default=None, converter=attrs.converters.optional(_as_told))
    """Of a failure."""
    started: Seconds
    """As `Timing.started`."""
    finished: Seconds
    """As `Timing.finished`."""
    waited: Seconds
    """From then to the start of the next try."""

    @property
    def elapsed(self) -> Seconds:
        """From its start to its end."""
        return self.finished - self.started


@described
@attrs.frozen(kw_only=True)
class Response:
    """A complete response, of any status: HTTP 500 is an answer.

    `headers` may be given as any mapping. A `Runner` checks the fields of those that it gets.
    """

    url: str = attrs.field(repr=_redacted)
    """As it was given."""
    final_url: str = attrs.field(repr=_redacted)
    """Where the response came from: canonical, without user info and fragment."""
    status_code: int
    """Any: 500 is an answer."""
    headers: Headers = attrs.field(converter=_as_headers, repr=False)
    """Those of the last response, looked up in any case."""
    body: bytes = attrs.field(default=b"", repr=False)
    """Content-encoding removed; empty where `Options.keep_bodies` is False, or where
    `Options.sink` takes pieces."""
    size: Bytes
    """Of the decoded body."""
    wire_size: Bytes | None = None
    """Of the body as it came, before decoding; None where the client cannot know."""
    digest: str | None = None
    """SHA-256 of the decoded body in hexadecimal, where `Options.digest` asked for it."""
    sink: str | None = None
    """Where the body is, as `Options.sink` says."""
    redirects: tuple[str, ...] = attrs.field(default=(), converter=_as_tuple, repr=_all_redacted)
    """The URLs that redirected, in order."""
    http_version: str = "1.1"
    """Of the response, as "1.1"."""
    reused: bool | None = None
    """Whether the connection had served before; None where the client cannot know."""
    attempts: int = 1
    """How often it was sent, in all tries; once more where a kept connection was found closed."""
    earlier: tuple[Attempt, ...] = ()
    """The tries before this one, where `Options.retry` asked for more; first one first."""
    method: str = "GET"
    """Of the request."""
    tag: Any = attrs.field(default=None, repr=False, hash=False)
    """That of the `Request`, if there was one."""
    key: str | None = attrs.field(default=None, repr=False)
    """Fingerprint of all that was sent, 16 hexadecimal digits: of a `Request` that is more than a
    GET of its URL; else None."""
    timing: Timing
    """When the phases of the last try began."""
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
        """`timing.elapsed`: of the last try."""
        return self.timing.elapsed

    @property
    def elapsed_in_all(self) -> Seconds:
        """From the start of the first try to the end of the last, waits included."""
        return self.timing.finished - first_start(self)

    @property
    def encoding(self) -> str:
        """The text encoding: byte order mark, else a declared charset, else UTF-8; no guesses."""
        return encoding_of(self.headers.get("content-type"), self.body)

    @property
    def text(self) -> str:
        """The body as text; bytes that do not fit are replaced, never an exception."""
        return decode_text(self.body, self.encoding)


@described
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
    message: str = attrs.field(converter=_as_told)
    """The same in a sentence of at most 300 characters, for a person."""
    error: str | None = None
    """Name of the client's exception class; None where a rule of this package ended the fetch."""
    attempts: int = 1
    """How often it was sent, in all tries; once more where a kept connection was found closed."""
    earlier: tuple[Attempt, ...] = ()
    """The tries before this one, where `Options.retry` asked for more; first one first."""
    method: str = "GET"
    """Of the request."""
    tag: Any = attrs.field(default=None, repr=False, hash=False)
    """That of the `Request`, if there was one."""
    key: str | None = attrs.field(default=None, repr=False)
    """Fingerprint of all that was sent, 16 hexadecimal digits: of a `Request` that is more than a
    GET of its URL; else None."""
    timing: Timing
    """When the phases of the last try began."""
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
        """`timing.elapsed`, of the last try: a failure keeps its time."""
        return self.timing.elapsed

    @property
    def elapsed_in_all(self) -> Seconds:
        """From the start of the first try to the end of the last, waits included."""
        return self.timing.finished - first_start(self)


Outcome: TypeAlias = Response | Failure


def spans_of(outcome: Outcome) -> Iterator[tuple[Seconds, Seconds]]:
    """Yield from when to when each try of a fetch was under way, the last one at the end."""
    yield from ((attempt.started, attempt.finished) for attempt in outcome.earlier)
    yield outcome.timing.started, outcome.timing.finished


def first_start(outcome: Outcome) -> Seconds:
    """Return when the first try of a fetch began."""
    return outcome.earlier[0].started if outcome.earlier else outcome.timing.started
