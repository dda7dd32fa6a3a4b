"""A chart of ratios with their intervals, one row each, on a logarithmic axis around 1."""

import math
from collections.abc import Iterable, Sequence

import attrs

from concurrent_fetch.render._picture import Picture
from concurrent_fetch.render._scale import Scale, round_ratios
from concurrent_fetch.render._svg import FETCH, INK, Canvas, fitted, fitted_name, room

_WIDE = 760.0
_MARGIN = 10.0
_ROW = 26.0
_SMALL = 11.0
_LEAST_SPAN = 1.5


@attrs.frozen(kw_only=True)
class Interval:
    """A ratio with its interval; one that is not a number (nan) is a row of words only."""

    name: str
    point: float
    low: float
    high: float
    words: str
    """What stands behind it."""


def intervals(rows: Sequence[Interval], *, title: str, alt: str) -> Picture:
    """Draw the ratios below each other; the line at 1 is the reference."""
    canvas = Canvas(_WIDE)
    canvas.text(_MARGIN, 17, fitted(title, _WIDE - 2 * _MARGIN, 13, bold=True), size=13, bold=True)
    left = _MARGIN + min(280.0, max(room(row.name, 12, bold=True) for row in rows)) + 14
    right = _WIDE - _MARGIN - min(250.0, max(room(row.words, 12) for row in rows)) - 14
    scale = _scale(rows, left, right)
    bottom = 34 + _ROW * len(rows)
    _axis(canvas, scale, 32, bottom)
    for i, row in enumerate(rows):
        y = 34 + _ROW * (i + 0.5)
        canvas.text(_MARGIN, y + 4, fitted_name(row.name, left - _MARGIN - 10, 12), bold=True)
        canvas.text(right + 14, y + 4, fitted(row.words, _WIDE - right - 20, 12))
        _whisker(canvas, row, scale, y)
    return Picture(svg=canvas.svg(bottom + 26, alt), alt=alt)


def _scale(rows: Sequence[Interval], left: float, right: float) -> Scale:
    known = _finite(x for row in rows for x in (row.low, row.point, row.high))
    low, high = min([1.0, *known]), max([1.0, *known])
    if high / low < _LEAST_SPAN:
        low, high = min(low, 1 / _LEAST_SPAN**0.5), max(high, _LEAST_SPAN**0.5)
    room_beyond = (high / low) ** 0.06
    return Scale(low / room_beyond, high * room_beyond, left, right, math.log)


def _finite(values: Iterable[float]) -> list[float]:
    return [x for x in values if 0 < x < math.inf]


def _axis(canvas: Canvas, scale: Scale, top: float, bottom: float) -> None:
    canvas.line([(scale.start, bottom), (scale.end, bottom)], opacity=0.6)
    canvas.line([(scale(1.0), top), (scale(1.0), bottom)], dash="4 3")
    for value in round_ratios(scale.low, scale.high, 7):
        x, words = scale(value), f"{value:,.10g}×"
        canvas.line([(x, bottom), (x, bottom + 4)], opacity=0.6)
        canvas.text(x, bottom + 17, words, size=_SMALL, anchor="middle")


def _whisker(canvas: Canvas, row: Interval, scale: Scale, y: float) -> None:
    if math.isnan(row.point):
        return
    ends = [min(max(x, scale.low), scale.high) for x in (row.low or scale.low, row.high)]
    left, right = map(scale, ends)
    if len(_finite((row.low, row.high))) < 2:  # an end is unknown
        canvas.line([(left, y), (right, y)], FETCH, thick=1.5, dash="1 4")
    elif right - left > 1:
        canvas.line([(left, y), (right, y)], FETCH, thick=2.5)
    for end, x in zip((row.low, row.high), (left, right), strict=True):
        if end in _finite([end]):  # one that is unknown has no end to be seen
            canvas.line([(x, y - 5), (x, y + 5)], FETCH, thick=1.5)
    canvas.dot(scale(row.point), y, 4, INK if row.low == row.high == 1 else FETCH)
