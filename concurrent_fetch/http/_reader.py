"""HTTP/1 responses, read strictly from bytes as they come, whichever client has received them.

No socket, no clock, no wait: a reader is fed, and says what it has found. What is allowed at which
place of a response is listed in docs/responses.md.
Source: RFC 9112.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import TypeAlias

from concurrent_fetch._failure_kinds import FailureKind, Refusal
from concurrent_fetch._units import Bytes
from concurrent_fetch.http._response_head import (
    LONGEST_LINE,
    MOST_BYTES,
    MOST_FIELDS,
    Head,
    read_head,
    read_plain_head,
)

_MOST_AT_ONCE: Bytes = 16384  # of a head; a longer one is read line by line
_START = b"HTTP/0.0 000"
_TO_ZERO = bytes.maketrans(b"123456789", b"0" * 9)
_STATUS_LINE = re.compile(rb"HTTP/(\d\.\d) (\d{3})(?: [\t -~\x80-\xff]*)?")
_FIELD = re.compile(
    rb"(?!:)([!#$%&'*+.^_`|~0-9A-Za-z-]*+):[ \t]*+"
    rb"((?:[^\x00-\x08\x0a-\x20\x7f][^\x00-\x08\x0a-\x20\x7f]*+|[ \t][ \t]*+(?!\r?\n))*)"
    rb"[ \t]*+\r?\n"
)
_FOLDED = re.compile(rb"[ \t][ \t]*+([^\x00-\x08\x0a-\x1f\x7f]*+)\r?\n")
_LINE_ENDS = (b"\r\n", b"\n")
_BEHIND_SIZE = rb"(?:;[^\x00-\x08\x0a-\x1f\x7f]*+|[ \t]*+)"
_SIZE = re.compile(rb"0*+([0-9A-Fa-f]{0,16}+)(?<=[0-9A-Fa-f])" + _BEHIND_SIZE + rb"\r\n")
_START_OF_SIZE = re.compile(rb"(?:0*+[0-9A-Fa-f]{0,16}+(?<=[0-9A-Fa-f])" + _BEHIND_SIZE + rb"\r?)?")
_LAST_CHUNK = b"\r\n0\r\n\r\n"
_NO_SIZE = "the size of a chunk is invalid"
_MOST_LOOKED_AT: Bytes = 1024
_MOST_OF_A_CHUNK = 2**63 - 1
_BODILESS = frozenset({204, 304})

_State: TypeAlias = "Callable[[Reader, bytes, int, list[bytes]], int]"


class Reader:
    """What a server answers to one request.

    `opens_tunnel`: the request was a CONNECT, to which any 2xx is a head and no more. `to_head`: it
    was a HEAD, to which everything is. `read_chunks` is asked first for the pieces of a body in
    chunks that is there as a whole; it returns None where it is in doubt.
    """

    __slots__ = (
        *("_fields", "_left", "_opens_tunnel", "_read_chunks", "_rest", "_room", "_state"),
        *("_status", "_to_head"),
        *("head", "is_last", "is_whole", "refusal", "size"),
    )

    def __init__(
        self,
        *,
        opens_tunnel: bool = False,
        to_head: bool = False,
        read_chunks: Callable[[bytes], list[bytes] | None] | None = None,
    ) -> None:
        self.head: Head | None = None
        """Once it is there, past all interim ones."""
        self.is_whole: bool = False
        """Whether the response has come to its end."""
        self.is_last: bool = False
        """Whether the connection is good for no other; known when the response is whole."""
        self.size: Bytes | None = None
        """Of the body on the wire, once the head is there; None where only its end tells."""
        self.refusal: Refusal | None = None
        """What is wrong with it: then the connection is to be closed."""
        self._opens_tunnel = opens_tunnel
        self._to_head = to_head
        self._read_chunks = read_chunks
        self._state: _State = Reader._in_head
        self._rest = b""
        # Not set before they are needed: most responses need none of them.
        self._left: Bytes
        self._room: Bytes
        self._status: tuple[int, str]
        self._fields: list[tuple[bytes, list[bytes]]]

    def feed(self, data: bytes) -> list[bytes]:
        """Take what has arrived; return what there is of the body in it.

        No data mean that the server has closed the connection. Whether all is well `refusal` says:
        what came before something that is wrong is found and returned however it was cut.
        """
        pieces: list[bytes] = []
        try:
            if not data:
                self._end()
            elif self._rest:
                data, self._rest = self._rest + data, b""
            at, end = 0, len(data)
            while at < end:
                state, start = self._state, at
                at = state(self, data, start, pieces)
                if at == start and self._state is state:
                    self._rest = data[start:]
                    break
        except Refusal as refusal:
            self._refuse(refusal)
        return pieces

    def _end(self) -> None:
        if self._state is Reader._in_rest:
            self._finish()
        if self.is_whole:
            self.is_last = True
            return
        head = self.head
        if head is None:
            raise Refusal(FailureKind.DISCONNECTED, "closed before a whole response head")
        if self.size is None:
            raise Refusal(FailureKind.INCOMPLETE, "closed amid chunks of the body")
        arrived = self.size - self._left
        raise Refusal(FailureKind.INCOMPLETE, f"{arrived} of {self.size} body bytes arrived")

    def _refuse(self, refusal: Refusal) -> None:
        if self._opens_tunnel:
            self.head, self.is_whole = None, False
            refusal = Refusal(refusal.kind, f"the proxy opened no tunnel: {refusal.message}")
        self.refusal = refusal
        self.is_last = True

    # The states. Each takes what it can of the data from `start` on, and returns where the next one
    # goes on. One that takes nothing and leaves the state as it is needs more.

    def _in_head(self, data: bytes, start: int, pieces: list[bytes]) -> int:
        """Read a whole head at once, if it is as nearly all are; and the body, if it is there."""
        # It is what comes first, so `start` is 0. A search from there on would cost twice as much.
        text, found, rest = data.partition(b"\r\n\r\n")
        if found and len(text) < _MOST_AT_ONCE:
            lines = text.split(b"\r\n")
            line = lines.pop(0)
            status_line = _read_status_line(line)
            if status_line is not None and status_line[0] >= 200:
                head = read_plain_head(lines, text[len(line) + 2 :], *status_line)
                if head is not None:
                    self._begin_body(head)
                    if self._state is Reader._in_body and self.size == len(rest):
                        pieces.append(rest)
                        self._finish()
                        return len(data)
                    return len(data) - len(rest)
        self._state = Reader._in_status_line
        return start

    def _in_status_line(self, data: bytes, start: int, _: list[bytes]) -> int:
        end = data.find(b"\n", start, start + LONGEST_LINE) + 1
        if not end:
            # What is no response may be long in coming to the end of a line.
            _check_begins(data[start:])
            _check_line(len(data) - start)
            return start
        line = data[start:end].removesuffix(b"\n").removesuffix(b"\r")
        status_line = _read_status_line(line)
        if status_line is None:
            # As above, or what is said of the same bytes would depend on how they were cut.
            _check_begins(data[start : end - 1])
            raise _protocol("the status line is invalid")
        self._status = status_line
        self._begin_fields()
        return end

    def _in_fields(self, data: bytes, start: int, _: list[bytes]) -> int:
        """Read to the blank line behind the fields of a head, or behind the trailers of chunks."""
        while end := data.find(b"\n", start, start + LONGEST_LINE) + 1:
            line = data[start:end]
            start = end
            if line in _LINE_ENDS:
                self._end_fields()
                return start
            self._take_line(line)
        _check_line(len(data) - start)
        return start

    def _in_body(self, data: bytes, start: int, pieces: list[bytes]) -> int:
        end = start + self._left
        if end <= len(data):
            self._finish()
        else:
            self._left = end - len(data)
        pieces.append(data[start:end])
        return min(end, len(data))

    def _in_rest(self, data: bytes, start: int, pieces: list[bytes]) -> int:
        """Read a body that goes on to the end of the connection."""
        pieces.append(data[start:])
        return len(data)

    def _in_first_size(self, data: bytes, start: int, pieces: list[bytes]) -> int:
        """Have all chunks read at once, if they are there and as nearly all are."""
        self._state = Reader._in_sizes
        if self._read_chunks is not None and data.endswith(_LAST_CHUNK):
            found = self._read_chunks(data[start:])
            if found is not None:
                pieces += found
                self._finish()
                return len(data)
        return start

    def _in_sizes(self, data: bytes, start: int, pieces: list[bytes]) -> int:
        """Read chunks for as long as they are there as a whole."""
        while begin := data.find(b"\n", start, start + MOST_BYTES) + 1:
            line = _SIZE.fullmatch(data, start, begin)
            if line is None:
                raise _protocol(_NO_SIZE)
            size = int(line[1] or b"0", 16)
            end = begin + size
            if data[end : end + 2] != b"\r\n" or not size:
                self._begin_chunk(size)
                return begin
            pieces.append(data[begin:end])
            start = end + 2
        # What is no size may be long in coming to the end of a line. So may an extension.
        if not _START_OF_SIZE.fullmatch(data, start, start + _MOST_LOOKED_AT):
            raise _protocol(_NO_SIZE)
        if len(data) - start >= MOST_BYTES:
            raise _too_large("the size of a chunk comes with more than 96 KiB")
        return start

    def _in_chunk(self, data: bytes, start: int, pieces: list[bytes]) -> int:
        end = start + self._left
        if end <= len(data):
            self._state = Reader._behind_chunk
        else:
            self._left = end - len(data)
        pieces.append(data[start:end])
        return min(end, len(data))

    def _behind_chunk(self, data: bytes, start: int, _: list[bytes]) -> int:
        end = data[start : start + 2]
        if end == b"\r":
            return start
        if end != b"\r\n":
            raise _protocol("a chunk is longer than its size")
        self._state = Reader._in_sizes
        return start + 2

    def _behind(self, data: bytes, _: int, __: list[bytes]) -> int:
        """Bytes that nobody asked for are no part of the response; the connection has gone bad."""
        if self._opens_tunnel:
            raise _protocol("it said more than it was asked")
        self.is_last = True
        return len(data)

    # From state to state.

    def _begin_fields(self) -> None:
        self._fields = []
        self._room = MOST_BYTES
        self._state = Reader._in_fields

    def _take_line(self, line: bytes) -> None:
        self._room -= len(line)
        if self._room < 0:
            raise _too_large("the response head has more than 96 KiB")
        if self._fields and (fold := _FOLDED.fullmatch(line)):  # RFC 9112, section 5.2
            self._fields[-1][1].append(fold[1].rstrip(b" \t"))
            return
        field = _FIELD.fullmatch(line)
        if not field:
            raise _protocol("a header field is invalid")
        self._fields.append((field[1], [field[2]]))
        if len(self._fields) > MOST_FIELDS:
            raise _too_large(f"the response head has more than {MOST_FIELDS} fields")

    def _end_fields(self) -> None:
        if self.head is not None:  # these were trailers, for which nobody has asked
            self._finish()
            return
        status, http_version = self._status
        if 100 <= status < 200 and status != 101:
            self._state = Reader._in_status_line  # of the next response: this one was interim
            return
        fields = [(name, b" ".join(filter(None, values))) for name, values in self._fields]
        self._begin_body(read_head(fields, status=status, http_version=http_version))

    def _begin_body(self, head: Head) -> None:
        self.head = head
        self.is_last = head.is_last
        if self._opens_tunnel and head.status >= 300:
            raise Refusal(FailureKind.CONNECT, f"it answered {head.status}")
        if self._opens_tunnel or self._to_head or head.status in _BODILESS:
            self.size = 0
        else:
            self.size = head.content_length
        if self.size == 0:
            self._finish()
        elif self.size is not None:
            self._left = self.size
            self._state = Reader._in_body
        elif head.chunked:
            self.is_last = head.is_last or head.http_version == "1.0"  # which knows no chunks
            self._state = Reader._in_sizes if self._read_chunks is None else Reader._in_first_size
        else:
            self.is_last = True
            self._state = Reader._in_rest

    def _begin_chunk(self, size: Bytes) -> None:
        if size > _MOST_OF_A_CHUNK:
            raise _protocol("a chunk has more than 2**63 - 1 bytes")
        self._left = size
        if size:
            self._state = Reader._in_chunk
        else:
            self._begin_fields()

    def _finish(self) -> None:
        self.is_whole = True
        self._state = Reader._behind


def _check_begins(line: bytes) -> None:
    """Refuse the beginning of a line, without its line end, that cannot begin a response."""
    shape = line[: len(_START)].translate(_TO_ZERO)
    if not _START.startswith(shape) or line[len(_START) : len(_START) + 1] not in b" \r":
        raise _protocol("what came begins as no HTTP/1 response does")


@lru_cache(64)  # nearly always one of a few
def _read_status_line(line: bytes) -> tuple[int, str] | None:
    found = _STATUS_LINE.fullmatch(line)
    return None if found is None else (int(found[2]), found[1].decode())


def _check_line(size: Bytes) -> None:
    if size >= LONGEST_LINE:
        raise _too_large("the response head has a line of more than 64 KiB")


def _protocol(message: str) -> Refusal:
    return Refusal(FailureKind.PROTOCOL, message)


def _too_large(message: str) -> Refusal:
    return Refusal(FailureKind.TOO_LARGE, message)
