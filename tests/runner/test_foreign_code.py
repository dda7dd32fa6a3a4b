"""Code that fetches, as tutorials have it: each piece compares, or ends in a cure."""

import asyncio
import contextlib
import threading
import time
import traceback
import urllib.request
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from multiprocessing.pool import ThreadPool
from queue import Empty, SimpleQueue
from typing import Any

import aiohttp
import httpx
import pytest
import requests
import urllib3

import concurrent_fetch as cf
from concurrent_fetch.errors import StrategyError
from concurrent_fetch.server import LocalServer

pytestmark = pytest.mark.once

Urls = list[str]
Code = Callable[..., Any]


@pytest.fixture(scope="module")
def urls() -> Iterator[Urls]:
    """Each with a text of its own, and of a length of its own."""
    with LocalServer() as server:
        yield [server.url(f"/response-headers?page={'x' * i}") for i in range(1, 5)]


# --- one after another, and in threads ---


def bare_loop(urls: Urls) -> Any:
    return [requests.get(url) for url in urls]


def loop_of_lengths(urls: Urls) -> Any:
    return [(url, len(requests.get(url).text)) for url in urls]


def session_loop(urls: Urls, timeout: int = 5) -> Any:
    with requests.Session() as session:
        return [session.get(url, timeout=timeout) for url in urls]


def generator_of_texts(urls: Urls) -> Iterator[str]:
    for url in urls:
        yield requests.get(url, timeout=5).text


def dict_of_bodies(urls: Urls) -> Any:
    return {url: requests.get(url, timeout=5).content for url in urls}


def urllib_bodies(urls: Urls) -> Any:
    return [urllib.request.urlopen(url).read() for url in urls]


def urllib3_manager(urls: Urls) -> Any:
    with urllib3.PoolManager() as pool:
        return [pool.request("GET", url) for url in urls]


def httpx_client(urls: Urls) -> Any:
    with httpx.Client() as client:
        return [client.get(url) for url in urls]


def session_pool(urls: Urls) -> Any:
    with requests.Session() as session, ThreadPoolExecutor(4) as pool:
        return list(pool.map(session.get, urls))


def lazy_map(urls: Urls) -> Any:
    with ThreadPoolExecutor(4) as pool:
        return pool.map(requests.get, urls)


def bodies_as_completed(urls: Urls) -> Any:
    with ThreadPoolExecutor(4) as pool:
        futures = [pool.submit(lambda url: requests.get(url, timeout=5).content, u) for u in urls]
        return [future.result() for future in as_completed(futures)][::-1]


def pairs_as_completed(urls: Urls) -> Any:
    found = []
    with ThreadPoolExecutor(4) as pool:
        futures = {pool.submit(requests.get, url): url for url in urls}
        for future in as_completed(futures):
            found.append((futures[future], future.result().text))  # noqa: PERF401 - as there
    return found


def thread_pool_of_multiprocessing(urls: Urls) -> Any:
    with ThreadPool(4) as pool:
        return pool.map(requests.get, urls)


def threads_and_a_queue(urls: Urls) -> Any:
    jobs: SimpleQueue[str] = SimpleQueue()
    for url in urls:
        jobs.put(url)
    results = []

    def work() -> None:
        with contextlib.suppress(Empty):
            while True:
                results.append(requests.get(jobs.get_nowait(), timeout=5))

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def printing_only(urls: Urls) -> None:
    for url in urls:
        len(requests.get(url, timeout=5).text)


# --- on an event loop ---


async def one_session_per_url(url: str) -> tuple[str, int]:
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        return url, len(await response.text())


async def gathered_lengths(urls: Urls) -> Any:
    return await asyncio.gather(*[one_session_per_url(url) for url in urls])


async def get(session: aiohttp.ClientSession, url: str) -> aiohttp.ClientResponse:
    async with session.get(url) as response:
        await response.read()
        return response


async def gathered_responses(urls: Urls) -> Any:
    async with aiohttp.ClientSession() as session:
        return await asyncio.gather(*(get(session, url) for url in urls))


async def task_group(urls: Urls) -> Any:
    async with aiohttp.ClientSession() as session, asyncio.TaskGroup() as group:
        tasks = [group.create_task(get(session, url)) for url in urls]
    return [task.result() for task in tasks]


async def semaphore(urls: Urls, options: cf.Options) -> Any:
    limit = asyncio.Semaphore(options.concurrency)

    async def limited(client: httpx.AsyncClient, url: str) -> httpx.Response:
        async with limit:
            return await client.get(url)

    async with httpx.AsyncClient() as client:
        return await asyncio.gather(*(limited(client, url) for url in urls))


async def as_they_complete(urls: Urls) -> AsyncIterator[httpx.Response]:
    async with httpx.AsyncClient() as client:
        for done in asyncio.as_completed([client.get(url) for url in urls]):
            yield await done


