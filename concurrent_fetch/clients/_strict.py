"""HTTP/1 responses for requests, read by the one strict reader.

http.client takes the end of the connection for the end of a head, drops lines that are no fields,
returns a 103 as the response, and reads `0x5` as the size of a chunk.
"""

import http.client
from collections.abc import Callable, Iterator
from typing import Any

from concurrent_fetch.http import Head, Reader

_PIECE = 64 * 1024
_NO_FIELDS = http.client.HTTPMessage()  # urllib3 asks for them, and nobody asks urllib3
_VERSIONS = {"1.0": 10, "1.1": 11}


class StrictResponse(http.client.HTTPResponse):
    """A response whose head and body are read here; the rest is http.client's."""

    # Hook: http.client calls `begin`, which reads the head from `fp` and sets what it knows.
    head: Head
    fp: Any = None  # also in one that Ctrl-C kept from being built, when it is closed

    def __init__(
        self, *args: Any, register: "Callable[[StrictResponse], None]", **kwargs: Any
    ) -> None:
        register(self)  # first: Ctrl-C in here would leave what it has opened to the collector
        super().__init__(*args, **kwargs)
        self._reader = Reader(to_head=kwargs.get("method") == "HEAD")
        self._pieces: list[bytes] = []

    @property
    def is_last(self) -> bool:
        """Whether the connection is good for no other response."""
        return self._reader.is_last or not self._reader.is_whole

    def begin(self, **_limits: Any) -> None:
        """Read the head, past all interim responses.

        Python 3.15 may give a limit of fields; ours holds for all clients.
        """
        while (head := self._reader.head) is None:
            self._read()
        self.head = head
        self.code = self.status = head.status
        self.reason = ""
        self.version = _VERSIONS[head.http_version]
        self.headers = self.msg = _NO_FIELDS
        self.chunked = False
        self.length = None
        self.will_close = self._reader.is_last

    def pieces(self) -> Iterator[bytes]:
        """Yield the body as it arrives, without the framing of chunks."""
        while True:
            yield from self._pieces
            if self._reader.is_whole:
                return
            self._read()

    def _read(self) -> None:
        if self._reader.refusal is not None:
            raise self._reader.refusal
        self._pieces = self._reader.feed(self.fp.read1(_PIECE))
