"""Two comparisons of different sessions, side by side and without a verdict."""

from collections.abc import Sequence
from datetime import datetime

import attrs

from concurrent_fetch.analysis import Card
from concurrent_fetch.model import Options
from concurrent_fetch.render import Align, Column, Table, interval, ratio, seconds
from concurrent_fetch.results._comparison_table import Line

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


@attrs.frozen(kw_only=True)
class Session:
    """One comparison, as far as it can be held beside another."""

    lines: Sequence[Line]
    started_at: datetime
    card: Card
    options: Options
    urls: Sequence[str]

    @property
    def reference(self) -> str:
        """The strategy that its others were compared with."""
        return self.lines[0].name

    def differences(self, other: "Session") -> list[str]:
        """Return a phrase for each fact that differs, this session's first."""
        told = [*self.card.differences(other.card), *self.options.differences(other.options)]
        if self.urls != other.urls:
            told.append(f"URLs: {len(self.urls)} against {len(other.urls)}, not the same")
        if self.reference != other.reference:
            told.append(f"reference: {self.reference} against {other.reference}")
        return told


def side_by_side(then: Session, now: Session) -> Table:
    """Return a row for each strategy of either session: typical times, and speed-ups within it."""
    earlier, later = ({line.name: line for line in session.lines} for session in (then, now))
    days = [s.started_at.astimezone().strftime("%Y-%m-%d %H:%M") for s in (then, now)]
    differences = (f"differs, now against then: {fact}" for fact in now.differences(then))
    return Table(
        columns=_COLUMNS,
        rows=tuple(
            _row(name, earlier.get(name), later.get(name))
            for name in dict.fromkeys([*earlier, *later])
        ),
        caption=f"then: {days[0]}; now: {days[1]}",
        notes=(*differences, _REFUSAL),
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
