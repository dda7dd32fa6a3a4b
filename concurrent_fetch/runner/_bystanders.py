"""Bystanders: threads and children of the program that work before the first run and beside all.

Nobody's run has started them, and they compute between the runs as well, when nobody but the Runner
does: they work for none. The CPU time of such threads is taken out of the runs', that of children
is of others, as far as the system tells it. A pool that strategies share is none: it is at rest
while nobody fetches.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator

from concurrent_fetch._units import Seconds
from concurrent_fetch.analysis import Note
from concurrent_fetch.render import percent
from concurrent_fetch.runner._left import listed, told_of, worked
from concurrent_fetch.runner._seen import Look, Thing

_OFTEN = 0.25
"""In so many of the pauses, or more, a bystander was seen at work: some rest now and then."""
_AGAIN = 2
"""So often after the first pause, in which it may just have been starting."""
_SHARE = 0.02
"""What uses less of a core beside the runs needs no note."""


class Bystanders:
    """What was there before the first run, and what it does between two runs."""

    def __init__(self, clock_of: Callable[[Thing], Seconds | None]) -> None:
        self._clock_of = clock_of
        self._there: frozenset[Thing] | None = None
        self._pauses = 0
        self._worked: Counter[Thing] = Counter()
        self._stirred: frozenset[Thing] = frozenset()
        self._now: Look | None = None
        self._at_work: dict[Thing, Seconds] = {}
        """With what each had used when last asked; it may end in a run."""
        self._used: defaultdict[Thing, Seconds] = defaultdict(float)
        self._names: dict[Thing, str] = {}
        self._lasted: Seconds = 0.0

    def cpu(self) -> Seconds:
        """Return what the threads have used so far that are at work beside the run that is on."""
        for thing in self._at_work:
            if thing.kind == "thread" and (cpu := self._clock_of(thing)) is not None:
                self._at_work[thing] = cpu
        return sum(cpu for thing, cpu in self._at_work.items() if thing.kind == "thread")

    def numbers(self) -> frozenset[int]:
        """Return the numbers of those."""
        return frozenset(thing.number for thing in self._at_work)

    def ask_for_rest(self, now: Look) -> bool:
        """Whether to rest before the next run, to see who works then."""
        if self._now is None:
            self._there = frozenset(thing for thing in now.things if _may_be(thing, now))
            return bool(self._there)
        return bool(self._at_work or self._working(self._now, now))

    def settle(self, rest: Look, now: Look) -> bool:
        """Take the first stretch of a rest: what works in it may be ending what it was at."""
        self._stirred = self._working(rest, now)
        return bool(self._stirred)

    def is_open(self, rest: Look, now: Look) -> bool:
        """Whether something was at work, and has not been seen to work since."""
        return not self._stirred <= self._working(rest, now)

    def begin(self, before: Look, rest: Look) -> None:
        """Take what was seen before a run, and at the beginning of a `rest` before that.

        What works only after the first run may be at work for a strategy.
        """
        self._pauses += 1
        working = self._working(rest, before)
        if self._pauses == 1:
            self._there = working
        self._worked.update(working)
        self._stirred = frozenset()
        least = 1 if self._pauses == 1 else max(_AGAIN, _OFTEN * self._pauses)
        self._at_work = {
            thing: before.cpu(thing)
            for thing, times in self._worked.items()
            if times >= least and thing in before.things
        }

    def end(self, before: Look, after: Look, now: Look) -> None:
        """Take what was seen before a run, just after it and a little later."""
        self._lasted += after.at - before.at
        for thing in self._at_work.keys() & after.things.keys():
            self._used[thing] += after.cpu(thing) - before.cpu(thing)
            self._names[thing] = told_of(thing, after)
        self._now = now

    def notes(self) -> Iterator[Note]:
        """Yield what a reader should know of them."""
        used = {t: cpu for t, cpu in self._used.items() if cpu >= _SHARE * self._lasted}
        if not used.keys() & self._at_work:  # or it only took its time to start
            return
        names = listed(self._names[thing] for thing in sorted(used, key=used.__getitem__)[::-1])
        share = percent(sum(used.values()) / self._lasted)
        yield Note(
            strategy=None,
            fact=f"{names} of your program computed beside the runs, {share} of a core",
            advice="let it rest: it may slow them down",
        )

    def _working(self, since: Look, now: Look) -> frozenset[Thing]:
        there = (self._there or frozenset()) & now.things.keys()
        return frozenset(thing for thing in there if worked(thing, since, now))


def _may_be(thing: Thing, seen: Look) -> bool:
    known = seen.things[thing]
    return known.cpu is not None and not known.is_ours
