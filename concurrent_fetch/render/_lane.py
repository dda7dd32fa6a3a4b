"""Lane: what a timeline shows of one run."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import attrs

from concurrent_fetch._units import Seconds
from concurrent_fetch.render._spans import Span


class Fetch(NamedTuple):
    """From when to when a fetch was, in seconds from the start of its run."""

    start: Seconds
    """Of its first try."""
    end: Seconds
    """Of its last try."""
    failed: bool = False
    tries: tuple[Span, ...] = ()
    """When it was under way, where it was tried more than once; in between it waited."""

    @property
    def spans(self) -> tuple[Span, ...]:
        """When it was under way."""
        return self.tries or ((self.start, self.end),)


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
        earlier: Sequence[Sequence[Span]] = (),
        begun: Seconds | None,
        elapsed: Seconds,
        ideal: Seconds | None = None,
    ) -> "Lane":
        """Return the lane of a run with these fetches, which `begun` and took `elapsed`.

        `starts` and `ends` are those of the last tries; `earlier`, where it is given, has those of
        the tries before them. `begun` is on the clock of the fetches. None, or one that cannot be
        theirs since they lie outside the run, takes the first of them for it.
        """
        given = zip(starts, ends, failed, earlier or [()] * len(starts), strict=True)
        made = [_fetch(*facts) for facts in given]
        fetches = _within(made, begun, elapsed)
        return cls(name=name, facts=facts, fetches=fetches, elapsed=elapsed, ideal=ideal)

    @property
    def spans(self) -> Sequence[Sequence[Any]]:
        """When fetches were under way, as pairs of start and end at the least."""
        if not self.was_retried:
            return self.fetches
        return [span for fetch in self.fetches for span in fetch.spans]

    @property
    def was_retried(self) -> bool:
        """Whether anything was tried again."""
        return any(fetch.tries for fetch in self.fetches)

    @property
    def has_mark(self) -> bool:
        """Whether there is an ideal worth a mark: one that lies within the run."""
        return self.ideal is not None and 0 < self.ideal < 0.995 * self.elapsed


def _fetch(start: Seconds, end: Seconds, failed: bool, earlier: Sequence[Span]) -> Fetch:
    """Return a fetch on the clock on which it was measured; `start` is that of its last try."""
    if not earlier:
        return Fetch(start, end, failed)
    return Fetch(earlier[0][0], end, failed, (*earlier, (start, end)))


def _within(fetches: Sequence[Fetch], begun: Seconds | None, elapsed: Seconds) -> list[Fetch]:
    """Return fetches in start order, with times from the start of their run, within the run."""
    if not fetches:
        return []
    zero = min(fetch.start for fetch in fetches)
    if begun is not None and begun <= zero:
        zero = begun if max(fetch.end for fetch in fetches) <= begun + elapsed else zero

    def at(time: Seconds) -> Seconds:
        return min(time - zero, elapsed)

    return sorted(
        Fetch(at(start), at(end), failed, tuple((at(a), at(b)) for a, b in tries))
        for start, end, failed, tries in fetches
    )
