"""A list sorted by host takes as long as it must, and no longer: on a virtual clock.

100,000 URLs of 2,000 hosts, of which a few have many (zipf) or all as many, 64 in flight, each of
them a tenth of a second. No order can beat the bound: all places taken, or the largest host at its
limit from start to end.
"""

import heapq
import math
import random
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import count

from bench.rounds import Verdicts
from concurrent_fetch import Headers, Job, Options, Response, Timing, Wait, feed_of
from concurrent_fetch.http import host_of

HOSTS, IN_FLIGHT, TAKES = 2_000, 64, 0.1
ANSWER = Response(
    url="", final_url="", status_code=200, headers=Headers(), size=0, worker="", index=0,
    timing=Timing(started=0.0, finished=0.0),
)  # fmt: skip


def makespan(urls: Iterable[str], options: Options) -> float:
    feed, now, number = feed_of(urls, options), 0.0, count()
    ends: list[tuple[float, int, Job]] = []
    while True:
        found: Job | Wait | None = None
        while len(ends) < IN_FLIGHT and isinstance(found := feed.take(now), Job):
            heapq.heappush(ends, (now + TAKES, next(number), found))
        if not ends and found is None:
            return now
        until = found.until if isinstance(found, Wait) else math.inf
        now = min(until, ends[0][0] if ends else math.inf)
        while ends and ends[0][0] <= now:
            feed.settle(heapq.heappop(ends)[2], ANSWER, now)


def lists(number: int) -> Iterator[tuple[str, list[str]]]:
    zipf = [1 / (i + 1) for i in range(HOSTS)]
    drawn = random.Random(2).choices(range(HOSTS), zipf, k=number)
    uneven = [f"http://h{host}.example/{i}" for i, host in enumerate(drawn)]
    even = [f"http://h{i % HOSTS}.example/{i}" for i in range(number)]
    yield "even, in turns", even
    yield "even, sorted", sorted(even)
    yield "zipf, shuffled", uneven
    yield "zipf, sorted", sorted(uneven)


def main() -> None:
    verdicts = Verdicts()
    for name, number, options, of_one in (
        ("per_host=2", 100_000, Options(concurrency=IN_FLIGHT, per_host=2), TAKES / 2),
        ("delay=0.5", 20_000, Options(concurrency=IN_FLIGHT, per_host=1, delay=0.5), 0.5),
    ):
        for order, urls in lists(number):
            if options.delay and "even" in order:
                continue  # its end is of a few hosts each half a second: no bound says that
            largest = max(Counter(map(host_of, urls)).values())
            bound = max(number * TAKES / IN_FLIGHT, largest * of_one)
            for source, given in (("list", urls), ("iterator", iter(urls))):
                took = makespan(given, options)
                what = f"{name}, {order}, {source}: {took:.0f} s, over its bound"
                verdicts.within(what, took / bound, 0.98, 1.01)
    verdicts.end()


if __name__ == "__main__":
    main()