async def blocking_in_gather(urls: Urls) -> Any:
    async def fetch(url: str) -> requests.Response:
        return requests.get(url)  # noqa: ASYNC210 - the classic mistake

    return await asyncio.gather(*(fetch(url) for url in urls))


async def in_an_executor(urls: Urls) -> Any:
    return await asyncio.gather(*(asyncio.to_thread(requests.get, url) for url in urls))


@pytest.mark.parametrize(
    "code",
    [
        bare_loop,
        loop_of_lengths,
        session_loop,
        generator_of_texts,
        dict_of_bodies,
        urllib_bodies,
        urllib3_manager,
        httpx_client,
        session_pool,
        lazy_map,
        bodies_as_completed,
        pairs_as_completed,
        thread_pool_of_multiprocessing,
        threads_and_a_queue,
        printing_only,
        gathered_lengths,
        gathered_responses,
        task_group,
        semaphore,
        as_they_complete,
        blocking_in_gather,
        in_an_executor,
        cf.each(requests.get),
        cf.each(requests.get, threads=True),
        cf.each(one_session_per_url),
    ],
    ids=lambda code: code.__name__,
)
def test_code_as_it_stands_compares(code: Code, urls: Urls) -> None:
    comparison = cf.Runner(urls, rounds=1).compare(cf.fetch_sync, mine=code)
    assert comparison.reasons_against("mine") == ()
    assert comparison.marked == {}
    assert "mine" in str(comparison)
    assert "unknown" in str(comparison)
    assert comparison.explain()
    assert "unknown" in comparison.timeline().alt
    told = " ".join(str(note) for note in comparison.notes if note.strategy == "mine")
    assert "fetches are unknown" in told or "by time alone" in told


# --- what is other work ---


def first_bodies_only(urls: Urls) -> Any:
    return [requests.get(urls[0], timeout=5).content for _ in urls]


def mixed_up(urls: Urls) -> Any:
    return dict(
        zip(urls, [requests.get(u, timeout=5).content for u in reversed(urls)], strict=True)
    )


def streams(urls: Urls) -> Any:
    return [requests.get(url, stream=True, timeout=5) for url in urls]


async def never_read(urls: Urls) -> Any:
    async with aiohttp.ClientSession() as session:
        return [await session.get(url) for url in urls]


async def refused(urls: Urls) -> Any:
    async with httpx.AsyncClient() as client:
        tasks = [client.get(url.replace("127.0.0.1", "127.0.0.1:1/x?")) for url in urls]
        return await asyncio.gather(*tasks, return_exceptions=True)


def other_lengths(urls: Urls) -> Any:
    return [(url, len(requests.get(url, timeout=5).content) + 1) for url in urls]


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (first_bodies_only, "3 of 4 bodies are of other lengths, in whatever order: "),
        (mixed_up, "4 of 4 bodies differ, first http://"),
        (streams, "4 of 4 bodies were not read; read them within the strategy"),
        (never_read, "4 of 4 bodies were not read; read them within the strategy"),
        (refused, "4 of 4 URLs came back differently"),
        (other_lengths, "4 of 4 bodies are of other lengths, first http://"),
    ],
)
def test_other_work_is_a_reason_that_can_be_proven(code: Code, reason: str, urls: Urls) -> None:
    comparison = cf.Runner(urls, rounds=1).compare(cf.fetch_sync, code)
    assert comparison.reasons_against(code.__name__)[0].startswith(reason)


# --- what ends in a cure ---


def results_lost(urls: Urls) -> Any:
    return [requests.get(url, timeout=5).text for url in urls[1:]]


def late_binding(urls: Urls) -> Any:
    calls: list[Callable[[], Any]] = [lambda: requests.get(url, timeout=5) for url in urls]  # noqa: B023 - the mistake
    return [call() for call in calls]


def futures(urls: Urls) -> list[Future[requests.Response]]:
    with ThreadPoolExecutor() as pool:
        return [pool.submit(requests.get, url) for url in urls]


def not_awaited(urls: Urls) -> Any:
    return [one_session_per_url(url) for url in urls]


async def wait(urls: Urls) -> Any:
    async with aiohttp.ClientSession() as session:
        return await asyncio.wait([asyncio.create_task(get(session, url)) for url in urls])


def parsed(urls: Urls) -> Any:
    return [requests.get(url, timeout=5).json() for url in urls]


def statuses(urls: Urls) -> Any:
    return [requests.get(url, timeout=5).status_code for url in urls]


def only_the_last(urls: Urls) -> Any:
    return [requests.get(url, timeout=5) for url in urls][-1]


def main() -> None: ...


