"""Overlap: how many spans of time ran at once."""

from collections.abc import Iterable
from itertools import accumulate

from concurrent_fetch._units import Seconds


def most_at_once(starts: Iterable[Seconds], ends: Iterable[Seconds]) -> int:
    """Return how many spans overlapped at most; one that ends when another starts does not."""
    events = sorted([(start, 1) for start in starts] + [(end, -1) for end in ends])
    return max(accumulate(step for _, step in events), default=0)
