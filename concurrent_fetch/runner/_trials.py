"""Trials: what a comparison would advise is tried, after its rounds and on no clock of theirs.

Pairs of runs, one right after the other: as it was, and with twice the concurrency. And a few URLs
are fetched one at a time, where no strategy does that, to see whether the server is crowded.
"""

import random
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import attrs

from concurrent_fetch._units import Seconds
from concurrent_fetch.analysis import Alone, Evidence, Limit, Note, Record, Tried, interning
from concurrent_fetch.errors import StrategyError
from concurrent_fetch.model import Options
from concurrent_fetch.results import Comparison
from concurrent_fetch.runner._bridge import Bridge
from concurrent_fetch.runner._measured import options_of_runs
from concurrent_fetch.runner._meter import Meter
from concurrent_fetch.runner._ready import Ready
from concurrent_fetch.runner._trying import FEW, PAIRS, Trying
from concurrent_fetch.strategies import AnyStrategy, with_options

_AT_MOST: Seconds = 1.0
"""So long should fetches one at a time take."""


class Tell(Protocol):
    """Is told of every run."""

    def __call__(self, name: str, record: Record | None) -> None:
        """Take a run, None where it went wrong."""
        ...


@attrs.define(kw_only=True)
class Trials:
    """What is to be tried of a comparison, and what came of it so far."""

    trying: Trying
    strategies: Mapping[str, AnyStrategy]
    urls: Sequence[str]
    options: Options
    bridge: Bridge
    ready: Ready
    seed: int
    """Of the order within each pair."""
    is_forced: bool = False
    """Whether it is held after so few rounds that nothing is told of them, too."""

    tried: dict[str, Tried] = attrs.field(factory=dict, init=False)
    alone: Alone | None = attrs.field(default=None, init=False)
    notes: list[Note] = attrs.field(factory=list, init=False)
    """On what could not be tried."""
    _left: Seconds | None = attrs.field(default=None, init=False)

    def hold(
        self,
        judge: Callable[[], Comparison],
        left: Seconds | None,
        tell: Tell,
        expect: Callable[[int], None],
    ) -> None:
        """Try what there is to try; `left` is what is left of the budget, None without one.

        `judge` returns the comparison so far; `expect` is told how many runs are to come. What goes
        wrong costs nothing but the trial.
        """
        self._left = left
        comparison = judge()
        if not self._is_told(comparison):
            expect(0)
            return
        if self.trying.alone is not None:
            self._fetch_alone(self.trying.alone, comparison, tell)
            comparison = judge()
        names = [name for name in self.trying.twice if self._is_to_try(name, comparison)]
        expect(sum(map(self.trying.runs_of, names)))
        self._hold_pairs(names, comparison.checks, tell, expect)

    def give_up(self, error: Exception) -> None:
        """Leave it at what has been tried, for an error that nobody has foreseen."""
        fact = (
            f"what more in flight would bring could not be tried: {type(error).__name__}: {error}"
        )
        self.notes.append(
            Note(strategy=None, fact=fact, advice="please report it; all else stands")
        )

    def _is_told(self, comparison: Comparison) -> bool:
        enough = 1 if self.is_forced else comparison.rounds_needed
        return len(comparison.complete_rounds) >= enough

    def _fetch_alone(self, name: str, comparison: Comparison, tell: Tell) -> None:
        able = [one for one in comparison.strategies if not comparison.reasons_against(one)]
        slots = {one: comparison.why(one).slots for one in able}
        if not slots.get(name) or 1 in slots.values():
            return
        each = comparison.why(name).time_per_fetch
        most = FEW if each * FEW < _AT_MOST else max(1, int(_AT_MOST / each))
        places = _spread(comparison.checks[name], most)
        if not places or not self._is_affordable(len(places) * each):
            return
        try:
            record = self._told(name, 1, tell, [self.urls[place] for place in places])
        except StrategyError as error:
            self._note(name, f"a few URLs could not be fetched one at a time: {error}")
            return
        if record.has_times and not (record.failures or record.outside):
            self.alone = Alone.of(record, places)

    def _is_to_try(self, name: str, comparison: Comparison) -> bool:
        """Whether more in flight may be what helps, as far as its figures tell; and there is time.

        One that has more in flight than it may have does not heed `concurrency`, and one that never
        has more than half of that, as with a pool of its own, heeds another limit.
        """
        if comparison.reasons_against(name):
            return False
        why, check = comparison.why(name), comparison.checks[name]
        may_help = why.limit is Limit.CONCURRENCY or why.evidence is Evidence.NOTHING_TRIED
        if not may_help:
            return False
        may_have = check.options.concurrency
        heeds = check.peak_in_flight <= may_have < 2 * why.slots
        cost = self.trying.runs_of(name) * comparison.typical(name).point
        return heeds and self._is_affordable(cost)

    def _hold_pairs(
        self,
        names: Sequence[str],
        checks: Mapping[str, Record],
        tell: Tell,
        expect: Callable[[int], None],
    ) -> None:
        draw = random.Random(f"pairs {self.seed}")  # noqa: S311 - lots are drawn, no secrets
        pairs: dict[str, list[tuple[Record, Record]]] = {name: [] for name in names}
        for number in range(PAIRS):
            for name in draw.sample(list(pairs), len(pairs)):
                try:
                    if number == 0 and name in self.trying.prepared:
                        self._told(name, self.trying.twice[name], tell)
                    pairs[name].append(self._pair(name, checks[name], draw, tell))
                except StrategyError as error:
                    self._note(name, f"more in flight could not be tried: {error}")
                    del pairs[name]
                    expect(sum(self.trying.runs_of(one) - 2 * len(pairs[one]) for one in pairs))
        self.tried = {name: Tried.of(found) for name, found in pairs.items()}

    def _pair(
        self, name: str, check: Record, draw: random.Random, tell: Tell
    ) -> tuple[Record, Record]:
        """Run a pair in the order that is drawn; return the run as it was first."""
        before, twice = check.options.concurrency, self.trying.twice[name]
        runs: dict[int, Record] = {}
        for concurrency in draw.sample((before, twice), 2):
            record = runs[concurrency] = self._told(name, concurrency, tell)
            if record.outside or _results(record) != _results(check):
                raise StrategyError(
                    f"{concurrency} at once brought other results than its check run"
                )
        return runs[before], runs[twice]

    def _told(
        self, name: str, concurrency: int, tell: Tell, urls: Sequence[str] | None = None
    ) -> Record:
        """Run a strategy so, over all URLs unless told otherwise."""
        meter = Meter(self.urls if urls is None else urls, self.bridge, self.ready)
        strategy = with_options(self.strategies[name], concurrency=concurrency)
        try:
            measured = meter.measure(name, strategy, options_of_runs(self.options))
        except StrategyError:
            tell(name, None)
            raise
        record = measured.record(None, None, interning())
        tell(name, record)
        return record

    def _is_affordable(self, cost: Seconds) -> bool:
        """Whether something is to be had for what is left of the budget; then it is taken off."""
        if self._left is None:
            return True
        if cost > self._left:
            return False
        self._left -= cost
        return True

    def _note(self, name: str, fact: str) -> None:
        self.notes.append(Note(strategy=name, fact=fact, advice="the rounds count all the same"))


def _results(record: Record) -> list[str]:
    return sorted(map(str, record.results))


def _spread(check: Record, most: int) -> list[int]:
    """Return so many places at most of URLs that were answered, from all over the set."""
    if not check.ordered:
        return []
    answered = [place for place, kind in enumerate(check.columns["kind"]) if kind is None]
    number = min(most, len(answered))
    return [answered[i * len(answered) // number] for i in range(number)]
