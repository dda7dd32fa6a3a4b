"""A cluster of dask on this machine: whatever happens to it, each URL has exactly one outcome."""

import logging
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import dask
import executors
import pytest
from distributed import Client, LocalCluster

import concurrent_fetch as cf
from concurrent_fetch.server import LocalServer
from concurrent_fetch.strategies import _patience

# Its own sockets and loops are left to the garbage collector.
pytestmark = pytest.mark.filterwarnings("default")


@pytest.fixture
def client() -> Iterator[Client]:
    with (
        LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            dashboard_address=None,
            host="127.0.0.1",
            silence_logs=logging.CRITICAL,
        ) as cluster,
        Client(cluster) as client,
    ):
        yield client


def check_all_are_there(outcomes: list[cf.Outcome], count: int) -> None:
    assert sorted(outcome.index for outcome in outcomes) == list(range(count))


def test_all_are_fetched_and_it_tells_its_workers(client: Client, local: LocalServer) -> None:
    run = cf.fetch_executor(local.urls(400), executor=client.get_executor(pure=False), batch=50)
    assert [outcome.ok for outcome in run] == [True] * 400
    assert len({executors.process_of(outcome) for outcome in run}) == 2
    assert (run.clock_error, local.stats().requests) == (0.0, 400)
    assert run.cpu > 0


@pytest.mark.parametrize("pure", [False, True])
def test_the_same_urls_are_fetched_again(client: Client, local: LocalServer, pure: bool) -> None:
    executor = client.get_executor(pure=pure)
    for _ in range(2):
        cf.fetch_executor(local.urls(10), executor=executor)
    assert local.stats().requests == 20


def test_of_two_workers_one_is_killed(client: Client, local: LocalServer) -> None:
    outcomes = []
    executor = client.get_executor(pure=False, retries=2)
    for outcome in cf.iter_executor(local.urls(2000), executor=executor, batch=100):
        if len(outcomes) == 200:
            executors.kill_worker_of(outcome)
        outcomes.append(outcome)
    check_all_are_there(outcomes, 2000)
    assert all(outcome.ok for outcome in outcomes)


def test_of_two_workers_one_is_taken_away(client: Client, local: LocalServer) -> None:
    outcomes = []
    executor = client.get_executor(pure=False)
    for outcome in cf.iter_executor(local.urls(2000), executor=executor, batch=100):
        if len(outcomes) == 200:
            client.cluster.scale(1)
        outcomes.append(outcome)
    check_all_are_there(outcomes, 2000)
    assert all(outcome.ok for outcome in outcomes)


def test_all_workers_are_taken_away(
    client: Client, local: LocalServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_patience, "_BETWEEN_LOOKS", 0.5)
    monkeypatch.setattr(_patience, "_WITHOUT_WORKERS", 3.0)
    outcomes = []
    executor = client.get_executor(pure=False)
    for outcome in cf.iter_executor(
        (url for url in local.urls(2000)), executor=executor, batch=100
    ):
        if len(outcomes) == 200:
            client.cluster.scale(0)
        outcomes.append(outcome)
    check_all_are_there(outcomes, 2000)
    failures = [outcome for outcome in outcomes if isinstance(outcome, cf.Failure)]
    assert {f.message for f in failures} == {"the executor has had no workers for 0.05 minutes"}


def test_workers_that_come_late_are_waited_for(
    client: Client, local: LocalServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_patience, "_BETWEEN_LOOKS", 0.1)
    monkeypatch.setattr(_patience, "_WITHOUT_WORKERS", 0.5)
    client.cluster.scale(0)
    while client.ncores():
        time.sleep(0.1)
    later = threading.Timer(2.0, client.cluster.scale, [1])
    later.start()
    executor = client.get_executor(pure=False)
    run = cf.fetch_executor(local.urls(20), executor=executor, workers=1, batch=10)
    later.join()
    assert [outcome.ok for outcome in run] == [True] * 20


