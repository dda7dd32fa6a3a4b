"""Two comparisons of different sessions, side by side and without a verdict."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import attrs

from concurrent_fetch.analysis import Card
from concurrent_fetch.http import redact
from concurrent_fetch.model import Options
from concurrent_fetch.render import Field, Table
from concurrent_fetch.results._line import BOUNDS, SPEEDUP, STRATEGY, TYPICAL, Line

_REFUSAL = (
    "no verdict across sessions: of 100 pairs of equal strategies, one measured today and one "
    "tomorrow, 20 to 50 would be called different; compare them in one run"
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
        if not _are_same(self, other):
            told.append(f"URLs: {len(self.urls)} against {len(other.urls)}, not the same")
        if self.reference != other.reference:
            told.append(f"reference: {self.reference} against {other.reference}")
        return told


def _are_same(one: Session, other: Session) -> bool:
    """Whether both fetched the same URLs, as far as is known of one that was saved: no secrets."""
    mine, theirs = tuple(one.urls), tuple(other.urls)
    also = (*one.options.secret_params, *other.options.secret_params)
    saved = [tuple(redact(url, also) for url in urls) for urls in (mine, theirs)]
    return mine == theirs or (saved[0] == saved[1] and (mine in saved or theirs in saved))


def side_by_side(then: Session, now: Session) -> Table:
    """Return a row for each strategy of either session: typical times, and speed-ups within it."""
    earlier, later = ({line.name: line for line in session.lines} for session in (then, now))
    days = [s.started_at.astimezone().strftime("%Y-%m-%d %H:%M") for s in (then, now)]
    differences = (f"differs, now against then: {fact}" for fact in now.differences(then))
    return Table.of(
        _FIELDS,
        [_Pair(name, earlier.get(name), later.get(name)) for name in (earlier | later)],
        caption=f"then: {days[0]}; now: {days[1]}",
        notes=(*differences, _REFUSAL),
    )


class _Pair(NamedTuple):
    """A strategy in both sessions, or in one of them."""

    name: str
    then: Line | None
    now: Line | None


def _then(pair: _Pair) -> Line | None:
    return pair.then


def _now(pair: _Pair) -> Line | None:
    return pair.now


# Where there is little room the times leave, which are of two sessions, and not the speed-ups.
_FIELDS: tuple[Field[_Pair], ...] = (
    Field.name("strategy", lambda pair: pair.name, max_width=STRATEGY.max_width),
    attrs.evolve(TYPICAL.of(_then, "then"), leaves=1),
    attrs.evolve(TYPICAL.of(_now, "now"), leaves=2),
    SPEEDUP.of(_then, "speed-up then"),
    BOUNDS.of(_then),
    SPEEDUP.of(_now, "speed-up now"),
    BOUNDS.of(_now),
)
