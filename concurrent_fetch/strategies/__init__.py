"""What runs when: what a strategy is, and one after another, in threads, on an event loop."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from concurrent_fetch.strategies._async import fetch_async, iter_async
from concurrent_fetch.strategies._each import each
from concurrent_fetch.strategies._find import find_strategy, load_client
from concurrent_fetch.strategies._strategy import (
    AnyStrategy,
    Strategy,
    effective_options,
    how_called,
    innermost,
    name_of,
    taken_apart,
    under,
    with_options,
)
from concurrent_fetch.strategies._stream import Stream
from concurrent_fetch.strategies._sync import fetch_sync, iter_sync
from concurrent_fetch.strategies._threaded import fetch_threaded, iter_threaded
from concurrent_fetch.strategies._with_loop import awaits, loop_of, with_loop

if TYPE_CHECKING:
    from concurrent_fetch.strategies._executor import fetch_executor, iter_executor
    from concurrent_fetch.strategies._processes import fetch_processes, iter_processes

__all__ = [
    "AnyStrategy",
    "Strategy",
    "Stream",
    "awaits",
    "each",
    "effective_options",
    "fetch_async",
    "fetch_executor",
    "fetch_processes",
    "fetch_sync",
    "fetch_threaded",
    "find_strategy",
    "how_called",
    "innermost",
    "iter_async",
    "iter_executor",
    "iter_processes",
    "iter_sync",
    "iter_threaded",
    "load_client",
    "loop_of",
    "name_of",
    "taken_apart",
    "under",
    "with_loop",
    "with_options",
]

_FOR_FEW = {
    "fetch_executor": "_executor",
    "fetch_processes": "_processes",
    "iter_executor": "_executor",
    "iter_processes": "_processes",
}
"""Imported when they are asked for: few programs use them, and all would pay."""


def __getattr__(name: str) -> Any:
    if name not in _FOR_FEW:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_FOR_FEW[name]}"), name)
