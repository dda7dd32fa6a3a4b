"""Limits, retries and slow sources, in every strategy, by the count of a real server."""

import asyncio
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, closing
from itertools import pairwise

import attrs
import pytest
from fetching import CLIENT_STRATEGIES, ON_OTHER_LOOPS, ClientStrategy, nothing_left, run_on
from pace import in_time, reached
from raw_server import Peer, RawServer, reply

import concurrent_fetch as cf
from concurrent_fetch import Options, Pace, Retry
from concurrent_fetch.server import LocalServer

WAYS = (*CLIENT_STRATEGIES, *ON_OTHER_LOOPS)
every_way = pytest.mark.parametrize("way", WAYS, ids=str)
CONCURRENT = tuple(way for way in WAYS if way.is_concurrent)
at_once = pytest.mark.parametrize("way", CONCURRENT, ids=str)
SOON = Retry(wait_initial=0.05, wait_jitter=0.0)


def taken_by_iterating(way: ClientStrategy, urls: list[str], options: Options) -> list[cf.Outcome]:
    return way.take(len(urls) + 1, urls, options)


@pytest.mark.parametrize("iterates", [False, True], ids=["fetch", "iter"])
@at_once
def test_no_more_at_once_than_a_host_may_have(
    way: ClientStrategy, iterates: bool, local: LocalServer
) -> None:
    urls, options = local.urls(30, "/delay/0.01"), Options(concurrency=16, per_host=3)
    outcomes = (
        taken_by_iterating(way, urls, options) if iterates else list(way.fetch(urls, options))
    )
    assert [outcome.ok for outcome in outcomes] == [True] * 30
    reached(local.stats().peak_in_flight, 3)


@at_once
def test_a_host_of_its_own_pace_is_held_to_it(way: ClientStrategy, local: LocalServer) -> None:
    options = Options(concurrency=16, per_host=9, hosts={"127.0.0.1": Pace(per_host=2)})
    assert not way.fetch(local.urls(12, "/delay/0.01"), options).failures
    reached(local.stats().peak_in_flight, 2)


@every_way
def test_a_delay_lies_between_the_starts_at_a_host(way: ClientStrategy, local: LocalServer) -> None:
    run = way.fetch(local.urls(6, "/bytes/1"), Options(concurrency=8, delay=0.06))
    assert not run.failures
    starts = sorted(outcome.timing.started for outcome in run)
    assert min(later - earlier for earlier, later in pairwise(starts)) >= 0.06
    in_time(starts[-1] - starts[0], 0.45)


@every_way
def test_a_delay_is_kept_where_the_urls_come_slowly(
    way: ClientStrategy, local: LocalServer
) -> None:
    """The clock is not read before the URL is there."""

    def slowly() -> Iterator[str]:
        for number, url in enumerate(local.urls(4, "/bytes/1")):
            time.sleep(0.15 if number == 0 else 0.0)
            yield url

    run = way.fetch(slowly(), Options(concurrency=4, delay=0.1))
    assert not run.failures
    starts = sorted(outcome.timing.started for outcome in run)
    assert min(later - earlier for earlier, later in pairwise(starts)) >= 0.1
    if way.is_async:
        return  # who blocks the loop delays what has started there
    sent = sorted(outcome.timing.sent or 0.0 for outcome in run)
    in_time(max(0.1 - (later - earlier) for earlier, later in pairwise(sent)), 0.05)


@pytest.mark.once
@pytest.mark.parametrize("per_host", [None, 9], ids=["plain", "limited"])
@every_way
def test_the_time_that_the_urls_take_is_no_time_of_the_fetches(
    way: ClientStrategy, per_host: int | None, local: LocalServer
) -> None:
    def slowly() -> Iterator[str]:
        for url in local.urls(3, "/bytes/1"):
            time.sleep(0.4)
            yield url

    options = Options(concurrency=1, timeout=0.35, per_host=per_host)
    run = way.fetch(slowly(), options)
    in_time(max(outcome.timing.elapsed for outcome in run), 0.3)
    assert not run.failures


@every_way
def test_a_rate_is_kept_over_all(way: ClientStrategy, local: LocalServer) -> None:
    run = way.fetch(local.urls(21, "/bytes/1"), Options(concurrency=8, rate=40))
    assert not run.failures
    starts = sorted(outcome.timing.started for outcome in run)
    windows = [sum(start <= other < start + 0.25 for other in starts) for start in starts]
    assert max(windows) <= 40 * (0.25 + 0.1) + 1
    assert starts[-1] - starts[0] >= 20 / 40 - 0.1
    in_time(starts[-1] - starts[0], 0.75)


class Flaky:
    """A server that answers 503 to the first so many requests of each path, then 200."""

    def __init__(self, times: int, status: str, *fields: str) -> None:
        self.seen = Counter[bytes]()
        self._times = times
        self._bad = reply(b"sorry", *fields, status=status)

    def __call__(self, peer: Peer) -> None:
        while head := peer.read_head():
            path = head.split(b" ")[1]
            self.seen[path] += 1
            peer.send(self._bad if self.seen[path] <= self._times else reply(b"well"))


