"""What is wrong with a file, and where: as in `records[3].columns.sent: expected a list, got null`.

`where` is the place of a value in its file, empty for the whole.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from concurrent_fetch.errors import FormatError


def damage(where: str, words: str) -> FormatError:
    """Return the error that says what is wrong, and where."""
    return FormatError(f"{where}: {words}" if where else words)


def wrong(where: str, expected: str, got: object) -> FormatError:
    """Return the error of a value that is not what was expected there."""
    return damage(where, f"expected {expected}, got {brief(got)}")


def brief(value: object) -> str:
    """Return a value for a message: short, and of any size and depth of what it is made from."""
    if isinstance(value, str):
        return repr(value if len(value) <= 40 else f"{value[:40]}…")
    if isinstance(value, int) and abs(value) >= 10**40:
        return "an int of more than 40 digits"
    if isinstance(value, (list, dict)):
        return "a list" if isinstance(value, list) else "an object"
    return json.dumps(value)


def within(where: str, key: str) -> str:
    """Return where a key of an object stands."""
    if not key.isidentifier() or len(key) > 40:
        return f"{where}[{brief(key)}]"
    return f"{where}.{key}" if where else key


def check_keys(raw: Any, names: Mapping[str, Any], where: str) -> None:
    """Refuse what is no object with just these keys.

    Raises:
        FormatError: it is none.
    """
    keys = {key for key, _, _ in entries(raw, where)}
    if missing := [name for name in names if name not in keys]:
        raise damage(where, f"{missing[0]!r} is missing")
    check_known(raw, names, where)


def check_known(raw: Mapping[str, Any], names: Mapping[str, Any], where: str) -> None:
    """Refuse an object with another key than these.

    Raises:
        FormatError: it has one.
    """
    if unknown := [key for key in raw if key not in names]:
        raise damage(where, f"the key {brief(unknown[0])} is unknown")


def items(raw: Any, where: str) -> Iterator[tuple[Any, str]]:
    """Return the items of a list, and where each stands."""
    if not isinstance(raw, list):
        raise wrong(where, "a list", raw)
    return ((item, f"{where}[{i}]") for i, item in enumerate(raw))


def entries(raw: Any, where: str) -> Iterator[tuple[str, Any, str]]:
    """Return the entries of an object, and where each stands."""
    if not isinstance(raw, dict):
        raise wrong(where, "an object", raw)
    return ((key, item, within(where, key)) for key, item in raw.items())
