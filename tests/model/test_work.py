"""Work on every response: where it is done, on what, and what becomes of its errors."""

import asyncio
import inspect
import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import attrs
import pytest

from concurrent_fetch import (
    Options,
    Outcome,
    Response,
    Run,
    Runner,
    fetch_async,
    fetch_sync,
    fetch_threaded,
)
from concurrent_fetch.errors import StrategyError
from concurrent_fetch.server import LocalServer

BUILT_IN: dict[str, Callable[..., Any]] = {
    "sync": fetch_sync,
    "sync+httpx": partial(fetch_sync, client="httpx"),
    "threaded": fetch_threaded,
    "threaded+httpx": partial(fetch_threaded, client="httpx"),
    "async": fetch_async,
    "async+httpx": partial(fetch_async, client="httpx"),
}


def fetched(strategy: Callable[..., Any], urls: list[str], options: Options) -> Run:
    returned = strategy(urls, options)
    run: Run = asyncio.run(returned) if inspect.iscoroutine(returned) else returned
    return run


@pytest.fixture(params=BUILT_IN)
def strategy(request: pytest.FixtureRequest) -> Callable[..., Any]:
    return BUILT_IN[request.param]


def worker() -> str:
    try:
        task = asyncio.current_task()
    except RuntimeError:
        task = None
    return threading.current_thread().name if task is None else task.get_name()


def test_it_is_done_once_on_each_response_where_it_was_fetched(
    strategy: Callable[..., Any], local: LocalServer
) -> None:
    seen: list[tuple[str, str, int]] = []

    def work(response: Response) -> None:
        seen.append((response.url, worker(), len(response.body)))

    urls = [*local.urls(6), "nonsense", local.url("/status/404")]
    run = fetched(strategy, urls, Options(work=work, keep_bodies=False, concurrency=3))
    assert sorted(seen) == sorted((r.url, r.worker, r.size) for r in run.responses)
    assert len(seen) == 7  # none for the failure
    assert {r.body for r in run.responses} == {b""}


def test_bodies_that_are_kept_stay(strategy: Callable[..., Any], local: LocalServer) -> None:
    run = fetched(strategy, local.urls(2), Options(work=len_of))
    assert [len(r.body) for r in run.responses] == [r.size for r in run.responses]


def test_what_it_raises_ends_the_run(strategy: Callable[..., Any], local: LocalServer) -> None:
    def work(response: Response) -> None:
        raise LookupError(f"nothing in {response.size} bytes")

    with pytest.raises(LookupError, match="nothing in 1024 bytes"):
        fetched(strategy, local.urls(5), Options(work=work))
    with pytest.raises(StrategyError, match="LookupError: nothing in 1024 bytes") as caught:
        Runner(local.urls(5), work=work).compare(mine=strategy)
    assert isinstance(caught.value.__cause__, LookupError)


def test_a_runner_does_it_in_every_run(strategy: Callable[..., Any], local: LocalServer) -> None:
    seen: list[int] = []
    comparison = Runner(local.urls(4), rounds=2, work=lambda r: seen.append(r.size)).compare(
        mine=strategy
    )
    assert len(seen) == 4 * (1 + 2 + 1)
    assert [record.worked for record in comparison.records] == [4, 4]
    assert comparison.reasons_against("mine") == ()


def test_the_options_of_a_run_name_the_work_that_was_given(local: LocalServer) -> None:
    runner = Runner(local.urls(1), work=len_of)
    assert runner.options.work is len_of
    assert runner.run(fetch_sync).options.work is len_of
    assert "work=len_of" in repr(runner.options)


def test_two_different_works_are_refused() -> None:
    urls = ["http://a.example/"]
    with pytest.raises(ValueError, match="work is given twice: to Runner and to Options"):
        Runner(urls, Options(work=print), work=len_of)
    assert Runner(urls, Options(work=len_of), work=len_of).options.work is len_of


async def coroutine(_response: Response) -> None:
    pass


@pytest.mark.parametrize(
    ("work", "message"),
    [
        (coroutine, "Options.work must be a plain function, got an async one"),
        (5, "Options.work must be a function or None, got 5"),
    ],
)
def test_what_cannot_be_called_on_a_response_is_refused(work: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        Options(work=work)
    with pytest.raises(TypeError, match=message):
        Runner(["http://a.example/"], work=work)


def test_nothing_is_compared_with_a_reference_that_leaves_it_out(local: LocalServer) -> None:
    def idle(urls: list[str], options: Options) -> Run:
        return fetch_sync(urls, attrs.evolve(options, work=None, keep_bodies=False))

    comparison = Runner(local.urls(2), rounds=1, work=len_of).compare(idle, fetch_sync)
    left_out = "the work was done on 0 of 2 responses; fetch through client.session(options)"
    assert comparison.reasons_against("idle")[0].startswith(left_out)
    assert comparison.reasons_against("fetch_sync")[0].startswith(f"idle: {left_out}")
    assert f"not comparable: idle: {left_out}" in str(comparison)
    assert comparison.explain().startswith("Which strategy is faster cannot be told")


def len_of(response: Outcome) -> int:
    assert isinstance(response, Response)
    return len(response.body)
