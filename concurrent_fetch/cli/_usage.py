"""What the library says of a setting to who writes Python, said as on a command line."""

import argparse
import re
from collections.abc import Iterator
from contextlib import contextmanager

from concurrent_fetch.errors import FormatError

_FLAG = re.compile(
    r"\b(?:(?:Options|Retry|Request)\.)?(concurrency|timeout|rounds|seconds|seed|max_requests|headers"
    r"|per_host|max_bytes|rate|delay|retry|attempts|deadline|method"
    r"|latency|capacity|unavailable_first|retry_after|host|port)\b"
)
_CALLED = {"headers": "header", "method": "request", "attempts": "retry"}
"""Flags that are not called as what they set."""
# What is meant for Python: on a command line one leaves a flag out.
_CODE = re.compile(r", or None [\w -]+?(?=[,;]|$)|[;:] write (?:[\w.]+\(|\w+=None).*$")
_SNAKE = re.compile(r"\b(max_requests|per_host)\b")
_ARGUMENT = re.compile(r"\bwrite (\w+)=([^ ;]+)")
_LISTED = re.compile(r"(?<= other options than its last run had: )[\w, ]+")
_VALUE = re.compile(r"^([a-z_]+)=(?=\d)")
_TUPLE = re.compile(r"\((\d+(?:, \d+)+)\)")


@contextmanager
def usage(parser: argparse.ArgumentParser) -> Iterator[None]:
    """Turn what refuses a setting into the parser's error, which names the flag."""
    try:
        yield
    except (FormatError, argparse.ArgumentTypeError) as error:
        parser.error(str(error))  # in words of the command line already, or of a file
    except (TypeError, ValueError) as error:
        parser.error(_in_flags(str(error)))


def warning_in_flags(said: str) -> str:
    """Say the same of a warning, which may list options, or begin with one and its value."""
    said = _VALUE.sub(lambda found: f"{_told(found[1])} ", said)
    return _LISTED.sub(lambda found: ", ".join(map(_told, found[0].split(", "))), said)


def _told(option: str) -> str:
    return _flag(option) if _FLAG.fullmatch(option) else option.replace("_", " ")


def _in_flags(said: str) -> str:
    """Say as one says it on a command line what the library says to who writes Python."""
    said = _FLAG.sub(lambda found: _flag(found[1]), _CODE.sub("", said), count=1)
    said = _ARGUMENT.sub(lambda found: f"write {_flag(found[1])} {found[2]}", said)
    said = _SNAKE.sub(lambda found: _flag(found[1]), said).replace("an int", "a whole number")
    return _TUPLE.sub(lambda found: found[1].replace(", ", ","), said)


def _flag(name: str) -> str:
    return f"--{_CALLED.get(name, name).replace('_', '-')}"
