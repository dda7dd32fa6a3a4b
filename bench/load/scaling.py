"""What a fetch costs from 1,000 to 1,000,000 URLs, and with 1 to 5,000 in flight: two tables.

python -m bench.load.scaling                                   ends within two minutes
python -m bench.load.scaling --urls 1000 10000 100000 1000000 --rounds 3
python -m bench.load.scaling --only iter_async --in-flight 1 64 1000 5000

1 KiB bodies from nginx, streamed by `iter_...` and dropped; each cell is a process of its own, in
random order. A cell has µs of CPU per fetch, user and system, after as many fetches as may be in
flight, and the peak of the process's memory in MiB; of several rounds the medians. With 64 in
flight where URLs are counted. nginx answers at once, so the client is what all wait for, and all
that may be in flight are.
"""

import argparse
import asyncio
import json
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing
from functools import partial
from pathlib import Path

import attrs

import concurrent_fetch as cf
from bench.load.contenders.process import peak_memory
from concurrent_fetch.render import Field, Table, to_text
from concurrent_fetch.runner._rounds import rounds

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests" / "support"))
from nginx import missing, nginx

URLS = (1_000, 5_000, 20_000)
IN_FLIGHT = (1, 16, 64, 256, 1_000, 5_000)
USUAL = 64
WAYS = (
    *("iter_sync+requests", "iter_threaded+requests", "iter_async+aiohttp", "iter_async+plain"),
    *("iter_async+httptools", "iter_async+httptools@uvloop"),
)
MOST = {"iter_sync": 1, "iter_threaded": 256}  # in flight; a thread for each of 5,000 is no use


@attrs.frozen
class Cell:
    """One way with so many URLs and so many in flight."""

    way: str
    urls: int
    in_flight: int

    @property
    def is_possible(self) -> bool:
        return self.in_flight <= MOST.get(self.way.partition("+")[0], self.in_flight)


Found = dict[Cell, list[tuple[float, float]]]


def urls(base: str, count: int) -> Iterator[str]:
    return (f"{base}/page?i={i}" for i in range(count))


def stream(cell: Cell, base: str) -> float:
    """Return the CPU seconds per fetch after the first ones."""
    strategy, _, client = cell.way.partition("+")
    client, _, loop = client.partition("@")
    options = cf.Options(concurrency=cell.in_flight, keep_bodies=False)
    early = min(cell.urls // 2, max(200, cell.in_flight))
    if strategy == "iter_async":
        outcomes = cf.iter_async(urls(base, cell.urls), options, client=client)
        factory = None
        if loop:
            import uvloop  # noqa: PLC0415 - only where it is asked for

            factory = uvloop.new_event_loop
        with asyncio.Runner(loop_factory=factory) as runner:
            return runner.run(_drained(outcomes, early, cell.urls))
    iterate = {"iter_sync": cf.iter_sync, "iter_threaded": cf.iter_threaded}[strategy]
    clock = Clock(early)
    for outcome in iterate(urls(base, cell.urls), options, client=client):
        clock.count(outcome)
    return clock.per_fetch(cell.urls)


class Clock:
    """Starts at the outcome with the number `early`."""

    def __init__(self, early: int) -> None:
        self._early, self._seen, self._start = early, 0, 0.0

    def count(self, outcome: cf.Outcome) -> None:
        if not outcome.ok:
            raise RuntimeError(str(outcome))
        self._seen += 1
        if self._seen == self._early:
            self._start = time.process_time()

    def per_fetch(self, count: int) -> float:
        assert self._seen == count
        return (time.process_time() - self._start) / (count - self._early)


async def _drained(outcomes: AsyncGenerator[cf.Outcome, None], early: int, count: int) -> float:
    clock = Clock(early)
    async with aclosing(outcomes) as ready:
        async for outcome in ready:
            clock.count(outcome)
    return clock.per_fetch(count)


def measured(cell: Cell, base: str) -> tuple[float, float]:
    """Run a cell in a process of its own; return seconds per fetch, and MiB."""
    command = [sys.executable, "-m", "bench.load.scaling", "cell", base]
    done = subprocess.run(
        [*command, cell.way, str(cell.urls), str(cell.in_flight)],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    cpu, memory = json.loads(done.stdout)
    return cpu, memory


def table_of(at: str, sizes: Sequence[int], found: Found) -> Table:
    """Return a table with a row for each size; `at` says of what: an attribute of `Cell`."""
    ways = list(dict.fromkeys(cell.way for cell in found))

    def cell_of(way: str, size: int) -> str | None:
        for cell, figures in found.items():
            if cell.way == way and getattr(cell, at) == size:
                cpu, memory = map(statistics.median, zip(*figures, strict=True))
                return f"{cpu * 1e6:.1f} ({memory:.0f})"
        return None

    fields = [Field[int].number(at.replace("_", " "), lambda size: f"{size:,}")]
    fields += [Field[int].number(way, partial(cell_of, way)) for way in ways]
    caption = f"µs of CPU per fetch (peak, MiB), by {at}; load {os.getloadavg()[0]:.1f}"
    return Table.of(fields, sizes, caption=caption.replace("_", " "))


def run_all(cells: Sequence[Cell], base: str, count: int) -> Found:
    possible = {str(cell): cell for cell in cells if cell.is_possible}
    found: Found = {cell: [] for cell in possible.values()}
    orders = rounds(list(possible), random.Random(1))
    for _ in range(count):
        for name in next(orders):
            found[possible[name]].append(measured(possible[name], base))
    return found


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--urls", type=int, nargs="+", default=URLS, metavar="N")
    parser.add_argument("--in-flight", type=int, nargs="+", default=IN_FLIGHT, metavar="N")
    parser.add_argument("--only", nargs="+", default=[""], metavar="PART", help="of a way's name")
    parser.add_argument("--rounds", type=int, default=1)
    return parser.parse_args()


def main() -> None:
    if sys.argv[1:2] == ["cell"]:
        base, way, count, in_flight = sys.argv[2:]
        cell = Cell(way, int(count), int(in_flight))
        print(json.dumps((stream(cell, base), peak_memory())))
        return
    given = arguments()
    if reason := missing():
        sys.exit(reason)
    ways = [way for way in WAYS if any(part in way for part in given.only)]
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))
    if files < max(given.in_flight) + 100:
        sys.exit(f"{files} files may be open, too few for --in-flight {max(given.in_flight)}")
    by_urls = [
        Cell(way, count, 1 if way.startswith("iter_sync") else USUAL)
        for way in ways
        for count in given.urls
    ]
    by_flight = [Cell(way, max(2_000, 3 * n), n) for way in ways for n in given.in_flight]
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        Path(folder).chmod(0o755)
        Path(folder, "page").write_bytes(b"x" * 1024)
        with nginx(Path(folder), connections=2 * max(given.in_flight) + 100) as base:
            for at, sizes, cells in (
                ("urls", given.urls, by_urls),
                ("in_flight", given.in_flight, by_flight),
            ):
                table = table_of(at, sizes, run_all(cells, base, given.rounds))
                print(to_text(table), end="\n\n", flush=True)


if __name__ == "__main__":
    main()
