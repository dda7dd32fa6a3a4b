"""Bystanders: threads of the program that were at work before any run, and are beside the runs.

Nobody's run has started them, and they compute between the runs as well, when nobody but the Runner
does: they work for none. Their CPU time is taken out of the runs', as far as the system tells it.
A pool that strategies share is none: it is at rest while nobody fetches.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator

from concurrent_fetch._units import Seconds
from concurrent_fetch.analysis import Note
from concurrent_fetch.render import percent
from concurrent_fetch.runner._left import told_of, worked
from concurrent_fetch.runner._seen import Look, Thing

_OFTEN = 0.25
"""In so many of the pauses, or more, a bystander was seen at work: some rest now and then."""
_SHARE = 0.02
"""What uses less of a core beside the runs needs no note."""
_SHOWN = 3


class Bystanders:
    """The threads that were there before the first run, and what they do between two runs."""

    def __init__(self, clock_of: Callable[[Thing], Seconds | None]) -> None:
        self._clock_of = clock_of
        self._there: frozenset[Thing] | None = None
        self._pauses = 0
        self._worked: Counter[Thing] = Counter()
        self._stirred: frozenset[Thing] = frozenset()
        self._now: Look | None = None
        self._at_work: dict[Thing, Seconds] = {}
        """With what each had used when last asked; it may end in a run."""
        self._used: defaultdict[str, Seconds] = defaultdict(float)
        self._lasted: Seconds = 0.0

    def cpu(self) -> Seconds:
        """Return what those have used so far that are at work beside the run that is on."""
        for thing in self._at_work:
            if (cpu := self._clock_of(thing)) is not None:
                self._at_work[thing] = cpu
        return sum(self._at_work.values())

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
        """Take what was seen before a run, and at the beginning of a `rest` before that."""
        self._pauses += 1
        self._worked.update(self._working(rest, before))
        self._stirred = frozenset()
        self._at_work = {
            thing: before.cpu(thing)
            for thing, times in self._worked.items()
            if times >= _OFTEN * self._pauses and thing in before.things
        }

    def end(self, before: Look, after: Look, now: Look) -> None:
        """Take what was seen before a run, just after it and a little later."""
        self._lasted += after.at - before.at
        for thing in self._at_work.keys() & after.things.keys():
            self._used[told_of(thing, after)] += after.cpu(thing) - before.cpu(thing)
        self._now = now

    def notes(self) -> Iterator[Note]:
        """Yield what a reader should know of them."""
        names = [name for name, used in self._used.items() if used >= _SHARE * self._lasted]
        if not names:
            return
        more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
        share = percent(sum(self._used[name] for name in names) / self._lasted)
        yield Note(
            strategy=None,
            fact=f"{', '.join(names[:_SHOWN])}{more} of your program computed beside the runs, "
            f"{share} of a core",
            advice="let it rest: it may slow them down",
        )

    def _working(self, since: Look, now: Look) -> frozenset[Thing]:
        there = (self._there or frozenset()) & now.things.keys()
        return frozenset(thing for thing in there if worked(thing, since, now))


def _may_be(thing: Thing, seen: Look) -> bool:
    known = seen.things[thing]
    return thing.kind == "thread" and known.cpu is not None and not known.is_ours
