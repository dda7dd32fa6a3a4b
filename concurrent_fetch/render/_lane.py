"""Lane: what a timeline shows of one run."""

from collections.abc import Sequence
from typing import NamedTuple

import attrs

from concurrent_fetch._units import Seconds


class Fetch(NamedTuple):
    """When a fetch was under way, in seconds from the start of its run."""

    start: Seconds
    end: Seconds
    failed: bool = False


@attrs.frozen(kw_only=True)
class Lane:
    """One run of a strategy."""

    name: str
    facts: str
    """What stands beside the name."""
    fetches: Sequence[Fetch]
    """In the order they started."""
    elapsed: Seconds
    ideal: Seconds | None = None
    """How long it would have taken at best; None draws no mark."""

    @classmethod
    def of(
        cls,
        name: str,
        facts: str,
        starts: Sequence[Seconds],
        ends: Sequence[Seconds],
        failed: Sequence[bool],
        *,
        begun: Seconds | None,
        elapsed: Seconds,
        ideal: Seconds | None = None,
    ) -> "Lane":
        """Return the lane of a run with these fetches, which `begun` and took `elapsed`.

        `begun` is on the clock of the fetches. None, or one that cannot be theirs since they lie
        outside the run, takes the first of them for it.
        """
        fetches = _within(starts, ends, failed, begun, elapsed)
        return cls(name=name, facts=facts, fetches=fetches, elapsed=elapsed, ideal=ideal)

    @property
    def has_mark(self) -> bool:
        """Whether there is an ideal worth a mark: one that lies within the run."""
        return self.ideal is not None and 0 < self.ideal < 0.995 * self.elapsed


def _within(
    starts: Sequence[Seconds],
    ends: Sequence[Seconds],
    failed: Sequence[bool],
    begun: Seconds | None,
    elapsed: Seconds,
) -> list[Fetch]:
    """Return fetches in start order, with times from the start of their run, within the run."""
    if not starts:
        return []
    zero = min(starts)
    if begun is not None and begun <= zero and max(ends) <= begun + elapsed:
        zero = begun
    return sorted(
        Fetch(min(start - zero, elapsed), min(end - zero, elapsed), is_failed)
        for start, end, is_failed in zip(starts, ends, failed, strict=True)
    )
