"""Timeline: one row per fetch in the order they started, all strategies on one clock.

What is short beside the longest is drawn twice: as the sliver that it is, and magnified beside it.
However many fetches there are, the picture has as many rows as can be told apart.
"""

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise

import attrs

from concurrent_fetch._units import Seconds
from concurrent_fetch.render._format import moment, seconds
from concurrent_fetch.render._lane import Fetch, Lane
from concurrent_fetch.render._picture import Picture
from concurrent_fetch.render._scale import Scale, round_values
from concurrent_fetch.render._spans import Span, Step, at_once, joined, rows_of, steps
from concurrent_fetch.render._svg import (
    FAILED,
    FETCH,
    INK,
    Canvas,
    fitted,
    fitted_name,
    number,
    room,
)

_WIDE = 760.0
_MARGIN = 10.0
_TALL = 132.0
_LOW = 56.0
_THICK = 8.0
_STRIP = 22.0
_SMALL = 11.0
_MOST_STROKES = 1500  # of a whole picture, and in each of its two layers; in four half as many
_MOST_STEPS = 900
_LEAST = 40
_PALE = 0.42
_BEFORE = 0.55
_LEAST_FACTOR = 2.0
_TINY = 10.0
_EARLIER = "an earlier try, then the wait for the next"


def timeline(lanes: Sequence[Lane], *, title: str, alt: str) -> Picture:
    """Draw runs below each other; the longest takes the whole width."""
    canvas = Canvas(_WIDE)
    canvas.text(_MARGIN, 17, fitted(title, _WIDE - 2 * _MARGIN, 13, bold=True), size=13, bold=True)
    _legend(canvas, lanes, 36)
    scale = Scale(0.0, max(lane.elapsed for lane in lanes), _MARGIN, _WIDE - _MARGIN)
    tallest = _TALL if len(lanes) <= 4 else _LOW
    y = 46.0
    for lane, strip in zip(lanes, _strips(lanes), strict=True):
        high = min(tallest, max(_LOW / 2, _THICK * len(lane.fetches)))
        run = _Run(
            canvas=canvas,
            lane=lane,
            scale=scale,
            strip=strip,
            top=y + 24,
            high=high,
            strokes=_share(_MOST_STROKES, lanes),
        )
        y = run.draw_all() + 10
    _axis(canvas, y, scale)
    return Picture(svg=canvas.svg(y + 24, alt), alt=alt)


