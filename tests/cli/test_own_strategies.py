"""Strategies of the user's own on the command line, as `-s mine:loop`."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import concurrent_fetch
from concurrent_fetch.cli._commands import main
from concurrent_fetch.server import LocalServer

pytestmark = pytest.mark.once

ROOT = Path(concurrent_fetch.__file__).parents[1]
URL = "http://127.0.0.1:1/"
# As the script does, -P keeps the current directory off sys.path.
SCRIPT = [sys.executable, "-P", "-W", "error", "-m", "concurrent_fetch"]
MODULE = [sys.executable, "-W", "error", "-m", "concurrent_fetch"]
MINE = """\
import asyncio

import concurrent_fetch as cf
from concurrent_fetch.clients import aiohttp_client, requests_client

print("mine is imported")
URLS = ["http://127.0.0.1:1/"]


def loop(urls, options):
    with requests_client.session(options) as get:
        return [get(url, index) for index, url in enumerate(urls)]


async def gathered(urls, options):
    async with aiohttp_client.session(options) as get:
        return await asyncio.gather(*(get(url, index) for index, url in enumerate(urls)))


class Ways:
    @staticmethod
    def backwards(urls, options):
        return loop(urls, options)[::-1]


four = cf.with_options(cf.fetch_threaded, concurrency=4)
"""
LATE = """\
def fetch(urls, options):
    import late
    return late.fetch(urls, options)
"""
SPLIT = """\
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from concurrent_fetch import fetch_sync


def fetch(urls, options):
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return list(pool.submit(part, urls, options).result())


def part(urls, options):
    return list(fetch_sync(urls, options))
"""
OTHER = "from mine import loop, loop as sync\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A directory with `mine.py`, and with a package that has `ways.py`."""
    (tmp_path / "mine.py").write_text(MINE)
    (tmp_path / "package").mkdir()
    for name in ("other.py", "package/__init__.py", "package/ways.py"):
        (tmp_path / name).write_text(OTHER)
    return tmp_path


def run(
    folder: Path, *arguments: str, program: list[str] = SCRIPT
) -> "subprocess.CompletedProcess[str]":
    """Run the program in a folder, to its end."""
    return subprocess.run(
        [*program, *arguments],
        capture_output=True,
        encoding="utf-8",
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"},
        timeout=50,
        check=False,
    )


def rows(done: "subprocess.CompletedProcess[str]") -> list[str]:
    """Return the names of the table's rows."""
    assert done.returncode == 0, done.stderr
    table = done.stdout.partition("\n\n")[0].split("\n")
    return [line.split()[0] for line in table[2:] if re.search(r" (µs|ms|s) ", line)]


@pytest.mark.parametrize("program", [SCRIPT, MODULE])
def test_functions_of_a_file_run_beside_the_built_in_ones_under_their_names(
    program: list[str], folder: Path, local: LocalServer
) -> None:
    names = ("threaded", "mine:loop", "mine:gathered", "mine:Ways.backwards", "mine:four")
    flags = [argument for name in names for argument in ("-s", name)]
    done = run(folder, "compare", "-r", "1", *flags, *local.urls(3), program=program)
    assert rows(done) == ["threaded", "loop", "gathered", "Ways.backwards", "four"]
    assert "mine is imported" in done.stderr
    assert "mine is imported" not in done.stdout


def test_an_async_one_runs_on_another_loop_by_at(folder: Path, local: LocalServer) -> None:
    flags = ["-s", "mine:gathered", "-s", "./mine.py:gathered@asyncio", "-s", "mine:looped"]
    with (folder / "mine.py").open("a") as mine:
        mine.write("looped = cf.with_loop(gathered, 'asyncio')\n")
    done = run(folder, "compare", "-r", "1", *flags, *local.urls(2))
    assert rows(done) == ["gathered", "gathered@asyncio", "looped"]


@pytest.mark.parametrize(
    "name", ["mine:loop", "package.ways:loop", "./mine.py:loop", "package/ways.py:loop"]
)
def test_fetch_takes_one_too_also_by_the_path_of_its_file(
    name: str, folder: Path, local: LocalServer
) -> None:
    urls = local.urls(2)
    done = run(folder, "fetch", "-s", name, *urls)
    assert done.returncode == 0
    assert [line.split()[-1] for line in done.stdout.splitlines()[:-1]] == urls


def test_two_of_one_name_are_told_apart_by_their_modules(folder: Path, local: LocalServer) -> None:
    names = ("mine:loop", "other:loop", "sync", "other:sync", "mine:four")
    flags = [argument for name in names for argument in ("-s", name)]
    done = run(folder, "compare", "-r", "1", *flags, local.url("/get"))
    assert rows(done) == ["mine:loop", "other:loop", "sync", "other:sync", "four"]


def test_one_that_is_written_in_two_ways_is_given_twice(folder: Path) -> None:
    done = run(folder, "compare", URL, "-s", "mine:loop", "-s", "./mine.py:loop")
    assert done.returncode == 2
    assert "--strategy mine:loop is given twice: leave one of them out" in done.stderr


