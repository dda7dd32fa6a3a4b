"""The rules of the feed, each told as a story on a clock that is a number."""

import math
from collections.abc import AsyncIterator, Iterator

import attrs
import pytest
from fakes import response

from concurrent_fetch import Feed, Headers, Job, Options, Pace, Retry, Wait, feed_of
from concurrent_fetch.feed._limited import LimitedFeed
from concurrent_fetch.feed._limits import Limits
from concurrent_fetch.feed._queue import LOOK_AHEAD, Queue


def urls(*hosts: str) -> list[str]:
    return [f"http://{host}.example/{i}" for i, host in enumerate(hosts)]


def take(feed: Feed, now: float) -> Job:
    found = feed.take(now)
    assert isinstance(found, Job), found
    return found


def waits(feed: Feed | Queue, now: float) -> tuple[float, bool]:
    found = feed.take(now)
    assert isinstance(found, Wait), found
    return found.until, found.more


def settle(
    feed: Feed, job: Job, now: float, status_code: int = 200, asked: int | None = None
) -> None:
    headers = Headers() if asked is None else Headers.from_mapping({"Retry-After": str(asked)})
    feed.settle(job, attrs.evolve(response(job.url, status_code=status_code), headers=headers), now)


def all_taken(feed: Feed, now: float) -> list[int]:
    """Take as long as something may start."""
    found: list[int] = []
    while isinstance(job := feed.take(now), Job):
        found.append(job.index)
    return found


async def pushed() -> AsyncIterator[str]:
    yield ""


def test_two_at_once_at_a_host_and_the_third_when_one_has_ended() -> None:
    feed = feed_of(urls("a", "a", "a", "b"), Options(per_host=2))
    first, second = take(feed, 0.0), take(feed, 0.0)
    assert (first.index, second.index) == (0, 1)
    assert take(feed, 0.0).index == 3
    assert waits(feed, 0.0) == (math.inf, False)
    settle(feed, second, 1.0)
    assert take(feed, 1.0).index == 2
    assert waits(feed, 1.0) == (math.inf, False)


def test_hosts_take_turns() -> None:
    feed = feed_of(urls("a", "a", "a", "b", "b", "c"), Options(per_host=9, rate=1e6))
    assert all_taken(feed, 0.0) == [0]
    feed = feed_of(urls("a", "a", "a", "b", "b", "c"), Options(delay=1.0))
    assert all_taken(feed, 0.0) == [0, 3, 5]
    assert all_taken(feed, 1.0) == [1, 4]
    assert all_taken(feed, 2.0) == [2]


def test_a_delay_lies_between_two_starts_and_not_after_an_end() -> None:
    feed = feed_of(urls("a", "a", "a"), Options(delay=2.0))
    first = take(feed, 10.0)
    assert waits(feed, 10.0) == (12.0, False)
    settle(feed, first, 11.0)
    assert waits(feed, 11.0) == (12.0, False)
    take(feed, 12.5)
    assert waits(feed, 12.5) == (14.5, False)


def test_a_host_with_a_pace_of_its_own_has_it_by_name_whatever_scheme_port_and_case() -> None:
    same = ["http://API.example/", "https://api.example:8443/", "http://api.example./"]
    options = Options(per_host=1, hosts={"api.example": Pace(per_host=2)})
    assert all_taken(feed_of([*same, *urls("b", "b")], options), 0.0) == [0, 1, 3]


def test_what_a_pace_does_not_say_is_as_for_every_host_and_zero_lifts_a_delay() -> None:
    options = Options(per_host=2, delay=1.0, hosts={"a.example": Pace(delay=0)})
    assert all_taken(feed_of(urls("a", "a", "a", "b", "b"), options), 0.0) == [0, 1, 3]


def test_what_is_no_url_waits_for_nobody() -> None:
    feed = feed_of(["", "what", "http://[", "http:///x"], Options(per_host=1, delay=9.0))
    assert all_taken(feed, 0.0) == [0, 1, 2, 3]


def test_a_rate_is_kept_exactly_by_whoever_comes_in_time() -> None:
    feed = feed_of(urls(*"abcdefgh" * 125), Options(rate=4.0, concurrency=9999))
    now, starts = 0.0, list[float]()
    while len(starts) < 1000:
        found = feed.take(now)
        if isinstance(found, Job):
            starts.append(now)
        else:
            assert isinstance(found, Wait)
            now = found.until
    assert starts == [k / 4 for k in range(1000)]


