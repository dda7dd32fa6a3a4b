"""One after another."""

from collections.abc import Generator, Iterable
from time import perf_counter

from concurrent_fetch.feed import Feed
from concurrent_fetch.fetch import Client
from concurrent_fetch.model import Options, Outcome, Request, Run, Stopwatch, options_home
from concurrent_fetch.strategies._counted import Tick
from concurrent_fetch.strategies._jobs_one_by_one import jobs_one_by_one
from concurrent_fetch.strategies._started import started
from concurrent_fetch.words import hinted

_DEFAULTS = Options()


@hinted(options_home("fetch_sync(urls, Options({}))"))
def fetch_sync(
    urls: Iterable[str | Request],
    options: Options = _DEFAULTS,
    *,
    client: str | Client = "requests",
) -> Run:
    """Fetch the URLs one after another; return all outcomes in URL order.

    One fetch is in flight at a time, whatever `options.concurrency` says. No URLs give an empty
    `Run`.

    With `Options.journal`, what is done already is not among them: `Run.skipped` counts it, and
    `len(run)` may be less than the number of URLs.

    Raises:
        TypeError: `urls` is one `str`, or cannot be iterated; `client` is an async one; a tag
            cannot be written into the journal.
        UnknownNameError: there is no client of that name.
        FormatError: the journal is damaged, or the file is no journal.
        OSError: the journal cannot be opened or written, or another run writes it.
    """
    feed, outcomes = begin_sync("fetch_sync", urls, options, client)
    return Stopwatch("fetch_sync", options).run(outcomes, feed)


@hinted(options_home("iter_sync(urls, Options({}))"))
def iter_sync(
    urls: Iterable[str | Request],
    options: Options = _DEFAULTS,
    *,
    client: str | Client = "requests",
) -> Generator[Outcome, None, None]:
    """Fetch the URLs one after another; yield each outcome as it is there.

    The URLs are read one at a time, from any iterable; with limits of hosts up to 10,000 ahead, so
    that others are found. Arguments are checked at the call; errors as in `fetch_sync`. The
    connections close when the generator ends or is closed.

    What reading the URLs raises is raised here, behind the outcomes of those read before it; with
    limits of hosts, where they are read ahead, some of these may have none.

    An outcome is in `Options.journal`, and counts as done, before it is yielded.
    """
    return begin_sync("iter_sync", urls, options, client)[1]


def begin_sync(
    name: str, urls: Iterable[str | Request], options: Options, client: str | Client
) -> tuple[Feed, Generator[Outcome, None, None]]:
    """Return the feed and the outcomes of a fetch, told of as `name`."""
    return started(name, _outcomes, urls, options, client, in_flight=1)


def _outcomes(
    feed: Feed, options: Options, client: Client, tick: Tick
) -> Generator[Outcome, None, None]:
    with client.session(options) as get:
        for job in jobs_one_by_one(feed, tick):
            outcome = feed.settle(job, get(job), perf_counter())
            if outcome is not None:  # else it is tried again
                yield outcome
