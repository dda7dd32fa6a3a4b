"""Histories of the feed, each decision of which is held to its promises: ten thousand in CI.

A longer run: FEED_HISTORIES=100000 pytest tests/feed/test_histories.py
"""

import math
import os
from collections.abc import AsyncIterator
from itertools import cycle

import attrs
import pytest
from fakes import response
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from referee import History, Play, Referee, Rules, Told, Verdict

from concurrent_fetch import Headers, Job, Options, Outcome, Pace, Retry, feed_of
from concurrent_fetch.feed._limited import LimitedFeed
from concurrent_fetch.feed._limits import Limits
from concurrent_fetch.feed._queue import Queue

pytestmark = pytest.mark.once

HISTORIES = int(os.environ.get("FEED_HISTORIES", "1000"))


def histories(part: float) -> settings:
    return settings(
        max_examples=round(HISTORIES * part),
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
    )


HOSTS = tuple(f"{letter}.example" for letter in "abcde")
URLS = tuple(f"http://{host}/" for host in HOSTS)
limit = st.none() | st.integers(1, 3)
delay = st.sampled_from((None, None, 0.25, 1.0))
rules = st.builds(
    Rules,
    places=st.integers(1, 5),
    per_host=limit,
    delay=delay,
    rate=st.sampled_from((None, None, 1.0, 4.0, 64.0)),
    deadline=st.sampled_from((None, None, 1.0, 8.0)),
    hosts=st.dictionaries(
        st.sampled_from(HOSTS[:2]), st.builds(Pace, per_host=limit, delay=delay), max_size=2
    ),
)


def some(*values: float) -> st.SearchStrategy[list[float]]:
    return st.lists(st.sampled_from(values), min_size=1, max_size=6)


verdicts = st.lists(
    st.one_of(
        st.just(Verdict()),
        st.builds(
            Verdict,
            again=st.sampled_from((None, 0.0, 0.25, 2.0)),
            pause=st.sampled_from((None, None, 0.25, 4.0)),
            refused=st.booleans(),
        ),
    ),
    min_size=1,
    max_size=6,
)
plays = st.builds(
    History,
    rules=rules,
    urls=st.lists(st.sampled_from(URLS), max_size=24),
    durations=some(0.0, 1 / 64, 0.25, 1.5),
    verdicts=verdicts,
    lateness=some(0.0, 0.0, 0.125, 3.0),
    gaps=some(0.0, 0.0, 0.25, 2.0),
)


def host_of(url: object) -> str:
    return str(url)[7:-1]


@histories(0.6)
@given(plays, st.sampled_from((1, 3, math.inf)))
def test_a_queue_keeps_its_promises(history: History, room: float) -> None:
    """Whatever comes of the tries."""
    rules = attrs.evolve(history.rules, room=room)
    limits = Limits(
        rules.places, rules.per_host, rules.delay, rules.rate, rules.deadline, rules.hosts
    )
    queue = Queue(limits, host_of)
    queue._room = room
    said = cycle(history.verdicts)

    def settle(job: Job, now: float) -> Verdict:
        verdict = next(said)
        if job.tries + 1 >= history.tries:
            verdict = attrs.evolve(verdict, again=None)
        queue.settle(job, now, **attrs.asdict(verdict))
        return verdict

    play = Play(history, Referee(rules, host_of))
    play.run(queue.take, settle, lambda url: queue.close() if url is None else queue.offer(url))
    play.referee.is_at_the_end()
    nothing_is_left(queue, play)


def nothing_is_left(queue: Queue, play: Play) -> None:
    assert not queue.held
    queue._now = play.now
    queue._sweep()
    assert set(queue._hosts) <= play.referee.must_be_remembered(play.now)


ANSWERS: dict[str, Outcome] = {
    "well": response("http://x/"),
    "503": response("http://x/", status_code=503),
    "500": response("http://x/", status_code=500),
    "429": response("http://x/", status_code=429),
    "later": attrs.evolve(
        response("http://x/", status_code=429), headers=Headers.from_fields([("Retry-After", "2")])
    ),
    "much later": attrs.evolve(
        response("http://x/", status_code=503), headers=Headers.from_fields([("Retry-After", "9")])
    ),
}


def expected(
    retry: Retry, name: str, tries: int, spent: int, *, begun: int, left: float
) -> Verdict:
    """What the rules say of an answer; no jitter, and 8 seconds are the most to wait for."""
    asked = {"later": 2.0, "much later": 9.0}.get(name, 0.0)
    refused = name in {"429", "later"}
    if name == "well" or asked > retry.retry_after_max or spent + 1 > 10 + retry.budget * begun:
        return Verdict(refused=refused)
    wait = max(asked, min(retry.wait_max, retry.wait_initial * 2**tries))
    if tries + 1 == retry.attempts or wait >= left:
        return Verdict(pause=asked, refused=refused)
    return Verdict(again=wait, pause=None if name == "500" else wait, refused=refused)


retries = st.builds(
    Retry,
    attempts=st.integers(1, 5),
    wait_initial=st.sampled_from((0.0, 0.25, 1.0)),
    wait_max=st.just(2.0),
    wait_jitter=st.just(0.0),
    retry_after_max=st.just(8.0),
    budget=st.sampled_from((0.0, 0.25, 4.0)),
)


@histories(0.4)
@given(
    plays,
    retries,
    st.lists(st.sampled_from(tuple(ANSWERS)), min_size=1, max_size=8),
    st.sampled_from(("list", "iterator", "pushed")),
)
def test_a_feed_keeps_its_promises(
    history: History, retry: Retry, answers: list[str], source: str
) -> None:
    """Also that it retries as often as it may, and hands on every outcome once."""
    rules = history.rules
    options = Options(
        concurrency=rules.places,
        per_host=rules.per_host,
        delay=rules.delay,
        rate=rules.rate,
        hosts=rules.hosts,
        deadline=rules.deadline,
        retry=retry,
    )
    referee = Referee(rules, host_of, is_list=source == "list")
    told = Told(history.urls, referee)
    feed = feed_of(
        _never() if source == "pushed" else told if source == "list" else iter(told), options
    )
    assert isinstance(feed, LimitedFeed)
    come, begun, spent = cycle(answers), set[int](), 0

    def settle(job: Job, now: float) -> Verdict:
        nonlocal spent
        name, tries = next(come), job.tries
        begun.add(job.index)
        wanted = expected(retry, name, tries, spent, begun=len(begun), left=referee.left(now))
        outcome = feed.settle(job, ANSWERS[name], now)
        assert (outcome is None) == (wanted.again is not None)
        spent += outcome is None
        if outcome is not None:
            assert len(outcome.earlier) == tries
            assert outcome.attempts == tries + 1
        assert feed.retries == spent <= 10 + retry.budget * len(begun)
        return wanted

    def offer(url: str | None) -> None:
        if url is None:
            feed.close()
        else:
            feed.offer(url)

    play = Play(history, referee)
    play.run(feed.take, settle, offer if source == "pushed" else None)
    referee.is_at_the_end()
    nothing_is_left(feed._queue, play)


async def _never() -> AsyncIterator[str]:
    yield ""