def test_a_start_that_was_late_by_little_costs_the_rate_nothing() -> None:
    """Due at 0.25, it comes at 0.3125; so the next is due at 0.5 nevertheless."""
    feed = feed_of(urls("a", "b", "c", "d"), Options(rate=4.0))
    take(feed, 0.0)
    take(feed, 0.3125)
    assert waits(feed, 0.3125) == (0.5, False)


def test_a_pause_of_the_user_is_not_made_up_for_by_a_burst() -> None:
    """After a minute in which nobody asked: in any second a tenth more than the rate, and one."""
    feed = feed_of(urls(*"abcdefgh" * 100), Options(rate=100, concurrency=9999))
    take(feed, 0.0)
    now, starts = 60.0, list[float]()
    while now < 62.0:
        found = feed.take(now)
        if isinstance(found, Job):
            starts.append(now)
        else:
            assert isinstance(found, Wait)
            now = found.until
    most = max(sum(start <= other < start + 1 for other in starts) for start in starts)
    assert 100 < most <= 111
    assert sum(start == 60.0 for start in starts) in {10, 11}


def test_a_run_does_not_open_with_a_burst() -> None:
    assert all_taken(feed_of(urls("a", "b", "c"), Options(rate=5)), 0.0) == [0]


def test_a_host_that_asks_to_wait_rests_for_all_of_its_urls() -> None:
    feed = feed_of(urls("a", "a", "b"), Options(retry=Retry(wait_jitter=0.0)))
    first = take(feed, 0.0)
    settle(feed, first, 1.0, 503, asked=7)
    assert take(feed, 1.0).index == 2
    assert waits(feed, 1.0) == (8.0, False)
    assert [take(feed, 8.0), take(feed, 8.0).index] == [first, 1]


def test_a_rest_never_shortens() -> None:
    feed = feed_of(urls("a", "a", "a"), Options(retry=Retry(wait_jitter=0.0, on={503})))
    jobs = [take(feed, 0.0), take(feed, 0.0)]
    settle(feed, jobs[0], 0.0, 503, asked=9)
    settle(feed, jobs[1], 1.0, 503, asked=2)
    assert waits(feed, 5.0) == (9.0, False)
    assert all_taken(feed, 9.0) == [0, 1, 2]


def test_a_rest_that_was_over_before_anybody_asked_holds_nothing_back() -> None:
    """Of three URLs of a host the third stood ready when the first made the host rest."""
    feed = feed_of(urls("a", "a", "a"), Options(concurrency=3, retry=Retry(wait_jitter=0.0)))
    first, _ = take(feed, 0.0), take(feed, 0.0)
    settle(feed, first, 1.0, 503)
    assert all_taken(feed, 4.0) == [0, 2]


def test_after_a_refusal_a_host_goes_on_with_one_and_doubles() -> None:
    """Eight at once were too many. What was begun before tells nothing of now."""
    options = Options(concurrency=8, retry=Retry(wait_jitter=0.0, budget=9))
    feed = feed_of(urls(*"a" * 60), options)
    begun = [take(feed, 0.0) for _ in range(8)]
    assert waits(feed, 0.0) == (math.inf, False)
    settle(feed, begun[0], 0.0, 429)
    for job in begun[1:]:
        settle(feed, job, 0.0)
    now, sizes = 1.0, list[int]()
    while sum(sizes) < 30:
        turn = list[Job]()
        while isinstance(found := feed.take(now), Job):
            turn.append(found)
        sizes.append(len(turn))
        now += 1.0
        for job in turn:
            settle(feed, job, now)
    assert sizes == [1, 2, 4, 8, 8, 8]


def test_a_second_refusal_takes_it_back_to_one() -> None:
    feed = feed_of(urls(*"a" * 9), Options(concurrency=2, retry=Retry(wait_jitter=0.0, budget=9)))
    settle(feed, take(feed, 0.0), 0.0, 429)
    settle(feed, take(feed, 1.0), 1.0)
    both = take(feed, 1.0), take(feed, 1.0)
    settle(feed, both[0], 1.0, 429)
    settle(feed, both[1], 1.0)
    take(feed, 2.0)
    assert waits(feed, 2.0) == (math.inf, False)


