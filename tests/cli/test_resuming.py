"""`fetch -o` and `fetch --journal`: what is kept, what is skipped, and what a lost run costs."""

import json
import os
import pathlib
import re
import resource
import signal
import subprocess
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from fetching import eventually
from program import PROGRAM, ROOT, InTerminal
from raw_server import Peer, RawServer, reply
from results import small_comparison

from concurrent_fetch import Options, iter_sync, save
from concurrent_fetch.cli._commands import main
from concurrent_fetch.export import LINES, SUFFIXES
from concurrent_fetch.server import LocalServer

pytestmark = pytest.mark.once

REFUSED = "http://127.0.0.1:1/"
STRATEGIES = ("sync", "threaded+httpx", "async")
Captured = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def at_home(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def lines_of(path: str) -> list[dict[str, Any]]:
    """Return the outcomes in a journal."""
    lines = map(json.loads, pathlib.Path(path).read_text().splitlines())
    return [line for line in lines if "journal" not in line]


def noted(capsys: Captured) -> list[str]:
    return capsys.readouterr().err.splitlines()


# --- What is skipped ---


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_what_is_done_is_skipped_and_failures_are_fetched_again(
    strategy: str, local: LocalServer, capsys: Captured
) -> None:
    urls = [*local.urls(3), REFUSED, local.url("/status/503")]
    line = ("fetch", "-s", strategy, "--journal", "today.jsonl")
    assert main([*line, *urls[1:]]) == 1
    assert not any(said.startswith("skipped") for said in noted(capsys))
    assert main([*line, *urls]) == 1
    captured = capsys.readouterr()
    assert "skipped: 2 of 5 URLs, done by an earlier run (today.jsonl)" in captured.err
    assert [row.split()[-1] for row in captured.out.splitlines() if row.startswith("200")] == [
        urls[0]
    ]
    assert local.stats().requests == 5  # the 503 twice


def test_where_all_is_done_nothing_is_sent_nor_printed(
    local: LocalServer, capsys: Captured
) -> None:
    line = ["fetch", "--journal", "today.jsonl", *local.urls(2)]
    main(line)
    capsys.readouterr()
    assert main(line) == 0
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == "skipped: 2 of 2 URLs, done by an earlier run (today.jsonl)\n"
    assert local.stats().requests == 2


def test_exports_of_nothing_new_are_written(local: LocalServer) -> None:
    line = ["fetch", "--journal", "today.jsonl", local.url("/get")]
    main(line)
    files = [f"x{suffix}" for suffix in (*SUFFIXES, LINES)]
    assert main([*line, *(part for file in files for part in ("--export", file))]) == 0
    assert all(pathlib.Path(file).is_file() for file in files)
    assert main(["show", "x.jsonl"]) == 0


def test_what_is_sent_tells_requests_of_one_url_apart(local: LocalServer) -> None:
    line = ("fetch", "--journal", "today.jsonl", local.url("/get"))
    for more in ((), ("-X", "HEAD"), ("-X", "HEAD"), ()):
        assert main([*line, *more]) == 0
    assert local.stats().requests == 2


# --- Bodies in files ---


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_bodies_go_into_files_that_the_index_lists(
    strategy: str, local: LocalServer, capsys: Captured
) -> None:
    urls = [local.url("/bytes/5"), local.url("/status/404"), REFUSED]
    assert main(["fetch", "-s", strategy, "-o", "kept/pages", *urls]) == 1
    captured = capsys.readouterr()
    assert "saved: 2 bodies in kept/pages, listed in kept/pages/index.jsonl" in captured.err
    places = {line["url"]: line.get("sink") for line in lines_of("kept/pages/index.jsonl")}
    assert places.pop(REFUSED) is None
    assert pathlib.Path(places[urls[0]] or "").stat().st_size == 5
    for url, place in places.items():
        assert f"{url}  {place}\n" in captured.out


def test_another_journal_is_the_index(local: LocalServer, capsys: Captured) -> None:
    line = ("fetch", "-o", "pages", "--journal", "today.jsonl", local.url("/get"))
    assert main(line) == 0
    assert "saved: 1 body in pages, listed in today.jsonl" in noted(capsys)
    assert not pathlib.Path("pages/index.jsonl").exists()
    (outcome,) = lines_of("today.jsonl")
    assert pathlib.Path(outcome["sink"]).is_file()


def test_rows_of_many_urls_do_not_say_where_each_is(local: LocalServer, capsys: Captured) -> None:
    assert main(["fetch", "-o", "pages", *local.urls(13)]) == 0
    assert "pages" not in capsys.readouterr().out


def test_head_and_204_have_no_file_and_post_has(capsys: Captured) -> None:
    def answer(peer: Peer) -> None:
        while text := peer.read_head().decode():
            peer.read_body(1 if text.startswith("POST") else 0)
            peer.send(reply(b"" if text.startswith("HEAD") else b"well"))

    with RawServer(answer) as server:
        assert main(["fetch", "-o", "pages", "-X", "HEAD", server.url()]) == 0
        assert not any(said.startswith("saved") for said in noted(capsys))
        assert main(["fetch", "-o", "pages", "-d", "x", server.url(), server.url()]) == 0
        assert "saved: 2 bodies in pages, listed in pages/index.jsonl" in noted(capsys)
    _, *posts = [line.get("sink", "") for line in lines_of("pages/index.jsonl")]
    assert [pathlib.Path(post).read_bytes() for post in posts] == [b"well"] * 2


def test_a_url_that_is_there_twice_has_one_file(local: LocalServer) -> None:
    assert main(["fetch", "-o", "pages", local.url("/get"), local.url("/get")]) == 0
    assert len({line["sink"] for line in lines_of("pages/index.jsonl")}) == 1


def test_larger_bodies_than_max_bytes_fail_and_leave_no_file(
    local: LocalServer, capsys: Captured
) -> None:
    url = local.url("/bytes/2000")
    assert main(["fetch", "-o", "pages", "--max-bytes", "1999", url]) == 1
    assert capsys.readouterr().out.startswith("too_large ")
    assert [path.name for path in pathlib.Path("pages").rglob("*.*")] == ["index.jsonl"]
    assert main(["fetch", "-o", "pages", "--max-bytes", "none", url]) == 0
    assert noted(capsys)[0] == (
        "note: index.jsonl goes on with other options than its last run had: --max-bytes; "
        "what is done is not fetched again"
    )


# --- What is refused, and said in one sentence ---


@pytest.fixture
def files(local: LocalServer) -> None:
    """Lay out what may be in the way."""
    main(["fetch", "--journal", "damaged.jsonl", local.url("/get")])
    with pathlib.Path("damaged.jsonl").open("a") as file:
        file.write("{}\n{}\n")
    pathlib.Path("list.jsonl").write_text("http://example.com\n")
    pathlib.Path("a.jsonl").mkdir()
    pathlib.Path("file").touch()


MISUSES = {
    ("--journal", "x.json"): "--journal: 'x.json' must end in .jsonl: write --journal x.jsonl",
    ("--journal", "no/x.jsonl"): "--journal: there is no folder 'no'",
    ("--journal", "a.jsonl"): "--journal: 'a.jsonl' is a folder",
    ("--journal", "list.jsonl"): "list.jsonl: this is no journal: its first line has no "
    '"journal": "concurrent_fetch"; name another file with --journal',
    ("--journal", "damaged.jsonl"): 'damaged.jsonl: line 3 is damaged: its "done" is missing or '
    "wrong; name another file with --journal",
    ("-o", "file"): "--output: 'file' is a file, and no folder: name another one",
    ("-o", "file/pages"): "cannot make the folder 'file/pages': Not a directory",
    ("-o", ""): "--output: '' names no folder: write . for the current one",
    ("--max-bytes", "0"): "--max-bytes must be at least 1, got 0",
    ("--max-bytes", "1k"): "--max-bytes: '1k' is no whole number",
    ("--journal", "x.jsonl", "--export", "./x.jsonl"): "--export x.jsonl is the journal itself, "
    "which gets all of it: write another file, as --export x.run.jsonl",
    ("-o", "there", "--export", "there/index.jsonl"): "--export there/index.jsonl is the journal",
}


@pytest.mark.parametrize("arguments", MISUSES)
@pytest.mark.usefixtures("files")
def test_misuse_is_told_before_anything_is_sent(
    arguments: tuple[str, ...], local: LocalServer, capsys: Captured
) -> None:
    pathlib.Path("there").mkdir()
    before = pathlib.Path("damaged.jsonl").read_bytes()
    capsys.readouterr()
    assert main(["fetch", local.url("/get"), *arguments]) == 2
    *_, sentence = noted(capsys)
    assert MISUSES[arguments] in sentence
    assert not re.search(r"None|Options|journal=|[a-z]_[a-z]+=|\w\(", sentence)
    assert local.stats().requests == 1  # of the journal that was damaged then
    assert pathlib.Path("damaged.jsonl").read_bytes() == before


def test_a_journal_that_another_run_writes_is_left_to_it(
    local: LocalServer, capsys: Captured
) -> None:
    outcomes = iter_sync(local.urls(2), Options(journal="today.jsonl"))
    next(outcomes)
    assert main(["fetch", "--journal", "today.jsonl", local.url("/get")]) == 2
    said = "cannot write 'today.jsonl': another run writes this journal; wait for its end, or name"
    assert said in noted(capsys)[-1]
    outcomes.close()
    assert len(lines_of("today.jsonl")) == 1


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("-o", "pages"), "--output goes"),
        (("--journal", "today.jsonl"), "--journal goes"),
    ],
)
def test_a_strategy_of_ones_own_writes_neither(
    flags: Sequence[str], said: str, capsys: Captured
) -> None:
    module = f"keeps_no_{flags[0].strip('-')}"  # one of another folder would be found again
    pathlib.Path(f"{module}.py").write_text("def loop(urls, options): return []\n")
    assert main(["fetch", "-s", f"{module}:loop", *flags, REFUSED]) == 2
    words = f"{said} with sync, threaded, async and processes: a strategy of your own is given URLs"
    assert words in noted(capsys)[-1]
    assert not pathlib.Path("pages").exists()
    assert not pathlib.Path("today.jsonl").exists()


