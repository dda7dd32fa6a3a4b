"""The parser of the command line, and how it refuses."""

import argparse
import re
from collections.abc import Sequence
from typing import Any, NoReturn

from concurrent_fetch._python import own_version
from concurrent_fetch.cli._arguments import COMMANDS
from concurrent_fetch.cli._completion import PrintCompletion
from concurrent_fetch.cli._fetch_arguments import add_export
from concurrent_fetch.cli._help import DESCRIPTION, MORE

_BY_ALL_NAMES = re.compile(r"^argument (?:-\w/)?--")


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """Return the arguments, with `command` (None without one) and the `parser` to complain to.

    Raises:
        SystemExit: after `--help` and `--version`, and with 2 after what is not accepted.
    """
    arguments, rest = _parser().parse_known_args(argv)
    # argparse takes URLs from one place only: `fetch URL -c 5 URL` leaves the second one over.
    if rest and ("urls" not in arguments or any(len(a) > 1 and a[0] == "-" for a in rest)):
        arguments.parser.error(f"unrecognized arguments: {' '.join(rest)}")
    if rest:
        arguments.urls += rest
    if arguments.command and arguments.demo_exports:
        arguments.parser.error("write --export behind the command")
    return arguments


class _Parser(argparse.ArgumentParser):
    """A parser that keeps line breaks in its help and is found in what it parsed."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(
            allow_abbrev=False,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            **settings,
        )
        self.set_defaults(parser=self)

    def error(self, message: str) -> NoReturn:
        """Refuse what was written, and name a flag as all other messages do: by its long name."""
        super().error(_BY_ALL_NAMES.sub("--", message))


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="concurrent-fetch", description=DESCRIPTION, epilog=MORE)
    parser.add_argument("--version", action="version", version=f"%(prog)s {own_version()}")
    parser.add_argument(
        "--print-completion",
        action=PrintCompletion,
        metavar="SHELL",
        help="print what completes commands and options in bash, zsh, fish, tcsh or powershell",
    )
    add_export(parser, dest="demo_exports")
    commands = parser.add_subparsers(title="commands", dest="command", metavar="COMMAND")
    for name, (summary, more, add_arguments) in COMMANDS.items():
        command = commands.add_parser(
            name, help=summary, description=f"{summary[0].upper()}{summary[1:]}.", epilog=more
        )
        add_arguments(command)
    return parser
