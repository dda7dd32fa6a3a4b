"""Validators: what a number, a time or a flag may be, and one form of sentence for what it may not.

The sentence says the name, the rule and the value: "Options.timeout must be finite seconds greater
than 0, got -1". A value of the wrong type is a TypeError, one out of range a ValueError. A bool is
no number.
"""

import math
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

    def check(self, name: str, value: object) -> None:
        """Refuse what the rule does not allow.

        Raises:
            TypeError, ValueError: with the name, the rule and the value.
        """
        if value is None and self.none is not None:
            return
        alternative = "" if self.none is None else f", or {self.none}"
        if not self.is_of_type(value):
            raise TypeError(f"{name} must be {self.type_words}{alternative}, got {_shown(value)}")
        if not self.holds(value):
            raise ValueError(f"{name} must be {self.range_words}{alternative}, got {_shown(value)}")

    @property
    def of_argument(self) -> Validator:
        """For a field that users know as an argument: the sentence begins with its name."""
        return lambda _, field, value: self.check(field.name, value)

    @property
    def of_field(self) -> Validator:
        """For any field: the sentence begins with its class."""
        return lambda it, field, value: self.check(f"{type(it).__name__}.{field.name}", value)


def whole(
    least: int | None = None, most: int | None = None, *, none: str | None = None, what: str = ""
) -> Rule:
    """An int within a range; `what` says its range in other words."""
    low, high = -math.inf if least is None else least, math.inf if most is None else most
    words = what or (f"at least {least}" if most is None else f"from {least} to {most}")
    return Rule(is_whole, "an int", lambda value: low <= value <= high, words, none)


def seconds(*, above: float | None = None, least: float = 0.0, none: str | None = None) -> Rule:
    """Finite seconds, above a bound or at least another."""
    bound = f"of at least {least:g}" if above is None else f"greater than {above:g}"
    return Rule(
        is_number,
        "seconds as a float",
        lambda x: (least <= x if above is None else above < x) and x < math.inf,
        f"finite seconds {bound}",
        none,
    )


FLAG = Rule(lambda value: isinstance(value, bool), "True or False", lambda _: True, "")
"""True or False."""
