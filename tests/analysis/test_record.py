"""One run kept as columns: nothing lost but heads and bodies, and small."""

import gc
import pickle
from collections.abc import Sequence
from datetime import UTC, datetime

import attrs
import pytest
from fakes import failure, record, response, tried_before
from hypothesis import given
from hypothesis import strategies as st

from concurrent_fetch import Failure, FailureKind, Headers, Options, Outcome, Response, Run, Timing
from concurrent_fetch.analysis._record import Record, columns_of, interning

seconds = st.floats(-1e9, 1e9)
maybe_seconds = st.none() | seconds
words = st.text(max_size=8) | st.sampled_from([str(kind) for kind in FailureKind])
sizes = st.integers(0, 2**62)

timings = st.builds(
    Timing, started=seconds, sent=maybe_seconds, first_byte=maybe_seconds, finished=seconds
)
common = {
    "url": words,
    "attempts": st.integers(1, 99),
    "timing": timings,
    "worker": words,
    "index": st.just(0),
}
responses = st.builds(
    Response,
    final_url=words,
    status_code=st.integers(100, 599),
    headers=st.just(Headers.from_mapping({"Server": "x"})),
    body=st.binary(max_size=3),
    size=sizes,
    wire_size=st.none() | sizes,
    digest=st.none() | words,
    redirects=st.lists(words, max_size=2).map(tuple),
    http_version=words,
    reused=st.none() | st.booleans(),
    **common,
)
failures = st.builds(
    Failure, kind=st.sampled_from(FailureKind), message=words, error=st.none() | words, **common
)
outcomes_drawn: st.SearchStrategy[Outcome] = responses | failures


def record_of(outcomes: Sequence[Outcome], *, elapsed: float = 2.0) -> Record:
    return record(outcomes, round=3, options=Options(concurrency=7), elapsed=elapsed, cpu=0.5)


def bare(outcome: Outcome) -> Outcome:
    if isinstance(outcome, Failure):
        return outcome
    return attrs.evolve(outcome, headers=Headers(), body=b"")


@given(st.lists(outcomes_drawn, max_size=6))
def test_the_run_comes_back_without_heads_and_bodies_and_otherwise_the_same(
    drawn: list[Outcome],
) -> None:
    outcomes = [attrs.evolve(outcome, index=index) for index, outcome in enumerate(drawn)]
    run = record_of(outcomes).run([outcome.url for outcome in outcomes])
    assert run == Run(
        outcomes=tuple(map(bare, outcomes)),
        strategy="mine",
        options=Options(concurrency=7),
        started_at=datetime(2026, 1, 1, tzinfo=UTC),
        elapsed=2.0,
        cpu=0.5,
    )
    # Equal is not enough: a FailureKind equals its text.
    assert [repr(outcome) for outcome in run] == [repr(bare(outcome)) for outcome in outcomes]


@given(st.lists(outcomes_drawn, max_size=6))
def test_it_pickles(outcomes: list[Outcome]) -> None:
    record = record_of(outcomes)
    assert pickle.loads(pickle.dumps(record)) == record


def test_its_figures_are_those_of_the_run() -> None:
    outcomes: list[Outcome] = [
        response("a", 0, started=1.0, finished=2.0),
        response("b", 1, started=1.5, finished=3.0, status_code=404),
        failure("c", 2, started=2.0, finished=2.5),
    ]
    record = record_of(outcomes)
    run = record.run(["a", "b", "c"])
    assert record.results == ["200", "404", "timeout"]
    assert record.failures == len(run.failures) == 1
    assert record.busy == 3.0
    assert record.in_flight == run.mean_in_flight == 1.5
    assert record.peak_in_flight == run.peak_in_flight == 2


def test_a_run_that_took_no_time_had_nothing_in_flight() -> None:
    assert record_of([], elapsed=0.0).in_flight == 0.0


def test_a_column_holds_none_where_a_fact_does_not_apply() -> None:
    record = record_of([response("a"), failure("b", 1)])
    assert record.column("status_code") == [200, None]
    assert record.column("kind") == [None, FailureKind.TIMEOUT]
    assert record.column("sent") == [None, None]
    assert record.column("worker") == ["MainThread", "MainThread"]


def test_equal_values_of_all_runs_are_one_object() -> None:
    intern = interning()
    first, second = (
        columns_of([response(f"http://host/{round_ - round_}")], intern) for round_ in (1, 2)
    )
    assert first["final_url"][0] is second["final_url"][0]


def test_a_further_run_of_20_000_urls_takes_less_than_200_bytes_for_each() -> None:
    urls = [f"http://host.example/{i}" for i in range(20_000)]

    def outcomes() -> list[Outcome]:
        return [response(f"{url}", index, digest=f"{index:064}") for index, url in enumerate(urls)]

    intern = interning()
    first = columns_of(outcomes(), intern)  # brings the values that all runs share
    gc.collect()
    tracemalloc = pytest.importorskip("tracemalloc")  # PyPy has none
    tracemalloc.start()
    second = columns_of(outcomes(), intern)
    gc.collect()
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert first == second
    assert kept / len(urls) < 200


def test_each_try_is_in_flight_and_no_wait_is() -> None:
    last = response(
        "http://a.example/", started=10.0, finished=11.0
    )  # tries from 7.5 and from 8.75 on
    again = tried_before(last, 503, 503)
    plain = response("http://b.example/", 1, started=8.75, finished=9.75)
    found = record([again, plain], elapsed=5.0)
    assert (found.busy, found.in_flight, found.peak_in_flight) == (2.5, 0.5, 2)
    assert list(found.retried) == [0]
