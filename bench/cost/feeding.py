"""The CPU time that the feed costs a fetch: to take it and to settle it, by what is set.

python -m bench.cost.feeding [jobs]

64 in flight on a virtual clock that goes on by a millisecond per fetch. What is counted is the
least of some interleaved rounds, in CPU time of this thread.
"""

import gc
import math
import random
import sys
import time
from collections import deque
from statistics import median

import concurrent_fetch as cf
from bench.rounds import Verdicts
from concurrent_fetch import Options
from concurrent_fetch.feed import Job, Wait, feed_of
from concurrent_fetch.runner._rounds import rounds

IN_FLIGHT = 64
SETS = {
    "nothing": (Options(concurrency=IN_FLIGHT), 0.6),
    "per_host": (Options(concurrency=IN_FLIGHT, per_host=32), 4.0),
    "delay": (Options(concurrency=IN_FLIGHT, delay=1e-3), 4.0),
    "rate": (Options(concurrency=IN_FLIGHT, rate=100_000), 4.0),
    "retry": (Options(concurrency=IN_FLIGHT, retry=3), 4.0),
    "all": (
        Options(
            concurrency=IN_FLIGHT, per_host=32, delay=1e-3, rate=100_000, retry=3, deadline=1e9
        ),
        4.0,
    ),
}
HOSTS = (1, 10_000)
ROUNDS = 15


def urls(count: int, hosts: int) -> list[str]:
    return [f"http://host-{i % hosts}.example.com/page?i={i}" for i in range(count)]


def answer() -> cf.Response:
    timing = cf.Timing(started=0.0, finished=1.0)
    return cf.Response(
        url="", final_url="", status_code=200, headers=cf.Headers(), size=0, timing=timing,
        worker="", index=0,
    )  # fmt: skip


ANSWER = answer()


def cost(given: list[str], options: Options) -> float:
    """Return the µs of CPU time per fetch, the loop around it included."""
    feed = feed_of(given, options)
    running = deque[Job]()
    now, taken = 0.0, 0
    gc.collect()
    start = time.thread_time()
    while True:
        found = feed.take(now) if len(running) < IN_FLIGHT else None
        if type(found) is Job:
            running.append(found)
            taken += 1
        elif running:
            now += 0.001
            feed.settle(running.popleft(), ANSWER, now)
        elif type(found) is Wait:
            now = found.until
        else:
            break
    took = time.thread_time() - start
    assert taken == len(given)
    return took / taken * 1e6


def least(sizes: dict[str, int], options: Options, count: int) -> dict[str, float]:
    """Return the least cost at each size, in rounds."""
    lists = {
        f"{name} jobs, {hosts:,} hosts": urls(jobs, hosts)
        for name, jobs in sizes.items()
        for hosts in HOSTS
    }
    found = dict.fromkeys(lists, math.inf)
    orders = rounds(list(lists), random.Random(1))
    for _ in range(count):
        for name in next(orders):
            found[name] = min(found[name], cost(lists[name], options))
    return found


def main() -> None:
    many = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    verdicts = Verdicts()
    for name, (options, bound) in SETS.items():
        small = least({"1e4": 10_000}, options, ROUNDS)
        large = least({f"{many:.0e}": many}, options, 3)
        found = {**small, **large}
        middle = median(found.values())
        for what, value in found.items():
            verdicts.within(f"{name}: µs per fetch, {what}", value, 0, bound)
            verdicts.within(f"{name}: of the usual, {what}", value / middle, 0.5, 1.5)
    verdicts.end()


if __name__ == "__main__":
    main()
