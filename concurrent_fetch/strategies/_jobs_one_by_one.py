"""Jobs for one fetch after another: the thread sleeps until the feed has the next one."""

from collections.abc import Iterator
from time import perf_counter, sleep

from concurrent_fetch._units import Seconds
from concurrent_fetch.feed import Feed, Job, Wait

_LONGEST: Seconds = 1.0


def jobs_one_by_one(feed: Feed) -> Iterator[Job]:
    """Yield the jobs of a feed, each when it may start; the one before is settled by then."""
    while (job := feed.take(now := perf_counter())) is not None:
        if isinstance(job, Wait):
            sleep(min(job.until - now, _LONGEST))
        else:
            job.started = now
            yield job
