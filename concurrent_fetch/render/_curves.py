"""A chart of curves over a logarithmic axis: panels above each other that share the axis."""

import math
from collections.abc import Mapping, Sequence
from itertools import cycle
from typing import TypeAlias

import attrs

from concurrent_fetch.render._format import moment
from concurrent_fetch.render._picture import Picture
from concurrent_fetch.render._scale import Scale, round_values
from concurrent_fetch.render._svg import DEEP, FETCH, INK, LINE, SIZE, WIDE, Canvas, fitted, room

_HIGH = 170.0
_INSET = 14.0
"""From the ends of the frame to the first and the last value."""
_KEY = 26.0
"""The look of a line, before its name."""
_AIR = 22.0
_DASHES = ("6 3", "2 3", "9 3 2 3")


_Points: TypeAlias = Sequence[tuple[float, float]]
Values: TypeAlias = Sequence[float]
"""Over x, in the order of `x`; what is not a number (nan) leaves a gap."""


@attrs.frozen(kw_only=True)
class Panel:
    """Curves by their names that share an axis."""

    title: str
    measured: Mapping[str, Values]
    bounds: Mapping[str, Values] = attrs.field(factory=dict)
    """What bounds the measured, dashed and in ink; far above them it is cut off at the frame."""
    in_seconds: bool = False

    @property
    def top(self) -> float:
        """The end of the axis: a little above the highest value that was measured."""
        measured = [v for values in self.measured.values() for v in values if math.isfinite(v)]
        return max(measured, default=1.0) * 1.15 or 1.0

    @property
    def names(self) -> list[str]:
        """What is written beside the curves."""
        return [*self.measured, *(f"↑ {name}" for name in self.bounds)]

    def said(self, value: float) -> str:
        """Return a value along the axis with its unit, if it has one."""
        return moment(value, self.top) if self.in_seconds else f"{value:,.10g}"


def curves(
    x: Sequence[int],
    panels: Sequence[Panel],
    *,
    title: str,
    x_title: str,
    mark: tuple[int, str] | None,
    alt: str,
) -> Picture:
    """Draw panels over positive ascending `x`.

    The axis is named by `x_title`, and said to be logarithmic. `mark` is a value of it that stands
    out, with a band behind it, and what to call that.
    """
    canvas = Canvas()
    left = max(_values_room(panel) for panel in panels) + 6
    names = max(room(name, SIZE, bold=True) for panel in panels for name in panel.names)
    across = Scale(
        x[0], x[-1], left + _INSET, WIDE - min(names, 190.0) - _KEY - 6 - _INSET, math.log
    )
    y = canvas.title(title)
    for panel in panels:
        top = y + _AIR + LINE
        if mark is not None:
            canvas.box(across(mark[0]) - 9, top, 18, _HIGH, FETCH, opacity=0.16)
        _panel(canvas, x, panel, across, top)
        y = top + _HIGH
    y = _ticks(canvas, x, across, y + 18, mark=mark)
    middle = (across.start + across.end) / 2
    canvas.text(middle, y + LINE, f"{x_title}, on a logarithmic axis", anchor="middle")
    return Picture(svg=canvas.svg(y + LINE + DEEP * SIZE + 2, alt), alt=alt)


def _ticks(
    canvas: Canvas, x: Sequence[int], across: Scale, y: float, *, mark: tuple[int, str] | None
) -> float:
    """Write the values along the axis that have room, and below them what the mark is called.

    The marked one has room before the others. Returns the last line.
    """
    taken: list[tuple[float, float]] = []
    for value in sorted(x, key=lambda value: (mark is None or value != mark[0], value)):
        bold = mark is not None and value == mark[0]
        half = room(str(value), SIZE, bold=bold) / 2
        start, end = across(value) - half, across(value) + half
        if all(end + 4 <= a or b + 4 <= start for a, b in taken):
            canvas.text(across(value), y, str(value), anchor="middle", bold=bold)
            taken.append((start, end))
    if mark is None:
        return y
    value, words = mark
    half = room(words, SIZE, bold=True) / 2
    middle = min(max(across(value), half), WIDE - half)
    canvas.text(middle, y + LINE, words, anchor="middle", bold=True)
    return y + LINE


