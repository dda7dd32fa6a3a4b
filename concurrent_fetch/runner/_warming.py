"""Warming up: a Python that compiles while it runs gets faster for a while."""

import platform
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from concurrent_fetch._units import Seconds
from concurrent_fetch.analysis import Note
from concurrent_fetch.render import many
from concurrent_fetch.runner._elsewhere import elsewhere_in
from concurrent_fetch.strategies import AnyStrategy

MOST_WARMING = 20
"""So many runs at most."""
_WITH_JIT = ("PyPy", "GraalVM")
_FASTER = 0.95
_AS_FAST = 3


class Warmed(NamedTuple):
    """How many runs there were, and whether the last of them were no faster than those before."""

    runs: int
    is_done: bool


def warmed(runs: Iterable[Seconds]) -> Warmed:
    """Take times of runs until three after one another are no faster than the fastest before."""
    best, as_fast, count = float("inf"), 0, 0
    for elapsed in runs:
        count += 1
        as_fast = 0 if elapsed < _FASTER * best else as_fast + 1
        best = min(best, elapsed)
        if as_fast == _AS_FAST:
            return Warmed(count, is_done=True)
    return Warmed(count, is_done=False)


def warming_of(strategies: Mapping[str, AnyStrategy]) -> list[str]:
    """Return the strategies that run on a Python that compiles while it runs."""
    return [name for name, strategy in strategies.items() if _implementation(strategy) in _WITH_JIT]


def _implementation(strategy: AnyStrategy) -> str:
    away = elsewhere_in(strategy)
    return platform.python_implementation() if away is None else away.interpreter.implementation


def notes_on_warming(found: Mapping[str, Warmed]) -> list[Note]:
    """Return a note for each strategy that was warmed up."""
    return [
        Note(
            strategy=name,
            fact=f"warmed up in {many(one.runs, 'run')}, on no clock",
            advice=""
            if one.is_done
            else "it was still getting faster then: its rounds may, too; take more of them",
        )
        for name, one in found.items()
    ]
