"""Sweeps: which concurrency is recommended, what bounds each level, and what is not said."""

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

import attrs
import pytest
from fakes import Clock, failure, response, taking
from hypothesis import given, settings
from hypothesis import strategies as st
from pace import unless_busy

from concurrent_fetch import (
    Limit,
    Options,
    Outcome,
    Probe,
    Runner,
    Strategy,
    Sweep,
    fetch_async,
)
from concurrent_fetch.errors import NotComparableError
from concurrent_fetch.server import LocalServer

URLS = [f"http://a.example/{i}" for i in range(16)]
LEVELS = (1, 2, 4, 8, 16)
Times = Mapping[int, float | tuple[float, ...]]

# 16 URLs of 1 s each: four at once are served, more of them only wait longer.
CROWDED: Times = {1: 16.0, 2: 8.0, 4: 4.0, 8: 4.0, 16: 4.0}
GRID = """\
concurrency  typical  speed-up  95%         req/s  in flight  latency  CPU  limit        verdict
          1   16.0 s     1.00×  reference     1.0        1.0   1.00 s  25%  concurrency
          2   8.00 s      2.0×  [2.0, 2.0]    2.0        2.0   1.00 s  25%  concurrency
          4   4.00 s      4.0×  [4.0, 4.0]    4.0        4.0   1.00 s  25%  concurrency  recommended
          8   4.00 s      4.0×  [4.0, 4.0]    4.0        8.0   2.00 s  25%  network
         16   4.00 s      4.0×  [4.0, 4.0]    4.0       16.0   4.00 s  25%  network"""
RISING: Times = {1: 16.0, 2: 8.0, 4: 4.0, 8: 2.0, 16: 1.0}


def by_level(clock: Clock, times: Times, **how: Any) -> Strategy:
    """A strategy that heeds the concurrency and takes these times at each, run by run."""
    taken = {
        level: taking(clock, *(t if isinstance(t, tuple) else (t,)), at_once=level, **how)
        for level, t in times.items()
    }

    def strategy(urls: list[str], options: Options) -> list[Outcome]:
        return taken[options.concurrency](urls, options)

    return strategy


def sweep(times: Times, rounds: int = 10, *, cpu: float = 0.25, **how: Any) -> Sweep:
    clock = Clock()
    runner = Runner(URLS, rounds=rounds, seed=8412, clock=clock, cpu_clock=lambda: clock.now * cpu)
    return runner.sweep(by_level(clock, times, **how), tuple(times))


def lines(swept: Sweep) -> list[str]:
    return str(swept).splitlines()


# --- the choice ---


def test_the_smallest_level_within_five_percent_of_the_best_is_recommended() -> None:
    swept = sweep({1: 16.0, 2: 8.0, 4: 4.125, 8: 4.0, 16: 4.25})
    assert (swept.best, swept.recommended, swept.at_edge) == (8, 4, False)
    loss = swept.loss
    assert [loss.point, loss.low, loss.high] == pytest.approx([4 / 4.125] * 3)
    assert loss.confidence == pytest.approx(1 - 0.05 / 10)  # one of all pairs of five
    assert lines(swept)[7] == (
        "4 in flight: the smallest level within 5% of the fastest; "
        "it takes 1.03× [1.03, 1.03] the time of 8"
    )


def test_a_level_six_percent_behind_is_not() -> None:
    swept = sweep({1: 16.0, 2: 8.0, 4: 4.25, 8: 4.0, 16: 4.0})
    assert (swept.best, swept.recommended) == (8, 8)
    assert swept.loss.point == 1.0
    assert (
        "8 in flight: the fastest level, and no smaller one is within 5% of it; "
        "1.06× [1.06, 1.06] as fast as 4"
    ) in lines(swept)


def test_the_first_level_may_be_the_best() -> None:
    swept = sweep({1: 4.0, 2: 5.0, 4: 6.0})
    assert (swept.best, swept.recommended) == (1, 1)
    assert "1 in flight: no level tried is faster" in lines(swept)


