"""Limits that the options set: named where they hold a strategy up, and only there."""

from itertools import accumulate
from typing import Any

import attrs
import pytest
from fakes import record, response
from pace import unless_busy

from concurrent_fetch import (
    Attempt,
    Limit,
    Options,
    Pace,
    Runner,
    Why,
    fetch_async,
    fetch_threaded,
)
from concurrent_fetch.analysis import Causes, Evidence, Level, Record, ceilings, read_card
from concurrent_fetch.results._limit_told import limits
from concurrent_fetch.server import LocalServer

CARD = attrs.evolve(read_card(), build="GIL", cores=8)

Spans = list[tuple[float, float]]


def urls_of(*hosts: str) -> list[str]:
    return [f"http://{host}/{i}" for i, host in enumerate(hosts)]


def run(spans: Spans, *, elapsed: float | None = None, cpu: float = 0.0, **options: Any) -> Record:
    outcomes = [response(str(i), i, started=a, finished=b) for i, (a, b) in enumerate(spans)]
    whole = max(end for _, end in spans) if elapsed is None else elapsed
    return record(outcomes, round=0, elapsed=whole, cpu=cpu, options=Options(**options))


def alone(times: list[float]) -> Record:
    """The same one after another."""
    ends = list(accumulate(times))
    return run(list(zip([0.0, *ends], ends, strict=False)))


def why(mine: Record, urls: list[str] | None = None, reference: Record | None = None) -> Why:
    """Explain a run, by default beside the same with one in flight; and all at once is faster."""
    starts, ends = mine.columns["started"], mine.columns["finished"]
    first = reference or alone([b - a for a, b in zip(starts, ends, strict=True)])
    n = len(starts)
    wide = run([(0.0, 1.0)] * n, elapsed=1.0, concurrency=n)
    runs = {"first": [first], "mine": [mine], "wide": [wide]}
    urls = urls or urls_of(*["a.example"] * len(starts))
    return Causes(runs=runs, comparable=[*runs], probes={}, card=CARD, urls=urls).of("mine")


def paced(n: int, every: float, each: float) -> Spans:
    """Fetches that start one after another in equal steps."""
    return [(i * every, i * every + each) for i in range(n)]


