"""Ladders: which rungs there are, what each change brought, and how sure it is."""

import functools
import math
from importlib.util import find_spec
from itertools import count, pairwise
from typing import Any

import attrs
import pytest
from fakes import URLS, Clock, failure, response, taking
from pace import unless_busy

from concurrent_fetch import AsyncClient, Client, Ladder, Options, Runner
from concurrent_fetch.errors import NotComparableError, UnknownNameError
from concurrent_fetch.fetch._client import find_async_client, find_client
from concurrent_fetch.runner import _named_strategies
from concurrent_fetch.runner._named_strategies import rungs_of
from concurrent_fetch.server import LocalServer
from concurrent_fetch.strategies import fetch_async, fetch_sync, fetch_threaded

BRIDGE = "httptools" if find_spec("httptools") else "plain"
"""Where the rungs are asked for; where they are told there is httptools."""
NAMES = (
    *("sync+requests, new connections", "sync+requests", "threaded+requests"),
    *("threaded+httptools", "async+httptools", "async+aiohttp"),
)
CHANGES = ("reuse", "threads", "client httptools", "event loop", "client aiohttp")
TIMES = (8.0, 4.0, 1.0, 1.25, 1.0, 0.5)


def climbed(
    times: tuple[Any, ...] = TIMES,
    rounds: int | tuple[int, ...] = 10,
    *,
    failing: int | None = None,
) -> Ladder:
    """A ladder whose rungs take these times, as `Runner.ladder` makes it."""
    clock = Clock()
    names = NAMES[: len(times)]
    strategies = {
        name: taking(
            clock,
            *(t if isinstance(t, tuple) else (t,)),
            at_once=4 if name.startswith(("threaded", "async")) else 1,
            answer=failure if i == failing else response,
        )
        for i, (name, t) in enumerate(zip(names, times, strict=True))
    }
    runner = Runner(URLS, rounds=rounds, seed=8412, clock=clock, cpu_clock=lambda: clock.now / 4)
    return Ladder(changes=CHANGES[: len(times) - 1], comparison=runner.compare(**strategies))


def lines(ladder: Ladder) -> list[str]:
    return str(ladder).splitlines()


# --- the rungs ---


@pytest.mark.parametrize("bridge", ["httptools", "plain"])
def test_one_thing_changes_from_rung_to_rung_and_the_leanest_client_is_the_bridge(
    monkeypatch: pytest.MonkeyPatch, bridge: str
) -> None:
    if bridge == "plain":
        monkeypatch.setattr(_named_strategies, "find_spec", lambda _: None)
    else:
        pytest.importorskip("httptools")
    assert [(rung.change, rung.name) for rung in rungs_of("requests", "aiohttp")] == [
        ("", "sync+requests, new connections"),
        ("reuse", "sync+requests"),
        ("threads", "threaded+requests"),
        (f"client {bridge}", f"threaded+{bridge}"),
        ("event loop", f"async+{bridge}"),
        ("client aiohttp", "async+aiohttp"),
    ]


@pytest.mark.parametrize(
    ("client", "async_client", "changes"),
    [
        ("requests", "aiohttp", ["reuse", "threads", f"client {BRIDGE}", *CHANGES[3:]]),
        ("httpx", "httpx", ["reuse", "threads", "event loop"]),
        ("httpx", "aiohttp", ["reuse", "threads", "event loop", "client aiohttp"]),
        ("requests", "httpx", ["reuse", "threads", "client httpx", "event loop"]),
        ("requests", "plain", ["reuse", "threads", "client plain", "event loop"]),
        ("plain", "aiohttp", ["reuse", "threads", "event loop", "client aiohttp"]),
        ("httpx", "plain", ["reuse", "threads", "event loop", "client plain"]),
    ],
)
def test_a_client_that_does_not_change_is_no_rung(
    client: str, async_client: str, changes: list[str]
) -> None:
    assert [rung.change for rung in rungs_of(client, async_client)[1:]] == changes


def test_clients_of_your_own_serve_and_one_name_for_both_needs_no_bridge() -> None:
    mine = Client("mine", find_client("requests").open)
    also_mine = AsyncClient("mine", find_async_client("aiohttp").open)
    assert [rung.name for rung in rungs_of(mine, also_mine)] == [
        "sync+mine, new connections",
        "sync+mine",
        "threaded+mine",
        "async+mine",
    ]
    assert [rung.change for rung in rungs_of(mine, "aiohttp")[3:]] == [
        *(f"client {BRIDGE}", "event loop", "client aiohttp"),
    ]


