"""`each`: a strategy made of a function of one URL."""

import asyncio
import functools
import os
import pickle
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from fakes import URLS

from concurrent_fetch import Options, Runner, each, fetch_sync, with_options
from concurrent_fetch.server import LocalServer

pytestmark = pytest.mark.once


def length(url: str, more: int = 0) -> int:
    return len(url) + more


async def length_later(url: str) -> int:
    await asyncio.sleep(0)
    return len(url)


def refuses(url: str) -> int:
    if url == URLS[1]:
        raise ValueError(url)
    return len(url)


LENGTHS = [len(url) for url in URLS]


def ran(strategy: Any, options: Options | None = None) -> list[Any]:
    returned = strategy(URLS, options or Options())
    if isinstance(returned, list):
        return returned
    found: list[Any] = asyncio.run(returned)
    return found


@pytest.mark.parametrize(
    "strategy", [each(length), each(length, threads=True), each(length_later)], ids=repr
)
def test_it_returns_what_the_function_returns_in_url_order(strategy: Any) -> None:
    assert ran(strategy) == LENGTHS


class Crowd:
    """Counts who is within at once."""

    def __init__(self) -> None:
        self.within = self.most = 0
        self.lock = threading.Lock()

    def enter(self, change: int) -> None:
        with self.lock:
            self.within += change
            self.most = max(self.most, self.within)


@pytest.mark.parametrize(("kind", "most"), [("plain", 1), ("threads", 2), ("async", 2)])
def test_it_heeds_the_limits_of_hosts(kind: str, most: int) -> None:
    crowd = Crowd()

    def stays(url: str) -> str:
        crowd.enter(1)
        time.sleep(0.005)
        crowd.enter(-1)
        return url

    async def stays_on_the_loop(url: str) -> str:
        crowd.enter(1)
        await asyncio.sleep(0.005)
        crowd.enter(-1)
        return url

    urls = [f"http://one.example/{i}" for i in range(12)]
    strategy = (
        each(stays_on_the_loop) if kind == "async" else each(stays, threads=kind == "threads")
    )
    returned = strategy(urls, Options(per_host=2, concurrency=8))
    assert (returned if isinstance(returned, list) else asyncio.run(returned)) == urls  # type: ignore[arg-type]  # it is a coroutine
    assert crowd.most == most


@pytest.mark.parametrize("kind", ["plain", "threads", "async"])
def test_nothing_is_begun_behind_the_deadline(kind: str) -> None:
    begun: list[str] = []

    def takes_long(url: str) -> str:
        begun.append(url)
        time.sleep(0.3)
        return url

    async def takes_long_on_the_loop(url: str) -> str:
        begun.append(url)
        await asyncio.sleep(0.3)
        return url

    function: Any = takes_long_on_the_loop if kind == "async" else takes_long
    urls = [f"http://one.example/{i}" for i in range(5)]
    found = each(function, threads=kind == "threads")(urls, Options(per_host=1, deadline=0.2))
    results: Any = found if isinstance(found, list) else asyncio.run(found)  # type: ignore[arg-type]  # it is a coroutine
    assert begun == results[:1] == urls[:1]
    assert {str(result) for result in results[1:]} == {"not begun within deadline=0.2 s"}


@pytest.mark.parametrize("threads", [False, True])
def test_what_the_function_raises_is_the_result_of_that_url(threads: bool) -> None:
    found = ran(each(refuses, threads=threads))
    assert repr(found[1]) == repr(ValueError(URLS[1]))
    assert [*found[:1], *found[2:]] == [*LENGTHS[:1], *LENGTHS[2:]]


def test_what_an_async_function_raises_is_the_result_of_that_url() -> None:
    async def later(url: str) -> int:
        await asyncio.sleep(0)
        return refuses(url)

    assert isinstance(ran(each(later))[1], ValueError)


def test_it_is_named_after_the_function_and_pickles() -> None:
    strategy = each(length, threads=True)
    assert (strategy.__name__, repr(strategy)) == ("length", "each(length, threads=True)")
    again = pickle.loads(pickle.dumps(strategy))
    assert again == strategy
    assert hash(again) == hash(strategy)
    assert ran(again) == LENGTHS
    more = each(functools.partial(length, more=1))
    assert more.__name__ == "length(more=1)"
    assert ran(more) == [n + 1 for n in LENGTHS]


