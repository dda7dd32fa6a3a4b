"""Results into files, and back."""

import json
import os
import re
import stat
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import attrs
import pytest
from fakes import URLS, Clock, Plain, failure, response, taking

import concurrent_fetch as cf
from concurrent_fetch import Comparison, Ladder, Options, Run, Runner, Sweep, load, save
from concurrent_fetch._files import write_whole
from concurrent_fetch.errors import ConcurrentFetchError, FormatError
from concurrent_fetch.export import SUFFIXES
from concurrent_fetch.server import LocalServer

SECRET = "pa55word"


def two(clock: Clock) -> list[Plain]:
    return [taking(clock, 2.0, name="slow"), taking(clock, 1.0, name="fast")]


def compared(**settings: Any) -> Comparison:
    clock = Clock()
    return Runner(URLS, rounds=6, seed=1, clock=clock, **settings).compare(*two(clock))


def swept(**settings: Any) -> Sweep:
    clock = Clock()
    return Runner(URLS, rounds=2, clock=clock, **settings).sweep(taking(clock, 1.0), (1, 2))


def one_run() -> Run:
    return Runner(URLS, clock=(clock := Clock())).run(taking(clock, 1.0))


def climbed(server: LocalServer, **settings: Any) -> Ladder:
    return Runner(server.urls(4), rounds=2, **settings).ladder()


MAKERS: dict[str, Callable[[], Comparison | Sweep | Run]] = {
    "comparison": compared,
    "sweep": swept,
    "run": one_run,
}


@pytest.fixture(scope="module")
def server() -> Any:
    with LocalServer() as running:
        yield running


# --- Every result in every format ---


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_every_result_can_be_saved_in_every_format(
    make: Callable[[], Comparison], suffix: str, tmp_path: Path
) -> None:
    path = tmp_path / f"result{suffix}"
    save(make(), path)
    text = path.read_text("utf-8")
    assert text.endswith("\n")
    if suffix in (".json", ".har", ".trace.json"):
        json.loads(text)
    if suffix == ".svg":
        ET.fromstring(text)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_ladder_too(suffix: str, server: LocalServer, tmp_path: Path) -> None:
    path = tmp_path / f"result{suffix}"
    ladder = climbed(server)
    save(ladder, path)
    assert path.stat().st_size > 100
    if suffix == ".json":
        assert load(path) == ladder


@pytest.mark.parametrize("make", [compared, swept])
def test_json_comes_back_as_an_equal_result(
    make: Callable[[], Comparison | Sweep], tmp_path: Path
) -> None:
    result = make()
    save(result, tmp_path / "x.json")
    found = load(tmp_path / "x.json")
    assert found == result
    assert str(found) == str(result)


def test_the_suffix_counts_in_any_case_and_the_path_may_be_text(tmp_path: Path) -> None:
    save(compared(), str(tmp_path / "X.JSON"))
    assert isinstance(load(str(tmp_path / "X.JSON")), Comparison)


def test_csv_has_a_row_per_timed_fetch(tmp_path: Path) -> None:
    save(compared(), tmp_path / "x.csv")
    lines = (tmp_path / "x.csv").read_text("utf-8").splitlines()
    assert lines[0].startswith("strategy,round,index,url,ok,")
    assert len(lines) == 1 + 2 * 6 * len(URLS)


def test_markdown_has_the_table_the_reason_and_the_environment(tmp_path: Path) -> None:
    comparison = compared()
    save(comparison, tmp_path / "x.md")
    text = (tmp_path / "x.md").read_text("utf-8")
    assert "| strategy | typical | speed-up |" in text
    assert "| fast | 1.00 s | 2.0× | \\[2.0, 2.0\\] |" in text
    assert "fast is 2.0× as fast as slow" in text
    assert "- not counted: the first run of each" in text
    assert comparison.card.python in text


def test_a_page_stands_alone(tmp_path: Path) -> None:
    save(compared(), tmp_path / "x.html")
    text = (tmp_path / "x.html").read_text("utf-8")
    assert text.startswith("<!doctype html>")
    assert "<script" not in text
    sources = re.findall(r'(?:src|href)="([^"]{12})', text)
    assert set(sources) == {"data:image/sv"[:12]}
    assert text.count("<img ") == 2


