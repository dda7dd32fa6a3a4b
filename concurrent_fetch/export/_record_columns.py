"""The columns of a record as JSON, and back: each checked as a whole, for speed."""

from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from functools import partial
from operator import le
from types import NoneType
from typing import Any, NamedTuple, TypeAlias

from concurrent_fetch._failure_kinds import FailureKind
from concurrent_fetch.analysis import Record, column_of
from concurrent_fetch.errors import FormatError
from concurrent_fetch.export._codec import read_text
from concurrent_fetch.export._damage import check_keys, damage, items, within, wrong
from concurrent_fetch.export._earlier import LONGEST, earlier_tree, read_earlier
from concurrent_fetch.export._layout import Encoded, compact
from concurrent_fetch.export._packing import (
    Convert,
    Sources,
    packed,
    packed_changes,
    packed_numbers,
    packed_times,
    unpacked,
)
from concurrent_fetch.http import redact, redact_message, redact_within

_Intern: TypeAlias = Callable[[Any], Any]


class _There(Enum):
    """Whether a fact is there."""

    ALWAYS = 1
    PERHAPS = 2
    NEVER = 3


_ALWAYS, _PERHAPS, _NEVER = _There


class _Rule(NamedTuple):
    """What may stand in a column: for a response, for a failure, and for what is no outcome."""

    types: frozenset[type]
    words: str
    of_response: _There
    of_failure: _There
    least: float = 0
    most: float = 2**63 - 1
    of_other: _There = _PERHAPS


_NUMBER, _WHOLE, _TEXT = frozenset({int, float}), frozenset({int}), frozenset({str})
_FLAG, _TEXTS, _KIND = frozenset({bool}), frozenset({tuple}), frozenset({FailureKind})
_TAG = _TEXT | _WHOLE
_SPAN = (-LONGEST, LONGEST)
_RULES: Mapping[str, _Rule] = {
    "started": _Rule(_NUMBER, "a number", _ALWAYS, _ALWAYS, *_SPAN, _NEVER),
    "sent": _Rule(_NUMBER, "a number", _PERHAPS, _PERHAPS, *_SPAN, _NEVER),
    "first_byte": _Rule(_NUMBER, "a number", _PERHAPS, _PERHAPS, *_SPAN, _NEVER),
    "finished": _Rule(_NUMBER, "a number", _ALWAYS, _ALWAYS, *_SPAN, _NEVER),
    "status_code": _Rule(_WHOLE, "an int", _ALWAYS, _NEVER, 100, 999),
    "size": _Rule(_WHOLE, "an int", _ALWAYS, _NEVER),
    "wire_size": _Rule(_WHOLE, "an int", _PERHAPS, _NEVER),
    "attempts": _Rule(_WHOLE, "an int", _ALWAYS, _ALWAYS, 1, of_other=_NEVER),
    "length": _Rule(_WHOLE, "an int", _NEVER, _NEVER),
    "characters": _Rule(_WHOLE, "an int", _NEVER, _NEVER),
    "kind": _Rule(_KIND, "a kind of failure", _NEVER, _ALWAYS),
    "coding": _Rule(_TEXT, "a text", _PERHAPS, _NEVER),
    "message": _Rule(_TEXT, "a text", _NEVER, _ALWAYS),
    "error": _Rule(_TEXT, "a text", _NEVER, _PERHAPS),
    "final_url": _Rule(_TEXT, "a text", _ALWAYS, _NEVER),
    "digest": _Rule(_TEXT, "a text", _PERHAPS, _NEVER),
    "sink": _Rule(_TEXT, "a text", _PERHAPS, _NEVER, of_other=_NEVER),
    "redirects": _Rule(_TEXTS, "a list of texts", _ALWAYS, _NEVER),
    "http_version": _Rule(_TEXT, "a text", _ALWAYS, _NEVER),
    "reused": _Rule(_FLAG, "true or false", _PERHAPS, _NEVER),
    "worker": _Rule(_TEXT, "a text", _ALWAYS, _ALWAYS),
    "method": _Rule(_TEXT, "a text", _ALWAYS, _ALWAYS, of_other=_NEVER),
    "tag": _Rule(_TAG, "a text or an int", _PERHAPS, _PERHAPS, of_other=_NEVER),
    "key": _Rule(_TEXT, "a text", _PERHAPS, _PERHAPS, of_other=_NEVER),
}
_USUAL: Mapping[str, Any] = {"method": "GET", "tag": None, "key": None, "sink": None}
"""Columns that are left out where every outcome has this; so older files have none."""
_STEADY = frozenset({"digest"})
"""Columns that may differ from those of the check run in a few places, and are long."""
_ANSWER, _FAILED, _OTHER = range(3)
"""The sorts of fetches: an outcome of either kind, or a value of another library."""
_IN_ORDER = ("started", "sent", "first_byte", "finished")
_EARLIER = "earlier"
_KINDS = {str(kind): kind for kind in FailureKind}


