"""Checks of laziness and of an early end: closed, cancelled or left."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, Callable, Generator
from functools import partial
from time import perf_counter
from typing import Any

from concurrent_fetch._python import background_thread
from concurrent_fetch._units import Seconds
from concurrent_fetch.fetch import AsyncClient, Client
from concurrent_fetch.model import Outcome
from concurrent_fetch.server import LocalServer
from concurrent_fetch.testing._check import Finding, for_both, for_clients, for_strategies
from concurrent_fetch.testing._facts import eventually, in_time, results
from concurrent_fetch.testing._subject import DoesNotApply, Subject, UnusableError, consume, options

_SOON: Seconds = 1.5  # a second, and grace for a busy machine
_MANY = 6
_LONG = {"concurrency": _MANY, "timeout": 9.0}


@for_strategies
def laziness(subject: Subject, server: LocalServer) -> Finding:
    """A generator yields its first outcome before all URLs were fetched."""
    requests: list[int] = []
    urls = server.urls(40, "/delay/0.05")
    _stop(subject, urls, lambda: requests.append(server.stats().requests), concurrency=2)
    early = "before all requests were sent"
    return Finding(early, early if requests[0] < 40 else f"after all {requests[0]} were sent")


@for_strategies
def early_stop(subject: Subject, server: LocalServer) -> Finding:
    """Closing a generator ends it within a second, and aborts what is in flight."""
    # Whichever end it begins at, its first outcome comes soon.
    urls = [server.url("/get"), *_slow(server), server.url("/get")]
    return _ended(_stop(subject, urls, lambda: None, **_LONG), server)


def _stop(subject: Subject, urls: list[str], look: Callable[[], object], **changes: Any) -> Seconds:
    """Take one outcome, look, and close; return how long closing took."""
    if not subject.is_lazy:
        raise DoesNotApply("it returns when all URLs are fetched")
    returned = subject.call(urls, **changes)
    if not hasattr(returned, "aclose" if isinstance(returned, AsyncIterable) else "close"):
        raise DoesNotApply("its iterator cannot be closed")
    if isinstance(returned, AsyncIterable):
        return asyncio.run(_stop_async(returned, look))  # type: ignore[arg-type]  # it has aclose
    return _stop_plain(returned, look)


def _stop_plain(outcomes: Generator[Outcome], look: Callable[[], object]) -> Seconds:
    next(outcomes)
    look()
    began = perf_counter()
    outcomes.close()
    return perf_counter() - began


async def _stop_async(
    outcomes: AsyncGenerator[Outcome, None], look: Callable[[], object]
) -> Seconds:
    await anext(outcomes)
    look()
    began = perf_counter()
    await outcomes.aclose()
    return perf_counter() - began


@for_both
def cancellation(subject: Subject, server: LocalServer) -> Finding:
    """Cancelling an async part ends it within a second, and aborts what is in flight."""
    if not subject.is_async:
        raise DoesNotApply("it is not asynchronous")

    async def cancel() -> Seconds:
        task = asyncio.create_task(consume(subject.call(_slow(server), **_LONG)))
        await _are_in_flight(server)
        began = perf_counter()
        task.cancel()
        await asyncio.wait((task,))
        if not task.cancelled():
            raise UnusableError("the cancellation was swallowed")
        return perf_counter() - began

    return _ended(asyncio.run(cancel()), server)


@for_clients
def leaving(subject: Subject, server: LocalServer) -> Finding:
    """Leaving a session ends what is in flight within a second, as `cancelled`."""
    if isinstance(subject.part, AsyncClient):
        outcomes, seconds = asyncio.run(_left_async(subject.part, server))
    else:
        assert isinstance(subject.part, Client)  # noqa: S101 - the check is for clients
        outcomes, seconds = _left(subject.part, server)
    expected, seen = _ended(seconds, server)
    return Finding([*["cancelled"] * _MANY, expected], [*results(outcomes), seen])


def _left(client: Client, server: LocalServer) -> tuple[list[Outcome], Seconds]:
    outcomes: list[Outcome] = []
    with client.session(options(**_LONG)) as get:

        def fetch(url: str) -> None:
            outcomes.append(get(url))

        threads = [background_thread(partial(fetch, url), "leaving") for url in _slow(server)]
        for thread in threads:
            thread.start()
        eventually(lambda: server.stats().in_flight == _MANY, _SOON)
        began = perf_counter()
    for thread in threads:
        thread.join()
    return outcomes, perf_counter() - began


async def _left_async(client: AsyncClient, server: LocalServer) -> tuple[list[Outcome], Seconds]:
    async with client.session(options(**_LONG)) as get:
        tasks = [asyncio.create_task(get(url)) for url in _slow(server)]
        await _are_in_flight(server)
        began = perf_counter()
    outcomes = await asyncio.gather(*tasks)
    return outcomes, perf_counter() - began


def _slow(server: LocalServer) -> list[str]:
    return server.urls(_MANY, "/delay/8")


async def _are_in_flight(server: LocalServer) -> None:
    await asyncio.to_thread(eventually, lambda: server.stats().in_flight == _MANY, _SOON)


def _ended(seconds: Seconds, server: LocalServer) -> Finding:
    eventually(lambda: not server.stats().in_flight, _SOON)
    return Finding(
        f"ended {in_time(0, _SOON)}, 0 still in flight",
        f"ended {in_time(seconds, _SOON)}, {server.stats().in_flight} still in flight",
    )
