"""The CPU time of workers that no `ready` tells of, since the strategy starts them by itself."""

import asyncio
import functools
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import AbstractContextManager
from multiprocessing import get_context
from typing import Any

import pytest
from executors import compute, pool

import concurrent_fetch as cf
from concurrent_fetch.server import LocalServer

pytestmark = [pytest.mark.once, pytest.mark.long]
COMPUTED = 10 * 0.02
"""Seconds that `compute` uses for the URLs of a run: other costs are far below it."""
in_two = functools.partial(cf.fetch_processes, processes=2)


def a_run(urls: list[str], options: cf.Options) -> cf.Run:
    return in_two(urls, options)


def a_list(urls: list[str], options: cf.Options) -> list[cf.Outcome]:
    return [*in_two(urls[:5], options), *in_two(urls[5:], options)]


def yielded(urls: list[str], options: cf.Options) -> Iterator[cf.Outcome]:
    yield from cf.iter_processes(urls, options, processes=2)


async def awaited(urls: list[str], options: cf.Options) -> cf.Run:
    return await asyncio.to_thread(in_two, urls, options)


async def yielded_on_a_loop(urls: list[str], options: cf.Options) -> AsyncIterator[cf.Outcome]:
    for outcome in await asyncio.to_thread(in_two, urls, options):
        yield outcome


def measured(local: LocalServer, strategy: cf.Strategy) -> list[float]:
    """Return what the workers used in each round."""
    runner = cf.Runner(local.urls(10), rounds=2, seed=1, work=compute)
    comparison = runner.compare(mine=strategy)
    assert all(record.cpu >= record.cpu_of_workers for record in comparison.records)
    assert comparison.why("mine").in_workers > 0
    assert {record.worked for record in comparison.records} == {10}
    return [record.cpu_of_workers for record in comparison.records]


@pytest.mark.parametrize("strategy", [a_run, a_list, yielded, awaited, yielded_on_a_loop])
def test_processes_below_a_function_are_counted(local: LocalServer, strategy: cf.Strategy) -> None:
    assert min(measured(local, strategy)) >= COMPUTED


def test_workers_of_an_executor_below_a_function_are_counted_once(local: LocalServer) -> None:
    with pool() as executor:

        def a_run(urls: list[str], options: cf.Options) -> cf.Run:
            return cf.fetch_executor(urls, options, executor=executor)

        def yielded(urls: list[str], options: cf.Options) -> Iterator[cf.Outcome]:
            return cf.iter_executor(urls, options, executor=executor)

        for strategy in (a_run, yielded):
            used = measured(local, strategy)
            assert COMPUTED <= min(used) < 2 * COMPUTED


class Wrapped:
    """A function around `fetch_processes` that has its `ready` as well."""

    ready: Callable[..., AbstractContextManager[Any]] = staticmethod(
        functools.partial(cf.fetch_processes.ready, processes=2)  # type: ignore[attr-defined]
    )

    def __call__(self, urls: list[str], options: cf.Options) -> cf.Run:
        return in_two(urls, options)


@pytest.mark.parametrize("strategy", [in_two, Wrapped()], ids=["as it is", "below a function"])
def test_what_ready_tells_of_is_counted_once(local: LocalServer, strategy: cf.Strategy) -> None:
    assert COMPUTED <= min(measured(local, strategy)) < 2 * COMPUTED


def test_another_interpreter_below_a_function_is_counted(local: LocalServer) -> None:
    there = cf.elsewhere(cf.fetch_threaded, sys.executable)

    def a_run(urls: list[str], options: cf.Options) -> cf.Run:
        return there(urls, options)

    assert min(measured(local, a_run)) >= COMPUTED


def test_a_single_run_has_it_too(local: LocalServer) -> None:
    runner = cf.Runner(local.urls(10), work=compute)
    assert runner.run(a_run).cpu >= COMPUTED


def test_threads_have_no_part_in_it(local: LocalServer) -> None:
    runner = cf.Runner(local.urls(10), rounds=1, work=compute)
    assert runner.compare(cf.fetch_threaded).why("fetch_threaded").in_workers == 0


BURN = "import time\nwhile time.process_time() < 0.1: pass"


def in_a_child(urls: list[str], options: cf.Options) -> cf.Run:
    subprocess.run([sys.executable, "-SEc", BURN], check=True)
    return cf.fetch_sync(urls, options)


needs_rusage = pytest.mark.skipif(sys.platform == "win32", reason="Windows does not tell")


@needs_rusage
def test_a_child_that_a_strategy_starts_itself_is_counted(local: LocalServer) -> None:
    runner = cf.Runner(local.urls(2), rounds=2, seed=1)
    comparison = runner.compare(in_a_child, cf.fetch_sync)
    mine = [record for record in comparison.records if record.strategy == "in_a_child"]
    assert all(0.1 <= record.cpu_of_workers <= record.cpu for record in mine)
    assert comparison.why("in_a_child").in_workers > 0
    assert comparison.why("fetch_sync").in_workers == 0  # nor is the server's process


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not tell")
def test_processes_of_a_pool_that_stays_are_counted(local: LocalServer) -> None:
    with ProcessPoolExecutor(1, get_context("spawn")) as own:

        def in_a_pool(urls: list[str], options: cf.Options) -> cf.Run:
            own.submit(
                exec,
                "import time\nend = time.process_time() + 0.1\n"
                "while time.process_time() < end: pass",
            ).result()
            return cf.fetch_sync(urls, options)

        comparison = cf.Runner(local.urls(2), rounds=2, seed=1).compare(in_a_pool)
    used = [record.cpu_of_workers for record in comparison.records]
    assert min(used) >= 0.1


@needs_rusage
def test_a_clock_in_place_of_that_of_the_process_tells_of_no_children(local: LocalServer) -> None:
    runner = cf.Runner(local.urls(2), rounds=1, cpu_clock=lambda: 0.0)
    assert [record.cpu for record in runner.compare(in_a_child).records] == [0.0]
