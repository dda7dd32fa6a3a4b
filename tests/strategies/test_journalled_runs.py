"""Runs with a journal on a real server: they die, and go on; each URL as often as asked for."""

import asyncio
import json
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from concurrent_fetch import (
    Options,
    Outcome,
    Progress,
    Request,
    Response,
    Run,
    Runner,
    each,
    fetch_async,
    fetch_sync,
    fetch_threaded,
    iter_async,
    iter_sync,
    iter_threaded,
    load,
    save,
    with_options,
)
from concurrent_fetch.server import LocalServer

Urls = list[str | Request]


async def _all_of(urls: Any, options: Options) -> list[Outcome]:
    return [outcome async for outcome in iter_async(urls, options)]


FETCHES: dict[str, Callable[[Urls, Options], Any]] = {
    "fetch_sync": fetch_sync,
    "fetch_threaded": fetch_threaded,
    "fetch_async": lambda urls, options: asyncio.run(fetch_async(urls, options)),
    "iter_sync": lambda urls, options: list(iter_sync(urls, options)),
    "iter_threaded": lambda urls, options: list(iter_threaded(urls, options)),
    "iter_async": lambda urls, options: asyncio.run(_all_of(urls, options)),
}
LIMITS: list[dict[str, Any]] = [{}, {"per_host": 2, "retry": 2}]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run.jsonl"


@pytest.mark.parametrize("limits", LIMITS, ids=str)
@pytest.mark.parametrize("name", FETCHES)
def test_every_strategy_goes_on_where_it_was(
    local: LocalServer, path: Path, name: str, limits: dict[str, Any]
) -> None:
    fetch, options = FETCHES[name], Options(journal=path, concurrency=4, **limits)
    urls: Urls = [*local.urls(6), *local.urls(2), Request(local.url("/bytes/3"), json={"a": 1})]
    assert sorted(outcome.index for outcome in fetch(urls[1:5], options)) == [0, 1, 2, 3]
    found = fetch(urls, options)
    assert sorted(outcome.index for outcome in found) == [0, 5, 6, 7, 8]
    assert local.stats().requests == len(urls)
    again = fetch(urls, options)
    assert len(list(again)) == 0
    if isinstance(found, Run):
        assert (found.skipped, again.skipped) == (4, 9)
        assert ", 4 done before\n" in str(found)
        assert str(again) == f"{name}: no URLs, 9 done before"
    loaded = load(path)
    assert isinstance(loaded, Run)
    assert len(loaded) == len(urls)


@pytest.mark.parametrize("limits", LIMITS, ids=str)
def test_the_loop_turns_while_many_are_passed_over(
    local: LocalServer, path: Path, limits: dict[str, Any]
) -> None:
    line = {"done": True, "size": 0, "status": 200, "started": 1.0, "elapsed": 0.5, "worker": "w"}
    save(Run.of([], options=Options(**limits)), path)
    urls = [local.url(f"/q{number}") for number in range(3000)]
    lines = [json.dumps({"i": i, "url": url, **line}) for i, url in enumerate(urls)]
    path.write_text(path.read_text() + "\n".join(lines) + "\n")

    async def main() -> tuple[Run, int]:
        run = asyncio.ensure_future(fetch_async(urls, Options(journal=path, **limits)))
        turns = 0
        while not run.done():
            turns += 1
            await asyncio.sleep(0)
        return run.result(), turns

    run, turns = asyncio.run(main())
    assert (len(run), run.skipped) == (0, 3000)
    assert turns >= 30


@pytest.mark.parametrize("limits", LIMITS, ids=str)
def test_the_progress_is_of_what_is_left(
    local: LocalServer, path: Path, limits: dict[str, Any]
) -> None:
    told: list[Progress] = []
    fetch_sync(local.urls(3), Options(journal=path, **limits))
    fetch_sync(local.urls(5), Options(journal=path, progress=told.append, **limits))
    assert (told[-1].done, told[-1].total) == (2, 2)


def test_an_async_iterable_goes_on_too(local: LocalServer, path: Path) -> None:
    async def urls() -> AsyncIterator[str]:
        for url in local.urls(5):
            yield url

    options = Options(journal=path, concurrency=2)
    assert len(fetch_sync(local.urls(2), options)) == 2
    found = asyncio.run(fetch_async(urls(), options))
    assert [outcome.index for outcome in found] == [2, 3, 4]
    assert found.skipped == 2