def in_waves(n: int, at_once: int, each: float = 1.0) -> Spans:
    return [(i // at_once * each, (i // at_once + 1) * each) for i in range(n)]


# --- rate ---


def test_a_run_that_starts_at_its_rate_is_limited_by_that_and_not_by_the_strategy() -> None:
    found = why(run(paced(41, 0.25, 1.0), rate=4))
    assert (found.limit, found.evidence) == (Limit.RATE, Evidence.AT_THE_RATE)
    assert found.bound is not None
    assert found.bound.cost == pytest.approx(10 / 11)
    assert found.bound.share == 1.0
    assert limits(found) == (
        "mine is limited by rate=4, not by the strategy: the rate takes up 100% of the time, "
        "and it computed 0% of the time."
    )


@pytest.mark.parametrize(
    ("mine", "limit"),
    [
        (run(paced(41, 0.25, 1.0)), Limit.CONCURRENCY),  # nothing is set
        (run(paced(41, 0.25, 1.0), rate=5), None),  # slower than that, for no reason that is told
        (run(paced(41, 0.25, 1.0), rate=2), None),  # not heeded
        (run([*paced(4, 0.25, 1.0), (1.0, 9.0)], rate=4, concurrency=5), None),  # one is slow
        (run(in_waves(8, 4), rate=1000, concurrency=4), Limit.CONCURRENCY),
        (run(in_waves(40, 1), rate=1000, concurrency=4), Limit.CONCURRENCY),
        (run(paced(41, 0.25, 1.0), rate=4, cpu=10.5), Limit.CPU),
        (run(paced(41, 0.25, 1.0), rate=4, cpu=6.5), Limit.RATE),
        (run([(0.0, 1.0)], rate=4), Limit.NETWORK),
        (run(paced(4, 0.25, 2.5), rate=4), None),  # a part of the time: what else is not told
    ],
)
def test_a_rate_is_named_only_where_it_is_reached_for_most_of_the_time(
    mine: Record, limit: Limit | None
) -> None:
    assert why(mine).limit is limit


def test_a_rate_that_is_reached_is_no_crowded_server() -> None:
    """A fetch may take longer than alone, and the starts say what holds it up."""
    found = why(run(paced(41, 0.25, 2.0), rate=4), reference=alone([1.0] * 41))
    assert (found.service_grew, found.limit) == (2.0, Limit.RATE)


# --- per_host ---


def test_a_host_whose_places_are_taken_all_the_time_is_named() -> None:
    hosts = ["a.example"] * 10 + ["b.example"] * 2
    spans = [*in_waves(10, 2), (0.0, 1.0), (0.0, 1.0)]
    found = why(run(spans, per_host=2), urls_of(*hosts))
    assert (found.limit, found.evidence) == (Limit.PER_HOST, Evidence.HOST_FULL)
    assert limits(found) == (
        "mine is limited by per_host=2 at a.example, not by the strategy: the places there were "
        "taken 100% of the time, and it computed 0% of the time."
    )


def test_a_full_host_is_told_without_a_strategy_with_one_in_flight() -> None:
    """Its places are full whatever the server does: only whether more would help is unknown."""
    mine = run(in_waves(10, 2), per_host=2)
    assert why(mine, reference=mine).limit is Limit.PER_HOST


def test_a_full_host_where_fetches_take_longer_may_have_enough() -> None:
    found = why(run(in_waves(10, 2, each=2.0), per_host=2), reference=alone([1.0] * 10))
    assert found.limit is Limit.PER_HOST
    assert limits(found).endswith(
        "; each fetch took 2.0× as long as with one in flight, so more places there may not help."
    )


def test_the_pace_of_one_host_is_its_limit() -> None:
    mine = run(in_waves(10, 2), hosts={"a.example": Pace(per_host=2)})
    assert why(mine).limit is Limit.PER_HOST
    mine = run(in_waves(10, 2), per_host=2, hosts={"a.example": Pace(per_host=5)})
    assert why(mine).limit is None  # held down by something, and not by that


@pytest.mark.parametrize(
    ("mine", "limit"),
    [
        (run(in_waves(10, 1), per_host=2), Limit.CONCURRENCY),  # one after another by nature
        (run(in_waves(10, 1), per_host=1), Limit.PER_HOST),
        (run(in_waves(10, 2), per_host=2, concurrency=2), Limit.PER_HOST),
        (run(in_waves(10, 2), per_host=3, concurrency=2), Limit.CONCURRENCY),
        (run(in_waves(10, 5), per_host=2), None),  # not heeded
        (run([(0.0, 9.0), (0.0, 9.0), (9.0, 9.5)], per_host=2), None),  # the slowest, not the place
        (run(in_waves(10, 2), per_host=2, cpu=3.0), None),  # places full by computing, perhaps
        (run([(0.0, 1.0)], per_host=1), Limit.NETWORK),
    ],
)
def test_per_host_is_named_only_where_places_are_wanted(mine: Record, limit: Limit | None) -> None:
    assert why(mine).limit is limit


def test_many_hosts_that_are_never_full_are_not_named() -> None:
    hosts = [f"h{i % 5}.example" for i in range(20)]
    found = why(run(in_waves(20, 4), per_host=2, concurrency=4), urls_of(*hosts))
    assert found.limit is Limit.CONCURRENCY


# --- delay ---


def test_a_host_that_is_asked_one_delay_after_the_other_is_named() -> None:
    hosts = ["b.example", *["a.example"] * 10]
    spans = [(0.0, 1.0), *paced(10, 2.0, 0.5)]
    found = why(run(spans, delay=2), urls_of(*hosts))
    assert (found.limit, found.evidence) == (Limit.DELAY, Evidence.AT_THE_DELAY)
    assert limits(found) == (
        "mine is limited by delay=2 at a.example, not by the strategy: the delays there take up "
        "100% of the time, and it computed 0% of the time."
    )


@pytest.mark.parametrize(
    ("mine", "limit"),
    [
        (run(paced(10, 1.0, 1.0), delay=0.25), Limit.CONCURRENCY),
        (run(paced(10, 0.5, 0.1), delay=1), None),  # not heeded
        (run(paced(10, 1.0, 0.1), delay=1, hosts={"a.example": Pace(delay=0)}), None),
        (run(paced(10, 1.0, 0.25), delay=1, per_host=1), Limit.DELAY),
        (run(paced(10, 1.0, 1.0), delay=0.75, per_host=1), Limit.PER_HOST),
    ],
)
def test_a_delay_is_named_only_where_it_is_what_is_waited_for(
    mine: Record, limit: Limit | None
) -> None:
    assert why(mine).limit is limit


# --- retries ---


def retried(spans: Spans, *waits: float) -> Record:
    """A run whose first URL was tried at once, and again after these waits; a second each."""
    first, *others = spans
    moments = [first[0] - sum(waits[i:]) - (len(waits) - i) for i in range(len(waits))]
    earlier = tuple(
        Attempt(status_code=503, started=start, finished=start + 1, waited=wait)
        for start, wait in zip(moments, waits, strict=True)
    )
    outcome = attrs.evolve(
        response("0", 0, started=first[0], finished=first[1]),
        earlier=earlier,
        attempts=len(waits) + 1,
    )
    rest = [response(str(i), i, started=a, finished=b) for i, (a, b) in enumerate(others, 1)]
    elapsed = max(end for _, end in spans)
    return record([outcome, *rest], round=0, elapsed=elapsed, options=Options(retry=3))


def test_a_run_that_waits_to_try_again_with_nothing_in_flight_is_limited_by_its_retries() -> None:
    found = why(retried([(10.0, 11.0), (0.0, 1.0)], 9.0))
    assert found.limit is Limit.RETRIES
    assert limits(found) == (
        "mine is limited by its retries: 82% of the time, 9.00 s in a run, nothing was in flight "
        "until something was tried again."
    )


def test_who_fetches_meanwhile_does_not_wait_for_a_retry() -> None:
    others = [(float(i), i + 1.0) for i in range(10)]
    assert why(retried([(10.0, 11.0), *others], 9.0)).limit is Limit.CONCURRENCY


def test_all_tries_are_in_flight_and_belong_to_the_time_of_a_fetch() -> None:
    mine = retried([(4.0, 5.0), (0.0, 1.0)], 3.0)
    found = why(mine)
    assert (mine.busy, mine.peak_in_flight, mine.retries) == (3.0, 2, 1)
    assert (found.in_flight, found.time_per_fetch, found.turn) == (3 / 5, 1.5, 0.0)


# --- a sweep ---


def level(concurrency: int, mine: Record, gain: float = 1.0) -> Level:
    found = why(mine)
    rps = found.urls / mine.elapsed
    return Level(concurrency=concurrency, why=found, requests_per_second=rps, gain=gain)


def test_a_level_beyond_what_the_options_allow_is_not_limited_by_its_concurrency() -> None:
    levels = [
        level(1, run(in_waves(10, 1), per_host=2, concurrency=1)),
        level(2, run(in_waves(10, 2), per_host=2, concurrency=2), 2.0),
        level(4, run(in_waves(10, 2), per_host=2, concurrency=4)),
    ]
    found = ceilings(levels)
    assert [c.limit for c in found] == [Limit.CONCURRENCY, Limit.PER_HOST, Limit.PER_HOST]
    assert [c.by_options for c in found[1:]] == [2.0, 2.0]


def test_a_level_at_its_rate_is_no_crowded_server() -> None:
    levels = [
        level(1, run(in_waves(40, 1), rate=4, concurrency=1)),
        level(8, run(paced(40, 0.25, 2.0), rate=4, concurrency=8), 3.0),
        level(16, run(paced(40, 0.25, 2.0), rate=4, concurrency=16)),
    ]
    found = ceilings(levels)
    assert [c.limit for c in found] == [Limit.CONCURRENCY, Limit.RATE, Limit.RATE]
    assert str(found[1].by_server) == "nan"


# --- for real ---


def test_the_limits_of_real_runs_are_named(local: LocalServer) -> None:
    urls = local.urls(12, "/delay/0.03")
    for options, limit in (
        (Options(per_host=2), Limit.PER_HOST),
        (Options(delay=0.05), Limit.DELAY),
        (Options(rate=40), Limit.RATE),
    ):
        comparison = Runner(urls, options, rounds=1).compare(fetch_threaded, fetch_async)
        for name in comparison.strategies:
            unless_busy(comparison.why(name).limit is limit, comparison)
            assert "More in flight would help" not in limits(comparison.why(name))
        assert [note.fact for note in comparison.notes if "ignores" in note.fact] == []
