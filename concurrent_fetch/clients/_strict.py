"""HTTP/1 responses read strictly, where http.client lets pass what no other parser would.

It takes the end of the connection for the end of a head, drops lines that are no fields, returns a
103 as the response, and reads `0x5` as the size of a chunk. And whatever it or urllib3 reads of a
body is handed on only when as much is there as was asked for: a body that goes wrong early would be
found out late, or not before the deadline.
Source: RFC 9112, section 7.1 (chunks).
"""

import http.client
import io
import re
from collections.abc import Callable, Iterator
from typing import Any, Self

from concurrent_fetch.http import MOST_BYTES, MOST_FIELDS, START, may_begin_response

_MAX_LINE = 64 * 1024
_PIECE = 64 * 1024
_STATUS_LINE = re.compile(rb"HTTP/(\d\.\d) (\d{3})(?: [\t -~\x80-\xff]*)?\r?\n")
_FIELD = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):([^\r\n]*)\r?\n")
_CHUNK_SIZE = re.compile(rb"([0-9A-Fa-f]{1,20})(?:;[^\r\n]*)?[ \t]*\r\n")
_FRAMING = frozenset({b"connection", b"content-length", b"transfer-encoding"})
_BLANKS = (b" ", b"\t")
_FOLDED = re.compile(rb"[ \t][^\r\n]*\r?\n")
_LINE_ENDS = frozenset({b"\r\n", b"\n"})


class StrictResponse(http.client.HTTPResponse):
    """A response whose head and body are read here; the rest is http.client's."""

    # Hook: http.client calls `begin`, which reads the head from `fp` and keeps nothing of it.
    fields: list[tuple[bytes, bytes]]
    http_version: str
    fp: Any = None  # also in one that Ctrl-C kept from being built, when it is closed

    def __init__(self, *args: Any, register: Callable[[Self], None], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._register = register

    def begin(self, **_limits: Any) -> None:
        """Read the head, past all interim responses, and let http.client see how it is framed.

        Python 3.15 may give a limit of fields; ours holds for all clients.
        """
        if self.headers is not None:
            return
        status_line, self.fields = self._read_head()
        while status_line[9:10] == b"1" and status_line[9:12] != b"101":
            status_line, self.fields = self._read_head()
        self.http_version = status_line[5:8].decode()
        self._register(self)
        stream, self.fp = self.fp, io.BytesIO(status_line + _framing(self.fields) + b"\r\n")
        try:
            super().begin()
        finally:
            self.fp = stream

    def pieces(self) -> Iterator[bytes]:
        """Yield the body as it arrives, without the framing of chunks."""
        if self.length == 0:  # so it is, too, for a status that has no body
            return iter(())
        return self._chunks() if self.chunked else self._until(self.length)

    def _until(self, length: int | None) -> Iterator[bytes]:
        while length is None or length > 0:
            piece: bytes = self.fp.read1(_PIECE if length is None else min(length, _PIECE))
            if not piece:
                return
            if length is not None:
                length -= len(piece)
            yield piece

    def _chunks(self) -> Iterator[bytes]:
        while size := self._chunk_size():
            yield from self._exactly(size)
            if b"".join(self._exactly(2)) != b"\r\n":
                raise http.client.HTTPException("a chunk is longer than its size")
        self._read_fields(http.client.IncompleteRead(b""))  # nobody asked for them

    def _chunk_size(self) -> int:
        line = self._read_line(MOST_BYTES, http.client.IncompleteRead(b""))
        size = _CHUNK_SIZE.fullmatch(line)
        if not size:
            raise http.client.HTTPException("invalid chunk size")
        return int(size[1], 16)

    def _exactly(self, size: int) -> Iterator[bytes]:
        for piece in self._until(size):
            size -= len(piece)
            yield piece
        if size:
            raise http.client.IncompleteRead(b"", size)

    def _read_head(self) -> tuple[bytes, list[tuple[bytes, bytes]]]:
        closed = http.client.RemoteDisconnected("closed inside the response head")
        status_line = b"" if b"\n" in self.fp.peek(1) else self._read_start(closed)
        if not status_line.endswith(b"\n"):
            status_line += self._read_line(_MAX_LINE - len(status_line), closed)
        if not _STATUS_LINE.fullmatch(status_line):
            raise http.client.BadStatusLine("")
        return status_line, self._read_fields(closed)

    def _read_start(self, closed: Exception) -> bytes:
        """Read the first bytes: what is no response may be long in coming to the end of a line."""
        start: bytes = self.fp.peek(1)
        if may_begin_response(start):
            start = self.fp.read(START)
        if not may_begin_response(start):
            raise http.client.BadStatusLine("")
        if len(start) < START:
            raise closed
        return start

    def _read_fields(self, closed: Exception) -> list[tuple[bytes, bytes]]:
        """Read to the blank line behind the fields, one of which may be folded (RFC 9112, 5.2)."""
        left, readline = MOST_BYTES, self.fp.readline
        fields: list[tuple[bytes, bytes]] = []
        folds: dict[int, list[bytes]] = {}
        while (line := readline(_MAX_LINE + 1)) not in _LINE_ENDS:
            left -= len(line)
            if left < 0 or len(line) > _MAX_LINE or len(fields) > MOST_FIELDS:
                raise http.client.LineTooLong("response")
            if line[:1] in _BLANKS and fields and _FOLDED.fullmatch(line):
                folds.setdefault(len(fields) - 1, []).append(line.strip(b" \t\r\n"))
                continue
            field = _FIELD.fullmatch(line)
            if not field:
                if line.endswith(b"\n"):
                    raise http.client.HTTPException("invalid header line")
                raise closed
            fields.append((field[1], field[2].strip(b" \t")))
        for i, more in folds.items():
            name, value = fields[i]
            fields[i] = name, b" ".join(filter(None, [value, *more]))
        return fields

    def _read_line(self, limit: int, closed: Exception) -> bytes:
        line: bytes = self.fp.readline(limit + 1)
        if len(line) > limit:
            raise http.client.LineTooLong("response")
        if not line.endswith(b"\n"):
            raise closed
        return line


def _framing(fields: list[tuple[bytes, bytes]]) -> bytes:
    """Return the fields that http.client acts on, the first of each name: it refuses over 100."""
    framing: dict[bytes, bytes] = {}
    for name, value in fields:
        if (lowered := name.lower()) in _FRAMING and lowered not in framing:
            framing[lowered] = value
    return b"".join([b"%b:%b\r\n" % field for field in framing.items()])
