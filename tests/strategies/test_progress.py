"""How far a fetch of many URLs, or a comparison, has come."""

import asyncio
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import pairwise
from typing import Any

import attrs
import pytest
from fakes import URLS, Clock, failure, response, taking
from pace import in_time

import concurrent_fetch as cf
from concurrent_fetch import Options, Outcome, Progress, Runner
from concurrent_fetch._progress import OnProgress, tallying
from concurrent_fetch.server import LocalServer

# --- Of any work: what is told, and how often ---

BEGUN = Progress(
    done=0, total=1000, stage="fetch", strategy="mine", fetches=0, failures=0, elapsed=0.0
)


def told_of(times: Iterable[float], progress: Progress = BEGUN) -> list[Progress]:
    """Return what is told of fetches that end at these times; every fourth one fails."""
    heard: list[Progress] = []
    clock = Clock()
    start = clock.now
    with tallying(heard.append, progress, clock) as tally:
        for number, time in enumerate(times, 1):
            clock.now = start + time
            tally.fetched(failed=number % 4 == 0)
    return heard


def test_the_first_is_told_at_once_then_one_every_50_ms_and_the_last() -> None:
    heard = told_of(i / 1024 for i in range(1, 118))
    assert [p.done for p in heard] == [1, 53, 105, 117]
    assert [p.elapsed for p in heard] == [1 / 1024, 53 / 1024, 105 / 1024, 117 / 1024]


def test_there_are_never_more_than_20_a_second_beside_the_last() -> None:
    heard = told_of(i / 10_000 for i in range(1, 100_001))
    assert len(heard) <= 10 * 20 + 1
    assert heard[-1].done == 100_000


def test_the_same_state_is_not_told_twice() -> None:
    assert [p.done for p in told_of([1.0, 2.0, 3.0])] == [1, 2, 3]


def test_of_no_fetches_the_end_is_told() -> None:
    assert told_of([]) == [BEGUN]


def test_after_an_error_nothing_is_told() -> None:
    heard: list[Progress] = []
    clock = Clock()
    with pytest.raises(KeyboardInterrupt), tallying(heard.append, BEGUN, clock) as tally:  # noqa: PT012 - it is about the end
        tally.fetched(failed=False)
        tally.fetched(failed=False)
        raise KeyboardInterrupt
    assert [p.done for p in heard] == [1]


def test_rate_and_time_left_follow_from_the_counts() -> None:
    *_, last = told_of([0.25, 0.5, 1.0, 2.0])
    assert (last.done, last.fetches, last.failures, last.elapsed) == (4, 4, 1, 2.0)
    assert (last.rate, last.left) == (2.0, 996 / 2)


def test_the_time_left_is_unknown_without_a_total_and_before_the_first() -> None:
    (one,) = told_of([0.25], attrs.evolve(BEGUN, total=None))
    assert (one.total, one.left, one.rate) == (None, None, 4.0)
    assert (BEGUN.left, BEGUN.rate) == (None, 0.0)


def test_nothing_is_left_at_the_end_or_beyond() -> None:
    *_, last = told_of([1.0, 2.0, 3.0], attrs.evolve(BEGUN, total=2))
    assert last.left == 0.0


# --- Of fetching many URLs ---


async def _drained(outcomes: Any) -> None:
    async for _ in outcomes:
        pass


FETCHING: dict[str, Callable[..., object]] = {
    "fetch_sync": cf.fetch_sync,
    "fetch_threaded": cf.fetch_threaded,
    "fetch_async": lambda *given: asyncio.run(cf.fetch_async(*given)),
    "iter_sync": lambda *given: list(cf.iter_sync(*given)),
    "iter_threaded": lambda *given: list(cf.iter_threaded(*given)),
    "iter_async": lambda *given: asyncio.run(_drained(cf.iter_async(*given))),
}


