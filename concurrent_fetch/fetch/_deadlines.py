"""Deadlines of fetches on an event loop: one timer for all of a session.

`asyncio.timeout` sets and cancels a timer per use, a good part of what a small fetch costs. Here
all fetches have the same time, so the one that started first is the next to run out: a timer for
that one is enough.
"""

import asyncio
from typing import Any

from concurrent_fetch._units import Seconds

_Task = asyncio.Task[Any]


class Deadlines:
    """The tasks with a fetch under way in one session, in the order in which time runs out."""

    def __init__(self) -> None:
        # When the fetch of a task must be over, and how often the task had been cancelled before.
        self._watched: dict[_Task, tuple[Seconds, int]] = {}
        self._ran_out: dict[_Task, int] = {}
        self._timer: asyncio.TimerHandle | None = None

    def watch(self, task: _Task, seconds: Seconds) -> None:
        """Cancel the task when its fetch is not over in time; not before one watched earlier."""
        loop = task.get_loop()
        at = loop.time() + seconds
        self._watched[task] = at, task.cancelling()
        if self._timer is None:
            self._timer = loop.call_at(at, self._look, loop)

    def leave(self, task: _Task) -> None:
        """Watch the task no longer: its fetch is over."""
        self._watched.pop(task, None)
        if self._ran_out:
            self.is_over(task)

    def is_over(self, task: _Task) -> bool:
        """Whether the task was cancelled for its deadline, and by nobody else; take that back."""
        cancelled_before = self._ran_out.pop(task, None)
        return cancelled_before is not None and task.uncancel() <= cancelled_before

    def interrupt(self, task: _Task) -> None:
        """Cancel a task whose fetch is over for another reason, as if its time were."""
        if task in self._watched:  # else its time has run out just now
            _, self._ran_out[task] = self._watched.pop(task)
            task.cancel()

    def close(self) -> None:
        """Stop watching."""
        if self._timer is not None:
            self._timer.cancel()

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        """Cancel those whose time is over; set the timer to the next."""
        self._timer = None
        while self._watched:
            task, (at, cancelled_before) = next(iter(self._watched.items()))
            if at > loop.time():
                self._timer = loop.call_at(at, self._look, loop)
                return
            del self._watched[task]
            self._ran_out[task] = cancelled_before
            task.cancel()
