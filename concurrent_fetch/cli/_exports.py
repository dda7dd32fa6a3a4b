"""Results into files: what --export may name, and writing it."""

import os
from argparse import ArgumentTypeError
from collections.abc import Sequence
from pathlib import Path

from concurrent_fetch.cli._output import note
from concurrent_fetch.cli._types import cannot
from concurrent_fetch.export import LINES, Result, save, suffix_of
from concurrent_fetch.model import Run


def check_holds_comparison(paths: Sequence[Path]) -> None:
    """Refuse a file that could not hold a comparison, before one is made.

    Raises:
        ArgumentTypeError: with what to write instead.
    """
    for path in paths:
        if suffix_of(path) == LINES:
            raise ArgumentTypeError(
                f"--export {path}: a {LINES} file holds one run, and no comparison; write "
                f"--export {path.with_suffix('.json')}"
            )


def check_holds_run(paths: Sequence[Path], journal: Path | None) -> None:
    """Refuse to write a run over its own journal, which has those before it too.

    Raises:
        ArgumentTypeError: with what to write instead.
    """
    for path in paths:
        if journal is not None and os.path.realpath(path) == os.path.realpath(journal):
            other = path.with_name(f"{path.stem}.run{LINES}")
            raise ArgumentTypeError(
                f"--export {path} is the journal itself, which gets all of it: write another file, "
                f"as --export {other}"
            )


def export(result: Result, paths: Sequence[Path]) -> int:
    """Save a result; return 1 if a file could not be written, once the others are."""
    code = 0
    for path in paths:
        try:
            save(result, path)
        except OSError as error:
            note(f"concurrent-fetch: {cannot('write', path, error)}")
            code = 1
        else:
            note(f"saved: {path}")
    return code


def check_holds(result: Result, paths: Sequence[Path]) -> None:
    """Refuse a file that cannot hold this result; raises as `check_holds_comparison` does."""
    if not isinstance(result, Run):
        check_holds_comparison(paths)
