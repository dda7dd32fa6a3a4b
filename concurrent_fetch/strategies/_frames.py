"""Messages in a stream of bytes, each behind its length."""

import pickle
from typing import Any

LENGTH = 8
"""Bytes that tell how long the message behind them is."""


def framed(message: object) -> bytes:
    """Return a message as it is written: its length, and itself."""
    data = pickle.dumps(message, 5)
    return b"".join((len(data).to_bytes(LENGTH, "big"), data))


class Frames:
    """The messages in what was read from one process."""

    def __init__(self) -> None:
        self._rest = bytearray()

    def of(self, data: bytes | memoryview) -> list[Any]:
        """Return the messages that are whole with this data; the rest waits for more."""
        if not self._rest:
            messages, end = _whole(data)
            self._rest += data[end:]
            return messages
        self._rest += data
        messages, end = _whole(self._rest)
        del self._rest[:end]
        return messages


def _whole(data: bytes | bytearray | memoryview) -> tuple[list[Any], int]:
    """Return the messages that are whole, and where the last of them ends."""
    messages = []
    end = 0
    with memoryview(data) as read:
        while (start := end + LENGTH) <= len(read):
            after = start + int.from_bytes(read[end:start], "big")
            if after > len(read):
                break
            messages.append(pickle.loads(read[start:after]))  # noqa: S301 - ours
            end = after
    return messages, end