def test_other_bad_answers_take_no_place_from_a_host() -> None:
    feed = feed_of(urls("a", "a", "a"), Options(concurrency=2, retry=Retry(wait_jitter=0.0)))
    jobs = take(feed, 0.0), take(feed, 0.0)
    settle(feed, jobs[0], 0.0, 503)
    settle(feed, jobs[1], 0.0, 503)
    assert len(all_taken(feed, 1.0)) == 2


def test_the_deadline_lets_all_go_that_waits() -> None:
    """For places, for a delay, for the rate: each is to be answered for. What could only be tried
    again behind it has its answer."""
    options = Options(
        per_host=1, delay=60.0, rate=1.0, retry=Retry(wait_jitter=0.0, attempts=9), deadline=5.0
    )
    feed = feed_of(urls("a", "a", "b", "b", "c"), options)
    settle(feed, take(feed, 0.0), 0.0, 503, asked=100)
    take(feed, 1.0)
    assert waits(feed, 1.0) == (2.0, False)
    assert take(feed, 2.0).index == 4
    assert waits(feed, 4.0) == (5.0, False)
    assert sorted(all_taken(feed, 5.0)) == [1, 3]


def test_behind_the_deadline_nobody_waits_for_what_a_host_asks() -> None:
    feed = feed_of(urls("a", "a", "a"), Options(concurrency=3, retry=3, deadline=5.0))
    late = take(feed, 0.0)
    take(feed, 5.0)
    settle(feed, late, 5.0, 429, asked=100)
    assert sorted(all_taken(feed, 5.0)) == [2]


def test_the_deadline_counts_from_the_first_take() -> None:
    feed = feed_of(urls("a", "a"), Options(per_host=1, deadline=5.0))
    take(feed, 100.0)
    assert waits(feed, 100.0) == (105.0, False)


def test_behind_the_deadline_a_list_is_read_on() -> None:
    feed = feed_of(urls("a", "b"), Options(deadline=5.0))
    assert not take(feed, 0.0).is_over
    assert take(feed, 5.0).is_over


def test_behind_the_deadline_an_iterator_is_not_read_on_since_it_may_have_no_end() -> None:
    def endless() -> Iterator[str]:
        yield from urls("a")
        raise AssertionError("it is read on")

    feed = feed_of(endless(), Options(deadline=5.0))
    job = take(feed, 0.0)
    assert waits(feed, 5.0) == (math.inf, False)
    settle(feed, job, 6.0)
    assert feed.take(6.0) is None
    assert feed.advice.startswith("the deadline came before the URLs were read to their end")


def test_time_never_goes_back_for_who_read_it_before_others() -> None:
    """Or one would be said to start before the place was free that it takes."""
    feed = feed_of(urls("a", "a"), Options(per_host=1))
    settle(feed, take(feed, 0.0), 2.0)
    assert take(feed, 1.5).taken == 2.0


def test_a_host_that_refused_is_forgotten_when_nothing_is_left_of_it() -> None:
    queue = Queue(Limits(20), str)
    for i in range(2000):
        queue.offer(f"host {i}")
        job = queue.take(float(i))
        assert isinstance(job, Job)
        queue.settle(job, float(i), refused=True)
    assert len(queue._hosts) < 200


def test_places_that_are_idle_since_ten_thousand_wait_for_their_next_try_are_told() -> None:
    feed = feed_of(
        (f"http://h{i}.example/" for i in range(LOOK_AHEAD + 9)),
        Options(retry=Retry(wait_initial=30.0, wait_jitter=0.0, budget=9)),
    )
    for _ in range(LOOK_AHEAD):
        settle(feed, take(feed, 0.0), 0.0, 500)
    assert waits(feed, 0.0) == (30.0, False)
    feed.take(1.0)
    assert feed.waited_for_hosts == 20.0
    assert "their next try" in feed.advice


def test_urls_are_read_as_far_as_needed_to_find_one_that_may_start() -> None:
    read: list[str] = []

    def noted() -> Iterator[str]:
        for url in urls("a", "a", "a", "b", "b"):
            read.append(url)
            yield url

    feed = feed_of(noted(), Options(per_host=1))
    take(feed, 0.0)
    assert len(read) == 1
    take(feed, 0.0)
    assert len(read) == 4
    assert feed.waiting == 2


