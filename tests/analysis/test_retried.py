"""What trying again does to a comparison: noted, and beyond some bounds not comparable."""

from collections.abc import Callable
from itertools import count
from typing import Any

import attrs
import pytest
from fakes import Clock, record, response, taking

from concurrent_fetch import (
    Attempt,
    Comparison,
    Options,
    Outcome,
    Pace,
    Retry,
    Runner,
    fetch_async,
    fetch_sync,
)
from concurrent_fetch.analysis import Record
from concurrent_fetch.analysis._retried import idle_in, notes_on_stale, notes_on_tries, too_idle
from concurrent_fetch.server import LocalServer

URLS = [f"http://a.example/{i}" for i in range(100)]

Answer = Callable[..., Outcome]


def tried_before(outcome: Outcome, *, waited: float, times: int = 1, sent: int = 0) -> Outcome:
    """An outcome whose earlier tries took no time, with equal waits until it."""
    start = outcome.timing.started
    moments = [start - waited * (times - i) for i in range(times)]
    earlier = tuple(
        Attempt(status_code=503, started=moment, finished=moment, waited=waited)
        for moment in moments
    )
    return attrs.evolve(outcome, earlier=earlier, attempts=times + 1 + sent)


def retrying(places: int, *, runs: set[int] | None = None, waited: float = 0.0) -> Answer:
    """Answer the first places at the second try; 0 is the check run, None all runs."""
    calls = count()

    def answer(url: str, index: int, **times: Any) -> Outcome:
        number = next(calls) // len(URLS)
        found = response(url, index, **times)
        again = index < places and (runs is None or number in runs)
        return tried_before(found, waited=waited) if again else found

    return answer


def compared(mine: Answer, reference: Answer = response, rounds: int = 10) -> Comparison:
    clock = Clock()
    options = Options(retry=3)
    return Runner(URLS, options, rounds=rounds, seed=1, clock=clock).compare(
        reference=taking(clock, 8.0, answer=reference), mine=taking(clock, 2.0, answer=mine)
    )


def test_what_was_tried_again_is_noted_of_the_run_with_the_most() -> None:
    comparison = compared(retrying(1, waited=0.0))
    (note,) = [n for n in comparison.notes if "tried again" in n.fact]
    assert (note.strategy, note.fact) == (
        "mine",
        "1 of 100 URLs were tried again in one run and waited 0 s in all",
    )
    assert comparison.reasons_against("mine") == ()
    header = str(comparison).splitlines()[1]
    assert header.split()[-2:] == ["retries", "verdict"]


def test_the_note_adds_up_the_waiting_of_a_run() -> None:
    outcomes = [tried_before(response("0", 0), waited=0.75, times=2), response("1", 1)]
    again = [record(outcomes), record([response("0", 0), response("1", 1)])]
    (note,) = notes_on_tries(again)
    assert note.fact == "1 of 2 URLs were tried again in one run and waited 1.50 s in all"
    assert notes_on_tries(again[1:]) == notes_on_tries([]) == []


def test_a_request_that_was_sent_again_on_a_stale_connection_is_no_retry() -> None:
    outcomes = [tried_before(response(str(i), i), waited=0.0, times=2, sent=i) for i in range(3)]
    (note,) = notes_on_stale([record(outcomes)])
    assert note.fact == "3 requests had to be sent again, on a new connection"
    assert notes_on_stale([record(outcomes[:1])]) == []


def test_more_tries_than_the_reference_took_are_other_work() -> None:
    comparison = compared(retrying(2))
    assert comparison.reasons_against("mine") == ("it took 102 tries where reference took 100",)
    assert comparison.marked == {}  # the others can be compared all the same
    fewer = compared(response, retrying(2))
    assert fewer.reasons_against("mine") == ("it took 100 tries where reference took 102",)


def test_as_many_tries_are_the_same_work() -> None:
    comparison = compared(retrying(9), retrying(9))
    assert comparison.reasons_against("mine") == ()
    assert comparison.speedup("mine").point == 4.0