def test_each_rung_runs_what_it_is_called() -> None:
    def parts(rung: Any) -> tuple[object, str, bool]:
        partial = rung.strategy.strategy
        assert isinstance(partial, functools.partial)
        options = rung.strategy.applied_to(Options(reuse_connections=False))
        return partial.func, partial.keywords["client"].name, options.reuse_connections

    assert [parts(rung) for rung in rungs_of("requests", "aiohttp")] == [
        (fetch_sync, "requests", False),
        (fetch_sync, "requests", True),
        (fetch_threaded, "requests", True),
        (fetch_threaded, BRIDGE, True),
        (fetch_async, BRIDGE, True),
        (fetch_async, "aiohttp", True),
    ]
    assert rungs_of("requests", "aiohttp")[0].strategy.applied_to(  # type: ignore[union-attr]
        Options()
    ) == Options(reuse_connections=False)


def test_unknown_clients_are_refused_before_anything_is_sent() -> None:
    runner = Runner(URLS)
    with pytest.raises(UnknownNameError, match="no client is called 'request'"):
        runner.ladder("request")
    with pytest.raises(UnknownNameError, match="client 'requests' works with fetch_sync"):
        runner.ladder("httpx", "requests")


def test_the_allowance_of_requests_counts_all_rungs() -> None:
    with pytest.raises(ValueError, match="max_requests=100 is too few: at most 312 requests"):
        Runner(URLS, max_requests=100).ladder()


# --- the numbers ---


def test_each_step_is_the_rung_before_over_the_rung_after_exactly() -> None:
    ladder = climbed()
    points = [step.speedup.point for step in ladder.steps if step.speedup]
    assert points == pytest.approx([2.0, 4.0, 0.8, 1.25, 2.0])
    assert [step.name for step in ladder.steps] == list(CHANGES)
    names = ladder.comparison.strategies
    assert [(step.before, step.after) for step in ladder.steps] == list(pairwise(names))
    assert ladder.total.point == pytest.approx(16.0)
    assert ladder.remainder == pytest.approx(1.0)


@pytest.mark.parametrize(("rounds", "looks"), [(10, 1), ((10, 12), 2)])
def test_the_level_is_shared_by_all_pairs_and_the_looks(
    rounds: int | tuple[int, ...], looks: int
) -> None:
    ladder = climbed(rounds=rounds)
    estimates = [step.speedup for step in ladder.steps] + [ladder.total]
    assert len(estimates) == 6
    for estimate in estimates:
        assert estimate is not None
        assert 1 - estimate.confidence == pytest.approx(0.05 / 15 / looks)


def test_the_steps_multiply_to_the_total_where_typical_ratios_do_not() -> None:
    apart = climbed(((1.0, 1.0, 64.0, 64.0), (1.0, 1.0, 32.0, 2.0), 1.0), rounds=3)
    first, middle, last = apart.comparison.strategies
    pairs = [(middle, first), (last, middle), (last, first)]
    own = [apart.comparison.speedup(name, over=base).point for name, base in pairs]
    assert abs(own[2] / (own[0] * own[1]) - 1) > 0.01
    points = [step.speedup.point for step in apart.steps if step.speedup]
    assert math.prod(points) == pytest.approx(apart.total.point, rel=1e-12)
    assert apart.remainder == pytest.approx(1.0, rel=1e-12)
    assert "remainder" not in str(apart)


def test_an_interval_holds_its_point_though_that_is_of_all_pairs() -> None:
    wild = ((4.0, *[1.0, 2.0, 9.0] * 4), (2.0, *[3.0, 1.0] * 6), 1.0)
    ladder = climbed(wild, rounds=12)
    for one in [*(step.speedup for step in ladder.steps), ladder.total]:
        assert one is not None
        assert one.low <= one.point <= one.high


def test_the_rungs_are_a_table_and_one_line_takes_the_total_apart() -> None:
    assert "\n".join(lines(climbed())[1:9]) == (
        """\
strategy                        typical  changed           speed-up  95%           in flight  CPU
sync+requests, new connections   8.00 s                              reference           1.0  25%
sync+requests                    4.00 s  reuse                 2.0×  [2.0, 2.0]          1.0  25%
threaded+requests                1.00 s  threads               4.0×  [4.0, 4.0]          4.0  25%
threaded+httptools               1.25 s  client httptools     0.80×  [0.80, 0.80]        4.0  25%
async+httptools                  1.00 s  event loop           1.25×  [1.25, 1.25]        4.0  25%
async+aiohttp                    500 ms  client aiohttp        2.0×  [2.0, 2.0]          4.0  25%
async+aiohttp is 16.0× [16.0, 16.0] as fast as sync+requests, new connections: 2.0× (reuse) """
        "× 4.0× (threads) × 0.80× (client httptools) × 1.25× (event loop) × 2.0× (client aiohttp)"
    )
    assert repr(climbed((2.0, 1.0))) == "<Ladder of reuse: 10 rounds>"


