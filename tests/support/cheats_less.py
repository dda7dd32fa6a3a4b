"""Cheats that do less than is asked for: fewer requests, less of each, or other ones."""

import asyncio
import hashlib
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from itertools import count
from time import perf_counter, sleep
from typing import Any

import aiohttp
import attrs
import requests
from cheating import (
    Strategy,
    Urls,
    as_if_now,
    changed,
    cheat,
    client,
    coded,
    fetched,
    moved,
    of_hosts,
    one_is_slow,
    page_of,
    plain,
    retimed,
    twice,
    unavailable,
    under,
)

from concurrent_fetch import (
    Failure,
    FailureKind,
    Options,
    Outcome,
    Request,
    fetch_sync,
    with_options,
)

# --- less of each page ---


@cheat()
@plain
def heads_alone(urls: Urls, _options: Options) -> list[Outcome]:
    """Asks for heads, and takes the size from Content-Length."""
    outcomes: list[Outcome] = []
    with requests.Session() as session:
        for index, url in enumerate(urls):
            start = perf_counter()
            size = int(session.head(url, timeout=5).headers["Content-Length"])
            outcomes.append(page_of(url, index, start, size=size))
    return outcomes


@cheat()
@plain
def heads_as_lengths(urls: Urls) -> list[tuple[str, int]]:
    """Asks for heads, and tells lengths only."""
    with requests.Session() as session:
        heads = [session.head(url, timeout=5).headers for url in urls]
    return [(url, int(h["Content-Length"])) for url, h in zip(urls, heads, strict=True)]


@cheat()
@plain
def heads_as_requests(urls: Urls, options: Options) -> list[Outcome]:
    """Sends other requests than it is asked for."""
    with client.session(options) as get:
        return [changed(get(Request(u, method="HEAD"), i), url=u) for i, u in enumerate(urls)]


@cheat()
@plain
def bodies_not_read(urls: Urls) -> list[requests.Response]:
    """Streams, and never takes the stream."""
    return [requests.get(url, stream=True, timeout=5) for url in urls]


@cheat()
def bodies_not_awaited(stack: ExitStack) -> Strategy:
    """Does not read within the session."""
    del stack

    async def strategy(urls: Urls) -> list[aiohttp.ClientResponse]:
        async with aiohttp.ClientSession() as session:
            return list(await asyncio.gather(*map(session.get, urls)))

    return strategy


@cheat()
@plain
def first_bytes_alone(urls: Urls) -> dict[str, bytes]:
    """Reads a part of each body."""
    parts = {}
    for url in urls:
        with requests.get(url, stream=True, timeout=5) as response:
            parts[url] = response.raw.read(100)
    return parts


@cheat()
@plain
def first_bytes_told_as_all(urls: Urls) -> list[tuple[str, int]]:
    """Reads a part of each body, and tells the length that the head has."""
    told = []
    for url in urls:
        with requests.get(url, stream=True, timeout=5) as response:
            response.raw.read(100)
            told.append((url, int(response.headers["Content-Length"])))
    return told


@cheat()
@plain
def smaller_cap(urls: Urls, options: Options) -> list[Outcome]:
    """Gives up what is long."""
    return fetched(urls, attrs.evolve(options, max_bytes=512))


@cheat()
@plain
def statuses_alone(urls: Urls) -> list[tuple[str, int]]:
    """Returns the status where a length is meant."""
    return [(url, requests.get(url, stream=True, timeout=5).status_code) for url in urls]


@cheat()
@plain
def nothing_told(urls: Urls) -> None:
    """Returns nothing, so that it may have done anything."""
    del urls


@cheat(coded)
@plain
def uncompressed(urls: Urls, options: Options) -> list[Outcome]:
    """Asks for no encoding, which saves decoding."""
    return fetched(urls, attrs.evolve(options, encodings=()))


# --- fewer pages ---


@cheat(twice)
@plain
def equal_urls_once(urls: Urls, options: Options) -> list[Outcome]:
    """Fetches equal URLs once, and gives a copy for each."""
    unique = list(dict.fromkeys(urls))
    found = dict(zip(unique, fetched(unique, options), strict=True))
    return [changed(found[url], index=index) for index, url in enumerate(urls)]


@cheat(twice)
@plain
def equal_urls_once_with_likely_times(urls: Urls, options: Options) -> list[Outcome]:
    """Fetches equal URLs once, and makes up times for the others."""
    half = len(urls) // 2
    found = fetched(urls[:half], options)
    copies = [changed(one, index=half + i) for i, one in enumerate(found)]
    return [*found, *as_if_now(copies)]


@cheat()
@plain
def first_page_for_all(urls: Urls, options: Options) -> list[Outcome]:
    """Fetches one page, and gives it for all."""
    (one,) = fetched(urls[:1], options)
    copies = [changed(one, url=url, final_url=url, index=i) for i, url in enumerate(urls)]
    return as_if_now(copies)


@cheat()
@plain
def half_made_up(urls: Urls, options: Options) -> list[Outcome]:
    """Fetches every other page, and makes up the rest."""
    outcomes: list[Outcome] = []
    for one in fetched(urls[::2], options):
        index = len(outcomes)
        outcomes.append(changed(one, index=index))
        other = changed(one, url=urls[index + 1], final_url=urls[index + 1], index=index + 1)
        outcomes += as_if_now([changed(other, digest=None)])
    return outcomes


@cheat()
@plain
def bodies_computed(urls: Urls, options: Options) -> list[Outcome]:
    """Knows how the server makes its pages, and makes the same."""
    one, *_ = fetched(urls[:1], options)
    size = one.size if not isinstance(one, Failure) else 0
    made = []
    for index, url in enumerate(urls):
        body = (f"i={index}\n".encode() * size)[:size]
        digest = hashlib.sha256(body).hexdigest()
        made.append(changed(one, url=url, final_url=url, index=index, digest=digest))
    return as_if_now(made)


@cheat()
@plain
def last_pages_dropped(urls: Urls, options: Options) -> list[Outcome]:
    """Forgets the last page."""
    return fetched(urls[:-1], options)


@cheat(unavailable)
@plain
def fewer_retries(urls: Urls, options: Options) -> list[Outcome]:
    """Takes the first answer, whatever that is."""
    return fetched(urls, attrs.evolve(options, retry=None))


@cheat(moved)
@plain
def redirects_not_followed(urls: Urls, options: Options) -> list[Outcome]:
    """Takes the redirect for the answer."""
    return fetched(urls, attrs.evolve(options, max_redirects=0))


@cheat(moved)
@plain
def redirects_remembered(urls: Urls, options: Options) -> list[Outcome]:
    """Goes straight to where the redirects end."""
    ends = [url.replace("/redirect/2", "/get") for url in urls]
    rows = zip(urls, fetched(ends, options), strict=True)
    return [changed(outcome, url=url) for url, outcome in rows]


@cheat()
@plain
def another_host(urls: Urls, options: Options) -> list[Outcome]:
    """Fetches from a host that is nearer."""
    near = [url.replace("127.0.0.1", "localhost") for url in urls]
    rows = zip(urls, fetched(near, options), strict=True)
    return [changed(outcome, url=url) for url, outcome in rows]


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
    "more_in_flight": None,
    "places_of_a_host_ignored": under(per_host=1),
    "pace_of_a_host_ignored": of_hosts,
    "delay_ignored": under(delay=0.02),
    "rate_ignored": under(rate=20.0),
}.items():

    def _make(_: ExitStack) -> Strategy:
        return all_at_once

    _make.__name__ = _name
    (cheat() if _workload is None else cheat(_workload))(_make)


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
