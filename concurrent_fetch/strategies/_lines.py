"""The lines to worker processes; one thread waits at them until one speaks or the bell rings."""

import contextlib
import selectors
import socket
from typing import Self

from concurrent_fetch._units import Seconds
from concurrent_fetch.strategies._workers import Worker


class Lines:
    """What one thread waits at, and any other can wake it from. They are there in the `with`."""

    def __init__(self) -> None:
        self._bell: socket.socket | None = None
        self._is_rung = False

    def __enter__(self) -> Self:
        self._selector = selectors.DefaultSelector()
        self._bell, self._heard = socket.socketpair()
        self._heard.setblocking(False)
        self._selector.register(self._heard, selectors.EVENT_READ)
        return self

    def __exit__(self, *_: object) -> None:
        assert self._bell is not None  # noqa: S101 - it was entered
        for one in (self._selector, self._bell, self._heard):
            one.close()

    def ring(self) -> None:
        """Wake the thread that waits, in any other; nothing before it begins, or when it ended."""
        if self._bell is not None and not self._is_rung:
            self._is_rung = True
            with contextlib.suppress(OSError):
                self._bell.send(b".")

    def add(self, worker: Worker) -> None:
        """Listen to a worker, too."""
        self._selector.register(worker.line, selectors.EVENT_READ, worker)

    def remove(self, worker: Worker) -> None:
        """Listen to it no longer."""
        self._selector.unregister(worker.line)

    def say(self, worker: Worker, kind: str, content: object = None) -> None:
        """Send a message, now or as soon as there is room."""
        worker.say(kind, content)
        self._watch(worker)

    def wait(self, within: Seconds) -> list[Worker]:
        """Return the workers that have said something; write what can be written meanwhile."""
        speaking = []
        for key, events in self._selector.select(within):
            if key.data is None:
                self._still()
                continue
            if events & selectors.EVENT_WRITE:
                key.data.write()
                self._watch(key.data)
            if events & selectors.EVENT_READ:
                speaking.append(key.data)
        return speaking

    def _still(self) -> None:
        with contextlib.suppress(BlockingIOError):
            self._heard.recv(64)
        self._is_rung = False

    def _watch(self, worker: Worker) -> None:
        """Look for room to write, too, where something waits for it."""
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if worker.has_unsent else 0)
        if self._selector.get_key(worker.line).events != events:
            self._selector.modify(worker.line, events, worker)
