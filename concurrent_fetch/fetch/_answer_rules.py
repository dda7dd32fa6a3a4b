"""What a client must give to `Exchange.answer`, and what it is told where it does not."""

from collections.abc import Iterable, Mapping
from typing import Any

from concurrent_fetch._failure_kinds import FailureKind, Refusal
from concurrent_fetch.words import is_whole, told

Part = str | bytes


class MisuseError(Refusal, TypeError):
    """A mistake in the code of a client: no other URL would fare better.

    A TypeError to the client; to the border an end of the fetch like any other, so that it costs
    one outcome whatever the client makes of it.
    """

    def __init__(self, message: str) -> None:
        super().__init__(FailureKind.OTHER, message)


def checked_head(
    status: object, fields: Iterable[Any], reason: object, http_version: object
) -> list[tuple[Part, Part]]:
    """Return the fields as pairs, if all are of the right types.

    Raises:
        MisuseError: something is not; the message says what to write.
    """
    if type(status) is not int and not is_whole(status):
        as_int = "; write answer(int(status), ...)" if isinstance(status, (str, bytes)) else ""
        raise MisuseError(f"answer(status) must be an int, got {_shown(status)}{as_int}")
    if not isinstance(reason, (str, bytes)):
        raise MisuseError(f"answer(reason=) must be a str or bytes, got {_shown(reason)}")
    if not isinstance(http_version, str) or http_version.startswith("HTTP/"):
        raise MisuseError(f"answer(http_version=) must be as '1.1', got {_shown(http_version)}")
    if type(fields) is not list and (isinstance(fields, Mapping) or not _is_iterable(fields)):
        raise MisuseError(f"{_MUST_BE_PAIRS}, got {_kind(fields)}{_items_of(fields)}")
    pairs = list(fields)
    try:
        kinds = {type(part) for name, value in pairs for part in (name, value)}
    except (TypeError, ValueError):
        found = next(field for field in pairs if not _is_pair(field))
        raise MisuseError(f"{_MUST_BE_PAIRS}, got {_kind(found)}{_items_of(fields)}") from None
    for kind in kinds:
        if not issubclass(kind, (str, bytes)):
            raise MisuseError(f"{_MUST_BE_PAIRS}, each a str or bytes, got {kind.__name__}")
    return pairs


_MUST_BE_PAIRS = "answer(fields) must be pairs of a name and a value"


def _is_iterable(value: object) -> bool:
    return isinstance(value, Iterable)


def _is_pair(field: object) -> bool:
    return isinstance(field, (tuple, list)) and len(field) == 2


def _items_of(fields: object) -> str:
    return "; write answer(status, headers.items())" if hasattr(fields, "items") else ""


def _shown(value: object) -> str:
    return told(repr(value))


def _kind(value: object) -> str:
    """A type and a size: a field may hold a secret."""
    size = f" of {len(value)}" if isinstance(value, (tuple, list)) else ""
    return f"{type(value).__name__}{size}"
