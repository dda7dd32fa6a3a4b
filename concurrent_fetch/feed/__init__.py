"""Which fetch starts when, how often it is tried, and what is done with what came of it."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from concurrent_fetch.feed._delivery import Delivery, delivery_of, offered
from concurrent_fetch.feed._feed import Feed
from concurrent_fetch.feed._feed_of import check_plain_urls, feed_of
from concurrent_fetch.feed._job import Job, Wait, job_of
from concurrent_fetch.feed._work import CountedWork, after_work, options_to_fetch, worked_elsewhere

if TYPE_CHECKING:
    from concurrent_fetch.feed._done_keys import key_told
    from concurrent_fetch.feed._fed_elsewhere import FedElsewhere
    from concurrent_fetch.feed._journal_file import warn_of_torn
    from concurrent_fetch.feed._journal_lines import (
        JournalWriter,
        head_line,
        key_of_tree,
        tree_of,
    )

__all__ = [
    "CountedWork",
    "Delivery",
    "FedElsewhere",
    "Feed",
    "Job",
    "JournalWriter",
    "Wait",
    "after_work",
    "check_plain_urls",
    "delivery_of",
    "feed_of",
    "head_line",
    "job_of",
    "key_of_tree",
    "key_told",
    "offered",
    "options_to_fetch",
    "tree_of",
    "warn_of_torn",
    "worked_elsewhere",
]

_FOR_FEW = {
    "FedElsewhere": "_fed_elsewhere",
    "JournalWriter": "_journal_lines",
    "head_line": "_journal_lines",
    "key_of_tree": "_journal_lines",
    "key_told": "_done_keys",
    "tree_of": "_journal_lines",
    "warn_of_torn": "_journal_file",
}
"""Imported when they are asked for: few runs have a journal or an executor, and all would pay."""


def __getattr__(name: str) -> Any:
    if name not in _FOR_FEW:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_FOR_FEW[name]}"), name)
