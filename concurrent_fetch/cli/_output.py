"""Lines for stdout and stderr, whatever these are: closed early, full, or unable to hold a `×`."""

import contextlib
import errno
import os
import sys
from typing import TextIO

from concurrent_fetch.render import to_text
from concurrent_fetch.words import visible

# Windows calls a pipe without a reader an invalid argument.
_NO_READER = {errno.EPIPE, errno.EINVAL}
_USUAL = 80
_PLAIN = str.maketrans({"×": "x", "–": "-", "µ": "u", "…": "...", "∞": "inf", "≥": ">="})


class OutputError(Exception):
    """What there was to show could not be written; the message says why."""


def show(text: str) -> None:
    """Write a result to stdout; if nobody reads it any more, that is fine.

    Raises:
        OutputError: it cannot be written, as on a full disk.
    """
    _write(sys.stdout, f"{_harmless(text)}\n")


def note(text: str) -> None:
    """Write to stderr what is no result, folded if it is a terminal; raises as `show` does."""
    columns = _columns(sys.stderr)
    _write(sys.stderr, "".join(f"{to_text(line, columns)}\n" for line in text.split("\n")))


def flush() -> None:
    """Write what others left in the buffers, while errors can still be handled."""
    for stream in (sys.stdout, sys.stderr):
        _write(stream, "")


def is_watched() -> bool:
    """Whether stderr is a terminal, so that somebody sees progress."""
    return bool(sys.stderr) and sys.stderr.isatty()


def room() -> int | None:
    """How many columns the terminal has that stdout is; None if it is none, but a file or pipe."""
    return _columns(sys.stdout)


def encodable(text: str, encoding: str) -> str:
    """Return `text` if the encoding can hold it, else with plain signs and `?` in place of others.

    >>> encodable("8.1×", "ascii")
    '8.1x'
    """
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return text.translate(_PLAIN).encode(encoding, "replace").decode(encoding)
    return text


def _columns(stream: TextIO | None) -> int | None:
    """Return how wide a terminal is, as `COLUMNS` says it or else its driver; 80 if neither."""
    if stream is None or not stream.isatty():
        return None
    said = os.environ.get("COLUMNS", "")
    if said.isdecimal() and int(said):
        return int(said)
    with contextlib.suppress(OSError):
        return os.get_terminal_size(stream.fileno()).columns or _USUAL
    return _USUAL


def _harmless(text: str) -> str:
    """Return lines in which nothing speaks to the terminal but their ends."""
    return "\n".join(map(visible, text.split("\n")))


def _write(stream: TextIO | None, text: str) -> None:
    if stream is None:  # closed before the start
        return
    try:
        stream.write(encodable(text, stream.encoding or "utf-8"))
        stream.flush()
    except OSError as error:
        _discard(stream)
        if error.errno not in _NO_READER:
            raise OutputError(f"cannot write the output: {error.strerror}") from error


def _discard(stream: TextIO) -> None:
    """Let the rest of the stream vanish: the interpreter flushes it once more when it ends."""
    with contextlib.suppress(OSError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
