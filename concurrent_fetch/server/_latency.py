"""How long a request takes: a function of its index, so that a URL always takes equally long."""

import hashlib
import math
from collections.abc import Callable, Sequence
from typing import TypeAlias

import attrs

from concurrent_fetch._units import Seconds

_TWO_TO_64 = 2.0**64


def checked_number(name: str, value: object) -> float:
    """Return `value` as a finite float.

    Raises TypeError if it is no number (a bool is none) and ValueError if it is not finite.
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{name} must be a number; it is {value!r}.")
    if not math.isfinite(value):
        raise ValueError(f"{name} must be finite; it is {value!r}.")
    return float(value)


def checked_seconds(name: str, value: object) -> Seconds:
    """Return `value` as seconds: finite and at least 0; raises like `checked_number`."""
    seconds = checked_number(name, value)
    if seconds < 0:
        raise ValueError(f"{name} must be at least 0 seconds; it is {value!r}.")
    return seconds


@attrs.frozen(kw_only=True)
class LogNormal:
    """Latencies from a log-normal distribution, the same for the same index and seed.

    `median` is in seconds and above 0; `sigma` is the standard deviation of the latency's natural
    logarithm, from 0 to 10. Raises TypeError or ValueError for anything else.
    """

    median: Seconds = 0.05
    sigma: float = 0.5
    seed: int = 0
    """Another one gives other latencies of the same kind."""

    def __attrs_post_init__(self) -> None:
        if checked_seconds("median", self.median) == 0:
            raise ValueError(f"median must be above 0 seconds; it is {self.median!r}.")
        if not 0 <= checked_number("sigma", self.sigma) <= 10:
            raise ValueError(f"sigma must be from 0 to 10; it is {self.sigma!r}.")
        if isinstance(self.seed, bool) or not isinstance(self.seed, int):
            raise TypeError(f"seed must be an int; it is {self.seed!r}.")

    def at(self, index: int) -> Seconds:
        """Return the latency of the request with this index, in seconds.

        Two uniform numbers from a digest of (seed, index), made normal by Box and Muller (1958):
        the n-th latency needs none of those before it.
        """
        digest = hashlib.blake2b(f"{self.seed}:{index}".encode(), digest_size=16).digest()
        radius = (int.from_bytes(digest[:8], "big") + 1) / _TWO_TO_64
        angle = int.from_bytes(digest[8:], "big") / _TWO_TO_64
        normal = math.sqrt(-2 * math.log(radius)) * math.cos(2 * math.pi * angle)
        return self.median * math.exp(self.sigma * normal)


Latency: TypeAlias = Seconds | Sequence[Seconds] | LogNormal


def checked_latency(value: object) -> Seconds | tuple[Seconds, ...] | LogNormal:
    """Return `value` as one of the three forms of a latency.

    Raises TypeError or ValueError that names the value and the rule it breaks.
    """
    match value:
        case LogNormal():
            return value
        case Sequence() if not isinstance(value, str | bytes | bytearray):
            return _checked_sequence(value)
        case _:
            return checked_seconds("latency", value)


def _checked_sequence(values: Sequence[object]) -> tuple[Seconds, ...]:
    if not values:
        raise ValueError("latency must hold at least one number of seconds; it is empty.")
    return tuple(checked_seconds(f"latency[{k}]", value) for k, value in enumerate(values))


def latency_rule(latency: Seconds | tuple[Seconds, ...] | LogNormal) -> Callable[[int], Seconds]:
    """Return the function from a request's index to its latency in seconds."""
    if isinstance(latency, LogNormal):
        return latency.at
    if isinstance(latency, tuple):
        return lambda index: latency[index % len(latency)]
    return lambda _: latency
