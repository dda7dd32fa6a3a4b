"""Job: one URL that is to be fetched, and how often that was tried. Wait: none may start now."""

from collections.abc import AsyncIterable, Iterable
from typing import Any, TypeAlias

from concurrent_fetch._failure_kinds import FailureKind
from concurrent_fetch._units import Seconds
from concurrent_fetch.model import Failure, Outcome, Request

Asked: TypeAlias = Iterable[str | Request] | AsyncIterable[str | Request]
"""What is to be fetched: URLs, or requests where that is more than a GET."""
_BEFORE_SENDING = frozenset(
    {FailureKind.CONNECT, FailureKind.DNS, FailureKind.INVALID_URL, FailureKind.NOT_ALLOWED}
)


class Job:
    """One URL of a feed, to be fetched now. Every one that was taken is to be settled, once."""

    __slots__ = (
        *("epoch", "host", "index", "is_over", "request"),
        *("started", "taken", "trail", "tries", "url", "was_answered"),
    )

    def __init__(
        self, index: int, url: str, host: Any = None, request: Request | None = None
    ) -> None:
        self.index: int = index
        """Its place in the URL set."""
        self.url: str = url
        """As it was given."""
        self.request: Request | None = request
        """What to send, where that is more than a GET."""
        self.tries: int = 0
        """How often it has been tried before."""
        self.is_over: bool = False
        """Whether the deadline of the run has come: it is to be answered for, and not sent."""
        self.taken: Seconds
        """When it was taken, on the clock of the feed; set where there are limits."""
        self.started: Seconds | None = None
        """When it was taken, on `time.perf_counter`, if who took it says so: else its fetch is said
        to have started when a session was told of it, which in threads may be later."""
        self.was_answered: bool = False
        """Whether a redirect came back, so that it was sent whatever its outcome says."""
        self.epoch: int = 0
        self.host: Any = host  # as the queue knows it
        self.trail: Any = None  # what came of its tries so far

    def may_be_sent_again(self, outcome: Outcome) -> bool:
        """Whether it does no harm to send once more what this came of.

        A request that is not idempotent is sent once, unless nobody can have heard of it.
        Source: RFC 9110, 9.2.2.
        """
        if self.request is None or self.request.is_idempotent:
            return True
        return isinstance(outcome, Failure) and not self.was_answered and self._is_unheard(outcome)

    def _is_unheard(self, failure: Failure) -> bool:
        if failure.kind is FailureKind.TLS:  # of the handshake, unless something had been sent
            return failure.timing.sent is None
        if failure.kind is FailureKind.CANCELLED:
            return self.is_over  # the end of the run came before it could begin
        return failure.kind in _BEFORE_SENDING

    def __repr__(self) -> str:
        return f"<Job {self.index}, tries {self.tries}>"


def job_of(url: str | Request, index: int) -> Job:
    """Return the job of a URL, or of a request, as it was given."""
    if isinstance(url, Request):
        return Job(index, url.url, request=url)
    return Job(index, url)


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
