"""What all strategies share to tell progress; where no one asked, nothing is in the way."""

from collections.abc import Callable, Generator, Sized
from contextlib import AbstractContextManager, closing
from typing import TypeAlias

from concurrent_fetch._progress import Progress, Tally, tallying
from concurrent_fetch.feed import Feed
from concurrent_fetch.model import Failure, Options, Outcome

Tick: TypeAlias = Callable[[], None] | None
"""What is called now and then while nothing arrives; None: nothing."""
OutcomesOf: TypeAlias = Callable[[Tick], Generator[Outcome, None, None]]


def counted(
    outcomes_of: OutcomesOf, made: AbstractContextManager[Tally] | None
) -> Generator[Outcome, None, None]:
    """Return the outcomes, counted as they are taken, in the thread that takes them.

    `outcomes_of` is given what to call in that thread while nothing arrives; None: nothing.
    """
    return outcomes_of(None) if made is None else _counted(outcomes_of, made)


def tally_of(
    name: str, urls: object, options: Options, feed: Feed
) -> AbstractContextManager[Tally] | None:
    """Return what tells `options.progress` what is counted; None where no one asked."""
    if options.progress is False:
        return None
    begun = Progress(
        done=0,
        total=len(urls) if isinstance(urls, Sized) else None,
        stage="fetch",
        strategy=name,
        fetches=0,
        failures=0,
        elapsed=0.0,
    )
    is_told = feed.has_limits or options.journal is not None
    return tallying(options.progress, begun, feed=feed if is_told else None)


def _counted(
    outcomes_of: OutcomesOf, made: AbstractContextManager[Tally]
) -> Generator[Outcome, None, None]:
    with made as tally, closing(outcomes_of(tally.tick)) as outcomes:
        for outcome in outcomes:
            tally.fetched(failed=isinstance(outcome, Failure))
            yield outcome
