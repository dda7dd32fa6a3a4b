"""Streams: the outcomes of a built-in strategy as they complete, and what its feed knows."""

import functools
from collections.abc import AsyncGenerator, Callable, Generator, Mapping, Sequence
from typing import Any, Self, TypeAlias

import attrs

from concurrent_fetch.feed import Feed
from concurrent_fetch.model import Options, Outcome, Request
from concurrent_fetch.strategies._async import begin_async, fetch_async
from concurrent_fetch.strategies._loops import LoopFactory
from concurrent_fetch.strategies._strategy import Strategy, taken_apart
from concurrent_fetch.strategies._sync import begin_sync, fetch_sync
from concurrent_fetch.strategies._threaded import begin_threaded, fetch_threaded
from concurrent_fetch.strategies._with_loop import loop_of

_Outcomes: TypeAlias = Generator[Outcome, None, None] | AsyncGenerator[Outcome, None]


@attrs.frozen
class Stream:
    """A built-in strategy, for whoever wants each outcome when it is there, and the feed beside."""

    _begin: Callable[..., tuple[Feed, Any]]
    _keywords: Mapping[str, Any]
    loop: LoopFactory | None
    """What makes the event loop to take the outcomes on; None: the usual one."""

    @classmethod
    def of(cls, strategy: Strategy) -> Self | None:
        """Return that of a built-in strategy; None of others: nothing is known before they end.

        Its client may be changed by a partial, and its loop be chosen, as `find_strategy` does it.
        """
        below, changes, _ = taken_apart(strategy)
        function, keywords = below, dict[str, Any]()
        if isinstance(below, functools.partial):
            function, keywords = below.func, below.keywords
        for built_in, begin, usual in _built_in():
            if function is built_in and not changes:
                return cls(begin, {"client": usual, **keywords}, loop_of(strategy))
        return None

    def begin(
        self, name: str, urls: Sequence[str | Request], options: Options
    ) -> tuple[Feed, _Outcomes]:
        """Return the feed and the outcomes of a fetch that is told of as `name`.

        The feed knows at any time what was skipped, and what had to wait. Closing the outcomes ends
        the fetch. Arguments are refused here.
        """
        return self._begin(name, urls, options, **self._keywords)


def _built_in() -> Sequence[tuple[object, Callable[..., tuple[Feed, Any]], str]]:
    """Return each strategy, what begins it, and its usual client."""
    from concurrent_fetch.strategies._processes import (  # noqa: PLC0415 - others would pay for it
        begin_processes,
        fetch_processes,
    )

    return (
        (fetch_sync, begin_sync, "requests"),
        (fetch_threaded, begin_threaded, "requests"),
        (fetch_async, begin_async, "aiohttp"),
        (fetch_processes, begin_processes, "aiohttp"),
    )