def test_har_and_trace_hold_every_timed_run(tmp_path: Path) -> None:
    comparison = compared()
    save(comparison, tmp_path / "x.har")
    log = json.loads((tmp_path / "x.har").read_text("utf-8"))["log"]
    assert [page["title"] for page in log["pages"]][:2] == [
        f"{name}, round 1" for name in comparison.order[0]
    ]
    assert len(log["entries"]) == 2 * 6 * len(URLS)
    save(comparison, tmp_path / "x.trace.json")
    events = json.loads((tmp_path / "x.trace.json").read_text("utf-8"))["traceEvents"]
    assert sum(event.get("cat") == "fetch" for event in events) >= 2 * 6 * len(URLS)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_no_file_holds_a_secret(suffix: str, server: LocalServer, tmp_path: Path) -> None:
    secret_urls = [url.replace("://", f"://user:{SECRET}@") for url in server.urls(2)]
    options = Options(headers={"Authorization": SECRET, "Cookie": f"a={SECRET}"})
    runner = Runner([*secret_urls, f"http://user:{SECRET}@127.0.0.1:9/"], options, rounds=1)
    comparison = runner.compare(cf.fetch_sync, cf.fetch_async)
    run = cf.fetch_threaded(secret_urls, options)
    for name, result in (("comparison", comparison), ("run", run)):
        save(result, tmp_path / f"{name}{suffix}")
        assert SECRET not in (tmp_path / f"{name}{suffix}").read_text("utf-8")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_nor_does_one_of_outcomes_that_were_made_by_hand(suffix: str, tmp_path: Path) -> None:
    url = f"http://user:{SECRET}@a.example/"
    proxy = f"proxy http://u:{SECRET}@p:1 refused"

    clock = Clock()

    def careless(_: list[str], __: Options) -> list[cf.Outcome]:
        clock.pass_by(1.0)
        failed = attrs.evolve(failure(url, 0), message=proxy, error=proxy, worker=url)
        return [failed, attrs.evolve(response(url, 1), final_url=url, worker=url)]

    def raising(urls: list[str], options: Options) -> list[cf.Outcome]:
        if calls.pop():
            raise ValueError(proxy)
        return careless(urls, options)

    calls = [True, False, False]  # the last run, with probes, goes wrong
    runner = Runner([url, url], rounds=1, clock=clock)
    comparison = runner.compare(careless, raising)
    for name, result in (("comparison", comparison), ("run", comparison.runs("careless")[0])):
        save(result, tmp_path / f"{name}{suffix}")
        assert SECRET not in (tmp_path / f"{name}{suffix}").read_text("utf-8")
    assert SECRET not in str(comparison) + comparison._repr_html_() + repr(comparison.to_columns())


def test_a_name_may_be_as_long_as_a_file_system_takes(tmp_path: Path) -> None:
    for name in ("日" * 80, "x" * 240):
        save(one_run(), tmp_path / f"{name}.json")
        assert isinstance(load(tmp_path / f"{name}.json"), Run)


def test_a_file_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    save(one_run(), path)
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert isinstance(load(path), Run)


def test_what_would_not_load_again_is_not_saved(tmp_path: Path) -> None:
    run = attrs.evolve(one_run(), started_at=datetime(1, 1, 1, tzinfo=UTC))
    with pytest.raises(FormatError, match="would not load again: started_at"):
        save(run, tmp_path / "x.json")
    assert list(tmp_path.iterdir()) == []


def test_fetches_that_are_ages_apart_are_saved_as_an_archive(tmp_path: Path) -> None:
    outcomes = [response(URLS[0], 0), response(URLS[1], 1, started=1e12, finished=1e12)]
    save(attrs.evolve(one_run(), outcomes=outcomes), tmp_path / "x.har")
    assert json.loads((tmp_path / "x.har").read_text("utf-8"))


