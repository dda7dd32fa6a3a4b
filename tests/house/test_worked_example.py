"""The worked example of the docs, in small: killed in the middle, it goes on where it was."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from concurrent_fetch import Response, Run, load
from concurrent_fetch.server import LocalServer

pytestmark = pytest.mark.once

SURVEY = Path(__file__).parents[2] / "docs" / "examples" / "survey.py"
URLS = 300
CONCURRENCY = 100  # of the example
PATIENCE = 60.0


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_the_survey_is_killed_in_the_middle_and_goes_on_where_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(SURVEY.parents[2]))
    with LocalServer(latency=0.02) as server:
        urls = [*server.urls(URLS - 2), server.url("/status/404"), "http://127.0.0.1:1/"]
        (tmp_path / "urls.txt").write_text("\n".join(urls), encoding="utf-8")
        _kill_after(100, tmp_path)
        said = subprocess.run(
            [sys.executable, str(SURVEY), "urls.txt"],
            cwd=tmp_path,
            check=True,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        ).stdout
        seen = server.stats().requests

    run = load(tmp_path / "pages.jsonl")
    assert isinstance(run, Run)
    assert sorted(outcome.url for outcome in run) == sorted(urls)
    assert [outcome.url for outcome in run.failures] == ["http://127.0.0.1:1/"]
    assert URLS - 1 <= seen <= URLS - 1 + CONCURRENCY
    assert 1 <= int(said.split()[0]) < URLS
    assert all(_is_whole(response, tmp_path) for response in run.responses)


def _kill_after(lines: int, folder: Path) -> None:
    """Start the survey; kill it when its journal has that many lines."""
    journal = folder / "pages.jsonl"
    survey = subprocess.Popen(
        [sys.executable, str(SURVEY), "urls.txt"],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    end = time.monotonic() + PATIENCE
    while not journal.exists() or journal.read_bytes().count(b"\n") < lines:
        assert survey.poll() is None, "it ended by itself"
        assert time.monotonic() < end
        time.sleep(0.005)
    survey.send_signal(signal.SIGKILL)
    assert survey.wait(PATIENCE) == -signal.SIGKILL


def _is_whole(response: Response, folder: Path) -> bool:
    assert response.sink is not None
    return (folder / response.sink).stat().st_size == response.size
