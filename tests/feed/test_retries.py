"""Which outcomes are tried again, when, and what is told of the tries: without clock and chance."""

from collections.abc import Iterable

import attrs
import pytest
from fakes import failure, response

from concurrent_fetch import (
    Failure,
    FailureKind,
    Feed,
    Headers,
    Job,
    Options,
    Outcome,
    Response,
    Retry,
    Timing,
    Wait,
    feed_of,
)
from concurrent_fetch.clients import requests_client
from concurrent_fetch.feed._retries import Retries, Verdict, wait_asked_for
from concurrent_fetch.server import LocalServer

URL = "http://a.example/"
FINAL = Verdict()
EVEN = Retry(attempts=5, wait_jitter=0.0)


def status(code: int, **headers: str) -> Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    plain = response(URL, status_code=code)
    return attrs.evolve(plain, headers=Headers.from_mapping(named))


def verdict_of(outcome: Outcome, retry: Retry = EVEN, tries: int = 0) -> Verdict:
    """What is decided on one outcome of a job that was tried so often before."""
    retries, job = Retries(retry, chance=lambda: 0.0), Job(0, URL)
    job.tries = tries
    return retries.decide(job, outcome, is_concerned=retries.concerns(outcome))


def waits(retry: Retry, outcomes: Iterable[Outcome], chance: float = 0.0) -> list[float | None]:
    """The wait after each try of one job."""
    retries, job = Retries(retry, chance=lambda: chance), Job(0, URL)
    found: list[float | None] = []
    for outcome in outcomes:
        again = retries.decide(job, outcome, is_concerned=retries.concerns(outcome)).again
        found.append(again)
        job.tries += 1
    return found


def take(feed: Feed, now: float) -> Job:
    job = feed.take(now)
    assert isinstance(job, Job)
    return job


@pytest.mark.parametrize("code", [408, 429, 500, 502, 503, 504])
def test_a_status_that_may_be_better_the_next_time_is_tried_again(code: int) -> None:
    assert verdict_of(status(code)).again == 0.5


@pytest.mark.parametrize("code", [200, 204, 301, 400, 401, 403, 404, 410, 501, 505, 522])
def test_any_other_status_is_final(code: int) -> None:
    assert verdict_of(status(code)) == FINAL


def test_failures_that_may_be_better_the_next_time_are_tried_again() -> None:
    again = {kind for kind in FailureKind if verdict_of(failure(URL, kind=kind)).again is not None}
    assert again == {"connect", "timeout", "disconnected", "incomplete"}


def test_kinds_and_statuses_can_be_named() -> None:
    retry = Retry(on={"dns", 404}, wait_jitter=0.0)
    assert verdict_of(failure(URL, kind=FailureKind.DNS), retry).again == 0.5
    assert verdict_of(status(404), retry).again == 0.5
    assert verdict_of(status(503), retry) == FINAL
    assert verdict_of(failure(URL), retry) == FINAL


def test_a_function_decides_on_the_outcome() -> None:
    retry = Retry(on=lambda outcome: outcome.ok and b"blocked" in outcome.body)
    blocked = attrs.evolve(status(200), body=b"you are blocked")
    assert verdict_of(blocked, retry).again is not None
    assert verdict_of(status(503), retry) == FINAL


def test_what_was_stopped_is_never_tried_again_whatever_a_function_says() -> None:
    stopped = failure(URL, kind=FailureKind.CANCELLED)
    assert verdict_of(stopped, Retry(on=lambda _: True)) == FINAL


def test_each_wait_is_twice_the_one_before_up_to_the_longest() -> None:
    retry = Retry(attempts=6, wait_initial=0.5, wait_max=3.0, wait_jitter=0.0)
    assert waits(retry, [status(500)] * 6) == [0.5, 1.0, 2.0, 3.0, 3.0, None]


def test_no_number_of_tries_is_too_large_for_it() -> None:
    assert verdict_of(status(500), Retry(attempts=10**6), tries=10_000).again == 30.0


