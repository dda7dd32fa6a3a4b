"""Findings: what follows from the runs of a comparison, for each strategy and each pair."""

import math
import statistics
from collections.abc import Mapping, Sequence
from functools import cached_property

import attrs

from concurrent_fetch.analysis import Alone, Card, Causes, Counted, Probe, Record, Tried, Why
from concurrent_fetch.results._line import Line
from concurrent_fetch.stats import Ranking, spread


@attrs.frozen(kw_only=True, slots=False)
class Findings:
    """What follows from the runs of each strategy that count; the first is the reference."""

    counted: Counted
    reasons: Mapping[str, tuple[str, ...]]
    """Why a strategy cannot be compared with the reference; empty if it can."""
    probes: Mapping[str, Probe]
    card: Card
    cards: Mapping[str, Card]
    """Of those that ran in another interpreter."""
    urls: Sequence[str]
    """What they fetched."""
    tried: Mapping[str, Tried]
    """Twice the concurrency, where that was tried."""
    alone: Alone | None
    """What was fetched one at a time, where no strategy does that."""

    @cached_property
    def complete(self) -> dict[str, list[Record]]:
        """The timed runs of the rounds that count, but for those that a strategy lost."""
        return {name: self.counted.completed(name) for name in self.counted.runs}

    @cached_property
    def failures(self) -> dict[str, int]:
        """How many URLs were not answered, in the worst run of any sort."""
        return self.counted.most("failures")

    @cached_property
    def retries(self) -> dict[str, int]:
        """How often something was tried again, in the run of any sort with the most."""
        return self.counted.most("retries")

    @cached_property
    def ranking(self) -> Ranking:
        """Which is faster, and by how much."""
        return Ranking(
            times=self.counted.times(),
            looks=len(self.counted.looks),
            reasons=self.reasons,
            lost=self.counted.places(),
            is_open=self.counted.is_open,
        )

    @cached_property
    def causes(self) -> Causes:
        """Where the time went."""
        return Causes(
            runs=self.complete,
            comparable=[name for name, against in self.reasons.items() if not against],
            probes=self.probes,
            card=self.card,
            cards=self.cards,
            urls=self.urls,
            tried=self.tried,
            alone=self.alone,
        )

    def why(self, name: str) -> Why:
        """Return where the time of a strategy went."""
        return self.causes.of(name)

    @cached_property
    def lines(self) -> tuple[Line, ...]:
        """What there is to say about each strategy."""
        return tuple(map(self._line, self.complete))

    def _mean_speedup(self, name: str) -> float:
        """Return the ratio of mean times, not a number (nan) without a round of both."""
        ranking = self.ranking
        lost = {*ranking.lost[name], *ranking.lost[ranking.reference]}
        places = [i for i in range(len(ranking.times[name])) if i not in lost]
        base, mine = (
            math.fsum(ranking.times[one][i] for i in places) for one in (ranking.reference, name)
        )
        return base / mine if mine else math.nan

    def _line(self, name: str) -> Line:
        runs, reasons, ranking = self.complete[name], self.reasons[name], self.ranking
        elapsed = math.fsum(run.elapsed for run in runs)
        fetches = sum(len(run.columns["started"]) for run in runs)
        outside = [run.elapsed_outside for run in runs if run.elapsed_outside is not None]
        ahead, lead = ranking.ahead_of(name) or (None, None)
        return Line(
            name=name,
            is_reference=name == ranking.reference,
            typical=spread([run.elapsed for run in runs]) if runs else None,
            speedup=None if reasons else ranking.speedup(name),
            verdict=ranking.verdict(name),
            reasons=reasons,
            requests_per_second=fetches / elapsed if elapsed else math.nan,
            mean_speedup=self._mean_speedup(name),
            why=self.why(name),
            failures=self.failures[name],
            retries=self.retries[name],
            fastest=name in ranking.fastest,
            outside=statistics.median(outside) if outside else None,
            ahead=ahead,
            lead=lead,
        )
