"""Scales: where a value lies on an axis, and the round values that are written along it."""

import math
from collections.abc import Callable

import attrs

_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


@attrs.frozen
class Scale:
    """Maps values from `low` to `high` onto pixels from `start` to `end`."""

    low: float
    high: float
    start: float
    end: float
    bend: Callable[[float], float] = float
    """Applied to values first: `math.log` gives a logarithmic axis."""

    def __call__(self, value: float) -> float:
        """Return the pixel of a value, which may lie beyond the ends."""
        low, high = self.bend(self.low), self.bend(self.high)
        share = (self.bend(value) - low) / (high - low) if high > low else 0.0
        return self.start + share * (self.end - self.start)


def round_values(high: float, most: int) -> list[float]:
    """Return 0 and evenly spaced round values up to `high`, at most `most` of them beyond 0.

    >>> round_values(0.63, 4)
    [0.0, 0.2, 0.4, 0.6]
    """
    if not 0 < high < math.inf:
        return [0.0]
    rough = high / most
    power = 10.0 ** math.floor(math.log10(rough))
    step = next((s * power for s in _STEPS if s * power >= rough * (1 - 1e-9)), 10 * power)
    values = [float(f"{i * step:.10g}") for i in range(int(high / step * (1 + 1e-9)) + 1)]
    return values[: most + 1]


def round_ratios(low: float, high: float, most: int) -> list[float]:
    """Return round values of a logarithmic axis between two positive ends, at most `most`.

    >>> round_ratios(0.8, 30, 5)
    [1.0, 2.0, 5.0, 10.0, 20.0]
    """
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for digits in ((1, 1.2, 1.5, 2, 3, 5, 7), (1, 2, 5), (1, 3), (1,)):
        values = [float(f"{d * 10.0**p:.6g}") for p in powers for d in digits]
        within = [v for v in values if low <= v <= high]
        if len(within) <= most:
            return within
    return within[:: math.ceil(len(within) / most)]