@every_way
def test_what_failed_twice_is_answered_the_third_time(way: ClientStrategy) -> None:
    flaky = Flaky(2, "500 Sorry")
    with RawServer(flaky) as server:
        run = way.fetch([server.url(f"/{i}") for i in range(4)], Options(retry=SOON))
    assert [(outcome.ok, outcome.attempts, outcome.index) for outcome in run] == [
        (True, 3, i) for i in range(4)
    ]
    assert set(flaky.seen.values()) == {3}
    for outcome in run:
        first, second = outcome.earlier
        assert (first.status_code, second.status_code) == (500, 500)
        assert first.waited >= 0.05
        assert second.waited >= 0.1
        assert second.started == pytest.approx(first.finished + first.waited)


@every_way
def test_a_host_rests_as_long_as_it_asks(way: ClientStrategy) -> None:
    flaky = Flaky(1, "503 Sorry", "Retry-After: 1")
    with RawServer(flaky) as server:
        run = way.fetch([server.url("/0"), server.url("/0")], Options(retry=SOON, per_host=1))
    assert not run.failures
    (tried,) = (outcome for outcome in run if outcome.earlier)
    assert tried.earlier[0].waited >= 1.0
    assert all(outcome.timing.started >= tried.earlier[0].finished + 1.0 for outcome in run)


@every_way
def test_a_server_that_is_down_is_asked_little_more_than_once(
    way: ClientStrategy, local: LocalServer
) -> None:
    """Retries are ten, and one for each five URLs."""
    retry = Retry(attempts=3, wait_initial=0.001)
    run = way.fetch(local.urls(100, "/status/503"), Options(retry=retry))
    assert [len(outcome.earlier) for outcome in run].count(0) >= 70
    assert sum(outcome.attempts for outcome in run) == local.stats().requests == 130


def first_is_flaky(local: LocalServer) -> list[str]:
    return [local.url("/status/503"), local.url("/bytes/1")]


@pytest.mark.parametrize(
    "way", [way for way in CLIENT_STRATEGIES if way.strategy == "fetch_threaded"], ids=str
)
def test_a_slow_iterable_holds_back_neither_a_retry_nor_an_outcome(
    way: ClientStrategy, local: LocalServer
) -> None:
    """The third URL comes after a second; the first is tried again long before."""
    came = threading.Event()

    def slowly() -> Iterator[str]:
        yield from first_is_flaky(local)
        came.wait(5.0)
        yield local.url("/get")

    options = Options(concurrency=3, retry=SOON)
    with nothing_left(), closing(cf.iter_threaded(slowly(), options, client=way.client)) as ready:
        began = time.monotonic()
        early = {next(ready).index, next(ready).index}
        took = time.monotonic() - began
        came.set()
        assert next(ready).index == 2
    assert early == {0, 1}
    in_time(took, 1.0)


@pytest.mark.parametrize("way", [way for way in WAYS if way.is_async], ids=str)
def test_a_slow_async_iterable_holds_back_neither_a_retry_nor_an_outcome(
    way: ClientStrategy, local: LocalServer
) -> None:
    async def slowly(came: asyncio.Event) -> AsyncIterator[str]:
        for url in first_is_flaky(local):
            yield url
        await asyncio.wait_for(came.wait(), 5.0)
        yield local.url("/get")

    async def consume() -> None:
        came, began = asyncio.Event(), time.monotonic()
        options = Options(concurrency=3, retry=SOON)
        async with aclosing(cf.iter_async(slowly(came), options, client=way.client)) as ready:
            early = [await anext(ready), await anext(ready)]
            in_time(time.monotonic() - began, 1.0)
            assert {outcome.index for outcome in early} == {0, 1}
            assert max(len(outcome.earlier) for outcome in early) == 2
            came.set()
            assert (await anext(ready)).index == 2

    with nothing_left():
        run_on(way.loop, consume())


class Mine(Exception):  # noqa: N818 - the caller's own
    pass


def breaking(urls: list[str]) -> Iterator[str]:
    yield from urls
    raise Mine


@pytest.mark.parametrize("before", [0, 1, 9])
@every_way
def test_what_the_urls_raise_passes_through_also_with_limits(
    way: ClientStrategy, before: int, local: LocalServer
) -> None:
    """Also while others wait for their hosts."""
    options = Options(concurrency=4, per_host=1, rate=1000, retry=SOON)
    with nothing_left(), pytest.raises(Mine):
        way.fetch(breaking(local.urls(before, "/bytes/1")), options)


@pytest.mark.parametrize("options", [Options(per_host=1), Options(rate=1000, retry=SOON)])
def test_what_an_async_iterable_raises_passes_through_also_with_limits(
    options: Options, local: LocalServer
) -> None:
    async def broken() -> AsyncIterator[str]:
        for url in local.urls(3):
            yield url
        raise Mine

    async def fetch() -> None:
        tasks = asyncio.all_tasks()
        with pytest.raises(Mine):
            await cf.fetch_async(broken(), options)
        assert asyncio.all_tasks() == tasks

    with nothing_left():
        asyncio.run(fetch())


