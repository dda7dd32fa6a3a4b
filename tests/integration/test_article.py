"""The article's two programs, pasted unchanged but for the URLs, are two strategies."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import nbformat
import pytest
import requests
from nbclient import NotebookClient
from pace import TRIES

import concurrent_fetch as cf
from concurrent_fetch.server import LocalServer

pytestmark = pytest.mark.once

LOOP = """
import requests

def fetch_url(url):
    response = requests.get(url)
    return url, len(response.text)

def main(urls):
    return [fetch_url(url) for url in urls]
"""
GATHERED = """
import asyncio
import aiohttp

async def fetch_url(url):
    async with aiohttp.ClientSession() as session:
        async with session.get(url) as response:
            content = await response.text()
            return url, len(content)

async def main(urls):
    tasks = [fetch_url(url) for url in urls]
    return await asyncio.gather(*tasks)
"""
NOTE = "statuses and times of single fetches are unknown"
CURE = "return the responses, or (url, len(response.content)) pairs"


def pasted(source: str) -> ModuleType:
    module = ModuleType("pasted")
    exec(source, vars(module))
    return module


@pytest.fixture(scope="module")
def urls() -> Iterator[list[str]]:
    with LocalServer(latency=0.02) as server:
        yield server.urls(3)


def compared(urls: list[str]) -> cf.Comparison:
    """Compare the two; once more where a busy machine leaves it open who is faster."""
    runner = cf.Runner(urls, rounds=8, seed=1)
    for _ in range(TRIES - 1):
        found = runner.compare(loop=pasted(LOOP).main, gathered=pasted(GATHERED).main)
        if found.verdict("gathered") == "faster":
            return found
    return runner.compare(loop=pasted(LOOP).main, gathered=pasted(GATHERED).main)


def test_both_compare_as_they_stand_and_it_is_said_what_is_unknown(urls: list[str]) -> None:
    comparison = compared(urls)
    assert comparison.verdict("gathered") == "faster"
    assert not comparison.reasons_against("gathered")
    assert [(note.strategy, note.fact, note.advice) for note in comparison.notes] == [
        (name, NOTE, CURE) for name in ("loop", "gathered")
    ]
    said = comparison.explain()
    assert said.startswith("gathered is ")
    assert "The reason cannot be told" in said
    assert "slower than the fastest, gathered." in said


def test_what_returns_responses_is_held_against_the_built_in_ones(urls: list[str]) -> None:
    def loop(urls: list[str]) -> list[object]:
        return [requests.get(url) for url in urls]

    comparison = cf.Runner(urls, rounds=6).compare(cf.fetch_sync, loop)
    assert not comparison.reasons_against("loop")
    assert "statuses" not in str(comparison)


def test_both_compare_in_a_running_kernel(urls: list[str]) -> None:
    cells = [
        f"{LOOP}\nloop = main",
        f"{GATHERED.replace('fetch_url', 'fetch_one')}\ngathered = main",
        "import concurrent_fetch as cf",
        f"print(cf.Runner({urls!r}, rounds=6).compare(loop=loop, gathered=gathered))",
    ]
    notebook = nbformat.v4.new_notebook(  # type: ignore[no-untyped-call]
        cells=list(map(nbformat.v4.new_code_cell, cells))
    )
    NotebookClient(notebook, timeout=60).execute()
    (printed,) = [output.text for output in notebook.cells[-1].outputs]
    assert "gathered" in printed
    assert NOTE in printed


def test_the_command_line_takes_them_from_a_file(urls: list[str], tmp_path: Path) -> None:
    for name, source in {"first": LOOP, "second": GATHERED}.items():
        (tmp_path / f"{name}.py").write_text(source, encoding="utf-8")
    command = ["compare", *urls, "-s", "first:main", "-s", "second:main", "--rounds", "6"]
    run = subprocess.run(
        [sys.executable, "-m", "concurrent_fetch", *command],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert "second:main" in run.stdout, run.stdout
    assert NOTE in run.stderr + run.stdout
