"""When a run over an executor ends before its URLs: never for a time, and all are answered for."""

import itertools
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import closing
from types import SimpleNamespace
from typing import Any

import executors
import pytest

import concurrent_fetch as cf
from concurrent_fetch.server import LocalServer
from concurrent_fetch.strategies import _lease, _patience
from concurrent_fetch.strategies._flight import GivenUp
from concurrent_fetch.strategies._lease import Lease
from concurrent_fetch.strategies._patience import Patience

pytestmark = pytest.mark.once


def as_generator(urls: list[str]) -> Iterator[str]:
    yield from urls


def killing_both(local: LocalServer, before: int, after: int) -> list[str]:
    """Return URLs of which two batches of five, one after another, kill a worker each."""
    kills = [local.url("/get?kill"), *local.urls(4)]
    return [*local.urls(before), *kills, *kills, *local.urls(after)]


GIVEN: list[Callable[[list[str]], Iterable[str]]] = [list, as_generator]


@pytest.fixture
def hours(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each second of a run seems to be an hour to who waits for it."""
    monkeypatch.setattr(_patience, "perf_counter", lambda: 3600 * time.perf_counter())


@pytest.mark.usefixtures("hours")
def test_slow_work_is_waited_for(local: LocalServer) -> None:
    options = cf.Options(timeout=5.0, work=lambda _: time.sleep(0.3))
    with ThreadPoolExecutor(2) as pool:
        run = cf.fetch_executor(local.urls(4), options, executor=pool)
    assert [outcome.ok for outcome in run] == [True] * 4


@pytest.mark.usefixtures("hours")
def test_an_executor_may_be_busy_with_what_others_gave_it(local: LocalServer) -> None:
    with ThreadPoolExecutor(1) as pool:
        pool.submit(time.sleep, 0.5)
        run = cf.fetch_executor(local.urls(4), executor=pool)
    assert [outcome.ok for outcome in run] == [True] * 4


@pytest.mark.usefixtures("hours")
def test_no_time_is_enough_to_give_up() -> None:
    patience = Patience(None)
    for _ in range(3):
        time.sleep(0.1)
        patience.check(executors.Silent())


def of_dask(*, workers: int = 0, requested: int = 0, status: str = "running") -> Executor:
    """Return what tells of a cluster what executors of dask tell."""
    client = SimpleNamespace(
        status=status,
        scheduler=SimpleNamespace(ncores=None),
        sync=lambda *_, **__: dict.fromkeys(range(workers), 1),
        cluster=SimpleNamespace(requested=range(requested)),
    )
    kind = type("ClientExecutor", (executors.Silent,), {"__module__": "distributed.cfexecutor"})
    made: Executor = kind()
    made._client = client  # type: ignore[attr-defined]  # as they have it
    return made


@pytest.mark.usefixtures("hours")
def test_a_cluster_is_given_up_when_it_has_lost_all_workers_and_asked_for_none() -> None:
    patience = Patience(None)

    def check(**told: Any) -> None:
        time.sleep(0.1)  # six minutes
        patience.check(of_dask(**told))

    for _ in range(3):
        check()  # those that come late
    for _ in range(3):
        check(workers=2)
        check(requested=1)
        check(status="connecting")
        check()
    with pytest.raises(GivenUp, match="the executor has had no workers for 5 minutes"):
        check()
    with pytest.raises(GivenUp, match="the executor has lost its scheduler"):
        check(status="closed")


def test_an_executor_that_never_answers_ends_with_the_deadline(local: LocalServer) -> None:
    options = cf.Options(deadline=0.1)
    run = cf.fetch_executor(local.urls(5), options, executor=executors.Silent(), workers=2)
    assert [(f.kind, f.message) for f in run.failures] == [
        ("cancelled", "not finished within deadline=0.1 s")
    ] * 5


def test_workers_that_start_slowly_may_live(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_lease, "UNTIL_STARTED", 0.1)
    Lease(executors.Silent()).check_lives()
    Lease(executors.Cancelling()).check_lives()


def test_an_executor_that_cancels_everything_ends_the_run(local: LocalServer) -> None:
    run = cf.fetch_executor(local.urls(5), executor=executors.Cancelling(), workers=2)
    assert {f.message for f in run.failures} == {"the executor cancels all that it is given"}
    assert len(run) == 5


def test_one_that_has_lost_all_that_was_in_flight_gets_it_again(local: LocalServer) -> None:
    run = cf.fetch_executor(local.urls(60), executor=executors.Losing(30), workers=15, batch=1)
    assert [outcome.ok for outcome in run] == [True] * 60


# --- all are answered for ---


@pytest.mark.parametrize("given", GIVEN)
def test_without_a_factory_a_broken_executor_ends_the_run_with_failures(
    local: LocalServer, given: Callable[[list[str]], Iterable[str]]
) -> None:
    urls = killing_both(local, 30, 60)
    with executors.pool() as pool:
        run = cf.fetch_executor(given(urls), executor=pool, inner=executors.fetch_dying, batch=5)
    assert [(outcome.index, outcome.url) for outcome in run] == list(enumerate(urls))
    failure = run[30]
    assert isinstance(failure, cf.Failure)
    assert {f.message.partition(" (")[0] for f in run.failures} == {"the executor broke"}
    assert "executor=lambda: ProcessPoolExecutor(2)" in failure.message
    assert not run[99].ok


@pytest.mark.parametrize("given", GIVEN)
def test_who_takes_them_one_by_one_is_told_too(
    local: LocalServer, given: Callable[[list[str]], Iterable[str]]
) -> None:
    urls = killing_both(local, 0, 30)
    with (
        executors.pool() as pool,
        closing(
            cf.iter_executor(given(urls), executor=pool, inner=executors.fetch_dying, batch=5)
        ) as outcomes,
    ):
        told = {outcome.index: outcome for outcome in outcomes}
    assert sorted(told) == list(range(40))
    last = told[39]
    assert isinstance(last, cf.Failure)
    assert last.message.startswith("the executor broke")


def test_after_the_deadline_all_of_a_list_is_answered_for(local: LocalServer) -> None:
    options = cf.Options(deadline=0.3, concurrency=2)
    urls = local.urls(40, "/delay/0.1")
    with ThreadPoolExecutor(2) as pool:
        run = cf.fetch_executor(urls, options, executor=pool, batch=2)
        read = cf.fetch_executor(as_generator(urls), options, executor=pool, batch=2)
        whole = cf.fetch_executor(as_generator(urls[:2]), options, executor=pool, batch=4)
    assert [outcome.index for outcome in run] == list(range(40))
    assert {(f.kind, f.message) for f in run.failures} == {
        ("cancelled", "not finished within deadline=0.3 s")
    }
    assert len(read) < 40
    assert read.advice.startswith("the deadline came before the URLs were read to their end")
    assert (run.advice, whole.advice) == ("", "")


def test_the_deadline_is_held_while_urls_come_slowly(local: LocalServer) -> None:
    def slow() -> Iterator[str]:
        for number in itertools.count():
            time.sleep(0.02)
            yield local.url(f"/get?n={number}")

    with ThreadPoolExecutor(2) as pool:
        run = cf.fetch_executor(slow(), cf.Options(deadline=0.2), executor=pool)
    assert len(run) <= 10
    assert run.advice
