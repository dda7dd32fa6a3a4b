"""Settings: what a Runner accepts, and what it says of what it does not.

Converters and validators of its fields; all raise TypeError or ValueError.
"""

import os
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

import attrs

from concurrent_fetch import _progress
from concurrent_fetch._files import objection_to
from concurrent_fetch.errors import FormatError
from concurrent_fetch.export import LOADED, suffix_of
from concurrent_fetch.feed import check_plain_urls
from concurrent_fetch.http import redact, what_to_write
from concurrent_fetch.model import Options, Request
from concurrent_fetch.stats import rounds_to_tell
from concurrent_fetch.words import FLAG, Rule, is_number, is_whole, told, whole

_MOST_SEED = 2**256 - 1
OTHER_WORDS = {
    **dict.fromkeys(("iterations", "n", "number", "repeat", "repeats", "runs"), "rounds={}"),
    **dict.fromkeys(("budget", "duration", "max_seconds", "max_time"), "seconds={}"),
    **dict.fromkeys(("random_seed", "random_state"), "seed={}"),
    "save": "autosave={}",
}
"""How a setting is written here, by what it is called elsewhere."""

_ONLY_GETS = "a Runner sends GETs, each many times"
_OF_REQUEST = "give requests to fetch_threaded, fetch_async, fetch_sync, or iter_ of these"


def as_urls(urls: Iterable[str]) -> tuple[str, ...]:
    """Return the URLs, at least one, each a `str`."""
    kept = plain_urls(urls, _ONLY_GETS)
    if not kept:
        raise ValueError("urls is empty; a Runner needs at least one URL")
    return kept


def plain_urls(urls: Iterable[str], on_requests: str) -> tuple[str, ...]:
    """Return the URLs, each a plain `str`; `on_requests` says why requests are none."""
    check_plain_urls(urls)
    kept = tuple(urls)
    for index, url in enumerate(kept):
        if not isinstance(url, str):
            shown = told(redact(repr(url)))
            of_request = f"{on_requests}; {_OF_REQUEST}"
            advice = of_request if isinstance(url, Request) else what_to_write(url)
            raise TypeError(f"urls[{index}] must be a str, got {shown}; {advice}")
    return tuple(map(str.__str__, kept))


class Unsaid(tuple[int, ...]):
    """The looks of a Runner that was told no number of rounds."""

    __slots__ = ()


USUAL = Unsaid((10,))


def as_looks(value: int | Sequence[int]) -> tuple[int, ...]:
    """Return after how many rounds to look, ascending; one number is the last look."""
    if isinstance(value, Unsaid):
        return value
    looks = tuple(value) if isinstance(value, Iterable) else (value,)
    if not all(map(is_whole, looks)):
        raise TypeError(f"rounds must be an int, or a sequence as (10, 20, 40), got {value!r}")
    if not looks or min(looks) < 1:
        raise ValueError(f"rounds must be at least 1, got {value!r}")
    if any(later <= look for look, later in pairwise(looks)):
        raise ValueError(f"rounds must ascend, as (10, 20, 40) does, got {value!r}")
    return looks


def looks_for(looks: tuple[int, ...], strategies: int) -> tuple[int, ...]:
    """Return after how many rounds to look at so many strategies, unless that was said.

    Where more than the usual rounds are needed for a verdict: as many, and one that may be lost.
    """
    if not isinstance(looks, Unsaid):
        return looks
    needed = rounds_to_tell(strategies, len(looks))
    return (looks[-1] if needed < looks[-1] else needed + 1,)


check_budget = Rule(
    is_number, "a number", lambda value: value > 0, "greater than 0", "None for no budget"
).of_argument
check_allowance = whole(1, none="None for any number").of_argument
check_seed = whole(
    -_MOST_SEED, _MOST_SEED, none="None to draw one", what="an int of at most 256 bits"
).of_argument

check_witness = FLAG.of_argument
check_try_more = attrs.evolve(FLAG, none="None to try where all hosts are loopback").of_argument


def check_repeatable(options: Options) -> None:
    """Refuse a journal, with which only the first round would fetch, and a sink."""
    if options.journal is not None:
        raise ValueError(
            "a Runner fetches the same URLs again and again, and writes no journal; call "
            f"fetch_threaded(urls, Options(journal={options.journal!r})), or leave it out"
        )
    if options.sink is not None:
        raise ValueError(
            "a Runner fetches the same URLs again and again and keeps no body, so it takes no "
            "sink; call fetch_threaded(urls, Options(sink=...)), or leave it out"
        )


def check_progress(_: object, __: object, value: object) -> None:
    """Refuse what is neither a bool nor a plain function."""
    _progress.check_progress("progress", value)


def check_autosave(_: object, __: object, value: Any) -> None:
    """Refuse what is no path of a `.json` file in a folder that is there."""
    if value is None:
        return
    if not isinstance(value, (str, os.PathLike)):
        raise TypeError(f"autosave must be the path of a .json file or None, got {value!r}")
    if suffix_of(value) != LOADED:
        raise FormatError(f"autosave must end in .json, which load reads, got {os.fspath(value)!r}")
    if objection := objection_to(value):
        raise ValueError(f"autosave: {objection}")
