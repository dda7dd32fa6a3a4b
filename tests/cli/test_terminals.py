"""The command line in a terminal: as wide as that is, and as before in a pipe."""

import contextlib
import os
import pathlib
import re
import subprocess
import sys
import termios

import pytest
from results import small_comparison, small_sweep

import concurrent_fetch
from concurrent_fetch import save
from concurrent_fetch.cli import _output
from concurrent_fetch.render._characters import width
from concurrent_fetch.server import LocalServer

pytestmark = pytest.mark.once

PROGRAM = [sys.executable, "-W", "error", "-m", "concurrent_fetch"]
ROOT = pathlib.Path(concurrent_fetch.__file__).parents[1]
REFUSED = "http://127.0.0.1:1/"
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "COLUMNS"}


def written(columns: int, *arguments: str, **variables: str) -> str:
    """Run the program in a terminal; return all that it wrote there."""
    terminal, end = os.openpty()
    termios.tcsetwinsize(end, (24, columns))
    with subprocess.Popen(
        [*PROGRAM, *arguments], stdout=end, stderr=end, cwd=ROOT, env={**ENVIRONMENT, **variables}
    ):
        os.close(end)
        shown = b""
        with contextlib.suppress(OSError):  # how Linux says that the other end is closed
            while data := os.read(terminal, 4096):
                shown += data
    os.close(terminal)
    return shown.decode()


def in_terminal(columns: int, *arguments: str, **variables: str) -> list[str]:
    """Run the program in a terminal; return the lines that it left there."""
    lines = written(columns, *arguments, **variables).rstrip("\r\n").split("\r\n")
    return [line.rpartition("\r")[2] for line in lines]  # before it stands a bar that is gone


def in_pipe(*arguments: str, **variables: str) -> list[str]:
    done = subprocess.run(
        [*PROGRAM, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd=ROOT,
        env={**ENVIRONMENT, **variables},
        timeout=50,
        check=False,
    )
    return done.stdout.decode().splitlines()


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("saved")
    paths = {name: str(folder / f"{name}.json") for name in ("comparison", "sweep")}
    save(small_comparison(), paths["comparison"])
    save(small_sweep(), paths["sweep"])
    return paths


@pytest.mark.parametrize("what", ["comparison", "sweep"])
def test_what_is_shown_fits_a_narrow_terminal_and_is_whole_in_a_pipe(
    what: str, saved: dict[str, str]
) -> None:
    lines = in_terminal(60, "show", saved[what])
    assert max(map(width, lines)) <= 60
    (place,) = (i for i, line in enumerate(lines) if line.startswith("left out at 60 columns: "))
    assert "| cat" in " ".join(lines[place : place + 2])
    piped = in_pipe("show", saved[what], COLUMNS="60")
    assert not any("left out" in line for line in piped)
    assert any("req/s" in line and "CPU" in line for line in piped)
    assert max(map(width, piped)) > 80


def test_the_table_of_a_wide_terminal_is_the_one_of_a_pipe(saved: dict[str, str]) -> None:
    wide, piped = (
        in_terminal(200, "show", saved["comparison"]),
        in_pipe("show", saved["comparison"]),
    )
    assert wide[:4] == piped[:4]


def test_side_by_side_fits_too(saved: dict[str, str]) -> None:
    lines = in_terminal(60, "diff", saved["comparison"], saved["comparison"])
    assert max(map(width, lines)) <= 60
    assert any("reference" in line for line in lines)


def test_columns_overrule_the_terminal(saved: dict[str, str]) -> None:
    assert max(map(width, in_terminal(200, "show", saved["comparison"], COLUMNS="70"))) <= 70


def test_a_comparison_leaves_no_line_wider_than_the_terminal(local: LocalServer) -> None:
    lines = in_terminal(60, "compare", "-r", "1", local.url("/get"), REFUSED)
    assert max(map(width, lines)) <= 60
    assert any(line.startswith("strategy") and "verdict" in line for line in lines)
    assert re.search(r"note: |not counted: ", "\n".join(lines))


def test_in_few_columns_progress_says_less_and_is_not_cut(local: LocalServer) -> None:
    strategies = ("-s", "sync", "-s", "threaded+httpx", "-r", "2")
    shown = written(60, "compare", *strategies, local.url("/delay/0.3"), REFUSED)
    # Only the first, before anything is over, has the rate.
    bars = [part for part in shown.split("\r") if re.search(r"\| [1-8]/8 \[", part)]
    assert bars
    assert all(width(bar) <= 60 and bar.rstrip().endswith(" failed]") for bar in bars)
    assert re.search(r", round \d/2, sync, \d failed\]", shown)


def test_urls_are_broken_only_where_they_are_wider_than_a_line(local: LocalServer) -> None:
    near, far = local.url(f"/get?{'a' * 20}"), local.url(f"/get?{'b' * 90}")
    lines = in_terminal(60, "fetch", near, far, REFUSED)
    assert max(map(width, lines)) <= 60
    assert f"  {near}" in lines
    assert far in "".join(line.strip() for line in lines)


@pytest.mark.parametrize("size", [0, 80])
def test_a_terminal_that_does_not_say_how_wide_it_is_has_80_columns(
    size: int, saved: dict[str, str]
) -> None:
    assert "left out at 80 columns" in "\n".join(in_terminal(size, "show", saved["comparison"]))


def test_no_terminal_has_no_width(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)  # closed before the start
    assert _output.room() is None