def test_no_comparison_goes_into_a_file_of_lines(local: LocalServer, capsys: Captured) -> None:
    save(small_comparison(), "saved.json")
    for line in (["compare", local.url("/get")], ["show", "saved.json"], []):
        assert main([*line, "--export", "x.jsonl"]) == 2
        assert noted(capsys)[-1].endswith(
            "--export x.jsonl: a .jsonl file holds one run, and no comparison; write "
            "--export x.json"
        )
    assert local.stats().requests == 0


def test_a_run_does(local: LocalServer, capsys: Captured) -> None:
    assert main(["fetch", "--export", "x.jsonl", *local.urls(2)]) == 0
    assert "saved: x.jsonl" in noted(capsys)
    assert len(lines_of("x.jsonl")) == 2


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_what_cannot_be_written_ends_the_run_and_keeps_what_is_there(
    strategy: str, local: LocalServer, capsys: Captured
) -> None:
    urls = local.urls(20)
    assert main(["fetch", "-o", "pages", urls[0]]) == 0
    for number in range(256):  # where folders should be
        if not (place := pathlib.Path(f"pages/{number:02x}")).exists():
            place.touch()
    capsys.readouterr()
    assert main(["fetch", "-o", "pages", "-s", strategy, *urls]) == 1
    said = noted(capsys)
    assert re.fullmatch(
        r"concurrent-fetch: cannot write 'pages': Not a directory; ended after \d+ of 20 URLs; "
        "the same line again goes on from there",
        said[-1],
    )
    assert said[0] == "skipped: 1 of 20 URLs, done by an earlier run (pages/index.jsonl)"