def test_chance_takes_off_no_more_than_the_jitter() -> None:
    retry = Retry(attempts=3, wait_initial=1.0, wait_jitter=0.25)
    assert waits(retry, [status(500)] * 2, chance=0.0) == [1.0, 2.0]
    assert waits(retry, [status(500)] * 2, chance=0.5) == [0.875, 1.75]
    assert waits(retry, [status(500)] * 2, chance=1.0) == [0.75, 1.5]


def test_one_attempt_is_the_only_one() -> None:
    assert waits(Retry(attempts=1), [status(503)]) == [None]


def test_the_last_attempt_is_final() -> None:
    assert waits(Retry(attempts=3, wait_jitter=0.0), [status(500)] * 3) == [0.5, 1.0, None]


def test_an_overloaded_host_rests_while_its_fetch_waits_and_a_broken_one_does_not() -> None:
    assert verdict_of(status(503)) == Verdict(again=0.5, pause=0.5)
    assert verdict_of(status(429)) == Verdict(again=0.5, pause=0.5, refused=True)
    assert verdict_of(status(500)) == Verdict(again=0.5)
    assert verdict_of(failure(URL)) == Verdict(again=0.5)


def test_what_the_server_asks_for_is_kept_by_the_fetch_and_by_its_host() -> None:
    assert verdict_of(status(503, Retry_After="7")) == Verdict(again=7.0, pause=7.0)


def test_a_longer_wait_of_our_own_is_kept_too() -> None:
    assert verdict_of(status(503, Retry_After="1"), tries=2) == Verdict(again=2.0, pause=2.0)


def test_a_host_rests_also_where_the_attempts_are_used_up() -> None:
    assert verdict_of(status(503, Retry_After="7"), Retry(attempts=1)) == Verdict(pause=7.0)


@pytest.mark.parametrize(("asked", "again"), [("300", 300.0), ("301", None), ("9" * 400, None)])
def test_who_asks_for_too_long_is_not_waited_for(asked: str, again: float | None) -> None:
    assert verdict_of(status(503, Retry_After=asked)) == Verdict(again=again, pause=again)


MADE = "Sun, 06 Nov 1994 08:49:37 GMT"


@pytest.mark.parametrize(
    ("until", "seconds"),
    [
        ("Sun, 06 Nov 1994 08:49:47 GMT", 10.0),
        ("Sunday, 06-Nov-94 08:50:37 GMT", 60.0),
        ("Sun Nov  6 08:49:38 1994", 1.0),
        ("Sun, 06 Nov 1994 07:00:00 GMT", 0.0),
        (MADE, 0.0),
    ],
    ids=["usual", "rfc850", "asctime", "past", "now"],
)
def test_a_date_is_read_against_the_servers_own_clock(until: str, seconds: float) -> None:
    """In each form that RFC 9110 names, and wherever we are."""
    assert wait_asked_for(status(503, Retry_After=until, Date=MADE)) == seconds


