"""Whether a strategy keeps to the limits that are set: told by its times, or said to be unknown."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import attrs
import pytest
from fakes import failure, record, response
from hypothesis import given
from hypothesis import strategies as st
from pace import unless_busy

from concurrent_fetch import (
    Attempt,
    FailureKind,
    Options,
    Outcome,
    Pace,
    Retry,
    Row,
    Runner,
    fetch_async,
    fetch_sync,
    fetch_threaded,
)
from concurrent_fetch.analysis import Record
from concurrent_fetch.analysis._heeding import _burst, notes_on_heeding
from concurrent_fetch.clients import requests_client
from concurrent_fetch.server import LocalServer

FEED = "pull from feed_of(urls, options)"


def run(spans: list[tuple[float, float]], **options: Any) -> Record:
    outcomes = [response(str(i), i, started=a, finished=b) for i, (a, b) in enumerate(spans)]
    return record(outcomes, options=Options(**options))


def noted(mine: Record, *hosts: str) -> list[str]:
    n = len(mine.columns["started"])
    urls = [f"http://{host}/{i}" for i, host in enumerate(hosts or ["a.example"] * n)]
    return [str(note) for note in notes_on_heeding([mine], urls)]


def starting(*moments: float, each: float = 0.01, **options: Any) -> Record:
    return run([(moment, moment + each) for moment in moments], **options)


def ignored(what: str, advice: str = FEED) -> list[str]:
    return [f"mine: ignores {what}; {advice}"]


def test_more_at_one_host_than_are_allowed_is_noted() -> None:
    mine = run([(0.0, 1.0)] * 20, per_host=2)
    assert noted(mine) == ignored("per_host=2: 20 fetches of a.example were in flight at once")
    hosts = ["a.example"] * 3 + [f"h{i}.example" for i in range(17)]
    assert noted(mine, *hosts) == ignored(
        "per_host=2: 3 fetches of a.example were in flight at once"
    )
    assert noted(mine, *["a.example", "b.example"] * 2, *(f"h{i}.example" for i in range(16))) == []


def test_each_host_has_its_own_pace() -> None:
    paces = {"a.example": Pace(per_host=20, delay=0), "b.example": Pace(per_host=1)}
    mine = run([(0.0, 1.0)] * 4, per_host=2, delay=1, hosts=paces)
    assert noted(mine) == []
    assert noted(mine, *["b.example"] * 4) == [
        *ignored("per_host=1: 4 fetches of b.example were in flight at once"),
        *ignored("delay=1: 3 of 4 starts at b.example came too close"),
    ]


def test_starts_that_come_too_close_are_noted() -> None:
    assert noted(starting(0.0, 0.1, 0.2, 0.7, delay=0.5)) == ignored(
        "delay=0.5: 2 of 4 starts at a.example came too close"
    )
    assert noted(starting(0.0, 0.5, 1.0, 1.46, delay=0.5)) == []  # a clock that was read late
    assert noted(starting(0.0, 0.0, delay=0.5), "a.example", "b.example") == []


def test_one_start_of_many_that_comes_too_close_is_an_accident() -> None:
    moments = [float(i) for i in range(20)]
    assert noted(starting(*moments, 19.1, delay=1)) == []


def test_more_starts_than_the_rate_allows_are_noted_with_their_time() -> None:
    moments = [i / 10 for i in range(20)] + [2.0 + i / 100 for i in range(20)]
    assert noted(starting(*moments, rate=10)) == ignored(
        "rate=10: 20 fetches were started within 190 ms"
    )
    assert noted(starting(*moments[:20], rate=10)) == []
    assert noted(starting(*(i / 10.5 for i in range(20)), rate=10)) == []
    (lasting,) = noted(starting(*(i / 13 for i in range(40)), rate=10))
    assert "rate=10: 40 fetches were started within 3.00 s" in lasting


def test_a_rate_that_is_caught_up_is_heeded() -> None:
    """A wake-up that comes late costs no starts: up to a tenth of a second is caught up."""
    moments = [0.0, *(0.1 + i / 1000 for i in range(20)), *(0.2 + i / 200 for i in range(50))]
    assert noted(starting(*moments, rate=200)) == []


@given(st.lists(st.integers(0, 40), min_size=1, max_size=12), st.integers(1, 8))
def test_the_worst_burst_is_that_of_all_windows(moments: list[int], rate: int) -> None:
    starts = sorted(m / 8 for m in moments)
    windows = [
        (j - i + 1 - rate * (starts[j] - starts[i]))
        for j in range(len(starts))
        for i in range(j + 1)
    ]
    excess, first, last = _burst(starts, rate)
    assert excess == max(windows)
    assert last - first + 1 - rate * (starts[last] - starts[first]) == excess


def failing(*, retry: Any = 3, deadline: float | None = None, **facts: Any) -> Record:
    outcome: Outcome = failure("0", 0, started=0.0, finished=1.0, kind=FailureKind.TIMEOUT)
    outcomes = [attrs.evolve(outcome, **facts), response("1", 1)]
    return record(outcomes, options=Options(retry=retry, deadline=deadline))


def answered(status: int, earlier: tuple[Attempt, ...] = ()) -> Record:
    outcome = attrs.evolve(
        response("0", 0, status_code=status), earlier=earlier, attempts=1 + len(earlier)
    )
    return record([outcome, response("1", 1)], options=Options(retry=3))


TRIED = (Attempt(status_code=503, started=0.0, finished=1.0, waited=1.0),)


def test_what_is_to_be_tried_again_and_was_not_is_noted() -> None:
    said = ignored("retry: 1 outcome that should have been tried again came back after one try")
    assert noted(failing()) == said


@pytest.mark.parametrize(
    "mine",
    [
        failing(kind=FailureKind.DNS),  # is not tried again
        failing(attempts=2),  # by its own means
        failing(retry=1),
        failing(retry=None),
        failing(retry=Retry(timeout=1.2)),  # there was no time for it
        failing(deadline=1.2),
        failing(retry=Retry(on=lambda _: True)),  # who knows
        answered(503),  # any status may have asked for more time than there is
        answered(500),
        answered(500, TRIED),
    ],
)
def test_what_may_have_been_final_is_not_held_against_anybody(mine: Record) -> None:
    assert noted(mine) == []


def test_a_refusal_that_another_strategy_tried_again_is_held_against_who_did_not() -> None:
    urls = ["http://a.example/0", "http://a.example/1"]
    checks = [answered(503, TRIED), attrs.evolve(answered(503), strategy="other")]
    (note,) = notes_on_heeding(checks, urls)
    assert (note.strategy, note.fact.partition(":")[0]) == ("other", "ignores retry")


def test_what_goes_on_after_the_deadline_is_noted_and_what_is_given_up_is_not() -> None:
    spans = [(0.0, 1.0), (0.5, 1.2), (0.5, 3.0)]
    session = "fetch through client.session(options), which heeds it"
    assert noted(run(spans, deadline=1)) == ignored(
        "deadline=1: 1 fetch went on after it, the last until 3.00 s after the start of the run",
        session,
    )
    given_up = failure("0", started=0.5, finished=3.0, kind=FailureKind.CANCELLED)
    assert noted(record([given_up], options=Options(deadline=1))) == []


def test_what_is_let_through_to_be_given_up_breaks_no_limit() -> None:
    left = [(1.0, 1.001)] * 20
    assert noted(run([(0.0, 0.9), *left], per_host=1, rate=1, delay=1, deadline=1)) == []


def test_of_values_without_times_it_cannot_be_seen() -> None:
    values = record([Row(status_code=200)] * 2, options=Options(per_host=2, rate=200, retry=3))
    unknown = "whether it heeds per_host=2, rate=200, retry cannot be seen without times of its "
    assert noted(values) == [f"mine: {unknown}fetches; {FEED}"]
    assert noted(record([Row(status_code=200)])) == []


def test_ten_thousand_urls_are_looked_at_in_no_time() -> None:
    n = 10_000
    options = {"per_host": 2, "delay": 0.1, "rate": 1000, "retry": 3}
    mine = run([(i / 1000, i / 1000 + 0.1) for i in range(n)], **options)
    urls = [f"http://h{i % 1000}.example/{i}" for i in range(n)]
    start = time.process_time()
    notes_on_heeding([mine, mine, mine], urls)
    assert time.process_time() - start < 1.0


# --- for real ---


def heedless(urls: list[str], options: Options) -> list[Outcome]:
    """Fetches in threads of its own, all at once."""
    with requests_client.session(options) as get, ThreadPoolExecutor(len(urls)) as pool:
        return list(pool.map(get, urls, range(len(urls))))


def test_the_built_in_strategies_heed_what_one_of_ones_own_ignores(local: LocalServer) -> None:
    options = Options(per_host=2, rate=100)
    comparison = Runner(local.urls(12, "/delay/0.03"), options, rounds=1).compare(
        fetch_sync, fetch_threaded, fetch_async, heedless
    )
    ignoring = {note.strategy for note in comparison.notes if "ignores" in note.fact}
    assert ignoring == {"heedless"}
    assert any("ignores per_host=2: " in note.fact for note in comparison.notes)


def test_a_run_that_ends_at_its_deadline_is_other_work_than_one_that_does_not(
    local: LocalServer,
) -> None:
    urls = local.urls(20, "/delay/0.04")
    runner = Runner(urls, Options(deadline=0.5), rounds=1)
    comparison = runner.compare(fetch_async, fetch_sync)
    reasons = comparison.reasons_against("fetch_sync")
    unless_busy(reasons[0].endswith(": cancelled against 200"), reasons)
    assert "ignores" not in str(comparison)
    ignoring = Runner(urls, Options(deadline=0.05), rounds=1).compare(going_on)
    assert [note.fact.partition(":")[0] for note in ignoring.notes] == ["ignores deadline=0.05"]


def going_on(urls: list[str], options: Options) -> list[Outcome]:
    """Fetches one after another, and knows of no deadline."""
    return list(fetch_sync(urls, attrs.evolve(options, deadline=None)))
