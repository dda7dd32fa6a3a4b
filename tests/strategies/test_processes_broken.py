"""In processes that are killed, hang, or are held: nothing is lost, nothing waits, none is left."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import sent_away
from below import ENVIRONMENT, alive, below, children, needs_proc
from fetching import eventually
from pace import in_time

import concurrent_fetch as cf
from concurrent_fetch.server import LocalServer
from concurrent_fetch.strategies import _starters

pytestmark = [needs_proc, pytest.mark.once]
fetch = partial(cf.fetch_processes, processes=2, client="plain")
iterate = partial(cf.iter_processes, processes=2, client="plain")
ready: Any = cf.fetch_processes.ready  # type: ignore[attr-defined]
TOO_LATE = "not finished within deadline=1 s"


@pytest.fixture(autouse=True)
def findable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers find what the tests do."""
    monkeypatch.syspath_prepend(str(Path(sent_away.__file__).parent))


@pytest.fixture
def known(local: LocalServer) -> list[int]:
    """Return what is below this process before a test starts anything."""
    del local
    return children()


def started(known: list[int]) -> tuple[int, list[int]]:
    """Return the process that forks workers, and these."""
    (server,) = [pid for pid in below() if pid not in known]
    return server, below(server)


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)


# --- the process that forks them ---


@pytest.mark.parametrize("workers", [0, 1, 2])
def test_another_forks_where_the_first_was_killed(known: list[int], workers: int) -> None:
    with LocalServer(latency=0.01) as slow:
        known += [pid for pid in children() if pid not in known]
        with closing(iterate(slow.urls(300), cf.Options(concurrency=4))) as outcomes:
            found = [next(outcomes) for _ in range(40)]
            server, forked = started(known)
            kill(server)
            for pid in forked[:workers]:
                kill(pid)
            found += outcomes
    assert sorted(one.index for one in found) == list(range(300))
    assert all(one.ok for one in found)
    eventually(lambda: not {server, *forked} & alive(), 5.0)


@pytest.mark.parametrize("workers", [0, 1, 2])
def test_ready_workers_are_forked_by_another(
    local: LocalServer, known: list[int], workers: int
) -> None:
    with ready(local.urls(9), processes=2, client="plain"):
        fetch(local.urls(9))
        server, forked = started(known)
        kill(server)
        for pid in forked[:workers]:
            kill(pid)
        runs = [fetch(local.urls(9)) for _ in range(2)]
        assert not any(run.failures for run in runs)
        assert all(run.cpu > 0 for run in runs)
    eventually(lambda: not {server, *forked} & alive(), 5.0)
    assert children() == known


def test_what_it_forked_and_never_returns_is_ended(local: LocalServer, known: list[int]) -> None:
    urls = [local.url("/bytes/1?hangs"), *local.urls(50)]
    with closing(iterate(urls, cf.Options(concurrency=4, work=sent_away.hangs))) as outcomes:
        next(outcomes)
        server, forked = started(known)
        kill(server)
    eventually(lambda: not {server, *forked} & alive(), 5.0)


