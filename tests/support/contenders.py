"""What cheats and honest strategies share: what is to be fetched, how they are kept."""

from collections.abc import Callable
from contextlib import ExitStack
from time import perf_counter
from typing import Any, NamedTuple
from urllib.parse import quote

import attrs

from concurrent_fetch import Options, Outcome, Pace, Response, Retry, Timing
from concurrent_fetch.clients import httptools_client
from concurrent_fetch.server import LocalServer

Urls = list[str]
Strategy = Callable[..., Any]
Make = Callable[[ExitStack], Strategy]
"""Makes one, with no memory of another comparison; what it leaves is ended by the stack."""
Work = tuple[Urls, Options]
Workload = Callable[[LocalServer, int], Work]
"""Says what to fetch from a server, in pages of about that size."""

PAGES = 8
client = httptools_client


class Cheat(NamedTuple):
    """A strategy that is dishonest or careless, and where it can be."""

    make: Make
    workload: Workload


class Honest(NamedTuple):
    """A strategy that does what it is asked for, and what is noted of it all the same."""

    make: Make
    workload: Workload
    notes: tuple[str, ...]
    """Patterns of the facts."""


CHEATS: dict[str, Cheat] = {}
HONEST: dict[str, Honest] = {}


def pages(server: LocalServer, size: int) -> Work:
    return server.urls(PAGES, f"/bytes/{size}"), Options(concurrency=2)


def twice(server: LocalServer, size: int) -> Work:
    urls, options = pages(server, size)
    return [*urls[: PAGES // 2], *urls[: PAGES // 2]], options


def moved(server: LocalServer, size: int) -> Work:
    urls, options = pages(server, size)
    return [server.url(f"/redirect-to?url={quote(url)}") for url in urls], options


def coded(server: LocalServer, _size: int) -> Work:
    return server.urls(PAGES, "/gzip"), Options(concurrency=2)


def unavailable(server: LocalServer, _size: int) -> Work:
    """One is to be tried again; the others take so long that it does not matter how it waits."""
    retry = Retry(attempts=2, wait_initial=0.0001)
    urls = [server.url("/status/503"), *server.urls(6, "/delay/0.02")]
    return urls, Options(concurrency=2, retry=retry)


def one_is_slow(server: LocalServer, size: int) -> Work:
    urls, options = pages(server, size)
    return [*urls, server.url("/delay/0.05")], options


def with_a_dead_link(server: LocalServer, size: int) -> Work:
    urls, options = pages(server, size)
    return [*urls, "http://127.0.0.1:1/"], options


def under(**limits: Any) -> Workload:
    """The same pages, with limits that a strategy has to heed itself."""

    def workload(server: LocalServer, size: int) -> Work:
        urls, options = pages(server, size)
        return urls, attrs.evolve(options, concurrency=PAGES, **limits)

    return workload


def hurried(server: LocalServer, size: int) -> Work:
    """So many that it is seen on a busy machine, too, if all begin at once."""
    urls = server.urls(3 * PAGES, f"/bytes/{size}")
    return urls, Options(concurrency=3 * PAGES, rate=40.0)


def of_hosts(server: LocalServer, size: int) -> Work:
    return under(hosts={server.host: Pace(per_host=1)})(server, size)


def length(response: Response) -> int:
    return response.size


def cheat(workload: Workload = pages) -> Callable[[Make], Make]:
    """Keep a cheat under the name of the function that makes it."""

    def keep(make: Make) -> Make:
        CHEATS[make.__name__] = Cheat(make, workload)
        return make

    return keep


def honest(*notes: str, workload: Workload = pages) -> Callable[[Make], Make]:
    """Keep an honest one, likewise, with what is noted."""

    def keep(make: Make) -> Make:
        HONEST[make.__name__] = Honest(make, workload, notes)
        return make

    return keep


def plain(strategy: Strategy) -> Make:
    """One that remembers nothing: there is no more to make."""

    def make(_: ExitStack) -> Strategy:
        return strategy

    make.__name__ = strategy.__name__
    make.__doc__ = strategy.__doc__
    return make


def fetched(urls: Urls, options: Options) -> list[Outcome]:
    """Fetch honestly, one after another."""
    with client.session(options) as get:
        return [get(url, index) for index, url in enumerate(urls)]


def changed(outcome: Outcome, **facts: Any) -> Outcome:
    """Return the outcome with other facts, which a type checker would know of a response only."""
    return attrs.evolve(outcome, **facts)


def retimed(outcome: Outcome, started: float, finished: float) -> Outcome:
    return attrs.evolve(outcome, timing=Timing(started=started, finished=finished))


def as_if_now(outcomes: list[Outcome], takes: float = 0.0001) -> list[Outcome]:
    """Say of saved outcomes that each has just been fetched, and wait for as long as that takes."""
    told = []
    for outcome in outcomes:
        start = perf_counter()
        while (end := perf_counter()) < start + takes:
            pass
        told.append(retimed(outcome, start, end))
    return told


def page_of(url: str, index: int, start: float, **facts: Any) -> Response:
    """An outcome made by hand."""
    made: dict[str, Any] = {
        "url": url,
        "final_url": url,
        "status_code": 200,
        "headers": {},
        "size": 0,
        "timing": Timing(started=start, finished=perf_counter()),
        "worker": "MainThread",
        "index": index,
    }
    return Response(**made | facts)