def test_a_round_with_more_tries_is_left_out() -> None:
    comparison = compared(retrying(2, runs={3}))
    assert comparison.marked == {2: "mine took 102 tries where reference took 100"}
    assert comparison.reasons_against("mine") == ()


def waiting(*waits: float, others: int = 0, **options: Any) -> Record:
    """One URL that is answered at once after each of the waits; others take a second, in turn."""
    end = sum(waits)
    outcome = response("0", 0, started=end, finished=end)
    moments = [sum(waits[:i]) for i in range(len(waits))]
    earlier = tuple(
        Attempt(status_code=503, started=moment, finished=moment, waited=wait)
        for moment, wait in zip(moments, waits, strict=True)
    )
    rest = [response(str(i), i, started=i - 1.0, finished=float(i)) for i in range(1, others + 1)]
    made = Options(retry=9, **options)
    elapsed = max(end, others, 1.0)
    return record([attrs.evolve(outcome, earlier=earlier), *rest], elapsed=elapsed, options=made)


@pytest.mark.parametrize(
    ("mine", "idle"),
    [
        (waiting(), 0.0),
        (waiting(1.0, 2.0), 3.0),
        (waiting(1.0, 2.0, others=2), 1.0),  # of three seconds two were used
        (waiting(1.0, 2.0, others=5), 0.0),
        (waiting(1.0, 2.0, delay=0.5), 2.0),  # which would have been waited for anyway
        (waiting(1.0, 2.0, rate=2), 2.0),
        (waiting(0.5, 0.5, delay=0.5), 0.0),
    ],
)
def test_a_run_is_idle_where_nothing_is_in_flight_until_something_is_tried_again(
    mine: Record, idle: float
) -> None:
    assert idle_in(mine) == idle


@pytest.mark.parametrize(("wait", "idle"), [(0.25, 0.0), (0.125, 0.0), (1.0, 0.75)])
def test_what_passes_between_any_two_fetches_is_no_waiting(wait: float, idle: float) -> None:
    """Of three, a quarter of a second apart; the last is tried again."""
    one, two = (response(str(i), i, started=1.25 * i, finished=1.25 * i + 1) for i in range(2))
    before = Attempt(status_code=503, started=2.5, finished=3.0, waited=wait)
    last = response("2", 2, started=3.0 + wait, finished=4.0 + wait)
    mine = record([one, two, attrs.evolve(last, earlier=(before,))], elapsed=4.0 + wait)
    assert idle_in(mine) == idle


def test_the_longest_delay_of_any_host_is_no_waiting_to_try_again() -> None:
    mine = waiting(1.0, 2.0)
    hosts = {"b.example": Pace(delay=1)}
    assert idle_in(attrs.evolve(mine, options=Options(retry=9, hosts=hosts))) == 1.0


def test_waiting_for_more_than_a_twentieth_of_the_time_is_not_comparable() -> None:
    busy = attrs.evolve(waiting(), elapsed=17.0)
    assert too_idle([waiting(1.0), busy]) == (
        "for 6% of its time it did nothing but wait to try again; compare with retry=None, or with "
        "shorter waits"
    )
    assert too_idle([waiting(1.0), attrs.evolve(busy, elapsed=19.0)]) is None


# --- for real ---


def test_strategies_that_only_wait_are_not_compared(local: LocalServer) -> None:
    """Each has three tries, and of each it is mostly the waits that are measured."""
    urls = [*local.urls(1), local.url("/status/503")]
    options = Options(retry=Retry(wait_initial=0.2))
    comparison = Runner(urls, options, rounds=1).compare(fetch_sync, fetch_async)
    for name in comparison.strategies:
        assert "nothing but wait to try again" in comparison.reasons_against(name)[0]
        assert comparison.why(name).limit == "retries"
    assert {n.fact.partition(" in one run")[0] for n in comparison.notes} == {
        "1 of 2 URLs were tried again"
    }
