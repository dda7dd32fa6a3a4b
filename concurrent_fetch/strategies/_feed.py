"""The Feed: what to start next. A pure object without clock, lock or I/O.

Every strategy pulls from one. What is to be started, and in which order, is a rule in here,
written once; when and where it runs is the strategy's affair.
"""

from collections.abc import AsyncIterable, Iterable

from concurrent_fetch.http import redact


class Feed:
    """The URLs of one run, numbered, read one at a time from any iterable, finite or not.

    Raises:
        TypeError: `urls` is one `str`, or nothing that can be iterated.
    """

    def __init__(self, urls: Iterable[str]) -> None:
        check_urls(urls)
        self._jobs = enumerate(urls)

    def take(self) -> tuple[int, str] | None:
        """Return the next URL after its place in the set, or None when there is none left.

        What the iterable of URLs raises passes through.
        """
        return next(self._jobs, None)


def check_urls(urls: object) -> None:
    """Refuse what is no set of URLs: above all one `str`, whose letters would be fetched."""
    if isinstance(urls, str):
        raise TypeError(f"urls must be an iterable of str, got one str; write [{redact(urls)!r}]")
    if isinstance(urls, (bytes, bytearray)):
        raise TypeError("urls must be an iterable of str, got bytes; decode them first")
    if isinstance(urls, AsyncIterable):
        raise TypeError("urls is an async iterable, which only fetch_async and iter_async can read")
    if not isinstance(urls, Iterable):
        raise TypeError(f"urls must be an iterable of str, got {type(urls).__name__}")
