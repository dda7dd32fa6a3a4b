"""How long a request takes: a function of its index, so that a URL always takes equally long."""

import hashlib
import math
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import attrs

from concurrent_fetch._units import Seconds
from concurrent_fetch.words import Rule, is_number, seconds, whole

_TWO_TO_64 = 2.0**64


_SECONDS = seconds(least=0)
_SIGMA = Rule(is_number, "a number", lambda value: 0 <= value <= 10, "from 0 to 10")


@attrs.frozen(kw_only=True)
class LogNormal:
    """Latencies from a log-normal distribution, the same for the same index and seed.

    `median` is in seconds and above 0; `sigma` is the standard deviation of the latency's natural
    logarithm, from 0 to 10. Raises TypeError or ValueError for anything else.
    """

    median: Seconds = attrs.field(default=0.05, validator=seconds(above=0).of_argument)
    sigma: float = attrs.field(default=0.5, validator=_SIGMA.of_argument)
    seed: int = attrs.field(default=0, validator=whole().of_argument)
    """Another one gives other latencies of the same kind."""

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
            return _checked("latency", value)


def _checked_sequence(values: Sequence[object]) -> tuple[Seconds, ...]:
    if not values:
        raise ValueError(f"latency must hold at least one number of seconds, got {values!r}")
    return tuple(_checked(f"latency[{k}]", value) for k, value in enumerate(values))


def _checked(name: str, value: Any) -> Seconds:
    _SECONDS.check(name, value)
    return float(value)


def latency_rule(latency: Seconds | tuple[Seconds, ...] | LogNormal) -> Callable[[int], Seconds]:
    """Return the function from a request's index to its latency in seconds."""
    if isinstance(latency, LogNormal):
        return latency.at
    if isinstance(latency, tuple):
        return lambda index: latency[index % len(latency)]
    return lambda _: latency
