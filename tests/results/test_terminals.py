"""The usual tables in terminals of usual widths, word for word."""

import re
from datetime import datetime

import attrs
import pytest
from fakes import URLS, Clock, taking

from concurrent_fetch import Comparison, Ladder, Runner, Sweep
from concurrent_fetch.render import to_text

NAMES = ("fetch_sync", "fetch_threaded", "fetch_async")
LONG = (
    "fetch_threaded(client='requests')",
    "fetch_threaded(client='httpx')",
    "並行_fetch_threaded_並行_fetch_async",
)


def compared(names: tuple[str, ...]) -> Comparison:
    """Strategies whose times differ a little from round to round."""
    clock = Clock()
    shape = (1.0, 1.02, 0.98, 1.05, 0.97, 1.0, 1.03, 0.99, 1.01, 1.0, 1.02)
    strategies = (
        taking(clock, *(seconds * x for x in shape), at_once=at_once)
        for seconds, at_once in ((0.417, 1), (0.041, 4), (0.0302, 4))
    )
    runner = Runner(URLS, rounds=10, seed=8412, clock=clock, cpu_clock=lambda: clock.now / 4)
    found = runner.compare(**dict(zip(names, strategies, strict=True)))
    begun = datetime(2026, 11, 23, 14, 2).astimezone()
    return attrs.evolve(found, started_at=begun, finished_at=begun)


COMPARISON = compared(NAMES)
SWEEP = Sweep(strategy="fetch_async", levels=(1, 2, 4), comparison=compared(("1", "2", "4")))
LADDER = Ladder(
    changes=("threads", "client httpx"),
    comparison=compared(("sync+requests, new connections", "threaded+requests", "threaded+httpx")),
)
TABLES = {
    "comparison": COMPARISON.table(),
    "of long names": compared(LONG).table(),
    "sweep": SWEEP.table(),
    "ladder": LADDER.table(),
    "side by side": COMPARISON.beside(COMPARISON),
}
TEXTS = {
    60: """
4 URLs × 10 rounds, order drawn each round (seed 8412); 95%
  sure of all intervals at once; this machine, 14:02–14:02
strategy        typical  speed-up  95%           verdict
fetch_sync       419 ms     1.00×  reference
fetch_threaded  41.2 ms     10.2×  [10.2, 10.2]  faster
fetch_async     30.4 ms     13.8×  [13.8, 13.8]  faster,
                                                 fastest
left out at 60 columns: ideal, req/s, CPU, in flight, limit;
  a window of 107 shows all, and so does | cat
not counted: the first run of each, which warms up and is
  checked (417 ms, 41.0 ms, 30.2 ms)
""",
    80: """
4 URLs × 10 rounds, order drawn each round (seed 8412); 95% sure of all
  intervals at once; this machine, 14:02–14:02
strategy        typical  speed-up  95%           limit        verdict
fetch_sync       419 ms     1.00×  reference     concurrency
fetch_threaded  41.2 ms     10.2×  [10.2, 10.2]  network      faster
fetch_async     30.4 ms     13.8×  [13.8, 13.8]  network      faster, fastest
left out at 80 columns: ideal, req/s, CPU, in flight; a window of 107 shows all,
  and so does | cat
not counted: the first run of each, which warms up and is checked (417 ms,
  41.0 ms, 30.2 ms)
""",
}


@pytest.mark.parametrize("room", TEXTS)
def test_a_comparison_in_a_terminal(room: int) -> None:
    assert to_text(COMPARISON.table(), room) == TEXTS[room].strip("\n")


@pytest.mark.parametrize("room", [120, 200])
def test_with_room_it_is_what_print_shows_and_a_pipe_gets(room: int) -> None:
    shown = to_text(COMPARISON.table(), room)
    assert shown == str(COMPARISON)
    header = "strategy typical speed-up 95% req/s in flight ideal CPU limit verdict"
    assert shown.split("\n")[1].split() == header.split()


def test_side_by_side_the_times_leave_and_no_speed_up_stands_without_its_interval() -> None:
    lines = to_text(COMPARISON.beside(COMPARISON), 60).split("\n")
    assert lines[1:8] == [
        "              speed-up                speed-up",
        "strategy          then  95%                now  95%",
        "fetch_sync       1.00×  reference        1.00×  reference",
        "fetch_…eaded     10.2×  [10.2, 10.2]     10.2×  [10.2, 10.2]",
        "fetch_async      13.8×  [13.8, 13.8]     13.8×  [13.8, 13.8]",
        "left out at 60 columns: then, now; a window of 89 shows all,",
        "  and so does | cat",
    ]


def test_long_names_are_shortened_in_the_middle_and_stay_apart() -> None:
    assert to_text(TABLES["of long names"], 60).split("\n")[2:9] == [
        "strategy            typical  speed-up  95%           verdict",
        "fetch_thr…quests')   419 ms     1.00×  reference",
        "fetch_thr…'httpx')  41.2 ms     10.2×  [10.2, 10.2]  faster",
        "並行_fetc…ch_async  30.4 ms     13.8×  [13.8, 13.8]  faster,",
        "                                                     fastest",
        "left out at 60 columns: ideal, req/s, CPU, in flight, limit;",
        "  a window of 129 shows all, and so does | cat",
    ]


def test_of_a_ladder_the_changes_are_folded() -> None:
    assert to_text(TABLES["ladder"], 60).split("\n")[2:9] == [
        "strategy            typical  changed  speed-up  95%",
        "sync+requ…nections   419 ms                     reference",
        "threaded+requests   41.2 ms  threads     10.2×  [10.2, 10.2]",
        "threaded+httpx      30.4 ms  client      1.36×  [1.36, 1.36]",
        "                             httpx",
        "left out at 60 columns: CPU, in flight; a window of 93 shows",
        "  all, and so does | cat",
    ]


def test_a_sweep_folds_its_advice() -> None:
    assert to_text(TABLES["sweep"], 60).split("\n")[3:11] == [
        "concurrency  typical  speed-up  95%           verdict",
        "          1   419 ms     1.00×  reference",
        "          2  41.2 ms     10.2×  [10.2, 10.2]",
        "          4  30.4 ms     13.8×  [13.8, 13.8]  recommended",
        "left out at 60 columns: req/s, CPU, in flight, latency,",
        "  limit; a window of 102 shows all, and so does | cat",
        "≥ 4 in flight: the most that was tried, and still 1.36×",
        "  [1.36, 1.36] as fast as 2",
    ]


@pytest.mark.parametrize("room", [60, 80, 100])
@pytest.mark.parametrize("table", TABLES)
def test_from_60_columns_on_only_what_is_missed_least_leaves(table: str, room: int) -> None:
    shown = " ".join(to_text(TABLES[table], room).split())
    named = re.search(r"left out at \d+ columns: (.*?); ", shown)
    may_leave = {column.header for column in TABLES[table].columns if column.leaves}
    assert set(named[1].split(", ") if named else []) <= may_leave


@pytest.mark.parametrize("table", TABLES)
def test_at_200_columns_the_grid_is_what_print_shows(table: str) -> None:
    grid = attrs.evolve(TABLES[table], caption=None, notes=())
    assert to_text(grid, 200) == to_text(grid)
