"""Values on the command line: from text to what the library takes.

Each raises `ArgumentTypeError`, which argparse shows, for what cannot be one.
"""

import argparse
import os
import shlex
from pathlib import Path

import attrs

from concurrent_fetch._files import objection_to
from concurrent_fetch._units import Seconds
from concurrent_fetch.cli._own_strategies import instead_of, own_strategy
from concurrent_fetch.errors import FormatError, UnknownNameError
from concurrent_fetch.export import LINES, suffix_of
from concurrent_fetch.strategies import Strategy, awaits, find_strategy, with_loop

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
        return _own(text)
    try:
        return NamedStrategy(text, text, find_strategy(text))
    except UnknownNameError as error:
        said = str(error)
        if said.startswith("no strategy is called") and not plus:
            said = instead_of(text.partition("@")[0]) or f"{said}; {_OWN}"
        raise argparse.ArgumentTypeError(said) from error
    except ImportError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _own(text: str) -> NamedStrategy:
    """Return one of the user's own; `@` behind its colon names a loop, no part of a path."""
    place, colon, name = text.rpartition(":")
    name, at, loop = name.partition("@")
    module, function, own = own_strategy(f"{place}{colon}{name}")
    named = NamedStrategy(f"{function}{at}{loop}", f"{module}:{function}{at}{loop}", own)
    if not at:
        return named
    if not loop:
        said = f"no event loop stands behind @: write {module}:{function}, or {module}:{function}"
        raise argparse.ArgumentTypeError(f"{said}@uvloop")
    try:
        return attrs.evolve(named, strategy=with_loop(own, loop))
    except (UnknownNameError, ImportError) as error:
        raise argparse.ArgumentTypeError(str(error)) from error
    except TypeError as error:
        if awaits(own):
            raise argparse.ArgumentTypeError(f"{module}:{function}: {error}") from error
        said = f"{module}:{function} runs on no event loop: write it without @{loop}"
        raise argparse.ArgumentTypeError(said) from error


def export(text: str) -> Path:
    """Return the path of a file to write a result into."""
    try:
        suffix_of(text)
    except FormatError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    if objection := objection_to(text):
        raise argparse.ArgumentTypeError(objection)
    return Path(text)


def journal(text: str) -> Path:
    """Return the path of a file that says what is done."""
    if not text.lower().endswith(LINES):
        stem = Path(text).with_suffix("") if Path(text).name else "today"
        raise argparse.ArgumentTypeError(
            f"{text!r} must end in {LINES}: write --journal {shlex.quote(f'{stem}{LINES}')}"
        )
    if objection := objection_to(text):
        raise argparse.ArgumentTypeError(objection)
    return Path(text)


def folder(text: str) -> Path:
    """Return the path of a folder for files, there or not."""
    if not text:
        raise argparse.ArgumentTypeError("'' names no folder: write . for the current one")
    path = Path(text)
    if path.exists() and not path.is_dir():
        raise argparse.ArgumentTypeError(f"{text!r} is a file, and no folder: name another one")
    if path.is_dir() and not os.access(path, os.W_OK | os.X_OK):
        raise argparse.ArgumentTypeError(f"the folder {text!r} is not writable")
    return path


def header(text: str) -> tuple[str, str]:
    """Return name and value of a header field."""
    name, colon, value = text.partition(":")
    if not colon or not name.strip():
        raise argparse.ArgumentTypeError(f"{text!r} is no header, as 'Name: value' is")
    return name.strip(), value.strip()


def body(text: str) -> bytes:
    """Return what is to be sent, or what the file behind `@` holds."""
    if not text.startswith("@"):
        return text.encode("utf-8", "surrogateescape")
    try:
        return Path(text[1:]).read_bytes()
    except (OSError, ValueError) as error:
        raise argparse.ArgumentTypeError(cannot("read", text[1:], error)) from None


def cannot(do: str, name: object, error: Exception) -> str:
    """Say that a file cannot be read or written, and why.

    >>> cannot("read", "x.txt", FileNotFoundError(2, "No such file or directory"))
    "cannot read 'x.txt': No such file or directory"
    """
    why = error.strerror if isinstance(error, OSError) else None
    return f"cannot {do} {str(name)!r}: {why or error}"


def whole(text: str) -> int:
    """Return an int."""
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number") from None


def whole_or_none(text: str) -> int | None:
    """Return an int, or None for none."""
    return None if text == "none" else whole(text)


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