def test_a_full_disk_ends_the_run_with_a_sentence(local: LocalServer) -> None:
    line = ("fetch", "--journal", "today.jsonl", *local.urls(30))
    done = run(*line, most=4000)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("concurrent-fetch: cannot write 'today.jsonl': ")
    assert run(*line).returncode == 0
    assert Counter(o["url"] for o in lines_of("today.jsonl") if o["done"]) == Counter(line[3:])


def run(*line: str, most: int | None = None) -> "subprocess.CompletedProcess[str]":
    """Run the program to its end; `most`: how large a file may become."""

    def limited() -> None:
        if most is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))

    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [*PROGRAM, *line],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
        preexec_fn=limited,
    )


# --- What is worth a remark ---


def test_a_line_that_was_not_written_to_its_end_is_cut_off_and_told(
    local: LocalServer, capsys: Captured
) -> None:
    line = ["fetch", "--journal", "today.jsonl", *local.urls(2)]
    main(line)
    with pathlib.Path("today.jsonl").open("r+b") as file:
        file.truncate(pathlib.Path("today.jsonl").stat().st_size - 5)
    capsys.readouterr()
    assert main(["show", "today.jsonl"]) == 0
    (said,) = noted(capsys)
    assert said.startswith(
        "note: today.jsonl: the last line was not written to its end and is left"
    )
    assert main(line) == 0
    cut, skipped = noted(capsys)
    assert cut.startswith("note: today.jsonl: the last line was not written to its end and was cut")
    assert skipped.startswith("skipped: 1 of 2 URLs")


def test_other_options_are_told_by_their_flags(local: LocalServer, capsys: Captured) -> None:
    line = ["fetch", "--journal", "today.jsonl", local.url("/get")]
    main(line)
    capsys.readouterr()
    assert main([*line, "--per-host", "2", "-H", "X-One: 1"]) == 0
    first, _ = noted(capsys)
    assert first == (
        "note: today.jsonl goes on with other options than its last run had: --header, "
        "--per-host; what is done is not fetched again"
    )