# --- Outcomes from anywhere ---


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_outcomes_of_any_iterable_are_saved_as_the_run_of_them(
    suffix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[cf.Outcome] = [failure(URLS[1], 1), response(URLS[0], 0)]
    run = Run.of(made)
    monkeypatch.setattr(Run, "of", lambda outcomes: run if list(outcomes) == made else None)
    save(run, tmp_path / f"run{suffix}")
    for name, outcomes in (("list", made), ("generator", (outcome for outcome in made))):
        save(outcomes, tmp_path / f"{name}{suffix}")
        written = (tmp_path / f"{name}{suffix}").read_bytes()
        assert written == (tmp_path / f"run{suffix}").read_bytes()


@pytest.mark.parametrize("fetch", [cf.iter_sync, cf.iter_threaded])
def test_what_an_iterator_fetches_is_saved(fetch: Any, server: LocalServer, tmp_path: Path) -> None:
    urls = server.urls(4)
    save(fetch(urls), tmp_path / "x.json")
    found = load(tmp_path / "x.json")
    assert isinstance(found, Run)
    assert [outcome.url for outcome in found] == urls
    assert [outcome.ok for outcome in found] == [True] * 4


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_no_outcomes_are_saved_too(suffix: str, tmp_path: Path) -> None:
    save([], tmp_path / f"x{suffix}")
    assert (tmp_path / f"x{suffix}").stat().st_size > 0


@pytest.mark.parametrize("name", ["x.jsn", "no/such/folder/x.json"])
def test_nothing_is_fetched_for_a_file_that_cannot_be(name: str, tmp_path: Path) -> None:
    outcomes = iter([response(URLS[0])])
    with pytest.raises((FormatError, FileNotFoundError)):
        save(outcomes, tmp_path / name)
    assert len(list(outcomes)) == 1


def test_outcomes_come_back_with_their_places_in_the_run_as_their_indices(tmp_path: Path) -> None:
    made = [response(URLS[0], 0), response(URLS[1], 0), response(URLS[2], 9)]
    save(made, tmp_path / "x.json")
    found = load(tmp_path / "x.json")
    assert isinstance(found, Run)
    assert [(o.url, o.index) for o in found] == [(o.url, i) for i, o in enumerate(made)]


# --- What is refused ---


@pytest.mark.parametrize("name", ["x.pdf", "x", "json", "x.json.gz", "x.jsn"])
def test_an_unknown_suffix_is_refused_with_those_there_are(name: str, tmp_path: Path) -> None:
    with pytest.raises(FormatError, match=r"names no format.*\.json, \.csv, \.md, .* or "):
        save(compared(), tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_a_suffix_may_have_been_meant(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match=r"did you mean '\.json'\?"):
        save(compared(), tmp_path / "x.jsn")


def test_what_is_no_result_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="item 0 is a value of type int"):
        save([1], tmp_path / "x.json")  # type: ignore[list-item]  # the mistake itself
    with pytest.raises(TypeError, match="write \\[outcome async for outcome in it\\]"):
        save(cf.iter_async(URLS), tmp_path / "x.json")  # type: ignore[arg-type]  # the same
    with pytest.raises(TypeError, match=r"save\(comparison, path\)"):
        save("x.json", compared())  # type: ignore[arg-type]  # the mistake itself


@pytest.mark.parametrize("name", ["x.csv", "x.trace.json", "x.txt"])
def test_only_json_is_loaded(name: str, tmp_path: Path) -> None:
    with pytest.raises(FormatError):
        load(tmp_path / name)


def test_a_damaged_file_is_named_with_what_is_wrong_and_where(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text('{"format": "concurrent_fetch",\n oops')
    with pytest.raises(FormatError, match=r"x\.json: .*line 2, column 2"):
        load(path)
    path.write_bytes(b'{"format": "\xff"}')
    with pytest.raises(FormatError, match=r"x\.json: no UTF-8 at byte 12"):
        load(path)


def test_a_file_that_is_not_there_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "x.json")


# --- Whole or not at all ---


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "x.json"
    write_whole(path, "old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_whole(path, "new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_an_older_file_keeps_its_mode_and_a_link_stays_a_link(tmp_path: Path) -> None:
    path, link = tmp_path / "x.md", tmp_path / "link.md"
    write_whole(path, "old")
    path.chmod(0o640)
    link.symlink_to(path)
    write_whole(link, "new")
    assert path.read_text() == "new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert link.is_symlink()


@pytest.mark.parametrize(("umask", "old", "new"), [(0o022, None, 0o644), (0, 0o600, 0o600)])
def test_nobody_else_reads_a_file_before_it_is_complete_nor_one_that_was_ours_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, umask: int, old: int | None, new: int
) -> None:
    path = tmp_path / "x.md"
    before = os.umask(umask)
    modes: list[int] = []
    monkeypatch.setattr(os, "fsync", lambda fd: modes.append(os.fstat(fd).st_mode))
    try:
        if old is not None:
            path.touch()
            path.chmod(old)
        write_whole(path, "new")
    finally:
        os.umask(before)
    assert list(map(stat.S_IMODE, modes)) == [0o600]
    assert stat.S_IMODE(path.stat().st_mode) == new
    assert list(tmp_path.iterdir()) == [path]


def test_a_pipe_or_a_device_is_not_loaded(tmp_path: Path) -> None:
    pipe, link = tmp_path / "pipe.json", tmp_path / "zero.json"
    os.mkfifo(pipe)
    link.symlink_to("/dev/zero")
    for path in (pipe, link):
        with pytest.raises(FormatError, match="no plain file"):
            load(path)


def test_what_is_no_file_is_written_to_directly() -> None:
    write_whole("/dev/null", "x")
    assert not Path("/dev/null").is_file()


# --- Autosave ---


def test_a_comparison_is_saved_after_every_round(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    clock = Clock()
    seen: list[int | None] = []

    def watching(urls: list[str], options: Options) -> list[cf.Outcome]:
        found = load(path) if path.exists() else None
        seen.append(found.rounds if isinstance(found, Comparison) else None)
        return taking(clock, 1.0)(urls, options)

    runner = Runner(URLS, rounds=3, seed=1, clock=clock, autosave=path)
    comparison = runner.compare(watching)
    assert seen == [None, None, 1, 2, 3]  # the check run, three rounds, the watched run
    assert load(path) == comparison


def test_an_interrupted_comparison_is_kept_up_to_the_last_whole_round(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    clock = Clock()
    left = [2.0] * 6

    def interrupted(urls: list[str], options: Options) -> list[cf.Outcome]:
        if not left:
            raise KeyboardInterrupt
        return taking(clock, left.pop())(urls, options)

    runner = Runner(URLS, rounds=10, seed=1, clock=clock, autosave=path)
    with pytest.raises(KeyboardInterrupt):
        runner.compare(fast=taking(clock, 1.0), interrupted=interrupted)
    kept = load(path)
    assert isinstance(kept, Comparison)
    assert kept.rounds == 5
    assert kept.typical("fast").point == 1.0
    assert "saved while it was running, after round 5 of 10 at most" in str(kept)
    assert kept._repr_html_().count("<img ") == 1


def test_a_sweep_and_a_ladder_are_saved_as_what_they_are(
    server: LocalServer, tmp_path: Path
) -> None:
    path = tmp_path / "x.json"
    sweep = swept(autosave=path)
    assert load(path) == sweep
    ladder = climbed(server, autosave=path)
    assert load(path) == ladder


def test_saving_takes_no_time_of_the_budget(tmp_path: Path) -> None:
    class Slow(os.PathLike[str]):
        def __fspath__(self) -> str:
            clock.pass_by(1000.0)
            return str(tmp_path / "x.json")

    clock = Clock()
    runner = Runner(URLS, rounds=8, seconds=20.0, clock=clock, autosave=Slow())
    assert runner.compare(*two(clock)).rounds == 7


def test_a_comparison_that_cannot_be_saved_is_not_lost(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    clock = Clock()

    def vanishing(urls: list[str], options: Options) -> list[cf.Outcome]:
        for path in folder.parent.glob("folder/*"):
            path.unlink()
        if folder.exists():
            folder.rmdir()
        return taking(clock, 1.0)(urls, options)

    comparison = Runner(URLS, rounds=2, clock=clock, autosave=folder / "x.json").compare(vanishing)
    assert comparison.rounds == 2
    assert "it could not be saved: there is no folder" in str(comparison)


@pytest.mark.parametrize(
    ("value", "error", "words"),
    [
        (True, TypeError, "must be the path of a .json file or None, got True"),
        ("x.csv", FormatError, r"must end in \.json, which load reads, got 'x\.csv'"),
        ("x.trace.json", FormatError, r"must end in \.json"),
        ("x.jso", FormatError, "names no format"),
        ("/no/such/folder/x.json", ValueError, "there is no folder '/no/such/folder'"),
    ],
)
def test_a_path_that_cannot_do_is_refused_before_anything_runs(
    value: Any, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        Runner(URLS, autosave=value)


def test_a_result_that_cannot_be_told_in_json_is_not_lost(tmp_path: Path) -> None:
    clock = Clock()
    huge = Options(max_bytes=10**5000)  # more digits than Python writes
    runner = Runner(URLS, huge, rounds=1, clock=clock, autosave=tmp_path / "x.json")
    comparison = runner.compare(taking(clock, 1.0))
    assert "it could not be saved" in str(comparison)


def test_a_format_error_is_an_error_of_this_package_and_a_value_error() -> None:
    assert issubclass(FormatError, ConcurrentFetchError)
    assert issubclass(FormatError, ValueError)


def test_failures_are_kept_with_their_kind_and_time(tmp_path: Path) -> None:
    clock = Clock()
    runner = Runner(URLS, rounds=1, clock=clock)
    comparison = runner.compare(taking(clock, 1.0, answer=failure, name="failing"))
    save(comparison, tmp_path / "x.json")
    found = load(tmp_path / "x.json")
    assert isinstance(found, Comparison)
    (run,) = found.runs("failing")
    assert [(o.url, str(o.kind), o.elapsed) for o in run.failures] == [
        (url, "timeout", 0.25) for url in URLS
    ]
