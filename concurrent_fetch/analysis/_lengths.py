"""Lengths: whether two runs brought bodies of other lengths, where not both tell bytes.

A strategy that returns texts tells characters; one that returns `(url, length)` does not say of
what. A text has at most as many characters as bytes, and at least a quarter; two texts of one body
differ where they were decoded differently. What lies within that proves nothing.
"""

from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple, TypeAlias

from concurrent_fetch.analysis._record import Record

_WIDEST = 4
_MARKS = 64  # of byte order, and of charsets with states
_BYTES = "size"
_UNITS = (_BYTES, "length", "characters")

_Told: TypeAlias = tuple[int, str]
"""A length, and the column that tells it."""


class Pair(NamedTuple):
    """The lengths of one body in two runs."""

    place: int
    """Its URL's place; of runs whose order is not known, the place by length."""
    mine: int
    theirs: int
    proven: bool
    """Whether they cannot be of the same body."""


def differing_lengths(check: Record, reference: Record, excused: Collection[int]) -> list[Pair]:
    """Return the bodies whose lengths differ, but where both tell bytes of the same URL.

    `excused` are the URLs whose content changes from fetch to fetch.
    """
    if check.has_times and reference.has_times:
        return []  # both tell bytes, and each stands at its URL
    if tells_statuses(check, reference) or tells_statuses(reference, check):
        return []
    ordered = check.ordered and reference.ordered
    rows = _by_url(check, reference) if ordered else _by_length(check, reference)
    pairs = [(i, a, b) for i, a, b in rows if not (ordered and a[1] == b[1] == _BYTES)]
    of_texts = _BYTES not in {unit for _, a, b in pairs for unit in (a[1], b[1])}
    crossed = of_texts and ordered and len({a[0] > b[0] for _, a, b in pairs if a[0] != b[0]}) > 1
    found = [
        Pair(i, a[0], b[0], crossed or _cannot_be(a, b))
        for i, a, b in pairs
        if a[0] != b[0] and not (ordered and i in excused)
    ]
    if not ordered and sum(pair.proven for pair in found) <= len(excused):
        return [pair for pair in found if not pair.proven]
    return found


def tells_statuses(check: Record, other: Record) -> bool:
    """Whether what a strategy returned as lengths are plainly the statuses."""
    lengths, statuses = check.column("length"), other.column("status_code")
    return lengths == statuses and None not in lengths


def _cannot_be(mine: _Told, theirs: _Told) -> bool:
    (a, of_mine), (b, of_theirs) = mine, theirs
    if of_mine == of_theirs == _BYTES:
        return a != b
    if _BYTES in (of_mine, of_theirs):
        size, text, unit = (a, b, of_theirs) if of_mine == _BYTES else (b, a, of_mine)
        return text > size or (unit == "length" and text * _WIDEST + _MARKS < size)
    return min(a, b) * _WIDEST + _MARKS < max(a, b)


def _by_url(check: Record, reference: Record) -> Iterator[tuple[int, _Told, _Told]]:
    both = zip(_told(check), _told(reference), strict=True)
    same = [x is None or y is None or x == y for x, y in _statuses(check, reference)]
    for index, (mine, theirs) in enumerate(both):
        if mine is not None and theirs is not None and same[index]:
            yield index, mine, theirs


def _statuses(check: Record, reference: Record) -> Iterator[tuple[int | None, int | None]]:
    return zip(check.column("status_code"), reference.column("status_code"), strict=True)


def _by_length(check: Record, reference: Record) -> Sequence[tuple[int, _Told, _Told]]:
    """Return the lengths in ascending order, if every answer of both tells one in one unit."""
    mine, theirs = _all_told(check), _all_told(reference)
    if mine is None or theirs is None or len(mine) != len(theirs):
        return []
    return [(i, a, b) for i, (a, b) in enumerate(zip(mine, theirs, strict=True))]


def _all_told(record: Record) -> list[_Told] | None:
    known = [told for told in _told(record) if told is not None]
    is_whole = len(known) + record.failures == len(record.results)
    return sorted(known) if is_whole and len({unit for _, unit in known}) == 1 else None


def _told(record: Record) -> list[_Told | None]:
    columns = [record.column(unit) for unit in _UNITS]
    return [
        next(((n, unit) for n, unit in zip(row, _UNITS, strict=True) if n is not None), None)
        for row in zip(*columns, strict=True)
    ]
