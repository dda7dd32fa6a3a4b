"""Findings: what follows from the runs of a comparison, for each strategy and each pair."""

import math
import statistics
from collections.abc import Mapping, Sequence
from functools import cached_property

import attrs

from concurrent_fetch.analysis import Card, Causes, Probe, Record
from concurrent_fetch.results._line import Line
from concurrent_fetch.stats import Ranking, spread


@attrs.frozen(kw_only=True, slots=False)
class Findings:
    """What follows from the complete runs of each strategy; the first is the reference."""

    complete: Mapping[str, Sequence[Record]]
    """The timed runs of the rounds that count."""
    looks: int
    """After how many numbers of rounds a verdict was planned."""
    reasons: Mapping[str, tuple[str, ...]]
    """Why a strategy cannot be compared with the reference; empty if it can."""
    failures: Mapping[str, int]
    """How many URLs were not answered, in the worst run of any sort."""
    probes: Mapping[str, Probe]
    card: Card
    cards: Mapping[str, Card]
    """Of those that ran in another interpreter."""
    urls: Sequence[str]
    """What they fetched."""
    retries: Mapping[str, int]
    """How often something was tried again, in the run of any sort with the most."""

    @cached_property
    def ranking(self) -> Ranking:
        """Which is faster, and by how much."""
        times = {name: [run.elapsed for run in runs] for name, runs in self.complete.items()}
        return Ranking(times=times, looks=self.looks, reasons=self.reasons)

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
        )

    @cached_property
    def lines(self) -> tuple[Line, ...]:
        """What there is to say about each strategy."""
        return tuple(map(self._line, self.complete))

    def _line(self, name: str) -> Line:
        runs, reasons, ranking = self.complete[name], self.reasons[name], self.ranking
        elapsed = math.fsum(run.elapsed for run in runs)
        fetches = sum(len(run.columns["started"]) for run in runs)
        outside = [run.elapsed_outside for run in runs if run.elapsed_outside is not None]
        ahead, lead = ranking.ahead_of(name) or (None, None)
        return Line(
            name=name,
            is_reference=name == ranking.reference,
            typical=spread(ranking.times[name]) if runs else None,
            speedup=None if reasons else ranking.speedup(name),
            verdict=ranking.verdict(name),
            reasons=reasons,
            requests_per_second=fetches / elapsed if elapsed else math.nan,
            why=self.causes.of(name),
            failures=self.failures[name],
            retries=self.retries[name],
            fastest=ranking.is_ranked and name in ranking.fastest,
            outside=statistics.median(outside) if outside else None,
            ahead=ahead,
            lead=lead,
        )