# --- out ---


class Beside(NamedTuple):
    """What a record stands beside in its file, and may be told by."""

    urls: Sequence[str]
    also: tuple[str, ...] = ()
    """Names of parameters that are secret besides those of the list."""
    check: Record | None = None
    """The check run of the same strategy; None for a check run itself."""
    reference: Record | None = None
    """The check run of the reference; None for that itself."""

    @property
    def records(self) -> dict[str, Record]:
        """The records there are, by their names in files."""
        both = {"check": self.check, "reference": self.reference}
        return {name: record for name, record in both.items() if record is not None}


class ColumnsWriter:
    """Writes the columns of records, each once: it keeps the text of those it has written."""

    def __init__(self) -> None:
        # By identity: to compare columns would take as long as to write them.
        self._written: dict[tuple[int, ...], tuple[dict[str, Encoded], tuple[object, ...]]] = {}

    def write(self, record: Record, beside: Beside) -> dict[str, Encoded]:
        """Return the columns as JSON, without the user info of URLs in them."""
        parts = (record, *beside)
        key = tuple(map(id, parts))
        if key not in self._written:
            told = (name for name in _RULES if not _is_usual(name, record))
            tree = {name: _packed(name, record, beside) for name in told}
            tree[_EARLIER] = earlier_tree(record.columns[_EARLIER], beside.urls, beside.also)
            text = {name: Encoded(compact(column)) for name, column in tree.items()}
            self._written[key] = text, parts
        return self._written[key][0]


def _is_usual(name: str, record: Record) -> bool:
    return name in _USUAL and set(record.columns[name]) <= {None, _USUAL[name]}


def _packed(name: str, record: Record, beside: Beside) -> Any:
    column, types = record.columns[name], _RULES[name].types
    values = record.column(name)
    if name == "started" and values.count(None) == len(values):
        return values  # in full, as it is read
    if types is _NUMBER:
        return packed_times(values, None if name == "started" else record.column("started"))
    is_constant = len(values) > 0 and values.count(values[0]) == len(values)
    others = () if is_constant else tuple(beside.records.items())
    for other, its in others:
        if its.columns[name] == column:
            return {"as": other}
    for other, its in others if name in _STEADY else ():
        told = packed_changes(_hidden(name, values, beside), other, its.column(name))
        if told is not None:
            return told
    if name == "final_url" and column == tuple(beside.urls) and not is_constant:
        return {"as": "urls"}
    return packed_numbers(values) if types is _WHOLE else packed(_hidden(name, values, beside))


def _hidden(name: str, values: list[Any], beside: Beside) -> list[Any]:
    also = beside.also
    if name == "message":
        pairs = zip(values, beside.urls, strict=True)
        return [m and redact_message(m, url, also) for m, url in pairs]
    if _RULES[name].types not in (_TEXT, _TEXTS, _TAG):
        return values
    hide = _HIDE.get(name, _hidden_within)
    texts = {v for v in values if v and not isinstance(v, int)}
    changed = {v: h for v in texts if (h := hide(v, also)) != v}
    return [changed.get(v, v) for v in values] if changed else values


def _hidden_within(text: str, also: tuple[str, ...]) -> str:
    return redact_within(text, None, also)


_HIDE: Mapping[str, Callable[[Any, tuple[str, ...]], Any]] = {
    "final_url": redact,
    "redirects": lambda urls, also: tuple([redact(url, also) for url in urls]),
}


# --- in ---


