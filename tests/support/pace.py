"""Limits of time, on a machine that others use too.

A limit says how long the code may take, and a busy machine knows nothing of that. So a test that
misses one is done again, `TRIES` times in all, and has passed when one of them was in time: what is
too slow by itself is so each time. What misses its limit by far, as a hang does, fails at once. The
summary of a test run counts what was done again.
"""

TRIES = 5
FAR = 3.0
"""Seconds beyond a limit, and five times the limit, are not a busy machine's."""


class TooSlow(AssertionError):  # noqa: N818 - reads as the sentence it is
    """A limit of time was missed."""


def unless_busy(holds: bool, told: object) -> None:
    """Hold what is so on a quiet machine, as that waiting takes most of the time."""
    if not holds:
        raise TooSlow(f"on a quiet machine this would not be: {told}")


def reached(number: int, most: int) -> None:
    """Hold that so many at once are never exceeded, and on a quiet machine are reached."""
    assert number <= most
    unless_busy(number == most, f"{number} of {most} at once")


def in_time(seconds: float, limit: float) -> None:
    """Hold that something took less than its limit."""
    if not seconds < limit:
        told = f"it took {seconds:.3f} s, which is not within {limit:g} s"
        assert seconds < max(limit + FAR, 5 * limit), told
        raise TooSlow(told)