@pytest.fixture(params=FETCHING)
def fetching(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


def mixed(local: LocalServer) -> list[str]:
    """Ten that are answered, one of them with an error, and two that are not."""
    return [*local.urls(9), local.url("/status/500"), "ftp://no.example/", "no URL"]


def test_what_fetches_tells_how_far_it_is(fetching: str, local: LocalServer) -> None:
    heard: list[Progress] = []
    FETCHING[fetching](mixed(local), Options(progress=heard.append))
    last = heard[-1]
    assert (last.done, last.total, last.fetches, last.failures) == (12, 12, 12, 2)
    assert (last.stage, last.strategy, last.round, last.rounds) == ("fetch", fetching, None, None)
    assert last.elapsed > 0
    assert last.left == 0
    assert heard[0].done == 1
    counts = [p.done for p in heard]
    assert counts == sorted(set(counts))


def test_urls_without_a_length_have_no_total(fetching: str, local: LocalServer) -> None:
    heard: list[Progress] = []
    FETCHING[fetching]((url for url in local.urls(5)), Options(progress=heard.append))
    assert (heard[-1].done, heard[-1].total, heard[-1].left) == (5, None, None)


def test_no_urls_are_told_once(fetching: str) -> None:
    heard: list[Progress] = []
    FETCHING[fetching]([], Options(progress=heard.append))
    assert [(p.done, p.total) for p in heard] == [(0, 0)]


def test_it_is_told_in_the_thread_of_the_caller(fetching: str, local: LocalServer) -> None:
    threads = set()
    options = Options(progress=lambda _: threads.add(threading.current_thread()))
    FETCHING[fetching](local.urls(5), options)
    assert threads == {threading.current_thread()}


def test_what_it_raises_ends_the_fetching(fetching: str, local: LocalServer) -> None:
    def stop(_: Progress) -> None:
        raise EOFError

    with pytest.raises(EOFError):
        FETCHING[fetching](local.urls(500), Options(progress=stop, concurrency=2))
    assert local.stats().requests < 500


def test_who_stops_taking_hears_no_more(local: LocalServer) -> None:
    heard: list[Progress] = []
    outcomes = cf.iter_threaded(local.urls(50), Options(progress=heard.append, concurrency=2))
    next(outcomes)
    outcomes.close()
    assert [p.done for p in heard] == [1]


def test_true_shows_a_bar_while_it_fetches(
    fetching: str, local: LocalServer, capsys: pytest.CaptureFixture[str]
) -> None:
    threads = threading.enumerate()
    FETCHING[fetching](mixed(local), Options(progress=True))
    shown = capsys.readouterr()
    assert shown.out == ""
    assert f"{fetching}:   0%|" in shown.err
    assert re.search(r"\| 12/12 \[\d\d:\d\d<00:00, +[\d.]+ fetch/s, 2 failed\]", shown.err)
    assert shown.err.endswith("\r"), "the bar is taken away"
    assert threading.enumerate() == threads


def test_the_bar_counts_what_has_no_length(
    local: LocalServer, capsys: pytest.CaptureFixture[str]
) -> None:
    cf.fetch_threaded(iter(local.urls(5)), Options(progress=True))
    assert re.search(r"fetch_threaded: 5 fetch \[.* fetch/s\]", capsys.readouterr().err)


def test_the_bar_goes_where_the_fetching_is_interrupted(
    local: LocalServer, capsys: pytest.CaptureFixture[str]
) -> None:
    outcomes = cf.iter_sync(local.urls(5), Options(progress=True))
    next(outcomes)
    with pytest.raises(KeyboardInterrupt):
        outcomes.throw(KeyboardInterrupt)
    assert re.search(r" 1/5 .* +\r$|0/5 .* +\r$", capsys.readouterr().err)


def test_who_does_not_ask_sees_nothing(
    fetching: str, local: LocalServer, capsys: pytest.CaptureFixture[str]
) -> None:
    FETCHING[fetching](mixed(local))
    FETCHING[fetching](mixed(local), Options(progress=lambda _: None))
    assert capsys.readouterr() == ("", "")


def test_tqdm_is_imported_only_for_a_bar(local: LocalServer) -> None:
    program = (
        "import sys, concurrent_fetch as cf\n"
        "urls = sys.argv[1:]\n"
        "cf.fetch_sync(urls, cf.Options(progress=lambda _: None))\n"
        "cf.Runner(urls, rounds=1, progress=lambda _: None).compare(cf.fetch_sync)\n"
        "print('tqdm' in sys.modules)\n"
        "cf.fetch_sync(urls, cf.Options(progress=True))\n"
        "print('tqdm' in sys.modules)\n"
    )
    command = [sys.executable, "-c", program, *local.urls(2)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True"]


# --- Of fetches that wait ---


@attrs.define
class Waiting:
    """A feed, as far as progress asks it."""

    retries: int = 0
    waiting: int = 0
    skipped: int = 0


def test_while_nothing_arrives_it_is_told_who_waits_but_not_all_the_time() -> None:
    heard: list[Progress] = []
    clock, feed = Clock(), Waiting()
    with tallying(heard.append, BEGUN, clock, feed) as tally:
        tally.fetched(failed=False)
        feed.retries, feed.waiting = 3, 12
        for _ in range(32):  # four seconds
            clock.pass_by(0.125)
            tally.tick()
    assert [(p.done, p.elapsed, p.retries, p.waiting) for p in heard] == [
        (1, 0.0, 0, 0),
        *((1, 0.5 * n, 3, 12) for n in range(1, 9)),
    ]


def test_where_nothing_can_wait_ticks_tell_nothing() -> None:
    heard: list[Progress] = []
    clock = Clock()
    with tallying(heard.append, BEGUN, clock) as tally:
        tally.fetched(failed=False)
        clock.pass_by(60.0)
        tally.tick()
    assert [(p.done, p.retries, p.waiting) for p in heard] == [(1, 0, 0)]


@pytest.mark.once
def test_who_waits_is_told_while_all_wait(fetching: str, local: LocalServer) -> None:
    heard: list[Progress] = []
    threads = set()

    def hear(progress: Progress) -> None:
        heard.append(progress)
        threads.add(threading.current_thread())

    FETCHING[fetching](local.urls(3), Options(delay=1.25, progress=hear))
    assert heard[-1].done == 3
    assert {p.waiting for p in heard} >= {0, 2}
    gaps = [b.elapsed - a.elapsed for a, b in pairwise(heard)]
    in_time(max(gaps), 1.1)
    assert len(heard) <= 10
    assert threads == {threading.current_thread()}


def test_retries_are_told(fetching: str, local: LocalServer) -> None:
    heard: list[Progress] = []
    retry = cf.Retry(attempts=2, wait_initial=0.75, wait_jitter=0, budget=1)
    urls = [*local.urls(2), local.url("/status/503")]
    FETCHING[fetching](urls, Options(progress=heard.append, retry=retry))
    assert (heard[-1].done, heard[-1].retries, heard[-1].waiting) == (3, 1, 0)
    assert (1, 1) in {(p.retries, p.waiting) for p in heard}


def test_what_it_raises_while_all_wait_ends_the_fetching(fetching: str, local: LocalServer) -> None:
    def stop(progress: Progress) -> None:
        if progress.elapsed > 0.3:
            raise EOFError

    start = time.perf_counter()
    with pytest.raises(EOFError):
        FETCHING[fetching](local.urls(2), Options(progress=stop, delay=60.0))
    in_time(time.perf_counter() - start, 3.0)


def test_the_bar_says_who_waits_and_that_it_may_take_longer(
    local: LocalServer, capsys: pytest.CaptureFixture[str]
) -> None:
    cf.fetch_threaded(local.urls(3), Options(progress=True, delay=0.7))
    shown = capsys.readouterr().err
    assert re.search(r"1/3 \[00:0\d<00:0\d or more, .*, 2 wait for hosts\]", shown)
    assert "1 waits for its host" in shown
    assert re.search(r"3/3 \[00:0\d<00:00, +[\d.]+ fetch/s\]", shown)


def test_the_bar_says_what_was_tried_again(
    local: LocalServer, capsys: pytest.CaptureFixture[str]
) -> None:
    retry = cf.Retry(attempts=3, wait_initial=0, budget=1)
    cf.fetch_sync([local.url("/status/503")], Options(progress=True, retry=retry))
    assert re.search(r"1/1 \[.* fetch/s, 2 retried\]", capsys.readouterr().err)


# --- Of a comparison ---


def told(
    report: bool | OnProgress, *, rounds: int = 2, changing: bool = False, takes: float = 1.0
) -> None:
    clock = Clock()
    digests = iter(range(1000))

    def answer(url: str, index: int, **times: Any) -> Outcome:
        digest = str(next(digests)) if changing else "abc"
        return response(url, index, digest=digest, **times)

    strategies = {
        name: taking(clock, takes, name=name, answer=answer) for name in ("reference", "other")
    }
    runner = Runner(URLS, rounds=rounds, seed=1, progress=report, clock=clock)
    runner.compare(**strategies)


def test_a_callable_hears_of_every_run_from_1_to_the_total() -> None:
    heard: list[Progress] = []
    told(heard.append)
    assert [(p.done, p.total, p.stage, p.round) for p in heard] == [
        (1, 8, "check", None),
        (2, 8, "check", None),
        (3, 8, "round", 0),
        (4, 8, "round", 0),
        (5, 8, "round", 1),
        (6, 8, "round", 1),
        (7, 8, "probe", None),
        (8, 8, "probe", None),
    ]
    assert {p.rounds for p in heard} == {2}
    assert [(p.elapsed, p.left) for p in heard] == [(i, 8 - i) for i in range(1, 9)]
    assert [p.strategy for p in heard[:2]] == ["reference", "other"]
    assert all({heard[i].strategy, heard[i + 1].strategy} == {"reference", "other"} for i in (2, 4))


def test_runs_that_are_quick_are_told_together() -> None:
    heard: list[Progress] = []
    told(heard.append, takes=1 / 64)
    assert [(p.done, p.fetches, p.stage) for p in heard] == [
        (1, 4, "check"),
        (5, 20, "round"),
        (8, 32, "probe"),
    ]


def test_the_last_round_is_told_where_the_budget_ends_it() -> None:
    heard: list[Progress] = []
    clock = Clock()
    runner = Runner(URLS, seconds=1 / 32, progress=heard.append, clock=clock)
    runner.compare(one=taking(clock, 1 / 128), two=taking(clock, 1 / 128))
    assert [(p.done, p.total) for p in heard] == [(1, 24), (8, 24)]


def test_the_count_is_the_same_where_bodies_are_in_question() -> None:
    heard: list[Progress] = []
    told(heard.append, changing=True)
    assert [p.done for p in heard] == [1, 2, 3, 4, 5, 6, 7, 8]


def test_the_total_is_never_reached_where_all_is_clear_early() -> None:
    heard: list[Progress] = []
    clock = Clock()
    slow, fast = taking(clock, 2.0), taking(clock, 1.0)
    Runner(URLS, rounds=(10, 20), progress=heard.append, clock=clock).compare(slow=slow, fast=fast)
    assert (heard[-1].done, heard[-1].total) == (24, 44)


def test_a_callable_object_is_asked_whatever_it_is_worth() -> None:
    class Heard(list[Progress]):
        def __call__(self, progress: Progress) -> None:
            self.append(progress)

    heard = Heard()
    told(heard)
    assert heard[-1].done == 8


def test_an_object_with_an_async_call_is_refused() -> None:
    class Later:
        async def __call__(self, progress: Progress) -> None: ...

    with pytest.raises(TypeError, match="must be a plain function, got an async one"):
        Options(progress=Later())  # type: ignore[arg-type]  # the mistake itself


def test_the_time_of_a_callable_is_not_on_the_budget() -> None:
    clock = Clock()
    slow = partial(clock.pass_by, 5.0)
    runner = Runner(URLS, rounds=10, seconds=20.0, clock=clock, progress=lambda _: slow())
    assert runner.compare(taking(clock, 1.0)).rounds == 10


def test_what_the_callable_gets_is_frozen() -> None:
    heard: list[Progress] = []
    told(heard.append)
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        heard[0].done = 7  # type: ignore[misc]  # the mistake itself


def test_what_the_callable_raises_comes_out() -> None:
    class Stop(Exception):  # noqa: N818 - it is no error
        pass

    def stop(_: Progress) -> None:
        raise Stop

    with pytest.raises(Stop):
        told(stop)


def test_true_shows_a_bar_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    told(True)
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "0/8" in shown.err
    assert re.search(r"8/8 \[.*run/s, probe, other, 32 fetches\]", shown.err)


def test_the_bar_says_which_round_of_how_many_and_what_failed(
    local: LocalServer, capsys: pytest.CaptureFixture[str]
) -> None:
    urls = [local.url("/delay/0.03"), local.url("/delay/0.04"), "no URL"]
    Runner(urls, rounds=4, progress=True).compare(mine=cf.fetch_sync)
    shown = capsys.readouterr().err
    assert re.search(r"\d/6 \[.*, round [234]/4, mine, \d+ fetches, [2345] failed\]", shown)


def test_where_stderr_is_closed_no_bar_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr", None)
    told(True)


def test_false_shows_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    told(False)
    assert capsys.readouterr() == ("", "")


def test_failures_are_runs_like_any_other() -> None:
    heard: list[Progress] = []
    clock = Clock()
    runner = Runner(URLS, rounds=1, progress=heard.append, clock=clock)
    runner.compare(one=taking(clock, 1.0, answer=failure), two=taking(clock, 1.0, answer=failure))
    assert [(p.done, p.fetches, p.failures) for p in heard] == [
        (i, 4 * i, 4 * i) for i in range(1, 7)
    ]


def test_of_a_run_of_no_use_no_fetches_are_known() -> None:
    heard: list[Progress] = []
    clock = Clock()
    good = taking(clock, 1.0)
    calls = iter(range(10))

    def breaks(urls: list[str], options: Options) -> list[Outcome]:
        if next(calls) == 2:
            raise OSError
        return good(urls, options)

    Runner(URLS, rounds=1, progress=heard.append, clock=clock).compare(breaks)
    assert [(p.done, p.fetches) for p in heard] == [(1, 4), (2, 8), (3, 8)]


def options_on(report: OnProgress) -> Iterator[tuple[Options, Any]]:
    yield Options(progress=report), cf.fetch_threaded
    yield Options(), cf.with_options(cf.fetch_async, progress=report)


def test_a_runner_runs_its_strategies_without_it(local: LocalServer) -> None:
    heard: list[Progress] = []
    for options, strategy in options_on(heard.append):
        runner = Runner(local.urls(3), options, rounds=1)
        run, comparison = runner.run(strategy), runner.compare(mine=strategy)
        assert run.options.progress is False
        assert comparison.options.progress is False
        assert {record.options.progress for record in comparison.records} == {False}
    assert heard == []


def test_what_is_no_function_is_refused() -> None:
    with pytest.raises(TypeError, match=r"^progress must be True, False or a function.*got 'bar'"):
        Runner(URLS, progress="bar")  # type: ignore[arg-type]  # misuse