def fetch_one(url: str) -> requests.Response:
    return requests.get(url, timeout=5)


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (results_lost, "returned 3 results for 4 URLs. Return one for each URL, (url, None)"),
        (late_binding, "returned 4 results for 4 URLs; 3 missing, first http://"),
        (futures, "return [future.result() for future in futures]"),
        (not_awaited, "return await asyncio.gather(*coroutines)"),
        (wait, "return [task.result() for task in done]"),
        (parsed, "of type dict among its results; write return [response, ...]"),
        (statuses, "of type int among its results; write return [(url, len(response.content)),"),
        (only_the_last, "returned one value of type requests.models.Response; return a list"),
        (main, "main takes no URLs; write def main(urls): ..."),
        (fetch_one, "write cf.each(fetch_one)"),
    ],
)
def test_what_cannot_be_compared_names_the_cure(code: Code, message: str, urls: Urls) -> None:
    with pytest.raises((StrategyError, TypeError)) as caught:
        cf.Runner(urls, rounds=1).compare(cf.fetch_sync, code)
    assert message in str(caught.value)
    assert len(str(caught.value)) <= 4 * 80


# --- what there is no Run of ---


def test_there_is_no_run_of_values_that_are_no_outcomes(urls: Urls) -> None:
    runner = cf.Runner(urls, rounds=1)
    comparison = runner.compare(bare_loop, cf.fetch_sync)
    message = (
        "'bare_loop' returned values that are no outcomes, so there is no Run of it: fetch through "
        "client.session(options), or compare it"
    )
    for ask in (lambda: runner.run(bare_loop), lambda: comparison.runs("bare_loop")):
        with pytest.raises(StrategyError) as caught:
            ask()
        assert str(caught.value) == message
    assert len(comparison.runs("fetch_sync")) == 1


def test_a_foreign_winner_is_told_with_what_is_unknown(urls: Urls) -> None:
    def slow(urls: Urls) -> Any:
        time.sleep(0.1)
        return bare_loop(urls)

    said = cf.Runner(urls, rounds=6).compare(slow, bare_loop).explain()
    assert said.startswith("bare_loop is ")
    assert "cannot be told: slow and bare_loop gave no times of single fetches" in said
    assert "What limits" not in said  # that would be saying it twice


def test_a_sweep_of_foreign_code_says_what_is_unknown(urls: Urls) -> None:
    sweep = cf.Runner(urls, rounds=1).sweep(cf.each(requests.get, threads=True), (1, 2))
    assert "unknown" in str(sweep)
    assert "does not heed" not in str(sweep)
    assert sweep.chart().svg


# --- what went wrong within ---


def test_a_mistake_in_a_function_of_one_url_is_told(urls: Urls) -> None:
    def fetch(url: str) -> Any:
        return requests.gett(url)  # type: ignore[attr-defined]  # the mistake

    comparison = cf.Runner(urls, rounds=1).compare(cf.fetch_sync, cf.each(fetch))
    assert comparison.reasons_against("fetch")[1] == (
        "no URL was answered, first because of AttributeError: module 'requests' has no "
        "attribute 'gett'"
    )


def test_failures_of_both_sides_are_no_difference(urls: Urls) -> None:
    dead = [*urls, "http://127.0.0.1:1/"]
    comparison = cf.Runner(dead, rounds=1).compare(cf.fetch_sync, cf.each(httpx.get))
    assert comparison.reasons_against("get") == ()
    assert comparison.to_columns()["ok"][-1] is False


async def failing_group(urls: Urls) -> Any:
    async with httpx.AsyncClient() as client, asyncio.TaskGroup() as group:
        tasks = [group.create_task(client.get(url)) for url in [*urls[1:], "ftp://host/"]]
    return [task.result() for task in tasks]


def test_of_a_group_of_exceptions_the_first_is_told(urls: Urls) -> None:
    with pytest.raises(
        StrategyError, match=r"\(1 sub-exception\): UnsupportedProtocol: "
    ) as caught:
        cf.Runner(urls, rounds=1).compare(failing_group)
    assert "site-packages" not in "".join(traceback.format_exception(caught.value))


def test_a_loop_within_a_loop_names_the_cure(urls: Urls) -> None:
    def run(urls: Urls) -> Any:
        main = gathered_responses(urls)
        try:
            return asyncio.run(main)
        finally:
            main.close()

    async def notebook() -> None:
        cf.Runner(urls, rounds=1).compare(run)

    assert cf.Runner(urls, rounds=1).compare(run).rounds == 1
    with pytest.raises(StrategyError, match=r"; pass the async function itself: compare\(main\)$"):
        asyncio.run(notebook())


def test_values_can_be_compared_below_a_running_loop(urls: Urls) -> None:
    async def notebook() -> cf.Comparison:
        return cf.Runner(urls, rounds=1).compare(loop_of_lengths, gathered_lengths)

    assert asyncio.run(notebook()).reasons_against("gathered_lengths") == ()
