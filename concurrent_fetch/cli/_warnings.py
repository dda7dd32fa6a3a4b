"""Warnings of the library, as remarks of the command line."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

from concurrent_fetch._progress import above_the_bar
from concurrent_fetch.cli._output import is_watched, note
from concurrent_fetch.cli._usage import warning_in_flags


@contextmanager
def warnings_as_notes() -> Iterator[None]:
    """Say what is warned of meanwhile as the command line says its remarks, each at once."""
    with warnings.catch_warnings():
        warnings.simplefilter("default", UserWarning)
        warnings.showwarning = _say
        yield


def _say(message: Warning | str, *_: Any, **__: Any) -> None:
    with above_the_bar() if is_watched() else nullcontext():
        note(f"note: {warning_in_flags(str(message))}")
