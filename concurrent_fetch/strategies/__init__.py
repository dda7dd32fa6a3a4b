"""What runs when: what a strategy is, and one after another, in threads, on an event loop."""

from concurrent_fetch.strategies._async import fetch_async, iter_async
from concurrent_fetch.strategies._each import Each, each
from concurrent_fetch.strategies._find import find_strategy, load_client
from concurrent_fetch.strategies._strategy import (
    AnyStrategy,
    Strategy,
    effective_options,
    function_of,
    how_called,
    is_async,
    name_of,
    under,
    with_options,
)
from concurrent_fetch.strategies._sync import fetch_sync, iter_sync
from concurrent_fetch.strategies._threaded import fetch_threaded, iter_threaded

__all__ = [
    "AnyStrategy",
    "Each",
    "Strategy",
    "each",
    "effective_options",
    "fetch_async",
    "fetch_sync",
    "fetch_threaded",
    "find_strategy",
    "function_of",
    "how_called",
    "is_async",
    "iter_async",
    "iter_sync",
    "iter_threaded",
    "load_client",
    "name_of",
    "under",
    "with_options",
]
