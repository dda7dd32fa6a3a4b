"""A chart of curves over a logarithmic axis: panels above each other that share the axis."""

import math
from collections.abc import Sequence
from itertools import cycle

import attrs

from concurrent_fetch.render._format import moment
from concurrent_fetch.render._picture import Picture
from concurrent_fetch.render._scale import Scale, round_values
from concurrent_fetch.render._svg import FETCH, INK, Canvas, fitted, room

_WIDE = 760.0
_MARGIN = 10.0
_LEFT = 76.0
_HIGH = 170.0
_SMALL = 11.0
_BELOW = 34.0
_LINE = 14.0
_DASHES = ("6 3", "2 3", "9 3 2 3")


@attrs.frozen(kw_only=True)
class Curve:
    """Values over x, in the order of `x`; what is not a number (nan) leaves a gap."""

    name: str
    values: Sequence[float]
    bound: bool = False
    """Drawn as what bounds the others: dashed, in ink."""


@attrs.frozen(kw_only=True)
class Panel:
    """Curves that share an axis. Bounds far above the measured are cut off at the frame."""

    title: str
    curves: Sequence[Curve]
    in_seconds: bool = False

    @property
    def top(self) -> float:
        """The end of the axis: a little above the highest value that was measured."""
        measured = [v for c in self.curves if not c.bound for v in c.values if math.isfinite(v)]
        return max(measured, default=1.0) * 1.15 or 1.0


@attrs.frozen(kw_only=True)
class Mark:
    """A value of x that stands out, and what to call it."""

    x: int
    words: str


def curves(
    x: Sequence[int],
    panels: Sequence[Panel],
    *,
    title: str,
    x_title: str,
    mark: Mark | None,
    alt: str,
) -> Picture:
    """Draw panels over positive ascending `x`; a band stands at the value that is marked."""
    canvas = Canvas(_WIDE)
    canvas.text(_MARGIN, 17, fitted(title, _WIDE - 2 * _MARGIN, 13, bold=True), size=13, bold=True)
    across = Scale(x[0], x[-1], _LEFT + 14, _WIDE - 190, math.log)
    y = 34.0
    for panel in panels:
        if mark is not None:
            canvas.box(across(mark.x) - 9, y + 12, 18, _HIGH, FETCH, opacity=0.16)
        _panel(canvas, x, panel, across, y + 12)
        y += _HIGH + _BELOW
    bottom = y - _BELOW + 12
    _ticks(canvas, x, across, bottom + 16, title=x_title, mark=mark)
    return Picture(svg=canvas.svg(bottom + (44 if mark else 26), alt), alt=alt)


def _ticks(
    canvas: Canvas, x: Sequence[int], across: Scale, y: float, *, title: str, mark: Mark | None
) -> None:
    """Write the values along the axis that have room, and below them what the mark is called."""
    end = -math.inf
    for value in x:
        half = room(str(value), _SMALL, bold=True) / 2
        if across(value) - half < end:
            continue
        bold = mark is not None and value == mark.x
        canvas.text(across(value), y, str(value), size=_SMALL, anchor="middle", bold=bold)
        end = across(value) + half + 4
    canvas.text(max(across.end + 28, end + 4), y, title, size=_SMALL)
    if mark is not None:
        half = room(mark.words, _SMALL, bold=True) / 2
        middle = min(max(across(mark.x), _MARGIN + half), _WIDE - half)
        canvas.text(middle, y + 16, mark.words, size=_SMALL, anchor="middle", bold=True)


def _panel(canvas: Canvas, x: Sequence[int], panel: Panel, across: Scale, top: float) -> None:
    up = Scale(0.0, panel.top, top + _HIGH, top)
    canvas.text(_MARGIN, top - 6, panel.title, size=12)
    ends = (across.start - 14, across.end + 14)
    for value in round_values(panel.top, 4):
        y = up(value)
        canvas.line([(ends[0], y), (ends[1], y)], opacity=0.25 if value else 0.6)
        words = moment(value, panel.top) if panel.in_seconds else f"{value:,.10g}"
        canvas.text(ends[0] - 6, y + 4, words, size=_SMALL, anchor="end")
    labels = _Labels(canvas, ends[1] + 6, top + 8, top + _HIGH)
    dashes = cycle(_DASHES)
    for curve in panel.curves:
        dash = next(dashes) if curve.bound else ""
        _curve(canvas, [across(value) for value in x], curve, up, dash=dash, labels=labels)
    labels.draw()


def _curve(
    canvas: Canvas, x: Sequence[float], curve: Curve, up: Scale, *, dash: str, labels: "_Labels"
) -> None:
    points = [
        (place, up(value))
        for place, value in zip(x, curve.values, strict=True)
        if math.isfinite(value)
    ]
    if not points:
        return
    inside = _cut(points, up.end) if curve.bound else points
    leaves = len(inside) < len(points) or inside[-1] != points[-1]
    last = inside[-1][1] if inside else up.end
    labels.add(f"↑ {curve.name}" if leaves else curve.name, last, dash)
    if inside:
        canvas.line(inside, INK if curve.bound else FETCH, thick=1.2 if dash else 2, dash=dash)
    if not curve.bound:
        for place, y in points:
            canvas.dot(place, y, 3.5, FETCH)


def _cut(points: Sequence[tuple[float, float]], top: float) -> list[tuple[float, float]]:
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
            shown = fitted(name, _WIDE - self._x - 30, _SMALL, bold=not dash)
            self._canvas.text(self._x + 26, y + 4, shown, size=_SMALL, bold=not dash)

    def _apart(self, wanted: Sequence[float]) -> list[float]:
        """Return places for labels: as wanted, but a line apart and within the panel."""
        placed: list[float] = []
        for y in wanted:
            placed.append(max(y, self._top, placed[-1] + _LINE if placed else self._top))
        for i in reversed(range(len(placed))):
            limit = placed[i + 1] - _LINE if i + 1 < len(placed) else self._bottom
            placed[i] = min(placed[i], limit)
        return placed
