"""Pipes: whole messages between two interpreters, which may be of different versions."""

import copyreg
import io
import os
import pickle
import struct
from collections.abc import Callable, Mapping
from datetime import timezone
from hashlib import sha256
from typing import Any

import attrs

from concurrent_fetch.analysis import Card, Lateness, Probe
from concurrent_fetch.model import (
    Attempt,
    Failure,
    Options,
    Request,
    Response,
    Row,
    Timing,
)
from concurrent_fetch.runner._measured import Measured

_LENGTH = struct.Struct(">Q")
_PROTOCOL = 5
_HELLO = b"\0concurrent_fetch\0"
_LONGEST_HELLO = 4096
_MOST_PRINTED = 1 << 16
_PIECE = 1 << 20
_TABLE: Mapping[type, Callable[[Any], Any]] = {
    **copyreg.dispatch_table,
    timezone: lambda one: (timezone, (one.utcoffset(None),)),
}
"""What every Python reads: PyPy and CPython pickle time zones each in a way of its own."""
_CROSSING = (
    *(Options, Request, Response, Failure, Timing, Attempt, Row),
    *(Card, Probe, Lateness, Measured),
)


def send(descriptor: int, message: object) -> None:
    """Write a message; raises OSError when nobody reads any more."""
    stream = io.BytesIO()
    pickler = pickle.Pickler(stream, _PROTOCOL)
    pickler.dispatch_table = _TABLE
    pickler.dump(message)
    body = stream.getvalue()
    _write(descriptor, _LENGTH.pack(len(body)) + body)


def send_hello(descriptor: int, message: object) -> None:
    """Write the first message, which is found behind anything that was printed before it."""
    _write(descriptor, _HELLO)
    send(descriptor, message)


def _write(descriptor: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest[:_PIECE]) :]


def receive(descriptor: int, wait: Callable[[], None] = lambda: None) -> Any:
    """Read a message; `wait` is called before every read.

    Raises:
        EOFError: the other side has ended.
    """
    return _body(descriptor, _length(descriptor, wait), wait)


def receive_hello(
    descriptor: int, printed: bytearray, wait: Callable[[], None] = lambda: None
) -> Any:
    """Read the first message; what was printed before it is put into `printed`.

    Raises:
        EOFError: the other side has ended.
        ValueError: too much was printed, or what comes is no first message.
    """
    while not printed.endswith(_HELLO):
        if len(printed) > _MOST_PRINTED:
            raise ValueError
        printed += _read(descriptor, 1, wait)
    del printed[-len(_HELLO) :]
    length = _length(descriptor, wait)
    if length > _LONGEST_HELLO:
        raise ValueError
    return _body(descriptor, length, wait)


def _length(descriptor: int, wait: Callable[[], None]) -> int:
    length: int = _LENGTH.unpack(_read(descriptor, _LENGTH.size, wait))[0]
    return length


def _body(descriptor: int, length: int, wait: Callable[[], None]) -> Any:
    return pickle.loads(_read(descriptor, length, wait))  # noqa: S301 - of a process of our own


def _read(descriptor: int, length: int, wait: Callable[[], None]) -> bytes:
    found = bytearray()
    while len(found) < length:
        wait()
        piece = os.read(descriptor, min(_PIECE, length - len(found)))
        if not piece:
            raise EOFError
        found += piece
    return bytes(found)


def shape() -> str:
    """Return what is equal where what crosses has the same fields on both sides."""
    fields = [(kind.__qualname__, [f.name for f in attrs.fields(kind)]) for kind in _CROSSING]
    return sha256(repr(fields).encode()).hexdigest()[:16]
