"""The main job on real input: the pages of Debian's python3-doc, served by Debian's nginx."""

import asyncio
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from nginx import missing, nginx

import concurrent_fetch as cf


def _output(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def _pages() -> list[Path]:
    """The HTML pages of the documentation that Debian installs, wherever it puts them."""
    if not shutil.which("dpkg"):
        return []
    depends = _output("dpkg-query", "-W", "-f", "${Depends}", "python3-doc")
    packages = {"python3-doc", *re.findall(r"python3[.0-9]*-doc", depends)}
    listed = "".join(_output("dpkg", "-L", package) for package in sorted(packages))
    paths = {Path(line).resolve() for line in listed.splitlines() if line.endswith(".html")}
    return sorted(path for path in paths if path.is_file())


PAGES = _pages()
ABSENT = missing() or (
    None if PAGES else "Debian's package python3-doc is not installed: apt-get install python3-doc"
)
pytestmark = [pytest.mark.once, pytest.mark.skipif(ABSENT is not None, reason=ABSENT or "")]

WAYS: dict[str, Callable[[list[str], cf.Options], cf.Run]] = {
    "sync+requests": cf.fetch_sync,
    "sync+httpx": partial(cf.fetch_sync, client="httpx"),
    "threaded+requests": cf.fetch_threaded,
    "threaded+httpx": partial(cf.fetch_threaded, client="httpx"),
    "async+aiohttp": lambda urls, options: asyncio.run(cf.fetch_async(urls, options)),
    "async+httpx": lambda urls, options: asyncio.run(cf.fetch_async(urls, options, client="httpx")),
}


@pytest.fixture(scope="module")
def site() -> Iterator[tuple[list[str], list[Path]]]:
    """The URLs of all pages, and the file behind each."""
    root = next(p for p in PAGES[0].parents if all(page.is_relative_to(p) for page in PAGES))
    with nginx(root) as base:
        yield [f"{base}/{page.relative_to(root)}" for page in PAGES], PAGES


@pytest.mark.parametrize("way", WAYS)
def test_every_body_is_its_file_byte_by_byte(way: str, site: tuple[list[str], list[Path]]) -> None:
    urls, files = site
    assert len(urls) > 300
    run = WAYS[way](urls, cf.Options(concurrency=16))
    run.raise_for_failures()
    different = [
        file.name
        for response, file in zip(run.responses, files, strict=True)
        if response.status_code != 200 or response.body != file.read_bytes()
    ]
    assert different == []
    assert [outcome.url for outcome in run] == urls


@pytest.mark.long
def test_the_runner_compares_the_three_strategies(site: tuple[list[str], list[Path]]) -> None:
    urls, files = site
    runner = cf.Runner(urls, cf.Options(concurrency=8), rounds=10, seed=8412)
    comparison = runner.compare(cf.fetch_sync, cf.fetch_threaded, cf.fetch_async)
    assert comparison.strategies == ("fetch_sync", "fetch_threaded", "fetch_async")
    assert all(not comparison.reasons_against(name) for name in comparison.strategies)
    assert all(comparison.speedup(name).low > 0 for name in comparison.strategies)
    sizes = [file.stat().st_size for file in files]
    for name in comparison.strategies:
        for run in comparison.runs(name):
            assert [response.size for response in run.responses] == sizes
