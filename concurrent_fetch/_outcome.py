"""Outcomes: what became of one URL. Frozen data that knows nothing of who uses it."""

from typing import TypeAlias

import attrs

from concurrent_fetch._headers import Headers
from concurrent_fetch._kinds import FailureKind
from concurrent_fetch._text import decode_text, encoding_of
from concurrent_fetch._units import Bytes, Seconds
from concurrent_fetch._url import redact


def _redacted(url: str) -> str:
    return repr(redact(url))


@attrs.frozen(kw_only=True)
class Timing:
    """When the phases of one fetch began, in seconds on `time.perf_counter`.

    A phase that the client cannot know is None. With redirects, `sent` and `first_byte` are
    those of the last request.
    """

    started: Seconds
    sent: Seconds | None = None
    first_byte: Seconds | None = None
    finished: Seconds

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
    """A complete response, of any status: HTTP 500 is an answer."""

    url: str = attrs.field(repr=_redacted)
    """As it was given."""
    final_url: str
    """Where the response came from: canonical, without user info and fragment."""
    status_code: int
    headers: Headers = attrs.field(repr=False)
    body: bytes = attrs.field(default=b"", repr=False)
    """Content-encoding removed; empty where `Options.keep_bodies` is False."""
    size: Bytes
    """Of the decoded body."""
    wire_size: Bytes | None = None
    """Of the body as it came, before decoding; None where the client cannot know."""
    digest: str | None = None
    """SHA-256 of the decoded body in hexadecimal, where `Options.digest` asked for it."""
    redirects: tuple[str, ...] = ()
    """The URLs that redirected, in order."""
    http_version: str = "1.1"
    reused: bool | None = None
    """Whether the connection had served before; None where the client cannot know."""
    attempts: int = 1
    timing: Timing
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
    """A URL that was not answered by a complete response. It is data and is never raised."""

    url: str = attrs.field(repr=_redacted)
    """As it was given (what is not a `str`: its `repr`)."""
    kind: FailureKind = attrs.field(repr=str)
    message: str
    error: str | None = None
    """Name of the client's exception class; None where a rule of this package ended the fetch."""
    attempts: int = 1
    timing: Timing
    worker: str
    index: int

    @property
    def ok(self) -> bool:
        """Always False."""
        return False

    @property
    def elapsed(self) -> Seconds:
        """`timing.elapsed`: a failure keeps its time."""
        return self.timing.elapsed


Outcome: TypeAlias = Response | Failure
