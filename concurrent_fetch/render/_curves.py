"""A chart of curves over a logarithmic axis: panels above each other that share the axis."""

import math
from collections.abc import Sequence

import attrs

from concurrent_fetch.render._format import moment, rate
from concurrent_fetch.render._picture import Picture
from concurrent_fetch.render._scale import Scale, round_values
from concurrent_fetch.render._svg import FETCH, INK, Canvas, fitted

_WIDE = 760.0
_MARGIN = 10.0
_LEFT = 76.0
_HIGH = 170.0
_SMALL = 11.0
_BELOW = 34.0


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


def curves(
    x: Sequence[int],
    panels: Sequence[Panel],
    *,
    title: str,
    x_title: str,
    marked: int | None,
    alt: str,
) -> Picture:
    """Draw panels over positive ascending `x`; a band stands at the value that is `marked`."""
    canvas = Canvas(_WIDE)
    canvas.text(_MARGIN, 17, fitted(title, _WIDE - 2 * _MARGIN, 13), size=13, bold=True)
    across = Scale(x[0], x[-1], _LEFT + 14, _WIDE - 150, math.log)
    y = 34.0
    for panel in panels:
        if marked is not None:
            canvas.box(across(marked) - 9, y + 12, 18, _HIGH, FETCH, opacity=0.16)
        _panel(canvas, x, panel, across, y + 12)
        y += _HIGH + _BELOW
    bottom = y - _BELOW + 12
    for value in x:
        bold = value == marked
        canvas.text(across(value), bottom + 16, str(value), size=_SMALL, anchor="middle", bold=bold)
    canvas.text(across.end + 28, bottom + 16, x_title, size=_SMALL)
    return Picture(svg=canvas.svg(bottom + 26, alt), alt=alt)


def _panel(canvas: Canvas, x: Sequence[int], panel: Panel, across: Scale, top: float) -> None:
    up = Scale(0.0, panel.top, top + _HIGH, top)
    canvas.text(_MARGIN, top - 6, panel.title, size=12)
    ends = (across.start - 14, across.end + 14)
    for value in round_values(panel.top, 4):
        y = up(value)
        canvas.line([(ends[0], y), (ends[1], y)], opacity=0.25 if value else 0.6)
        words = moment(value, panel.top) if panel.in_seconds else rate(value)
        canvas.text(ends[0] - 6, y + 4, words, size=_SMALL, anchor="end")
    labels = _Labels(canvas, ends[1] + 6, top, top + _HIGH)
    for curve in panel.curves:
        _curve(canvas, [across(value) for value in x], curve, up, labels)
    labels.draw()


def _curve(canvas: Canvas, x: Sequence[float], curve: Curve, up: Scale, labels: "_Labels") -> None:
    points = [
        (place, up(value))
        for place, value in zip(x, curve.values, strict=True)
        if math.isfinite(value)
    ]
    if not points:
        return
    if curve.bound:
        inside = _cut(points, up.end)
        if inside:
            canvas.line(inside, INK, thick=1.2, dash="5 3")
        labels.add(curve.name if inside else f"↑ {curve.name}", (inside or [(0.0, up.end)])[-1][1])
        return
    canvas.line(points, FETCH, thick=2)
    for place, y in points:
        canvas.dot(place, y, 3.5, FETCH)
    labels.add(curve.name, points[-1][1], bold=True)


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
    """Names at the right of a panel, moved apart where they would overlap."""

    def __init__(self, canvas: Canvas, x: float, top: float, bottom: float) -> None:
        self._canvas, self._x = canvas, x
        self._top, self._bottom = top, bottom
        self._names: list[tuple[float, str, bool]] = []

    def add(self, name: str, y: float, *, bold: bool = False) -> None:
        self._names.append((y, name, bold))

    def draw(self) -> None:
        last = self._top - 8.0
        for y, name, bold in sorted(self._names):
            last = max(y + 4, last + 14)
            shown = fitted(name, _WIDE - self._x - 4, _SMALL)
            self._canvas.text(self._x, last, shown, size=_SMALL, bold=bold)