def _share(most: int, lanes: Sequence[Lane]) -> int:
    """Return what one lane may take of it: a picture is as small with many lanes as with few."""
    return max(_LEAST, most // len(lanes))


def _strips(lanes: Sequence[Lane]) -> list[list[Step]]:
    """Return the number in flight over the time of each run, as shares of the most of all."""
    cells = _share(_MOST_STEPS, lanes)
    profiles = [
        steps(spans) if 2 * len(spans) <= cells else at_once(spans, lane.elapsed, cells)
        for lane in lanes
        for spans in (lane.spans,)
    ]
    most = max((count for profile in profiles for _, count in profile), default=0) or 1.0
    return [[(start, count / most) for start, count in profile] for profile in profiles]


def _legend(canvas: Canvas, lanes: Sequence[Lane], y: float) -> None:
    x = _MARGIN
    shown = ["a fetch, in start order"]
    shown += ["failed"] if any(f.failed for lane in lanes for f in lane.fetches) else []
    shown += [_EARLIER] if any(lane.was_retried for lane in lanes) else []
    shown += ["in flight"]
    shown += ["ideal makespan"] if any(lane.has_mark for lane in lanes) else []
    for words in shown:
        _key(canvas, words, x, y)
        canvas.text(x + 15, y, words, size=_SMALL)
        x += 15 + room(words, _SMALL) + 14


def _key(canvas: Canvas, words: str, x: float, y: float) -> None:
    if words == "in flight":
        canvas.box(x, y - 8, 10, 8, opacity=_PALE)
    elif words == _EARLIER:
        canvas.box(x, y - 7, 5, 5, FETCH, opacity=_BEFORE)
        canvas.line([(x + 5, y - 4.5), (x + 11, y - 4.5)])
    elif words == "ideal makespan":
        canvas.line([(x + 5, y - 10), (x + 5, y + 2)], thick=1.5, dash="3 2")
    else:
        canvas.box(x, y - 7, 10, 5, FAILED if words == "failed" else FETCH)


@attrs.frozen(kw_only=True)
class _Run:
    """One run on the canvas: rows, and below them a strip with the number in flight."""

    canvas: Canvas
    lane: Lane
    scale: Scale
    strip: Sequence[Step]
    """What was in flight, as shares of the height."""
    top: float
    """Where the rows begin; the name stands above."""
    high: float
    """Of all rows."""
    strokes: int
    """How many may be drawn, about."""

    @property
    def end(self) -> float:
        """The lower edge of the strip."""
        return self.top + self.high + 3 + _STRIP

    @property
    def left(self) -> float:
        return self.scale(0.0)

    @property
    def wide(self) -> float:
        return self.scale(self.lane.elapsed) - self.left

    def draw_all(self) -> float:
        """Draw what is said of it, the run, and if it is short, the run magnified beside it.

        Returns where that ends.
        """
        name = fitted_name(self.lane.name, 0.4 * _WIDE, 12)
        self.canvas.text(_MARGIN, self.top - 8, name, bold=True)
        x = _MARGIN + room(name, 12, bold=True) + 10
        self.canvas.text(x, self.top - 8, fitted(self.lane.facts, _WIDE - _MARGIN - x, 12))
        self._draw()
        self._draw_flags()
        factor = _factor(self.wide, _WIDE - 2 * _MARGIN)
        return self.end if factor is None else self._draw_magnified(factor)

    def _draw(self) -> None:
        lane = self.lane
        rows = max(1, min(len(lane.fetches), int(min(self.high, max(24.0, self.wide)))))
        thick = self.high / rows
        bar = thick * (0.75 if thick >= 2 else 1.0)
        grouped = rows_of(lane.fetches, rows)
        if lane.was_retried:
            waits = self._path([[s for f in row for s in _waits(f)] for row in grouped], thick)
            self.canvas.strokes(waits, INK, min(1.0, bar / 3))
            earlier = self._path([[s for f in row for s in f.tries[:-1]] for row in grouped], thick)
            self.canvas.strokes(earlier, FETCH, bar, opacity=_BEFORE)
        last = self._path([[f.spans[-1] for f in row] for row in grouped], thick)
        self.canvas.strokes(last, FETCH, bar)
        failed = [[f.spans[-1] for f in row if f.failed] for row in grouped]
        # A failure alone in its row is as wide as can be seen; one of many must not hide them.
        least = 1.0 if rows == len(lane.fetches) else 0.3
        self.canvas.strokes(self._path(failed, thick, least), FAILED, bar)
        self._draw_strip()
        if lane.ideal is not None and lane.has_mark:
            x = self.scale(lane.ideal)
            self.canvas.line([(x, self.top - 3), (x, self.end)], thick=1.2, dash="3 2")

    def _path(self, rows: Sequence[Sequence[Span]], thick: float, least: float = 1.0) -> str:
        """Return strokes for the spans of each row, which is so high."""
        pixel = self.lane.elapsed / max(self.wide, 1.0)
        most = self.strokes // 2 if self.lane.was_retried else self.strokes  # in twice the layers
        return "".join(
            f"M{number(self.scale(a))} {number(self.top + (row + 0.5) * thick)}"
            f"h{number(max(least, self.scale(b) - self.scale(a)))}"
            for row, a, b in _segments(rows, pixel, most)
        )

    def _draw_strip(self) -> None:
        """Draw the number in flight as an area; all strips of a picture have one scale."""
        bottom = number(self.end)
        path, last = f"M{number(self.left)} {bottom}", bottom
        for start, share in self.strip:
            top = number(self.end - _STRIP * share)
            if top != last:
                path += f"H{number(self.scale(start))}V{top}"
                last = top
        self.canvas.fill(f"{path}H{number(self.left + self.wide)}V{bottom}z", opacity=_PALE)

    def _draw_flags(self) -> None:
        """Mark in the margin where failures are, so that none is too small to be seen."""
        rows = max(1, min(len(self.lane.fetches), int(self.high / 2)))
        thick = self.high / rows
        path = ""
        for i, row in enumerate(rows_of(self.lane.fetches, rows)):
            share = sum(fetch.failed for fetch in row) / len(row)
            long = 1 + 4 * math.sqrt(share)  # the more of them failed, the longer
            if share:
                y = number(self.top + (i + 0.5) * thick)
                path += f"M{number(_MARGIN - 2)} {y}h{number(-long)}"
        self.canvas.strokes(path, FAILED, min(thick, 4.0))

    def _draw_magnified(self, factor: float) -> float:
        """Draw the run beside its sliver, in a frame with a time axis of its own."""
        gap = _gap(self.wide, _WIDE - 2 * _MARGIN)
        left = self.left + self.wide + gap
        near = Scale(0.0, self.lane.elapsed, left, left + self.wide * factor)
        top, end = self.top - 4, self.end + 3
        narrow, broad = number(left - gap + 2), number(left - 4)
        beam = f"M{narrow} {number(self.top)}L{broad} {number(top)}V{number(end)}"
        self.canvas.fill(f"{beam}L{narrow} {number(self.end)}z", opacity=0.14)
        words, middle = f"×{factor:,g}", self.top + self.high / 2 + 9
        self.canvas.text(left - gap / 2, middle, words, size=13, anchor="middle", bold=True)
        corners = [(left - 4, top), (near.end + 4, top), (near.end + 4, end), (left - 4, end)]
        self.canvas.line([*corners, corners[0]], opacity=0.5)
        attrs.evolve(self, scale=near)._draw()  # noqa: SLF001 - of its own class
        self.canvas.text(left, end + 10, "0", size=_TINY)
        length = seconds(self.lane.elapsed)
        self.canvas.text(near.end, end + 10, length, size=_TINY, anchor="end")
        return end + 8


def _waits(fetch: Fetch) -> Iterator[Span]:
    """Yield when it waited for its next try."""
    return ((over, begun) for (_, over), (begun, _) in pairwise(fetch.tries))


def _segments(
    rows: Sequence[Sequence[Span]], pixel: Seconds, most: int
) -> list[tuple[int, Seconds, Seconds]]:
    """Return what to draw as (row, from, to), about so many."""
    rows = [sorted(row) for row in rows]
    gap = pixel
    while True:
        found = [(r, a, b) for r, row in enumerate(rows) for a, b in joined(row, gap)]
        if len(found) <= most or gap > pixel * _WIDE:
            return found
        gap *= 2


def _factor(wide: float, whole: float) -> float | None:
    """Return how many times to magnify a run so that it fills the room beside it; None: not."""
    factor = math.floor((whole - wide - _gap(wide, whole)) / wide) if wide > 0 else 0.0
    return float(factor) if factor >= _LEAST_FACTOR else None


def _gap(wide: float, whole: float) -> float:
    """Return the room for the factor, between a sliver and what it looks like magnified."""
    return room(f"×{round(whole / wide):,}", 13, bold=True) + 14


def _axis(canvas: Canvas, y: float, scale: Scale) -> None:
    """Draw the clock that all runs share."""
    canvas.line([(scale.start, y), (scale.end, y)], opacity=0.6)
    for value in round_values(scale.high, 6):
        x = scale(value)
        canvas.line([(x, y), (x, y + 4)], opacity=0.6)
        words = moment(value, scale.high)
        half = room(words, _SMALL) / 2
        anchor = "start" if x - half < _MARGIN else "end" if x + half > scale.end else "middle"
        canvas.text(x, y + 16, words, size=_SMALL, anchor=anchor)
