"""Cheats that tell what is not so: other times, or facts that are made when one looks at them."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from itertools import count
from time import perf_counter
from typing import Any

import attrs
import requests
from contenders import (
    Strategy,
    Urls,
    as_if_now,
    changed,
    cheat,
    client,
    fetched,
    page_of,
    plain,
    retimed,
)

from concurrent_fetch import Options, Outcome, Response, Run

# --- times ---


@cheat()
@plain
def times_of_zero(urls: Urls, options: Options) -> list[Outcome]:
    """Says that nothing took any time."""
    ends = ((one, one.timing.finished) for one in fetched(urls, options))
    return [retimed(one, end, end) for one, end in ends]


@cheat()
@plain
def times_moved(urls: Urls, options: Options) -> list[Outcome]:
    """Tells times of another clock."""
    return [
        retimed(one, one.timing.started + 1000, one.timing.finished + 1000)
        for one in fetched(urls, options)
    ]


@cheat()
@plain
def times_shrunk(urls: Urls, options: Options) -> list[Outcome]:
    """Says that each fetch took a tenth of its time."""
    return [
        retimed(one, one.timing.finished - one.elapsed / 10, one.timing.finished)
        for one in fetched(urls, options)
    ]


@cheat()
@plain
def times_of_the_whole(urls: Urls, options: Options) -> list[Outcome]:
    """Says of each fetch that it took as long as the run."""
    start = perf_counter()
    outcomes = fetched(urls, options)
    end = perf_counter()
    return [retimed(one, start, end) for one in outcomes]


# --- honest if watched ---


def half_fetched(urls: Urls, options: Options, known: Mapping[str, Outcome]) -> list[Outcome]:
    """Fetch every other page, and take the rest from what is known."""
    found = dict(zip(urls[::2], fetched(urls[::2], options), strict=True))
    made = dict(zip(urls[1::2], as_if_now([known[url] for url in urls[1::2]]), strict=True))
    both = {**found, **made}
    return [changed(both[url], index=index) for index, url in enumerate(urls)]


@cheat()
def honest_if_digests_are_asked_for(_: ExitStack) -> Strategy:
    """Knows the check run by what is asked for."""
    known: dict[str, Outcome] = {}

    def strategy(urls: Urls, options: Options) -> list[Outcome]:
        if options.digest or not known:
            found = fetched(urls, options)
            known.update((one.url, changed(one, digest=None)) for one in found)
            return found
        strategy.cheated += 1  # type: ignore[attr-defined]  # a test looks at it
        return half_fetched(urls, options, known)

    strategy.cheated = 0  # type: ignore[attr-defined]
    return strategy


@cheat()
def honest_the_first_time(_: ExitStack) -> Strategy:
    """Knows the check run by its being the first, and what came in it."""
    known: dict[str, Outcome] = {}

    def strategy(urls: Urls, options: Options) -> list[Outcome]:
        if not known:
            found = fetched(urls, attrs.evolve(options, digest=True))
            known.update((one.url, one) for one in found)
            return found
        return half_fetched(urls, options, known)

    return strategy


@cheat()
def honest_if_probed(_: ExitStack) -> Strategy:
    """Knows the last run by the thread that watches it."""
    known: dict[str, Outcome] = {}

    def strategy(urls: Urls, options: Options) -> list[Outcome]:
        is_probed = threading.active_count() > usual
        if not known or is_probed:
            found = fetched(urls, attrs.evolve(options, digest=True))
            known.update((one.url, one) for one in found)
            return found
        return half_fetched(urls, options, known)

    usual = threading.active_count()
    return strategy


@cheat()
def every_other_run(_: ExitStack) -> Strategy:
    """Fetches in every other run only."""
    runs = count()
    known: dict[str, Outcome] = {}

    def strategy(urls: Urls, options: Options) -> list[Outcome]:
        if next(runs) % 2 and known:
            return as_if_now(list(known.values()))
        found = fetched(urls, attrs.evolve(options, digest=True))
        known.update((one.url, one) for one in found)
        return found

    return strategy


# --- what is only made when somebody looks ---


class _Lazy(Response):
    """A response that is fetched when its size is asked for."""

    def __getattribute__(self, name: str) -> Any:
        if name not in ("size", "digest"):
            return super().__getattribute__(name)
        url, index = super().__getattribute__("url"), super().__getattribute__("index")
        (one,) = fetched([url], Options(digest=True))
        return getattr(changed(one, index=index), name)


@cheat()
@plain
def responses_fetched_when_looked_at(urls: Urls, _options: Options) -> list[Outcome]:
    """Gives responses that fetch themselves off the clock."""
    made: list[Outcome] = []
    for index, url in enumerate(urls):
        start = perf_counter()
        facts = attrs.asdict(as_if_now([page_of(url, index, start)])[0], recurse=False)
        made.append(_Lazy(**facts))
    return made


class _LazyMapping(dict[str, bytes]):
    """Pages that are fetched when they are taken out."""

    def items(self) -> Any:
        return [(url, requests.get(url, timeout=5).content) for url in self]


def mapping_fetched_when_looked_at(urls: Urls) -> dict[str, bytes]:
    """Give a mapping that fetches off the clock, unless it is looked at on that."""
    return _LazyMapping.fromkeys(urls, b"")


class _LazyRun(Run):
    """A run whose outcomes are fetched when they are taken out."""

    def __iter__(self) -> Iterator[Outcome]:
        found = fetched([one.url for one in self.outcomes], self.options)
        rows = zip(found, self.outcomes, strict=True)
        return (changed(one, timing=told.timing) for one, told in rows)


@cheat()
@plain
def run_fetched_when_looked_at(urls: Urls, options: Options) -> Run:
    """Gives a run that fetches off the clock."""
    start = perf_counter()
    made = as_if_now([page_of(url, i, start) for i, url in enumerate(urls)])
    return _LazyRun(
        outcomes=tuple(made),
        strategy="mine",
        options=options,
        started_at=datetime.now(UTC),
        elapsed=0.001,
        cpu=0.0,
    )


class _Agreeable(str):
    """A text that equals every other one."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, str)

    def __ne__(self, other: object) -> bool:
        return False

    __hash__ = str.__hash__


@cheat()
@plain
def digests_that_equal_any(urls: Urls, _options: Options) -> list[Outcome]:
    """Asks for heads, and gives digests that no comparison contradicts."""
    outcomes: list[Outcome] = []
    with requests.Session() as session:
        for index, url in enumerate(urls):
            start = perf_counter()
            size = int(session.head(url, timeout=5).headers["Content-Length"])
            made = page_of(url, index, start, size=size, digest=_Agreeable("0" * 64))
            outcomes.append(made)
    return outcomes


@cheat()
@plain
def digests_of_another_page(urls: Urls, options: Options) -> list[Outcome]:
    """Gives digests of what it did not read."""
    with client.session(options) as get:
        found = [get(url, index) for index, url in enumerate(urls)]
    return [changed(one, digest="0" * 64) for one in found]
