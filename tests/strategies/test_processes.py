"""In processes: the same outcomes as on one event loop, one feed for all, nothing left behind."""

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import attrs
import pytest
import sent_away
from below import ENVIRONMENT, alive, children, descriptors_open, needs_proc, run_script
from fetching import eventually
from pace import in_time, unless_busy
from raw_server import RawServer, silent

import concurrent_fetch as cf
from concurrent_fetch.feed import CountedWork
from concurrent_fetch.server import LocalServer
from concurrent_fetch.strategies import _starters, _workers
from concurrent_fetch.testing import check_strategy

fetch = partial(cf.fetch_processes, processes=2, client="plain")


@pytest.fixture(autouse=True)
def findable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers find what the tests do."""
    monkeypatch.syspath_prepend(str(Path(sent_away.__file__).parent))


def alike(outcome: cf.Outcome) -> cf.Outcome:
    """Return it without what differs from run to run."""
    nothing = cf.Timing(started=0, finished=0)
    rest: dict[str, Any] = {"timing": nothing, "worker": ""}
    if isinstance(outcome, cf.Response):
        kept = [(n, v) for n, v in outcome.headers.fields if n.lower() != "date"]
        rest |= {"headers": cf.Headers.from_fields(kept), "reused": None}
    earlier = tuple(attrs.evolve(a, started=0, finished=0, waited=0) for a in outcome.earlier)
    return attrs.evolve(outcome, earlier=earlier, **rest)


@pytest.mark.once
def test_outcomes_are_those_of_one_event_loop(local: LocalServer) -> None:
    paths = ("/bytes/100", "/gzip", "/redirect/2", "/status/404", "/fault/cl_short", "/delay/5")
    urls: list[Any] = [local.url(path) for path in paths]
    urls += ["nonsense", 7, "http://127.0.0.1:1/", local.url("/bytes/100")]
    asked: list[Any] = [
        cf.Request(local.url("/anything"), json={"a": 1}, tag="one"),
        cf.Request(local.url("/anything"), method="PUT", body=b"x", tag=threading.Lock()),
        cf.Request(local.url("/bytes/9"), method="HEAD"),
    ]
    options = cf.Options(timeout=1.0, digest=True, retry=cf.Retry(attempts=2, wait_initial=0.01))
    there = cf.fetch_processes([*urls, *asked], options, processes=3, client="plain")
    here = asyncio.run(cf.fetch_async([*urls, *asked], options, client="plain"))
    assert [alike(one) for one in there] == [alike(one) for one in here]
    assert {one.worker.partition("/")[0] for one in there} == {f"process-{n}" for n in (1, 2, 3)}


def test_times_are_on_the_clock_of_this_process(local: LocalServer) -> None:
    before = time.perf_counter()
    run = fetch(local.urls(50))
    after = time.perf_counter()
    assert all(before <= one.timing.started <= one.timing.finished <= after for one in run)


def test_no_urls_start_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_workers, "starter_for", None)
    assert len(fetch([])) == 0


@pytest.mark.parametrize(
    ("urls", "concurrency", "processes", "started"),
    [(50, 20, 2, 2), (50, 1, 4, 1), (2, 20, 4, 2), (50, 3, 2, 2)],
)
def test_there_are_no_more_processes_than_are_of_use(
    local: LocalServer, urls: int, concurrency: int, processes: int, started: int
) -> None:
    options = cf.Options(concurrency=concurrency, sink=sent_away.where)
    run = cf.fetch_processes(local.urls(urls), options, processes=processes, client="plain")
    assert len({one.sink.split()[0] for one in run.responses if one.sink}) == started
    assert local.stats().peak_in_flight <= concurrency


def test_without_a_number_there_is_one_on_each_core() -> None:
    assert 1 <= _workers.cores() <= (os.cpu_count() or 1)


def test_in_flight_are_never_more_than_may_be() -> None:
    with LocalServer(latency=0.01) as server:
        run = cf.fetch_processes(server.urls(200), cf.Options(concurrency=7), processes=3)
        assert not run.failures
        assert server.stats().peak_in_flight == 7


def test_limits_hold_over_all_processes() -> None:
    with LocalServer(latency=0.005) as server:
        fetch(server.urls(60), cf.Options(per_host=3))
        assert server.stats().peak_in_flight == 3
        server.reset()
        run = fetch(server.urls(10), cf.Options(delay=0.05))
        starts = sorted(one.timing.started for one in run)
        assert min(after - before for before, after in pairwise(starts)) >= 0.05
        (gap,) = server.stats().least_gap_per_host.values()
        unless_busy(gap >= 0.02, gap)  # on the way to a busy process they may come closer
        server.reset()
        started = time.perf_counter()
        fetch(server.urls(61), cf.Options(rate=100.0))
        assert time.perf_counter() - started >= 0.5
        assert server.stats().peak_per_second <= 111


def test_retries_are_of_one_run(local: LocalServer) -> None:
    urls = [local.url(f"/flaky/2?{number}") for number in range(6)]
    options = cf.Options(
        retry=cf.Retry(attempts=3, wait_initial=0.01, budget=2), sink=sent_away.where
    )
    run = fetch([*urls, local.url("/status/503")], options)
    assert [one.ok for one in run] == [True] * 6 + [False]
    assert [len(one.earlier) for one in run] == [2] * 7
    sinks = [one.sink for one in run.responses]
    assert all(sinks)
    assert str(os.getpid()) not in {sink.split()[0] for sink in sinks[:6] if sink}
    assert str(os.getpid()) == str(sinks[6]).split()[0]  # only here it is known to be the last


def test_a_function_says_there_what_is_tried_again(local: LocalServer) -> None:
    urls = [local.url("/bytes/10"), local.url("/bytes/11")]
    retry = cf.Retry(on=sent_away.is_odd, attempts=2, wait_initial=0.01)
    run = fetch(urls, cf.Options(retry=retry, keep_bodies=False))
    assert [len(one.earlier) for one in run] == [0, 1]
    assert not any(one.body for one in run.responses)


def test_work_and_sink_are_done_where_it_was_fetched(local: LocalServer) -> None:
    urls = [cf.Request(url, tag=place) for place, url in enumerate(local.urls(10))]
    run = fetch(urls, cf.Options(sink=sent_away.where, keep_bodies=False))
    pids = {one.sink.split()[0] for one in run.responses if one.sink}
    assert len(pids) == 2
    assert str(os.getpid()) not in pids
    told = [(one.sink or "").split()[1:] for one in run.responses]
    assert told == [["1024", f"{place}"] for place in range(10)]
    assert [one.body for one in run.responses] == [b""] * 10


def test_bodies_go_into_a_folder(local: LocalServer, tmp_path: Path) -> None:
    run = fetch(local.urls(10), cf.Options(sink=cf.Folder(tmp_path)))
    assert {Path(str(one.sink)).stat().st_size for one in run.responses} == {1024}


def test_work_is_counted_here(local: LocalServer) -> None:
    work = CountedWork(sent_away.busy_20_ms)
    run = fetch(local.urls(6), cf.Options(work=work))
    assert work.done == 6
    assert work.seconds >= 0.12
    assert run.cpu >= 0.12


@pytest.mark.parametrize(
    ("work", "error", "words"),
    [
        (sent_away.raises, ValueError, "no good"),
        (sent_away.raises_strange, RuntimeError, "Strange: 1 and 2"),
        (sent_away.exits, SystemExit, "3"),
        (sent_away.interrupts, KeyboardInterrupt, "by itself"),
        (sent_away.starts_others, RuntimeError, "if __name__ == '__main__'"),
    ],
)
def test_what_work_raises_ends_the_run(
    local: LocalServer, work: Any, error: type[BaseException], words: str
) -> None:
    with pytest.raises(error, match=words) as raised:
        fetch(local.urls(10), cf.Options(work=work))
    assert "in a worker process" in raised.value.__notes__[0]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"work": lambda _: None}, "Options.work cannot be sent to worker processes"),
        ({"sink": lambda _: None}, "Options.sink cannot be sent"),
        ({"retry": cf.Retry(on=lambda _: False)}, "Retry.on cannot be sent"),
    ],
)
def test_what_does_not_pickle_is_refused(options: dict[str, Any], words: str) -> None:
    with pytest.raises(TypeError, match=words):
        cf.iter_processes(["http://a.example"], cf.Options(**options))


def test_a_tag_that_somebody_may_look_at_must_pickle(local: LocalServer) -> None:
    urls = [cf.Request(local.url("/bytes/1"), tag=threading.Lock())]
    with pytest.raises(TypeError, match=r"Request.tag cannot be sent to worker processes"):
        fetch(urls, cf.Options(sink=sent_away.where))


def test_a_client_of_ones_own_is_sent(local: LocalServer) -> None:
    assert not cf.fetch_processes(local.urls(9), client=sent_away.own_client).failures


def test_a_client_that_cannot_be_sent_is_refused() -> None:
    def inner(options: cf.Options) -> Any:
        return sent_away.own_client.open(options)

    client = attrs.evolve(sent_away.own_client, open=inner)
    with pytest.raises(TypeError, match=r"^client cannot be sent to worker processes"):
        cf.fetch_processes(["http://a.example"], client=client)
    with pytest.raises(TypeError, match="use it with fetch_sync"):
        cf.fetch_processes([], client=cf.clients.requests_client)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="processes must be at least 1"):
        cf.fetch_processes([], processes=0)


CALL = """
import concurrent_fetch as cf
print("once")
run = cf.fetch_processes(["{url}"] * 5, cf.Options(), processes=2, client="plain")
print(len(run), len(run.failures))
"""
WORK = """
import concurrent_fetch as cf
def parse(response): ...
try:
    cf.fetch_processes(["{url}"] * 5, cf.Options(work=parse), processes=2, client="plain")
