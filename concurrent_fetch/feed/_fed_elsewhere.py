"""The feed of a run that is fetched elsewhere: work, sink and retries have had it there."""

from collections.abc import Iterable

from concurrent_fetch._units import Seconds
from concurrent_fetch.feed._feed import Feed
from concurrent_fetch.feed._job import Job, Wait
from concurrent_fetch.feed._limited import CUT
from concurrent_fetch.model import Options, Outcome, Request, Response, Retry

_USUAL_RETRY = Retry()


class FedElsewhere(Feed):
    """The URLs of such a run; its journal is kept here, whatever limits its options have."""

    def __init__(self, urls: Iterable[str | Request], options: Options) -> None:
        super().__init__(urls, options)
        self._retry = options.retry or _USUAL_RETRY
        self._is_read = self._is_cut = False

    def take(self, now: Seconds) -> Job | Wait | None:
        found = super().take(now)
        self._is_read = found is None
        return found

    def cut(self) -> None:
        """Say that the deadline has come, and nothing more is read."""
        self._is_cut = not self._is_read

    @property
    def advice(self) -> str:
        return CUT if self._is_cut else ""

    def settle(self, job: Job, outcome: Outcome, now: Seconds) -> Outcome:
        """Take a job back with its final outcome; it is in the journal when it is returned."""
        del now  # nothing waits
        if self._journal is not None:
            done = isinstance(outcome, Response) and not self._retry.concerns(outcome)
            self._journal.note(job, outcome, done=done)
        return outcome
