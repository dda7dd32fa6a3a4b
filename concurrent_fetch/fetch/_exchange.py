"""Exchange: one request and what came back, stamped. All that a client sees of a fetch."""

import math
from collections.abc import Callable, Iterable, Mapping
from io import SEEK_END, BytesIO
from time import perf_counter
from typing import Any

from concurrent_fetch._failure_kinds import FailureKind, Refusal
from concurrent_fetch._units import Bytes, Seconds
from concurrent_fetch.fetch._answer_rules import MisuseError, checked_head
from concurrent_fetch.fetch._turns import SLICE, Turns
from concurrent_fetch.http import CanonicalURL, Decoder, Head, read_head
from concurrent_fetch.model import Options

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_BODILESS = frozenset({204, 304})


def _sha256() -> Any:
    import hashlib  # noqa: PLC0415 - few ask for digests, and every import would pay

    return hashlib.sha256()


class BodyUnwanted(Exception):  # noqa: N818 - a signal to the driver, no error
    """The body of a redirect is never read: it could stall, or be corrupt, for nothing."""


class SinkRaised(Exception):  # noqa: N818 - a signal to the driver: the error is in it
    """A sink raised: that is no outcome, and ends the run."""

    def __init__(self, error: Exception) -> None:
        super().__init__(error)
        self.error = error


