"""JSON: results as text that loads again as an equal result, in this version and later ones."""

import json
import re
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from concurrent_fetch.errors import FormatError
from concurrent_fetch.export._codec import brief, check_keys, fault, read_int, read_text, wrong
from concurrent_fetch.export._results import KINDS, Result
from concurrent_fetch.export._upgrades import UPGRADES, VERSION

_FORMAT = "concurrent_fetch"
_HEAD = ("format", "kind", "version", "written_by")
_SURROGATE = re.compile("[\ud800-\udfff]")  # no file in UTF-8 can hold one
_compact = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode


def to_json(result: Result) -> str:
    """Return a comparison, sweep, ladder or run as JSON, without user info and secret headers.

    A run goes without its headers and bodies, and work by its name only.

    Raises:
        TypeError: it is none of these.
        ValueError: a run holds an outcome that breaks a rule of its fields.
    """
    for name, kind in KINDS.items():
        if isinstance(result, kind.type):
            head = {"format": _FORMAT, "kind": name, "version": VERSION, "written_by": _writer()}
            return _as_ascii_allows(f"{_laid_out({**head, **kind.tree(result)})}\n")
    raise TypeError(f"to_json takes a {' or '.join(KINDS)}, got {type(result).__name__}")


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
    found = dict(pairs)
    if len(found) != len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise FormatError(f"the key {brief(twice)} stands twice in one object")
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
        raise fault(
            "",
            f"version {brief(number)} was written by a newer {_FORMAT} ({by}); "
            f"this one reads up to version {VERSION}: upgrade it",
        )
    return number


def _writer() -> str:
    try:
        return f"{_FORMAT} {version(_FORMAT)}"
    except PackageNotFoundError:
        return _FORMAT


def _laid_out(value: Any, indent: str = "\n") -> str:
    """Return JSON with one line for what holds nothing that deserves lines of its own."""
    inner = f"{indent}  "
    if isinstance(value, dict) and any(isinstance(item, (dict, list)) for item in value.values()):
        lines = [f"{_compact(key)}: {_laid_out(item, inner)}" for key, item in value.items()]
        return f"{{{inner}{f',{inner}'.join(lines)}{indent}}}"
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return f"[{inner}{f',{inner}'.join(_laid_out(item, inner) for item in value)}{indent}]"
    return _compact(value)


def _as_ascii_allows(text: str) -> str:
    if text.isascii():
        return text
    return _SURROGATE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
