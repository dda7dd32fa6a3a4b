"""What the command line accepts, and how its arguments become settings of the library."""

import argparse
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from concurrent_fetch._options import Options
from concurrent_fetch._strategy import Strategy, find_strategy
from concurrent_fetch._units import Seconds
from concurrent_fetch.errors import FormatError, UnknownNameError
from concurrent_fetch.export import SUFFIXES, suffix_of

_DESCRIPTION = """\
Fetch one URL set in several ways, and learn truthfully which is faster.

Without a command: compares fetch_sync, fetch_threaded and fetch_async on a local server,
offline, in about 7 s.
"""
_MORE = """\
examples:
  concurrent-fetch
  concurrent-fetch compare --file urls.txt -s threaded -s threaded+httpx -s async
  concurrent-fetch fetch https://example.com https://example.org
  concurrent-fetch compare --file urls.txt --export today.json --export today.html
  concurrent-fetch diff yesterday.json today.json
  concurrent-fetch serve --latency 0.05 --capacity 10 --port 8000

exit code:
  0    every URL was answered, with whatever status; or serve ended by Ctrl-C
  1    a URL failed, a strategy failed, or the output could not be written
       (strategies that cannot be compared are no failure: the table says why)
  2    the arguments were not accepted
  130  Ctrl-C
"""
_MORE_ON_COMPARE = """\
The first strategy is the reference. Each runs once more before the rounds and once after them,
untimed. Where a host is not this machine, the number of requests is printed first.

examples:
  concurrent-fetch compare --file urls.txt -s sync -s threaded+httpx --rounds 10,20,40
  grep -v slow urls.txt | concurrent-fetch compare -
  concurrent-fetch compare --file urls.txt --export all.json   (kept after every round)
"""
_MORE_ON_FETCH = """\
Prints one line per URL, in order: status or kind of failure, decoded bytes, time, URL,
and the message of a failure. Then the total.

examples:
  concurrent-fetch fetch https://example.com https://example.org
  concurrent-fetch fetch --file urls.txt --strategy async --concurrency 50 --timeout 5
"""
_MORE_ON_SHOW = """\
Takes what --export or save wrote as .json; --export turns it into another format.

examples:
  concurrent-fetch show today.json
  concurrent-fetch show today.json --export today.html --export today.trace.json
"""
_MORE_ON_DIFF = """\
There is no verdict across two sessions: each speed-up is of its own, and what differs between
the two environments is listed.

example:
  concurrent-fetch diff yesterday.json today.json
"""
_MORE_ON_SERVE = """\
Prints the base URL once it listens. Ctrl-C ends it, with exit code 0.

example, and then in another terminal:
  concurrent-fetch serve --latency 0.05 --port 8000
  concurrent-fetch fetch http://127.0.0.1:8000/bytes/1024 http://127.0.0.1:8000/status/404
"""

_FLAG = re.compile(
    r"(?:Options\.)?(concurrency|timeout|rounds|seconds|max_requests|latency|capacity|host|port)\b"
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
    except (TypeError, ValueError) as error:
        parser.error(_FLAG.sub(_as_flag, str(error), count=1))


def _as_flag(name: re.Match[str]) -> str:
    return f"--{name[1].replace('_', '-')}"


def options_of(arguments: argparse.Namespace) -> Options:
    """Return the options; raises TypeError or ValueError as they do. Bodies are not kept."""
    return Options(concurrency=arguments.concurrency, timeout=arguments.timeout, keep_bodies=False)


def strategies_of(arguments: argparse.Namespace) -> dict[str, Strategy]:
    """Return the strategies under the names they were given by; ValueError if one comes twice."""
    named = arguments.strategies or [_strategy(name) for name in arguments.usual_strategies]
    names = [name for name, _ in named]
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise ValueError(f"--strategy {twice[0]} is given twice: leave one of them out")
    return dict(named)


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
    parser = _Parser(prog="concurrent-fetch", description=_DESCRIPTION, epilog=_MORE)
    parser.add_argument("--version", action="version", version=f"%(prog)s {_version()}")
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
        type=_rounds,
        default=10,
        metavar="N[,N...]",
        help="how many rounds; or after how many to look whether all is clear "
        "(default: %(default)s)",
    )
    parser.add_argument(
        "--seconds",
        type=_seconds,
        metavar="SECONDS",
        help="budget of the timed rounds; the one that runs over it is the last (default: none)",
    )
    parser.add_argument(
        "--max-requests",
        type=_whole,
        metavar="N",
        help="refuse, before anything is sent, what would take more requests (default: no limit)",
    )
    parser.add_argument(
        "--seed", type=_whole, metavar="N", help="of the order of the rounds (default: drawn)"
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
        help="has the URLs, one per line; blank lines and lines that begin with # are skipped",
    )
    repeat = "; repeatable" if len(usual_strategies) > 1 else ""
    parser.add_argument(
        "-s",
        "--strategy",
        type=_strategy,
        action="append",
        dest="strategies",
        metavar="NAME",
        help="sync, threaded or async, also with a client, as threaded+httpx"
        f"{repeat} (default: {', '.join(usual_strategies)})",
    )
    defaults = Options()
    parser.add_argument(
        "-c",
        "--concurrency",
        type=_whole,
        default=defaults.concurrency,
        metavar="N",
        help="fetches in flight at once (default: %(default)s; sync has always 1)",
    )
    parser.add_argument(
        "--timeout",
        type=_seconds,
        default=defaults.timeout,
        metavar="SECONDS",
        help="deadline of each fetch (default: %(default)g)",
    )
    _add_export(parser)


def _add_export(parser: argparse.ArgumentParser, dest: str = "exports") -> None:
    parser.add_argument(
        "--export",
        type=_export,
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
        type=_seconds,
        default=0.0,
        metavar="SECONDS",
        help="how long each answer takes (default: %(default)g)",
    )
    parser.add_argument(
        "--capacity",
        type=_whole,
        metavar="N",
        help="requests served at once; others wait (default: no limit)",
    )
    parser.add_argument(
        "--host", default="127.0.0.1", help="address to listen on (default: %(default)s)"
    )
    parser.add_argument(
        "--port",
        type=_whole,
        default=0,
        metavar="N",
        help="0 takes any free one (default: %(default)s)",
    )


_COMMANDS = {
    "compare": ("compare strategies on URLs of your own", _MORE_ON_COMPARE, _add_compare),
    "fetch": ("fetch URLs and print what came back", _MORE_ON_FETCH, _add_fetch),
    "show": ("print a saved result", _MORE_ON_SHOW, _add_show),
    "diff": ("print two saved comparisons side by side", _MORE_ON_DIFF, _add_diff),
    "serve": ("run the local server in the foreground", _MORE_ON_SERVE, _add_serve),
}


def _version() -> str:
    try:
        return version("concurrent_fetch")
    except PackageNotFoundError:
        return "(not installed)"


# --- The values ---


def _strategy(name: str) -> tuple[str, Strategy]:
    try:
        return name, find_strategy(name)
    except (UnknownNameError, ImportError) as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _export(text: str) -> Path:
    try:
        suffix_of(text)
    except FormatError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    path = Path(text)
    if not path.absolute().parent.is_dir():
        raise argparse.ArgumentTypeError(f"there is no folder {str(path.parent)!r}")
    return path


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number") from None


def _rounds(text: str) -> int | tuple[int, ...]:
    return tuple(map(_whole, text.split(","))) if "," in text else _whole(text)


def _seconds(text: str) -> Seconds:
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds, as 2.5 is") from None