class Exchange:
    """One request to send (`url`, `headers`) and the record of its response.

    A client sends the request, calls `answer` when the head is there and `receive` for every
    piece of the body, and lets every exception of theirs pass: it means that nothing more is
    wanted, and the connection is to be closed.
    """

    __slots__ = (
        "_body",
        "_decoder",
        "_hash",
        "_limit",
        "_options",
        "_write",
        "content",
        "deadline",
        "ended_by",
        "first_byte",
        "head",
        "headers",
        "http_version",
        "method",
        "on_new_connection",
        "opening",
        "proxy",
        "redirected",
        "reused",
        "sent",
        "size",
        "status",
        "target",
        "task",
        "turns",
        "undecoded",
        "wire_size",
    )

    def __init__(
        self,
        target: CanonicalURL,
        headers: Mapping[str, str],
        options: Options,
        deadline: Seconds,
        proxy: str | None = None,
    ) -> None:
        self.target: CanonicalURL = target
        """The canonical URL in its parts: scheme, host, port, origin, origin_form."""
        self.method: str = "GET"
        """To be sent; a client says by `Client(methods=...)` which ones it sends."""
        self.headers: Mapping[str, str] = headers
        """To be sent, and no others; with a body `Content-Length` is among them."""
        self.content: bytes | None = None
        """The body to be sent, if there is one."""
        self.deadline: Seconds = deadline
        """The moment the fetch must be over, on the clock of `time.perf_counter`."""
        self.proxy: str | None = proxy
        """The http:// URL of the proxy to use, if any."""
        self.on_new_connection: bool = False
        """Whether it must go on a new connection: one that was kept had turned out to be closed."""
        self.status: int = 0
        self.head: Head | None = None
        self.http_version: str = "1.1"
        self.reused: bool | None = None
        self.sent: Seconds | None = None
        self.first_byte: Seconds | None = None
        self.redirected: bool = False
        self.ended_by: Exception | None = None
        self.size: Bytes = 0
        self.wire_size: Bytes | None = 0
        self._options = options
        self._limit = math.inf if options.max_bytes is None else options.max_bytes
        self._body: bytes | BytesIO = b""
        self.undecoded: bool = False
        """Whether some of what was received waits to be decoded."""
        self.opening: Callable[[Exchange], Callable[[bytes], object] | None] | None = None
        """What opens a sink for the body of the answer: not a client's affair."""
        self._write: Callable[[bytes], object] | None = None
        # The event loop's, where there is one, and the task on it whose fetch this is.
        self.turns: Turns | None = None
        self.task: Any = None
        self._decoder: Decoder | None = None
        self._hash = _sha256() if options.digest else None

    @property
    def url(self) -> str:
        """The canonical URL to request: without user info and fragment."""
        return self.target.url

    @property
    def time_left(self) -> Seconds:
        """Until the deadline of the fetch, in seconds; never below 0."""
        return max(0.0, self.deadline - perf_counter())

    def mark_sent(self, *, reused: bool | None = None) -> None:
        """Say that the request was written just now; optional, for clients that know it.

        `reused` says whether the connection had served before.
        """
        self.reused = reused
        if self.first_byte is None:  # else it is too late for the moment to be true
            self.sent = perf_counter()

    def answer(
        self,
        status: int,
        fields: Iterable[tuple[str | bytes, str | bytes]],
        *,
        reason: str | bytes = "",
        http_version: str = "1.1",
        decoded: bool = False,
    ) -> None:
        """Record the response head: its status and its fields in wire order.

        `reason` is what stands behind the status, only to be checked. `decoded` is for clients
        that cannot switch their own content decoding off.

        Raises TypeError for arguments of wrong types and for a second call; the fetch is a failure
        of the kind `other` then, which says what to write.
        """
        self.first_byte = perf_counter()
        try:
            if self.head is not None:
                raise MisuseError("answer() was called twice; call it once, when the head is there")
            pairs = checked_head(status, fields, reason, http_version)
            self.status = status
            head = read_head(pairs, status=status, http_version=http_version, reason=reason)
        except Refusal as refusal:
            self.ended_by = refusal
            raise
        if decoded:
            self.wire_size = None
            head = head._replace(codings=())
        self.take(head)

    def take(self, head: Head) -> None:
        """Record a head that a `Reader` has read: what `answer` does, without checking it again."""
        self.first_byte = perf_counter()
        self.status = head.status
        self.http_version = head.http_version
        self.head = head
        try:
            if head.status in _REDIRECTS:
                self._consider_redirect(head)
            length = head.content_length
            if length is not None and length > self._limit and not self._is_bodiless:
                raise Refusal(  # noqa: TRY301 - to be noted as what ended it
                    FailureKind.TOO_LARGE,
                    f"Content-Length {length} is beyond max_bytes={self._limit}",
                )
        except Exception as ended_by:
            self.ended_by = ended_by
            raise
        if head.codings and self.method != "HEAD":
            self._decoder = Decoder(head.codings, self._options.max_bytes)
        if self.opening is not None and not self.redirected:
            try:
                self._write = self.opening(self)
            except Exception as error:  # noqa: BLE001 - foreign code
                raise self._ended_by_sink(error) from None

    def receive(self, chunk: bytes) -> None:
        """Record a piece of the body as it came off the wire, capped and decoded as it arrives.

        On an event loop it takes a few milliseconds at most: what costs more to decode waits and is
        decoded in between. A client need not care; one that awaits `decoded` then lets the server
        wait where more arrives than can be decoded, so that it does not pile up in memory.
        """
        try:
            if perf_counter() > self.deadline:
                raise Refusal(FailureKind.TIMEOUT, "")  # noqa: TRY301 - to be noted as what ended it
            if self.wire_size is not None:
                self.wire_size += len(chunk)
                if self.wire_size > self._limit:
                    raise self._beyond_cap()
            if self._decoder is None:
                self._take(chunk)
                return
        except Refusal as refusal:
            self.ended_by = refusal
            raise
        is_behind = self.undecoded
        self._decoder.feed(chunk)
        self.undecoded = True
        if self.turns is None:
            self.decode(math.inf)
        elif not is_behind:
            if self.turns.left > 0:
                self.turns.spend(self.decode(self.turns.left))
            if self.undecoded:
                self.turns.line_up(self)

    def decode(self, seconds: Seconds = SLICE) -> Seconds:
        """Decode what waits, for so long at most; return how long it took."""
        started = now = perf_counter()
        if self._decoder is None:
            return 0.0
        try:
            for piece in self._decoder.pieces():
                if piece:
                    self._take(piece)
                now = perf_counter()
                if now > self.deadline:
                    raise Refusal(FailureKind.TIMEOUT, "")  # noqa: TRY301 - to be noted as what ended it
                if now - started >= seconds:
                    break
        except Exception as ended_by:
            self.ended_by = ended_by
            raise
        self.undecoded = self._decoder.waits
        return now - started

    async def decoded(self) -> None:
        """Return once all that was received is decoded: others have their turn meanwhile.

        For clients on an event loop. Raises as `receive` does.
        """
        if self.turns is not None and self.undecoded and self.ended_by is None:
            await self.turns.wait(self)
        if self.ended_by is not None:
            raise self.ended_by

    def _take(self, piece: bytes) -> None:
        """Count a piece of the decoded body, and keep it if bodies are kept."""
        self.size += len(piece)
        if self.size > self._limit:
            raise self._beyond_cap()
        if self._hash is not None:
            self._hash.update(piece)
        if self._write is not None:
            try:
                self._write(piece if type(piece) is bytes else bytes(piece))
            except Exception as error:  # noqa: BLE001 - foreign code
                raise self._ended_by_sink(error) from None
            return
        if not self._options.keep_bodies:
            return
        if not self._body:
            self._body = piece if type(piece) is bytes else bytes(piece)
        elif isinstance(self._body, BytesIO):
            self._body.write(piece)
        else:
            # It grows in place and is handed out without a copy: to join a large body at its end
            # would hold an event loop.
            self._body = BytesIO(self._body)
            self._body.seek(0, SEEK_END)
            self._body.write(piece)

    def finish(self) -> None:
        """Check, once the client has returned, that the response is whole."""
        head = self.head
        if head is None:
            raise Refusal(FailureKind.OTHER, "the client returned without calling answer()")
        declared = head.content_length
        if (
            declared is not None
            and self.wire_size is not None
            and self.wire_size != declared
            and not self._is_bodiless
        ):
            raise Refusal(
                FailureKind.INCOMPLETE, f"{self.wire_size} of {declared} body bytes arrived"
            )
        if self._decoder is not None:
            self._decoder.finish()

    def release(self) -> None:
        """Let go of the body: a client may keep its last exchange for as long as it is open."""
        self._body = b""
        self._write = None
        self._decoder = None
        self.undecoded = False

    @property
    def body(self) -> bytes:
        """The decoded body so far; empty where bodies are not kept."""
        return self._body.getvalue() if isinstance(self._body, BytesIO) else self._body

    @property
    def digest(self) -> str | None:
        """SHA-256 of the decoded body so far."""
        return None if self._hash is None else self._hash.hexdigest()

    @property
    def _is_bodiless(self) -> bool:
        return self.status in _BODILESS or self.method == "HEAD"

    def _consider_redirect(self, head: Head) -> None:
        if head.location is not None and self._options.max_redirects:
            self.redirected = True
            if head.content_length != 0 and self.method != "HEAD":
                raise BodyUnwanted

    def _ended_by_sink(self, error: Exception) -> SinkRaised:
        self.ended_by = raised = SinkRaised(error)
        return raised

    def _beyond_cap(self) -> Refusal:
        return Refusal(FailureKind.TOO_LARGE, f"the body is beyond max_bytes={self._limit}")