def test_a_time_that_dask_is_told_to_wait_for_workers_ends_the_run(local: LocalServer) -> None:
    with (
        dask.config.set({"distributed.scheduler.no-workers-timeout": "1s"}),
        LocalCluster(n_workers=0, dashboard_address=None, host="127.0.0.1") as cluster,
        Client(cluster) as client,
    ):
        executor = client.get_executor(pure=False)
        run = cf.fetch_executor(local.urls(4), executor=executor, workers=1, batch=2)
    assert len(run) == 4
    assert all(f.message.startswith("the executor has no workers (") for f in run.failures)


def test_a_client_that_is_closed_ends_the_run(client: Client, local: LocalServer) -> None:
    urls = local.urls(40, "/delay/0.5")
    outcomes = []
    executor = client.get_executor(pure=False)
    for outcome in cf.iter_executor(urls, cf.Options(concurrency=2), executor=executor, batch=2):
        if not outcomes:
            client.close()
        outcomes.append(outcome)
    check_all_are_there(outcomes, 40)
    assert outcomes[-1].message == "the executor has lost its scheduler"


def test_a_url_that_kills_its_workers_is_a_failure(client: Client, local: LocalServer) -> None:
    """dask itself tries four times before it says so."""
    urls = [*local.urls(3), local.url("/get?kill")]
    executor = client.get_executor(pure=False)
    run = cf.fetch_executor(urls, executor=executor, inner=executors.fetch_dying, batch=2)
    assert [outcome.ok for outcome in run] == [True, True, True, False]
    assert run.failures[0].message == "its worker process died twice"


def test_what_may_be_sent_once_only_is_not_sent_at_all(client: Client, local: LocalServer) -> None:
    posted = cf.Request(local.url("/anything"), method="POST", body=b"x")
    run = cf.fetch_executor([posted, local.url("/get")], executor=client.get_executor(pure=False))
    assert [outcome.ok for outcome in run] == [False, True]
    assert run.failures[0].message.startswith("not sent: dask runs a batch again")
    assert local.stats().requests == 1


def test_functions_of_the_program_itself_cross(client: Client, local: LocalServer) -> None:
    options = cf.Options(work=lambda response: response.body)
    assert cf.fetch_executor(local.urls(2), options, executor=client.get_executor(pure=False))[1].ok


def test_the_snippet_of_the_page_runs(tmp_path: Path) -> None:
    page = Path(__file__).parents[3] / "docs" / "clusters.md"
    snippet = page.read_text(encoding="utf-8").partition("<!-- not run: needs dask")[2]
    program = tmp_path / "snippet.py"
    program.write_text(snippet.partition("```python\n")[2].partition("```")[0], encoding="utf-8")
    done = subprocess.run([sys.executable, program], check=True, capture_output=True, timeout=120)
    assert done.stdout == b"200 outcomes, 0 failures\n"


def test_a_dead_scheduler_ends_the_run(local: LocalServer, tmp_path: Path) -> None:
    file = str(tmp_path / "scheduler.json")
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    where = ["--scheduler-file", file, "--no-dashboard"]
    command = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1"]
    scheduler = subprocess.Popen([*command, "--port", "0", *where], **quiet)
    command = [sys.executable, "-m", "distributed.cli.dask_worker", "--nthreads", "1"]
    worker = subprocess.Popen([*command, *where], **quiet)
    outcomes = []
    try:
        with Client(scheduler_file=file, timeout=30) as client:
            client.wait_for_workers(1, timeout=60)
            executor = client.get_executor(pure=False)
            for outcome in cf.iter_executor(local.urls(1000), executor=executor, batch=50):
                if len(outcomes) == 100:
                    scheduler.kill()
                    began = time.monotonic()
                outcomes.append(outcome)
    finally:
        for process in (worker, scheduler):
            process.kill()
            process.wait()
    assert time.monotonic() - began < 120
    check_all_are_there(outcomes, 1000)
    failures = [outcome for outcome in outcomes if isinstance(outcome, cf.Failure)]
    assert {failure.message for failure in failures} <= {"the executor has lost its scheduler"}
