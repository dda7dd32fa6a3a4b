"""What progress costs: the counting of one outcome, and fetching with it over fetching without.

python -m bench.cost.progress [rounds]
"""

import asyncio
import sys
from collections.abc import Callable, Generator
from functools import partial
from itertools import repeat
from math import inf
from statistics import median
from time import thread_time

import concurrent_fetch as cf
from bench.rounds import Verdicts, interleaved, ratio
from concurrent_fetch._progress import Tally
from concurrent_fetch.feed import Job, feed_of
from concurrent_fetch.server import LocalServer
from concurrent_fetch.strategies._async import _Workers
from concurrent_fetch.strategies._counted import counted, tally_of

OUTCOMES, REPEATS, URLS = 100_000, 9, 1000
BOUND = 1000.0  # ns: 1 % of the 100 µs that a fetch takes at 10,000 a second
OUTCOME = cf.Response(
    url="http://a.example/",
    final_url="http://a.example/",
    status_code=200,
    headers=cf.Headers(),
    size=0,
    timing=cf.Timing(started=0.0, finished=1.0),
    worker="MainThread",
    index=0,
)
ASKED = cf.Options(progress=lambda _: None)


def plain(options: cf.Options) -> None:
    """Take outcomes that are there already, as `iter_sync` and `iter_threaded` hand them out."""

    def ready() -> Generator[cf.Outcome, None, None]:
        yield from repeat(OUTCOME, OUTCOMES)

    made = tally_of("plain", (), options, feed_of(()))
    for _ in counted(lambda _: ready(), made):
        pass


def on_loop(options: cf.Options) -> None:
    """Run the tasks of `fetch_async` with a client that answers at once."""

    async def get(url: str | cf.Request | Job, index: int = 0) -> cf.Outcome:  # noqa: ARG001 - as a client's
        return OUTCOME

    async def work(tally: Tally | None) -> None:
        workers = _Workers(feed_of(repeat("", OUTCOMES)), (), 1, get, room=inf, tally=tally)
        workers.start()
        await workers.are_done()
        await workers.stop()

    made = tally_of("on_loop", (), options, feed_of(()))
    if made is None:
        asyncio.run(work(None))
    else:
        with made as tally:
            asyncio.run(work(tally))


def counting_cost(verdicts: Verdicts) -> None:
    for name, path in (("plain", plain), ("async", on_loop)):
        costs = []
        for _ in range(REPEATS):
            taken = []
            for options in (cf.Options(), ASKED):
                start = thread_time()  # what others on this machine do is no cost of ours
                path(options)
                taken.append(thread_time() - start)
            costs.append((taken[1] - taken[0]) / OUTCOMES * 1e9)
        verdicts.within(f"counting an outcome, {name} path, ns", median(costs), 0, BOUND)


def side_by_side(count: int, verdicts: Verdicts) -> None:
    without, asked = cf.Options(concurrency=32), cf.Options(concurrency=32, progress=lambda _: None)
    with LocalServer() as server:
        urls = server.urls(URLS)
        ways: dict[str, Callable[[cf.Options], object]] = {
            "fetch_threaded": partial(cf.fetch_threaded, urls),
            "fetch_async": lambda options: asyncio.run(cf.fetch_async(urls, options)),
        }
        for name, way in ways.items():
            times = interleaved(
                {"asked": partial(way, asked), "without": partial(way, without)}, count
            )
            verdicts.at_most(
                f"{name} with progress / without", ratio(times["asked"], times["without"]), 1.01
            )
            print(f"{name}: {URLS / median(times['without']):,.0f} fetches/s without progress")


def main() -> None:
    verdicts = Verdicts()
    counting_cost(verdicts)
    side_by_side(int(sys.argv[1]) if len(sys.argv) > 1 else 40, verdicts)
    verdicts.end()


if __name__ == "__main__":
    main()
