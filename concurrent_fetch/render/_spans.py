"""Spans of time, brought down to as many as a picture can show: whatever their number."""

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import accumulate, pairwise
from operator import itemgetter
from typing import TypeVar

Span = tuple[float, float]
Step = tuple[float, float]
"""A moment, and how many were under way from there on."""
T = TypeVar("T")

_START, _END = itemgetter(0), itemgetter(1)


def rows_of(spans: Sequence[T], rows: int) -> list[Sequence[T]]:
    """Return the spans, which are in start order, row by row: one each while there is room.

    Where there are more spans than rows, neighbours share a row evenly.
    """
    rows = min(rows, len(spans))
    ends = [i * len(spans) // rows for i in range(rows + 1)] if rows else [0]
    return [spans[a:b] for a, b in pairwise(ends)]


def joined(spans: Iterable[Sequence[float]], gap: float) -> list[Span]:
    """Return the union of spans that are in start order; what is no farther than `gap` is one.

    >>> joined([(0, 1), (0.5, 2), (2.1, 3), (5, 6)], gap=0.2)
    [(0, 3), (5, 6)]
    """
    whole: list[Span] = []
    first, last = None, 0.0
    for span in spans:
        if first is None:
            first, last = span[0], span[1]
        elif span[0] <= last + gap:
            last = max(last, span[1])
        else:
            whole.append((first, last))
            first, last = span[0], span[1]
    return whole if first is None else [*whole, (first, last)]


def steps(spans: Sequence[Sequence[float]]) -> list[Step]:
    """Return every change of the number of spans under way, as (moment, number from there on).

    >>> steps([(0.0, 2.0), (1.0, 2.0)])
    [(0.0, 1), (1.0, 2), (2.0, 0)]
    """
    changes = Counter[float]()
    for span in spans:
        changes[span[0]] += 1
        changes[span[1]] -= 1
    moments = sorted(moment for moment, change in changes.items() if change)
    return list(zip(moments, accumulate(changes[moment] for moment in moments), strict=True))


def most_at_once(spans: Sequence[Sequence[float]]) -> int:
    """Return the most spans that were under way at once; one that ends has made room.

    >>> most_at_once([(0.0, 2.0), (1.0, 2.0), (2.0, 3.0)])
    2
    """
    starts, ends = sorted(map(_START, spans)), sorted(map(_END, spans))
    most = ended = 0
    for begun, start in enumerate(starts, 1):
        while ended < begun and ends[ended] <= start:
            ended += 1
        most = max(most, begun - ended)
    return most


def at_once(spans: Sequence[Sequence[float]], length: float, cells: int) -> list[Step]:
    """Return the mean number of spans under way in each of `cells` equal parts of 0 to `length`.

    As `steps` does, and in linear time: the area below the curve up to a moment is that of all
    starts before it less that of all ends before it.

    >>> at_once([(0.0, 2.0), (1.0, 2.0)], length=4.0, cells=4)
    [(0.0, 1.0), (1.0, 2.0), (2.0, 0.0), (3.0, 0.0)]
    """
    step = length / cells
    if step <= 0:
        return [(0.0, 0.0)]
    counts, sums = [0] * (cells + 1), [0.0] * (cells + 1)
    for moments, sign in ((map(_START, spans), 1), (map(_END, spans), -1)):
        for moment in moments:
            cell = min(cells, max(0, int(moment / length * cells)))
            counts[cell] += sign
            sums[cell] += sign * moment
    edges = [i * length / cells for i in range(cells + 1)]
    number, moment = [0, *accumulate(counts)], [0.0, *accumulate(sums)]
    area = [number[i] * edge - moment[i] for i, edge in enumerate(edges)]
    means = [max(0.0, (b - a) / step) for a, b in pairwise(area)]
    return list(zip(edges, means, strict=False))
