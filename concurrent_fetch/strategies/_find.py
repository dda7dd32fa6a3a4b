"""Finds the built-in strategies by name, and the client that a strategy names, before any clock."""

import contextlib
import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any

from concurrent_fetch.errors import UnknownNameError
from concurrent_fetch.fetch import find_async_client, find_client
from concurrent_fetch.strategies._async import fetch_async
from concurrent_fetch.strategies._loops import LOOPS
from concurrent_fetch.strategies._strategy import Strategy, layers_of
from concurrent_fetch.strategies._sync import fetch_sync
from concurrent_fetch.strategies._threaded import fetch_threaded
from concurrent_fetch.strategies._with_loop import with_loop
from concurrent_fetch.words import did_you_mean

_BUILT_IN: Mapping[str, Callable[..., Any]] = {
    "sync": fetch_sync,
    "threaded": fetch_threaded,
    "async": fetch_async,
}
_PROCESSES = "processes"
_NAMES = (*_BUILT_IN, _PROCESSES)
_ON_LOOPS = ("async", _PROCESSES)


def find_strategy(name: str) -> Strategy:
    """Return `sync`, `threaded`, `async` or `processes`, also `<one of them>+<client>`.

    And `async@<loop>` or `async+<client>@<loop>`.

    Raises:
        UnknownNameError: no such strategy, or no such client or loop for it.
        ImportError: the client or the loop is not installed.
    """
    whole, at, loop = name.partition("@")
    base, plus, client = whole.partition("+")
    if name and not base:
        names = ["async"] if at else list(_NAMES)
        instead = " or ".join(repr(before + name) for before in names)
        raise UnknownNameError(f"no strategy stands before {name!r}: write {instead}")
    if base not in _NAMES:
        raise UnknownNameError(
            f"no strategy is called {base!r}{did_you_mean(base, _NAMES)}. There are "
            f"{', '.join(_NAMES)}, each also with a client, as in 'threaded+httpx'"
        )
    if at and base == _PROCESSES:
        raise UnknownNameError(f"the loops of its processes are asyncio's: write {whole!r}")
    if at and base != "async":
        instead = f"async@{loop if loop in LOOPS else 'uvloop'}"
        raise UnknownNameError(f"{base} runs on no event loop: write {whole!r}, or {instead!r}")
    if said := _misspelt(base, plus + client, at + loop):
        raise UnknownNameError(said)
    function = _BUILT_IN[base] if base in _BUILT_IN else _processes()
    strategy: Strategy = functools.partial(function, client=client) if plus else function
    find = find_async_client if base in _ON_LOOPS else find_client
    find(_client_of(strategy) or "")
    return with_loop(strategy, loop) if at else strategy


def _misspelt(base: str, client: str, loop: str) -> str | None:
    """Say what is wrong with the parts of a name as such, each with its sign; None: nothing is."""
    if "+" in loop:
        loop, plus, client = loop.partition("+")
        instead = base + (plus + client if client else "") + (loop if loop != "@" else "")
        return f"the loop comes last: write {instead!r}"
    if client == "+":
        return f"no client stands behind +: write '{base}{loop}', or '{base}+httpx{loop}'"
    if loop == "@":
        return f"no event loop stands behind @: write '{base}{client}', or '{base}{client}@uvloop'"
    if client.count("+") > 1:
        return f"a strategy has one client: write '{base}{client[: client.index('+', 1)]}{loop}'"
    if loop.count("@") > 1:
        one = next(filter(None, loop.split("@")), "uvloop")
        return f"a strategy has one event loop: write '{base}{client}@{one}'"
    return None


def _processes() -> Callable[..., Any]:
    from concurrent_fetch.strategies._processes import fetch_processes  # noqa: PLC0415 - for who asks

    return fetch_processes


def load_client(strategy: object) -> None:
    """Import the client that a strategy's keyword `client` names, so that no clock sees it.

    Does nothing where there is no such keyword. What is not there is for the strategy to say when
    it runs; what else is wrong with a client passes through.
    """
    if client := _client_of(strategy):
        for find in (find_client, find_async_client):
            with contextlib.suppress(UnknownNameError, ImportError):
                find(client)


def _client_of(strategy: object) -> str | None:
    """Return the name that its keyword `client` has, given or by default."""
    layers = list(layers_of(strategy))
    given = [keywords["client"] for _, keywords in layers if "client" in keywords]
    client = given[0] if given else _default_client(layers[-1][0])
    return client if isinstance(client, str) else None


def _default_client(function: object) -> object:
    """Return what the keyword `client` of a function is by default; None where it has none."""
    if not callable(function):
        return None
    try:
        parameters = inspect.signature(function).parameters
    except (TypeError, ValueError, NameError):  # made in C, as some are; typed by what is not there
        return None
    return parameters["client"].default if "client" in parameters else None
