"""Responses and timings in the making: filled field by field, and frozen when they are whole.

The constructor of a frozen class sets each field by a call, and calls a converter for some: for a
`Response` five times what plain assignments cost, which is a sixth of all that this package does
for a fetch. So a fetch fills an object that is not frozen, of the same layout, and then makes it
one that is.
"""

import sys
from collections.abc import Callable
from functools import partial
from types import SimpleNamespace
from typing import Any

from concurrent_fetch.model import Response, Timing

# Subclasses, since Python 3.11 changes no class into one beside it that can be weakly referenced.
# Both methods or neither: they are one slot of a type, and a call if one of them is Python code.


class _Response(Response):
    __slots__ = ()
    __setattr__ = object.__setattr__
    __delattr__ = object.__delattr__


class _Timing(Timing):
    __slots__ = ()
    __setattr__ = object.__setattr__
    __delattr__ = object.__delattr__


_new = object.__new__


response_to_fill: Callable[[], Any] = partial(_new, _Response)
"""Returns a response without a value in any field: every one is to be set."""


def frozen_response(filled: Any) -> Response:
    """Return it as a `Response`, for good."""
    filled.__class__ = Response
    response: Response = filled
    return response


def timing_of(started: float, sent: float | None, first_byte: float | None, end: float) -> Timing:
    """Return a `Timing` of moments that are known to be in order."""
    filled: Any = _new(_Timing)
    filled.started = started
    filled.sent = sent
    filled.first_byte = first_byte
    filled.finished = end
    filled.__class__ = Timing
    timing: Timing = filled
    return timing


# Without a GIL a change of class stops all threads. `sysconfig` would cost 1 ms of every import.
if "free-threading build" in sys.version:
    response_to_fill = SimpleNamespace

    def frozen_response(filled: Any) -> Response:
        """Return a response of these fields."""
        return Response(**vars(filled))

    def timing_of(
        started: float, sent: float | None, first_byte: float | None, end: float
    ) -> Timing:
        """Return a `Timing`."""
        return Timing(started=started, sent=sent, first_byte=first_byte, finished=end)
