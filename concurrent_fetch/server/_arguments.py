"""The arguments of a route, read by their rules."""

import re

from concurrent_fetch._units import Seconds

MAX_DELAY: Seconds = 60.0
_WHOLE = re.compile(r"[0-9]{1,9}", re.ASCII)


class UnusableError(ValueError):
    """An argument breaks its rule: the client gets 400 with this text."""


def whole(name: str, text: str, low: int, high: int) -> int:
    """Return a whole number from `low` to `high`; raises UnusableError."""
    if not _WHOLE.fullmatch(text) or not low <= int(text) <= high:
        raise UnusableError(f"{name} must be a whole number from {low} to {high}, got {text!r}")
    return int(text)


def seconds(name: str, text: str) -> Seconds:
    """Return seconds from 0 to 60; raises UnusableError."""
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= MAX_DELAY:
        raise UnusableError(f"{name} must be seconds from 0 to {MAX_DELAY:g}, got {text!r}")
    return value
