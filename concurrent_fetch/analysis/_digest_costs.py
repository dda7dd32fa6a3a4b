"""Digest costs: what the digests of bodies take, which every run takes on its clock."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from time import perf_counter

from concurrent_fetch._units import Bytes, Seconds

_SIZES: tuple[Bytes, ...] = (1024, 100 * 1024, 1000 * 1024)
_TRIES = 5
_AT_ONCE: Bytes = 100 * 1024  # bytes between two looks at the clock, or one body

Costs = Mapping[Bytes, Seconds]


@cache
def digest_costs() -> Costs:
    """Return what a digest of a body of 1, 100 and 1,000 KiB takes in this process."""
    return measured_costs(perf_counter)


def measured_costs(clock: Callable[[], Seconds]) -> dict[Bytes, Seconds]:
    """Measure it: the least of a few tries, as whatever comes between only adds to one."""
    return {size: min(_tries(size, clock)) for size in _SIZES}


def _tries(size: Bytes, clock: Callable[[], Seconds]) -> Iterable[Seconds]:
    body, times = bytes(size), max(1, _AT_ONCE // size)
    for _ in range(_TRIES):
        start = clock()
        for _ in range(times):
            hashlib.sha256(body).hexdigest()
        yield (clock() - start) / times


def cost_of(sizes: Iterable[Bytes | None], costs: Costs) -> Seconds:
    """Return what digests of bodies of these sizes take: in a straight line between known sizes."""
    if len(costs) < 2:
        return 0.0
    known = sorted(costs.items())
    counts = Counter(size for size in sizes if size is not None)
    return sum(n * _between(size, known) for size, n in counts.items())


def _between(size: Bytes, known: list[tuple[Bytes, Seconds]]) -> Seconds:
    at = next((i for i, (largest, _) in enumerate(known) if size <= largest), len(known) - 1)
    if at == 0:
        return known[0][1]
    (lower, least), (upper, most) = known[at - 1], known[at]
    return least + (most - least) * (size - lower) / (upper - lower)
