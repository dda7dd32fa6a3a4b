"""What a ladder says to a reader: as a table, and in the line below it that adds up the steps."""

import math
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from concurrent_fetch.render import Field, Table
from concurrent_fetch.results._line import (
    CPU,
    IN_FLIGHT,
    STRATEGY,
    TYPICAL,
    Line,
    bounds_of,
    point_of,
    told,
)
from concurrent_fetch.results._step import Step
from concurrent_fetch.stats import Estimate


class Rung(NamedTuple):
    """A strategy, and the step that leads to it; None to the first."""

    line: Line
    step: Step | None

    def facts(self) -> dict[str, Any]:
        """Return what a data frame shows of it."""
        typical, gain = self.line.typical, self.step and self.step.speedup
        return {
            "strategy": self.line.name,
            "change": self.step and self.step.name,
            "typical": typical.point if typical else math.nan,
            "speedup": gain.point if gain else math.nan,
            "low": gain.low if gain else math.nan,
            "high": gain.high if gain else math.nan,
            "in_flight": self.line.why.in_flight,
            "cpu": self.line.why.cpu,
        }


def table(rungs: Iterable[Rung], *, caption: str | None, notes: Iterable[str]) -> Table:
    """Return a row for each rung; speed-ups are over the rung before."""
    return Table.of(_FIELDS, rungs, caption=caption, notes=notes)


def sum_of(steps: Sequence[Step], total: Estimate | None) -> str:
    """Return the line that multiplies the steps; without a total not all can be compared."""
    if total is None:
        known = [f"{point_of(step.speedup)} by {step.name}" for step in steps if step.speedup]
        rest = f"; known are {', '.join(known)}" if known else ""
        return f"no total, since not all can be compared{rest}"
    parts = " × ".join(f"{point_of(step.speedup)} ({step.name})" for step in steps)
    return f"{steps[-1].after} is {told(total)} as fast as {steps[0].before}: {parts}"


def _line(rung: Rung) -> Line:
    return rung.line


def _speedup(rung: Rung) -> str:
    return point_of(rung.step.speedup) if rung.step else ""


def _bounds(rung: Rung) -> str | None:
    if rung.step is None:
        return "reference"
    return "not comparable" if rung.step.speedup is None else bounds_of(rung.step.speedup)


_FIELDS: tuple[Field[Rung], ...] = (
    STRATEGY.of(_line),
    TYPICAL.of(_line),
    Field.words("changed", lambda rung: rung.step.name if rung.step else ""),
    Field.number("speed-up", _speedup),
    Field("95%", _bounds),
    IN_FLIGHT.of(_line),
    CPU.of(_line),
)