def test_options_are_passed_to_a_function_that_names_them() -> None:
    def told(url: str, *, options: Options) -> tuple[str, int]:
        return url, options.concurrency

    assert ran(with_options(each(told), concurrency=3)) == [(url, 3) for url in URLS]


def most_at_once(make: Callable[[Callable[[], Any]], Any], concurrency: int) -> int:
    """Return how many calls were under way at most."""
    now: list[int] = []
    most = 0
    lock = threading.Lock()

    def count(step: int) -> None:
        nonlocal most
        with lock:
            now.append(step)
            most = max(most, sum(now))

    ran(make(lambda: count), Options(concurrency=concurrency))
    return most


def in_threads(counter: Callable[[], Any]) -> Any:
    def fetch(_url: str) -> None:
        counter()(1)
        time.sleep(0.02)
        counter()(-1)

    return each(fetch, threads=True)


def in_tasks(counter: Callable[[], Any]) -> Any:
    async def fetch(_url: str) -> None:
        counter()(1)
        await asyncio.sleep(0.02)
        counter()(-1)

    return each(fetch)


@pytest.mark.parametrize("make", [in_threads, in_tasks])
def test_it_heeds_the_concurrency(make: Any) -> None:
    assert most_at_once(make, 2) == 2
    assert most_at_once(make, 100) == len(URLS)


def one_after_another(session: Any, url: str) -> None: ...


def yields(url: str) -> Iterator[str]:
    yield url


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: each("requests.get"), "each takes a function of one URL, got 'requests.get'; "),  # type: ignore[call-overload]  # the mistake
        (lambda: each(length_later(URLS[0])), "each takes a function of one URL, got <coroutine"),  # type: ignore[call-overload]  # the mistake
        (lambda: each(length, threads=8), "threads must be True or False, got 8"),  # type: ignore[call-overload]  # the mistake
        (
            lambda: each(length_later, threads=True),
            "length_later is async and needs no threads; write cf.each(length_later)",
        ),
        (lambda: each(yields), "yields yields; return what came of the one URL instead"),
        (lambda: each(lambda: None), "<lambda> takes no URL; write def <lambda>(url): ..."),
        (
            lambda: each(one_after_another),
            (
                "one_after_another needs more than the URL; give it the rest: "
                "functools.partial(one_after_another, session=...)"
            ),
        ),
    ],
)
def test_what_cannot_be_is_refused_at_once(make: Callable[[], object], message: str) -> None:
    with pytest.raises((TypeError, ValueError)) as caught:
        make()
    assert str(caught.value).startswith(message)


def test_a_function_that_returns_a_coroutine_is_told() -> None:
    with pytest.raises(TypeError, match="the function returned a coroutine"):
        ran(each(lambda url: length_later(url)))  # noqa: PLW0108 - not seen to be async


def test_it_compares() -> None:
    def get(url: str) -> requests.Response:
        return requests.get(url, timeout=5)

    with LocalServer() as server:
        comparison = Runner(server.urls(4), rounds=1).compare(fetch_sync, each(get, threads=True))
    assert comparison.strategies == ("fetch_sync", "get")
    assert comparison.reasons_against("get") == ()


# One write for each line: print writes its end by itself, and other threads come between.
INTERRUPTED = """
import os, time
import concurrent_fetch as cf

def fetch(url):
    os.write(1, b"begun\\n")
    time.sleep(30)

try:
    cf.Runner(["http://127.0.0.1:1/"] * 4).run(cf.each(fetch, threads=True))
except KeyboardInterrupt:
    os.write(1, b"interrupted\\n")
"""


@pytest.mark.skipif(os.name == "nt", reason="it cannot be sent a SIGINT")
def test_ctrl_c_ends_it_at_once_and_the_process_too() -> None:
    command = [sys.executable, "-c", textwrap.dedent(INTERRUPTED)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for _ in range(4):
            assert process.stdout.readline() == "begun\n"
        start = time.perf_counter()
        process.send_signal(signal.SIGINT)
        rest = process.stdout.read()
        assert process.wait() == 0
    assert rest == "interrupted\n"
    assert time.perf_counter() - start < 10  # the fetches would take 30
