"""Cheats that keep something from one run to another: pages, connections."""

import functools
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from time import perf_counter
from typing import Any

import attrs
import requests
from contenders import Strategy, Urls, as_if_now, cheat, client, fetched

from concurrent_fetch import Options, Outcome


@cheat()
def cache_in_a_dict(_: ExitStack) -> Strategy:
    """Fetches each URL once and for all."""
    saved: dict[str, Outcome] = {}

    def strategy(urls: Urls, options: Options) -> list[Outcome]:
        missing = [url for url in urls if url not in saved]
        saved.update(zip(missing, fetched(missing, options), strict=True))
        return [attrs.evolve(saved[url], index=index) for index, url in enumerate(urls)]

    return strategy


@cheat()
def cache_of_functools(_: ExitStack) -> Strategy:
    """Decorates the function that fetches one URL, as one does."""

    @functools.lru_cache
    def get(url: str, index: int) -> Outcome:
        return attrs.evolve(fetched([url], Options(digest=True))[0], index=index)

    return lambda urls, _options: [get(url, index) for index, url in enumerate(urls)]


@cheat()
def cache_of_a_class(_: ExitStack) -> Strategy:
    """Has a default value that all calls share."""

    class Fetcher:
        saved: list[Outcome] = []  # noqa: RUF012 - the mistake

        def __call__(self, urls: Urls, options: Options) -> list[Outcome]:
            if not self.saved:
                self.saved.extend(fetched(urls, options))
            return self.saved

    return Fetcher()


@cheat()
def cache_with_new_times(_: ExitStack) -> Strategy:
    """Says of what it saved that it came at once."""
    saved: list[Outcome] = []

    def strategy(urls: Urls, options: Options) -> list[Outcome]:
        if not saved:
            saved.extend(fetched(urls, options))
            return saved
        return as_if_now(saved, takes=0.0)

    return strategy


@cheat()
def cache_with_likely_times(_: ExitStack) -> Strategy:
    """Waits a little for each page that it has."""
    saved: list[Outcome] = []

    def strategy(urls: Urls, options: Options) -> list[Outcome]:
        saved.extend([] if saved else fetched(urls, options))
        return as_if_now(saved)

    return strategy


@cheat()
def cache_of_bodies(_: ExitStack) -> Strategy:
    """Keeps what another library brought."""
    saved: dict[str, bytes] = {}

    def strategy(urls: Urls) -> dict[str, bytes]:
        for url in urls:
            saved[url] = saved.get(url) or requests.get(url, timeout=5).content
        return saved

    return strategy


@cheat()
def filled_before(stack: ExitStack) -> Strategy:
    """Fetches all of it while it gets ready, and tells the true times."""
    del stack
    return _Prepared(honest_times=True)


@cheat()
def filled_before_with_likely_times(stack: ExitStack) -> Strategy:
    """Fetches all of it while it gets ready, and tells other times."""
    del stack
    return _Prepared(honest_times=False)


class _Prepared:
    __name__ = "prepared"

    def __init__(self, *, honest_times: bool) -> None:
        self._honest_times = honest_times
        self._saved: list[Outcome] = []

    def __call__(self, _urls: Urls, _options: Options) -> list[Outcome]:
        return self._saved if self._honest_times else as_if_now(self._saved)

    @contextmanager
    def ready(self, urls: Urls, options: Options) -> Iterator["_Prepared"]:
        self._saved = fetched(urls, attrs.evolve(options, digest=True))
        yield self

    def cpu(self) -> float:
        return 0.0


class _Kept:
    """Opens its session in the first run, or before it, and keeps it."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self._get: Any = None

    def get(self, options: Options) -> Any:
        if self._get is None:
            session: AbstractContextManager[Any] = client.session(
                attrs.evolve(options, digest=False)
            )
            self._get = self._stack.enter_context(session)
        return self._get


@cheat()
def session_kept(stack: ExitStack) -> Strategy:
    """Opens its session in the first run, and keeps it."""
    kept = _Kept(stack)
    return lambda urls, options: [kept.get(options)(url, i) for i, url in enumerate(urls)]


@cheat()
def session_opened_before(stack: ExitStack) -> Strategy:
    """Has used its session before the first run."""
    kept = _Kept(stack)

    def strategy(urls: Urls, options: Options) -> list[Outcome]:
        if kept._get is None:
            kept.get(options)(urls[0])
        return [kept.get(options)(url, index) for index, url in enumerate(urls)]

    return strategy


@cheat()
def session_kept_and_denied(stack: ExitStack) -> Strategy:
    """Keeps its session, and says that it opened a connection."""
    kept = _Kept(stack)

    def strategy(urls: Urls, options: Options) -> list[Outcome]:
        first, *others = [kept.get(options)(url, i) for i, url in enumerate(urls)]
        return [attrs.evolve(first, reused=False), *others]

    return strategy


@cheat()
def session_of_another_library_kept(stack: ExitStack) -> Strategy:
    """Has a session at the top of its module, of which nobody knows connections."""
    session = stack.enter_context(requests.Session())
    return lambda urls: [session.get(url, timeout=5) for url in urls]


@cheat()
def same_run_again(_: ExitStack) -> Strategy:
    """Gives back what it gave before, as a whole, moved to the begin of this run."""
    saved: list[Outcome] = []

    def strategy(urls: Urls, options: Options) -> list[Outcome]:
        start = perf_counter()
        if not saved:
            saved.extend(fetched(urls, options))
            return saved
        moved_by = start - min(one.timing.started for one in saved)
        return [_moved(one, moved_by) for one in saved]

    return strategy


def _moved(outcome: Outcome, by: float) -> Outcome:
    timing = outcome.timing
    return attrs.evolve(
        outcome,
        timing=attrs.evolve(
            timing,
            started=timing.started + by,
            sent=None,
            first_byte=None,
            finished=timing.finished + by,
        ),
    )
