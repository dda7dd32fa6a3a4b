"""What the command line accepts, and how its arguments become settings of the library."""

import argparse
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from concurrent_fetch._version import own_version
from concurrent_fetch.cli import _types as values
from concurrent_fetch.cli._help import (
    DESCRIPTION,
    MORE,
    MORE_ON_COMPARE,
    MORE_ON_DIFF,
    MORE_ON_FETCH,
    MORE_ON_SERVE,
    MORE_ON_SHOW,
)
from concurrent_fetch.errors import FormatError
from concurrent_fetch.export import SUFFIXES
from concurrent_fetch.model import Options
from concurrent_fetch.strategies import Strategy

_FLAG = re.compile(
    r"\b(?:Options\.)?(concurrency|timeout|rounds|seconds|max_requests"
    r"|latency|capacity|per_host|rate|unavailable_first|retry_after|host|port)\b"
)


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


@contextmanager
def usage(parser: argparse.ArgumentParser) -> Iterator[None]:
    """Turn what refuses a setting into the parser's error, which names the flag."""
    try:
        yield
    except FormatError as error:  # of a file: what it names there is no flag
        parser.error(str(error))
    except (TypeError, ValueError) as error:
        parser.error(_FLAG.sub(_as_flag, str(error), count=1))


def _as_flag(name: re.Match[str]) -> str:
    return f"--{name[1].replace('_', '-')}"


def options_of(arguments: argparse.Namespace) -> Options:
    """Return the options; raises TypeError or ValueError as they do. Bodies are not kept."""
    return Options(concurrency=arguments.concurrency, timeout=arguments.timeout, keep_bodies=False)


def strategies_of(arguments: argparse.Namespace) -> dict[str, Strategy]:
    """Return the strategies by name, by their full one where two would have the same.

    Raises:
        ValueError: one comes twice.
    """
    given: Sequence[values.NamedStrategy] = arguments.strategies or [
        values.strategy(name) for name in arguments.usual_strategies
    ]
    full_names = [one.full_name for one in given]
    twice = [name for name in full_names if full_names.count(name) > 1]
    if twice:
        raise ValueError(f"--strategy {twice[0]} is given twice: leave one of them out")
    names = [one.name for one in given]
    return {
        one.name if names.count(one.name) == 1 else one.full_name: one.strategy for one in given
    }


# --- The parsers ---


