"""Strategies over executors: any of them fetches each URL once, whatever happens to its workers."""

import itertools
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import closing
from functools import partial
from multiprocessing import active_children
from pathlib import Path
from typing import Any

import attrs
import executors
import pytest
from hypothesis import given
from hypothesis import strategies as st
from loky import get_reusable_executor
from pace import in_time

import concurrent_fetch as cf
from concurrent_fetch.feed import after_work
from concurrent_fetch.server import LocalServer
from concurrent_fetch.strategies import _warm_workers
from concurrent_fetch.strategies._clock_offsets import ClockOffsets, Exchanged
from concurrent_fetch.testing import check_strategy, parametrize_with_checks

pytestmark = pytest.mark.once

THREADS = ThreadPoolExecutor(2)


def ran(program: Path) -> "subprocess.CompletedProcess[str]":
    """Run a program that finds what this test does."""
    path = os.pathsep.join([str(Path(executors.__file__).parent), *sys.path])
    return subprocess.run(
        [sys.executable, program],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "PYTHONPATH": path},
    )


@pytest.fixture(scope="module")
def processes() -> Iterator[ProcessPoolExecutor]:
    with executors.pool() as pool:
        yield pool


@parametrize_with_checks(
    [
        partial(cf.fetch_executor, executor=THREADS, inner=cf.fetch_threaded),
        partial(cf.fetch_executor, executor=THREADS),
    ]
)
def test_over_threads_it_passes_every_check(check: Any) -> None:
    assert check().passed


@pytest.mark.long
@parametrize_with_checks(
    [partial(cf.iter_executor, executor=THREADS, batch=4)],
    expected_failures={"connections-kept": "each batch has connections of its own"},
)
def test_as_a_generator_it_passes_every_check(check: Any) -> None:
    assert check().passed


@pytest.mark.long
def test_over_processes_it_passes_every_check(processes: ProcessPoolExecutor) -> None:
    reports = check_strategy(partial(cf.fetch_executor, executor=processes))
    assert [str(report) for report in reports if not report.passed] == []


# --- death ---


def loky_pool() -> Executor:
    made: Executor = get_reusable_executor(max_workers=2, timeout=30)
    return made


@pytest.fixture
def left() -> Callable[[], set[Any]]:
    """What says which processes have come since and are still there."""
    before = set(active_children())
    return lambda: set(active_children()) - before


def wait_for_the_end_of(left: Callable[[], set[Any]]) -> None:
    ended = time.monotonic()
    while left():
        in_time(time.monotonic() - ended, 1.0)
        time.sleep(0.01)


@pytest.mark.parametrize("make", [executors.pool, loky_pool])
def test_of_two_workers_one_is_killed(
    local: LocalServer, left: Callable[[], set[Any]], make: Callable[[], Executor]
) -> None:
    urls = local.urls(200)
    outcomes = list[cf.Outcome]()
    for outcome in cf.iter_executor(urls, executor=make, batch=20):
        if not outcomes:
            executors.kill_worker_of(outcome)
        outcomes.append(outcome)
    wait_for_the_end_of(left)
    assert sorted(outcome.index for outcome in outcomes) == list(range(200))
    assert all(outcome.ok for outcome in outcomes)


@pytest.mark.long
@pytest.mark.parametrize("make", [executors.pool, loky_pool])
def test_a_url_that_kills_its_workers_is_a_failure_and_no_other_is(
    local: LocalServer, make: Callable[[], Executor]
) -> None:
    urls = local.urls(16)
    urls[5] += "&kill"
    run = cf.fetch_executor(urls, executor=make, inner=executors.fetch_dying, batch=4)
    assert [outcome.url for outcome in run] == urls
    (failure,) = run.failures
    assert (failure.index, failure.kind, failure.message) == (
        *(5, "other"),
        "its worker process died twice",
    )


@pytest.mark.long
def test_what_may_be_sent_once_only_is_not_sent_again(local: LocalServer) -> None:
    once = cf.Request(local.url("/anything?n=1"), method="POST", body=b"x", tag="mine")
    twice = attrs.evolve(once, url=local.url("/anything?n=2"), idempotent=True)
    asked: list[str | cf.Request] = [once, twice, local.url("/get?kill"), *local.urls(2)]
    run = cf.fetch_executor(asked, executor=executors.pool, inner=executors.fetch_dying, batch=5)
    assert [outcome.ok for outcome in run] == [False, True, False, True, True]
    failure = run[0]
    assert isinstance(failure, cf.Failure)
    assert (failure.method, failure.tag) == ("POST", "mine")
    assert failure.message == (
        "its worker process died; it may have been sent, and may not be sent twice"
    )


