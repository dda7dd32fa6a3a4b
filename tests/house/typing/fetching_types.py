"""What the types of the fetching half promise: read by mypy, never run."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator
from pathlib import Path
from typing import Any, assert_never, assert_type

import concurrent_fetch as cf
from concurrent_fetch.clients import aiohttp_client, httpx_client, requests_client
from concurrent_fetch.testing import (
    CHECKS,
    Report,
    check_client,
    check_strategy,
    parametrize_with_checks,
)

URLS = ["http://example.com/"]


def plain() -> None:
    assert_type(cf.fetch_sync(URLS), cf.Run)
    assert_type(cf.fetch_threaded(iter(URLS), cf.Options(concurrency=3)), cf.Run)
    assert_type(cf.fetch_sync(URLS, client=requests_client), cf.Run)
    assert_type(cf.iter_sync(URLS), Generator[cf.Outcome, None, None])
    assert_type(cf.iter_threaded(URLS, client="httpx"), Generator[cf.Outcome, None, None])


def public_modules() -> None:
    """They need no import of their own."""
    assert_type(cf.server.LocalServer().urls(3), list[str])
    assert_type(cf.clients.aiohttp_client, cf.AsyncClient)
    assert_type(cf.testing.check_client(cf.clients.requests_client), tuple[Report, ...])
    assert_type(cf.errors.FormatError("what is wrong"), cf.errors.FormatError)
    cf.fetch_sinc(URLS)  # type: ignore[attr-defined]  # there is no such name


def hears(progress: cf.Progress) -> None:
    assert_type(progress.total, int | None)
    assert_type(progress.rate, float)
    assert_type(progress.left, float | None)


def watched() -> None:
    cf.fetch_sync(URLS, cf.Options(progress=hears))
    cf.fetch_sync(URLS, cf.Options(progress=True))
    cf.Runner(URLS, progress=hears)
    cf.Options(progress=len)  # type: ignore[arg-type]  # it is given a Progress


async def on_a_loop(arriving: AsyncIterator[str]) -> None:
    assert_type(await cf.fetch_async(URLS), cf.Run)
    assert_type(await cf.fetch_async(arriving, client=aiohttp_client), cf.Run)
    assert_type(cf.iter_async(arriving), AsyncGenerator[cf.Outcome, None])
    async for outcome in cf.iter_async(URLS):
        assert_type(outcome, cf.Response | cf.Failure)
    async with aiohttp_client.session() as get:
        assert_type(await get("http://example.com/", 3), cf.Response | cf.Failure)


def outcomes(run: cf.Run) -> None:
    assert_type(run[0], cf.Response | cf.Failure)
    assert_type(run[1:], tuple[cf.Response | cf.Failure, ...])
    assert_type(run.responses, tuple[cf.Response, ...])
    assert_type(run.failures, tuple[cf.Failure, ...])
    assert_type(run.to_columns(), dict[str, list[Any]])
    assert_type(run.percentile(50), float)
    assert_type(run.failed_urls, list[str])
    assert_type(run.failures_by("kind"), dict[cf.FailureKind, tuple[cf.Failure, ...]])
    assert_type(run.failures_by("status"), dict[int, tuple[cf.Response, ...]])
    assert_type(run.failures_by("host"), dict[str, tuple[cf.Response | cf.Failure, ...]])
    run.failures_by("hosts")  # type: ignore[call-overload]  # there is no such word
    for outcome in run:
        assert_type(outcome.elapsed, float)
        match outcome:
            case cf.Response():
                assert_type(outcome.text, str)
                assert_type(outcome.timing.waiting, float | None)
            case cf.Failure():
                assert_type(outcome.kind, cf.FailureKind)
            case _:
                assert_never(outcome)
    with httpx_client.session(cf.Options(digest=True)) as get:
        assert_type(get("http://example.com/"), cf.Response | cf.Failure)


def kept(comparison: cf.Comparison, sweep: cf.Sweep) -> None:
    assert_type(comparison.timeline(), cf.Picture)
    assert_type(comparison.timeline("fetch_sync", "fetch_async"), cf.Picture)
    assert_type(sweep.chart(), cf.Picture)
    assert_type(comparison.chart().alt, str)
    cf.save(comparison, "today.json")
    cf.save(sweep, Path("today.html"))
    cf.save(cf.iter_threaded(URLS), "today.csv")
    assert_type(cf.Run.of(cf.iter_sync(URLS), strategy="mine"), cf.Run)
    found = cf.load("today.json")
    assert_type(found, cf.Comparison | cf.Sweep | cf.Ladder | cf.Run)
    if isinstance(found, cf.Comparison):
        assert_type(found.fastest, tuple[str, ...])


@parametrize_with_checks([requests_client, aiohttp_client, cf.iter_sync])
def checked(check: Callable[[], Report]) -> bool:
    return check().passed


def checks() -> None:
    assert_type(check_client(aiohttp_client), tuple[Report, ...])
    assert_type(check_strategy(cf.fetch_async), tuple[Report, ...])
    assert_type(CHECKS[0](requests_client), Report)
    assert_type(checked(lambda: check_client(requests_client)[0]), bool)


def only_urls(urls: list[str], timeout: int = 5) -> list[bytes]:
    return [url.encode()[:timeout] for url in urls]


async def with_keywords(urls: list[str], *, options: cf.Options) -> list[tuple[str, int]]:
    return [(url, options.concurrency) for url in urls]


def of_one(url: str) -> bytes:
    return url.encode()


async def of_one_later(url: str) -> bytes:
    return url.encode()


def any_code_that_fetches(runner: cf.Runner) -> None:
    assert_type(runner.compare(only_urls, with_keywords, cf.each(of_one)), cf.Comparison)
    assert_type(runner.compare(mine=lambda urls: [len(url) for url in urls]), cf.Comparison)
    assert_type(runner.sweep(cf.each(of_one, threads=True), (1, 2)), cf.Sweep)
    assert_type(runner.run(cf.each(of_one_later)), cf.Run)
    cf.with_options(cf.each(of_one), concurrency=3)
    assert_type(runner.run(cf.with_loop(cf.fetch_async, "uvloop")), cf.Run)
    cf.each(of_one_later, threads=False)
    cf.each(URLS[0])  # type: ignore[call-overload]  # a function
    cf.each(of_one, threads=8)  # type: ignore[call-overload]  # a bool
    cf.Row(status=200)  # type: ignore[call-arg]  # status_code
    runner.compare("sync")  # type: ignore[arg-type]  # a function


def refused() -> None:
    cf.fetch_sync(URLS, 5)  # type: ignore[arg-type]  # options are Options
    cf.fetch_sync(None)  # type: ignore[arg-type]  # URLs are an iterable
    cf.fetch_sync([b"http://example.com/"])  # type: ignore[list-item]  # of str
    cf.fetch_sync(URLS, client=aiohttp_client)  # type: ignore[arg-type]  # a plain client
    cf.iter_async(URLS, client=requests_client)  # type: ignore[arg-type]  # an async client
    cf.Options(concurrency="5")  # type: ignore[arg-type]  # an int
    cf.Options(max_workers=5)  # type: ignore[call-arg]  # what it has not, as of every function
    cf.fetch_threaded(URLS, concurrency=5)  # type: ignore[call-arg]
    cf.fetch_async(URLS, concurrency=5)  # type: ignore[call-arg, unused-coroutine]
    cf.Runner(URLS, concurrency=5)  # type: ignore[call-arg]
    cf.Options(5)  # type: ignore[call-arg]  # keywords only
    check_strategy(requests_client)  # type: ignore[arg-type]  # a strategy is callable
    check_client("requests")  # type: ignore[arg-type]  # the client, not its name
    cf.save("today.json", cf.fetch_sync(URLS))  # type: ignore[arg-type]  # the result comes first
    cf.load("today.json").speedup("fetch_sync")  # type: ignore[union-attr]  # it may be a Run
    assert cf.fetch_sync(URLS)[0].body  # type: ignore[union-attr]  # it may be a Failure
