"""Leftovers: the Runner looks around before and after each run, on no clock of theirs.

Threads, child processes, tasks on the event loop and changed settings: what a run leaves it waits
for a little, then names it.
"""

from collections.abc import Callable, Iterator
from time import sleep

from concurrent_fetch._units import Seconds
from concurrent_fetch.analysis import Note
from concurrent_fetch.render import many
from concurrent_fetch.runner._bystanders import Bystanders
from concurrent_fetch.runner._left import Left
from concurrent_fetch.runner._measured import Measured
from concurrent_fetch.runner._seen import HAS_CLOCKS, Look, Thing, clock_of, look

_PATIENCE: Seconds = 0.1
"""So long a run's threads and children may take to end, of themselves."""
_MOMENT: Seconds = 0.001
_REST: Seconds = 0.003
"""In it what is left may work: while the Runner itself computes, it might not get at the GIL."""
_LONG_REST: Seconds = 0.03
"""The same where something has been at work before, and may have had no turn: the machine is busy;
or where the system only tells what all threads have used."""


class Leftovers:
    """What the runs of a comparison leave behind. Other clocks and waits serve tests."""

    def __init__(
        self,
        looking: Callable[[], Look] = look,
        waiting: Callable[[Seconds], object] = sleep,
        clock_of: Callable[[Thing], Seconds | None] = clock_of,
        *,
        has_clocks: bool = HAS_CLOCKS,
    ) -> None:
        self._look, self._wait = looking, waiting
        self._has_clocks = has_clocks
        self._rest = _REST if has_clocks else _LONG_REST
        self._left = Left()
        self._bystanders = Bystanders(clock_of)
        self._before: Look | None = None
        self._tasks: dict[str, int] = {}
        self._changed: dict[str, dict[str, None]] = {}

    def before(self) -> None:
        """Look around before a run; where something is left, see what it does at rest."""
        rest = before = self._look()
        is_first, self._before = self._before is None, rest
        asked = self._left.asks_for_rest(rest), self._bystanders.ask_for_rest(rest)
        if any(asked) or (is_first and not self._has_clocks):
            waited: Seconds = 0.0
            while waited < self._rest or (waited < _LONG_REST and self._is_open(rest, before)):
                self._wait(self._rest)
                is_settling, waited, before = not waited, waited + self._rest, self._look()
                if is_settling:
                    stirred = self._left.settle(rest, before), self._bystanders.settle(rest, before)
                    rest = before if any(stirred) else rest
        self._left.begin(before, rest)
        self._bystanders.begin(before, rest)
        self._before = before

    def _is_open(self, rest: Look, now: Look) -> bool:
        return self._left.is_open(rest, now) or self._bystanders.is_open(rest, now)

    def bystanders(self) -> frozenset[int]:
        """Return the numbers of threads and processes of the program that work beside the run."""
        return self._bystanders.numbers()

    def beside(self) -> Seconds:
        """Return the CPU time so far of threads of the program that work beside the run."""
        return self._bystanders.cpu()

    def after(self, strategy: str, measured: Measured | None = None) -> str | None:
        """Look around after it; return what others had left at work beside it, if anything."""
        before, looks = self._before, [self._look()]
        assert before is not None  # noqa: S101 - it was called before the run
        beside = self._left.end(strategy, before, looks[0])
        pause, waited = _MOMENT, 0.0
        while waited < _PATIENCE and _is_new(looks[-1], before):
            self._wait(pause)
            waited, pause = waited + pause, 3 * pause
            looks.append(self._look())
        self._left.stay(strategy, before, looks)
        self._bystanders.end(before, looks[0], looks[-1])
        if measured is not None:
            self._tasks[strategy] = max(measured.tasks, self._tasks.get(strategy, 0))
            self._changed.setdefault(strategy, {}).update(dict.fromkeys(measured.changed))
        return beside

    def notes(self) -> Iterator[Note]:
        """Yield what a reader should know of it."""
        yield from self._left.notes()
        yield from self._bystanders.notes()
        for strategy, tasks in self._tasks.items():
            if tasks:
                fact = f"it left {many(tasks, 'task')} on its event loop, cancelled by the Runner"
                advice = "await its tasks, as by asyncio.TaskGroup, or cancel and await them"
                yield Note(strategy=strategy, fact=fact, advice=advice)
        for strategy, settings in self._changed.items():
            if settings:
                fact = f"it changed settings that other strategies share: {', '.join(settings)}"
                advice = "they are put back after each run; let the strategy do that"
                yield Note(strategy=strategy, fact=fact, advice=advice)


def _is_new(now: Look, before: Look) -> bool:
    new = now.things.keys() - before.things
    return any(not now.things[thing].is_ours for thing in new)