class _Parser(argparse.ArgumentParser):
    """A parser that keeps line breaks in its help and is found in what it parsed."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(
            allow_abbrev=False,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            **settings,
        )
        self.set_defaults(parser=self)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="concurrent-fetch", description=DESCRIPTION, epilog=MORE)
    parser.add_argument("--version", action="version", version=f"%(prog)s {own_version()}")
    _add_export(parser, dest="demo_exports")
    commands = parser.add_subparsers(title="commands", dest="command", metavar="COMMAND")
    for name, (summary, more, add_arguments) in _COMMANDS.items():
        command = commands.add_parser(
            name, help=summary, description=f"{summary[0].upper()}{summary[1:]}.", epilog=more
        )
        add_arguments(command)
    return parser


def _add_compare(parser: argparse.ArgumentParser) -> None:
    _add_fetching(parser, usual_strategies=("sync", "threaded", "async"))
    parser.add_argument(
        "-r",
        "--rounds",
        type=values.rounds,
        default=10,
        metavar="N[,N...]",
        help="how many rounds; or after how many to look whether all is clear "
        "(default: %(default)s)",
    )
    parser.add_argument(
        "--seconds",
        type=values.seconds,
        metavar="SECONDS",
        help="budget of the timed rounds; the one that runs over it is the last (default: none)",
    )
    parser.add_argument(
        "--max-requests",
        type=values.whole,
        metavar="N",
        help="refuse, before anything is sent, what would take more requests (default: no limit)",
    )
    parser.add_argument(
        "--seed", type=values.whole, metavar="N", help="of the order of the rounds (default: drawn)"
    )


def _add_fetch(parser: argparse.ArgumentParser) -> None:
    _add_fetching(parser, usual_strategies=("threaded",))


def _add_fetching(parser: argparse.ArgumentParser, *, usual_strategies: Sequence[str]) -> None:
    """Add what compare and fetch have in common."""
    parser.set_defaults(usual_strategies=usual_strategies)
    parser.add_argument("urls", nargs="*", metavar="URL", help="what to fetch; - reads stdin")
    parser.add_argument(
        "--file",
        metavar="FILE",
        help="has the URLs, one per line; blank lines, lines that begin with #, and notes behind "
        "a URL ( # note) are skipped",
    )
    repeat = "; repeatable" if len(usual_strategies) > 1 else ""
    parser.add_argument(
        "-s",
        "--strategy",
        type=values.strategy,
        action="append",
        dest="strategies",
        metavar="NAME",
        help="sync, threaded or async, also with a client, as threaded+httpx; or your own, as "
        f"mine:loop for loop in mine.py{repeat} (default: {', '.join(usual_strategies)})",
    )
    defaults = Options()
    parser.add_argument(
        "-c",
        "--concurrency",
        type=values.whole,
        default=defaults.concurrency,
        metavar="N",
        help="fetches in flight at once (default: %(default)s; sync has always 1)",
    )
    parser.add_argument(
        "--timeout",
        type=values.seconds,
        default=defaults.timeout,
        metavar="SECONDS",
        help="deadline of each fetch (default: %(default)g)",
    )
    _add_export(parser)


def _add_export(parser: argparse.ArgumentParser, dest: str = "exports") -> None:
    parser.add_argument(
        "--export",
        type=values.export,
        action="append",
        default=[],
        dest=dest,
        metavar="FILE",
        help=f"write the result into a file, by its suffix: {', '.join(SUFFIXES)}; repeatable",
    )


def _add_show(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("path", metavar="FILE", help="a saved result, as today.json")
    _add_export(parser)


def _add_diff(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("before", metavar="A", help="the older comparison, as yesterday.json")
    parser.add_argument("after", metavar="B", help="the newer one, as today.json")


def _add_serve(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--latency",
        type=values.seconds,
        default=0.0,
        metavar="SECONDS",
        help="how long each answer takes (default: %(default)g)",
    )
    parser.add_argument(
        "--capacity",
        type=values.whole,
        metavar="N",
        help="requests served at once; others wait (default: no limit)",
    )
    parser.add_argument(
        "--per-host",
        type=values.whole,
        metavar="N",
        help="requests under way at once for one host name; others get 429 (default: no limit)",
    )
    parser.add_argument(
        "--rate",
        type=values.number,
        metavar="N",
        help="requests per second; others get 429 (default: no limit)",
    )
    parser.add_argument(
        "--unavailable-first",
        type=values.whole,
        default=0,
        metavar="N",
        help="tries of each URL that get 503 (default: %(default)s)",
    )
    parser.add_argument(
        "--retry-after",
        type=values.seconds_or_none,
        default=1.0,
        metavar="SECONDS",
        help="what 429 and 503 say in Retry-After, rounded up; or none (default: %(default)g)",
    )
    parser.add_argument(
        "--retry-after-as-date", action="store_true", help="say it as a date, beside Date"
    )
    parser.add_argument(
        "--host", default="127.0.0.1", help="address to listen on (default: %(default)s)"
    )
    parser.add_argument(
        "--port",
        type=values.whole,
        default=0,
        metavar="N",
        help="0 takes any free one (default: %(default)s)",
    )


_COMMANDS = {
    "compare": ("compare strategies on URLs of your own", MORE_ON_COMPARE, _add_compare),
    "fetch": ("fetch URLs and print what came back", MORE_ON_FETCH, _add_fetch),
    "show": ("print a saved result", MORE_ON_SHOW, _add_show),
    "diff": ("print two saved comparisons side by side", MORE_ON_DIFF, _add_diff),
    "serve": ("run the local server in the foreground", MORE_ON_SERVE, _add_serve),
}