def test_a_run_that_is_left_early_lets_others_write(local: LocalServer, path: Path) -> None:
    urls, options = local.urls(20), Options(journal=path, concurrency=2)
    outcomes = iter_threaded(urls, options)
    next(outcomes)
    outcomes.close()
    never = iter_sync(urls, options)
    del never
    run = fetch_threaded(urls, options)
    assert len(run) + run.skipped == len(urls)
    assert run.skipped >= 1


def test_two_runs_at_once_are_refused_at_the_call(local: LocalServer, path: Path) -> None:
    options = Options(journal=path)
    outcomes = iter_sync(local.urls(2), options)
    for call in (fetch_sync, fetch_threaded, iter_sync, iter_threaded):
        with pytest.raises(BlockingIOError, match="another run writes this journal"):
            call(local.urls(2), options)
    assert len(list(outcomes)) == 2


def test_a_runner_refuses_a_journal_and_says_what_to_call(path: Path) -> None:
    said = r"a Runner fetches the same URLs again and again, .* call fetch_threaded\(urls, "
    with pytest.raises(ValueError, match=said):
        Runner(["http://a.example/"], Options(journal=path))
    own = with_options(fetch_threaded, journal=str(path))
    with pytest.raises(ValueError, match=said):
        Runner(["http://a.example/"]).compare(fetch_sync, own)
    with pytest.raises(ValueError, match=said):
        Runner(["http://a.example/"]).run(own)


def test_a_function_of_one_url_writes_no_journal_and_fills_no_sink(path: Path) -> None:
    for options in (Options(journal=path), Options(sink=repr)):
        with pytest.raises(ValueError, match=r"pulls from cf\.feed_of"):
            each(len)(["http://a.example/"], options)


CHILD = """
import asyncio, sys
from concurrent_fetch import Options, fetch_async, fetch_threaded
from concurrent_fetch.sinks import Folder
how, path, base = sys.argv[1:]
urls = [f"{base}/bytes/100?i={i % 800}" for i in range(1000)]
options = Options(journal=path, concurrency=8, sink=Folder(f"{path}.pages"))
if how == "threads":
    fetch_threaded(urls, options)
else:
    asyncio.run(fetch_async(urls, options))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL")
@pytest.mark.parametrize("how", ["threads", "loop"])
def test_killed_runs_go_on_and_each_is_done_as_often_as_asked_for(
    local: LocalServer, path: Path, how: str
) -> None:
    """Three SIGKILLs; `bench/load/journal.py` does it twenty times over 5,000 URLs."""
    base, kills = local.url("/")[:-1], 3
    command = [sys.executable, "-W", "ignore", "-c", CHILD, how, str(path), base]
    for _ in range(kills):
        size = path.stat().st_size if path.exists() else 0
        child = subprocess.Popen(command)
        while child.poll() is None and (not path.exists() or path.stat().st_size < size + 9_000):
            time.sleep(0.001)
        child.send_signal(signal.SIGKILL)
        child.wait()
        _check_bodies(path)
    assert subprocess.run(command, check=False).returncode == 0
    lines = _check_bodies(path)
    done = Counter(line["url"] for line in lines if line.get("done"))
    assert done == Counter(f"{base}/bytes/100?i={i % 800}" for i in range(1000))
    assert local.stats().requests <= 1000 + kills * 8


def _check_bodies(path: Path) -> list[dict[str, Any]]:
    """Check that no line is ahead of its body, nor a name of its file; return the lines."""
    whole = path.read_bytes().rpartition(b"\n")[0]
    lines = [json.loads(line) for line in whole.splitlines()]
    places = {Path(line["sink"]) for line in lines if line.get("done")}
    files = [file for file in Path(f"{path}.pages").glob("*/*") if file.suffix != ".part"]
    assert places <= set(files)
    assert {file.stat().st_size for file in files} == {100}
    return lines


def test_a_body_is_in_the_sink_before_its_line_and_the_line_before_the_outcome(
    local: LocalServer, path: Path
) -> None:
    lines: list[int] = []

    def sink(response: Response) -> str:
        lines.append(path.read_text().count("\n"))
        return str(response.index)

    for number, outcome in enumerate(iter_sync(local.urls(3), Options(journal=path, sink=sink)), 1):
        assert json.loads(path.read_text().splitlines()[-1])["sink"] == str(outcome.index)
        assert lines[-1] == number  # the head, and those before
    assert lines == [1, 2, 3]
