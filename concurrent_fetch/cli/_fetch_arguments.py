"""The arguments of what fetches: those of `fetch`, and those that `compare` has too."""

import argparse
from collections.abc import Sequence

from concurrent_fetch.cli import _types as values
from concurrent_fetch.export import LINES, SUFFIXES
from concurrent_fetch.model import Options


def add_fetch(parser: argparse.ArgumentParser) -> None:
    add_fetching(parser, usual_strategies=("threaded",))
    parser.add_argument(
        "-X",
        "--request",
        metavar="METHOD",
        help="what to send, such as HEAD or PUT (default: GET, or POST with --data)",
    )
    parser.add_argument(
        "-d",
        "--data",
        type=values.body,
        action="append",
        metavar="DATA",
        help="body of every request, or @FILE to send what is in that file; sent as a form unless "
        "--header 'Content-Type: ...' says what it is; repeatable, joined by &",
    )
    parser.add_argument(
        "--deadline",
        type=values.seconds,
        metavar="SECONDS",
        help="for the whole run: URLs that are not answered by then fail (default: none)",
    )
    _add_keeping(parser)
    parser.add_argument(
        "--fail", action="store_true", help="exit with 1 also for statuses of 400 and above"
    )


def _add_keeping(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "-o",
        "--output",
        type=values.folder,
        metavar="DIR",
        help="write each body into a file of this folder; its index.jsonl names the file of each "
        "URL, and is the --journal unless another is named",
    )
    parser.add_argument(
        "--journal",
        type=values.journal,
        metavar="FILE",
        help="write into this .jsonl file which URLs are done: after Ctrl-C or a crash the same "
        "line again skips these, and fetches the others and those that failed",
    )
    parser.add_argument(
        "--max-bytes",
        type=values.whole_or_none,
        default=Options().max_bytes,
        metavar="N",
        help="a larger body is a failure, too_large; none: no limit (default: %(default)s)",
    )


def add_fetching(parser: argparse.ArgumentParser, *, usual_strategies: Sequence[str]) -> None:
    """Add what compare and fetch have in common."""
    parser.set_defaults(usual_strategies=usual_strategies, deadline=None)
    parser.set_defaults(output=None, journal=None, max_bytes=Options().max_bytes)
    parser.add_argument("urls", nargs="*", metavar="URL", help="what to fetch; - reads stdin")
    parser.add_argument(
        "--file",
        action="append",
        default=[],
        dest="files",
        metavar="FILE",
        help="a file of URLs, one per line; blank lines, lines that begin with #, and notes behind "
        "a URL ( # note) are skipped; repeatable",
    )
    repeat = "; repeatable" if len(usual_strategies) > 1 else ""
    parser.add_argument(
        "-s",
        "--strategy",
        type=values.strategy,
        action="append",
        dest="strategies",
        metavar="NAME",
        help="sync, threaded, async or processes, also with a client, as threaded+httpx, and "
        "async on another event loop, as async@uvloop or async+aiohttp@uvloop; or your own, as "
        f"mine:loop for loop in mine.py{repeat} (default: {', '.join(usual_strategies)})",
    )
    defaults = Options()
    parser.add_argument(
        "-c",
        "--concurrency",
        type=values.whole,
        default=defaults.concurrency,
        metavar="N",
        help="fetches in flight at once (default: %(default)s; sync always has 1)",
    )
    parser.add_argument(
        "--timeout",
        type=values.seconds,
        default=defaults.timeout,
        metavar="SECONDS",
        help="deadline of each fetch (default: %(default)g)",
    )
    _add_pace(parser)
    parser.add_argument(
        "-H",
        "--header",
        type=values.header,
        action="append",
        default=[],
        dest="headers",
        metavar="HEADER",
        help="'Name: value', sent with every request; repeatable",
    )
    add_export(parser, of_run=len(usual_strategies) == 1)


def _add_pace(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--per-host",
        type=values.whole,
        metavar="N",
        help="fetches in flight at once at one host (default: as many as --concurrency)",
    )
    parser.add_argument(
        "--rate",
        type=values.number,
        metavar="N",
        help="starts per second over all hosts (default: no limit)",
    )
    parser.add_argument(
        "--delay",
        type=values.seconds,
        metavar="SECONDS",
        help="at least so long between two starts at one host (default: none)",
    )
    parser.add_argument(
        "--retry",
        type=values.whole,
        metavar="N",
        help="how often each URL is tried in all, where another try may help: for connect, "
        "timeout, 429, 503 and others (default: once)",
    )


def add_export(
    parser: argparse.ArgumentParser, dest: str = "exports", *, of_run: bool = False
) -> None:
    suffixes = (*SUFFIXES, LINES) if of_run else SUFFIXES
    parser.add_argument(
        "--export",
        type=values.export,
        action="append",
        default=[],
        dest=dest,
        metavar="FILE",
        help=f"write the result into a file, by its suffix: {', '.join(suffixes)}; repeatable",
    )
