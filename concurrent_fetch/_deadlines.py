"""Deadlines of fetches on an event loop: one timer for all of a session.

`asyncio.timeout` sets and cancels a timer per use, a good part of what a small fetch costs. Here
all fetches have the same time, so the one that started first is the next to run out: a timer for
that one is enough.
"""

import asyncio
from typing import Self

from concurrent_fetch._units import Seconds


class Deadlines:
    """The fetches under way in one session, in the order in which their time runs out."""

    def __init__(self) -> None:
        self._watched: dict[Deadline, None] = {}
        self._timer: asyncio.TimerHandle | None = None

    def watch(self, task: "asyncio.Task[object]", seconds: Seconds) -> "Deadline":
        """Cancel the task when its fetch is not over in time; not before one watched earlier."""
        loop = task.get_loop()
        deadline = Deadline(self._watched, task, loop.time() + seconds)
        self._watched[deadline] = None
        if self._timer is None:
            self._timer = loop.call_at(deadline.at, self._look, loop)
        return deadline

    def close(self) -> None:
        """Stop watching."""
        if self._timer is not None:
            self._timer.cancel()

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        """Cancel those whose time is over; set the timer to the next."""
        self._timer = None
        while self._watched:
            first = next(iter(self._watched))
            if first.at > loop.time():
                self._timer = loop.call_at(first.at, self._look, loop)
                return
            first.run_out()


class Deadline:
    """The deadline of one fetch."""

    __slots__ = ("_among", "_cancelling", "_ran_out", "_task", "at")

    def __init__(
        self, among: "dict[Deadline, None]", task: "asyncio.Task[object]", at: Seconds
    ) -> None:
        self.at = at
        self._among = among
        self._task = task
        self._cancelling = task.cancelling()
        self._ran_out = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._among.pop(self, None)
        self.is_over()

    def run_out(self) -> None:
        """Cancel the task."""
        self._among.pop(self)
        self._ran_out = True
        self._task.cancel()

    def is_over(self) -> bool:
        """Whether the task was cancelled for its deadline, and by nobody else; take that back."""
        if not self._ran_out:
            return False
        self._ran_out = False
        return self._task.uncancel() <= self._cancelling
