"""Which fetch starts when, how often it is tried, and what is done with what came of it."""

from concurrent_fetch.feed._feed import Feed
from concurrent_fetch.feed._feed_of import check_plain_urls, feed_of
from concurrent_fetch.feed._job import Job, Wait
from concurrent_fetch.feed._work import CountedWork, after_work, options_to_fetch

__all__ = [
    "CountedWork",
    "Feed",
    "Job",
    "Wait",
    "after_work",
    "check_plain_urls",
    "feed_of",
    "options_to_fetch",
]
