"""Two comparisons of different sessions, side by side and without a verdict."""

from collections.abc import Sequence

from concurrent_fetch._report import Line
from concurrent_fetch.render import Align, Column, Table, interval, ratio, seconds

_REFUSAL = (
    "no verdict across sessions: of 100 pairs of equal strategies, one measured today and one "
    "tomorrow, 20 to 50 would be called different; compare them in one run"
)
_COLUMNS = (
    Column(header="strategy", max_width=40),
    Column(header="then", align=Align.RIGHT),
    Column(header="now", align=Align.RIGHT),
    Column(header="speed-up then", align=Align.RIGHT),
    Column(header="95%"),
    Column(header="speed-up now", align=Align.RIGHT),
    Column(header="95%"),
)


def side_by_side(
    then: Sequence[Line], now: Sequence[Line], *, caption: str, differences: Sequence[str]
) -> Table:
    """Return a row for each strategy of either session: typical times, and speed-ups within it."""
    earlier, later = ({line.name: line for line in lines} for lines in (then, now))
    return Table(
        columns=_COLUMNS,
        rows=tuple(
            _row(name, earlier.get(name), later.get(name))
            for name in dict.fromkeys([*earlier, *later])
        ),
        caption=caption,
        notes=(*(f"differs, now against then: {fact}" for fact in differences), _REFUSAL),
    )


def _row(name: str, then: Line | None, now: Line | None) -> tuple[str, ...]:
    typical = (
        seconds(line.typical.point if line and line.typical else None) for line in (then, now)
    )
    return (name, *typical, *_speedup(then), *_speedup(now))


def _speedup(line: Line | None) -> tuple[str, str]:
    estimate = line.speedup if line else None
    if estimate is None:
        return ratio(None), ratio(None)
    return ratio(estimate.point), interval(estimate.low, estimate.high)