@pytest.mark.parametrize("where", ["retry", "work"])
@every_way
def test_what_foreign_code_raises_passes_through_also_with_limits(
    way: ClientStrategy, where: str, local: LocalServer
) -> None:
    def broken(_: object) -> bool:
        raise Mine

    with_limits = Options(concurrency=4, per_host=1, retry=3)
    if where == "retry":
        options = attrs.evolve(with_limits, retry=Retry(on=broken))
    else:
        options = attrs.evolve(with_limits, work=broken)
    with nothing_left(), pytest.raises(Mine):
        way.fetch(local.urls(9, "/bytes/1"), options)


LONG = Options(concurrency=4, delay=60.0)


@at_once
def test_a_stop_does_not_wait_for_a_host(way: ClientStrategy, local: LocalServer) -> None:
    """All but the first of them wait for a minute."""
    with nothing_left():
        assert len(way.take(1, local.urls(20, "/bytes/1"), LONG)) == 1


@every_way
def test_a_stop_does_not_wait_for_a_next_try(way: ClientStrategy, local: LocalServer) -> None:
    urls = [local.url("/get"), *[local.url("/status/500")] * 4]
    later = Options(concurrency=4, retry=Retry(wait_initial=60.0, wait_max=60.0))
    with nothing_left():
        assert way.take(1, urls, later)[0].index == 0


@pytest.mark.parametrize("way", [way for way in WAYS if way.is_async], ids=str)
def test_a_run_that_waits_for_a_host_can_be_cancelled(
    way: ClientStrategy, local: LocalServer
) -> None:
    async def cancel() -> None:
        tasks = asyncio.all_tasks()
        task = asyncio.create_task(cf.fetch_async(local.urls(9), LONG, client=way.client))
        await asyncio.sleep(0.3)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert asyncio.all_tasks() == tasks

    with nothing_left(1.3):
        run_on(way.loop, cancel())


@pytest.mark.skipif(not hasattr(asyncio, "eager_task_factory"), reason="comes with Python 3.12")
@pytest.mark.parametrize("source", ["plain", "async"])
def test_limits_are_kept_by_eager_tasks(source: str, local: LocalServer) -> None:
    urls = local.urls(12, "/delay/0.01")

    async def pushed() -> AsyncIterator[str]:
        for url in urls:
            yield url

    async def fetch() -> cf.Run:
        loop = asyncio.get_running_loop()
        loop.set_task_factory(asyncio.eager_task_factory)  # type: ignore[attr-defined,unused-ignore]
        options = Options(concurrency=8, per_host=2, retry=SOON)
        return await cf.fetch_async(pushed() if source == "async" else urls, options)

    run = asyncio.run(fetch())
    assert not run.failures
    assert len(run) == 12
    reached(local.stats().peak_in_flight, 2)


@every_way
def test_the_deadline_ends_a_run_that_waits(way: ClientStrategy, local: LocalServer) -> None:
    """Each URL is answered for: one is a response, the others are cancelled."""
    began = time.monotonic()
    run = way.fetch(local.urls(5, "/bytes/1"), Options(delay=60.0, deadline=0.3))
    in_time(time.monotonic() - began, 1.0)
    assert [outcome.ok for outcome in run] == [True, False, False, False, False]
    assert {outcome.kind for outcome in run if isinstance(outcome, cf.Failure)} == {"cancelled"}


def slowly(urls: list[str], pause: float) -> Iterator[str]:
    for url in urls:
        yield url
        time.sleep(pause)


@pytest.mark.parametrize("source", ["plain", "async"])
def test_the_deadline_does_not_wait_for_the_next_url(source: str, local: LocalServer) -> None:
    urls, options = local.urls(3, "/bytes/1"), Options(deadline=0.3)

    async def arriving() -> AsyncIterator[str]:
        for url in urls:
            yield url
            await asyncio.sleep(60)

    began = time.monotonic()
    if source == "async":
        run = asyncio.run(cf.fetch_async(arriving(), options))
    else:
        run = cf.fetch_threaded(slowly(urls, 5.0), options)
    in_time(time.monotonic() - began, 2.0)
    assert [outcome.ok for outcome in run] == [True]
    assert "give them as a list" in run.advice


@pytest.mark.once
@at_once
def test_a_slow_host_at_the_head_does_not_hold_the_others(way: ClientStrategy) -> None:
    """127.0.0.2 takes its time for each of twenty; of 127.0.0.1 all forty are done before."""
    with LocalServer(host="0.0.0.0") as server:
        slow = [f"http://127.0.0.2:{server.port}/delay/0.1?i={i}" for i in range(20)]
        fast = [f"http://127.0.0.1:{server.port}/bytes/1?i={i}" for i in range(40)]
        options = Options(concurrency=8, per_host=2)
        done = [outcome.url for outcome in way.take(60, slow + fast, options)]
    assert len(done) == 60
    assert max(done.index(url) for url in fast) < 50
