"""Completion in a shell: a script that shtab writes, so that no TAB starts Python."""

import argparse
from collections.abc import Iterator
from typing import Any

from concurrent_fetch.cli._output import show

_INSTALL = 'pip install "concurrent_fetch[completion]"'


class PrintCompletion(argparse.Action):
    """Prints what a shell is to run so that it completes commands, options and names of files."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,
    ) -> None:
        """Print the script, and end."""
        del namespace
        try:
            import shtab  # noqa: PLC0415 - an extra, for who asks
        except ImportError:
            parser.error(f"{option_string} needs shtab: {_INSTALL}")
        if values not in shtab.SUPPORTED_SHELLS:
            parser.error(
                f"{option_string} knows {', '.join(shtab.SUPPORTED_SHELLS)}, got {values!r}"
            )
        for action in _actions(parser):
            if action.metavar in ("FILE", "DIR"):
                found = shtab.FILE if action.metavar == "FILE" else shtab.DIRECTORY
                action.complete = found  # type: ignore[attr-defined]  # what shtab looks for
        show(shtab.complete(parser, values))
        parser.exit()


def _actions(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    """Yield all that a parser takes, its commands included."""
    for action in parser._actions:  # noqa: SLF001 - argparse has no other list of them
        yield action
        if isinstance(action.choices, dict):
            for command in action.choices.values():
                yield from _actions(command)
