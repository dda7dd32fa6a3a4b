"""Settling what comes back from workers: what is final is handed on."""

from collections.abc import Callable, Sequence
from time import perf_counter

from concurrent_fetch.feed import CountedWork, Job, worked_elsewhere
from concurrent_fetch.model import Outcome
from concurrent_fetch.strategies._crossing import Find, unpacked
from concurrent_fetch.strategies._deaths import Deaths
from concurrent_fetch.strategies._judging import Judging
from concurrent_fetch.strategies._supply import Supply
from concurrent_fetch.strategies._worker import Told


class Settling:
    """Gives jobs back to the feed of one run; `put` is given the outcomes that are final."""

    def __init__(
        self, supply: Supply, judging: Judging, put: Callable[[list[Outcome]], None]
    ) -> None:
        self.count = 0
        """How many outcomes were handed on."""
        options = judging.options
        self.is_looked_at: bool = options.work is not None or options.sink is not None
        """Whether work or a sink has responses, there."""
        self._put = put
        self._feed = feed = supply.feed
        self._judging, self._work = judging, options.work
        self._deaths = Deaths(supply, options.deadline)
        # Without any of these the feed has nothing left to do.
        self._is_settled_there = not (self.is_looked_at or feed.has_limits or feed.has_journal)

    def take(self, told: Told, find: Find) -> None:
        """Settle outcomes that a worker has told of."""
        if told.worked and isinstance(self._work, CountedWork):
            self._work.add(told.worked, told.working)
        done = unpacked(told.outcomes, find)
        if self._is_settled_there:
            self._hand_on([outcome for _, outcome in done])
            return
        feed, is_looked_at, to_be_decided = self._feed, self.is_looked_at, told.to_be_decided
        now = perf_counter() if feed.has_limits else 0.0
        self._judging.told = to_be_decided
        final: list[Outcome] = []
        for job, outcome in done:
            if is_looked_at and job.index not in to_be_decided:
                worked_elsewhere(outcome)
            settled = feed.settle(job, outcome, now)
            if settled is not None:
                final.append(settled)
        self._hand_on(final)

    def lose(self, jobs: Sequence[Job], number: int) -> None:
        """Have jobs done once more whose worker, of that number, has died; or answer for them."""
        self._judging.told = None
        said = [self._deaths.outcome_of(job, number) for job in jobs]
        self._hand_on([one for one in said if one is not None])

    def cut(self, jobs: Sequence[Job], number: int) -> None:
        """Answer for jobs whose worker hangs, and that the deadline came before."""
        self._judging.told = None
        said = [self._deaths.out_of_time(job, number) for job in jobs]
        self._hand_on([one for one in said if one is not None])

    def _hand_on(self, final: list[Outcome]) -> None:
        if final:
            self.count += len(final)
            self._put(final)
