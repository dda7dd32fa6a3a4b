"""Columns made short, and whole again: exactly, and still to be read by people.

A column is a list, or one of these objects:

- `{"all": value}`: every value is this one;
- `{"values": [...], "at": [...]}`: the distinct values, and for each outcome the place of its own;
- `{"as": name}`: as another column, which depends on who reads;
- `{"as": name, "at": [...], "values": [...]}`: as another column, but for these at these places;
- `{"after": 5000000000, "ns": [...]}`: times, in nanoseconds after this one;
- `{"after": "started", "ns": [...]}`: times, in nanoseconds after the start of each fetch.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from math import copysign
from typing import Any, TypeAlias

from concurrent_fetch.export._codec import read_int, read_text
from concurrent_fetch.export._damage import damage, items, within, wrong

Values: TypeAlias = list[Any]
Convert: TypeAlias = Callable[[Any, str], Any]
Sources: TypeAlias = Mapping[str, Callable[[], Values]]

_STARTED = "started"
_BILLION = 1e9  # of a float: a clock that counts nanoseconds divides by it, so this undoes it
_MOST_NS = 2**63
_FARTHEST = 4e9  # seconds, so that nanoseconds between any two are fewer than these


# --- out ---


def packed(values: Values) -> Any:
    """Return values of one type as short as they can be told."""
    distinct = dict.fromkeys(values)
    if len(distinct) == 1:
        return {"all": values[0]}
    if 2 * len(distinct) > len(values) or not values:
        return values
    place = {value: i for i, value in enumerate(distinct)}
    return {"values": list(distinct), "at": [place[value] for value in values]}


def packed_changes(values: Values, name: str, other: Values) -> Any:
    """Return values of which most are as in another column; None if they are too few for that."""
    at = [i for i, (one, its) in enumerate(zip(values, other, strict=True)) if one != its]
    if 2 * len(at) > len(values):
        return None
    return {"as": name, "at": at, "values": [values[i] for i in at]}


def packed_numbers(values: Values) -> Any:
    """Return numbers: their places would be no shorter than they are."""
    return {"all": values[0]} if len(set(values)) == 1 else values


def packed_times(values: Values, started: Values | None) -> Any:
    """Return times in nanoseconds after others, or as they are where that would not be exact."""
    if values.count(None) == len(values):
        return {"all": None} if values else values
    ns, base = _in_ns(values), _in_ns(started or values)
    if ns is None or base is None:
        return values
    if started is None:
        first = next(b for b in base if b is not None)
        return {"after": first, "ns": [None if n is None else n - first for n in ns]}
    after = [None if n is None else n - b for n, b in zip(ns, base, strict=True)]
    return {"after": _STARTED, "ns": after}


def _in_ns(times: Sequence[float | None]) -> Values | None:
    """Return times in whole nanoseconds; None if not every one comes back exactly."""
    known = [t for t in times if t is not None]
    if max(map(abs, known), default=0) > _FARTHEST or any(
        t == 0 and copysign(1, t) < 0 for t in known
    ):
        return None
    ns = [None if t is None else round(t * _BILLION) for t in times]
    back = [None if n is None else n / _BILLION for n in ns]
    return ns if back == list(times) else None


# --- in ---


def unpacked(
    raw: Any, length: int, where: str, *, sources: Sources, convert: Convert | None
) -> Values:
    """Return the values of a column, each distinct one converted.

    Raises:
        FormatError: it has none of the forms, or another length.
    """
    values = _unpacked(raw, length, where, sources, convert)
    if len(values) != length:
        raise damage(where, f"expected {length} values, got {len(values)}")
    return values


def _unpacked(
    raw: Any, length: int, where: str, sources: Sources, convert: Convert | None
) -> Values:
    if isinstance(raw, list):
        return _converted(raw, where, convert)
    keys = set(raw) if isinstance(raw, dict) else set()
    if keys == {"all"}:
        return _converted([raw["all"]], within(where, "all"), convert) * length
    if keys == {"as"}:
        return _source(raw["as"], within(where, "as"), sources)
    if keys == {"as", "at", "values"}:
        return _changed(raw, where, sources, convert)
    if keys == {"values", "at"}:
        values = _converted(raw["values"], within(where, "values"), convert)
        return [values[i] for i in _places(raw["at"], len(values), within(where, "at"))]
    if keys == {"after", "ns"}:
        return _times(raw, where, sources)
    raise wrong(where, "a list, or an object as one of all, as, values and at, after and ns", raw)


def _converted(raw: Any, where: str, convert: Convert | None) -> Values:
    if convert is None and isinstance(raw, list):
        return raw
    return [convert(value, at) if convert else value for value, at in items(raw, where)]


def _source(raw: Any, where: str, sources: Sources) -> Values:
    names = sorted({*sources} - {_STARTED})
    if read_text(raw, where) not in names:
        raise wrong(where, " or ".join(names) or "nothing, as no other column is known", raw)
    return sources[raw]()


def _changed(
    raw: Mapping[str, Any], where: str, sources: Sources, convert: Convert | None
) -> Values:
    found = list(_source(raw["as"], within(where, "as"), sources))
    values = _converted(raw["values"], within(where, "values"), convert)
    places = _places(raw["at"], len(found), within(where, "at"))
    if len(values) != len(places):
        raise damage(where, f"expected {len(places)} values, got {len(values)}")
    for i, value in zip(places, values, strict=True):
        found[i] = value
    return found


def _places(raw: Any, length: int, where: str) -> list[int]:
    places = _whole(raw, where)
    if None in places or (places and not 0 <= min(places) <= max(places) < length):
        raise damage(where, f"expected ints from 0 to {length - 1}")
    return places


def _times(raw: Mapping[str, Any], where: str, sources: Sources) -> Values:
    ns = _whole(raw["ns"], within(where, "ns"))
    after = raw["after"]
    if after != _STARTED:
        base = _bounded(read_int(after, within(where, "after")), within(where, "after"))
        return [None if n is None else (base + n) / _BILLION for n in ns]
    if _STARTED not in sources:
        raise wrong(within(where, "after"), "an int", after)
    starts = _in_ns(sources[_STARTED]())
    if starts is None or len(starts) != len(ns):
        raise damage(where, "the starts are not as many, or not whole nanoseconds")
    for i, (start, n) in enumerate(zip(starts, ns, strict=True)):
        if start is None and n is not None:
            raise damage(f"{within(where, 'ns')}[{i}]", "the fetch tells no start")
    return [None if n is None else (s + n) / _BILLION for s, n in zip(starts, ns, strict=True)]


def _whole(raw: Any, where: str) -> list[Any]:
    """Return a list of ints and None."""
    if not isinstance(raw, list):
        raise wrong(where, "a list", raw)
    for i, n in _misfits(raw):
        raise wrong(f"{where}[{i}]", "an int or null", n)
    known = [n for n in raw if n is not None]
    for extreme in (min(known, default=0), max(known, default=0)):
        _bounded(extreme, where)
    return raw


def _misfits(raw: Values) -> Iterable[tuple[int, Any]]:
    if set(map(type, raw)) <= {int, type(None)}:
        return ()
    return ((i, n) for i, n in enumerate(raw) if n is not None and type(n) is not int)


def _bounded(n: int, where: str) -> int:
    if abs(n) > _MOST_NS:
        raise damage(where, "the int is too large")
    return n
