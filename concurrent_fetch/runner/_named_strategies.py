"""Named strategies: those of a comparison, the levels of a sweep, the rungs of a ladder."""

import functools
import inspect
from collections.abc import Collection, Iterable, Mapping, Sequence
from importlib.util import find_spec
from itertools import pairwise

import attrs

from concurrent_fetch.fetch import AsyncClient, Client, find_async_client, find_client
from concurrent_fetch.runner._elsewhere import elsewhere_in
from concurrent_fetch.strategies import (
    AnyStrategy,
    fetch_async,
    fetch_sync,
    fetch_threaded,
    how_called,
    name_of,
    with_options,
)
from concurrent_fetch.words import is_whole

_IN_BOTH_COLOURS = ("httptools", "plain", "httpx")
"""Names of the clients that are the same in threads and on an event loop."""


def by_name(
    positional: Sequence[AnyStrategy], keyword: Mapping[str, AnyStrategy]
) -> dict[str, AnyStrategy]:
    """Return the strategies by name; a positional one is called like its function.

    Raises:
        TypeError: something is no strategy.
        ValueError: two have the same name, one has none, or there is none.
    """
    strategies: dict[str, AnyStrategy] = {}
    for strategy in positional:
        check_callable(strategy)
        name = name_of(strategy)
        if name.startswith("<lambda>"):
            raise ValueError("a lambda has no name; give it one: compare(mine=lambda ...)")
        _add(strategies, _exact(strategies, name, strategy), strategy)
    for name, strategy in keyword.items():
        check_callable(strategy)
        _add(strategies, name, strategy)
    if not strategies:
        raise ValueError("no strategy to run; write compare(fetch_sync, fetch_threaded)")
    return strategies


def _exact(strategies: Collection[str], name: str, strategy: AnyStrategy) -> str:
    """Return a name that tells enough of the interpreter, if it runs on another one."""
    away = elsewhere_in(strategy)
    names = [name] if away is None else away.interpreter.named(name)
    return next((one for one in names if one not in strategies), name)


def _add(strategies: dict[str, AnyStrategy], name: str, strategy: AnyStrategy) -> None:
    if name in strategies:
        raise ValueError(
            f"two strategies are called {name!r}; name one by keyword: compare(..., other=...)"
        )
    strategies[name] = strategy


def check_callable(strategy: object) -> None:
    """Refuse what cannot be called with URLs, and say what to write; raises `TypeError`."""
    if callable(strategy):
        how_called(strategy)
        return
    if inspect.iscoroutine(strategy):
        strategy.close()  # else Python warns that nobody awaited it
    name = getattr(strategy, "__name__", "fetch_sync")
    advice = f"pass the function, {name} and not {name}()"
    if isinstance(strategy, (list, tuple)):
        advice = "unpack it: compare(*strategies)"
    raise TypeError(f"a strategy must be callable, got {strategy!r}; {advice}")


def levels_of(strategy: AnyStrategy, concurrency: int | Sequence[int]) -> dict[str, AnyStrategy]:
    """Return the strategy at each concurrency, by its number.

    Raises:
        TypeError: a concurrency is no int; it is no strategy.
        ValueError: there are fewer than two, one is below 1, or they do not ascend.
    """
    levels = tuple(concurrency) if isinstance(concurrency, Iterable) else (concurrency,)
    if not all(map(is_whole, levels)):
        raise TypeError(f"concurrency must be ints, as in (1, 4, 16), got {concurrency!r}")
    if len(levels) < 2:
        raise ValueError(f"a sweep needs at least two levels, as (1, 4, 16), got {concurrency!r}")
    if min(levels) < 1:
        raise ValueError(f"concurrency must be at least 1 at every level, got {concurrency!r}")
    if any(later <= level for level, later in pairwise(levels)):
        rising = sorted(set(levels)) if len(set(levels)) > 1 else [1, 4, 16]
        raise ValueError(f"concurrency must ascend, as {tuple(rising)} does, got {concurrency!r}")
    return {str(level): with_options(strategy, concurrency=level) for level in levels}


@attrs.frozen(kw_only=True)
class Rung:
    """A strategy, and what it does otherwise than the one before."""

    name: str
    change: str
    """Empty for the first."""
    strategy: AnyStrategy


def rungs_of(client: str | Client, async_client: str | AsyncClient) -> list[Rung]:
    """Return the strategies from bare requests to the event loop.

    Between threads and the event loop the client stays the same. It is one of the two given if that
    is to be had for both, so that it changes no more often than need be; else `httptools`, or
    `plain` where httptools is not installed, which does the same in Python.

    Raises:
        UnknownNameError, TypeError: no such client for threads, or for the event loop.
    """
    one, other = find_client(client), find_async_client(async_client)
    bridge = _bridge_of(one.name, other.name)
    rungs = [
        _bare(one),
        _rung("reuse", "sync", functools.partial(fetch_sync, client=one), one),
        _rung("threads", "threaded", functools.partial(fetch_threaded, client=one), one),
    ]
    if one.name != bridge:
        one = find_client(bridge)
        threaded = functools.partial(fetch_threaded, client=one)
        rungs.append(_rung(f"client {bridge}", "threaded", threaded, one))
    across = other if other.name == bridge else find_async_client(bridge)
    on_loop = functools.partial(fetch_async, client=across)
    rungs.append(_rung("event loop", "async", on_loop, across))
    if other is not across:
        on_loop = functools.partial(fetch_async, client=other)
        rungs.append(_rung(f"client {other.name}", "async", on_loop, other))
    return rungs


def _bridge_of(name: str, async_name: str) -> str:
    if name == async_name:
        return name
    for given in (name, async_name):
        if given in _IN_BOTH_COLOURS:
            return given
    return "plain" if find_spec("httptools") is None else "httptools"


def _bare(client: Client) -> Rung:
    bare = with_options(functools.partial(fetch_sync, client=client), reuse_connections=False)
    return Rung(name=f"sync+{client.name}, new connections", change="", strategy=bare)


def _rung(change: str, kind: str, strategy: AnyStrategy, client: Client | AsyncClient) -> Rung:
    keeping = with_options(strategy, reuse_connections=True)
    return Rung(name=f"{kind}+{client.name}", change=change, strategy=keeping)
