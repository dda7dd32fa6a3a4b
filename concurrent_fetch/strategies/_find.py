"""Finds the built-in strategies by name, and the client that a strategy names, before any clock."""

import contextlib
import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any

from concurrent_fetch.errors import UnknownNameError
from concurrent_fetch.fetch import find_async_client, find_client
from concurrent_fetch.strategies._async import fetch_async
from concurrent_fetch.strategies._strategy import Strategy, layers_of
from concurrent_fetch.strategies._sync import fetch_sync
from concurrent_fetch.strategies._threaded import fetch_threaded
from concurrent_fetch.words import did_you_mean

_BUILT_IN: Mapping[str, Callable[..., Any]] = {
    "sync": fetch_sync,
    "threaded": fetch_threaded,
    "async": fetch_async,
}


def find_strategy(name: str) -> Strategy:
    """Return the strategy called `sync`, `threaded` or `async`, or `<one of them>+<client>`.

    Raises:
        UnknownNameError: no such strategy, or no such client for it.
    """
    base, plus, client = name.partition("+")
    if base not in _BUILT_IN:
        raise UnknownNameError(
            f"no strategy is called {base!r}{did_you_mean(base, _BUILT_IN)}. There are "
            f"{', '.join(_BUILT_IN)}, each also with a client, as in 'threaded+httpx'"
        )
    function = _BUILT_IN[base]
    strategy: Strategy = functools.partial(function, client=client) if plus else function
    find = find_async_client if base == "async" else find_client
    find(_client_of(strategy) or "")
    return strategy


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
