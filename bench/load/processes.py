"""In processes: what the parent pays, that no URL is lost, and what two cores bring.

python -m bench.load.processes parent    CPU of the parent for each outcome, bodies dropped
python -m bench.load.processes many      100,000 URLs over 2 processes, by the server's count
python -m bench.load.processes killed    one of two is killed in the middle
python -m bench.load.processes work      20 ms of Python on each of 40 URLs, against fetch_async
"""

import asyncio
import os
import signal
import statistics
import sys
import time
from functools import partial
from pathlib import Path

import concurrent_fetch as cf
from concurrent_fetch.server import LocalServer

WORK_OF_ONE = 0.02
fetch = partial(cf.fetch_processes, processes=2, client="plain")


def parse(_: cf.Response) -> None:
    """Compute for 20 ms."""
    end = time.thread_time() + WORK_OF_ONE
    while time.thread_time() < end:
        pass


def load() -> str:
    return f"load {os.getloadavg()[0]:.1f}"


def parent(count: int = 20_000) -> None:
    """Say what the parent pays, the first outcomes not counted: starting is paid there."""
    options = cf.Options(concurrency=64, keep_bodies=False)
    with LocalServer() as server:
        urls = server.urls(count)
        with cf.fetch_processes.ready(urls, options, processes=2, client="plain"):  # type: ignore[attr-defined]
            for _ in range(5):
                before = time.process_time()
                fetch(urls, options)
                spent = time.process_time() - before
                print(f"{spent / count * 1e6:.2f} µs of the parent for each outcome, {load()}")


def many(count: int = 100_000) -> None:
    """Count what the server saw."""
    options = cf.Options(concurrency=64, keep_bodies=False)
    with LocalServer(latency=0.002) as server:
        began = time.perf_counter()
        run = fetch(server.urls(count), options)
        took, stats = time.perf_counter() - began, server.stats()
    assert [one.index for one in run] == list(range(count))
    assert not run.failures
    print(f"{stats.requests:,} requests, at most {stats.peak_in_flight} in flight, {took:.1f} s")
    print(f"{stats.connections} connections, {load()}")


def killed(count: int = 20_000) -> None:
    """Kill one of two in the middle."""
    options = cf.Options(concurrency=64, keep_bodies=False)
    found = []
    with LocalServer() as server:
        known = set(_below())
        for outcome in cf.iter_processes(server.urls(count), options, processes=2, client="plain"):
            found.append(outcome.index)
            if len(found) == count // 2:
                workers = [pid for pid in _below() if pid not in known]
                os.kill(max(workers), signal.SIGKILL)
        stats = server.stats()
        left = set(_below()) - known
    assert sorted(found) == list(range(count))
    print(f"each of {count:,} once; {stats.requests:,} requests; processes left: {len(left)}")


def _below() -> list[int]:
    found: list[int] = []
    above = [os.getpid()]
    while above:
        for path in Path(f"/proc/{above.pop()}/task").glob("*/children"):
            below = [int(pid) for pid in path.read_text().split()]
            found += below
            above += below
    return found


def work(rounds: int = 5) -> None:
    """Say how much faster two processes compute than one event loop, round by round."""
    from bench.load.processes import parse as of_a_module  # noqa: PLC0415 - not of __main__

    options = cf.Options(work=of_a_module)
    ratios = []
    with LocalServer() as server:
        urls = server.urls(40)
        with cf.fetch_processes.ready(urls, options, processes=2, client="plain"):  # type: ignore[attr-defined]
            for _ in range(rounds):
                began = time.perf_counter()
                asyncio.run(cf.fetch_async(urls, options, client="plain"))
                middle = time.perf_counter()
                fetch(urls, options)
                ratios.append((middle - began) / (time.perf_counter() - middle))
    shown = ", ".join(f"{ratio:.2f}" for ratio in ratios)
    print(f"{statistics.median(ratios):.2f} times as fast ({shown}), {load()}")


if __name__ == "__main__":
    {"parent": parent, "many": many, "killed": killed, "work": work}[sys.argv[1]]()
