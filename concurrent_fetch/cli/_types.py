"""Values on the command line: from text to what the library takes.

Each raises `ArgumentTypeError`, which argparse shows, for what cannot be one.
"""

import argparse
from pathlib import Path

import attrs

from concurrent_fetch._files import objection_to
from concurrent_fetch._units import Seconds
from concurrent_fetch.cli._own_strategies import instead_of, own_strategy
from concurrent_fetch.errors import FormatError, UnknownNameError
from concurrent_fetch.export import suffix_of
from concurrent_fetch.strategies import Strategy, find_strategy

_OWN = "and of your own mine:loop, for loop in mine.py"


@attrs.frozen
class NamedStrategy:
    """A strategy with the name it has in a table, and the full one that tells it from others."""

    name: str
    full_name: str
    strategy: Strategy


def strategy(text: str) -> NamedStrategy:
    """Return a built-in strategy by its name, or one of the user's own by `module:function`."""
    base, plus, _ = text.partition("+")
    if ":" in base:
        module, function, own = own_strategy(text)
        return NamedStrategy(function, f"{module}:{function}", own)
    try:
        return NamedStrategy(text, text, find_strategy(text))
    except UnknownNameError as error:
        said = str(error) if plus else instead_of(text) or f"{error}; {_OWN}"
        raise argparse.ArgumentTypeError(said) from error
    except ImportError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def export(text: str) -> Path:
    """Return the path of a file to write a result into."""
    try:
        suffix_of(text)
    except FormatError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    if objection := objection_to(text):
        raise argparse.ArgumentTypeError(objection)
    return Path(text)


def whole(text: str) -> int:
    """Return an int."""
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number") from None


def rounds(text: str) -> int | tuple[int, ...]:
    """Return how many rounds, or after how many to look."""
    return tuple(map(whole, text.split(","))) if "," in text else whole(text)


def number(text: str) -> float:
    """Return a number."""
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no number") from None


def seconds_or_none(text: str) -> Seconds | None:
    """Return a time in seconds, or None for none."""
    return None if text == "none" else seconds(text)


def seconds(text: str) -> Seconds:
    """Return a time in seconds."""
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds, as 2.5 is") from None
