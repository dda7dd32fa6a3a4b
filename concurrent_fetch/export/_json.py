"""JSON: results as text that loads again as an equal result, in this version and later ones."""

import json
from typing import Any

from concurrent_fetch._python import own_version
from concurrent_fetch.errors import FormatError
from concurrent_fetch.export._codec import read_int, read_text
from concurrent_fetch.export._damage import brief, check_keys, damage, wrong
from concurrent_fetch.export._layout import laid_out
from concurrent_fetch.export._record_columns import ColumnsWriter
from concurrent_fetch.export._results import KINDS
from concurrent_fetch.export._upgrades import UPGRADES, VERSION
from concurrent_fetch.export._view import Result, View

_FORMAT = "concurrent_fetch"
_HEAD = ("format", "kind", "version", "written_by")


class Writer:
    """Writes results, and again what has grown since: records it has written it keeps as text.

    For a comparison that is saved after every round: only the new round is written anew.
    """

    def __init__(self) -> None:
        self._columns = ColumnsWriter()

    def to_json(self, result: Result) -> str:
        """Return what the function `to_json` returns; raises as it does."""
        for name, kind in KINDS.items():
            if isinstance(result, kind.type):
                head = {
                    "format": _FORMAT,
                    "kind": name,
                    "version": VERSION,
                    "written_by": f"{_FORMAT} {own_version()}",
                }
                return laid_out({**head, **kind.tree(result, self._columns)})
        raise TypeError(f"to_json takes a {' or '.join(KINDS)}, got {type(result).__name__}")


def to_json(result: Result) -> str:
    """Return a comparison, sweep, ladder or run as JSON, without user info and secret headers.

    A run goes without its headers and bodies, and work by its name only.

    Raises:
        TypeError: it is none of these.
        ValueError: a run holds an outcome that breaks a rule of its fields.
    """
    return Writer().to_json(result)


def write(view: View) -> str:
    """Return a result as `.json`.

    Raises:
        FormatError: it holds a value so odd that it would not load again.
    """
    try:
        text = to_json(view.result)
        from_json(text)
    except (ValueError, OverflowError) as error:
        raise FormatError(f"this result would not load again: {error}") from None
    return text


def from_json(text: str) -> Result:
    """Return the result that was written as this text, by this version or an older one.

    Raises:
        FormatError: it is damaged, foreign, or of a newer version; with what is wrong and where.
    """
    raw = _parsed(text)
    if not isinstance(raw, dict) or raw.get("format") != _FORMAT:
        raise FormatError(f'this is no file of {_FORMAT}: it has no "format": "{_FORMAT}"')
    number = _version_of(raw)
    for older in range(number, VERSION):
        raw = UPGRADES[older](raw)
    kind = raw.get("kind")
    if not isinstance(kind, str) or kind not in KINDS:
        raise wrong("kind", f"one of {', '.join(KINDS)}", kind)
    return KINDS[kind].read({key: raw[key] for key in raw if key not in _HEAD})


def _parsed(text: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_once, parse_constant=_no_number)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise FormatError(f"not JSON: {error.msg} ({place})") from None
    except RecursionError:
        raise FormatError("not JSON of ours: it is nested too deep") from None
    except FormatError:
        raise
    except ValueError as error:  # an int of more digits than Python takes
        raise FormatError(f"not JSON of ours: {error}") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Make an object, unless a key stands in it twice: either might be meant."""
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise FormatError(f"the key {brief(key)} stands twice in one object")
        found[key] = value
    return found


def _no_number(constant: str) -> Any:
    raise FormatError(f"not JSON: {constant} is no number")


def _version_of(raw: dict[str, Any]) -> int:
    check_keys({key: raw[key] for key in raw if key in _HEAD}, dict.fromkeys(_HEAD), "")
    number = read_int(raw["version"], "version")
    writer = read_text(raw["written_by"], "written_by")
    if number < 1:
        raise wrong("version", "1 or more", number)
    if number > VERSION:
        by = brief(writer.removeprefix(f"{_FORMAT} ")).strip("'")
        raise damage(
            "",
            f"version {brief(number)} was written by a newer {_FORMAT} ({by}); "
            f"this one reads up to version {VERSION}: upgrade it",
        )
    return number
