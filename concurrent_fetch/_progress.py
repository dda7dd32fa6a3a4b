"""Progress: how far a fetch of many URLs or a comparison has come, for whoever wants to know."""

import inspect
from collections.abc import Callable
from typing import Literal, TypeAlias

import attrs

from concurrent_fetch._units import Seconds

Stage: TypeAlias = Literal["check", "round", "probe", "fetch"]


@attrs.frozen(kw_only=True)
class Progress:
    """How far it has come. One is sent at most every 50 ms, and one that tells the end.

    After an error or an early `close` there is no last one.
    """

    done: int
    """Runs of a comparison that are over, all of them; outside of one, fetches."""
    total: int | None
    """Runs that are planned at most, fewer where a verdict or the time budget ends it early;
    or fetches, None where the URLs come from something without a length."""
    stage: Stage
    """What the last run was for; "fetch" outside a comparison."""
    strategy: str
    """What ran last: a strategy, or the function that fetches."""
    round: int | None = None
    """Its round, from 0; None for a check run and a probed one, and outside a comparison."""
    rounds: int | None = None
    """Rounds that are planned at most; None outside a comparison."""
    fetches: int
    """Fetches that are over, in all runs together."""
    failures: int
    """Those of them that were not answered."""
    elapsed: Seconds
    """Since the start."""

    @property
    def rate(self) -> float:
        """Fetches per second of `elapsed`."""
        return self.fetches / self.elapsed if self.elapsed else 0.0

    @property
    def left(self) -> Seconds | None:
        """The time left if the rest goes as fast as what is done; None where that is unknown."""
        if self.total is None or not self.done:
            return None
        return self.elapsed / self.done * max(0, self.total - self.done)


OnProgress: TypeAlias = Callable[[Progress], None]


def check_progress(name: str, value: object) -> None:
    """Refuse what is neither a bool nor a plain function, and say what to write.

    Raises:
        TypeError: with the name, the value and the rule it broke.
    """
    if isinstance(value, bool):
        return
    if not callable(value):
        raise TypeError(
            f"{name} must be True, False or a function that takes a Progress, got {value!r}; "
            "write progress=True for a bar on stderr"
        )
    called = (value, type(value).__call__)
    if any(map(inspect.iscoroutinefunction, called)) or any(
        map(inspect.isasyncgenfunction, called)
    ):
        raise TypeError(
            f"{name} must be a plain function, got an async one; write one that starts a task, "
            "as with asyncio.create_task"
        )
