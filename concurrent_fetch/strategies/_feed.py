"""The Feed: what to start next. A pure object without clock, lock or I/O.

Every strategy pulls from one. What is to be started, and in which order, is a rule in here,
written once; when and where it runs is the strategy's affair.
"""

from collections.abc import AsyncIterable, Iterable, Sized

from concurrent_fetch.http import redact


class Feed:
    """The URLs of one run, numbered, read one at a time from any iterable, finite or not.

    Raises:
        TypeError: `urls` is one `str`, or nothing that can be iterated.
    """

    def __init__(self, urls: Iterable[str]) -> None:
        check_urls(urls)
        self._jobs = enumerate(urls)
        self._sized = urls if isinstance(urls, Sized) else None
        self._taken = 0

    def take(self) -> tuple[int, str] | None:
        """Return the next URL after its place in the set, or None when there is none left.

        What the iterable of URLs raises passes through.
        """
        job = next(self._jobs, None)
        self._taken += 1
        return job

    @property
    def is_used_up(self) -> bool:
        """Whether there is surely none left: to be known only of what has a length."""
        return self._sized is not None and self._taken >= len(self._sized)


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
