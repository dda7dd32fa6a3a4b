"""More in flight is tried before it is advised: pairs of runs after the rounds, on exact clocks."""

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import pytest
from fakes import Clock, answers, failure, response
from pace import unless_busy

from concurrent_fetch import (
    Comparison,
    Limit,
    Options,
    Outcome,
    Pace,
    Progress,
    Runner,
    Strategy,
    Tried,
    fetch_async,
    fetch_processes,
    fetch_sync,
    fetch_threaded,
    iter_sync,
    iter_threaded,
    load,
    with_options,
)
from concurrent_fetch.analysis import Evidence
from concurrent_fetch.errors import FormatError
from concurrent_fetch.export._json import from_json, to_json
from concurrent_fetch.runner._trials import Trials
from concurrent_fetch.runner._trying import Trying, trying_of
from concurrent_fetch.server import LocalServer

HERE = [f"http://127.0.0.1/{i}" for i in range(16)]
THERE = [f"http://a.example/{i}" for i in range(16)]
NO_CPU: Callable[[], float] = lambda: 0.0  # noqa: E731 - a clock that stands still
TIME = 3 / 32  # so long that no run takes it for real, on a busy machine either
Calls = list[tuple[int, int]]


def heeding(
    clock: Clock,
    capacity: int = 16,
    *,
    calls: Calls | None = None,
    wrong: Callable[[int], object] = lambda _: None,
    answer: Callable[..., Outcome] = response,
    time: float = TIME,
) -> Strategy:
    """A strategy that heeds `concurrency`, at a server that does so many at once, in TIME each.

    It writes down how many it was to have in flight, and of how many URLs.
    """
    calls = [] if calls is None else calls

    def strategy(urls: list[str], options: Options) -> list[Outcome]:
        at_once = min(options.concurrency, len(urls))
        calls.append((options.concurrency, len(urls)))
        wrong(len(calls))
        each = at_once / min(at_once, capacity) * time
        starts = [clock.now + i // at_once * each for i in range(len(urls))]
        clock.pass_by(-(-len(urls) // at_once) * each)
        return [sent(answer(url, i, started=starts[i], finished=starts[i] + each))
                for i, url in enumerate(urls)]  # fmt: skip

    return strategy


def sent(outcome: Outcome) -> Outcome:
    """The same, sent as it was started."""
    timing = attrs.evolve(outcome.timing, sent=outcome.timing.started)
    return attrs.evolve(outcome, timing=timing)


def compare(
    capacity: int = 16,
    *,
    concurrency: int = 4,
    urls: list[str] = HERE,
    rounds: int = 6,
    calls: Calls | None = None,
    wrong: Callable[[int], object] = lambda _: None,
    made: Strategy | None = None,
    clock: Clock | None = None,
    **settings: Any,
) -> Comparison:
    clock = clock or Clock()
    runner = Runner(
        urls,
        Options(concurrency=concurrency),
        rounds=rounds,
        clock=clock,
        cpu_clock=NO_CPU,
        **{"seed": 1, **settings},
    )
    return runner.compare(mine=made or heeding(clock, capacity, calls=calls, wrong=wrong))


ROUNDS = [(4, 16)] * 8
"""The check run, six rounds, and one that is watched."""


# --- the order ---


def test_after_the_rounds_a_few_are_fetched_alone_and_then_come_five_pairs() -> None:
    calls: Calls = []
    compare(calls=calls)
    assert calls[:9] == [*ROUNDS, (1, 10)]
    pairs = [{calls[i], calls[i + 1]} for i in range(9, 19, 2)]
    assert pairs == [{(4, 16), (8, 16)}] * 5
    assert len(calls) == 19


def test_who_comes_first_in_a_pair_is_drawn_and_hangs_on_the_seed() -> None:
    def firsts(seed: int) -> tuple[int, ...]:
        calls: Calls = []
        compare(calls=calls, seed=seed)
        return tuple(first for first, _ in calls[9::2])

    drawn = {firsts(seed) for seed in range(8)}
    assert firsts(3) == firsts(3)
    assert len(drawn) > 2
    assert {first for order in drawn for first in order} == {4, 8}


def test_pairs_of_several_strategies_come_in_turn() -> None:
    clock = Clock()
    a: Calls = []
    b: Calls = []
    both: list[str] = []
    runner = Runner(HERE, Options(concurrency=4), rounds=6, seed=1, clock=clock, cpu_clock=NO_CPU)
    runner.compare(
        a=heeding(clock, calls=a, wrong=lambda _: both.append("a")),
        b=heeding(clock, calls=b, wrong=lambda _: both.append("b")),
    )
    assert (len(a), len(b)) == (19, 18)  # it is `a` that fetches some alone
    told = both[-20:]
    assert all(set(told[i : i + 4]) == {"a", "b"} for i in range(0, 20, 4))
    assert all(told[i] == told[i + 1] for i in range(0, 20, 2))


# --- what comes of it ---


def test_more_in_flight_is_advised_where_every_pair_was_faster() -> None:
    comparison = compare()
    assert comparison.tried["mine"] == Tried(
        concurrency=4,
        twice=8,
        as_it_was=(4 * TIME,) * 5,
        with_twice=(2 * TIME,) * 5,
        service_grew=1.0,
    )
    why = comparison.why("mine")
    assert (why.limit, why.evidence, why.service_grew) == (Limit.CONCURRENCY, Evidence.FULL, 1.0)
    assert comparison.explain().splitlines()[1] == (
        "mine is limited by its concurrency: it nearly always had 4 in flight, never "
        "more, and computed 0% of the time. More in flight would help: with 8 instead of 4 it was "
        "2.0× as fast (2.0× to 2.0× in 5 pairs of runs)."
    )


def test_where_twice_as_many_only_take_twice_as_long_it_is_the_server() -> None:
    comparison = compare(capacity=4)
    tried = comparison.tried["mine"]
    assert (tried.speedups, tried.service_grew) == ((1.0,) * 5, 2.0)
    why = comparison.why("mine")
    assert (why.limit, why.evidence) == (Limit.NETWORK, Evidence.ONLY_CROWDED)
    assert comparison.explain().splitlines()[1] == (
        "mine is limited by the network or the server: it computed 0% of the time, and with 8 "
        "instead of 4 it was 1.00× as fast (1.00× to 1.00× in 5 pairs of runs); each fetch took "
        "2.0× as long. More in flight would hardly help."
    )


def test_where_one_pair_was_slower_nothing_is_advised() -> None:
    def late(_: int) -> None:
        if calls[-1] == (8, 16) and calls.count((8, 16)) == 3:
            clock.pass_by(4 * TIME)

    clock = Clock()
    calls: Calls = []
    comparison = compare(made=heeding(clock, calls=calls, wrong=late), clock=clock)
    why = comparison.why("mine")
    assert sorted(comparison.tried["mine"].with_twice)[:4] == [2 * TIME] * 4
    assert (why.limit, why.evidence) == (None, Evidence.NO_FASTER)
    assert comparison.explain().splitlines()[1] == (
        "mine nearly always had 4 in flight, never more, and computed 0% of the time. "
        "Whether more in flight would help is not sure: with 8 instead of 4 it was 2.0× as fast "
        "(0.67× to 2.0× in 5 pairs of runs)."
    )


def test_where_a_fetch_alone_shows_a_crowded_server_nothing_is_left_to_try() -> None:
    calls: Calls = []
    comparison = compare(capacity=2, calls=calls)
    assert comparison.alone is not None
    assert comparison.alone.places == (0, 3, 6, 9, 12)  # of a second together, as they were
    assert comparison.alone.service == TIME
    assert calls == [*ROUNDS, (1, 5)]
    why = comparison.why("mine")
    assert (why.evidence, why.service_grew) == (Evidence.SERVICE_GREW, 2.0)


def test_all_at_once_has_nothing_to_try_but_a_few_alone() -> None:
    calls: Calls = []
    comparison = compare(concurrency=20, calls=calls)
    assert calls == [(20, 16)] * 8 + [(1, 10)]
    assert comparison.why("mine").evidence is Evidence.ALL_AT_ONCE


def test_twice_is_no_more_than_there_are_urls() -> None:
    assert compare(concurrency=10).tried["mine"].twice == 16


def test_where_one_has_one_in_flight_none_is_fetched_alone() -> None:
    clock = Clock()
    calls: Calls = []
    runner = Runner(HERE, Options(concurrency=4), rounds=6, seed=1, clock=clock, cpu_clock=NO_CPU)
    alone = with_options(heeding(clock), concurrency=1)
    comparison = runner.compare(alone=alone, mine=heeding(clock, calls=calls))
    assert comparison.alone is None
    assert (1, 10) not in calls
    assert comparison.why("mine").service_grew == 1.0
    assert comparison.tried["alone"].twice == 2


@pytest.mark.parametrize(("time", "number"), [(1 / 64, 10), (1 / 4, 4), (1.0, 1), (8.0, 1)])
def test_fetches_alone_take_about_a_second_at_most(time: float, number: int) -> None:
    clock = Clock()
    comparison = compare(made=heeding(clock, time=time), clock=clock)
    assert comparison.alone is not None
    assert len(comparison.alone.places) == number


def test_only_urls_that_were_answered_are_fetched_alone() -> None:
    def answer(url: str, index: int, **times: Any) -> Outcome:
        return (response if index % 4 else failure)(url, index, **times)

    clock = Clock()
    comparison = compare(made=heeding(clock, answer=answer), clock=clock)
    assert comparison.alone is None  # the index of the few is another one: some of them failed
    assert len(comparison.tried) == 0  # so it could not be told whether the server is crowded


# --- where nothing is tried ---


@pytest.mark.parametrize(
    ("settings", "is_tried"),
    [
        ({}, True),
        ({"try_more": False}, False),
        ({"rounds": 5}, False),  # too few for a verdict
        ({"rounds": 1, "try_more": True}, True),
        ({"urls": THERE}, False),
        ({"urls": [*HERE, "http://a.example/"]}, False),
        ({"urls": THERE, "try_more": True}, True),
        ({"urls": HERE[:4]}, False),
        ({"seconds": 4 * TIME * 6}, False),
        ({"seconds": 4 * TIME * 6 + 9 * TIME}, False),
        ({"seconds": 4 * TIME * 16 + 10 * TIME}, True),
    ],
)
def test_it_is_tried_where_that_harms_nobody(settings: dict[str, Any], is_tried: bool) -> None:
    assert bool(compare(**settings).tried) == is_tried


def test_of_a_budget_only_what_the_rounds_left_is_spent() -> None:
    calls: Calls = []
    comparison = compare(calls=calls, seconds=4 * TIME * 6 + 12 * TIME)
    assert comparison.alone is not None
    assert comparison.why("mine").evidence is Evidence.NOTHING_TRIED
    assert calls == [*ROUNDS, (1, 10)]
    assert ". Whether more in flight would help was not tried." in comparison.explain()


def takes_none(urls: list[str]) -> list[Outcome]:
    return answers(urls)


TAKES_NONE: Any = takes_none


@pytest.mark.parametrize(
    ("strategy", "options", "twice"),
    [
        (fetch_threaded, Options(concurrency=4), 8),
        (fetch_async, Options(concurrency=4), 8),
        (iter_threaded, Options(concurrency=4), 8),
        (functools.partial(fetch_threaded, client="httpx"), Options(concurrency=4), 8),
        (with_options(fetch_threaded, concurrency=8), Options(concurrency=4), 16),
        (with_options(fetch_threaded, concurrency=15), Options(), 16),
        (with_options(fetch_threaded, concurrency=1), Options(), 2),
        (answers, Options(concurrency=4), 8),
        (fetch_processes, Options(concurrency=4), 8),
        (fetch_threaded, Options(concurrency=16), None),
        (fetch_threaded, Options(concurrency=20), None),
        (fetch_sync, Options(concurrency=4), None),
        (iter_sync, Options(concurrency=4), None),
        (functools.partial(fetch_sync, client="httpx"), Options(concurrency=4), None),
        (with_options(fetch_sync, concurrency=4), Options(), None),
        (TAKES_NONE, Options(concurrency=4), None),
        (fetch_threaded, Options(concurrency=4, rate=100), None),
        (fetch_threaded, Options(concurrency=4, delay=0.1), None),
        (fetch_threaded, Options(concurrency=4, per_host=2), None),
        (fetch_threaded, Options(concurrency=4, hosts={"a.example": Pace(per_host=2)}), None),
        (with_options(fetch_threaded, rate=100), Options(concurrency=4), None),
        (fetch_threaded, Options(concurrency=4, retry=3, deadline=9), 8),
    ],
)
def test_it_is_for_those_that_heed_concurrency_and_nothing_else(
    strategy: Strategy, options: Options, twice: int | None
) -> None:
    assert trying_of({"mine": strategy}, 16, options).twice.get("mine") == twice


@pytest.mark.parametrize(
    ("strategies", "alone"),
    [
        ([fetch_threaded, fetch_async], "0"),
        ([fetch_threaded, fetch_sync], None),
        ([fetch_threaded, with_options(fetch_async, concurrency=1)], None),
        ([with_options(fetch_threaded, rate=9), fetch_async], "1"),
        ([TAKES_NONE, fetch_async], "1"),
        ([TAKES_NONE], None),
    ],
)
def test_the_first_that_can_fetches_alone_unless_one_does_so_by_itself(
    strategies: list[Strategy], alone: str | None
) -> None:
    named = {str(i): strategy for i, strategy in enumerate(strategies)}
    assert trying_of(named, 16, Options()).alone == alone


def test_one_that_prepares_workers_runs_once_more_before_with_twice_as_many() -> None:
    found = trying_of({"mine": fetch_processes}, 99, Options())
    assert (found.prepared, found.runs) == (frozenset({"mine"}), 11)
    assert not Trying()


def test_one_that_has_more_in_flight_than_it_may_does_not_heed() -> None:
    clock = Clock()

    def heedless(urls: list[str], options: Options) -> Any:
        return made(urls, attrs.evolve(options, concurrency=8))

    made = heeding(clock, 16)
    assert not compare(made=heedless, clock=clock).tried


@pytest.mark.parametrize(("of_its_own", "is_tried"), [(2, False), (3, True)])
def test_one_with_a_pool_of_its_own_is_not_tried_with_more(
    of_its_own: int, *, is_tried: bool
) -> None:
    """Half of what it may have in flight, or less, is another limit than `concurrency`."""
    clock = Clock()

    def pool(urls: list[str], options: Options) -> Any:
        return made(urls, attrs.evolve(options, concurrency=min(of_its_own, options.concurrency)))

    made = heeding(clock, 16)
    comparison = compare(made=pool, clock=clock)
    assert bool(comparison.tried) is is_tried
    if not is_tried:
        assert comparison.why("mine").evidence is Evidence.NOTHING_TRIED


def test_a_sweep_tries_nothing_but_its_levels() -> None:
    clock = Clock()
    calls: Calls = []
    runner = Runner(HERE, rounds=8, seed=1, clock=clock, cpu_clock=NO_CPU, try_more=True)
    sweep = runner.sweep(heeding(clock, calls=calls), (2, 4))
    assert len(calls) == 2 * 10
    assert (sweep.comparison.tried, sweep.comparison.alone) == ({}, None)
    told = sweep.comparison.explain()
    assert "2 is 2.0× slower than the fastest, 4: it" in told
    assert "More in flight would help: 4 is faster, and had 4.0" in told


@pytest.mark.once
def test_a_ladder_tries_nothing_but_its_rungs(local: LocalServer) -> None:
    options = Options(concurrency=2)
    found = Runner(local.urls(4), options, rounds=1, try_more=True).ladder().comparison
    assert (found.tried, found.alone) == ({}, None)
    assert local.stats().requests == len(found.strategies) * 3 * 4


@pytest.mark.parametrize(
    ("value", "error"),
    [
        ("yes", "try_more must be True or False, or None to try where all hosts are loopback, got"),
        (2, "try_more must be True or False, or None to try where all hosts are loopback, got 2"),
    ],
)
def test_a_wrong_setting_is_refused(value: Any, error: str) -> None:
    with pytest.raises(TypeError, match=error):
        Runner(HERE, try_more=value)


# --- what it costs, and what goes wrong ---


def test_the_plan_counts_it_as_the_most_there_may_be() -> None:
    runner = Runner(HERE, Options(concurrency=4), rounds=6)
    plan = runner.plan(fetch_threaded, fetch_async)
    assert (plan.trials, plan.alone, plan.runs) == (20, 10, 36)
    assert (plan.requests, plan.in_flight) == (36 * 16 + 10, 8)
    assert str(plan) == (
        "at most 586 requests to 127.0.0.1 (586): 16 URLs × 2 strategies × 8 runs (2 of them "
        "untimed) and 20 runs to try more in flight and 10 URLs one at a time, up to 8 in flight"
    )
    bare = attrs.evolve(runner, try_more=False).plan(fetch_threaded, fetch_async)
    assert (bare.trials, bare.alone, bare.requests, bare.in_flight) == (0, 0, 16 * 16, 4)


def test_what_may_be_tried_again_there_counts() -> None:
    """Ten of sixteen, and a fifth, may be tried twice more; of ten URLs all that can be."""
    plan = Runner(HERE, Options(concurrency=4, retry=3), rounds=6).plan(fetch_threaded)
    assert (plan.retries, plan.retries_in_trials) == (13, 10 * 13 + 12)
    assert plan.requests == 16 * 18 + 10 + 8 * 13 + plan.retries_in_trials


def test_more_than_allowed_is_refused_before_anything_is_sent() -> None:
    clock = Clock()
    calls: Calls = []
    runner = Runner(HERE, Options(concurrency=4), rounds=6, clock=clock, max_requests=297)
    with pytest.raises(ValueError, match="max_requests=297 is too few: at most 298 requests"):
        runner.compare(mine=heeding(clock, calls=calls))
    assert calls == []
    attrs.evolve(runner, try_more=False).compare(mine=heeding(clock))


def test_progress_hears_of_every_run_and_in_the_end_of_no_more() -> None:
    heard: list[Progress] = []
    clock = Clock()
    compare(progress=heard.append, made=heeding(clock, time=1.0), clock=clock)
    assert [(p.done, p.total, p.stage) for p in heard] == [
        (1, 19, "check"),
        *((i, 19, "round") for i in range(2, 8)),
        (8, 19, "probe"),
        *((i, 19, "trial") for i in range(9, 20)),
    ]
    assert heard[8].fetches == 8 * 16 + 1
    heard.clear()
    compare(2, progress=heard.append, made=heeding(clock, 2, time=1.0), clock=clock)
    assert [(p.done, p.total) for p in heard][-3:] == [(8, 19), (9, 19), (9, 9)]


def failing(at: int, error: BaseException) -> Callable[[int], None]:
    def wrong(number: int) -> None:
        if number == at:
            raise error

    return wrong


def test_what_goes_wrong_in_a_trial_costs_only_that() -> None:
    calls: Calls = []
    comparison = compare(calls=calls, wrong=failing(12, RuntimeError("too many")))
    assert len(calls) == 12
    assert (comparison.tried, comparison.rounds) == ({}, 6)
    assert "mine: more in flight could not be tried: strategy 'mine' raised Run" in str(comparison)
    assert comparison.why("mine").evidence is Evidence.NOTHING_TRIED


def test_progress_hears_that_nothing_is_to_come_of_one_that_failed() -> None:
    heard: list[Progress] = []
    compare(wrong=failing(12, RuntimeError("too many")), progress=heard.append)
    assert heard[-1].done == heard[-1].total


def test_what_nobody_has_foreseen_there_costs_only_the_trial(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def wrong(*_: object) -> bool:
        raise ZeroDivisionError("of what")

    monkeypatch.setattr(Trials, "_is_to_try", wrong)
    comparison = compare()
    assert (comparison.rounds, comparison.tried) == (6, {})
    assert "more in flight would bring could not be tried: ZeroDivisionError: of what" in str(
        comparison
    )


@pytest.mark.parametrize("deadline", [1e-5, 1e-3])
def test_a_deadline_before_anything_starts_leaves_nothing_to_try(
    local: LocalServer, deadline: float
) -> None:
    options = Options(deadline=deadline)
    comparison = Runner(local.urls(4), options, rounds=6).compare(fetch_threaded, fetch_async)
    assert str(comparison)
    assert comparison.explain()
    assert comparison.why("fetch_async").strategy == "fetch_async"


def test_what_goes_wrong_alone_costs_only_that() -> None:
    comparison = compare(wrong=failing(9, RuntimeError("no")))
    assert (comparison.alone, comparison.rounds) == (None, 6)
    assert "mine: a few URLs could not be fetched one at a time: strategy 'mi" in str(comparison)


def test_other_results_with_more_in_flight_are_a_note_and_no_speed_up() -> None:
    """As a server that turns away whoever comes with too many."""
    clock = Clock()
    calls: Calls = []

    def answer(url: str, index: int, **times: Any) -> Outcome:
        return response(url, index, status_code=429 if calls[-1][0] == 8 else 200, **times)

    comparison = compare(made=heeding(clock, calls=calls, answer=answer), clock=clock)
    assert comparison.tried == {}
    assert "could not be tried: 8 at once brought other results than its check run" in str(
        comparison
    )


@pytest.mark.parametrize("at", [9, 13])
def test_an_interrupt_there_costs_nothing_of_what_is_saved(at: int, tmp_path: Path) -> None:
    path = tmp_path / "kept.json"
    with pytest.raises(KeyboardInterrupt):
        compare(autosave=path, wrong=failing(at, KeyboardInterrupt()))
    kept = load(path)
    assert isinstance(kept, Comparison)
    whole = compare(try_more=False)
    assert (kept.rounds, kept.next_look, kept.order) == (6, None, whole.order)
    assert kept.times("mine") == whole.times("mine")
    assert str(kept.probes.keys()) == str(whole.probes.keys())


# --- kept ---


def test_it_comes_back_from_a_file_and_says_the_same() -> None:
    comparison = compare()
    loaded = from_json(to_json(comparison))
    assert isinstance(loaded, Comparison)
    assert loaded == comparison
    assert (loaded.tried, loaded.alone) == (comparison.tried, comparison.alone)
    assert loaded.explain() == comparison.explain()


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"with_twice": (1.0,)}, r"tried\.mine: expected pairs of runs"),
        ({"as_it_was": (), "with_twice": ()}, r"tried\.mine: expected pairs of runs"),
        ({"twice": 4}, r"tried\.mine: expected more in flight"),
        ({"as_it_was": (0.0,) * 5}, r"tried\.mine: expected times of"),
        ({"service_grew": -1.0}, r"tried\.mine\.service_grew: expected 0 to"),
    ],
)
def test_pairs_that_cannot_be_are_damage(change: dict[str, Any], where: str) -> None:
    comparison = compare()
    broken = {"mine": attrs.evolve(comparison.tried["mine"], **change)}
    with pytest.raises(FormatError, match=where):
        from_json(to_json(attrs.evolve(comparison, tried=broken)))


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"strategy": "other"}, "alone: no strategy is called"),
        ({"places": (0,)}, "alone: expected one time for each place"),
        ({"places": (16,) * 10}, r"alone\.places: expected places of URLs"),
        ({"services": (-1.0,) * 10}, "alone: expected times of"),
    ],
)
def test_fetches_alone_that_cannot_be_are_damage(change: dict[str, Any], where: str) -> None:
    comparison = compare()
    assert comparison.alone is not None
    broken = attrs.evolve(comparison.alone, **change)
    with pytest.raises(FormatError, match=where):
        from_json(to_json(attrs.evolve(comparison, alone=broken)))


# --- for real ---


@pytest.mark.once
@pytest.mark.parametrize(
    ("capacity", "concurrency", "limit"),
    [
        (None, 2, Limit.CONCURRENCY),
        (8, 2, Limit.CONCURRENCY),
        (2, 2, Limit.NETWORK),
        (1, 4, Limit.NETWORK),
    ],
)
def test_at_a_server_whose_capacity_is_known_the_advice_is_right(
    capacity: int | None, concurrency: int, limit: Limit
) -> None:
    with LocalServer(latency=0.02, capacity=capacity) as server:
        runner = Runner(server.urls(8), Options(concurrency=concurrency), rounds=6, seed=1)
        comparison = runner.compare(fetch_async)
        assert server.stats().requests <= runner.plan(fetch_async).requests
    why = comparison.why("fetch_async")
    unless_busy(why.limit is limit, (why, comparison.alone))
    assert comparison.alone is not None
    helps = "More in flight would help: with 4 instead of 2 it was" in comparison.explain()
    unless_busy(helps == (limit is Limit.CONCURRENCY), comparison.tried)