except TypeError as error:
    print(error)
"""
IN_A_MODULE = """
import concurrent_fetch as cf
import {name}
def parse(response): ...
cf.fetch_processes(["{url}"] * 5, cf.Options(work={name}.parse), processes=2, client="plain")
"""


@pytest.mark.parametrize("way", ["file", "-c", "stdin", "-m"])
def test_a_script_needs_no_guard(way: str, local: LocalServer, tmp_path: Path) -> None:
    script = CALL.format(url=local.url("/bytes/1"))
    (tmp_path / "program.py").write_text(script)
    arguments = {"file": ["program.py"], "-c": ["-c", script], "stdin": ["-"]}.get(
        way, ["-m", "program"]
    )
    given = script if way == "stdin" else ""
    assert run_script(*arguments, given=given, cwd=tmp_path) == "once\n5 0\n"


def test_work_of_the_script_itself_is_refused_in_a_sentence(
    local: LocalServer, tmp_path: Path
) -> None:
    said = run_script("-c", WORK.format(url=local.url("/bytes/1")), cwd=tmp_path)
    assert said == (
        "Options.work is of this script or notebook (parse), which worker processes do not run: "
        "put it into a module of its own, as mine.py, and write import mine\n"
    )


def test_a_module_that_fetches_when_it_is_imported_ends_in_a_sentence(
    local: LocalServer, tmp_path: Path
) -> None:
    """Its work makes the workers import it; and they would start others, and so on."""
    script = IN_A_MODULE.format(url=local.url("/bytes/1"), name="program")
    (tmp_path / "program.py").write_text(script)
    said = run_script("program.py", cwd=tmp_path)
    assert "write the call below if __name__ == '__main__':" in said


def killed_in_the_middle(
    outcomes: Iterator[cf.Outcome], after: int, kill: Callable[[], None]
) -> list[cf.Outcome]:
    found = []
    for outcome in outcomes:
        found.append(outcome)
        if len(found) == after:
            kill()
    return found


@needs_proc
def test_a_killed_worker_gives_its_urls_to_the_others() -> None:
    known = children()
    with LocalServer(latency=0.005) as server:
        known += [pid for pid in children() if pid not in known]
        urls = server.urls(600)

        def kill() -> None:
            os.kill(children()[-1], signal.SIGKILL)

        outcomes = cf.iter_processes(urls, processes=2, client="plain")
        found = killed_in_the_middle(outcomes, 200, kill)
        assert sorted(one.index for one in found) == list(range(600))
        assert all(one.ok for one in found)
        eventually(lambda: server.stats().open_connections == 0)
        assert [pid for pid in children() if pid not in known] == []


def test_a_url_that_kills_two_is_a_failure(local: LocalServer) -> None:
    urls = [*local.urls(20), local.url("/bytes/1?deadly"), *local.urls(20)]
    run = cf.fetch_processes(
        urls, cf.Options(concurrency=2, work=sent_away.dies), processes=2, client="plain"
    )
    assert run[20] == cf.Failure(
        url=urls[20],
        kind="other",
        message="its worker process died",
        timing=run[20].timing,
        worker=run[20].worker,
        index=20,
    )
    assert [one.index for one in run] == list(range(41))
    assert [one.index for one in run.failures] == [20]


@pytest.mark.parametrize("limits", [{}, {"per_host": 20}], ids=["no limits", "limits"])
def test_nothing_fails_with_urls_that_kill(local: LocalServer, limits: dict[str, int]) -> None:
    urls = [local.url(f"/bytes/1?{'deadly' if i in {3, 70} else i}") for i in range(150)]
    options = cf.Options(concurrency=16, work=sent_away.dies, **limits)  # type: ignore[arg-type]  # of any
    run = cf.fetch_processes(urls, options, processes=2, client="plain")
    assert [one.index for one in run] == list(range(150))
    assert [one.index for one in run.failures] == [3, 70]


def test_a_request_that_may_be_sent_once_is_not_sent_again(local: LocalServer) -> None:
    request = cf.Request(local.url("/anything?deadly"), json={"pay": 1})
    run = fetch([request], cf.Options(work=sent_away.dies))
    assert isinstance(run[0], cf.Failure)
    assert (run[0].method, run[0].key is None) == ("POST", False)
    assert local.stats().requests == 1


def test_a_worker_that_dies_as_it_starts_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_starters, "_BOOT", "raise SystemExit(3)")
    with pytest.raises(RuntimeError, match="a worker process died as it started"):
        fetch(["http://127.0.0.1:1/"])


@needs_proc
@pytest.mark.parametrize("end", ["at the end", "closed", "raised"])
def test_nothing_is_left(end: str, local: LocalServer) -> None:
    fetch(local.urls(2))
    known, threads = children(), set(threading.enumerate())
    descriptors = descriptors_open()
    if end == "at the end":
        fetch(local.urls(100))
    elif end == "closed":
        with closing(cf.iter_processes(local.urls(500), processes=2, client="plain")) as outcomes:
            next(outcomes)
    else:
        with pytest.raises(ValueError, match="no good"):
            fetch(local.urls(100), cf.Options(work=sent_away.raises))
    assert children() == known
    assert set(threading.enumerate()) <= threads
    assert descriptors_open() == descriptors
    eventually(lambda: local.stats().open_connections == 0)


@needs_proc
def test_closing_it_ends_workers_that_wait() -> None:
    known = children()
    with RawServer(silent) as server:
        outcomes = cf.iter_processes([server.url()] * 20 + ["nonsense"], processes=2)
        next(outcomes)
        began = time.monotonic()
        outcomes.close()
        in_time(time.monotonic() - began, 1.0)
    assert children() == known


@needs_proc
def test_the_workers_end_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    known = children()
    with RawServer(silent) as server:
        script = CALL.format(url=server.url())
        with subprocess.Popen(
            [sys.executable, "-c", script],
            stdout=subprocess.DEVNULL,
            env=ENVIRONMENT,
            cwd=tmp_path,
        ) as process:
            eventually(lambda: server.connections >= 5, 40.0)
            begun = [pid for pid in children() if pid not in known]
            process.kill()
        eventually(lambda: not set(begun) & alive(), 5.0)


def test_urls_are_read_as_they_are_needed(local: LocalServer) -> None:
    read = 0

    def urls() -> Iterator[str]:
        nonlocal read
        for url in local.urls(1000):
            read += 1
            yield url

    options = cf.Options(concurrency=4)
    with closing(cf.iter_processes(urls(), options, processes=2, client="plain")) as outcomes:
        for _ in range(10):
            next(outcomes)
        time.sleep(0.3)
        assert read <= 10 + 5 * 4 + 64


def test_a_slow_iterable_holds_back_no_outcome(local: LocalServer) -> None:
    go_on = threading.Event()

    def urls() -> Iterator[str]:
        yield from local.urls(5)
        go_on.wait(10)
        yield local.url("/bytes/1")

    outcomes = cf.iter_processes(urls(), processes=2, client="plain")
    assert sorted(next(outcomes).index for _ in range(5)) == [0, 1, 2, 3, 4]
    go_on.set()
    assert [one.index for one in outcomes] == [5]


def test_what_reading_the_urls_raises_is_raised(local: LocalServer) -> None:
    def urls() -> Iterator[str]:
        yield local.url("/bytes/1")
        raise OSError("the list is torn")

    with pytest.raises(OSError, match="the list is torn"):
        fetch(urls())


def test_the_journal_is_that_of_one_run(local: LocalServer, tmp_path: Path) -> None:
    journal = tmp_path / "done.jsonl"
    first = fetch(local.urls(30), cf.Options(journal=str(journal)))
    again = fetch(local.urls(40), cf.Options(journal=str(journal)))
    assert (len(first), len(again), again.skipped) == (30, 10, 30)
    from_iterable = fetch(iter(local.urls(45)), cf.Options(journal=str(journal)))
    assert (len(from_iterable), from_iterable.skipped) == (5, 40)
    assert len(cf.load(journal)) == 45  # type: ignore[arg-type]


def test_progress_is_told_here(local: LocalServer) -> None:
    told: list[cf.Progress] = []
    fetch(local.urls(50), cf.Options(progress=told.append))
    assert (told[-1].done, told[-1].total, told[-1].strategy) == (50, 50, "fetch_processes")


def test_the_deadline_answers_for_all() -> None:
    with RawServer(silent) as server:
        run = fetch([server.url()] * 50, cf.Options(concurrency=4, deadline=1.0))
    assert {str(getattr(one, "kind", "")) for one in run} == {"cancelled"}
    assert {getattr(one, "message", "") for one in run} == {"not finished within deadline=1 s"}


def test_ready_workers_serve_one_call_after_another(local: LocalServer) -> None:
    options = cf.Options(sink=sent_away.where)
    ready: Any = cf.fetch_processes.ready  # type: ignore[attr-defined]
    known = children()
    with ready(local.urls(30), options, processes=2, client="plain") as kept:
        before = kept.cpu()
        assert before > 0
        runs = [fetch(local.urls(30), options) for _ in range(3)]
        assert kept.cpu() > before
        pids = [{str(one.sink).split()[0] for one in run.responses} for run in runs]
        assert pids[0] == pids[1] == pids[2]
        with closing(cf.iter_processes(local.urls(30), options, processes=2, client="plain")) as it:
            next(it)
        assert not fetch(local.urls(30), options).failures
    assert children() == known


def test_a_ready_worker_that_died_meanwhile_is_replaced(local: LocalServer) -> None:
    ready: Any = cf.fetch_processes.ready  # type: ignore[attr-defined]
    options = cf.Options(sink=sent_away.where)
    with ready(local.urls(9), options, processes=2, client="plain"):
        run = fetch(local.urls(9), options)
        os.kill(int(str(run.responses[0].sink).split()[0]), signal.SIGKILL)
        assert not fetch(local.urls(9), options).failures


def test_each_may_be_a_process_of_its_own(
    local: LocalServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where there is no forking."""
    monkeypatch.setattr(_starters, "CAN_FORK", False)
    known = children()
    run = fetch(local.urls(40), cf.Options(sink=sent_away.where))
    assert len({str(one.sink).split()[0] for one in run.responses}) == 2
    assert children() == known


def test_it_is_named_as_others_are(local: LocalServer) -> None:
    comparison = cf.Runner(local.urls(10), rounds=2).compare(
        partial(cf.fetch_processes, processes=2, client="plain"), cf.fetch_sync
    )
    assert comparison.strategies[0] == "fetch_processes(processes=2, client='plain')"


@pytest.mark.long
@pytest.mark.parametrize("strategy", [cf.fetch_processes, cf.iter_processes])
def test_it_passes_the_kit(strategy: Any) -> None:
    ready: Any = cf.fetch_processes.ready  # type: ignore[attr-defined]
    with ready([]):  # as a Runner has it: starting them is not on the clock of a deadline
        reports = check_strategy(partial(strategy, processes=2))
    assert [str(report) for report in reports if not report.passed] == []
