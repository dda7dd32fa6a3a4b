"""Contestants: the strategies of a comparison, each under a name of its own."""

import inspect
from collections.abc import Mapping, Sequence

from concurrent_fetch._strategy import Strategy, name_of


def by_name(positional: Sequence[Strategy], keyword: Mapping[str, Strategy]) -> dict[str, Strategy]:
    """Return the strategies by name; a positional one is called like its function.

    Raises:
        TypeError: something is no strategy.
        ValueError: two have the same name, one has none, or there is none.
    """
    strategies: dict[str, Strategy] = {}
    for strategy in positional:
        check_callable(strategy)
        name = name_of(strategy)
        if name.startswith("<lambda>"):
            raise ValueError("a lambda has no name; give it one: compare(mine=lambda ...)")
        _add(strategies, name, strategy)
    for name, strategy in keyword.items():
        check_callable(strategy)
        _add(strategies, name, strategy)
    if not strategies:
        raise ValueError("no strategy to run; write compare(fetch_sync, fetch_threaded)")
    return strategies


def _add(strategies: dict[str, Strategy], name: str, strategy: Strategy) -> None:
    if name in strategies:
        raise ValueError(
            f"two strategies are called {name!r}; name one by keyword: compare(..., other=...)"
        )
    strategies[name] = strategy


def check_callable(strategy: object) -> None:
    """Refuse what cannot be called, and say what to write; raises `TypeError`."""
    if callable(strategy):
        return
    if inspect.iscoroutine(strategy):
        strategy.close()  # else Python warns that nobody awaited it
    name = getattr(strategy, "__name__", "fetch_sync")
    advice = f"pass the function, {name} and not {name}()"
    if isinstance(strategy, (list, tuple)):
        advice = "unpack it: compare(*strategies)"
    raise TypeError(f"a strategy must be callable, got {strategy!r}; {advice}")
