"""Loops: which strategies are known to need an event loop, and what makes it."""

import asyncio
from collections.abc import Mapping

from concurrent_fetch.runner._loop_thread import LoopFactory
from concurrent_fetch.strategies import AnyStrategy, awaits, loop_of


def loops_of(strategies: Mapping[str, AnyStrategy]) -> dict[str, LoopFactory]:
    """Return what makes the event loops of those strategies that are known to need one."""
    return {
        name: loop_of(strategy) or asyncio.new_event_loop
        for name, strategy in strategies.items()
        if awaits(strategy) or loop_of(strategy)
    }
