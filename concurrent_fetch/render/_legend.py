"""Legend: what the signs of a timeline mean, in words that need no other page."""

from collections.abc import Sequence

from concurrent_fetch.render._lane import Lane
from concurrent_fetch.render._svg import DEEP, FAILED, FETCH, LINE, SIZE, WIDE, Canvas, room

PALE = 0.42
"""Of what was in flight."""
BEFORE = 0.55
"""Of tries before the last."""
_RUN = "a whole run"
_FETCH = "a fetch, in start order"
_EARLIER = "an earlier try, then the wait for the next"
_IN_FLIGHT = "in flight; at its right the most"
_AT_BEST = "at best it would have ended here"


def write_legend(canvas: Canvas, lanes: Sequence[Lane], y: float) -> float:
    """Say what is what, in as many lines as that takes; returns where it ends."""
    x = 0.0
    is_known = any(lane.fetches for lane in lanes)
    shown = [] if all(lane.fetches for lane in lanes) else [_RUN]
    shown += [_FETCH] if is_known else []
    shown += ["failed"] if any(f.failed for lane in lanes for f in lane.fetches) else []
    shown += [_EARLIER] if any(lane.was_retried for lane in lanes) else []
    shown += [_IN_FLIGHT] if is_known else []
    shown += [_AT_BEST] if any(lane.has_mark for lane in lanes) else []
    for words in shown:
        wide = 16 + room(words, SIZE)
        if x and x + wide > WIDE:
            x, y = 0.0, y + LINE
        _key(canvas, words, x, y)
        canvas.text(x + 16, y, words)
        x += wide + 14
    return y + DEEP * SIZE


def _key(canvas: Canvas, words: str, x: float, y: float) -> None:
    if words in (_IN_FLIGHT, _RUN):
        canvas.box(x, y - 10, 11, 10, opacity=PALE)
    elif words == _EARLIER:
        canvas.box(x, y - 8, 5, 6, FETCH, opacity=BEFORE)
        canvas.line([(x + 5, y - 5), (x + 11, y - 5)])
    elif words == _AT_BEST:
        canvas.line([(x + 5, y - 12), (x + 5, y + 2)], thick=1.5, dash="3 2")
    else:
        canvas.box(x, y - 8, 11, 6, FAILED if words == "failed" else FETCH)
