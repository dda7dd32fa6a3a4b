"""Codec: frozen attrs classes as trees of JSON, and back by their fields and the types of these.

Whoever reads says where in the file it stands, as `records[3].columns.started`.
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache
from types import NoneType, UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

import attrs

from concurrent_fetch._failure_kinds import FailureKind
from concurrent_fetch.analysis import Card, Probe, Record
from concurrent_fetch.export._damage import (
    brief,
    check_keys,
    check_known,
    damage,
    entries,
    items,
    within,
    wrong,
)
from concurrent_fetch.http import Headers, redact_within
from concurrent_fetch.model import Options, Retry, Run, SavedEncodings, SavedWork
from concurrent_fetch.results import Comparison
from concurrent_fetch.words import called

_T = TypeVar("_T")

# Beyond these arithmetic with them may overflow.
_LARGEST_INT = 10**100
_LARGEST_FLOAT = 1e300
_YEARS = range(1971, 3000)  # that every system can turn into local time
_INDEX = re.compile("0|[1-9][0-9]{0,17}")
_SHOWN = 200


# --- out ---


def tree(value: object) -> Any:
    """Return what JSON can hold of a value; user info and secret headers are hidden."""
    for kind, written in _WRITTEN:
        if isinstance(value, kind):
            return written(value)
    return called(value) if callable(value) else fields_tree(value)


def fields_tree(value: Any, *, leave: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return the fields of an attrs object as a tree, but for those to be left to the caller."""
    if isinstance(value, Options):
        value = value.without_secrets()
    return {
        name: tree(getattr(value, name)) for name in _hints(value.__class__) if name not in leave
    }


def changes_tree(value: Any, base: Any) -> dict[str, Any]:
    """Return those fields of an attrs object as a tree that are not as in another one."""
    same = (name for name in _hints(base.__class__) if getattr(value, name) == getattr(base, name))
    return fields_tree(value, leave=tuple(same))


def cleaned(text: str) -> str:
    """Return a text without what is secret in the URLs in it."""
    return redact_within(text)


_WRITTEN: tuple[tuple[Any, Callable[[Any], Any]], ...] = (
    (str, cleaned),
    ((NoneType, bool, int, float), lambda value: value),
    (datetime, datetime.isoformat),
    (Headers, lambda headers: [[name, cleaned(text)] for name, text in headers.redacted()]),
    (Mapping, lambda mapping: {cleaned(str(key)): tree(item) for key, item in mapping.items()}),
    (tuple, lambda values: [tree(value) for value in values]),
    (frozenset, lambda values: [tree(value) for value in sorted(values, key=str)]),
)


# --- in ---


def read(hint: Any, raw: Any, where: str) -> Any:
    """Return a value of that type.

    Raises:
        FormatError: it is none.
    """
    if hint in _READERS:
        return _READERS[hint](raw, where)
    if attrs.has(hint):
        return build(hint, read_fields(hint, raw, where), where)
    arguments = get_args(hint)
    if get_origin(hint) is tuple:
        return tuple(read(arguments[0], *item) for item in items(raw, where))
    if get_origin(hint) is UnionType:
        return _read_one_of(arguments, raw, where)
    key, kind = arguments
    entries_read = ((k, read(kind, item, at)) for k, item, at in entries(raw, where))
    return {_read_index(k, where) if key is int else k: item for k, item in entries_read}