def test_still_rising_at_the_largest_level_is_told_as_at_least() -> None:
    swept = sweep(RISING)
    assert (swept.best, swept.recommended, swept.at_edge) == (16, 16, True)
    assert (
        "≥ 16 in flight: the most that was tried, and still 2.0× [2.0, 2.0] as fast as 8"
    ) in lines(swept)
    assert "all 16 URLs were in flight there; sweep with more URLs" in lines(swept)


def test_runs_are_paired_within_their_rounds() -> None:
    wild = (1.0, 1.0, 2.0, 4.0, 0.5, 8.0, 1.0, 0.25, 3.0, 1.0, 5.0)
    times = {level: tuple(seconds * x for x in wild) for level, seconds in ((1, 8.0), (4, 2.0))}
    assert sweep(times).comparison.speedup("4").point == 4.0


def test_with_too_few_rounds_the_choice_is_a_point_without_an_interval() -> None:
    swept = sweep({1: 16.0, 2: 8.0, 4: 4.125, 8: 4.0, 16: 4.0}, rounds=3)
    assert (swept.recommended, swept.loss.low, swept.loss.high) == (4, 0.0, math.inf)
    assert (
        "4 in flight: the smallest level within 5% of the fastest; it takes 1.03× the time of 8 "
        "in these rounds (to be sure needs ≥ 9 rounds)"
    ) in lines(swept)
    assert "needs ≥ 9 rounds, recommended" in str(swept)


# --- what bounds each level ---


