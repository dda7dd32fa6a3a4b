"""What the command line writes into files and reads from them."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from concurrent_fetch import Comparison, Run, fetch_sync, load, save
from concurrent_fetch.cli._commands import main
from concurrent_fetch.server import LocalServer

pytestmark = pytest.mark.once

REFUSED = "http://127.0.0.1:1/"


@pytest.fixture(scope="module")
def local() -> Iterator[LocalServer]:
    with LocalServer() as server:
        yield server


@pytest.fixture(scope="module")
def saved(local: LocalServer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("saved") / "before.json"
    assert main(["compare", *local.urls(3), "-s", "sync", "-s", "async", "-r", "6",
                 "--export", str(path)]) == 0  # fmt: skip
    return path


def test_compare_exports_into_every_file_that_is_named(
    local: LocalServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    paths = [tmp_path / name for name in ("x.json", "x.html", "x.trace.json")]
    exports = [argument for path in paths for argument in ("--export", str(path))]
    assert main(["compare", *local.urls(2), "-s", "sync", "-r", "1", *exports]) == 0
    assert isinstance(load(paths[0]), Comparison)
    assert all(path.stat().st_size for path in paths)
    said = [line for line in capsys.readouterr().err.splitlines() if line.startswith("saved")]
    assert said == [f"saved: {path}" for path in paths]


def test_fetch_exports_its_run(local: LocalServer, tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    assert main(["fetch", *local.urls(3), REFUSED, "--export", str(path)]) == 1
    run = load(path)
    assert isinstance(run, Run)
    assert (len(run), len(run.failures)) == (4, 1)


def test_the_comparison_without_a_command_exports_too(tmp_path: Path) -> None:
    path = tmp_path / "x.svg"
    assert main(["--export", str(path)]) == 0
    assert path.read_text("utf-8").startswith("<svg ")


def test_an_export_stands_behind_its_command(
    local: LocalServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--export", str(tmp_path / "x.md"), "fetch", local.urls(1)[0]]) == 2
    assert "write --export behind the command" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("x.pdf", "--export: '{}' names no format: it must end in .json, .csv,"),
        ("no/folder/x.md", "--export: there is no folder '{}'"),
        ("folder.md", "--export: '{}' is a folder"),
    ],
)
def test_a_file_that_cannot_be_is_refused_before_anything_is_fetched(
    name: str,
    sentence: str,
    local: LocalServer,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = tmp_path / name
    (tmp_path / "folder.md").mkdir()
    before = local.stats().requests
    assert main(["compare", local.urls(1)[0], "--export", str(path)]) == 2
    named = path if path.parent == tmp_path else path.parent
    assert sentence.format(named) in capsys.readouterr().err
    assert local.stats().requests == before


def test_a_file_that_cannot_be_written_ends_with_1_once_the_others_are(
    local: LocalServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "x.csv").symlink_to("/dev/full")
    exports = ["--export", str(tmp_path / "x.csv"), "--export", str(tmp_path / "x.md")]
    assert main(["fetch", local.urls(1)[0], *exports]) == 1
    assert "x.csv': No space left on device" in capsys.readouterr().err
    assert (tmp_path / "x.md").exists()


def test_show_prints_what_compare_printed(saved: Path, capsys: pytest.CaptureFixture[str]) -> None:
    comparison = load(saved)
    assert isinstance(comparison, Comparison)
    assert main(["show", str(saved)]) == 0
    shown = capsys.readouterr()
    assert shown.out.splitlines()[1:4] == str(comparison).splitlines()[1:4]
    assert comparison.explain() in shown.out
    assert "not counted: the first run of each" in shown.err


def test_show_turns_one_format_into_another(saved: Path, tmp_path: Path) -> None:
    path = tmp_path / "x.md"
    assert main(["show", str(saved), "--export", str(path)]) == 0
    assert "| strategy | typical |" in path.read_text("utf-8")


def test_show_prints_a_run_too(
    local: LocalServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "x.json"
    main(["fetch", *local.urls(2), REFUSED, "--export", str(path)])
    printed = capsys.readouterr().out
    assert main(["show", str(path)]) == 0, "showing is no fetching"
    assert capsys.readouterr().out == printed


def test_diff_shows_two_comparisons_side_by_side_without_a_verdict(
    saved: Path, local: LocalServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    after = tmp_path / "after.json"
    main(["compare", *local.urls(3), "-s", "sync", "-s", "threaded", "-r", "1",
          "--export", str(after)])  # fmt: skip
    capsys.readouterr()
    assert main(["diff", str(saved), str(after)]) == 0
    shown = capsys.readouterr().out
    assert shown.splitlines()[1].split()[:3] == ["strategy", "then", "now"]
    assert [line.split()[0] for line in shown.splitlines()[2:5]] == ["sync", "async", "threaded"]
    assert "no verdict across sessions" in shown


def test_diff_refuses_a_run(
    saved: Path, local: LocalServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "x.json"
    main(["fetch", local.urls(1)[0], "--export", str(path)])
    assert main(["diff", str(saved), str(path)]) == 2
    assert f"{path} holds one run, and no comparison" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (None, "cannot read '{}': No such file or directory"),
        ("{}", "{}: "),
        (" \n", "{}: the file is empty"),
        ('{"format": "concurrent_fetch"', "{}: not JSON: "),
    ],
)
def test_a_file_that_cannot_be_read_ends_with_2_and_a_sentence(
    text: str | None, sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "x.json"
    if text is not None:
        path.write_text(text)
    assert main(["show", str(path)]) == 2
    assert sentence.replace("{}", str(path)) in capsys.readouterr().err


def test_after_ctrl_c_the_rounds_that_were_over_can_be_shown(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    with LocalServer(latency=0.05) as slow:
        command = [sys.executable, "-m", "concurrent_fetch", "compare", *slow.urls(4),
                   "-s", "sync", "-r", "1000", "--export", str(path)]  # fmt: skip
        pipe = subprocess.PIPE
        with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True) as process:
            limit = time.monotonic() + 30
            while not path.exists() and time.monotonic() < limit:
                time.sleep(0.02)
            process.send_signal(signal.SIGINT)
            _, err = process.communicate(timeout=10)
    assert process.returncode == 130
    assert f"kept so far: concurrent-fetch show {path}" in err
    comparison = load(path)
    assert isinstance(comparison, Comparison)
    assert comparison.rounds >= 1


def test_what_is_exported_is_written_also_where_nobody_reads_the_output(
    saved: Path, tmp_path: Path
) -> None:
    path = tmp_path / "x.md"
    command = [sys.executable, "-m", "concurrent_fetch", "show", str(saved), "--export", str(path)]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, check=False, timeout=30)
    assert done.returncode == 1
    assert path.exists()


def test_a_result_can_be_exported_into_a_pipe(saved: Path, tmp_path: Path) -> None:
    path = tmp_path / "x.md"
    path.symlink_to("/dev/stdout")
    command = [sys.executable, "-m", "concurrent_fetch", "show", str(saved), "--export", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=30)
    assert "| strategy | typical |" in done.stdout


def test_show_prints_a_run_without_urls(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    save(fetch_sync([]), tmp_path / "x.json")
    assert main(["show", str(tmp_path / "x.json")]) == 0
    assert capsys.readouterr().out == "fetch_sync: no URLs\n"


def test_diff_refuses_what_has_no_strategy_in_common(
    saved: Path, local: LocalServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "x.json"
    main(["compare", local.urls(1)[0], "-s", "threaded", "-r", "1", "--export", str(path)])
    assert main(["diff", str(saved), str(path)]) == 2
    assert "no strategy in common: sync, async; threaded" in capsys.readouterr().err
