"""This package beside hand-written loops and other libraries: what a fetch costs each.

python -m bench.load.peers                     1 KiB, 0 ms, 64 in flight, plain; 7 rounds
python -m bench.load.peers --size 1 100 --in-flight 1 16 64 256 --tls no yes --latency 0 20
python -m bench.load.peers --only fetch_async aiohttp --markdown table.md
nox -s peers -- --rounds 9                     installs them all first, niquests by itself

By hand: install this package with the dependency groups `test` and `peers`, and Debian's packages
nginx and wrk. niquests replaces urllib3 for all that is installed beside it, so it needs an
environment of its own, whose interpreter is named by `--also PATH`: whoever is not installed here
is looked for there. Who is nowhere is named below the table.

In each round every contender runs once, in random order, each in a process of its own: a warm-up, a
short run and a long one, each with connections of its own. The CPU time, user and system, of the
long one less the short one is what the fetches between cost, without start, imports and connecting:
so many as take about 1 s of CPU time, by what a run of twice the short one cost, but 1,000 at least
and 20,000 at most, 2,000 of large bodies, and after a latency what is done within 3 s. The peak of
the memory is read before the long run, where everybody has made as many fetches. What the server
used stands in a column of its own, connecting included.
All keep every body, which is counted and its size compared, and every connection, which the server
counts. nginx answers at once, this package's own server after a latency. A ratio is of the CPU
times in the same rounds, with its interval as `bench.rounds` has it, for each contender alone. wrk
runs for a second: it only counts bytes.

To add one: a function in `bench/load/contenders/libraries.py`.
"""

import argparse
import importlib
import itertools
import json
import os
import platform
import random
import statistics
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import attrs

from bench.load.contenders.contender import CONTENDERS, Contender
from bench.load.contenders.running import (
    FEW,
    WRK,
    ContenderFailedError,
    Figures,
    Present,
    present,
    run_one,
)
from bench.load.contenders.serving import Case, missing, nginx_version, server_of
from bench.rounds import ratio
from concurrent_fetch.render import Field, Table, to_markdown, to_text
from concurrent_fetch.runner._rounds import rounds
from concurrent_fetch.stats import Estimate, is_told

for _module in ("ours", "by_hand", "libraries"):
    importlib.import_module(f"bench.load.contenders.{_module}")

REFERENCE = "fetch_async+aiohttp"
LEGEND = (
    "leaves out: deadline, a bound on a whole fetch, its body included; cap, a bound on the bytes "
    "of a body; outcome, a URL that fails is a value of a known kind and the others go on; checks, "
    "of heads, of what a connection says unasked, of redirects; concurrency, it is one at a time. "
    "What others do beyond this package stands in docs/speed.md"
)


@attrs.frozen(kw_only=True)
class Row:
    """A contender and its rounds."""

    contender: Contender
    figures: Sequence[Figures]
    over: Estimate
    """Its CPU time over that of the reference."""

    def typical(self, what: Callable[[Figures], float]) -> float:
        return statistics.median(map(what, self.figures))


FIELDS: tuple[Field[Row], ...] = (
    Field("contender", lambda row: row.contender.name),
    Field.number("CPU per fetch, µs", lambda row: f"{row.typical(lambda f: f.cpu) * 1e6:.1f}"),
    Field.number("over aiohttp", lambda row: f"{row.over.point:.2f}"),
    Field.number(
        "95%",
        lambda row: f"[{row.over.low:.2f}, {row.over.high:.2f}]" if is_told(row.over) else None,
    ),
    Field.number("server, µs", lambda row: f"{row.typical(lambda f: f.server) * 1e6:.1f}"),
    Field.number("fetches/s", lambda row: f"{1 / row.typical(lambda f: f.wall):,.0f}"),
    Field.number("peak, MiB", lambda row: f"{row.typical(lambda f: f.memory):.0f}"),
    Field.number("connections", lambda row: f"{max(f.connections for f in row.figures)}"),
    Field("leaves out", lambda row: row.contender.leaves_out or None),
)


