"""Sinks: where bodies go, whole or in pieces as they arrive."""

import inspect
import os
from collections.abc import Callable
from typing import Any, Protocol, TypeAlias

from concurrent_fetch.model._outcome import Response
from concurrent_fetch.model._retry import Retry


class Pieces(Protocol):
    """Takes one body. Every call is made where its fetch is: in its thread or on its event loop."""

    def write(self, piece: bytes, /) -> object:
        """Take the next piece of the decoded body."""
        ...

    def commit(self, response: Response, /) -> str | None:
        """Keep the body, which is whole; return where it is, for `Response.sink`."""
        ...

    def discard(self) -> object:
        """Leave nothing behind: the body will never be whole, or a call before this one raised."""
        ...


class PiecesSink(Protocol):
    """Takes bodies in pieces, also those that are larger than memory."""

    def open(self, response: Response, /) -> Pieces | None:
        """Return what takes the body of a response whose head is there; None: it is not wanted."""
        ...


Sink: TypeAlias = Callable[[Response], str | None] | PiecesSink


def takes_pieces(sink: object) -> bool:
    """Whether a sink takes bodies in pieces."""
    return sink is not None and callable(getattr(sink, "open", None))


def check_sink(name: str, sink: Any, retry: Retry | None) -> None:
    """Refuse what is no sink, and one that cannot go with what is tried again.

    Raises:
        TypeError, ValueError: with what to write instead.
    """
    if sink is None:
        return
    if isinstance(sink, (str, os.PathLike)):
        raise TypeError(
            f"{name} must be a function or a sink, got a path; write "
            f"sink=Folder({os.fspath(sink)!r})"
        )
    if isinstance(sink, type):
        raise TypeError(
            f"{name} must be a function or a sink, got the class {sink.__name__}; write "
            f"sink={sink.__name__}(...)"
        )
    called = sink.open if takes_pieces(sink) else sink
    if not callable(called):
        raise TypeError(
            f"{name} must be a function of a response, or a sink that has `open`, got "
            f"{type(sink).__name__}"
        )
    if any(map(inspect.iscoroutinefunction, (called, type(called).__call__))):
        raise TypeError(f"{name} must be a plain function, got an async one")
    if takes_pieces(sink) and retry is not None and callable(retry.on):
        raise ValueError(
            f"{name} takes bodies in pieces, before Retry.on could look at them; write kinds and "
            "statuses, as on={'timeout', 503}"
        )