def read_columns(raw: Any, beside: Beside, where: str, intern: _Intern) -> dict[str, Sequence[Any]]:
    """Return the columns as a record keeps them.

    Raises:
        FormatError: one has not as many values as there are URLs, or holds what no outcome can.
    """
    raw = {_EARLIER: {}, **raw} if isinstance(raw, dict) else raw  # older files have none
    untold = _USUAL.keys() - (raw.keys() if isinstance(raw, dict) else ())
    names = [name for name in _RULES if name not in untold]
    check_keys(raw, dict.fromkeys([*names, _EARLIER]), where)
    lists: dict[str, list[Any]] = {}
    # In full, and so first: else a small file could say that a thousand records have a thousand
    # fetches each, all alike, and become a large result.
    _check_told_in_full(raw["started"], within(where, "started"))
    for name in names:
        lists[name] = unpacked(
            raw[name],
            len(beside.urls),
            within(where, name),
            sources=_sources(name, beside, lists),
            convert=_converter(name, intern),
        )
        if name == "started":  # the other times may be told by it
            sorts = [_OTHER if start is None else _ANSWER for start in lists[name]]
            _check(name, lists[name], sorts, within(where, name))
    sorts = [
        _OTHER if start is None else _ANSWER if kind is None else _FAILED
        for start, kind in zip(lists["started"], lists["kind"], strict=True)
    ]
    for name in untold:
        lists[name] = [None if sort == _OTHER else _USUAL[name] for sort in sorts]
    for name, values in lists.items():
        _check(name, values, sorts, within(where, name))
    _check_order(lists, where)
    earlier = read_earlier(raw[_EARLIER], lists["started"], within(where, _EARLIER))
    return {name: column_of(name, values) for name, values in lists.items()} | {_EARLIER: earlier}


def _check_told_in_full(raw: Any, where: str) -> None:
    if not isinstance(raw, list) and not (isinstance(raw, dict) and "ns" in raw):
        raise wrong(where, "a list, or an object of after and ns", raw)


def _sources(name: str, beside: Beside, lists: Mapping[str, list[Any]]) -> Sources:
    """Return what a column may be told by, to be made when it is asked for."""
    found = {key: partial(record.column, name) for key, record in beside.records.items()}
    of_urls = {"urls": partial(list[Any], beside.urls)} if name == "final_url" else {}
    of_starts = {"started": lambda: lists["started"]} if "started" in lists else {}
    return {**found, **of_urls, **(of_starts if _RULES[name].types is _NUMBER else {})}


def _converter(name: str, intern: _Intern) -> Convert | None:
    """Return what makes the values of a column out of those of JSON; equal texts one object."""
    if name == "kind":
        return _kind
    if name == "redirects":
        return lambda value, where: intern(_texts(value, where))
    if _RULES[name].types is _TEXT:
        return lambda value, _: intern(value) if isinstance(value, str) else value
    return None


def _kind(value: Any, where: str) -> FailureKind | None:
    if value is not None and (not isinstance(value, str) or value not in _KINDS):
        raise wrong(where, f"null or one of {', '.join(_KINDS)}", value)
    return None if value is None else _KINDS[value]


def _texts(value: Any, where: str) -> tuple[str, ...] | None:
    if value is not None and not isinstance(value, list):
        raise wrong(where, "a list of texts", value)
    return None if value is None else tuple(read_text(*item) for item in items(value, where))


def _check(name: str, values: list[Any], sorts: Sequence[int], where: str) -> None:
    rule = _RULES[name]
    needs = [_allowed(rule, there) for there in (rule.of_response, rule.of_failure, rule.of_other)]
    found = set(zip(sorts, map(type, values), strict=True))
    if any(kind not in needs[sort] for sort, kind in found):
        raise _misfit(rule, values, [needs[sort] for sort in sorts], where)
    if rule.types not in (_NUMBER, _WHOLE):
        return
    known = [value for value in values if value is not None] if None in values else values
    if known and not (rule.least <= min(known) and max(known) <= rule.most):
        beyond = (v is not None and not rule.least <= v <= rule.most for v in values)
        i = list(beyond).index(True)
        raise wrong(f"{where}[{i}]", f"{rule.least:g} to {rule.most:g}", values[i])


def _allowed(rule: _Rule, there: _There) -> frozenset[type]:
    if there is _ALWAYS:
        return rule.types
    return frozenset({NoneType}) | (rule.types if there is _PERHAPS else frozenset())


def _misfit(
    rule: _Rule, values: list[Any], needs: Sequence[frozenset[type]], where: str
) -> FormatError:
    """Return the error that names the first value that is of none of the types."""
    pairs = enumerate(zip(values, needs, strict=True))
    i, need = next((i, need) for i, (value, need) in pairs if type(value) not in need)
    words = rule.words if need & rule.types else "null: this says nothing of such an outcome"
    return wrong(f"{where}[{i}]", words, values[i])


def _check_order(lists: Mapping[str, list[Any]], where: str) -> None:
    before = [0.0 if start is None else start for start in lists[_IN_ORDER[0]]]
    for name in _IN_ORDER[1:]:
        times = [b if t is None else t for b, t in zip(before, lists[name], strict=True)]
        if not all(map(le, before, times)):
            i = next(i for i, (b, t) in enumerate(zip(before, times, strict=True)) if t < b)
            raise damage(
                f"{within(where, name)}[{i}]", "the time lies before the one that precedes"
            )
        before = times