def test_a_date_means_the_same_in_every_time_zone(monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    until = "Sun Nov  6 08:49:38 1994"
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        assert wait_asked_for(status(503, Retry_After=until, Date=MADE)) == 1.0
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize(
    "junk",
    [
        *("", "-5", "1.5", "+5", "1e3", "0x10", "5 s", "5, 6", "soon", "\u00b2", "1_0"),
        *("06 Nov 1994", "Sun, 06 Nov 1994 08:49:37 -9999999", "Sun, 99 Nov 1994 08:49:37 GMT"),
    ],
)
def test_junk_says_nothing(junk: str) -> None:
    assert wait_asked_for(status(503, Retry_After=junk, Date=MADE)) is None
    assert verdict_of(status(503, Retry_After=junk, Date=MADE)) == Verdict(again=0.5, pause=0.5)


@pytest.mark.parametrize("two", [("5", "5"), (MADE, MADE), ("5", MADE)])
def test_two_answers_are_none(two: tuple[str, str]) -> None:
    fields = [("Date", MADE), *(("Retry-After", one) for one in two)]
    twice = attrs.evolve(status(503), headers=Headers.from_fields(fields))
    assert wait_asked_for(twice) is None


@pytest.mark.parametrize("made", ["", "yesterday"])
def test_a_date_says_nothing_where_the_server_does_not_say_its_time(made: str) -> None:
    assert wait_asked_for(status(503, Retry_After=MADE, Date=made)) is None


@pytest.mark.parametrize(("text", "seconds"), [("0", 0.0), ("007", 7.0), ("\t 3 ", 3.0)])
def test_seconds_are_read_as_digits(text: str, seconds: float) -> None:
    assert wait_asked_for(status(503, Retry_After=text)) == seconds


def test_no_try_is_planned_for_later_than_the_timeout_from_the_first_start() -> None:
    """Tries of a second each: 0–1, wait 1, 2–3, wait 2, 5–6; the next would begin at 10."""
    retry = Retry(attempts=9, wait_initial=1.0, wait_jitter=0.0, timeout=9.0)
    tries = [
        attrs.evolve(status(500), timing=Timing(started=start, finished=start + 1.0))
        for start in (0.0, 2.0, 5.0)
    ]
    assert waits(retry, tries) == [1.0, 2.0, None]
    assert waits(attrs.evolve(retry, timeout=10.0), tries) == [1.0, 2.0, 4.0]


def test_ten_retries_are_free_and_then_one_for_each_five_urls() -> None:
    retries = Retries(Retry(attempts=99, budget=0.2))
    given = 0
    for index in range(1000):
        job = Job(index, URL)
        while retries.decide(job, status(500), is_concerned=True).again is not None:
            given += 1
            job.tries += 1
        assert given == 10 + (index + 1) // 5
    assert retries.spent == given == 210


def test_without_a_budget_there_are_ten() -> None:
    retries = Retries(Retry(budget=0))
    again = [retries.decide(Job(i, URL), status(500), is_concerned=True).again for i in range(99)]
    assert [wait is not None for wait in again] == [True] * 10 + [False] * 89


def test_a_refusal_is_told_also_where_there_is_no_budget_left() -> None:
    retries = Retries(Retry(budget=0))
    for index in range(10):
        retries.decide(Job(index, URL), status(429), is_concerned=True)
    assert retries.decide(Job(10, URL), status(429), is_concerned=True) == Verdict(refused=True)


def test_the_final_outcome_tells_of_the_tries_before_it() -> None:
    """One was answered 503 from 0 to 1, one failed from 3 to 4.5; the last began at 7."""
    feed = feed_of([URL], Options(retry=Retry(attempts=3, wait_initial=0.5, wait_jitter=0.0)))
    body = attrs.evolve(status(503), body=b"sorry", attempts=2)
    job = take(feed, 0.0)
    assert feed.settle(job, body, 1.0) is None
    assert take(feed, 3.0) is job
    assert feed.settle(job, failure(URL, started=3.0, finished=4.5), 4.5) is None
    job = take(feed, 7.0)
    last = attrs.evolve(status(200), timing=Timing(started=7.0, finished=8.0))
    found = feed.settle(job, last, 8.0)
    assert found is not None
    first, second = found.earlier
    assert (first.status_code, first.kind, first.message) == (503, None, None)
    assert (first.started, first.finished, first.waited) == (0.0, 1.0, 2.0)
    assert (second.status_code, second.kind) == (None, "timeout")
    assert second.message == "it took too long"
    assert (second.started, second.finished, second.waited) == (3.0, 4.5, 2.5)
    assert found.timing == last.timing
    assert found.attempts == 4  # a stale connection let the first be sent twice
    assert feed.retries == 2
    assert feed.take(8.0) is None


def test_a_fetch_that_was_not_tried_again_has_nothing_earlier() -> None:
    feed = feed_of([URL], Options(retry=3))
    answer = status(200)
    assert feed.settle(take(feed, 0.0), answer, 1.0) is answer


def test_while_one_waits_for_its_next_try_the_place_is_another_ones() -> None:
    feed = feed_of([URL, URL], Options(retry=Retry(wait_jitter=0.0), per_host=1))
    first = take(feed, 0.0)
    waiting = feed.take(0.0)
    assert isinstance(waiting, Wait)
    feed.settle(first, status(500), 1.0)
    second = take(feed, 1.0)
    assert second.index == 1
    waiting = feed.take(1.0)
    assert isinstance(waiting, Wait)
    assert waiting.until == 1.5
    feed.settle(second, status(200), 1.25)
    assert take(feed, 1.5) is first


def test_the_work_is_done_once_on_the_final_response() -> None:
    seen: list[Response] = []
    feed = feed_of([URL], Options(retry=3, work=seen.append, keep_bodies=False))
    tried, last = (attrs.evolve(status(code), body=b"body") for code in (503, 200))
    assert feed.settle(take(feed, 0.0), tried, 1.0) is None
    assert seen == []
    found = feed.settle(take(feed, 9.0), last, 9.0)
    assert [(done.body, len(done.earlier)) for done in seen] == [(b"body", 1)]
    assert isinstance(found, Response)
    assert found.body == b""


def test_the_work_is_done_on_the_last_response_also_if_it_is_a_bad_one() -> None:
    seen: list[int] = []
    work = Options(retry=Retry(attempts=1), work=lambda found: seen.append(found.status_code))
    feed = feed_of([URL, URL], work)
    feed.settle(take(feed, 0.0), status(503), 0.0)
    feed.settle(take(feed, 0.0), failure(URL), 0.0)
    assert seen == [503]


def test_what_a_session_has_worked_on_the_feed_does_not_work_on(local: LocalServer) -> None:
    """Whoever fetches a URL of a session, and not a job, has the work done each time there."""
    seen: list[int] = []
    options = Options(
        retry=Retry(wait_initial=0.0, on={404, 503}),
        work=lambda found: seen.append(found.status_code),
    )
    urls = {0: local.url("/status/503"), 1: local.url("/get")}
    feed = feed_of([URL], options)
    with requests_client.session(options) as get:
        job = take(feed, 0.0)
        assert feed.settle(job, get(urls[job.tries]), 0.0) is None
        job = take(feed, 1.0)
        found = feed.settle(job, get(urls[job.tries]), 1.0)
    assert found is not None
    assert len(found.earlier) == 1
    assert seen == [503, 200]


def test_who_looks_at_the_body_is_shown_it_though_it_is_not_kept(local: LocalServer) -> None:
    shown: list[bytes] = []

    def is_wrong(outcome: Outcome) -> bool:
        assert isinstance(outcome, Response)
        shown.append(outcome.body[:3])
        return len(shown) == 1

    options = Options(retry=Retry(on=is_wrong, wait_initial=0.0), keep_bodies=False)
    feed = feed_of([local.url("/bytes/100?i=7")], options)
    with requests_client.session(options) as get:
        job = take(feed, 0.0)
        assert feed.settle(job, get(job), 0.0) is None
        job = take(feed, 0.0)
        found = feed.settle(job, get(job), 0.0)
    assert isinstance(found, Response)
    assert (found.body, found.size) == (b"", 100)
    assert shown == [b"i=7"] * 2


def test_what_a_function_raises_passes_through() -> None:
    def broken(_: Outcome) -> bool:
        raise KeyError("mine")

    feed = feed_of([URL], Options(retry=Retry(on=broken)))
    with pytest.raises(KeyError, match="mine"):
        feed.settle(take(feed, 0.0), status(200), 0.0)


def test_a_failure_keeps_its_kind_through_the_tries() -> None:
    feed = feed_of([URL], Options(retry=Retry(attempts=2, wait_initial=0.0)))
    assert feed.settle(take(feed, 0.0), failure(URL), 1.0) is None
    found = feed.settle(take(feed, 1.0), failure(URL, started=1.0, finished=2.0), 2.0)
    assert isinstance(found, Failure)
    assert found.kind == "timeout"
    assert len(found.earlier) == 1
