"""Removing content-codings from a body while it arrives, so that no bomb fills memory or time.

One layer per coding, each a generator that hands on pieces of at most 64 KiB and stops in between:
what has not been asked for has not been unpacked. Every step hands on something, if only nothing,
so that whoever asks can look at the clock.
Source: RFC 9110, section 8.4.
"""

from collections import deque
from collections.abc import Generator, Iterable, Iterator, Sequence

from concurrent_fetch._failure_kinds import FailureKind, Refusal
from concurrent_fetch._units import Bytes
from concurrent_fetch.http._codings import PIECE, Stream, obstacle, stream

_SLICE = 16384  # zlib copies what it has not consumed at every call: keep that short
_MOST_CODINGS = 5
_MEMBER_COST = 1024  # of a layer's budget: an empty gzip member takes as long as so many bytes


class Decoder:
    """Removes the content-codings of one body, piece by piece.

    `codings` are in the order in which they were applied, as in `Head.codings`. `max_bytes` is the
    cap of the decoded body (`None`: no cap), which whoever takes the pieces holds: here it bounds
    what a coding makes besides.
    """

    __slots__ = ("_codings", "_fed", "_layers", "_max_bytes", "_pieces")

    def __init__(self, codings: Sequence[str], max_bytes: Bytes | None) -> None:
        self._codings = codings
        self._max_bytes = max_bytes
        self._layers: list[_Layer] | None = None
        self._fed = deque[bytes]()
        self._pieces: Iterator[bytes] | None = None

    @property
    def waits(self) -> bool:
        """Whether something was fed that is not decoded yet."""
        return self._pieces is not None

    @staticmethod
    def obstacle(coding: str) -> str | None:
        """Return why a content-coding cannot be removed here, and what helps; None if it can be."""
        return obstacle(coding)

    def feed(self, chunk: bytes) -> None:
        """Take a chunk off the wire, to be decoded by `pieces`."""
        if chunk:
            self._fed.append(chunk)
            self._pieces = self._pieces or self._decoded()

    def pieces(self) -> Iterator[bytes]:
        """Return the decoded pieces of what was fed, made while asked for; empty ones are no end.

        It may be left at any piece; who asks again goes on there. Raises `Refusal` on the way:
        `decode` for corrupt data, trailing junk and, at the first byte of a body, for a coding
        that cannot be removed here and for more than 5 codings; `too_large` for a bomb inside.
        """
        return iter(()) if self._pieces is None else self._pieces

    def _decoded(self) -> Iterator[bytes]:
        if self._layers is None:
            self._layers = _layers(self._codings, self._max_bytes)
        pieces: Iterator[bytes] = self._chunks()
        for layer in self._layers:
            pieces = layer.decode(pieces)
        yield from pieces
        self._pieces = None

    def _chunks(self) -> Iterator[bytes]:
        while self._fed:
            yield self._fed.popleft()

    def finish(self) -> None:
        """Say that the wire has ended, and all is decoded; an entirely empty body is an empty body.

        Raises `Refusal` of kind `decode` if a coding is cut short.
        """
        for layer in self._layers or ():
            layer.finish()


class _Layer:
    """One coding, of several streams.

    gzip may have members and zeros behind them (RFC 1952, 2.2), zstd frames (RFC 8878, 3.1).
    """

    __slots__ = ("_budget", "_coding", "_held", "_members", "_stream")

    def __init__(self, coding: str, budget: Bytes | None) -> None:
        self._coding = coding
        self._budget = budget
        self._held = b""
        self._stream: Stream | None = None
        self._members = 0

    def decode(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        for data in _sliced(chunks):
            if not data:
                yield data
            yield from self._decode(data)

    def finish(self) -> None:
        if self._stream is not None or self._held or not self._members:
            raise _undecodable(f"the {self._coding} body is cut short")

    def _decode(self, data: bytes) -> Iterator[bytes]:
        while data:
            if self._stream is None:
                data = self._begin(data)
            if self._stream is not None:
                data = yield from self._unpack(self._stream, data)

    def _begin(self, data: bytes) -> bytes:
        """Start a member, if there is one; return what it is to be fed."""
        if self._members and self._coding == "gzip":
            data = data.lstrip(b"\0")
        elif self._members and self._coding != "zstd":
            raise _undecodable(f"bytes follow the end of the {self._coding} body")
        data, self._held = self._held + data, b""
        if self._coding == "deflate" and len(data) < 2:
            self._held = data
            return b""
        if data:
            self._spend(_MEMBER_COST)
            self._stream = stream(self._coding, data)
        return data

    def _unpack(self, member: Stream, data: bytes) -> Generator[bytes, None, bytes]:
        """Yield pieces until the member or the data ends; return what is left of the data."""
        try:
            for piece in member.unpack(data):
                if piece:
                    self._spend(len(piece))
                yield piece
        except member.error as error:
            raise _undecodable(f"the {self._coding} body is corrupt: {error}") from error
        if not member.ended:
            return b""
        self._stream = None
        self._members += 1
        return member.rest

    def _spend(self, size: Bytes) -> None:
        if self._budget is not None:
            self._budget -= size
            if self._budget < 0:
                raise Refusal(
                    FailureKind.TOO_LARGE, "a layer of the body goes far beyond max_bytes"
                )


def _sliced(chunks: Iterable[bytes]) -> Iterator[bytes]:
    for chunk in chunks:
        for start in range(0, len(chunk) or 1, _SLICE):
            yield chunk[start : start + _SLICE]


def _undecodable(message: str) -> Refusal:
    return Refusal(FailureKind.DECODE, message)


def _layers(codings: Sequence[str], max_bytes: Bytes | None) -> list[_Layer]:
    """Return the layers, the outermost (applied last) first.

    The body itself is counted by who takes it. Yet what a layer makes may be a bomb that ends in
    nothing, as empty gzip members by the million, so each has a budget.
    """
    if len(codings) > _MOST_CODINGS:
        raise _undecodable(f"{len(codings)} content-codings, of which {_MOST_CODINGS} are allowed")
    for coding in codings:
        if reason := obstacle(coding):
            raise _undecodable(
                f"the content-coding {coding!r} of the body is not supported: {reason}"
            )
    budget = None if max_bytes is None else 2 * max_bytes + PIECE
    return [_Layer(coding, budget) for coding in reversed(codings)]
