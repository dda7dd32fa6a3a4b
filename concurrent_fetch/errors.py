"""Exceptions: for misuse by the caller. What happens to a URL is an outcome, never an exception."""

from concurrent_fetch.words import visible


class ConcurrentFetchError(Exception):
    """The root of every exception that this package raises on purpose.

    Names and URLs from outside may be part of its message: what does not print is escaped.
    """

    def __init__(self, *args: object) -> None:
        super().__init__(*(visible(arg) if isinstance(arg, str) else arg for arg in args))


class StrategyError(ConcurrentFetchError):
    """A strategy raised, or did not answer for every URL; its own exception is the cause."""


class FetchFailed(ConcurrentFetchError):  # noqa: N818 - reads as the sentence it is
    """Raised by `Run.raise_for_failures` when a URL of the run was not answered."""


class NotComparableError(ConcurrentFetchError):
    """Two strategies did not do the same work, so no speed-up exists; the message says why."""


class UnknownNameError(ConcurrentFetchError, LookupError):
    """No client, strategy or check of that name; the message lists the names there are."""


class EventLoopError(ConcurrentFetchError, RuntimeError):
    """No task of asyncio runs where one must; the message says what to write instead."""


class FormatError(ConcurrentFetchError, ValueError):
    """A file is damaged, foreign or of an unknown format; the message says what and where."""