def read_fields(kind: type, raw: Any, where: str, *, leave: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return the values of the fields of an attrs class; those to be left as they stand there.

    Raises:
        FormatError: one is wrong or missing, or there is one more.
    """
    hints = _hints(kind)
    if kind in _NOT_IN_OLDER_FILES and isinstance(raw, dict):
        raw = {**_NOT_IN_OLDER_FILES[kind], **raw}
    check_keys(raw, hints, where)
    return {
        name: raw[name] if name in leave else _field(kind, name)(raw[name], within(where, name))
        for name in hints
    }


def read_changes(kind: type, raw: Any, where: str) -> dict[str, Any]:
    """Return the values of those fields of an attrs class that are there.

    Raises:
        FormatError: one is wrong, or there is no such field.
    """
    hints = _hints(kind)
    changes = {key: (item, at) for key, item, at in entries(raw, where)}
    check_known(raw, hints, where)
    return {name: _field(kind, name)(*item) for name, item in changes.items()}


def build(kind: Callable[..., _T], facts: Mapping[str, Any], where: str) -> _T:
    """Make an object, and let what it says against its fields be the error.

    Raises:
        FormatError: it refused them.
    """
    try:
        return kind(**facts)
    except (TypeError, ValueError) as error:
        raise damage(where, str(error)[:_SHOWN]) from None


@cache
def _hints(kind: Any) -> dict[str, Any]:
    """Return the fields of a class and their types: of those that two equal objects share."""
    hints = get_type_hints(kind)
    return {field.name: hints[field.name] for field in attrs.fields(kind) if field.eq}


def _field(kind: type, name: str) -> Callable[[Any, str], Any]:
    if (kind, name) in _OF_FIELDS:
        return _OF_FIELDS[kind, name]
    hint = _hints(kind)[name]
    return lambda raw, where: read(hint, raw, where)


def _read_one_of(kinds: tuple[Any, ...], raw: Any, where: str) -> Any:
    """Read what may be of several types; the first fits where it is not plainly another."""
    fitting = [kind for kind in kinds if type(raw) is kind]
    return read(fitting[0] if fitting else kinds[0], raw, where)


def read_text(raw: Any, where: str) -> str:
    """Return a text; raises FormatError for anything else."""
    if not isinstance(raw, str):
        raise wrong(where, "a text", raw)
    return raw


def _read_flag(raw: Any, where: str) -> bool:
    if not isinstance(raw, bool):
        raise wrong(where, "true or false", raw)
    return raw


def read_int(raw: Any, where: str) -> int:
    """Return an int; raises FormatError for anything else."""
    if type(raw) is not int:
        raise wrong(where, "an int", raw)
    if abs(raw) > _LARGEST_INT:
        raise damage(where, "the int is too large")
    return raw


def _read_float(raw: Any, where: str) -> float:
    if type(raw) not in (int, float):
        raise wrong(where, "a number", raw)
    if not abs(raw) <= _LARGEST_FLOAT:
        raise damage(where, "the number is too large")
    return float(raw)


def _read_datetime(raw: Any, where: str) -> datetime:
    try:
        moment = datetime.fromisoformat(read_text(raw, where))
    except ValueError:
        raise wrong(where, "a date and time", raw) from None
    if moment.utcoffset() is None:
        raise damage(where, f"the time has no time zone: {brief(raw)}")
    if moment.year not in _YEARS:
        raise damage(where, f"the year is out of range: {moment.year}")
    return moment


def _read_none(raw: Any, where: str) -> None:
    if raw is not None:
        raise wrong(where, "null", raw)


def _read_index(key: str, where: str) -> int:
    if not _INDEX.fullmatch(key):
        raise damage(where, f"expected whole numbers as keys, got {brief(key)}")
    return int(key)


def _read_headers(raw: Any, where: str) -> Headers:
    fields = [read(tuple[str, ...], *item) for item in items(raw, where)]
    if any(len(field) != 2 for field in fields):
        raise damage(where, "expected a list of [name, value]")
    return build(Headers.from_fields, {"fields": fields}, where)


def _read_work(raw: Any, where: str) -> SavedWork | None:
    return None if raw is None else SavedWork(read_text(raw, where))


def _read_reasons(raw: Any, where: str) -> Any:
    """Return the reasons to try again: kinds and statuses, or what is left of a function."""
    if isinstance(raw, str):
        return SavedWork(raw, "Retry(on=...)")
    return frozenset(_read_one_of((str, int), *item) for item in items(raw, where))


def _read_encodings(raw: Any, where: str) -> SavedEncodings:
    return SavedEncodings(read(tuple[str, ...], raw, where))


def _read_kind(raw: Any, where: str) -> FailureKind:
    if raw not in list(FailureKind):
        raise wrong(where, f"one of {', '.join(FailureKind)}", raw)
    return FailureKind(raw)


_READERS: Mapping[Any, Callable[[Any, str], Any]] = {
    FailureKind: _read_kind,
    str: read_text,
    bool: _read_flag,
    int: read_int,
    float: _read_float,
    datetime: _read_datetime,
    NoneType: _read_none,
}
_NOT_IN_OLDER_FILES: Mapping[type, Mapping[str, Any]] = {
    Options: {
        "proxy": None,
        "auth": None,
        "cookies": {},
        "user_agent": None,
        "allow_private": True,
        "keep_cookies": False,
        "encodings": ["gzip", "deflate"],
        **dict.fromkeys(("per_host", "delay", "rate", "retry", "deadline")),
        "hosts": {},
    },
    Run: {"waited_for_hosts": 0.0, "advice": "", "skipped": 0, "clock_error": None},
    Probe: dict.fromkeys(("blocked", "blocked_in", "starved", "others")),
    Record: {"cpu_of_workers": 0.0, "elapsed_outside": None, "witnessed": None},
    Comparison: {"cards": {}, "tried": {}, "alone": None},
    Card: {"digest_costs": {}, "in_rounds": None},
}
"""Fields that came later, and what held before there was a choice, or what was not seen."""
_OF_FIELDS: Mapping[tuple[type, str], Callable[[Any, str], Any]] = {
    (Options, "headers"): _read_headers,
    (Options, "encodings"): _read_encodings,
    (Options, "work"): _read_work,
    (Retry, "on"): _read_reasons,
}
