"""Left: what runs leave at work beside the runs of others, judged by what was seen of it.

Between two runs nobody computes but the Runner: what does then was left at work. What only waits is
no hindrance: a pool of threads may stay for the next run. Strategies may even share one: what it
computes within a run belongs to that run, unless it was at work before.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence

from concurrent_fetch._units import Seconds
from concurrent_fetch.analysis import Note
from concurrent_fetch.render import many, seconds
from concurrent_fetch.runner._seen import Look, Thing
from concurrent_fetch.words import told

STIR: Seconds = 0.0003
"""What uses less between two runs is at rest: it was woken, and slept again."""
ROUGH: Seconds = 0.01
"""The same where the system only tells what all threads have used, and in steps perhaps."""
_LEAST: Seconds = 0.001
_SHARE = 0.02
"""What uses less of the time of a run is no hindrance to it."""
_AFTERWARDS = 0.05
_MANY, _NEARLY_ALL = 4, 0.75
_SHOWN = 3
_END_IT = "end what it starts before it returns, as by join(), shutdown() or a with block"


class Left:
    """What each strategy has left so far, and what that has done since.

    It is told of every run: what was seen just before (`begin`), just after (`end`), and what
    remained a little later (`stay`).
    """

    def __init__(self) -> None:
        self._owners: dict[Thing, str] = {}
        """In whose run a thing began."""
        self._since: dict[Thing, str] = {}
        """After whose run it was found at work; it has not been at rest since."""
        self._at_work: set[Thing] = set()
        self._now: Look | None = None
        self._last = ""
        self._was_noisy: bool | None = None
        self._runs: Counter[str] = Counter()
        self._lasted: defaultdict[str, Seconds] = defaultdict(float)
        self._leaving: Counter[str] = Counter()
        self._afterwards: defaultdict[str, Seconds] = defaultdict(float)
        self._beside: dict[str, dict[str, None]] = {}

    def asks_for_rest(self, now: Look) -> bool:
        """Whether to rest before the next run, to see what works then.

        Of the Runner's own things, that are always there, it is asked once for each strategy, and
        when they have worked since the last run.
        """
        left = [thing for thing in self._owners if thing in now.things]
        is_asked = self._runs[self._last] == 1 or bool(self._since)
        return any(
            is_asked or not now.things[thing].is_ours or self._used(thing, now) >= STIR
            for thing in left
        )

    def settle(self, rest: Look, now: Look) -> bool:
        """Take the first stretch of a rest; return whether anything worked in it.

        It may just have ended what it was at, as closing connections.
        """
        stirred = [thing for thing in self._owners if worked(thing, rest, now)]
        for thing in stirred:
            self._since.setdefault(thing, self._last)
        return bool(stirred)

    def is_open(self, rest: Look, now: Look) -> bool:
        """Whether something was at work, and has not been seen to work in the rest."""
        there = (thing for thing in self._since if thing in now.things)
        return any(not worked(thing, rest, now) for thing in there)

    def begin(self, before: Look, rest: Look) -> None:
        """Take what was seen before a run, and at the beginning of a `rest` before that.

        At work is what works at rest, too: what worked before it may have come to its end.
        """
        there = [thing for thing in self._owners if thing in before.things]
        self._at_work = {thing for thing in there if worked(thing, rest, before)}
        unclear = {t for t in there if t.kind == "thread" and before.things[t].cpu is None}
        beside = before.beside - rest.beside
        if self._was_noisy is None and not there:
            self._was_noisy = beside >= ROUGH / 2
        if not self._was_noisy and beside >= ROUGH:
            self._at_work |= unclear
        self._since = {thing: self._since.get(thing, self._last) for thing in self._at_work}
        mine = (thing for thing in there if self._owners[thing] == self._last)
        self._afterwards[self._last] += sum(self._used(thing, before) for thing in mine)

    def end(self, strategy: str, before: Look, after: Look) -> str | None:
        """Take what was seen after a run; return what was at work beside it, and whose it was."""
        lasted = after.at - before.at
        self._runs[strategy] += 1
        self._lasted[strategy] += lasted
        found = None
        for thing in self._owners:
            owner = self._blamed(thing, before)
            if owner != strategy and self._hinders(thing, before, after):
                what = told_of(thing, after)
                self._beside.setdefault(owner, {})[what] = None
                found = found or f"{what} of {owner} was at work beside {strategy}"
        return found

    def stay(self, strategy: str, before: Look, looks: Sequence[Look]) -> None:
        """Take the looks since the run, the first just after it; what is new there was left."""
        after, now = looks[0], looks[-1]
        new = now.things.keys() - before.things
        self._leaving[strategy] += any(not now.things[thing].is_ours for thing in new)
        kept = {thing: owner for thing, owner in self._owners.items() if thing in now.things}
        self._owners = kept | dict.fromkeys(new, strategy)
        latest = {thing: look.cpu(thing) for look in looks for thing in look.things}
        for thing, cpu in latest.items():
            used = cpu - after.cpu(thing)
            if self._owners.get(thing, strategy) == strategy:
                self._afterwards[strategy] += used
            if thing in self._owners and used >= STIR:
                self._since.setdefault(thing, strategy)
        self._last, self._now = strategy, now

    def _used(self, thing: Thing, now: Look) -> Seconds:
        """Return what it has used since the last run."""
        return now.cpu(thing) - (self._now or now).cpu(thing)

    def _blamed(self, thing: Thing, seen: Look) -> str:
        # The Runner's own, as the thread of its event loop, work for whoever ran last.
        is_ours = thing in seen.things and seen.things[thing].is_ours
        return self._since.get(thing, "") if is_ours else self._owners[thing]

    def _hinders(self, thing: Thing, before: Look, after: Look) -> bool:
        if thing not in self._at_work or thing not in after.things:
            return False
        if after.things[thing].cpu is None:
            return True
        used = after.cpu(thing) - before.cpu(thing)
        return used >= max(_LEAST, _SHARE * (after.at - before.at))

    def notes(self) -> Iterator[Note]:
        """Yield what a reader should know of it."""
        for strategy, runs in self._runs.items():
            each = self._afterwards[strategy] / runs
            if things := self._beside.get(strategy):
                fact = f"it left at work, while others ran: {listed(things)}"
                yield Note(strategy=strategy, fact=fact, advice=_END_IT)
            elif each >= max(_LEAST, _AFTERWARDS * self._lasted[strategy] / runs):
                fact = (
                    f"it goes on computing for {seconds(each)} after a run, which no clock counts"
                )
                yield Note(strategy=strategy, fact=fact, advice=_END_IT)
            if number := self._piled_up(strategy):
                fact = f"nearly every run leaves something behind: {number} by now"
                yield Note(strategy=strategy, fact=fact, advice=_END_IT)

    def _piled_up(self, strategy: str) -> str | None:
        """Return what has piled up, if nearly every run left more; None if not."""
        runs, leaving = self._runs[strategy], self._leaving[strategy]
        mine = [thing for thing, owner in self._owners.items() if owner == strategy]
        if runs < _MANY or leaving < _NEARLY_ALL * runs or len(mine) < leaving:
            return None
        threads = sum(thing.kind == "thread" for thing in mine)
        if threads == len(mine):
            return many(threads, "thread")
        return many(len(mine), "child process") if not threads else f"{len(mine)} threads and such"


def worked(thing: Thing, since: Look, now: Look) -> bool:
    """Whether it has, between two looks, done more than to wake and sleep again."""
    return now.cpu(thing) - since.cpu(thing) >= STIR


def told_of(thing: Thing, seen: Look) -> str:
    """Return what it is, in words."""
    name = seen.things[thing].name
    return f"thread {told(repr(name))}" if thing.kind == "thread" else f"process {name}"


def listed(things: Iterable[str]) -> str:
    """Return the first few, and how many more there are."""
    first, rest = [*things][:_SHOWN], [*things][_SHOWN:]
    return ", ".join(first) + (f" and {len(rest)} more" if rest else "")
