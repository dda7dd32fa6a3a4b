"""What all strategies share to tell progress; where no one asked, nothing is in the way."""

from collections.abc import Generator, Sized
from contextlib import AbstractContextManager, closing

from concurrent_fetch._progress import Progress, Tally, tallying
from concurrent_fetch.model import Failure, Options, Outcome


def counted(
    outcomes: Generator[Outcome, None, None], name: str, urls: object, options: Options
) -> Generator[Outcome, None, None]:
    """Return the same outcomes, counted as they are taken, in the thread that takes them."""
    tally = tally_of(name, urls, options)
    return outcomes if tally is None else _counted(outcomes, tally)


def tally_of(name: str, urls: object, options: Options) -> AbstractContextManager[Tally] | None:
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
    return tallying(options.progress, begun)


def _counted(
    outcomes: Generator[Outcome, None, None], made: AbstractContextManager[Tally]
) -> Generator[Outcome, None, None]:
    with made as tally, closing(outcomes):
        for outcome in outcomes:
            tally.fetched(failed=isinstance(outcome, Failure))
            yield outcome
