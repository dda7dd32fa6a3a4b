"""Bodies in chunks, read by llhttp.

It reads no heads: one regular expression does that as fast, and takes what llhttp does not.
"""

from httptools import HttpParserError, HttpResponseParser

from concurrent_fetch._units import Bytes

MOST: Bytes = 65536
"""What is longer is left to others, who look at how long each line is."""
_HEAD = b"HTTP/1.1 200\r\nTransfer-Encoding: chunked\r\n\r\n"


class ChunkParser:
    """Reads bodies that have arrived as a whole, one after another."""

    __slots__ = ("_is_plain", "_is_whole", "_parser", "_pieces")

    def __init__(self) -> None:
        self._begin()

    def __call__(self, data: bytes) -> list[bytes] | None:
        """Return the pieces of a body; None unless that is all, and as it is nearly always."""
        if len(data) > MOST:
            return None
        self._parser.feed_data(_HEAD)
        self._pieces: list[bytes] = []
        self._is_whole, self._is_plain = False, True
        try:
            self._parser.feed_data(data)
        except HttpParserError:
            self._is_plain = False
        if self._is_whole and self._is_plain:
            return self._pieces
        self._begin()
        return None

    def _begin(self) -> None:
        self._parser = HttpResponseParser(self)
        self._pieces = []
        self._is_whole = self._is_plain = False

    # What llhttp calls.

    def on_body(self, piece: bytes) -> None:
        """Take a piece."""
        self._pieces.append(piece)

    def on_message_begin(self) -> None:
        """See that it is not all."""
        self._is_plain = False

    def on_header(self, _name: bytes, _value: bytes) -> None:
        """See that there are trailers."""
        self._is_plain = False

    def on_message_complete(self) -> None:
        """Note that the body has come to its end."""
        self._is_whole = True
