"""Job: one URL that is to be fetched, and how often that was tried. Wait: none may start now."""

from typing import Any

from concurrent_fetch._units import Seconds


class Job:
    """One URL of a feed, to be fetched now. Every one that was taken is to be settled, once."""

    __slots__ = (
        *("epoch", "host", "index", "is_over", "request"),
        *("started", "taken", "trail", "tries", "url"),
    )

    def __init__(self, index: int, url: str, host: Any = None) -> None:
        self.index: int = index
        """Its place in the URL set."""
        self.url: str = url
        """As it was given."""
        self.request: None = None
        """What to send, where that is more than a URL; nothing can say so yet."""
        self.tries: int = 0
        """How often it has been tried before."""
        self.is_over: bool = False
        """Whether the deadline of the run has come: it is to be answered for, and not sent."""
        self.taken: Seconds
        """When it was taken, on the clock of the feed; set where there are limits."""
        self.started: Seconds | None = None
        """When it was taken, on `time.perf_counter`, if who took it says so: else its fetch is said
        to have started when a session was told of it, which in threads may be later."""
        self.epoch: int = 0
        self.host: Any = host  # as the queue knows it
        self.trail: Any = None  # what came of its tries so far

    def __repr__(self) -> str:
        return f"<Job {self.index}, tries {self.tries}>"


class Wait:
    """Nothing may start now."""

    __slots__ = ("more", "until")

    def __init__(self, until: Seconds, *, more: bool = False) -> None:
        self.until: Seconds = until
        """When to ask again, if no fetch was settled before; inf: only that can help."""
        self.more: bool = more
        """Whether one more URL may be offered: it may be one that can start."""

    def __repr__(self) -> str:
        return f"<Wait until {self.until}{', or for one more URL' if self.more else ''}>"