def sweep_under(levels: Sequence[int], **limits: Any) -> Sweep:
    """A sweep of what heeds `per_host` and `rate` as well as the concurrency; a second each."""
    clock = Clock()

    def strategy(urls: list[str], options: Options) -> list[Outcome]:
        places = min(options.concurrency, options.per_host or options.concurrency)
        every = max(1 / (options.rate or math.inf), 1 / places)
        turns = [i * every if options.rate else i // places for i in range(len(urls))]
        starts = [clock.now + turn for turn in turns]
        clock.pass_by(starts[-1] + 1.0 - clock.now)
        return [
            response(url, i, started=start, finished=start + 1.0)
            for i, (url, start) in enumerate(zip(urls, starts, strict=True))
        ]

    runner = Runner(URLS, Options(**limits), rounds=10, clock=clock, cpu_clock=lambda: 0.0)
    return runner.sweep(strategy, levels)


def test_beyond_the_places_of_the_host_no_more_in_flight_are_asked_for() -> None:
    swept = sweep_under((1, 2, 4), per_host=2)
    found = [swept.ceiling(level) for level in (1, 2, 4)]
    assert [c.limit for c in found] == [Limit.CONCURRENCY, Limit.PER_HOST, Limit.PER_HOST]
    assert swept.recommended == 2
    assert (
        "beyond it per_host=2 at a.example is the limit: at 4 latency is 1.00× that at 1, CPU 0%"
        in (lines(swept))
    )
    assert any(line.endswith(", per_host=2 at a.example 2.0") for line in lines(swept))


def test_the_largest_level_at_its_rate_is_not_told_to_go_further() -> None:
    swept = sweep_under((1, 4), rate=4)
    assert [swept.ceiling(level).limit for level in (1, 4)] == [Limit.CONCURRENCY, Limit.RATE]
    assert swept.at_edge
    assert "rate=4 is the limit there: latency is 1.00× that at 1, CPU 0%" in lines(swept)


def test_who_heeds_another_limit_is_not_said_to_heed_no_concurrency() -> None:
    swept = sweep_under((2, 4, 8), per_host=2)
    assert "does not heed Options.concurrency" not in str(swept)
    assert "does not heed Options.concurrency" in str(sweep_of_four(per_host=9))
    assert "does not heed Options.concurrency" not in str(sweep_of_four((4, 8), per_host=9))


def sweep_of_four(levels: Sequence[int] = (2, 4, 8), **limits: Any) -> Sweep:
    """A sweep of what has four in flight whatever it is told."""
    clock = Clock()
    runner = Runner(URLS, Options(**limits), rounds=10, clock=clock, cpu_clock=lambda: 0.0)
    return runner.sweep(taking(clock, 4.0, at_once=4), levels)


def test_the_three_ceilings_of_a_level_in_requests_per_second() -> None:
    swept = sweep(CROWDED)
    found = [swept.ceiling(level) for level in LEVELS]
    assert [c.requests_per_second for c in found] == [1, 2, 4, 4, 4]
    assert [c.by_concurrency for c in found] == [1, 2, 4, 8, 16]
    assert [c.by_cpu for c in found] == [4, 8, 16, 16, 16]  # a quarter of the time computing
    assert [c.by_server for c in found] == [4] * 5
    assert [c.limit for c in found] == [Limit.CONCURRENCY] * 3 + [Limit.NETWORK] * 2


def test_a_crowded_server_is_told_from_latency_that_grows_while_the_cpu_idles() -> None:
    best, beyond, allowed = lines(sweep(CROWDED))[7:10]
    assert best == (
        "4 in flight: the fastest level, and no smaller one is within 5% of it; "
        "2.0× [2.0, 2.0] as fast as 2"
    )
    assert beyond == (
        "beyond it the server or network is the limit: at 8 latency is 2.0× that at 1, CPU 25%"
    )
    assert allowed == (
        "requests/s at 4: 4.0; its concurrency allows 4.0, its CPU time 16.0, "
        "the server or network 4.0"
    )


def test_a_blocked_event_loop_is_the_limit_at_any_level_and_no_more_in_flight_is_advised() -> None:
    swept = sweep({1: 16.0, 2: 15.0, 4: 12.0})
    seen = Probe(thread=None, loop=None, on_loop=True, threads=0, blocked=0.9, blocked_in="get()")
    probes = dict.fromkeys(swept.comparison.strategies, seen)
    swept = attrs.evolve(swept, comparison=attrs.evolve(swept.comparison, probes=probes))
    assert [swept.ceiling(level).limit for level in (1, 2, 4)] == [Limit.BLOCKED_LOOP] * 3
    told = "\n".join(lines(swept))
    assert "the blocked event loop is the limit there" in told
    assert "1, 2, 4: the event loop was blocked 90% of the time, in get(); await an async" in told
    assert "sweep further" not in told


def test_a_busy_machine_is_the_limit_at_any_level_and_the_server_is_not() -> None:
    swept = sweep(CROWDED)
    starved = Probe(thread=None, loop=None, on_loop=True, threads=0, starved=2.5, others=0.8)
    probes = dict.fromkeys(swept.comparison.strategies, starved)
    swept = attrs.evolve(swept, comparison=attrs.evolve(swept.comparison, probes=probes))
    assert {swept.ceiling(level).limit for level in swept.levels} == {Limit.MACHINE}
    told = "\n".join(lines(swept))
    assert "the machine, which other programs keep busy, is the limit" in told
    assert "server or network is" not in told
    assert "sweep further" not in told


def test_a_client_that_pauses_is_the_limit_of_a_level() -> None:
    clock = Clock()

    def pausing(urls: list[str], options: Options) -> list[Outcome]:
        """As many at once as may be, a second each; then three seconds of nothing."""
        at_once, pause = options.concurrency, 3.0 * (options.concurrency > 1)
        starts = [clock.now + i // at_once * (1.0 + pause) for i in range(len(urls))]
        clock.pass_by(starts[-1] + 1.0 - clock.now)
        return [response(u, i, started=t, finished=t + 1.0)
                for i, (u, t) in enumerate(zip(urls, starts, strict=True))]  # fmt: skip

    runner = Runner(URLS, rounds=10, clock=clock, cpu_clock=lambda: 0.0)
    swept = runner.sweep(pausing, (1, 4))
    assert swept.ceiling(4).limit is Limit.CLIENT
    assert "the client itself, which waits, is the limit there" in str(swept)


def test_a_machine_that_is_a_little_busy_does_not_speak_for_the_server() -> None:
    swept = sweep(CROWDED)
    hindered = Probe(thread=None, loop=None, on_loop=True, threads=0, starved=0.25, others=0.8)
    probes = dict.fromkeys(swept.comparison.strategies, hindered)
    swept = attrs.evolve(swept, comparison=attrs.evolve(swept.comparison, probes=probes))
    limits = {swept.ceiling(level).limit for level in swept.levels}
    assert Limit.NETWORK not in limits
    assert math.isnan(swept.ceiling(16).by_server)


def test_a_busy_cpu_is_told_from_a_crowded_server() -> None:
    swept = sweep(CROWDED, cpu=1.0)
    assert [swept.ceiling(level).limit for level in (8, 16)] == [Limit.CPU] * 2
    assert math.isnan(swept.ceiling(16).by_server)
    assert "beyond it the CPU is the limit: at 8 latency is 2.0× that at 1, CPU 100%" in lines(
        swept
    )


def test_a_level_can_be_both_rising_and_near_a_limit() -> None:
    clock = Clock()
    runner = Runner(URLS * 2, rounds=8, seed=1, clock=clock, cpu_clock=clock)
    swept = runner.sweep(by_level(clock, {1: 32.0, 4: 16.0, 16: 12.0}), (1, 4, 16))
    assert swept.at_edge
    assert "the CPU is the limit there: latency is 6.0× that at 1, CPU 100%" in lines(swept)


def test_far_from_what_its_concurrency_allows_that_is_not_the_limit_of_a_level() -> None:
    """It still rises, so that there is no plateau; but each fetch takes much longer."""
    clock = Clock()
    runner = Runner(URLS * 4, rounds=8, seed=1, clock=clock, cpu_clock=lambda: clock.now / 4)
    swept = runner.sweep(by_level(clock, {1: 64.0, 4: 16.0, 16: 10.667}), (1, 4, 16))
    limits = [swept.ceiling(level).limit for level in (1, 4, 16)]
    assert limits == [Limit.CONCURRENCY, Limit.CONCURRENCY, Limit.NETWORK]
    told = "\n".join(lines(swept))
    assert "the server or network is the limit there: latency is 2.7× that at 1" in told
    assert "sweep further" not in told


def test_without_a_plateau_nothing_is_said_of_the_server() -> None:
    clock = Clock()
    runner = Runner(URLS * 2, rounds=8, seed=1, clock=clock, cpu_clock=lambda: clock.now / 4)
    swept = runner.sweep(by_level(clock, {1: 32.0, 4: 8.0, 16: 2.0}), (1, 4, 16))
    assert math.isnan(swept.ceiling(16).by_server)
    assert "nothing but its concurrency is the limit there: sweep further" in lines(swept)


def test_what_no_figure_explains_is_said_to_be_unexplained() -> None:
    swept = sweep({4: 4.0, 5: 4.0})  # the fifth slot stays empty: 16 URLs take four turns
    assert swept.recommended == 4
    assert (
        "what the limit is beyond it, the figures do not tell: at 5 latency is 1.00× that "
        "at 4, CPU 25%"
    ) in lines(swept)


def test_a_level_that_was_not_tried_has_no_ceiling() -> None:
    with pytest.raises(ValueError, match=r"32 in flight was not tried; there are 1, 2, 4, 8, 16"):
        sweep(CROWDED).ceiling(32)


# --- what cannot be compared, and what is not used ---


def failing_at(clock: Clock, *levels: int) -> Strategy:
    sound, failed = by_level(clock, RISING), by_level(clock, RISING, answer=failure)

    def strategy(urls: list[str], options: Options) -> Any:
        return (failed if options.concurrency in levels else sound)(urls, options)

    return strategy


def test_a_level_that_did_other_work_is_left_out_of_the_choice() -> None:
    clock = Clock()
    runner = Runner(URLS, rounds=9, seed=1, clock=clock, cpu_clock=lambda: clock.now / 4)
    swept = runner.sweep(failing_at(clock, 8, 16), LEVELS)
    assert (swept.best, swept.recommended, swept.at_edge) == (4, 4, False)
    assert "beyond it no level can be compared" in lines(swept)
    assert str(swept).count("not comparable\n") == 2
    assert "16 is not comparable with 1: " in str(swept)
    assert [row["speedup"] for row in swept.to_dicts()][:3] == [1, 2, 4]
    assert math.isnan(swept.to_columns()["speedup"][4])


def test_if_the_first_level_failed_there_is_no_choice_but_a_table_that_says_why() -> None:
    clock = Clock()
    runner = Runner(URLS, rounds=9, seed=1, clock=clock, cpu_clock=lambda: clock.now / 4)
    swept = runner.sweep(failing_at(clock, 1), LEVELS)
    for name in ("best", "recommended", "at_edge", "loss"):
        with pytest.raises(NotComparableError, match=r"no level can be compared with 1 in flight"):
            getattr(swept, name)
    assert "no recommendation: the levels cannot be compared" in lines(swept)
    assert "not comparable with 1: " in str(swept)
    assert swept.to_columns()["recommended"] == [False] * 5


def test_without_a_complete_round_the_table_still_shows() -> None:
    swept = sweep(CROWDED)
    marked = dict.fromkeys(range(10), "4 brought other statuses")
    swept = attrs.evolve(swept, comparison=attrs.evolve(swept.comparison, marked=marked))
    with pytest.raises(NotComparableError):
        _ = swept.recommended
    assert "no recommendation" in str(swept)
    assert all(math.isnan(x) for x in swept.to_columns()["typical"])


def test_a_strategy_that_does_not_heed_the_concurrency_is_named_so() -> None:
    clock = Clock()
    runner = Runner(URLS, rounds=10, seed=1, clock=clock, cpu_clock=lambda: clock.now / 4)
    swept = runner.sweep(taking(clock, 4.0, at_once=4), (4, 8, 16))
    assert (
        "note: never more than 4 in flight, at any level: the strategy does not heed "
        "Options.concurrency, so the levels are all the same"
    ) in lines(swept)
    assert "beyond" not in str(swept)


def test_too_few_urls_for_the_largest_level_are_noted() -> None:
    swept = sweep({1: 16.0, 8: 2.0, 64: 1.0})
    assert (
        "note: no more than the 16 URLs can be in flight; give at least as many as the largest "
        "level, better twice"
    ) in lines(swept)


@settings(max_examples=30, deadline=None)
@given(
    levels=st.sets(st.integers(1, 64), min_size=2, max_size=5),
    seconds=st.lists(st.floats(0.5, 32.0), min_size=5, max_size=5),
    cpu=st.sampled_from([0.1, 0.6, 1.0]),
    rounds=st.sampled_from([2, 10]),
)
def test_no_concurrency_beyond_those_tried_is_ever_printed(
    levels: set[int], seconds: Sequence[float], cpu: float, rounds: int
) -> None:
    tried = sorted(levels)
    swept = sweep(dict(zip(tried, seconds, strict=False)), rounds, cpu=cpu)
    printed = str(swept)
    said = re.findall(r"(\d+) in flight:|\bat (\d+)\b|\bover (\d+)\b|best \((\d+)\)", printed)
    numbers = {int(number) for groups in said for number in groups if number}
    assert numbers <= levels
    assert swept.recommended <= swept.best <= tried[-1]
    assert (f"≥ {tried[-1]} in flight: " in printed) == swept.at_edge


# --- tables and texts ---


def test_a_sweep_is_a_table_with_the_advice_below() -> None:
    caption, *grid = lines(sweep(CROWDED))[:7]
    assert caption.startswith("strategy: 16 URLs × 10 rounds, order drawn each round (seed 8412); ")
    assert "\n".join(grid) == GRID


def test_the_columns_hold_one_entry_per_level() -> None:
    swept = sweep(CROWDED)
    columns = swept.to_columns()
    assert columns["concurrency"] == list(LEVELS)
    assert columns["typical"] == [16, 8, 4, 4, 4]
    assert columns["latency"] == [1, 1, 1, 2, 4]
    assert columns["limit"] == ["concurrency"] * 3 + ["network"] * 2
    assert columns["recommended"] == [False, False, True, False, False]
    assert swept.to_dicts()[2] == {name: values[2] for name, values in columns.items()}
    assert list(swept) == swept.to_dicts()
    assert repr(swept) == "<Sweep of strategy at 1, 2, 4, 8, 16: 10 rounds>"


# --- how it is asked for ---


@pytest.mark.parametrize(
    ("concurrency", "error", "message"),
    [
        ((1,), ValueError, "a sweep needs at least two levels, as (1, 4, 16), got (1,)"),
        (8, ValueError, "a sweep needs at least two levels, as (1, 4, 16), got 8"),
        ((0, 4), ValueError, "concurrency must be at least 1 at every level, got (0, 4)"),
        ((4, 2), ValueError, "concurrency must ascend, as (2, 4) does, got (4, 2)"),
        ([1, 4, 4], ValueError, "concurrency must ascend, as (1, 4) does, got [1, 4, 4]"),
        ((3, 3), ValueError, "concurrency must ascend, as (1, 4, 16) does, got (3, 3)"),
        ((1, 2.0), TypeError, "concurrency must be ints, as in (1, 4, 16), got (1, 2.0)"),
        ((True, 2), TypeError, "concurrency must be ints, as in (1, 4, 16), got (True, 2)"),
        ("14", TypeError, "concurrency must be ints, as in (1, 4, 16), got '14'"),
    ],
)
def test_levels_that_make_no_sweep_are_refused(
    concurrency: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=f"^{re.escape(message)}$"):
        Runner(URLS).sweep(taking(Clock(), 1.0), concurrency)


def test_what_is_no_strategy_is_refused() -> None:
    with pytest.raises(TypeError, match=r"a strategy must be callable, got 'async'"):
        Runner(URLS).sweep("async")  # type: ignore[arg-type]  # the point of the test


def test_the_allowance_of_requests_counts_all_levels() -> None:
    runner = Runner(URLS, rounds=10, max_requests=16 * 12 * 5 - 1)
    with pytest.raises(ValueError, match=r"max_requests=959 is too few: at most 960 requests"):
        runner.sweep(taking(Clock(), 1.0), LEVELS)


def test_a_range_serves_as_levels_and_the_first_is_the_reference() -> None:
    clock = Clock()
    runner = Runner(URLS, rounds=7, seed=1, clock=clock, cpu_clock=clock)
    swept = runner.sweep(by_level(clock, {2: 2.0, 3: 1.0}), range(2, 4))
    assert swept.levels == (2, 3)
    assert swept.comparison.strategies == ("2", "3")
    assert swept.comparison.reference == "2"
    assert [r.options.concurrency for r in swept.comparison.checks.values()] == [2, 3]


# --- known truth, on a real server ---


# A wave of 0.1 s, since a busy test machine is some milliseconds late; bench/truth/sweep.py has
# one of 20 ms.
@pytest.mark.alone
def test_a_server_that_serves_eight_at_once_needs_eight_in_flight() -> None:
    with LocalServer(latency=0.1, capacity=8) as server:
        swept = Runner(server.urls(16), rounds=4, seed=1).sweep(fetch_async, (4, 8, 16))
    unless_busy(swept.recommended == 8, swept)
    unless_busy(swept.ceiling(4).limit is Limit.CONCURRENCY, swept)


@pytest.mark.alone
def test_a_server_without_a_limit_is_not_exhausted_by_the_largest_level() -> None:
    with LocalServer(latency=0.02) as server:
        swept = Runner(server.urls(16), rounds=3, seed=1).sweep(fetch_async, (2, 4, 8))
    unless_busy((swept.recommended, swept.at_edge) == (8, True), swept)
    assert "≥ 8 in flight: the most that was tried, and still " in str(swept)


def test_failures_count_in_what_bounds_the_throughput_as_they_do_in_the_throughput() -> None:
    """Those that fail before anything is sent are quick, and are fetches per second like others."""
    clock = Clock()

    def half_failing(url: str, index: int, *, started: float, finished: float) -> Outcome:
        middle = started + (finished - started) / 2
        if index % 2:
            return failure(url, index, started=started, finished=middle)
        made = response(url, index, started=started, finished=finished)
        return attrs.evolve(made, timing=attrs.evolve(made.timing, sent=started))

    def fetch(urls: list[str], options: Options) -> list[Outcome]:
        n = options.concurrency
        return taking(clock, 8.0 / n, at_once=n, answer=half_failing)(urls, options)

    sweep = Runner(URLS, rounds=2, seed=1, clock=clock).sweep(fetch, (1, 2))
    first = sweep.ceiling(1)
    assert first.by_concurrency == pytest.approx(1 / 0.375)  # 0.5 s and 0.25 s on average
    assert first.requests_per_second <= first.by_concurrency
