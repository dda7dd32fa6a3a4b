"""Runs of outcomes from anywhere: `Run.of`, what it makes of them and what it refuses."""

from collections.abc import AsyncIterator, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from time import perf_counter
from typing import Any

import attrs
import pytest
from fakes import failure, response

from concurrent_fetch import Options, Outcome, Run, Timing, iter_async, iter_sync, iter_threaded
from concurrent_fetch.server import LocalServer

A, B, C = "http://a.example/", "http://b.example/", "http://c.example/"


def test_outcomes_of_any_iterable_become_a_run_in_url_order() -> None:
    made: list[Outcome] = [
        response(C, 2, started=11.0, finished=14.0),
        response(A, 0, started=10.0, finished=12.5),
        failure(B, 1, started=10.5, finished=15.0),
    ]
    run = Run.of(iter(made))
    assert [outcome.url for outcome in run] == [A, B, C]
    assert (run.elapsed, run.cpu, run.strategy, run.options) == (5.0, 0.0, "outcomes", Options())
    assert Run.of(made).outcomes == Run.of(tuple(made)).outcomes == run.outcomes


def test_its_options_and_its_name_can_be_said() -> None:
    options = Options(secret_params=("code",))
    run = Run.of([response(f"{A}?code=7")], options=options, strategy="mine")
    assert (run.strategy, run.options) == ("mine", options)
    assert run.to_columns()["url"] == [f"{A}?code=***"]


def test_what_is_left_of_a_set_keeps_its_order_and_its_places() -> None:
    assert [o.index for o in Run.of([response(C, 7), response(A, 3)])] == [3, 7]


def test_outcomes_of_several_sets_stay_as_given() -> None:
    made = [response(A, 0), response(B, 1), response(C, 0)]
    assert Run.of(made).outcomes == tuple(made)


def test_no_outcomes_are_a_run_of_no_urls() -> None:
    run = Run.of([])
    assert (len(run), run.elapsed, str(run)) == (0, 0.0, "outcomes: no URLs")
    assert datetime.now(UTC) - run.started_at < timedelta(minutes=1)


def test_it_began_when_its_first_fetch_did() -> None:
    start = perf_counter()
    before = datetime.now(UTC) - timedelta(seconds=100)
    run = Run.of([response(A, started=start - 100, finished=start)])
    assert abs(run.started_at - before) < timedelta(seconds=5)


@pytest.mark.parametrize("moment", [-1e18, -5.0, 1e18])
def test_where_the_clock_is_another_one_it_began_now(moment: float) -> None:
    run = Run.of([response(A, started=moment, finished=moment)])
    assert datetime.now(UTC) - run.started_at < timedelta(minutes=1)


@pytest.mark.parametrize("fetch", [iter_sync, iter_threaded])
def test_a_run_of_what_an_iterator_fetched_is_that_of_the_urls(
    fetch: Any, local: LocalServer
) -> None:
    urls = local.urls(5)
    run = Run.of(fetch(urls))
    assert [outcome.url for outcome in run] == urls
    assert run.elapsed >= max(outcome.elapsed for outcome in run)
    assert run.peak_in_flight >= 1


async def some() -> AsyncIterator[Outcome]:
    yield response(A)


ITERABLE = "outcomes must be an iterable of Response and Failure, got a value of type"
ONLY = "outcomes must be Response and Failure only, and item"
PLAIN = (
    "outcomes must come from a plain iterable, and this is an asynchronous one: write "
    "[outcome async for outcome in it]"
)
OWN = "concurrent_fetch.model._outcome.Response"
REFUSED: dict[str, tuple[Any, str]] = {
    "none": (None, f"{ITERABLE} NoneType"),
    "one": (response(A), f"{ITERABLE} {OWN}; of a single one write [outcome]"),
    "another": ([response(A), timedelta(1)], f"{ONLY} 1 is a value of type datetime.timedelta"),
    "text": ("x", f"{ONLY} 0 is a value of type str"),
    "asynchronous": (some(), PLAIN),
    "iter_async": (iter_async([A]), PLAIN),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_outcome_is_refused_by_place_and_type(case: str) -> None:
    value, message = REFUSED[case]
    with pytest.raises(TypeError) as caught:
        Run.of(value)
    assert str(caught.value) == message


def test_what_is_still_to_be_awaited_is_refused() -> None:
    async def fetched() -> list[Outcome]:
        return [response(A)]

    waiting = fetched()
    with pytest.raises(TypeError, match="this gives them later: await it first"):
        Run.of(waiting)  # type: ignore[arg-type]  # the mistake itself
    waiting.close()


def test_a_field_that_breaks_its_rule_is_named_with_its_place() -> None:
    wrong = attrs.evolve(response(A), timing=Timing(started=2.0, finished=1.0))
    message = r"item 1 cannot be: Timing\.finished must not lie before started, 2\.0, got 1\.0"
    with pytest.raises(ValueError, match=message):
        Run.of([response(A), wrong])


def test_a_generator_is_closed_where_something_in_it_is_refused() -> None:
    closed = []

    def generated() -> Iterator[Outcome]:
        try:
            yield response(A)
            yield None  # type: ignore[misc]  # the mistake itself
            yield response(A)
        finally:
            closed.append(True)

    values: Iterable[Outcome] = generated()
    with pytest.raises(TypeError, match="item 1 is a value of type NoneType"):
        Run.of(values)
    assert closed == [True]
