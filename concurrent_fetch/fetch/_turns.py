"""Turns: how bodies are decoded on an event loop that has other things to do.

A few bytes on the wire may be minutes of work. So in one turn of the loop there is a slice of time
for all bodies that arrive, and one for a body that has more to decode than that; these take turns.
"""

import asyncio
from collections import deque
from typing import Any, Protocol

from concurrent_fetch._units import Seconds
from concurrent_fetch.fetch._deadlines import Deadlines

SLICE: Seconds = 0.005
"""How long one body may hold an event loop."""


class Body(Protocol):
    """What has something to decode."""

    undecoded: bool
    """Whether it still has."""
    task: asyncio.Task[Any] | None
    """The one whose fetch it is."""

    def decode(self) -> Seconds:
        """Decode for a slice at most; return how long. What it raises it notes."""
        ...


class Turns:
    """The turns of the event loop, shared by all bodies of one session."""

    def __init__(self, deadlines: Deadlines) -> None:
        self._loop = asyncio.get_running_loop()
        self._deadlines = deadlines
        self._spent: Seconds = 0.0
        self._queue = deque[Body]()
        self._waiters: dict[Body, list[asyncio.Future[None]]] = {}

    @property
    def left(self) -> Seconds:
        """How long bodies that arrive may still be decoded for in this turn."""
        return SLICE - self._spent

    def spend(self, seconds: Seconds) -> None:
        """Say how long one that arrived was decoded for."""
        if not self._spent:
            self._loop.call_soon(self._replenish)
        self._spent += seconds

    def line_up(self, body: Body) -> None:
        """Decode the rest of a body in turns of its own.

        Where it is refused and nobody waits for it, its fetch is interrupted: the client may be
        waiting for more.
        """
        if not self._queue:
            self._loop.call_soon(self._next)
        self._queue.append(body)

    async def wait(self, body: Body) -> None:
        """Return when a body that has lined up is decoded, or refused."""
        waiter = self._loop.create_future()
        self._waiters.setdefault(body, []).append(waiter)
        await waiter

    def _replenish(self) -> None:
        self._spent = 0.0

    def _next(self) -> None:
        body = self._queue[0]
        refused = False
        try:
            body.decode()
        except Exception:  # noqa: BLE001 - the body has noted it as what ended its fetch
            refused = True
        del self._queue[0]
        if body.undecoded and not refused:
            self._queue.append(body)
        else:
            waiters = [w for w in self._waiters.pop(body, ()) if not w.done()]
            for waiter in waiters:
                waiter.set_result(None)
            if refused and not waiters and body.task is not None:
                self._deadlines.interrupt(body.task)
        if self._queue:
            self._loop.call_soon(self._next)
