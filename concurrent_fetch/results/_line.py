"""Line: what there is to say about one strategy, and the fields that show it in tables."""

import math

import attrs

from concurrent_fetch._units import Seconds
from concurrent_fetch.analysis import Why
from concurrent_fetch.render import (
    Field,
    average,
    interval,
    percent,
    rate,
    ratio,
    seconds,
)
from concurrent_fetch.stats import Estimate, Spread, Verdict, is_told

_NEAR_IDEAL = 1.05
"""Up to here a strategy was as fast as the ideal, to within what such figures are worth."""


@attrs.frozen(kw_only=True)
class Line:
    """What there is to say about one strategy of a comparison."""

    name: str
    is_reference: bool
    typical: Spread | None
    speedup: Estimate | None
    """Over the reference; None where the two cannot be compared."""
    verdict: Verdict
    reasons: tuple[str, ...]
    """Why it cannot be compared; empty if it can."""
    requests_per_second: float
    mean_speedup: float
    """By mean times over the reference, in the rounds that both completed and are judged by."""
    why: Why
    failures: int
    fastest: bool
    """Whether it belongs to those that no other strategy beats."""
    ahead: str | None = None
    """The one of the fastest that most surely beats it; None if none does for sure."""
    lead: Estimate | None = None
    """The speed-up of that one over it."""
    retries: int = 0
    """How often something was tried again, in the run with the most."""
    outside: Seconds | None = None
    """The typical time of a call seen from here, of a strategy in another interpreter."""

    @property
    def has_times(self) -> bool:
        """Whether the times of its fetches are known: else it brought no outcomes."""
        return self.why.slots > 0


def point_of(estimate: Estimate | None) -> str:
    """Return the ratio of an estimate; a dash without one."""
    return ratio(estimate.point, estimate.low, estimate.high) if estimate else ratio(None)


def bounds_of(estimate: Estimate | None) -> str | None:
    """Return the interval of an estimate; None where there are too few rounds for one."""
    return interval(estimate.low, estimate.high) if estimate and is_told(estimate) else None


def told(estimate: Estimate) -> str:
    """Return an estimate in words: `8.1× [7.6, 8.6]`; alone where there are too few rounds."""
    return " ".join(filter(None, (point_of(estimate), bounds_of(estimate))))


def _or_unknown(line: Line, shown: str) -> str:
    return shown if line.has_times else "unknown"


def _ideal(line: Line) -> str:
    """Return the share of the ideal; none where the reference's latencies are no measure.

    Two that are equally fast come out a few percent above or below 100.
    """
    reached = line.why.efficiency
    return percent(min(reached, 1.0) if reached <= _NEAR_IDEAL else math.nan)


def _limit(line: Line) -> str | None:
    limit = line.why.limit
    return "unknown" if limit is None and not line.has_times else limit


STRATEGY = Field[Line].name("strategy", lambda line: line.name, max_width=40)
TYPICAL = Field[Line].number(
    "typical", lambda line: seconds(line.typical.point if line.typical else None)
)
SPEEDUP = Field[Line].number("speed-up", lambda line: point_of(line.speedup))
BOUNDS = Field[Line](
    "95%", lambda line: "reference" if line.is_reference else bounds_of(line.speedup)
)
# What leaves where there is little room, in this order: the speed-up or the reason says it too.
IDEAL = Field[Line].number("ideal", _ideal, leaves=1)
RATE = Field[Line].number("req/s", lambda line: rate(line.requests_per_second), leaves=2)
CPU = Field[Line].number("CPU", lambda line: percent(line.why.cpu), leaves=3)
IN_FLIGHT = Field[Line].number(
    "in flight", lambda line: _or_unknown(line, average(line.why.in_flight)), leaves=4
)
LIMIT = Field[Line]("limit", lambda line: None if line.reasons else _limit(line), leaves=6)
FAILED = Field[Line].number("failed", lambda line: f"{line.failures:,}")
RETRIES = Field[Line].number("retries", lambda line: f"{line.retries:,}")
OUTSIDE = Field[Line].number("outside", lambda line: seconds(line.outside), leaves=5)