def test_a_file_of_this_folder_hides_no_library_that_is_imported_later(
    folder: Path, local: LocalServer
) -> None:
    (folder / "plain.py").write_text("from concurrent_fetch import fetch_sync as fetch\n")
    (folder / "aiohttp.py").write_text("raise RuntimeError('no library')\n")
    done = run(folder, "compare", "-r", "1", "-s", "plain:fetch", "-s", "async", local.url("/get"))
    assert rows(done) == ["fetch", "async"]


def test_what_a_strategy_imports_when_it_runs_is_found_in_the_folder(
    folder: Path, local: LocalServer
) -> None:
    (folder / "mine.py").write_text(LATE)
    (folder / "late.py").write_text("from concurrent_fetch import fetch_sync as fetch\n")
    assert run(folder, "fetch", "-s", "mine:fetch", local.url("/get")).returncode == 0


@pytest.mark.once
def test_processes_that_a_strategy_starts_find_its_module(folder: Path, local: LocalServer) -> None:
    (folder / "split.py").write_text(SPLIT)
    done = run(folder, "fetch", "-s", "split:fetch", *local.urls(2))
    assert done.returncode == 0, done.stderr


def test_a_module_of_this_folder_goes_before_one_that_is_installed(
    folder: Path, local: LocalServer
) -> None:
    """Also when it is the second that is imported."""
    (folder / "this.py").write_text("from mine import loop\n")
    flags = ("-s", "other:sync", "-s", "this:loop")
    assert rows(run(folder, "compare", "-r", "1", *flags, local.url("/get"))) == ["sync", "loop"]


def test_a_module_may_set_up_stdout_anew(folder: Path, local: LocalServer) -> None:
    anew = "import io, sys\n\nsys.stdout = io.TextIOWrapper(sys.stdout.buffer, 'utf-8')\n"
    (folder / "anew.py").write_text(f"{anew}print('×')\n{OTHER}")
    done = run(folder, "fetch", "-s", "anew:loop", local.url("/status/404"))
    assert done.returncode == 0
    assert done.stdout.startswith("404  ")
    assert "×" in done.stderr
    assert done.stderr.endswith("status 400 or above: 1 of 1 URL\n")


def test_the_name_is_kept_in_files(folder: Path, local: LocalServer) -> None:
    flags = ("-s", "mine:loop", "-s", "other:loop", "--export", "x.json")
    assert run(folder, "compare", "-r", "1", *flags, local.url("/get")).returncode == 0
    comparison = concurrent_fetch.load(folder / "x.json")
    assert isinstance(comparison, concurrent_fetch.Comparison)
    assert comparison.strategies == ("mine:loop", "other:loop")


# --- What is no strategy ---