def test_where_no_other_lives_it_is_an_error(
    local: LocalServer, known: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    with ready(local.urls(9), processes=2, client="plain"):
        server, forked = started(known)
        for pid in (server, *forked):
            kill(pid)
        monkeypatch.setattr(_starters, "_BOOT", "raise SystemExit(3)")
        began = time.monotonic()
        with pytest.raises(RuntimeError, match="a worker process died as it started"):
            fetch(local.urls(9))
        in_time(time.monotonic() - began, 2.0)
    assert children() == known


# --- the deadline ---


@pytest.mark.parametrize(("way", "processes"), [("stops", 2), ("hangs", 1)])
def test_the_deadline_is_held_where_a_worker_hangs(
    local: LocalServer, known: list[int], way: str, processes: int
) -> None:
    urls: list[Any] = [*local.urls(3), local.url(f"/bytes/1?{way}"), *local.urls(30)]
    urls[20] = cf.Request(local.url("/anything"), method="POST", body=b"x", tag="one")
    options = cf.Options(concurrency=4, deadline=1.0, work=getattr(sent_away, way))
    with ready(urls, options, processes=processes, client="plain"):
        began = time.monotonic()
        run = cf.fetch_processes(urls, options, processes=processes, client="plain")
        in_time(time.monotonic() - began, 5.0)
    assert [one.index for one in run] == list(range(34))
    assert {(str(one.kind), one.message) for one in run.failures} == {("cancelled", TOO_LATE)}
    assert 3 in {one.index for one in run.failures}
    assert [one.method for one in run].count("POST") == 1
    assert [one.tag for one in run if one.tag] == ["one"]
    assert children() == known


@pytest.mark.long
def test_an_iterable_is_not_read_on_where_all_hang(local: LocalServer, known: list[int]) -> None:
    def urls() -> Iterator[str]:
        while True:
            yield local.url("/bytes/1?stops")

    options = cf.Options(concurrency=2, deadline=1.0, work=sent_away.stops)
    found = list(iterate(urls(), options))
    assert {str(getattr(one, "kind", "")) for one in found} == {"cancelled"}
    assert children() == known


@pytest.mark.long
def test_who_takes_slowly_gets_all_where_all_hang(local: LocalServer, known: list[int]) -> None:
    urls = [local.url("/bytes/1"), local.url("/bytes/1?stops"), *local.urls(30)]
    options = cf.Options(concurrency=1, deadline=0.5, work=sent_away.stops)
    with closing(cf.iter_processes(urls, options, processes=1, client="plain")) as outcomes:
        found = [next(outcomes)]
        time.sleep(3.5)
        found += outcomes
    assert sorted(one.index for one in found) == list(range(32))
    assert children() == known


@pytest.mark.long
def test_a_worker_that_hangs_between_two_runs_is_replaced(
    local: LocalServer, known: list[int]
) -> None:
    with ready(local.urls(9), processes=2, client="plain"):
        _, forked = started(known)
        os.kill(forked[0], signal.SIGSTOP)
        began = time.monotonic()
        assert not fetch(local.urls(9), cf.Options(deadline=1.0)).failures
        in_time(time.monotonic() - began, 5.0)
        assert not fetch(local.urls(9)).failures
    eventually(lambda: not {*forked} & alive(), 5.0)
    assert children() == known


def test_one_that_began_late_tells_of_the_whole_deadline(local: LocalServer) -> None:
    urls = [local.url("/bytes/1?deadly"), *[local.url("/delay/5")] * 9]
    options = cf.Options(concurrency=2, deadline=1.0, work=sent_away.dies)
    run = cf.fetch_processes(urls, options, processes=1, client="plain")
    assert {one.message for one in run.failures if one.kind == "cancelled"} == {TOO_LATE}


# --- work that holds its process ---


@pytest.mark.long
def test_few_wait_behind_work_that_holds_its_process(local: LocalServer, tmp_path: Path) -> None:
    go_on = tmp_path / "go_on"
    urls = [local.url(f"/bytes/1?awaits={go_on}"), *local.urls(59)]
    places, ahead = 4, 1
    options = cf.Options(concurrency=2 * places, work=sent_away.awaits)
    began = time.monotonic()
    with closing(iterate(urls, options)) as outcomes:
        found = [next(outcomes).index for _ in range(60 - places - ahead)]
        assert 0 not in found
        go_on.touch()
        found += [one.index for one in outcomes]
    assert sorted(found) == list(range(60))
    assert time.monotonic() - began < 20  # so long it waits for the file


def test_both_are_kept_busy_by_work(local: LocalServer) -> None:
    run = fetch(local.urls(40), cf.Options(concurrency=8, work=sent_away.busy_20_ms))
    shares = Counter(one.worker.partition("/")[0] for one in run)
    assert min(shares.values()) >= 5


# --- Ctrl-C ---

IMPORTED = """
import time
from pathlib import Path
from concurrent_fetch.strategies._worker import is_worker
if is_worker():
    Path("imports").touch()
    time.sleep(100)
def work(response): ...
"""
PROGRAM = """
import concurrent_fetch as cf
import slow
cf.fetch_processes(["{url}"] * 5, cf.Options(work=slow.work), processes=2, client="plain")
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL], ids=["Ctrl-C", "kill"])
def test_nothing_is_left_that_imports(
    local: LocalServer, tmp_path: Path, number: signal.Signals
) -> None:
    (tmp_path / "slow.py").write_text(IMPORTED)
    (tmp_path / "program.py").write_text(PROGRAM.format(url=local.url("/bytes/1")))
    with subprocess.Popen(
        [sys.executable, "program.py"], cwd=tmp_path, env=ENVIRONMENT, stderr=subprocess.DEVNULL
    ) as process:
        eventually((tmp_path / "imports").exists, 20.0)
        (server,) = below(process.pid)
        forked = below(server)
        process.send_signal(number)
        began = time.monotonic()
        process.wait(20)
        in_time(time.monotonic() - began, 2.0)
    assert forked
    eventually(lambda: not {server, *forked} & alive(), 5.0)