def table_of(case: Case, there: Present, count: int, seed: int, file: str) -> Table:
    """Run all rounds of a case; who fails once is named below the table, and left out of it."""
    figures: dict[Contender, list[Figures]] = {one: [] for one in there.pythons}
    failed: dict[Contender, str] = {}
    by_name = {one.name: one for one in there.pythons}
    orders = rounds(list(by_name), random.Random(seed))
    load = os.getloadavg()[0]
    with server_of(case) as server:
        for number in range(count):
            for one in map(by_name.__getitem__, next(orders)):
                if one in failed:
                    continue
                try:
                    found = run_one(there.pythons[one], one, server, case)
                except ContenderFailedError as error:
                    failed[one] = f"failed: {one.name}: {error}"
                    print(failed[one], file=sys.stderr, flush=True)
                    continue
                figures[one].append(found)
                with Path(file).open("a", encoding="utf-8") as lines:
                    line = {"contender": one.name, "round": number, **attrs.asdict(found)}
                    print(json.dumps({"case": str(case), **line}), file=lines)
            print(f"round {number + 1} of {count}", file=sys.stderr, flush=True)
    reference = by_name[REFERENCE]
    if reference in failed:
        sys.exit(failed[reference])
    bar = [f.cpu for f in figures[reference]]
    rows = [
        Row(contender=one, figures=found, over=ratio([f.cpu for f in found], bar))
        for one, found in figures.items()
        if one not in failed
    ]
    return Table.of(
        FIELDS,
        sorted(rows, key=lambda row: row.typical(lambda f: f.cpu)),
        caption=f"{case}; {count} rounds, order drawn each round (seed {seed})",
        notes=(
            *environment(there, load),
            LEGEND,
            *spare(case, rows),
            *failed.values(),
            *([f"not installed: {'; '.join(there.absent)}"] if there.absent else []),
        ),
    )


def spare(case: Case, rows: Sequence[Row]) -> Iterator[str]:
    for row in rows:
        most = max(found.connections for found in row.figures)
        if most > case.in_flight + FEW:
            yield f"{row.contender.name} opened {most} connections for {case.in_flight} in flight"


def environment(there: Present, load: float) -> Iterator[str]:
    yield (
        f"{datetime.now(UTC):%Y-%m-%d}, {platform.python_implementation()} "
        f"{platform.python_version()}, {platform.system()}, {os.cpu_count()} cores, "
        f"load {load:.1f} before and {os.getloadavg()[0]:.1f} after; nginx {nginx_version()}"
    )
    yield ", ".join(f"{name} {of}" for name, of in sorted(there.versions.items()))


def chosen_of(parts: Sequence[str]) -> list[Contender]:
    """Return the contenders whose names have one of the parts, and the reference."""
    return [
        one
        for one in (*CONTENDERS, WRK)
        if not parts or one.name == REFERENCE or any(part in one.name for part in parts)
    ]


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    many: dict[str, Any] = {"nargs": "+", "metavar": "N"}
    parser.add_argument("--size", type=int, default=[1], help="KiB", **many)
    parser.add_argument("--latency", type=int, default=[0], help="milliseconds", **many)
    parser.add_argument("--in-flight", type=int, default=[64], **many)
    parser.add_argument("--tls", nargs="+", choices=("no", "yes"), default=["no"])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--fetches", type=int, help="in the long run, beyond those of the short")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", nargs="+", default=[], metavar="PART", help="of a name")
    parser.add_argument("--also", nargs="+", default=[], metavar="PYTHON", help="see above")
    parser.add_argument("--markdown", metavar="FILE", help="the tables as Markdown too")
    parser.add_argument("--figures", metavar="FILE", help="what each round gave, as JSON")
    parser.add_argument("--list", action="store_true", help="name all contenders and end")
    return parser.parse_args()


def main() -> None:
    given = arguments()
    chosen = chosen_of(given.only)
    if given.list:
        print("\n".join(one.name for one in chosen))
        return
    if 0 in given.latency and (reason := missing()):
        sys.exit(reason)
    there = present(chosen, given.also)
    cases = itertools.product(given.size, given.latency, given.in_flight, given.tls)
    told = []
    for kib, latency, in_flight, tls in cases:
        case = Case(
            kib=kib,
            latency=latency,
            in_flight=in_flight,
            tls=tls == "yes",
            fetches=given.fetches,
        )
        table = table_of(case, there, given.rounds, given.seed, given.figures or os.devnull)
        print(to_text(table), end="\n\n", flush=True)
        told.append(to_markdown(table))
        if given.markdown:
            Path(given.markdown).write_text("\n\n".join(told) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