def test_too_few_rounds_give_points_without_intervals() -> None:
    ladder = climbed(rounds=3)
    assert (ladder.total.low, ladder.total.high) == (0.0, math.inf)
    assert "too few rounds for intervals: at least 10 are needed" in lines(ladder)
    assert "async+aiohttp is 16.0× as fast as sync+requests, new connections: " in str(ladder)


def test_a_rung_that_did_other_work_has_no_steps_beside_it() -> None:
    ladder = climbed(failing=2)
    assert [step.speedup is None for step in ladder.steps] == [False, True, True, False, False]
    assert all(step.reasons for step in ladder.steps[1:3])
    assert ladder.total.point == pytest.approx(16.0)
    assert math.isnan(ladder.remainder)
    assert (
        "async+aiohttp is 16.0× [16.0, 16.0] as fast as sync+requests, new connections: 2.0× "
        "(reuse) × – (threads) × – (client httptools) × 1.25× (event loop) × 2.0× (client aiohttp)"
    ) in lines(ladder)
    assert "threaded+requests is not comparable with sync+requests, new connections" in str(ladder)


def test_two_rungs_without_a_common_round_cost_the_others_no_point() -> None:
    clock, lost = Clock(), {"b": {0, 2, 4, 6, 8}, "c": {1, 3, 5, 7, 9}}

    def rung(name: str, seconds: float) -> Any:
        calls = count()

        def answer(url: str, index: int, **times: Any) -> Any:
            number = next(calls) // len(URLS) - 1  # the check run comes first
            fails = index == 1 and number in lost.get(name, ())
            return (failure if fails else response)(url, index, **times)

        return taking(clock, seconds, answer=answer)

    names = {"a": 8.0, "b": 4.0, "c": 2.0, "d": 1.0}
    rungs = {name: rung(name, seconds) for name, seconds in names.items()}
    comparison = Runner(URLS, rounds=10, seed=1, clock=clock).compare(**rungs)
    ladder = Ladder(changes=("x", "y", "z"), comparison=comparison)
    points = [step.speedup.point if step.speedup else None for step in ladder.steps]
    assert points == pytest.approx([2.0, math.nan, 2.0], nan_ok=True)
    assert ladder.total.point == pytest.approx(8.0)
    assert math.isnan(ladder.remainder)
    assert "nan" not in str(ladder)


def test_if_the_last_rung_did_other_work_there_is_no_total() -> None:
    ladder = climbed(failing=5)
    with pytest.raises(NotComparableError, match=r"async\+aiohttp and sync\+requests"):
        _ = ladder.total
    assert "no total, since not all can be compared; known are 2.0× by reuse, 4.0× by" in str(
        ladder
    )
    assert math.isnan(ladder.remainder)


def test_without_a_complete_round_the_table_still_shows() -> None:
    ladder = climbed()
    marked = dict.fromkeys(range(10), "async+httptools brought other statuses")
    ladder = attrs.evolve(ladder, comparison=attrs.evolve(ladder.comparison, marked=marked))
    assert all(step.speedup is None for step in ladder.steps)
    assert "no total" in str(ladder)


# --- on a real server ---


@pytest.mark.alone
def test_on_a_server_that_waits_concurrency_brings_nearly_everything() -> None:
    with LocalServer(latency=0.02) as server:
        options = Options(concurrency=8, reuse_connections=False)
        ladder = Runner(server.urls(8), options, rounds=3, seed=1).ladder("httpx", "httpx")
    gains = {step.name: step.speedup.point for step in ladder.steps if step.speedup}
    assert list(gains) == ["reuse", "threads", "event loop"]
    unless_busy(gains["threads"] > 3, gains)
    unless_busy(gains["threads"] > 2 * max(gains["reuse"], gains["event loop"]), gains)
    reused = [record.column("reused") for record in ladder.comparison.records]
    assert {any(flags) for flags in reused} == {True, False}


# --- as data ---


def test_a_ladder_is_a_row_for_each_rung() -> None:
    ladder = climbed(failing=5)
    columns = ladder.to_columns()
    assert columns["strategy"] == list(ladder.comparison.strategies)
    assert columns["change"] == [None, *CHANGES]
    assert columns["typical"][:5] == list(TIMES[:5])
    assert columns["speedup"][1:5] == [step.speedup.point for step in ladder.steps if step.speedup]
    assert columns["low"][1] == columns["high"][1] == 2.0
    assert all(math.isnan(columns["speedup"][i]) for i in (0, 5))
    assert list(ladder) == ladder.to_dicts()
    assert [row["in_flight"] for row in ladder] == columns["in_flight"]