def test_of_an_iterator_at_most_ten_thousand_wait_and_of_a_list_all() -> None:
    endless = feed_of(iter(urls(*"a" * (LOOK_AHEAD + 9))), Options(per_host=1))
    job = take(endless, 0.0)
    assert waits(endless, 0.0) == (math.inf, False)
    assert endless.waiting == LOOK_AHEAD
    assert "shuffle" in endless.advice
    settle(endless, job, 1.0)
    take(endless, 1.0)
    assert waits(endless, 1.0) == (math.inf, False)
    assert endless.waiting == LOOK_AHEAD
    listed = feed_of(urls(*"a" * (LOOK_AHEAD + 9)), Options(per_host=1))
    take(listed, 0.0)
    assert waits(listed, 0.0) == (math.inf, False)
    assert (listed.waiting, listed.advice) == (LOOK_AHEAD + 8, "")


def test_what_waits_for_its_next_try_counts_as_held() -> None:
    queue = Queue(Limits(9), lambda _: "", None)
    queue._room = 2
    for url in ("1", "2"):
        queue.offer(url)
        job = queue.take(0.0)
        assert isinstance(job, Job)
        queue.settle(job, 0.0, again=5.0)
    assert waits(queue, 0.0) == (5.0, False)
    assert isinstance(queue.take(5.0), Job)
    assert isinstance(queue.take(5.0), Job)
    assert waits(queue, 5.0) == (math.inf, True)


def test_who_pushes_urls_is_asked_for_one_where_none_may_start() -> None:
    feed = feed_of(pushed(), Options(per_host=1))
    assert waits(feed, 0.0) == (math.inf, True)
    feed.offer("http://a.example/")
    job = take(feed, 0.0)
    assert waits(feed, 0.0) == (math.inf, True)
    feed.offer("http://a.example/2")
    assert waits(feed, 0.0) == (math.inf, True)
    feed.close()
    assert waits(feed, 0.0) == (math.inf, False)
    settle(feed, job, 1.0)
    settle(feed, take(feed, 1.0), 2.0)
    assert feed.take(2.0) is None


def test_nobody_is_asked_for_one_more_where_only_the_rate_holds_back() -> None:
    feed = feed_of(pushed(), Options(rate=1.0))
    for i in range(2):
        feed.offer(str(i))
    take(feed, 0.0)
    assert waits(feed, 0.0) == (1.0, False)


def test_the_end_comes_when_all_is_settled() -> None:
    feed = feed_of(urls("a"), Options(per_host=1))
    job = take(feed, 0.0)
    assert waits(feed, 0.0) == (math.inf, False)
    settle(feed, job, 1.0)
    assert feed.take(1.0) is None
    assert feed.take(2.0) is None


def test_idle_places_are_counted_while_urls_wait_for_their_hosts() -> None:
    """Four places. From 0 to 3 one is taken, and two URLs wait; from 3 to 5 one of them."""
    feed = feed_of(urls("a", "a", "a"), Options(concurrency=4, per_host=1))
    first = take(feed, 0.0)
    waits(feed, 0.0)
    settle(feed, first, 3.0)
    assert feed.waited_for_hosts == 6.0
    second = take(feed, 3.0)
    waits(feed, 3.0)
    settle(feed, second, 5.0)
    assert feed.waited_for_hosts == 8.0
    settle(feed, take(feed, 5.0), 9.0)
    assert feed.take(9.0) is None
    assert feed.waited_for_hosts == 8.0


def test_hosts_are_forgotten() -> None:
    """Ten thousand hosts with a delay of a second, a hundred of them in any second."""
    feed = feed_of((f"http://{i}.example/" for i in range(10_000)), Options(delay=1.0))
    assert isinstance(feed, LimitedFeed)
    most = 0
    for i in range(10_000):
        settle(feed, take(feed, i / 100), i / 100)
        most = max(most, len(feed._queue._hosts))
    assert most <= 3 * 100 + 64


def test_a_host_whose_url_waits_for_its_next_try_keeps_its_limits() -> None:
    feed = feed_of(urls("a", "a"), Options(per_host=1, delay=1.0, retry=Retry(wait_jitter=0.0)))
    first = take(feed, 0.0)
    settle(feed, first, 0.0, 500)
    assert waits(feed, 0.75) == (1.0, False)
    assert take(feed, 1.0) is first
    assert waits(feed, 1.0) == (math.inf, False)


@pytest.mark.parametrize("kind", [list, tuple, iter])
def test_an_empty_set_is_at_its_end(kind: type) -> None:
    assert feed_of(kind([]), Options(per_host=1, rate=1, retry=3, deadline=1)).take(0.0) is None
