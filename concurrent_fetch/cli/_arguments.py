"""The commands, and the arguments that each of them takes."""

import argparse

from concurrent_fetch.cli import _types as values
from concurrent_fetch.cli._fetch_arguments import add_export, add_fetch, add_fetching
from concurrent_fetch.cli._help import (
    MORE_ON_COMPARE,
    MORE_ON_DIFF,
    MORE_ON_FETCH,
    MORE_ON_SERVE,
    MORE_ON_SHOW,
)


def _add_compare(parser: argparse.ArgumentParser) -> None:
    add_fetching(parser, usual_strategies=("sync", "threaded", "async"))
    parser.add_argument(
        "--also-on",
        action="append",
        default=[],
        metavar="PYTHON",
        help="run each strategy on this interpreter as well: a path, or a name on PATH; "
        "concurrent_fetch must be installed there too; repeatable",
    )
    parser.add_argument(
        "-r",
        "--rounds",
        type=values.rounds,
        metavar="N[,N...]",
        help="how many rounds; or several numbers: after each it stops if all verdicts are clear "
        "(default: 10, more for six or more strategies)",
    )
    parser.add_argument(
        "--seconds",
        type=values.seconds,
        metavar="SECONDS",
        help="time for all timed rounds; the round that exceeds it is the last (default: no limit)",
    )
    parser.add_argument(
        "--max-requests",
        type=values.whole,
        metavar="N",
        help="send nothing at all if more requests than this would be sent (default: no limit)",
    )
    parser.add_argument(
        "--seed",
        type=values.whole,
        metavar="N",
        help="sets the random order in the rounds (default: drawn)",
    )
    parser.add_argument(
        "--try-more",
        action=argparse.BooleanOptionalAction,
        help="try after the rounds what twice the concurrency brings "
        "(default: where all hosts are this machine)",
    )


def _add_show(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("path", metavar="FILE", help="a saved result, such as today.json")
    parser.add_argument(
        "--all",
        action="store_true",
        help="print every outcome of a run of many URLs, and not only the failures",
    )
    add_export(parser)


def _add_diff(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("before", metavar="A", help="the older comparison, such as yesterday.json")
    parser.add_argument("after", metavar="B", help="the newer one, such as today.json")


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
        "--retry-after-as-date", action="store_true", help="say it as a date, and send Date too"
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


COMMANDS = {
    "compare": ("compare strategies on URLs of your own", MORE_ON_COMPARE, _add_compare),
    "fetch": ("fetch URLs and print what came back", MORE_ON_FETCH, add_fetch),
    "show": ("print a saved result", MORE_ON_SHOW, _add_show),
    "diff": ("print two saved comparisons side by side", MORE_ON_DIFF, _add_diff),
    "serve": ("run the local server in the foreground", MORE_ON_SERVE, _add_serve),
}
