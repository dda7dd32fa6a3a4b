"""All strategies against `fetch_sync`: waiting, computing in Python, and in C without the GIL.

python -m bench.truth.rule_of_thumb
python -m bench.truth.rule_of_thumb --python python3.13t --python python3.14 --markdown table.md

`--python` is another interpreter that has concurrent_fetch, where `fetch_sync` and `fetch_threaded`
run as well; without it a free-threaded one is looked for on PATH and in /opt/python3.13t/bin.
Under the GIL threads help only where code waits or lets go of it; without it, or in processes, as
far as there are cores, everywhere.
"""

import argparse
import math
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import attrs

import concurrent_fetch as cf
from bench.rounds import Verdicts
from bench.truth.computing import in_c, in_python
from concurrent_fetch.render import Field, Table, interval, ratio, to_markdown, to_text
from concurrent_fetch.server import LocalServer

LATENCY = 0.02
MANY, FEW = 40, 20
PROCESSES = 2
FREE_THREADED = ("python3.15t", "python3.14t", "python3.13t", "/opt/python3.13t/bin/python3.13t")
SYNC, THREADS, LOOP = "fetch_sync", "fetch_threaded", "fetch_async"
WORKERS = f"fetch_processes(processes={PROCESSES})"
HELPS = 1.2
NO_HELP = (0.5, 1.3)
"""Of what cannot help: the lower end is for what it costs, the upper one for a busy machine."""


@attrs.frozen
class Kind:
    """What the fetches do besides."""

    name: str
    urls: int
    latency: float
    work: Callable[[cf.Response], None] | None
    needs_gil: bool = False

    def compare(self, strategies: Sequence[Callable[..., Any]], rounds: int) -> cf.Comparison:
        with LocalServer(latency=self.latency) as server:
            runner = cf.Runner(server.urls(self.urls), rounds=rounds, seed=1, work=self.work)
            return runner.compare(*strategies)


KINDS = (
    Kind("waiting", MANY, LATENCY, None),
    Kind("computing in Python", FEW, 0.0, in_python, needs_gil=True),
    Kind("computing in C", FEW, 0.0, in_c),
)


@attrs.frozen
class Bound:
    """How much faster one strategy is to be than another one."""

    name: str
    over: str
    low: float
    high: float


def bounds_of(kind: Kind, comparison: cf.Comparison) -> Iterator[Bound]:
    """Yield what holds by reason, however busy the machine is."""
    cores = comparison.card.cores
    sides = {"": comparison.card} | {
        f" @ {name.partition(' @ ')[2]}": card for name, card in comparison.cards.items()
    }
    for side, card in sides.items():
        has_turns = kind.needs_gil and card.has_gil
        yield Bound(THREADS + side, SYNC + side, *_range(kind, 1 if has_turns else cores))
    yield Bound(LOOP, SYNC, *_range(kind, 1))
    yield Bound(WORKERS, SYNC, *_range(kind, min(cores, PROCESSES)))


def _range(kind: Kind, cores: int) -> tuple[float, float]:
    """Return how much is gained where so many cores can compute at once."""
    if kind.work is None:  # no more than what is in flight at once
        return 2.0, 1.5 * cf.Options().concurrency
    return NO_HELP if cores == 1 else (HELPS, NO_HELP[1] * cores)


def table_of(found: Mapping[Kind, cf.Comparison], loads: Sequence[float]) -> Table:
    """Return how many times as fast as `fetch_sync` each is, at what."""
    first = next(iter(found.values()))
    fields = [Field[str].name("strategy", str)]
    fields += [Field[str].number(k.name, partial(_cell, one)) for k, one in found.items()]
    builds = {"here": first.card} | {
        name.partition(" @ ")[2]: card for name, card in first.cards.items()
    }
    return Table.of(
        fields,
        first.strategies,
        caption=f"times as fast as fetch_sync, {first.rounds} rounds",
        notes=(
            *(f"{where}: {card.python} ({card.build})" for where, card in builds.items()),
            f"{first.card.cores} cores, load {', '.join(f'{load:.1f}' for load in loads)}",
        ),
    )


def _cell(comparison: cf.Comparison, name: str) -> str | None:
    if name == comparison.reference:
        return ratio(1.0)
    if comparison.reasons_against(name):
        return None
    speedup = comparison.speedup(name)
    return f"{ratio(speedup.point)} {interval(speedup.low, speedup.high)}"


def others(pythons: Sequence[str]) -> Iterator[Callable[..., cf.Run]]:
    """Yield what runs on the other interpreters; say which is not there."""
    found = pythons or [path for name in FREE_THREADED if (path := shutil.which(name))][:1]
    if not found:
        print(f"no free-threaded Python is there: none of {', '.join(FREE_THREADED)}")
    for python in found:
        try:
            yield from [cf.elsewhere(one, python) for one in (cf.fetch_sync, cf.fetch_threaded)]
        except ImportError as error:
            print(f"left out: {error}")


def load() -> float:
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else math.nan


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--python", action="append", default=[], help="see above; may be repeated")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--markdown", metavar="FILE", help="the table as Markdown too")
    return parser.parse_args()


def main() -> None:
    given = arguments()
    verdicts = Verdicts()
    workers = partial(cf.fetch_processes, processes=PROCESSES)
    strategies: list[Callable[..., Any]] = [
        *(cf.fetch_sync, cf.fetch_threaded, cf.fetch_async, workers),
        *others(given.python),
    ]
    found, loads = {}, [load()]
    for kind in KINDS:
        comparison = found[kind] = kind.compare(strategies, given.rounds)
        loads.append(load())
        print(f"{kind.name}, load {loads[-1]:.1f}\n{comparison}\n", flush=True)
    table = table_of(found, loads)
    print(to_text(table), end="\n\n")
    if given.markdown:
        Path(given.markdown).write_text(to_markdown(table) + "\n", encoding="utf-8")
    for kind, comparison in found.items():
        for bound in bounds_of(kind, comparison):
            gain = comparison.speedup(bound.name, bound.over).point
            what = f"{kind.name}: {bound.name} over {bound.over}"
            verdicts.within(what, gain, bound.low, bound.high)
    verdicts.end()


if __name__ == "__main__":
    main()
