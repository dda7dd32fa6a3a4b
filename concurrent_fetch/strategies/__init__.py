"""The built-in strategies: one after another, in threads, on an event loop."""

from concurrent_fetch.strategies._async import fetch_async, iter_async
from concurrent_fetch.strategies._sync import fetch_sync, iter_sync
from concurrent_fetch.strategies._threaded import fetch_threaded, iter_threaded

__all__ = [
    "fetch_async",
    "fetch_sync",
    "fetch_threaded",
    "iter_async",
    "iter_sync",
    "iter_threaded",
]
