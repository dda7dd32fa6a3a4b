"""Ladder: from a loop of bare requests to an event loop, changing one thing at a time."""

import math
from collections.abc import Iterator
from functools import cached_property
from typing import Any

import attrs

from concurrent_fetch.errors import NotComparableError
from concurrent_fetch.model import stream_of
from concurrent_fetch.render import Table, to_html, to_text
from concurrent_fetch.results._comparison import Comparison, lines_of
from concurrent_fetch.results._ladder_table import Rung, sum_of, table
from concurrent_fetch.results._step import Step
from concurrent_fetch.stats import Estimate, compatible
from concurrent_fetch.words import visible


@attrs.frozen(kw_only=True, slots=False, repr=False)
class Ladder:
    """What each of several changes brought, from a loop of bare requests to an event loop.

    The rungs are strategies of one comparison. Frozen; made by `Runner.ladder`; `print(ladder)`
    shows it. The intervals are those of the pairs in the comparison, and hold together with 95 %.
    The points are averaged over all pairs, so that the steps multiply to the total; an interval
    that does not hold its point is widened up to it. Where two rungs have no round that both
    completed, each point is that of its own pair.
    """

    changes: tuple[str, ...]
    """What changed from each strategy of the comparison to the next."""
    comparison: Comparison
    """The rounds, with the rungs as its strategies."""

    @property
    def steps(self) -> tuple[Step, ...]:
        """What each change brought, in order."""
        names = self.comparison.strategies
        rows = zip(self.changes, names[:-1], names[1:], strict=True)
        return tuple(self._step(*row) for row in rows)

    @property
    def total(self) -> Estimate:
        """How many times faster the last rung is than the first.

        Raises:
            NotComparableError: the two cannot be compared; the message says why.
        """
        names = self.comparison.strategies
        whole = self._step("all", names[0], names[-1])
        if whole.speedup is None:
            raise NotComparableError(
                f"{names[-1]} and {names[0]} cannot be compared: {'; '.join(whole.reasons)}"
            )
        return whole.speedup

    @property
    def remainder(self) -> float:
        """The total over the product of all steps: 1, but for rounding.

        Another one where points are those of their own pairs. Not a number (nan) where a step
        cannot be compared.
        """
        points = [step.speedup.point if step.speedup else math.nan for step in self.steps]
        product = math.prod(points)
        return math.nan if math.isnan(product) else self.total.point / product

    def to_columns(self) -> dict[str, list[Any]]:
        """Return one list per fact, one entry per rung: feeds pandas, polars or pyarrow.

        Times in seconds; a speed-up is over the rung before. What is not known is not a number
        (nan), and `change` is None for the first.
        """
        rows = self.to_dicts()
        return {name: [row[name] for row in rows] for name in rows[0]}

    def to_dicts(self) -> list[dict[str, Any]]:
        """Return one dict per rung, with the same names as `to_columns`."""
        return [rung.facts() for rung in self._rungs()]

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Yield what `to_dicts` returns: so `pandas.DataFrame` takes the result itself."""
        return iter(self.to_dicts())

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """Return `to_columns` as Arrow, for `pyarrow.table` and `polars.from_dataframe`."""
        return stream_of(self.to_columns(), requested_schema)

    def table(self) -> Table:
        """Return the rungs as a neutral table, for any renderer; the steps in one line below it."""
        whole = self.comparison.table()
        return table(
            self._rungs(),
            caption=whole.caption,
            notes=(self._sum(), *self._shortage(), *whole.notes),
        )

    def __str__(self) -> str:
        return to_text(self.table())

    def _repr_html_(self) -> str:
        return to_html(self.table(), self.comparison.timeline())

    def __repr__(self) -> str:
        changes = visible(", ".join(self.changes))
        return f"<Ladder of {changes}: {self.comparison.rounds} rounds>"

    def _rungs(self) -> list[Rung]:
        return list(map(Rung, lines_of(self.comparison), (None, *self.steps)))

    def _step(self, change: str, before: str, after: str) -> Step:
        against = [self.comparison.reasons_against(name) for name in (before, after)]
        reasons = tuple(dict.fromkeys(reason for said in against for reason in said))
        gain = None if reasons else self._gain(before, after)
        return Step(name=change, before=before, after=after, speedup=gain, reasons=reasons)

    def _gain(self, before: str, after: str) -> Estimate:
        found = self.comparison.speedup(after, over=before)
        point = math.exp(self._levels[after] - self._levels[before])
        if math.isnan(point):
            return found
        # Sums of logarithms round: what is 2 stays 2.
        ends = (found.low, found.point, found.high)
        point = next((end for end in ends if math.isclose(end, point, rel_tol=1e-12)), point)
        return attrs.evolve(
            found, point=point, low=min(found.low, point), high=max(found.high, point)
        )

    @cached_property
    def _levels(self) -> dict[str, float]:
        able = [n for n in self.comparison.strategies if not self.comparison.reasons_against(n)]
        return compatible(able, lambda name, base: self.comparison.speedup(name, over=base).point)

    def _sum(self) -> str:
        try:
            return sum_of(self.steps, self.total)
        except NotComparableError:
            return sum_of(self.steps, None)

    def _shortage(self) -> list[str]:
        needed = self.comparison.rounds_needed
        if len(self.comparison.complete_rounds) >= needed:
            return []
        return [f"too few rounds for intervals: at least {needed} are needed"]
