"""Cheats that do not heed what is set: less patience, more at once, other options."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from itertools import count
from time import perf_counter, sleep
from typing import Any

import attrs
import requests
from contenders import (
    Strategy,
    Urls,
    cheat,
    client,
    fetched,
    hurried,
    of_hosts,
    one_is_slow,
    pages,
    plain,
    retimed,
    under,
)

from concurrent_fetch import (
    Failure,
    FailureKind,
    Options,
    Outcome,
    fetch_sync,
    with_options,
)

# --- less patience ---


@cheat(one_is_slow)
@plain
def shorter_timeouts(urls: Urls, options: Options) -> list[Outcome]:
    """Gives up after a fraction of the time that it is to wait."""
    return fetched(urls, attrs.evolve(options, timeout=0.03))


@cheat()
def slow_ones_failed(_: ExitStack) -> Strategy:
    """Gives up its slowest page, but not in its first run."""
    runs = count()

    def strategy(urls: Urls, options: Options) -> list[Outcome]:
        if next(runs) == 0:
            return fetched(urls, options)
        *found, last = fetched(urls, options)
        gone = Failure(
            url=last.url,
            kind=FailureKind.TIMEOUT,
            message="it was slow",
            timing=last.timing,
            worker=last.worker,
            index=last.index,
        )
        return [*found, gone]

    return strategy


@cheat()
def slow_ones_untold(_: ExitStack) -> Strategy:
    """Tells nothing of its slowest page, and did not fetch it, but in its first run."""
    runs = count()

    def strategy(urls: Urls) -> list[tuple[str, str | None]]:
        slow = urls[-1] if next(runs) else None
        with requests.Session() as session:
            return [(u, None if u == slow else session.get(u, timeout=5).text) for u in urls]

    return strategy


@cheat()
def nothing_told_later(_: ExitStack) -> Strategy:
    """Fetches in its first run, and then returns nothing at once."""
    runs = count()

    def strategy(urls: Urls) -> dict[str, bytes] | None:
        if next(runs):
            return None
        return {url: requests.get(url, timeout=5).content for url in urls}

    return strategy


# --- limits and options that are not heeded ---


def all_at_once(urls: Urls, options: Options) -> list[Outcome]:
    """Starts all fetches at once."""
    with ThreadPoolExecutor(len(urls)) as pool, client.session(options) as get:
        return list(pool.map(lambda i: _slowly(get, urls[i], i), range(len(urls))))


def _slowly(get: Any, url: str, index: int) -> Outcome:
    """Fetch, and take some time, so that it does not depend on chance how many are in flight."""
    outcome: Outcome = get(url, index)
    sleep(0.01)
    return retimed(outcome, outcome.timing.started, perf_counter())


for _name, _workload in {
    "more_in_flight": pages,
    "places_of_a_host_ignored": under(per_host=1),
    "pace_of_a_host_ignored": of_hosts,
    "delay_ignored": under(delay=0.02),
    "rate_ignored": hurried,
}.items():

    def _make(_: ExitStack) -> Strategy:
        return all_at_once

    _make.__name__ = _name
    _make.__doc__ = all_at_once.__doc__
    cheat(_workload)(_make)


@cheat()
def certificates_not_verified(_: ExitStack) -> Strategy:
    """Does without what TLS is for."""
    return with_options(fetch_sync, verify=False)


@cheat()
def other_headers(_: ExitStack) -> Strategy:
    """Asks for something else, by a header."""
    return with_options(fetch_sync, headers={"Accept": "text/plain"})


@cheat(under(work=lambda response: response.text))
@plain
def work_left_out(urls: Urls, options: Options) -> list[Outcome]:
    """Does not do with the responses what is to be done."""
    return fetched(urls, attrs.evolve(options, work=None))
