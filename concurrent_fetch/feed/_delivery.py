"""Delivery: a body on its way into a sink, in pieces or whole."""

import inspect
import os
from collections.abc import Callable
from functools import lru_cache
from typing import Any
from weakref import WeakValueDictionary

import attrs

from concurrent_fetch.model import Options, Response

_BODILESS = frozenset({204, 304})

# Responses that were offered to a sink of pieces while they arrived, as long as they live.
_offered: WeakValueDictionary[int, Response] = WeakValueDictionary()


class Delivery:
    """One body on its way into a sink of pieces; what the sink raises passes through."""

    __slots__ = ("_pieces", "write")

    def __init__(self, pieces: Any) -> None:
        self._pieces: Any = pieces
        self.write: Callable[[bytes], object] = pieces.write

    def commit(self, response: Response) -> Response:
        """Say that the body is whole; return the response with the place where it is."""
        pieces, self._pieces = self._pieces, None
        try:
            place = pieces.commit(response)
        except BaseException:
            self._pieces = pieces  # still to be discarded
            raise
        return _placed(response, place)

    def discard(self) -> None:
        """Say that the body will never be whole, unless it was."""
        pieces, self._pieces = self._pieces, None
        if pieces is not None:
            pieces.discard()


def delivery_of(response: Response, options: Options) -> Delivery | None:
    """Open a sink of pieces for a body that begins; None where it is not to get it.

    Of a status that may be tried again only the feed knows whether it is final, and not before the
    body is there. So the sink never gets one.
    """
    if response.status_code in _BODILESS or response.method == "HEAD":
        return None
    retry = options.retry
    if retry is not None and not callable(retry.on) and response.status_code in retry.on:
        return None
    sink: Any = options.sink
    pieces = sink.open(response)
    if pieces is None:
        return None
    _check_pieces(pieces)
    return Delivery(pieces)


def _check_pieces(pieces: object) -> None:
    """Refuse what cannot take a body, before it gets any of it."""
    for name in ("write", "commit", "discard"):
        called = getattr(pieces, name, None)
        if not callable(called):
            raise TypeError(
                "the `open` of a sink must return what has the methods write, commit and discard, "
                f"or None; {type(pieces).__name__} has no {name}"
            )
        if _is_async(getattr(type(pieces), name, None)):
            raise TypeError(
                f"{type(pieces).__name__}.{name} must be a plain function, and is an async one"
            )


@lru_cache(64)  # of few classes
def _is_async(function: object) -> bool:
    return inspect.iscoroutinefunction(function)


def offered(response: Response) -> Response:
    """Note that a sink of pieces was offered the body while it arrived."""
    _offered[id(response)] = response
    return response


def same_offer(outcome: Response, told: Response) -> None:
    """Let that count for another response that is made of it."""
    if _offered.get(id(outcome)) is outcome:
        _offered[id(told)] = told


def sunk(response: Response, options: Options) -> Response:
    """Hand the body of a final response to the sink, unless it got it in pieces already."""
    if not options.takes_pieces:
        sink: Any = options.sink
        return _placed(response, sink(response))
    if _offered.get(id(response)) is response:
        return response
    body, response = response.body, attrs.evolve(response, body=b"")
    delivery = delivery_of(response, options)
    if delivery is None:
        return response
    try:
        if body:
            delivery.write(body)
        return delivery.commit(response)
    finally:
        delivery.discard()


def _placed(response: Response, place: Any) -> Response:
    if place is None:
        return response
    if not isinstance(place, str):
        hint = "; write str(path)" if isinstance(place, os.PathLike) else ""
        raise TypeError(
            f"a sink must return where the body is as a str, or None, got {type(place).__name__}"
            f"{hint}"
        )
    return attrs.evolve(response, sink=place)