FILES = {
    "raising.py": "import json\n\n\njson.loads('')\n",
    "helping.py": "import raising\n",
    "syntax.py": "def loop(:\n",
    "ending.py": "import sys\n\nsys.exit('no key')\n",
    "lacking.py": "import no_such_library\n",
    "http.py": "def loop(urls, options):\n    return []\n",
    "time.py": "def loop(urls, options):\n    return []\n",
    "using.py": "import sys\n\nsys.path.append(f'{sys.path[0]}/site-packages')\nimport library\n",
    "site-packages/library.py": "1 / 0\n",
    "json/ways.py": OTHER,
    "json/__init__.py": "",
    "called.py": "async def loop(urls, options):\n    return []\n\n\nrun = loop([], None)\n",
}
ENDING = (
    "ending ends the program while it is imported: SystemExit: no key (ending.py, line 3). Put "
    'what it does as a script below if __name__ == "__main__":'
)
HERE = "'{folder}', and none is installed"
WRONG = {
    "mnie:loop": f"there is no module 'mnie' in {HERE} (did you mean mine:loop?)",
    "./mnie.py:loop": f"there is no module 'mnie' in {HERE} (did you mean mine:loop?)",
    "mnie.py": f"there is no module 'mnie' in {HERE} (did you mean mine:FUNCTION?)",
    "zz:loop": f"there is no module 'zz' in {HERE}. There are called, ending, helping, http, "
    "json, …",
    "package.wasy:loop": "there is no module 'wasy' in package (did you mean package.ways:loop?)",
    "mine.Ways:backwards": "mine is no package: write mine:Ways.backwards",
    "raising:loop": "raising cannot be imported: JSONDecodeError: Expecting value: line 1 column 1 "
    "(char 0) (raising.py, line 4)",
    "helping:loop": "helping cannot be imported: JSONDecodeError: Expecting value: line 1 column 1 "
    "(char 0) (raising.py, line 4)",
    "using:loop": "using cannot be imported: ZeroDivisionError: division by zero "
    "(using.py, line 4)",
    "syntax:loop": "syntax cannot be imported: SyntaxError: invalid syntax (syntax.py, line 1)",
    "lacking:loop": "lacking cannot be imported: ModuleNotFoundError: No module named "
    "'no_such_library' (lacking.py, line 1)",
    "ending:loop": ENDING,
    "mine:lop": "mine has no 'lop' (did you mean mine:loop?)",
    "mine:loop()": "mine has no 'loop()' (did you mean mine:loop?)",
    "mine:zz": "mine has no 'zz'. There are mine:Ways, mine:gathered, mine:loop",
    "mine:Ways.bakwards": "mine:Ways has no 'bakwards' (did you mean mine:Ways.backwards?)",
    "mine:URLS": "mine:URLS is of type list, and no function. There are mine:Ways, mine:gathered, "
    "mine:loop",
    "called:run": "called:run is of type coroutine, and no function. There is called:loop",
    "mine:": "mine is a module: write mine:FUNCTION. There are mine:loop, mine:gathered",
    "mine": "mine is a module: write mine:FUNCTION. There are mine:loop, mine:gathered",
    "mine.py": "mine is a module: write mine:FUNCTION. There are mine:loop, mine:gathered",
    "syntax.py": "syntax is a module: write syntax:FUNCTION",
    "package": "package is a module: write package:FUNCTION",
    "mine.loop": "'mine.loop' has no colon: write mine:loop",
    "package.ways.loop": "'package.ways.loop' has no colon: write package.ways:loop",
    ":loop": "':loop' names no module: write it as mine:loop",
    ".mine:loop": "'.mine:loop' names no module: write it as mine:loop",
    "../mine.py:loop": "'../mine.py' is not below the current directory: change to '{parent}' and "
    "write mine:FUNCTION",
    "mine:loop+httpx": "only sync, threaded, async and processes take a client: write mine:loop, "
    "which chooses its own, without +httpx",
    "mine:loop@asyncio": "mine:loop runs on no event loop: write it without @asyncio",
    "mine:gathered@uvlop": "no event loop is called 'uvlop' (did you mean 'uvloop'?)",
    "mine:gathered@": "no event loop stands behind @: write mine:gathered, or mine:gathered@uvloop",
    "mine:gatherd@asyncio": "mine has no 'gatherd' (did you mean mine:gathered?)",
    "mine:loop+httpx@asyncio": "only sync, threaded, async and processes take a client: write mine",
    "mine@asyncio": "mine is a module: write mine:FUNCTION. There are mine:loop, mine:gathered",
    "loop@asyncio": "no strategy is called 'loop'. There are sync, threaded, async, processes, "
    "each also with a client, as in 'threaded+httpx'; and of your own mine:loop, for loop in mine",
    "@uvloop": "no strategy stands before '@uvloop': write 'async@uvloop'",
    "async+@uvloop": "no client stands behind +: write 'async@uvloop', or 'async+httpx@uvloop'",
    "async@": "no event loop stands behind @: write 'async', or 'async@uvloop'",
    "sync@uvloop": "sync runs on no event loop: write 'sync', or 'async@uvloop'",
    "async@foo": "no event loop is called 'foo'. There are asyncio, uvloop",
    "http:loop": "http.py is hidden by another module http ({http}): give the file another name",
    "json.ways:loop": "json/__init__.py is hidden by another module json (",
    "time:loop": "time.py is hidden by another module time (built into Python): give the file "
    "another name",
    "loop": "no strategy is called 'loop'. There are sync, threaded, async, processes, each also "
    "with a client, as in 'threaded+httpx'; and of your own mine:loop, for loop in mine.py",
}


@pytest.fixture
def inside(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder with files that are wrong, as the current directory of this process."""
    for name, text in FILES.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "path", list(sys.path))
    before = set(sys.modules)
    yield folder
    for name in set(sys.modules) - before:
        if str(folder) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]


@pytest.mark.parametrize("name", WRONG)
@pytest.mark.parametrize("command", ["compare", "fetch"])
def test_what_is_no_strategy_ends_with_2_and_what_to_write(
    command: str, name: str, inside: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([command, URL, "-s", name]) == 2
    captured = capsys.readouterr()
    http = sys.modules["http"].__file__
    said = WRONG[name].format(folder=inside, parent=inside.parent, http=http)
    *_, sentence = captured.err.splitlines()
    assert captured.out == ""
    assert sentence.startswith(f"concurrent-fetch {command}: error: --strategy: {said}"), sentence


def test_ctrl_c_while_a_module_is_imported_is_no_misuse(
    inside: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (inside / "slow.py").write_text("raise KeyboardInterrupt\n")
    assert main(["fetch", URL, "-s", "slow:loop"]) == 130
    assert capsys.readouterr().err.endswith("concurrent-fetch: interrupted\n")


def test_help_says_how_to_name_one_within_80_columns(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    for command in ([], ["compare"], ["fetch"]):
        assert main([*command, "--help"]) == 0
        lines = [line for line in capsys.readouterr().out.splitlines() if "mine:loop" in line]
        assert lines
        assert max(map(len, lines)) <= 80