@pytest.mark.long
def test_workers_that_never_live_are_told_of_in_one_sentence(
    local: LocalServer, tmp_path: Path
) -> None:
    """Each worker of a program without the line runs the program again, and dies of it."""
    program = tmp_path / "unguarded.py"
    program.write_text(
        "import concurrent_fetch as cf\n"
        "from concurrent.futures import ProcessPoolExecutor\n"
        "from multiprocessing import get_context\n"
        "def pool():\n"
        "    return ProcessPoolExecutor(2, mp_context=get_context('spawn'))\n"
        f"urls = {local.urls(3)}\n"
        "cf.fetch_executor(urls, executor=pool)\n"
    )
    done = subprocess.run(
        [sys.executable, program], check=False, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 1
    assert 'below if __name__ == "__main__":' in done.stderr.splitlines()[-1]


# --- ending ---


@pytest.mark.long
def test_closing_ends_the_processes_that_a_factory_made(
    local: LocalServer, left: Callable[[], set[Any]]
) -> None:
    urls = [local.url("/get"), *local.urls(7, "/delay/8")]
    outcomes = cf.iter_executor(urls, executor=executors.pool, batch=1)
    next(outcomes)
    began = time.monotonic()
    outcomes.close()
    in_time(time.monotonic() - began, 1.0)
    assert not left()


def test_closing_ends_what_runs_in_threads_and_leaves_the_executor(local: LocalServer) -> None:
    urls = [local.url("/get"), *local.urls(7, "/delay/8")]
    with ThreadPoolExecutor(2) as pool:
        with closing(cf.iter_executor(urls, executor=pool, batch=1)) as outcomes:
            next(outcomes)
        assert cf.fetch_executor(local.urls(3), executor=pool)[2].ok


def test_ctrl_c_leaves_nothing(local: LocalServer, tmp_path: Path) -> None:
    program = tmp_path / "interrupted.py"
    program.write_text(
        "import time\n"
        "import concurrent_fetch as cf\n"
        "from multiprocessing import active_children\n"
        "from executors import pool\n"
        "if __name__ == '__main__':\n"
        f"    urls = {[local.url('/get'), *local.urls(7, '/delay/20')]}\n"
        "    try:\n"
        "        for outcome in cf.iter_executor(urls, executor=pool, batch=1):\n"
        "            print('one', flush=True)\n"
        "    except KeyboardInterrupt:\n"
        "        while active_children():\n"
        "            time.sleep(0.01)\n"
        "        print('none is left', flush=True)\n"
    )
    path = os.pathsep.join([str(Path(executors.__file__).parent), *sys.path])
    with subprocess.Popen(
        [sys.executable, program],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": path},
    ) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == "one\n"
        began = time.monotonic()
        running.send_signal(signal.SIGINT)
        assert running.stdout.readline() == "none is left\n"
        seconds = time.monotonic() - began
        assert running.wait(20) == 0
    in_time(seconds, 1.0)


# --- what is pulled, shared and kept ---


def test_urls_are_read_no_further_than_two_batches_for_each_worker(local: LocalServer) -> None:
    read = []

    def endless() -> Iterator[str]:
        for number in itertools.count():
            read.append(number)
            yield local.url(f"/get?n={number}")

    with closing(cf.iter_executor(endless(), executor=THREADS, batch=5)) as outcomes:
        assert next(outcomes).ok
        assert len(read) <= 2 * 2 * 5 + 5


def test_a_worker_gets_its_share(local: LocalServer) -> None:
    seen = []

    async def fetch(urls: list[str], options: cf.Options) -> cf.Run:
        seen.append((len(urls), options))
        return await cf.fetch_async(urls, options)

    inner = cf.with_options(fetch, timeout=7.0)
    options = cf.Options(concurrency=7, rate=200.0, progress=lambda _: None)
    run = cf.fetch_executor(local.urls(10), options, executor=THREADS, inner=inner)
    assert [length for length, _ in seen] == [5, 5]
    share = seen[0][1]
    assert (share.concurrency, share.rate, share.timeout) == (3, 100.0, 7.0)
    assert (share.progress, share.journal) == (False, None)
    assert run.options == attrs.evolve(options, timeout=7.0)


def test_fewer_at_once_than_workers_are_fewer_workers(local: LocalServer) -> None:
    urls = local.urls(8, "/delay/0.02")
    cf.fetch_executor(urls, cf.Options(concurrency=1), executor=THREADS, batch=1)
    assert local.stats().peak_in_flight == 1


@pytest.mark.long
def test_the_cpu_time_of_workers_counts_once(
    local: LocalServer, processes: ProcessPoolExecutor
) -> None:
    urls, options = local.urls(10), cf.Options(work=executors.compute)
    elsewhere = cf.fetch_executor(urls, options, executor=processes)
    assert elsewhere.cpu > 10 * 0.02
    begun = time.process_time()
    here = cf.fetch_executor(urls, options, executor=THREADS)
    assert 10 * 0.02 < here.cpu <= time.process_time() - begun
    assert (elsewhere.clock_error, here.clock_error) == (0.0, 0.0)


@pytest.mark.long
def test_a_forked_worker_tells_the_cpu_time_of_its_own(local: LocalServer, tmp_path: Path) -> None:
    """Its clock begins at 0, and what the process above it has told is nothing that it used."""
    program = tmp_path / "forked.py"
    program.write_text(
        "import concurrent_fetch as cf\n"
        "from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor\n"
        "from multiprocessing import get_context\n"
        "from executors import compute\n"
        f"urls, options = {local.urls(10)}, cf.Options(work=compute)\n"
        "with ThreadPoolExecutor(2) as threads:\n"
        "    cf.fetch_executor(4 * urls, options, executor=threads)\n"
        "with ProcessPoolExecutor(2, mp_context=get_context('fork')) as forked:\n"
        "    with cf.fetch_executor.ready(urls, options, executor=forked) as kept:\n"
        "        run = cf.fetch_executor(urls, options, executor=forked)\n"
        "        print(10 * 0.02 <= kept.cpu() <= run.cpu)\n"
    )
    done = ran(program)
    assert done.stdout == "True\n", done.stderr


def test_outcomes_have_the_tags_of_their_requests(
    local: LocalServer, processes: ProcessPoolExecutor
) -> None:
    asked = [cf.Request(url, tag=["mine", url]) for url in [*local.urls(3), "no URL"]]
    run = cf.fetch_executor(asked, executor=processes)
    assert [outcome.ok for outcome in run] == [True, True, True, False]
    assert all(outcome.tag is one.tag for outcome, one in zip(run, asked, strict=True))


def test_work_that_was_done_there_is_not_done_again(
    local: LocalServer, processes: ProcessPoolExecutor
) -> None:
    options = cf.Options(work=executors.where)
    for outcome in cf.fetch_executor(local.urls(3), options, executor=processes):
        executors.WORKED_IN.clear()
        after_work(outcome, options)
        assert executors.WORKED_IN == []


def test_a_journal_is_kept_by_the_parent(
    local: LocalServer, processes: ProcessPoolExecutor, tmp_path: Path
) -> None:
    options = cf.Options(journal=tmp_path / "a.jsonl")
    urls = [*local.urls(6), local.url("/status/500")]
    first = cf.fetch_executor(urls, options, executor=processes)
    assert (len(first), first.skipped) == (7, 0)
    again = cf.fetch_executor([*urls, local.url("/get")], options, executor=processes)
    assert (again.skipped, [outcome.index for outcome in again]) == (6, [6, 7])
    kept = cf.load(tmp_path / "a.jsonl")
    assert isinstance(kept, cf.Run)
    assert len(kept) == 8
    posted = cf.Request(local.url("/anything"), method="POST")
    with pytest.raises(ValueError, match=r"Request\(idempotent=True\)"):
        cf.fetch_executor([posted], options, executor=processes)


def test_progress_is_told_here(local: LocalServer, processes: ProcessPoolExecutor) -> None:
    told: list[cf.Progress] = []
    options = cf.Options(progress=told.append)
    cf.fetch_executor(local.urls(20), options, executor=processes)
    assert (told[-1].done, told[-1].total, told[-1].strategy) == (20, 20, "fetch_executor")


def test_what_work_raises_ends_the_run(local: LocalServer) -> None:
    def work(_: cf.Response) -> None:
        raise ArithmeticError

    with pytest.raises(ArithmeticError):
        cf.fetch_executor(local.urls(3), cf.Options(work=work), executor=THREADS)


# --- ready ---

READY: Any = cf.fetch_executor.ready  # type: ignore[attr-defined]


def of_processes(run: cf.Run) -> set[int]:
    return {executors.process_of(outcome) for outcome in run}


@pytest.mark.long
@pytest.mark.parametrize("make", [executors.pool, loky_pool])
def test_what_a_factory_made_serves_one_run_after_another(
    local: LocalServer, left: Callable[[], set[Any]], make: Callable[[], Executor]
) -> None:
    urls = local.urls(40)
    with READY(urls, executor=make, batch=5) as kept:
        assert len(left()) == 2
        assert kept.cpu() == 0
        runs = [cf.fetch_executor(urls, executor=make, batch=5) for _ in range(3)]
        assert set.union(*map(of_processes, runs)) <= {process.pid for process in left()}
        assert kept.cpu() > 0
        assert sum(run.cpu for run in runs) >= kept.cpu()
    ended = time.monotonic()
    while left():
        in_time(time.monotonic() - ended, 1.0)
        time.sleep(0.01)


@pytest.mark.long
def test_its_workers_have_the_client_imported(local: LocalServer) -> None:
    with executors.pool() as pool:
        inner = partial(cf.fetch_async, client="httpx")
        with READY(local.urls(2), executor=pool, inner=inner):
            assert all(pool.map(executors.is_imported, ["httpx", "httpx"]))
        assert cf.fetch_executor(local.urls(2), executor=pool)[1].ok


@pytest.mark.long
def test_a_ready_worker_that_died_meanwhile_is_replaced(local: LocalServer) -> None:
    urls = local.urls(8)
    with READY(urls, executor=executors.pool):
        executors.kill_worker_of(cf.fetch_executor(urls, executor=executors.pool)[0])
        assert all(one.ok for one in cf.fetch_executor(urls, executor=executors.pool))


@pytest.mark.long
def test_an_executor_whose_run_was_left_early_is_not_kept(
    local: LocalServer, left: Callable[[], set[Any]]
) -> None:
    urls = [local.url("/get"), *local.urls(7, "/delay/8")]
    with READY(urls, executor=executors.pool):
        before = left()
        with closing(cf.iter_executor(urls, executor=executors.pool, batch=1)) as outcomes:
            next(outcomes)
        wait_for_the_end_of(lambda: before & left())  # who else waits for it may see it first
        assert cf.fetch_executor(local.urls(2), executor=executors.pool)[1].ok
    wait_for_the_end_of(left)


@pytest.mark.long
def test_a_comparison_counts_the_cpu_time_and_the_work_of_workers(
    local: LocalServer, processes: ProcessPoolExecutor
) -> None:
    ours = partial(cf.fetch_executor, executor=processes)
    runner = cf.Runner(local.urls(6), cf.Options(work=executors.compute), rounds=2, seed=1)
    comparison = runner.compare(cf.fetch_async, ours, also := partial(ours, batch=2))
    for name in comparison.strategies[1:]:
        assert comparison.reasons_against(name) == ()
        assert all(run.cpu > 6 * 0.02 for run in comparison.runs(name))
        runs = [record for record in comparison.records if record.strategy == name]
        assert min(record.cpu_of_workers for record in runs) > 6 * 0.02
        assert comparison.why(name).in_workers > 0
        assert comparison.checks[name].worked == 6
        facts = [note.fact for note in comparison.notes if note.strategy == name]
        assert [fact for fact in facts if fact.startswith("its workers were started once")]
    assert runner.run(also).clock_error == 0


@pytest.mark.long
def test_times_of_other_machines_have_a_note(local: LocalServer) -> None:
    far = partial(cf.fetch_executor, executor=executors.FarAway(), workers=2)
    comparison = cf.Runner(local.urls(6), rounds=2, seed=1).compare(cf.fetch_async, far)
    assert comparison.reasons_against(comparison.strategies[1]) == ()
    notes = "\n".join(map(str, comparison.notes))
    assert re.search(r"its times are approximate \(± [\d.]+ \w+\): other machines fetched", notes)


@pytest.mark.long
def test_workers_that_die_are_told_of_before_the_first_run(tmp_path: Path) -> None:
    program = tmp_path / "unguarded.py"
    program.write_text(
        "import concurrent_fetch as cf\n"
        "from executors import pool\n"
        "with cf.fetch_executor.ready(['http://a.example'], executor=pool):\n"
        "    pass\n"
    )
    done = ran(program)
    assert done.returncode == 1
    assert 'below if __name__ == "__main__":' in done.stderr.splitlines()[-1]


def test_nobody_waits_for_workers_that_never_come(
    local: LocalServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_warm_workers, "UNTIL_STARTED", 0.1)
    monkeypatch.setattr(_warm_workers, "_NO_OTHER", 0.1)
    with READY(local.urls(2), executor=executors.Silent(), workers=2):
        pass
    with READY(local.urls(2), executor=ThreadPoolExecutor(1), workers=2):
        pass


# --- clocks ---


def test_moments_on_another_machine_are_placed(local: LocalServer, tmp_path: Path) -> None:
    before = time.perf_counter()
    run = cf.fetch_executor(local.urls(10), executor=executors.FarAway(), workers=2)
    after = time.perf_counter()
    error = run.clock_error
    assert error is not None
    assert 0 < error < after - before
    for outcome in run:
        timing = outcome.timing
        assert before - error <= timing.started <= timing.finished <= after + error
    assert re.search(r", times approximate \(± [\d.]+ \w+\)$", str(run).splitlines()[0])
    cf.save(run, tmp_path / "run.json")
    loaded = cf.load(tmp_path / "run.json")
    assert isinstance(loaded, cf.Run)
    assert loaded.clock_error == error


@given(
    ahead=st.floats(-1e5, 1e5),
    exchanges=st.lists(st.tuples(*[st.floats(0, 10)] * 4), min_size=1),
)
def test_a_clock_is_never_further_off_than_said(
    ahead: float, exchanges: list[tuple[float, float, float, float]]
) -> None:
    clocks, now = ClockOffsets(), 0.0
    for way, work, back, pause in exchanges:
        came, left = now + way, now + way + work
        told = clocks.ahead("there", Exchanged(now, came + ahead, left + ahead, left + back))
        assert abs(told - ahead) <= clocks.error + 1e-6
        now = left + back + pause


# --- refusals ---


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"per_host": 2}, "per_host cannot hold over an executor"),
        ({"delay": 1.0}, "delay cannot hold over an executor"),
        ({"hosts": {"a.example": cf.Pace(per_host=1)}}, "on one machine write fetch_processes"),
    ],
)
def test_what_cannot_be_exact_is_refused(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        cf.fetch_executor([], cf.Options(**changes), executor=THREADS)
    inner = cf.with_options(cf.fetch_async, **changes)
    with pytest.raises(ValueError, match=words):
        cf.iter_executor([], executor=THREADS, inner=inner)


@pytest.mark.parametrize(
    ("how", "error", "words"),
    [
        ({"executor": 4}, TypeError, r"write executor=ThreadPoolExecutor\(4\)"),
        ({"executor": lambda: 4}, TypeError, r"executor\(\) must return an Executor, got int"),
        ({"executor": executors.Silent()}, ValueError, "how many workers it has; write workers=2"),
        ({"executor": THREADS, "workers": 0}, ValueError, "workers must be at least 1"),
        ({"executor": THREADS, "batch": 0}, ValueError, "batch must be at least 1"),
        ({"executor": THREADS, "inner": lambda: None}, TypeError, "takes no URLs"),
    ],
)
def test_bad_arguments_are_refused(how: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        cf.fetch_executor([], **how)


def test_an_inner_strategy_has_to_answer_for_every_url(local: LocalServer) -> None:
    def nothing(_: list[str], __: cf.Options) -> list[cf.Outcome]:
        return []

    def strange(urls: list[str], _: cf.Options) -> Any:
        return urls

    with pytest.raises(ValueError, match="it returned 0 for 2"):
        cf.fetch_executor(local.urls(4), executor=THREADS, inner=nothing)
    with pytest.raises(TypeError, match="must return outcomes"):
        cf.fetch_executor(local.urls(4), executor=THREADS, inner=strange)


def test_an_outcome_that_breaks_a_rule_is_named(
    local: LocalServer, processes: ProcessPoolExecutor
) -> None:
    with pytest.raises(ValueError, match="status_code"):
        cf.fetch_executor(local.urls(2), executor=processes, inner=executors.fetch_wrongly)


def test_an_executor_that_is_over_is_told_at_once(local: LocalServer) -> None:
    over = ThreadPoolExecutor(1)
    over.shutdown()
    with pytest.raises(RuntimeError, match="after shutdown"):
        cf.fetch_executor(local.urls(1), executor=over)


def test_nothing_comes_of_no_urls() -> None:
    assert not len(cf.fetch_executor([], executor=THREADS))
