"""Jobs for one fetch after another: the thread sleeps until the feed has the next one."""

from collections.abc import Callable, Iterator
from time import perf_counter, sleep

from concurrent_fetch._units import Seconds
from concurrent_fetch.feed import Feed, Job

_LONGEST: Seconds = 0.5


def jobs_one_by_one(feed: Feed, tick: Callable[[], None] | None = None) -> Iterator[Job]:
    """Yield the jobs of a feed, each when it may start; the one before is settled by then.

    `tick` is called now and then while none may start.
    """
    while True:
        now = perf_counter()  # after each URL: the iterable may have taken its time for it
        found = feed.take_of_those_read(now)
        if found is None:
            return
        if isinstance(found, Job):
            if feed.has_limits:
                found.started = found.taken
            yield found
        elif found.more:
            feed.read()
        else:
            sleep(min(found.until - now, _LONGEST))
            if tick is not None:
                tick()
