"""A chart of ratios with their intervals, one row each, on a logarithmic axis around 1."""

import math
from collections.abc import Iterable, Sequence

import attrs

from concurrent_fetch.render._picture import Picture
from concurrent_fetch.render._scale import Scale, round_ratios
from concurrent_fetch.render._svg import (
    DEEP,
    FETCH,
    INK,
    LINE,
    SIZE,
    WIDE,
    Canvas,
    fitted,
    fitted_name,
    room,
)

_EDGE = 20.0
"""From the frame to the axis: half a value that is written below its end."""
_WHISKER = 20.0
_UNDER = 3.0
"""From letters to the line of the reference."""
_AIR = 6.0
_AXIS = "times as fast, on a logarithmic axis"
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
    canvas = Canvas()
    scale = _scale(rows, _EDGE, WIDE - _EDGE)
    y = canvas.title(title)
    for row in rows:
        y = _row(canvas, row, scale, y + _AIR)
    _axis(canvas, scale, y + 4)
    return Picture(svg=canvas.svg(y + 4 + 22 + LINE, alt), alt=alt)


def _row(canvas: Canvas, row: Interval, scale: Scale, y: float) -> float:
    """Write a row and draw its interval below; returns where that ends."""
    y += SIZE
    name = fitted_name(row.name, 0.6 * WIDE, SIZE)
    canvas.text(0, y, name, bold=True)
    x = room(name, SIZE, bold=True) + 10
    canvas.text(x, y, fitted(row.words, WIDE - x, SIZE))
    y += DEEP * SIZE + _UNDER
    canvas.line([(scale(1.0), y), (scale(1.0), y + _WHISKER)], dash="4 3")
    _whisker(canvas, row, scale, y + _WHISKER / 2)
    return y + _WHISKER


def _scale(rows: Sequence[Interval], left: float, right: float) -> Scale:
    known = _finite(x for row in rows for x in (row.low, row.point, row.high))
    low, high = min([1.0, *known]), max([1.0, *known])
    if high / low < _LEAST_SPAN:
        low, high = min(low, 1 / _LEAST_SPAN**0.5), max(high, _LEAST_SPAN**0.5)
    room_beyond = (high / low) ** 0.06
    return Scale(low / room_beyond, high * room_beyond, left, right, math.log)


def _finite(values: Iterable[float]) -> list[float]:
    return [x for x in values if 0 < x < math.inf]


def _axis(canvas: Canvas, scale: Scale, y: float) -> None:
    canvas.line([(scale.start, y), (scale.end, y)], opacity=0.6)
    for value in round_ratios(scale.low, scale.high, 7):
        x, words = scale(value), f"{value:,.10g}×"
        canvas.line([(x, y), (x, y + 4)], opacity=0.6)
        half = room(words, SIZE) / 2
        canvas.text(min(max(x, half), WIDE - half), y + 18, words, anchor="middle")
    canvas.text(WIDE / 2, y + 18 + LINE, _AXIS, anchor="middle")


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
