"""One after another."""

from collections.abc import Generator, Iterable

from concurrent_fetch.fetch import Client, find_client
from concurrent_fetch.model import Options, Outcome, Run, Stopwatch, check_options
from concurrent_fetch.strategies._counted import counted
from concurrent_fetch.strategies._feed import Feed

_DEFAULTS = Options()


def fetch_sync(
    urls: Iterable[str], options: Options = _DEFAULTS, *, client: str | Client = "requests"
) -> Run:
    """Fetch the URLs one after another; return all outcomes in URL order.

    One fetch is in flight at a time, whatever `options.concurrency` says. No URLs give an empty
    `Run`.

    Raises:
        TypeError: `urls` is one `str`, or cannot be iterated; `client` is an async one.
        UnknownNameError: there is no client of that name.
    """
    outcomes = _started("fetch_sync", urls, options, client)  # imports the client: not on the clock
    return Stopwatch("fetch_sync", options).run(outcomes)


def iter_sync(
    urls: Iterable[str], options: Options = _DEFAULTS, *, client: str | Client = "requests"
) -> Generator[Outcome, None, None]:
    """Fetch the URLs one after another; yield each outcome as it is there.

    The URLs are read one at a time, from any iterable. Arguments are checked at the call; errors
    as in `fetch_sync`. The connections close when the generator ends or is closed.
    """
    return _started("iter_sync", urls, options, client)


def _started(
    name: str, urls: Iterable[str], options: Options, client: str | Client
) -> Generator[Outcome, None, None]:
    check_options(options)
    outcomes = _outcomes(Feed(urls), options, find_client(client))
    return counted(outcomes, name, urls, options)


def _outcomes(feed: Feed, options: Options, client: Client) -> Generator[Outcome, None, None]:
    with client.session(options) as get:
        while (job := feed.take()) is not None:
            index, url = job
            yield get(url, index)
