"""Trying: what may be tried after the rounds, known before anything is run.

Whether more fetches in flight would help is no question of strategies that do not heed
`concurrency`, nor where the options limit when a fetch may start, nor where all URLs are in flight.
"""

from collections.abc import Mapping, Sequence

import attrs

from concurrent_fetch.model import Options
from concurrent_fetch.runner._plan import are_local, hosts_of, retries_in
from concurrent_fetch.runner._ready import ready_of
from concurrent_fetch.stats import rounds_to_tell
from concurrent_fetch.strategies import (
    AnyStrategy,
    effective_options,
    fetch_sync,
    how_called,
    innermost,
    iter_sync,
    taken_apart,
)

PAIRS = 5
"""Runs as it was, and as many with twice the concurrency."""
FEW = 10
"""So many URLs at most are fetched one at a time."""


@attrs.frozen
class Trying:
    """What may be tried after the rounds; nothing, unless said otherwise."""

    twice: Mapping[str, int] = attrs.field(factory=dict)
    """The strategies for which twice the concurrency may be tried, and how many that are."""
    prepared: frozenset[str] = frozenset()
    """Those of them that run once more before, to make ready what they prepare."""
    alone: str | None = None
    """The strategy by which a few URLs are fetched one at a time, where none does so by itself."""

    def __bool__(self) -> bool:
        return bool(self.twice or self.alone)

    def runs_of(self, name: str) -> int:
        """Return in how many runs twice the concurrency of a strategy is tried."""
        return 2 * PAIRS + (name in self.prepared) if name in self.twice else 0

    @property
    def runs(self) -> int:
        """In how many runs all of that is tried, at most."""
        return sum(map(self.runs_of, self.twice))

    def retries(self, under: Mapping[str, Options], urls: int) -> int:
        """Return how often something may be tried again in all of that, at most."""
        of_runs = sum(self.runs_of(name) * retries_in(urls, under[name]) for name in self.twice)
        few = min(FEW, urls)
        return of_runs + (retries_in(few, under[self.alone]) if self.alone else 0)


NOTHING = Trying()


def trying_of(strategies: Mapping[str, AnyStrategy], urls: int, options: Options) -> Trying:
    """Return what may be tried with so many URLs."""
    under = {name: effective_options(one, options) for name, one in strategies.items()}
    heeding = [n for n, one in strategies.items() if _heeds(one) and not _limits_starts(under[n])]
    one_by_one = [n for n, one in strategies.items() if _is_sync(one) or under[n].concurrency == 1]
    twice = {
        name: min(2 * under[name].concurrency, urls)
        for name in heeding
        if under[name].concurrency < urls
    }
    return Trying(
        twice=twice,
        prepared=frozenset(name for name in twice if ready_of(strategies[name]) is not None),
        alone=heeding[0] if heeding and not one_by_one and urls > 1 else None,
    )


def trying(
    strategies: Mapping[str, AnyStrategy],
    urls: Sequence[str],
    options: Options,
    looks: Sequence[int],
    try_more: bool | None,
) -> Trying:
    """Return what may be tried in a comparison; `try_more` as the Runner has it."""
    hosts = hosts_of(urls)
    is_told = looks[-1] >= rounds_to_tell(len(strategies), len(looks))
    if try_more or (try_more is None and is_told and are_local(hosts)):
        return trying_of(strategies, sum(hosts.values()), options)
    return NOTHING


def _heeds(strategy: AnyStrategy) -> bool:
    """Whether `concurrency` reaches it, and is for it."""
    return how_called(taken_apart(strategy)[0]).takes_options and not _is_sync(strategy)


def _limits_starts(options: Options) -> bool:
    return bool(options.rate or options.delay or options.per_host or options.hosts)


def _is_sync(strategy: AnyStrategy) -> bool:
    return innermost(strategy)[0] in (fetch_sync, iter_sync)
