"""The feed of a run: with limits, where the options have any."""

from collections.abc import AsyncIterable, Iterable

from concurrent_fetch.feed._feed import Feed
from concurrent_fetch.feed._job import Asked
from concurrent_fetch.http import redact
from concurrent_fetch.model import Options, Request, check_options, options_home
from concurrent_fetch.words import hinted

_DEFAULTS = Options()


@hinted(options_home("feed_of(urls, Options({}))"))
def feed_of(urls: Asked, options: Options = _DEFAULTS) -> Feed:
    """Return the feed of a run: for a strategy of your own that heeds limits and retries.

    An async iterable is not read: whoever reads it offers each URL, and closes the feed. With
    `Options.journal` what is done is left out; call `feed.end()` when the run is over.

    >>> feed = feed_of(["http://a.example/", "http://a.example/2"], Options(per_host=1))
    >>> feed.take(0.0), feed.take(0.0)
    (<Job 0, tries 0>, <Wait until inf>)

    Raises:
        TypeError: `urls` is one `str`, or cannot be iterated; a tag cannot be written.
        FormatError: the journal is damaged, or the file is no journal.
        OSError: the journal cannot be opened, or another run writes it.
    """
    check_urls(urls)
    check_options(options)
    limits = (options.per_host, options.delay, options.rate, options.retry, options.deadline)
    is_limited = bool(options.hosts) or any(limit is not None for limit in limits)
    if not is_limited:
        return Feed(urls, options)
    from concurrent_fetch.feed._limited import LimitedFeed  # noqa: PLC0415 - few need it, all would pay

    return LimitedFeed(urls, options)


def check_urls(urls: object) -> None:
    """Refuse what is no set of URLs: above all one `str`, whose letters would be fetched."""
    if isinstance(urls, str):
        raise TypeError(f"urls must be an iterable of str, got one str; write [{redact(urls)!r}]")
    if isinstance(urls, Request):
        raise TypeError("urls must be an iterable, got one Request; write [request]")
    if isinstance(urls, (bytes, bytearray)):
        raise TypeError("urls must be an iterable of str, got bytes; decode them first")
    if not isinstance(urls, (Iterable, AsyncIterable)):
        raise TypeError(f"urls must be an iterable of str, got {type(urls).__name__}")


def check_plain_urls(urls: object) -> None:
    """Refuse the same, and an async iterable."""
    check_urls(urls)
    if isinstance(urls, AsyncIterable):
        raise TypeError("urls is an async iterable, which only fetch_async and iter_async can read")
