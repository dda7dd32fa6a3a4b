"""Loops: what the event loops of a strategy do, seen from another thread.

Whoever calls something blocking in a coroutine holds up its loop: nothing else goes on meanwhile. A
look at the stack of the loop's thread tells whether a callback runs there; a clock of CPU time,
whether that computes. Nothing of the strategy is touched, and a loop that it runs by itself, as
with `asyncio.run`, is seen like ours. A loop that is not asyncio's own, such as uvloop's, is not.
"""

import asyncio
import inspect
import sys
import threading
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from types import FrameType
from typing import NamedTuple

from concurrent_fetch._units import Seconds

_TURN = asyncio.BaseEventLoop._run_once.__code__  # type: ignore[attr-defined]  # noqa: SLF001 - one turn of a loop
_CALLBACK = asyncio.Handle._run.__code__  # noqa: SLF001 - what a loop calls
_AWAITABLE = inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR

LATE: Seconds = 0.002
"""Who naps and wakes later than that has waited for a core or for the interpreter lock."""
SHORTEST: Seconds = 0.05
"""What was watched for less says nothing."""
_HALF = 0.5


class Look(NamedTuple):
    """What an event loop was seen to do at one moment."""

    place: str | None
    """The function that a callback is in; None where the loop waits, or is between two."""


class Loops:
    """The event loops of what runs from now on: those of this thread and of threads to come."""

    def __init__(self) -> None:
        mine = threading.get_ident()
        self._strangers = {thread.ident for thread in threading.enumerate()} - {mine}
        # Below a running loop, as in a notebook, its callback is what called us.
        self._around = frozenset(_turns(sys._getframe()))  # noqa: SLF001 - the stack of this thread

    def admit(self) -> None:
        """Let this thread, which was there before, be one of the strategy's."""
        self._strangers.discard(threading.get_ident())

    def look(self) -> dict[int, Look]:
        """Return what each loop does now, by its thread; nothing where stacks cannot be read."""
        if not _can_look():
            return {}
        stacks = sys._current_frames()  # noqa: SLF001 - documented, for just that
        found = {
            thread: seen_in(frame, self._around)
            for thread, frame in stacks.items()
            if thread not in self._strangers
        }
        stacks.clear()  # ours is among them: a circle, which would keep all that they hold
        return {thread: look for thread, look in found.items() if look is not None}


class Standstill:
    """Adds up how long an event loop was held by a callback.

    The moments are those of looks. Between two of them a loop was held if it was at both. Where who
    looked came late, the machine or the interpreter was busy, and the time does not count.
    """

    def __init__(self) -> None:
        self._last: tuple[Seconds, Collection[int]] | None = None
        self._watched = self._told = 0.0
        self._held: dict[int, Seconds] = {}
        self._places: dict[int, Counter[str]] = {}

    def see(self, now: Seconds, looks: Mapping[int, Look], *, late: Seconds) -> None:
        """Take in a look: the time, what was seen, and how late that was."""
        for thread in looks:
            self._held.setdefault(thread, 0.0)
        held = {thread: look.place for thread, look in looks.items() if look.place is not None}
        if self._last is not None:
            then, before = self._last
            self._watched += now - then
            if late <= LATE:
                self._told += now - then
                for thread in held.keys() & before:
                    self._held[thread] += now - then
                    self._places.setdefault(thread, Counter())[held[thread]] += 1
        self._last = now, held.keys()

    @property
    def has_seen_a_loop(self) -> bool:
        """Whether there was one at any look."""
        return bool(self._held)

    def share(self, demand: Seconds) -> float | None:
        """Return how much of the time a loop was held by what did not compute.

        Of the loop that was held longest. `demand`: the CPU time that the process took or wanted
        meanwhile, all of which may have been in a callback. None without a loop, or untold.
        """
        if not self._held or self._told < max(SHORTEST, _HALF * self._watched):
            return None
        return max(0.0, max(self._held.values()) - demand) / self._told

    @property
    def place(self) -> str | None:
        """Where that loop was held most often; None where it never was."""
        if not self._places:
            return None
        thread = max(self._places, key=self._held.__getitem__)
        return self._places[thread].most_common(1)[0][0]


def seen_in(frame: FrameType | None, around: Collection[int] = ()) -> Look | None:
    """Return what the innermost loop of a stack does; None without one that is not `around`."""
    inner: list[FrameType] = []
    while frame is not None and frame.f_code is not _TURN:
        inner.append(frame)
        frame = frame.f_back
    if frame is None or id(frame) in around:
        return None
    outwards = inner[::-1]
    is_held = bool(outwards) and outwards[0].f_code is _CALLBACK
    return Look(_place(outwards[1:]) if is_held else None)


def _place(frames: Sequence[FrameType]) -> str:
    """Return what the innermost coroutine has called: `requests.api.get(), called by mine()`."""
    last = max((i for i, f in enumerate(frames) if f.f_code.co_flags & _AWAITABLE), default=-1)
    # Lambdas and comprehensions have no names that tell anything.
    called = [f for f in frames[last + 1 :] if not f.f_code.co_name.startswith("<")][:1]
    names = [f"{f.f_globals.get('__name__', '?')}.{_name(f)}()" for f in called]
    names += [f"{_name(frames[last])}()"] if last >= 0 else []
    return ", called by ".join(names) or "a callback"


def _name(frame: FrameType) -> str:
    return frame.f_code.co_qualname.rpartition("<locals>.")[2]


def _turns(frame: FrameType | None) -> list[int]:
    found = []
    while frame is not None:
        if frame.f_code is _TURN:
            found.append(id(frame))
        frame = frame.f_back
    return found


def _can_look() -> bool:
    """Whether the stack of another thread may be read: without a GIL that is not safe."""
    has_gil: bool = getattr(sys, "_is_gil_enabled", lambda: True)()
    return has_gil and hasattr(sys, "_current_frames")
