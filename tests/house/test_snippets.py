"""Every Python snippet of the README and of the docs runs, page by page, from top to bottom.

The snippets of a page share one namespace, in which `server` (a running LocalServer) and `urls`
(twenty of its URLs) are there already. Marks stand in an HTML comment right above a fence:

    <!-- not run: why -->   this Python snippet is only read; such marks are counted
    <!-- exact -->          this text is just what the Python snippet above it prints
    <!-- raises -->         this text is the last line of the error that the snippet above raises
"""

import ast
import asyncio
import contextlib
import inspect
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest

from concurrent_fetch.server import LocalServer

pytestmark = pytest.mark.once

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
LONG = ("choosing", "clients", "clusters", "reading", "strategies", "sweep", "tutorial")
"""Pages that compare for seconds; `nox -t long` runs those."""
MOST_NOT_RUN = 2
COMMANDS = (
    "python -m pip install . && python -m concurrent_fetch",
    'python -m pip install "nox[uv]" && nox',
)

_FENCE = re.compile(
    r"^(?:<!-- (?P<mark>[^\n]*?) -->\n)?```(?P<language>[\w{}-]*)\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)


@attrs.frozen
class Block:
    """One fenced block of a page."""

    language: str
    mark: str
    text: str
    line: int


def blocks(page: Path) -> list[Block]:
    text = page.read_text(encoding="utf-8")
    return [
        Block(
            language=match["language"],
            mark=match["mark"] or "",
            text=match["text"],
            line=text.count("\n", 0, match.start("text")),
        )
        for match in _FENCE.finditer(text)
    ]


def execute(block: Block, page: Path, namespace: dict[str, Any]) -> str:
    """Run a snippet, on an event loop where it awaits; return what it printed."""
    source = "\n" * block.line + block.text  # so that a traceback names the line of the page
    code = compile(source, str(page), "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        waiting = eval(code, namespace)
        if inspect.iscoroutine(waiting):
            asyncio.run(waiting)
    return output.getvalue()


def follow(page: Path, namespace: dict[str, Any]) -> Iterator[tuple[Block, str]]:
    """Run the snippets of a page in order and yield each with its output.

    Raises what a snippet raises, unless the text below it is marked as just that error.
    """
    found = blocks(page)
    for block, after in zip(found, [*found[1:], None], strict=False):
        if block.language != "python" or block.mark.startswith("not run"):
            continue
        if after is not None and after.mark == "raises":
            with pytest.raises(Exception) as caught:  # noqa: PT011 - the page says which
                execute(block, page, namespace)
            yield block, f"{caught.type.__name__}: {caught.value}\n"
        else:
            yield block, execute(block, page, namespace)


@pytest.fixture(scope="module")
def server() -> Iterator[LocalServer]:
    with LocalServer(latency=0.02) as running:
        yield running


@pytest.mark.parametrize(
    "page",
    [
        pytest.param(page, id=page.name, marks=[pytest.mark.long] * (page.stem in LONG))
        for page in PAGES
    ],
)
def test_the_snippets_of_a_page_run_in_order(
    page: Path, server: LocalServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # some write files
    found = blocks(page)
    namespace = {"__name__": "snippet", "server": server, "urls": server.urls(20)}
    for block, printed in follow(page, namespace):
        place = found.index(block) + 1
        after = found[place] if place < len(found) else None
        if after is not None and after.mark in ("exact", "raises"):
            assert printed == after.text, f"{page.name}:{after.line + 1}"


def test_few_snippets_are_only_read() -> None:
    marks = [
        f"{page.name}:{block.line}: {block.mark}"
        for page in PAGES
        for block in blocks(page)
        if block.mark.startswith("not run")
    ]
    assert len(marks) <= MOST_NOT_RUN, marks
    assert all(re.search(r"not run: \w+", mark) for mark in marks), "a mark gives its reason"


def test_every_mark_is_one_that_is_known() -> None:
    for page in PAGES:
        for block in blocks(page):
            known = block.mark in ("", "exact", "raises") or block.mark.startswith("not run: ")
            assert known, f"{page.name}:{block.line}: <!-- {block.mark} -->"


def test_no_python_snippet_hides_behind_another_spelling_of_the_fence() -> None:
    for page in PAGES:
        fences = re.findall(r"^ *(?:```|~~~)[ {]*(\S*?)}?$", page.read_text("utf-8"), re.MULTILINE)
        assert not {"py", "python3", "pycon", "ipython", "code-cell"} & set(fences), page.name


def test_the_readme_gives_both_commands_word_for_word() -> None:
    lines = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    assert all(command in lines for command in COMMANDS)


def test_the_ci_script_runs_the_command_of_the_readme() -> None:
    lines = (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    assert COMMANDS[1] in [line.strip() for line in lines]