def test_too_few_descriptors_are_told_at_once_and_in_flags(local: LocalServer) -> None:
    program = InTerminal(120, "fetch", "-c", "500000", local.url("/get"))
    said = program.end()
    assert program.process.returncode == 0
    (place,) = (i for i, line in enumerate(said) if line.startswith("note: --concurrency 500000 "))
    assert any("/get" in line for line in said[place:])


def test_the_overview_says_what_waited_for_hosts(local: LocalServer, capsys: Captured) -> None:
    assert main(["fetch", "-c", "8", "--per-host", "1", *local.urls(13, "/delay/0.02")]) == 0
    assert "places were idle on average" in " ".join(capsys.readouterr().out.split())


def test_show_takes_a_journal_that_is_being_written(local: LocalServer, capsys: Captured) -> None:
    outcomes = iter_sync(local.urls(3), Options(journal="today.jsonl"))
    next(outcomes)
    assert main(["show", "today.jsonl"]) == 0
    assert "1 URL in " in capsys.readouterr().out
    outcomes.close()


# --- Ctrl-C and death, and the same line again ---


class Counting:
    """Answers after a moment, and counts what it is asked for."""

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._slow = threading.Event()

    def __call__(self, peer: Peer) -> None:
        while text := peer.read_head().decode():
            with self._lock:
                self.asked[text.split()[1]] += 1
            self._slow.wait(0.02)
            peer.send(reply(b"well"))


@pytest.fixture
def counting() -> Iterator[tuple[Counting, list[str]]]:
    script = Counting()
    with RawServer(script) as server:
        yield script, [server.url(f"/{number}") for number in range(120)]


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGKILL])
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_the_same_line_goes_on_where_it_was(
    strategy: str, end: signal.Signals, counting: tuple[Counting, list[str]]
) -> None:
    script, urls = counting
    pathlib.Path("urls.txt").write_text("\n".join(urls))
    line = ("fetch", "-o", "pages", "--file", "urls.txt", "-s", strategy, "-c", "4")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [*PROGRAM, *line], stdout=pipe, stderr=pipe, text=True, env=environment
    ) as process:
        eventually(lambda: len(script.asked) >= 40, 10)
        process.send_signal(end)
        _, err = process.communicate(timeout=10)
    if end == signal.SIGINT:
        assert process.returncode == 130
        assert "Traceback" not in err
        last = err.splitlines()[-1]
        assert re.fullmatch(
            r"concurrent-fetch: interrupted after \d+ of 120 URLs; the same line again goes on "
            "from there",
            last,
        )
    done = run(*line)
    assert done.returncode == 0
    assert len(script.asked) == 120
    assert script.asked.total() <= 120 + 2 * 4
    index = lines_of("pages/index.jsonl")
    assert Counter(one["url"] for one in index if one["done"]) == Counter(urls)
    assert {pathlib.Path(one["sink"]).read_bytes() for one in index if one["done"]} == {b"well"}
    skipped, saved = done.stderr.splitlines()[-2:]
    number = int(skipped.split()[1])
    assert number >= 20
    assert saved.startswith(f"saved: {120 - number} bodies in pages")


def test_in_few_columns_the_bar_says_what_failed_rather_than_how_fast_it_is(
    local: LocalServer,
) -> None:
    program = InTerminal(60, "fetch", "-c", "1", REFUSED, REFUSED, *local.urls(3, "/delay/0.3"))
    program.end()
    bars = [part for part in program.written.split("\r") if "%|" in part and "failed" in part]
    assert bars
    assert all(len(bar) <= 60 and bar.rstrip().endswith(" failed]") for bar in bars)


@pytest.mark.parametrize("columns", [60, 120])
def test_in_a_terminal_what_is_skipped_is_counted(
    columns: int, local: LocalServer, tmp_path: pathlib.Path
) -> None:
    journal = str(tmp_path / "today.jsonl")
    urls = [*local.urls(14), *local.urls(2, "/delay/30")]
    line = ("fetch", "--journal", journal, *urls)
    assert main(["fetch", "--journal", journal, *urls[:10]]) == 0
    program = InTerminal(columns, *line)
    program.read(until="/bytes/", times=4)
    program.process.send_signal(signal.SIGINT)
    lines = program.end()
    assert program.process.returncode == 130
    assert max(map(len, lines)) <= columns
    said = " ".join(" ".join(lines).split())
    assert "skipped: 10 of 16 URLs, done by an earlier run" in said
    assert said.endswith("interrupted after 14 of 16 URLs; the same line again goes on from there")
    assert re.search(r"threaded: +\d+%\|.*\| \d/6 \[", program.written)
