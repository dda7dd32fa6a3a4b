"""How every blocking strategy begins: all that can be refused is refused at the call."""

from collections.abc import Callable, Generator, Iterable
from functools import partial

import attrs

from concurrent_fetch.feed import Feed, check_plain_urls, feed_of
from concurrent_fetch.fetch import Client, find_client
from concurrent_fetch.model import Options, Outcome, Request, check_options
from concurrent_fetch.strategies._counted import Tick, counted, tally_of


def started(
    name: str,
    fetch: Callable[[Feed, Options, Client, Tick], Generator[Outcome, None, None]],
    urls: Iterable[str | Request],
    options: Options,
    client: str | Client,
    *,
    in_flight: int | None = None,
) -> tuple[Feed, Generator[Outcome, None, None]]:
    """Check what a blocking strategy was given, and import its client: here and on no clock.

    Return its feed, and the outcomes that `fetch` yields, counted; it calls what it is given last
    while it waits. `in_flight`: so many fetches at once, whatever `options.concurrency` says.
    """
    check_options(options)
    check_plain_urls(urls)
    if in_flight is not None:
        options = attrs.evolve(options, concurrency=in_flight)
    found = find_client(client)
    feed = feed_of(urls, options)
    outcomes_of = partial(fetch, feed, options, found)
    outcomes = counted(outcomes_of, tally_of(name, urls, options, feed))
    return feed, outcomes if options.journal is None else _ended(feed, outcomes)


def _ended(feed: Feed, outcomes: Generator[Outcome, None, None]) -> Generator[Outcome, None, None]:
    try:
        yield from outcomes
    finally:
        feed.end()