def _values_room(panel: Panel) -> float:
    """Return how wide the values along the upright axis are."""
    return max(room(panel.said(value), SIZE) for value in round_values(panel.top, 4))


def _panel(canvas: Canvas, x: Sequence[int], panel: Panel, across: Scale, top: float) -> None:
    up = Scale(0.0, panel.top, top + _HIGH, top)
    # A line above the highest value that may stand beside the axis.
    canvas.text(0, top + 5 - LINE, fitted(panel.title, WIDE, SIZE))
    ends = (across.start - _INSET, across.end + _INSET)
    for value in round_values(panel.top, 4):
        y = up(value)
        canvas.line([(ends[0], y), (ends[1], y)], opacity=0.25 if value else 0.6)
        canvas.text(ends[0] - 6, y + 5, panel.said(value), anchor="end")
    labels = _Labels(canvas, ends[1] + 6, top + 8, top + _HIGH)
    places = [across(value) for value in x]
    for name, values in panel.measured.items():
        _measured(canvas, name, _points(places, values, up), labels)
    for (name, values), dash in zip(panel.bounds.items(), cycle(_DASHES), strict=False):
        _bound(canvas, name, _points(places, values, up), up.end, dash=dash, labels=labels)
    labels.draw()


def _measured(canvas: Canvas, name: str, points: _Points, labels: "_Labels") -> None:
    if not points:
        return
    labels.add(name, points[-1][1], "")
    canvas.line(points, FETCH, thick=2)
    for place, y in points:
        canvas.dot(place, y, 3.5, FETCH)


def _bound(
    canvas: Canvas, name: str, points: _Points, top: float, *, dash: str, labels: "_Labels"
) -> None:
    if not points:
        return
    inside = _cut(points, top)
    leaves = len(inside) < len(points) or inside[-1] != points[-1]
    labels.add(f"↑ {name}" if leaves else name, inside[-1][1] if inside else top, dash)
    if inside:
        canvas.line(inside, INK, thick=1.2, dash=dash)


def _points(x: Sequence[float], values: Values, up: Scale) -> _Points:
    return [(place, up(v)) for place, v in zip(x, values, strict=True) if math.isfinite(v)]


def _cut(points: _Points, top: float) -> list[tuple[float, float]]:
    """Return a line up to where it leaves the frame at the top; nothing if it begins beyond."""
    inside: list[tuple[float, float]] = []
    for point in points:
        if point[1] >= top:
            inside.append(point)
            continue
        if inside and inside[-1][1] > top:
            (x0, y0), (x1, y1) = inside[-1], point
            inside.append((x0 + (x1 - x0) * (y0 - top) / (y0 - y1), top))
        break
    return inside if len(inside) > 1 else []


class _Labels:
    """Names at the right of a panel with the look of their line, moved apart where they overlap."""

    def __init__(self, canvas: Canvas, x: float, top: float, bottom: float) -> None:
        self._canvas, self._x = canvas, x
        self._top, self._bottom = top, bottom
        self._names: list[tuple[float, str, str]] = []

    def add(self, name: str, y: float, dash: str) -> None:
        self._names.append((y, name, dash))

    def draw(self) -> None:
        names = sorted(self._names)
        for y, (_, name, dash) in zip(self._apart([y for y, *_ in names]), names, strict=True):
            colour = INK if dash else FETCH
            self._canvas.line([(self._x, y), (self._x + 20, y)], colour, thick=1.5, dash=dash)
            shown = fitted(name, WIDE - self._x - _KEY, SIZE, bold=not dash)
            self._canvas.text(self._x + _KEY, y + 5, shown, bold=not dash)

    def _apart(self, wanted: Sequence[float]) -> list[float]:
        """Return places for labels: as wanted, but a line apart and within the panel."""
        placed: list[float] = []
        for y in wanted:
            placed.append(max(y, self._top, placed[-1] + LINE if placed else self._top))
        for i in reversed(range(len(placed))):
            limit = placed[i + 1] - LINE if i + 1 < len(placed) else self._bottom
            placed[i] = min(placed[i], limit)
        return placed
