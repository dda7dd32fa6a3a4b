"""Cheats that do something beside the runs: before, between, after, or to everybody."""

import asyncio
import gc
import subprocess
import sys
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack

import attrs
import requests
from contenders import Strategy, Urls, as_if_now, cheat, client, fetched, plain

from concurrent_fetch import Options, Outcome
from concurrent_fetch.clients import aiohttp_client

# --- before, and between ---


class _Ahead:
    """Fetches the pages of the next run when one is over."""

    def __init__(self, stack: ExitStack, *, honest_times: bool) -> None:
        self._pool = stack.enter_context(ThreadPoolExecutor(1))
        self._honest_times = honest_times
        self._next: Future[list[Outcome]] | None = None

    def __call__(self, urls: Urls, options: Options) -> list[Outcome]:
        found = fetched(urls, options) if self._next is None else self._next.result()
        if self._next is not None and not self._honest_times:
            found = as_if_now(found)
        self._next = self._pool.submit(fetched, urls, attrs.evolve(options, digest=True))
        return found


@cheat()
def pages_fetched_ahead(stack: ExitStack) -> Strategy:
    """Fetches for the next run when one is over, and tells the true times."""
    return _Ahead(stack, honest_times=True)


@cheat()
def pages_fetched_ahead_with_likely_times(stack: ExitStack) -> Strategy:
    """Fetches for the next run when one is over, and tells other times."""
    return _Ahead(stack, honest_times=False)


@cheat()
def bodies_fetched_ahead(stack: ExitStack) -> Strategy:
    """Does the same with another library, of which no times are known."""
    pool = stack.enter_context(ThreadPoolExecutor(1))
    ahead: list[Future[dict[str, bytes]]] = []

    def get_all(urls: Urls) -> dict[str, bytes]:
        with requests.Session() as session:
            return {url: session.get(url, timeout=5).content for url in urls}

    def strategy(urls: Urls) -> dict[str, bytes]:
        found = ahead.pop().result() if ahead else get_all(urls)
        ahead.append(pool.submit(get_all, urls))
        return found

    return strategy


# --- requests that nobody hears of ---


@cheat()
@plain
def every_request_twice(urls: Urls, options: Options) -> list[Outcome]:
    """Sends each request twice, and takes one of the answers."""
    with client.session(options) as get:
        for index, url in enumerate(urls):
            get(url, index)
        return [get(url, index) for index, url in enumerate(urls)]


@cheat()
@plain
def whichever_is_first(urls: Urls, options: Options) -> list[Outcome]:
    """Sends each request twice at once, and takes the answer that comes first."""
    with ThreadPoolExecutor(2) as pool, client.session(options) as get:
        pairs = [[pool.submit(get, url, i) for _ in range(2)] for i, url in enumerate(urls)]
        return [min((f.result() for f in pair), key=_finished) for pair in pairs]


def _finished(outcome: Outcome) -> float:
    return outcome.timing.finished


# --- what is left behind, and slows whoever comes next ---


@cheat()
def thread_left(stack: ExitStack) -> Strategy:
    """Leaves a thread that computes."""
    over = threading.Event()
    left: list[threading.Thread] = []

    def end() -> None:
        over.set()
        for thread in left:
            thread.join()

    stack.callback(end)

    def compute() -> None:
        while not over.wait(0.0005):
            sum(range(20_000))

    def strategy(urls: Urls, options: Options) -> list[Outcome]:
        found = fetched(urls, options)
        if not left:
            left.append(threading.Thread(target=compute, name="left"))
            left[0].start()
        return found

    return strategy


_COMPUTING = """
import time
for _ in range(20_000):
    sum(range(20_000))
    time.sleep(0.0005)
"""


@cheat()
def child_left(stack: ExitStack) -> Strategy:
    """Leaves a child process that computes."""
    left: list[subprocess.Popen[bytes]] = []

    def end() -> None:
        for child in left:
            child.kill()
            child.wait()

    stack.callback(end)

    def strategy(urls: Urls, options: Options) -> list[Outcome]:
        found = fetched(urls, options)
        if not left:
            left.append(subprocess.Popen([sys.executable, "-S", "-c", _COMPUTING]))
        return found

    return strategy


@cheat()
def task_left(_: ExitStack) -> Strategy:
    """Leaves a task on the event loop that wakes all the time."""

    async def wake() -> None:
        for _ in range(60_000):
            await asyncio.sleep(0.001)

    left: list[asyncio.Task[None]] = []

    async def strategy(urls: Urls, options: Options) -> list[Outcome]:
        if not left:
            left.append(asyncio.get_running_loop().create_task(wake()))
        async with aiohttp_client.session(options) as get:
            return [await get(url, index) for index, url in enumerate(urls)]

    return strategy


# --- settings of the interpreter ---


@cheat()
def garbage_not_collected(stack: ExitStack) -> Strategy:
    """Turns the garbage collector off, and leaves it so."""
    stack.callback(gc.enable)

    def strategy(urls: Urls, options: Options) -> list[Outcome]:
        gc.disable()
        return fetched(urls, options)

    return strategy


@cheat()
def threads_switched_seldom(stack: ExitStack) -> Strategy:
    """Lets no other thread run for long."""
    stack.callback(sys.setswitchinterval, sys.getswitchinterval())

    def strategy(urls: Urls, options: Options) -> list[Outcome]:
        sys.setswitchinterval(0.05)
        return fetched(urls, options)

    return strategy
