"""Whether an outcome is tried again, and when: decided without a clock.

Sources: RFC 9110, 10.2.3 (Retry-After); exponential back-off with jitter as stamina has it.
"""

import math
import random
from collections.abc import Callable
from datetime import UTC
from typing import NamedTuple

import attrs

from concurrent_fetch._failure_kinds import FailureKind
from concurrent_fetch._units import Seconds
from concurrent_fetch.feed._job import Job
from concurrent_fetch.model import Attempt, Failure, Outcome, Response, Retry

_TOO_MANY, _UNAVAILABLE = 429, 503
_LONGEST = 10  # digits: 300 years


class Verdict(NamedTuple):
    """What the queue is told of a fetch that is over."""

    again: Seconds | None = None
    """Try it once more after so long; None: its outcome is final."""
    pause: Seconds | None = None
    """Its host rests so long."""
    refused: bool = False
    """The host said that it were too many at once."""


_FINAL = Verdict()


class Trail:
    """What came of the tries of a fetch so far."""

    __slots__ = ("_outcomes", "_sent")

    def __init__(self) -> None:
        self._outcomes: list[Outcome] = []
        self._sent = 0

    def add(self, outcome: Outcome) -> None:
        """Add the outcome of a try that is not the last; its body is let go."""
        self._sent += outcome.attempts
        if isinstance(outcome, Response) and outcome.body:
            outcome = attrs.evolve(outcome, body=b"")
        self._outcomes.append(outcome)

    @property
    def first_start(self) -> Seconds:
        """When the first try began, on the clock of outcomes."""
        return self._outcomes[0].timing.started

    def told_of(self, last: Outcome) -> Outcome:
        """Return the outcome of the last try with those before it."""
        following = [*self._outcomes[1:], last]
        earlier = tuple(map(_attempt, self._outcomes, following))
        sent = self._sent + (0 if _was_not_sent(last) else last.attempts)
        return attrs.evolve(last, attempts=sent, earlier=earlier)


def _was_not_sent(outcome: Outcome) -> bool:
    """Whether the end of the run came before."""
    is_cancelled = isinstance(outcome, Failure) and outcome.kind is FailureKind.CANCELLED
    return is_cancelled and outcome.timing.sent is None


def _attempt(outcome: Outcome, following: Outcome) -> Attempt:
    timing = outcome.timing
    return Attempt(
        status_code=outcome.status_code if isinstance(outcome, Response) else None,
        kind=outcome.kind if isinstance(outcome, Failure) else None,
        message=outcome.message if isinstance(outcome, Failure) else None,
        started=timing.started,
        finished=timing.finished,
        waited=max(0.0, following.timing.started - timing.finished),
    )


class Retries:
    """Decides for one run what is tried again, within its budget."""

    def __init__(self, retry: Retry, chance: Callable[[], float] = random.random) -> None:
        self.spent = 0
        """How many retries there were."""
        self._retry = retry
        self._chance = chance
        self._begun = 0
        self._denied = 0  # that had a try left, and the run had none

    def concerns(self, outcome: Outcome) -> bool:
        """Whether an outcome is one to be tried again, if there may be one more try."""
        return self._retry.concerns(outcome)

    def decide(
        self, job: Job, outcome: Outcome, *, is_concerned: bool, left: Seconds = math.inf
    ) -> Verdict:
        """Decide on the outcome of a job; where it is tried again, the job keeps it.

        `left` is the time until the end of the run: what would be tried again later is final.

        A host that says how long it wants to rest does so, also where this fetch is not tried
        again; but where there is no budget left, nobody waits for it.
        """
        retry = self._retry
        if job.trail is None:
            self._begun += 1
        if not is_concerned or not job.may_be_sent_again(outcome):
            return _FINAL
        status = outcome.status_code if isinstance(outcome, Response) else None
        refused = status == _TOO_MANY
        asked = wait_asked_for(outcome) if isinstance(outcome, Response) else None
        if asked is not None and asked > retry.retry_after_max:
            return Verdict(refused=refused)
        if self.spent + 1 > retry.allowance(self._begun):
            self._denied += job.tries + 1 < retry.attempts
            return Verdict(refused=refused)
        wait = max(self._back_off(job.tries), asked or 0.0)
        is_too_late = wait >= left or self._is_too_late(job, outcome, wait)
        if job.tries + 1 >= retry.attempts or is_too_late:
            return Verdict(None, asked, refused)
        self.spent += 1
        if job.trail is None:
            job.trail = Trail()
        job.trail.add(outcome)
        rests = asked is not None or status in {_TOO_MANY, _UNAVAILABLE}
        return Verdict(wait, wait if rests else None, refused)

    @property
    def advice(self) -> str:
        """What would have had more tried again; empty where the budget was enough."""
        if not self._denied:
            return ""
        urls = "1 URL was" if self._denied == 1 else f"{self._denied:,} URLs were"
        return (
            f"{urls} not tried again, since the budget of retries was spent; if the servers are "
            "up, write Retry(budget=1)"
        )

    @staticmethod
    def told_of(job: Job, outcome: Outcome) -> Outcome:
        """Return the final outcome of a job with the tries before it."""
        trail: Trail | None = job.trail
        return outcome if trail is None else trail.told_of(outcome)

    def _is_too_late(self, job: Job, outcome: Outcome, wait: Seconds) -> bool:
        """Whether the next try would begin later after the first one than is allowed."""
        if self._retry.timeout is None:
            return False
        trail: Trail | None = job.trail
        first = outcome.timing.started if trail is None else trail.first_start
        return outcome.timing.finished + wait > first + self._retry.timeout

    def _back_off(self, tries: int) -> Seconds:
        retry = self._retry
        longest = min(retry.wait_max, retry.wait_initial * 2.0 ** min(tries, 1000))
        return longest * (1 - retry.wait_jitter * self._chance())


def wait_asked_for(response: Response) -> Seconds | None:
    """Return how long the server asks to wait, by its own clock; None where it says nothing.

    What is neither a number of seconds nor a date says nothing, nor does a date where the response
    does not say when it was made.
    """
    said = response.headers.get_all("Retry-After")
    text = said[0] if len(said) == 1 else ""
    if text.isascii() and text.isdigit():
        return float(text) if len(text.lstrip("0")) <= _LONGEST else 10.0**_LONGEST
    until, made = _date(text), _date(response.headers.get("Date"))
    return None if until is None or made is None else max(0.0, until - made)


def _date(text: str | None) -> Seconds | None:
    if not text:
        return None
    from email.utils import parsedate_to_datetime  # noqa: PLC0415 - few servers say a date

    try:
        date = parsedate_to_datetime(text)
        return (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError, OSError, TypeError, IndexError):
        return None
