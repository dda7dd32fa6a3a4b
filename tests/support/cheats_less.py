"""Cheats that do less than is asked for: fewer requests, less of each, or other ones."""

import asyncio
import hashlib
from contextlib import ExitStack
from time import perf_counter
from urllib.parse import parse_qs, urlsplit

import aiohttp
import attrs
import requests
from contenders import (
    Strategy,
    Urls,
    as_if_now,
    changed,
    cheat,
    client,
    coded,
    fetched,
    moved,
    page_of,
    plain,
    twice,
    unavailable,
)

from concurrent_fetch import (
    Failure,
    Options,
    Outcome,
    Request,
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
    ends = [parse_qs(urlsplit(url).query)["url"][0] for url in urls]
    rows = zip(urls, fetched(ends, options), strict=True)
    return [changed(outcome, url=url) for url, outcome in rows]


@cheat()
@plain
def another_host(urls: Urls, options: Options) -> list[Outcome]:
    """Fetches from a host that is nearer."""
    near = [url.replace("127.0.0.1", "localhost") for url in urls]
    rows = zip(urls, fetched(near, options), strict=True)
    return [changed(outcome, url=url) for url, outcome in rows]
