"""How every blocking strategy begins: all that can be refused is refused at the call."""

from collections.abc import Callable, Generator, Iterable

from concurrent_fetch.fetch import Client, find_client
from concurrent_fetch.model import Options, Outcome, check_options
from concurrent_fetch.strategies._counted import counted
from concurrent_fetch.strategies._feed import Feed


def started(
    name: str,
    fetch: Callable[[Feed, Options, Client], Generator[Outcome, None, None]],
    urls: Iterable[str],
    options: Options,
    client: str | Client,
) -> Generator[Outcome, None, None]:
    """Check what a blocking strategy was given, and import its client: here and on no clock.

    Return the outcomes that `fetch` yields, counted.
    """
    check_options(options)
    return counted(fetch(Feed(urls), options, find_client(client)), name, urls, options)
