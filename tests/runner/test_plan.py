"""How many requests there will be, before any is sent."""

from typing import Any

import pytest
from fakes import answers

from concurrent_fetch import (
    Options,
    Pace,
    Retry,
    Runner,
    fetch_async,
    fetch_sync,
    fetch_threaded,
    with_options,
)
from concurrent_fetch.runner._plan import Plan, hosts_of
from concurrent_fetch.server import LocalServer


def test_every_run_of_every_strategy_counts() -> None:
    urls = ["http://a.example/1", "http://a.example/2", "https://b.example:8443/"]
    plan = Runner(urls, rounds=(10, 20)).plan(fetch_sync, fetch_async)
    assert (plan.urls, plan.runs, plan.requests) == (3, 2 * 22, 132)
    assert plan.strategies == ("fetch_sync", "fetch_async")
    assert plan.hosts == {"a.example": 2, "b.example:8443": 1}


def test_it_is_what_the_server_gets(local: LocalServer) -> None:
    runner = Runner([*local.urls(3), "nonsense"], rounds=2)
    plan = runner.plan(fetch_sync, fetch_threaded)
    assert local.stats().requests == 0
    runner.compare(fetch_sync, fetch_threaded)
    assert local.stats().requests == plan.requests == 3 * 2 * 4


def test_the_most_in_flight_is_that_of_the_strategy_with_the_most() -> None:
    runner = Runner(["http://a.example/"], Options(concurrency=5))
    assert runner.plan(answers, eight=with_options(answers, concurrency=8)).in_flight == 8


def test_it_is_told_in_a_line() -> None:
    hosts = {"d.example": 1, "c.example": 2, "b.example": 3, "a.example": 1994}
    plan = Plan(strategies=("one",), rounds=10, hosts=hosts, in_flight=20)
    assert str(plan) == (
        "at most 24,000 requests to a.example (23,928), b.example (36), c.example (24), "
        "1 host more: 2,000 URLs × 1 strategy × 12 runs (2 of them untimed), up to 20 in flight"
    )


def test_a_run_alone_says_nothing_of_untimed_ones() -> None:
    plan = Plan(strategies=("one",), rounds=1, untimed=0, hosts={"a.example": 3}, in_flight=20)
    assert str(plan) == (
        "at most 3 requests to a.example (3): 3 URLs × 1 strategy × 1 run, up to 20 in flight"
    )


URLS = [f"http://a.example/{i}" for i in range(1000)]


@pytest.mark.parametrize(
    ("retry", "retries"),
    [
        (None, 0),
        (1, 0),
        (3, 210),  # ten, and a fifth of the URLs
        (Retry(budget=0), 10),
        (Retry(budget=100), 2000),  # two more tries of each
        (Retry(attempts=2, budget=0.5), 510),
    ],
)
def test_what_may_be_tried_again_counts(retry: Any, retries: int) -> None:
    plan = Runner(URLS, Options(retry=retry)).plan(fetch_sync)
    assert (plan.retries, plan.requests) == (retries, 12 * (1000 + retries))


def test_each_strategy_may_try_again_as_its_own_options_say() -> None:
    runner = Runner(URLS, Options(retry=3), rounds=2)
    plan = runner.plan(fetch_sync, once=with_options(fetch_sync, retry=None))
    assert (plan.retries, plan.requests) == (210, 2 * 4 * 1000 + 4 * 210)


def test_what_is_tried_again_needs_to_be_allowed(local: LocalServer) -> None:
    options = Options(retry=Retry(attempts=2, wait_initial=0.01))
    urls = [local.url("/status/503")] * 5
    with pytest.raises(ValueError, match=r"is too few: at most 10 requests .* and 5 tries more,"):
        Runner(urls, options, max_requests=9).run(fetch_sync)
    assert local.stats().requests == 0
    Runner(urls, options, max_requests=10).run(fetch_sync)
    assert local.stats().requests == 10


@pytest.mark.parametrize(
    ("options", "pace"),
    [
        (Options(), 0.0),
        (Options(per_host=1), 0.0),
        (Options(rate=10), 99.9),
        (Options(delay=0.5), 499.5),
        (Options(delay=0.5, rate=1), 999.0),
        (Options(delay=0.5, hosts={"a.example": Pace(delay=2)}), 1998.0),
        (Options(delay=0.5, deadline=60), 60.0),
    ],
)
def test_it_says_how_long_rate_and_delay_make_it(options: Options, pace: float) -> None:
    plan = Runner([*URLS, "nonsense"], options, rounds=1).plan(fetch_sync)
    assert plan.pace == pytest.approx(pace)
    assert plan.least == pytest.approx(3 * pace)


def test_retries_and_the_time_are_told_in_the_line() -> None:
    plan = Runner(URLS[:3], Options(retry=3, rate=2), rounds=1).plan(fetch_sync)
    assert str(plan) == (
        "at most 27 requests to a.example (9): 3 URLs × 1 strategy × 3 runs (2 of them untimed) "
        "and 18 tries more, up to 20 in flight, in 3.00 s or more"
    )


def test_what_would_send_more_than_allowed_is_refused_before_anything_is_sent(
    local: LocalServer,
) -> None:
    runner = Runner(local.urls(3), rounds=2, max_requests=11)
    with pytest.raises(ValueError, match="max_requests=11 is too few: at most 12 requests to"):
        runner.compare(fetch_sync)
    assert Runner(local.urls(3), max_requests=3).run(fetch_sync)
    with pytest.raises(ValueError, match="max_requests=2 is too few: at most 3 requests"):
        Runner(local.urls(3), max_requests=2).run(fetch_sync)
    assert local.stats().requests == 3


@pytest.mark.parametrize(
    ("value", "error", "message"),
    [
        (0, ValueError, "max_requests must be at least 1, or None for any number, got 0"),
        (1.5, TypeError, "max_requests must be an int, or None for any number, got 1.5"),
        (True, TypeError, "max_requests must be an int"),
    ],
)
def test_a_wrong_allowance_is_refused(value: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        Runner(["http://a.example/"], max_requests=value)


@pytest.mark.parametrize(
    ("url", "is_local"),
    [
        ("http://127.0.0.1:8000/", True),
        ("http://127.8.8.8/", True),
        ("http://[::1]:80/", True),
        ("http://[::1]:8080/", True),
        ("http://localhost/", True),
        ("https://LOCALHOST:1/", True),
        ("http://me.localhost/", True),
        ("http://localhost.example/", False),
        ("http://example.com/", False),
        ("http://10.0.0.1/", False),
        ("http://[2001:db8::1]/", False),
    ],
)
def test_this_machine_is_told_from_others(url: str, is_local: bool) -> None:
    plan = Plan(strategies=("one",), rounds=1, hosts=hosts_of([url]), in_flight=1)
    assert len(plan.hosts) == 1
    assert plan.is_local is is_local


def test_one_host_elsewhere_is_enough() -> None:
    hosts = {"localhost": 9, "example.com": 1}
    assert not Plan(strategies=("one",), rounds=1, hosts=hosts, in_flight=1).is_local


def test_user_info_is_hidden_and_what_cannot_be_sent_is_left_out() -> None:
    assert hosts_of(["http://me:secret@a.example/", "nonsense", "ftp://b.example/"]) == {
        "a.example": 1
    }
