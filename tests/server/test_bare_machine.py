"""LocalServer where there is no file system to speak of: as in a container that is read-only."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from plain_http import ROOT

pytestmark = pytest.mark.once

FETCH = """
from concurrent_fetch import fetch_sync
from concurrent_fetch.server import LocalServer
with LocalServer() as server:
    print(fetch_sync(server.urls(2)).responses[1].size)
"""
NO_TEMPORARY_DIRECTORY = "import tempfile\ntempfile.tempdir = '/no/such'\n"
NO_MEMORY_FILE = """
import errno, os
def refused(*_):
    raise OSError(errno.ENOSYS, 'Function not implemented')
os.memfd_create = refused
"""
DIES = """
import sys
sys.executable = '/bin/cat'
from concurrent_fetch.server import LocalServer
try:
    LocalServer().start()
except RuntimeError as error:
    print(error)
"""


def run(
    *arguments: str, cwd: Path | None = None, **variables: str
) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=cwd,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("lacking", ["", NO_MEMORY_FILE])
def test_it_starts_without_a_temporary_directory(lacking: str) -> None:
    done = run("-c", NO_TEMPORARY_DIRECTORY + lacking + FETCH)
    assert (done.stdout, done.stderr) == ("1024\n", "")


def test_what_the_process_said_is_told_without_a_temporary_directory() -> None:
    said = run("-c", NO_TEMPORARY_DIRECTORY + DIES).stdout
    assert "process ended with status 1" in said
    if sys.platform == "linux":
        assert "cat: " in said


@pytest.mark.parametrize("before", ["", "import sys\nsys.path.insert(0, '')\n"])
def test_it_starts_in_a_working_directory_that_is_deleted(before: str, tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    leave = f"import os\nos.rmdir({str(gone)!r})\n"
    done = run("-c", leave + before + FETCH, cwd=gone, PYTHONPATH=ROOT)
    assert (done.stdout, done.stderr) == ("1024\n", "")


def test_the_command_line_starts_in_a_working_directory_that_is_deleted(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    start = f"""
import os
os.rmdir({str(gone)!r})
os.execv({sys.executable!r}, [{sys.executable!r}, '-m', 'concurrent_fetch'])
"""
    done = run("-c", start, cwd=gone, PYTHONPATH=ROOT)
    assert done.returncode == 0
    assert "fetch_threaded" in done.stdout


def test_nothing_is_written_into_the_working_directory(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        done = run("-c", FETCH, cwd=tmp_path, PYTHONPATH=ROOT, TMPDIR=str(tmp_path))
    finally:
        tmp_path.chmod(0o700)
    assert (done.stdout, done.stderr) == ("1024\n", "")
    assert list(tmp_path.iterdir()) == []
