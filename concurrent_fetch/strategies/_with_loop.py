"""Strategies on an event loop of another kind, so that loops can be compared."""

import inspect
import re

from concurrent_fetch.strategies._each import Each
from concurrent_fetch.strategies._loops import LoopFactory, loop_factory
from concurrent_fetch.strategies._strategy import (
    AnyStrategy,
    ConfiguredStrategy,
    configured_in,
    function_of,
    how_called,
    is_async,
    name_of,
    taken_apart,
)

_AWAITED = re.compile("Await|Async|Coroutine")


def with_loop(strategy: AnyStrategy, loop: str) -> ConfiguredStrategy:
    """Return the same strategy, which a Runner runs on an event loop of its own of that kind.

    `"uvloop"` needs the extra `fast`; `"asyncio"` is what all others run on, unless a policy says
    otherwise. Of a loop upon a loop the outer one, made later, holds. It pickles if the strategy
    does.

    >>> from concurrent_fetch import fetch_async
    >>> with_loop(fetch_async, "asyncio")
    fetch_async(loop='asyncio')

    It is for comparisons. A program of one's own chooses its loop where it starts it, by
    `asyncio.Runner(loop_factory=uvloop.new_event_loop)`; there the strategy is called as it is.

    Raises:
        TypeError: it is no strategy, or a plain one, which runs on no event loop.
        UnknownNameError: there is no such loop.
        ImportError: the loop is not installed; the message says what to install.
    """
    if not callable(strategy):
        raise TypeError(f"a strategy must be callable, got {strategy!r}")
    how_called(strategy)
    loop_factory(loop)
    if not (awaits(strategy) or _says_it_is_awaited(strategy)):
        name = name_of(strategy)
        raise TypeError(
            f"{name} is a plain function, and no event loop runs it; with_loop takes an async one, "
            "as fetch_async or async def mine(urls, options): ..."
        )
    function, changes, _ = taken_apart(strategy)
    return ConfiguredStrategy(function, changes, loop)


def loop_of(strategy: object) -> LoopFactory | None:
    """Return what makes the event loop that a strategy is to run on; None: it is all the same.

    Raises:
        ImportError: the loop is not installed, as where a strategy was pickled elsewhere.
    """
    for layer in configured_in(strategy):
        if layer.loop is not None:
            return loop_factory(layer.loop)
    return None


def awaits(strategy: object) -> bool:
    """Whether a strategy is sure to run on an event loop, before it is called."""
    function = function_of(strategy)
    return is_async(function.function if isinstance(function, Each) else function)


def _says_it_is_awaited(strategy: object) -> bool:
    """Whether a plain function says that it returns something to await, as `iter_async` does."""
    function = function_of(strategy)
    returned = getattr(function, "__annotations__", {}).get("return", "")
    return not inspect.isclass(function) and bool(_AWAITED.search(str(returned)))
