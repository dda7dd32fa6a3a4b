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
from concurrent_fetch.render._legend import BEFORE, PALE, write_legend
from concurrent_fetch.render._picture import Picture
from concurrent_fetch.render._scale import Scale, round_values
from concurrent_fetch.render._spans import (
    Span,
    Step,
    at_once,
    joined,
    most_at_once,
    rows_of,
    steps,
)
from concurrent_fetch.render._svg import (
    DEEP,
    FAILED,
    FETCH,
    INK,
    LINE,
    SIZE,
    WIDE,
    Canvas,
    fitted,
    fitted_name,
    number,
    room,
)

_FLAGS = 8.0
"""The margin for them, where anything failed; else a picture is flush with what is above it."""
_TALL = 132.0
_LOW = 56.0
_THICK = 8.0
_STRIP = 22.0
_AIR = 14.0
"""Between one run and the next."""
_FRAME = 4.0
"""From what is magnified to the frame around it."""
_UNDER = 4.0
"""From letters to a frame below them."""
_MOST_STROKES = 1500  # of a whole picture, and in each of its two layers; in four half as many
_MOST_STEPS = 900
_LEAST = 40
_LEAST_FACTOR = 2.0


def timeline(lanes: Sequence[Lane], *, title: str, alt: str) -> Picture:
    """Draw runs below each other; the longest takes the whole width."""
    canvas = Canvas()
    y = write_legend(canvas, lanes, canvas.title(title) + LINE)
    peaks = [most_at_once(lane.spans) for lane in lanes]
    left = _FLAGS if any(fetch.failed for lane in lanes for fetch in lane.fetches) else 0.0
    right = WIDE - room(f"{max(peaks):,}", SIZE) - 8
    scale = Scale(0.0, max(lane.elapsed for lane in lanes), left, right)
    tallest = max(_LOW, min(_TALL, 4 * _TALL / len(lanes)))
    for lane, strip, peak in zip(lanes, _strips(lanes), peaks, strict=True):
        run = _Run(
            canvas=canvas,
            lane=lane,
            scale=scale,
            strip=strip,
            peak=peak,
            top=_header(canvas, lane, y + _AIR),
            high=min(tallest, max(_LOW / 2, _THICK * len(lane.fetches))),
            strokes=_share(_MOST_STROKES, lanes),
        )
        y = run.draw_all()
    _axis(canvas, y + _AIR, scale)
    return Picture(svg=canvas.svg(y + _AIR + 24, alt), alt=alt)


def _header(canvas: Canvas, lane: Lane, y: float) -> float:
    """Write the name and beside it what is said of the run; returns where its rows begin."""
    name = fitted_name(lane.name, 0.6 * WIDE, SIZE)
    y += SIZE
    canvas.text(0, y, name, bold=True)
    x = room(name, SIZE, bold=True) + 10
    lines = _facts(lane.facts, x)
    for i, line in enumerate(lines):
        canvas.text(0 if i else x, y + i * LINE, line)
    return y + (len(lines) - 1) * LINE + DEEP * SIZE + _UNDER + _FRAME


def _facts(facts: str, x: float) -> list[str]:
    """Return what is said of a run in lines, of which the first begins at `x`."""
    lines = [""]
    for fact in facts.split(" · "):
        pixels = WIDE if lines[1:] else WIDE - x
        longer = f"{lines[-1]} · {fact}" if lines[-1] else fact
        if room(longer, SIZE) <= pixels:
            lines[-1] = longer
        else:
            lines.append(fitted(fact, WIDE, SIZE))
    return lines


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


@attrs.frozen(kw_only=True)
class _Run:
    """One run on the canvas: rows, and below them a strip with the number in flight."""

    canvas: Canvas
    lane: Lane
    scale: Scale
    strip: Sequence[Step]
    """What was in flight, as shares of the height."""
    peak: int
    """The most that was in flight; 0 where that is not known."""
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
        """Draw the run, and if it is short, the run magnified beside it.

        One whose fetches are unknown is a bar. Returns where that ends.
        """
        if not self.lane.fetches:
            self.canvas.box(self.left, self.top, self.wide, _THICK, opacity=PALE)
            return self.top + _THICK
        self._draw()
        self._draw_flags()
        factor = _factor(self.wide, self.scale.end - self.left)
        if factor is not None:
            return self._draw_magnified(factor)
        self._write_peak(self.left + self.wide)
        return self.end

    def _write_peak(self, x: float) -> None:
        """Write the most in flight behind the strip, as high as that is there."""
        share = max((share for _, share in self.strip), default=0.0)
        if self.peak:
            high = max(_STRIP * share, 0.73 * SIZE)  # digits stand on the ground at least
            self.canvas.text(x + 6, self.end - high + 0.73 * SIZE, f"{self.peak:,}")

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
            self.canvas.strokes(earlier, FETCH, bar, opacity=BEFORE)
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
        self.canvas.fill(f"{path}H{number(self.left + self.wide)}V{bottom}z", opacity=PALE)

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
                path += f"M{number(self.left - 2)} {y}h{number(-long)}"
        self.canvas.strokes(path, FAILED, min(thick, 4.0))

    def _draw_magnified(self, factor: float) -> float:
        """Draw the run beside its sliver, in a frame with a time axis of its own."""
        gap = _gap(self.wide, self.scale.end - self.left)
        left = self.left + self.wide + gap
        near = Scale(0.0, self.lane.elapsed, left, left + self.wide * factor)
        top, end = self.top - _FRAME, self.end + 3
        narrow, broad = number(left - gap + 2), number(left - _FRAME)
        beam = f"M{narrow} {number(self.top)}L{broad} {number(top)}V{number(end)}"
        self.canvas.fill(f"{beam}L{narrow} {number(self.end)}z", opacity=0.14)
        words, middle = f"×{factor:,g}", self.top + self.high / 2 + 9
        self.canvas.text(left - gap / 2 - 1, middle, words, anchor="middle", bold=True)
        right = near.end + _FRAME
        corners = [(left - _FRAME, top), (right, top), (right, end), (left - _FRAME, end)]
        self.canvas.line([*corners, corners[0]], opacity=0.5)
        attrs.evolve(self, scale=near)._draw()  # noqa: SLF001 - of its own class
        self._write_peak(right - 1)
        self.canvas.text(left, end + SIZE, moment(0, self.lane.elapsed))
        self.canvas.text(near.end, end + SIZE, seconds(self.lane.elapsed), anchor="end")
        return end + (1 + DEEP) * SIZE


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
        if len(found) <= most or gap > pixel * WIDE:
            return found
        gap *= 2


def _factor(wide: float, whole: float) -> float | None:
    """Return how many times to magnify a run so that it fills the room beside it; None: not."""
    if wide <= 0:
        return None
    factor = math.floor((whole - wide - _gap(wide, whole) - _FRAME) / wide)
    return float(factor) if factor >= _LEAST_FACTOR else None


def _gap(wide: float, whole: float) -> float:
    """Return the room for the factor, between a sliver and what it looks like magnified."""
    return room(f"×{round(whole / wide):,}", SIZE, bold=True) + 14


def _axis(canvas: Canvas, y: float, scale: Scale) -> None:
    """Draw the clock that all runs share."""
    canvas.line([(scale.start, y), (scale.end, y)], opacity=0.6)
    for value in round_values(scale.high, 6):
        x = scale(value)
        canvas.line([(x, y), (x, y + 4)], opacity=0.6)
        words = moment(value, scale.high)
        half = room(words, SIZE) / 2
        anchor = "start" if x < half else "end" if x + half > WIDE else "middle"
        canvas.text(x, y + 18, words, anchor=anchor)
