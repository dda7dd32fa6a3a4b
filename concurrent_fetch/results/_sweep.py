"""Sweep: one strategy at several concurrencies, and how many fetches in flight are enough."""

import math
from collections.abc import Iterator
from typing import Any

import attrs

from concurrent_fetch.analysis import Ceiling, Level, ceilings
from concurrent_fetch.errors import NotComparableError
from concurrent_fetch.model import stream_of
from concurrent_fetch.render import Picture, Table, many, to_html, to_text
from concurrent_fetch.results._comparison import Comparison, lines_of, timeline_by, times_of
from concurrent_fetch.results._line import Line
from concurrent_fetch.results._pictures import chart_of_sweep
from concurrent_fetch.results._sweep_table import Choice, Row, advice, table
from concurrent_fetch.stats import Estimate
from concurrent_fetch.words import visible

_WITHIN = 1.05


@attrs.frozen(kw_only=True, repr=False)
class Sweep:
    """One strategy at several concurrencies: how many fetches in flight are enough.

    The levels are strategies of one comparison, and the first is its reference. Frozen; made by
    `Runner.sweep`; `print(sweep)` shows it. It says nothing of levels that were not tried.
    """

    strategy: str
    """What was run at every level."""
    levels: tuple[int, ...]
    """The values of `Options.concurrency`, ascending."""
    comparison: Comparison
    """The rounds, with the levels as its strategies: `"1"`, `"2"`, …"""

    @property
    def best(self) -> int:
        """The level with the greatest speed-up over the first.

        Raises:
            NotComparableError: no level can be compared with the first; the message says why.
        """
        first, *_ = able = self._able()
        return max(able, key=lambda level: self._over(level, first).point)

    @property
    def recommended(self) -> int:
        """The smallest level whose typical time is within 5 % of the best.

        It is chosen by the point estimates of runs in pairs; how sure that is, `loss` says.

        Raises:
            NotComparableError: as `best` does.
        """
        best = self.best
        return next(level for level in self._able() if self._over(best, level).point <= _WITHIN)

    @property
    def at_edge(self) -> bool:
        """Whether the recommended level is the largest tried: more may be faster still.

        Raises:
            NotComparableError: as `best` does.
        """
        return self.recommended == self.levels[-1]

    @property
    def loss(self) -> Estimate:
        """The speed-up of the recommended level over the best: 0.97 is 3 % slower.

        Its interval is one of all pairs of levels, which hold together with 95 %: so also that of
        the pair that the result itself chose. It is (0, inf) if there are too few rounds.

        Raises:
            NotComparableError: as `best` does.
        """
        return self._over(self.recommended, self.best)

    def ceiling(self, level: int) -> Ceiling:
        """Return what bounds the requests per second at a level.

        Raises:
            ValueError: that level was not tried.
        """
        self._check(level)
        return ceilings(self._measured())[self.levels.index(level)]

    def to_columns(self) -> dict[str, list[Any]]:
        """Return one list per fact, one entry per level: feeds pandas, polars or pyarrow.

        Times in seconds; what is not known is not a number (nan), or None where it is no number.
        """
        rows = self.to_dicts()
        return {name: [row[name] for row in rows] for name in rows[0]}

    def to_dicts(self) -> list[dict[str, Any]]:
        """Return one dict per level, with the same names as `to_columns`."""
        return [row.facts() for row in self._rows()]

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Yield what `to_dicts` returns: so `pandas.DataFrame` takes the result itself."""
        return iter(self.to_dicts())

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """Return `to_columns` as Arrow, for `pyarrow.table` and `polars.from_dataframe`."""
        return stream_of(self.to_columns(), requested_schema)

    def table(self) -> Table:
        """Return the levels as a neutral table, for any renderer; the advice stands below it."""
        rows, whole = self._rows(), self.comparison.table()
        return table(
            rows,
            caption=f"{self.strategy}: {whole.caption}",
            notes=(*advice(rows, self._choice()), *whole.notes),
        )

    def chart(self) -> Picture:
        """Return a picture: throughput and latency over concurrency, and what bounds them.

        The recommended level has a band behind it.
        """
        size = f"{many(len(self.comparison.urls), 'URL')}, {many(self.comparison.rounds, 'round')}"
        edge = self._choice() is not None and self.at_edge
        return chart_of_sweep(self._rows(), f"{self.strategy} ({size})", at_edge=edge)

    def timeline(self, *levels: int) -> Picture:
        """Return a picture of the most typical round at some levels, and which are not shown.

        Without any named: at the first, the recommended and the last.

        Raises:
            ValueError: a level was not tried.
        """
        self._check(*levels)
        choice = self._choice()
        usual = (self.levels[0], *([choice.recommended] if choice else ()), self.levels[-1])
        shown = {str(level) for level in levels or usual}
        return timeline_by(self.comparison, shown, prefix="concurrency ")

    def __str__(self) -> str:
        return to_text(self.table())

    def _repr_html_(self) -> str:
        return to_html(self.table(), self.chart(), self.timeline())

    def __repr__(self) -> str:
        levels = ", ".join(map(str, self.levels))
        return f"<Sweep of {visible(self.strategy)} at {levels}: {self.comparison.rounds} rounds>"

    def _check(self, *levels: int) -> None:
        for level in levels:
            if level not in self.levels:
                tried = ", ".join(map(str, self.levels))
                raise ValueError(f"{level!r} in flight was not tried; there are {tried}")

    def _able(self) -> list[int]:
        """The levels to choose from; the first of all is among them."""
        against = {x: self.comparison.reasons_against(str(x)) for x in self.levels}
        able = [level for level in self.levels if not against[level]]
        if len(able) < 2 or against[self.levels[0]]:
            reasons = "; ".join(dict.fromkeys(r for said in against.values() for r in said))
            raise NotComparableError(
                f"no level can be compared with {self.levels[0]} in flight: {reasons}"
            )
        return able

    def _over(self, level: int, other: int) -> Estimate:
        return self.comparison.speedup(str(level), over=str(other))

    def _choice(self) -> Choice | None:
        try:
            recommended, able = self.recommended, self._able()
        except NotComparableError:
            return None
        before = able[max(0, able.index(recommended) - 1)]
        return Choice(
            best=self.best,
            recommended=recommended,
            loss=self.loss,
            before=before,
            gain=self._over(recommended, before),
        )

    def _measured(self) -> list[Level]:
        return [self._level(level) for level in self.levels]

    def _level(self, level: int) -> Level:
        times = times_of(self.comparison, str(level))
        fetches = len(self.comparison.urls) * len(times)
        return Level(
            concurrency=level,
            why=self.comparison.why(str(level)),
            requests_per_second=fetches / math.fsum(times) if times else math.nan,
            gain=self._gain(level),
        )

    def _gain(self, level: int) -> float:
        """How many times faster a level is than the comparable one before it."""
        able = [x for x in self.levels if not self.comparison.reasons_against(str(x))]
        if level not in able[1:]:
            return math.nan
        return self._over(level, able[able.index(level) - 1]).point

    def _rows(self) -> list[Row]:
        choice, levels = self._choice(), self._measured()
        parts = zip(lines_of(self.comparison), levels, ceilings(levels), strict=True)
        return [self._row(*part, choice) for part in parts]

    def _row(self, line: Line, level: Level, ceiling: Ceiling, choice: Choice | None) -> Row:
        records = [r for r in self.comparison.records if r.strategy == line.name]
        return Row(
            line=line,
            level=level,
            ceiling=ceiling,
            peak=max(record.peak_in_flight for record in records),
            recommended=choice is not None and choice.recommended == level.concurrency,
            rounds_needed=self.comparison.rounds_needed,
        )
