"""Matches what a strategy gave back to the URLs it was given: as a multiset, in any order."""

from collections import defaultdict, deque
from collections.abc import Sequence

import attrs

from concurrent_fetch._outcome import Failure, Outcome, Response
from concurrent_fetch._url import redact


def in_url_order(items: Sequence[object], urls: Sequence[str]) -> list[Outcome]:
    """Return the outcomes in the order of the URLs, each with its right `index`.

    Raises:
        ValueError: an item is no outcome, or a URL is missing or answered too often.
    """
    places: dict[str, deque[int]] = defaultdict(deque)
    for index, url in enumerate(urls):
        places[url].append(index)
    ordered: dict[int, Outcome] = {}
    extra: list[str] = []
    for item in items:
        if not isinstance(item, (Response, Failure)):
            raise ValueError(  # noqa: TRY004 - the border of the strategy turns it into its error
                f"it returned {type(item).__name__} among its outcomes; a strategy must return "
                "a Response or a Failure for each URL"
            )
        free = places.get(item.url)
        if not free:
            extra.append(item.url)
            continue
        index = _claim(free, item.index)
        ordered[index] = item if item.index == index else attrs.evolve(item, index=index)
    missing = [url for url, free in places.items() for _ in free]
    if missing or extra:
        raise ValueError(_mismatch(len(items), len(urls), missing, extra))
    return [ordered[index] for index in range(len(urls))]


def _claim(free: deque[int], wanted: int) -> int:
    """Take the place the outcome names, else the first that is free."""
    if wanted != free[0] and wanted in free:
        free.remove(wanted)
        return wanted
    return free.popleft()


def _mismatch(got: int, expected: int, missing: list[str], extra: list[str]) -> str:
    parts = [f"it returned {got} outcomes for {expected} URLs"]
    parts += [f"missing: {_some(missing)}"] if missing else []
    parts += [f"not asked for, or too often: {_some(extra)}"] if extra else []
    return "; ".join(parts) + ". A strategy must return one outcome per URL, in any order"


def _some(urls: list[str]) -> str:
    shown = ", ".join(map(redact, urls[:3]))
    return f"{shown} and {len(urls) - 3} more" if len(urls) > 3 else shown
