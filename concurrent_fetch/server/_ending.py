"""How the server leaves a connection: as one should, or not."""

import asyncio
import contextlib
import os
import socket
import struct
from collections.abc import Callable, Mapping

from concurrent_fetch.server._reply import End

_NO_RECORD = b"\xff" * 64
_AT_ONCE = struct.pack("ii", 1, 0)


def leave(transport: asyncio.Transport, end: End) -> None:
    """End the connection in this way; what is written and not yet sent goes first only in CLOSE."""
    _ENDINGS[end](transport)


def _reset(transport: asyncio.Transport) -> None:
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
    transport.abort()


def _garble(transport: asyncio.Transport) -> None:
    with contextlib.suppress(OSError):  # the client has gone
        os.write(transport.get_extra_info("socket").fileno(), _NO_RECORD)
    transport.abort()


_ENDINGS: Mapping[End, Callable[[asyncio.Transport], None]] = {
    End.CLOSE: lambda transport: transport.close(),
    End.CUT: lambda transport: transport.abort(),
    End.RESET: _reset,
    End.GARBLE: _garble,
}
