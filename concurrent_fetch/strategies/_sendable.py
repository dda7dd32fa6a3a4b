"""What may be sent to worker processes: what pickles, and is no part of `__main__`."""

import io
import pickle
from collections.abc import Callable
from types import BuiltinFunctionType, FunctionType
from typing import Any

import attrs

from concurrent_fetch.feed import CountedWork
from concurrent_fetch.model import Options


class _OfMain(Exception):  # noqa: N818 - found on the way, and told in a sentence
    """Something belongs to `__main__`, which workers do not run."""


class _Pickler(pickle.Pickler):
    """Refuses what is found in `__main__` only."""

    def persistent_id(self, obj: Any) -> None:
        if isinstance(obj, (type, FunctionType, BuiltinFunctionType)):
            module = getattr(obj, "__module__", None)
            if module in ("__main__", "__mp_main__"):
                raise _OfMain(getattr(obj, "__qualname__", repr(obj)))


def pickled_without_main(value: object) -> bytes:
    """Return something pickled that has nothing of `__main__` in it."""
    target = io.BytesIO()
    _Pickler(target, 5).dump(value)
    return target.getvalue()


def sendable(
    what: str, value: object, dumps: Callable[[Any], bytes] = pickled_without_main
) -> bytes:
    """Return something pickled; `what` it is, as a user wrote it.

    `dumps` pickles it: where workers have `__main__`, or get what is defined there by value, it is
    another than the usual one.

    Raises:
        TypeError: it cannot be sent; the message says what to write.
    """
    try:
        return dumps(value)
    except _OfMain as found:
        raise TypeError(
            f"{what} is of this script or notebook ({found}), which worker processes do not run: "
            "put it into a module of its own, as mine.py, and write import mine"
        ) from None
    except Exception as error:
        raise TypeError(
            f"{what} cannot be sent to worker processes ({type(error).__name__}: {error}): it must "
            "pickle, as a function does that a module can import, and no lambda or inner function"
        ) from error


def parts_of(options: Options) -> dict[str, object]:
    """Return what of the options is the user's own code, by the names that users write."""
    work, on = options.work, None if options.retry is None else options.retry.on
    parts: dict[str, Any] = {
        "Options.work": work.work if isinstance(work, CountedWork) else work,
        "Options.sink": options.sink,
        "Retry.on": on if callable(on) else None,
    }
    return {what: part for what, part in parts.items() if part is not None}


def sent_options(options: Options, client: object) -> bytes:
    """Return the options and the client as workers are to have them.

    What limits a start is the parent's affair, and so is the journal.

    Raises:
        TypeError: something of them cannot be sent.
    """
    parts: dict[str, Any] = {**parts_of(options), "client": client}
    for what, value in parts.items():
        sendable(what, value)
    sent = attrs.evolve(
        options,
        work=parts.get("Options.work"),
        journal=None,
        progress=False,
        per_host=None,
        delay=None,
        rate=None,
        hosts={},
    )
    return sendable("Options", (sent, client))
