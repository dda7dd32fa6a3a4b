"""Validators: what a number, a time or a flag may be, and one form of sentence for what it may not.

The sentence says the name, the rule and the value, and what to write where it is clear what was
meant: "Options.concurrency must be an int, got '5'; write concurrency=5". A value of the wrong type
is a TypeError, one out of range a ValueError. A bool is no number.
"""

import math
import re
from collections.abc import Callable
from typing import Any

import attrs

Validator = Callable[[Any, Any, Any], None]
"""Of a field, as attrs calls it: with the instance, the attribute and the value."""


def is_whole(value: object) -> bool:
    """Whether it is an int."""
    return isinstance(value, int) and not isinstance(value, bool)


def is_number(value: object) -> bool:
    """Whether it is an int or a float."""
    return is_whole(value) or isinstance(value, float)


def _shown(value: object) -> str:
    try:
        return repr(value)
    except ValueError:  # Python does not write an int of thousands of digits
        return f"one of {len(hex(value)) - 2} hex digits"  # type: ignore[arg-type]  # it is an int


@attrs.frozen
class Rule:
    """What a value may be: of which type, and within which range."""

    is_of_type: Callable[[Any], bool]
    type_words: str
    holds: Callable[[Any], bool]
    range_words: str
    none: str | None = None
    """What None says, where it is allowed: "None for any number"."""
    meant: Callable[[Any], object] = lambda _: None
    """What a value that is not allowed most likely stands for; None where nobody can tell."""
    instead: Callable[[str, Any], str] = lambda _, __: ""
    """Told the name and the value: what else helps."""

    def check(self, name: str, value: object) -> None:
        """Refuse what the rule does not allow.

        Raises:
            TypeError, ValueError: with the name, the rule and the value.
        """
        if value is None and self.none is not None:
            return
        alternative = "" if self.none is None else f", or {self.none}"
        if not self.is_of_type(value):
            said = f"{name} must be {self.type_words}{alternative}, got {_shown(value)}"
            raise TypeError(f"{said}{self._advice(name, value)}")
        if not self.holds(value):
            said = f"{name} must be {self.range_words}{alternative}, got {_shown(value)}"
            raise ValueError(f"{said}{self._advice(name, value)}")

    def _advice(self, name: str, value: object) -> str:
        word = name.rpartition(".")[2]
        meant = self.meant(value)
        if meant is not None and self.holds(meant):
            return f"; write {word}={meant!r}"
        return self.instead(word, value)

    @property
    def of_argument(self) -> Validator:
        """For a field that users know as an argument: the sentence begins with its name."""
        return lambda _, field, value: self.check(field.name, value)

    @property
    def of_field(self) -> Validator:
        """For any field: the sentence begins with its class."""
        return lambda it, field, value: self.check(f"{type(it).__name__}.{field.name}", value)


_UNITS = {"": 1, "k": 10**3, "ki": 2**10, "m": 10**6, "mi": 2**20, "g": 10**9, "gi": 2**30}
_NUMBER_AND_UNIT = re.compile(r"(\d+(?:\.\d*)?) ?([kmg]i?)?b?", re.IGNORECASE)
_YES, _NO = ("1", "on", "true", "yes"), ("", "0", "no", "off", "false")


def _as_whole(value: object) -> int | None:
    """Return the int that a text, a size as "10 MB", or a float says."""
    if isinstance(value, str) and (said := _NUMBER_AND_UNIT.fullmatch(value.strip())):
        value = float(said[1]) * _UNITS[(said[2] or "").lower()]
    if value is False:
        return 0
    return int(value) if isinstance(value, float) and value.is_integer() else None


def _as_seconds(value: Any) -> float | None:
    """Return the seconds that a text, as "5" or "5 s", or a timedelta says."""
    if hasattr(value, "total_seconds"):  # its module costs a millisecond to import
        return float(value.total_seconds())
    try:
        return float(value.removesuffix("s")) if isinstance(value, str) else None
    except ValueError:
        return None


def _as_flag(value: object) -> bool | None:
    """Return the flag that an int or a text says."""
    if isinstance(value, str) and value.lower() in (*_YES, *_NO):
        return value.lower() in _YES
    return bool(value) if is_whole(value) else None


def whole(
    least: int | None = None, most: int | None = None, *, none: str | None = None, what: str = ""
) -> Rule:
    """An int within a range; `what` says its range in other words."""
    low, high = -math.inf if least is None else least, math.inf if most is None else most
    words = what or (f"at least {least}" if most is None else f"from {least} to {most}")
    return Rule(is_whole, "an int", lambda value: low <= value <= high, words, none, _as_whole)


def seconds(
    *,
    above: float | None = None,
    least: float = 0.0,
    none: str | None = None,
    instead: Callable[[str, Any], str] = lambda _, __: "",
) -> Rule:
    """Finite seconds, above a bound or at least another."""
    bound = f"of at least {least:g}" if above is None else f"greater than {above:g}"
    return Rule(
        is_number,
        "seconds as a float",
        lambda x: (least <= x if above is None else above < x) and x < math.inf,
        f"finite seconds {bound}",
        none,
        _as_seconds,
        instead,
    )


FLAG = Rule(
    lambda value: isinstance(value, bool), "True or False", lambda _: True, "", None, _as_flag
)
"""True or False."""
