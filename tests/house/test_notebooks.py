"""Every notebook of the docs runs in a real kernel of this Python, offline, and keeps no output."""

import re
import sys
from pathlib import Path

import jupytext  # type: ignore[import-untyped]  # it ships no types
import pytest
from jupyter_client.manager import KernelManager
from nbclient import NotebookClient
from nbformat import NotebookNode

pytestmark = pytest.mark.once

DOCS = Path(__file__).parents[2] / "docs"
NOTEBOOKS = sorted(path for path in (DOCS / "notebooks").iterdir() if path.is_file())

by_name = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def read(path: Path) -> NotebookNode:
    notebook: NotebookNode = jupytext.read(path, fmt="md:myst")
    return notebook


def code_of(path: Path) -> list[NotebookNode]:
    return [cell for cell in read(path).cells if cell.cell_type == "code"]


@pytest.mark.long
@by_name
def test_a_notebook_runs_from_top_to_bottom_without_errors_or_noise(path: Path) -> None:
    notebook = read(path)
    where = {"metadata": {"path": str(path.parent)}}
    NotebookClient(notebook, timeout=120, kernel_name="python3", resources=where).execute()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    assert [o for o in outputs if o.output_type == "error" or o.get("name") == "stderr"] == []
    assert outputs, "a lesson shows something"


def test_the_kernel_of_the_notebooks_is_this_python() -> None:
    assert KernelManager(kernel_name="python3").format_kernel_cmd()[0] == sys.executable


@by_name
def test_a_notebook_is_text_without_stored_output(path: Path) -> None:
    assert path.suffix == ".md"
    assert path.read_text(encoding="utf-8").startswith("---\njupytext:\n")
    cells = code_of(path)
    assert cells
    assert not any(cell.outputs or cell.execution_count for cell in cells)
    fences = re.findall(r"^```(\S+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    assert set(fences) == {"{code-cell}"}


@by_name
def test_a_notebook_needs_no_internet(path: Path) -> None:
    code = "\n".join(cell.source for cell in code_of(path))
    assert re.findall(r"https?://(?!127\.0\.0\.1)\S*", code) == []
    assert "LocalServer(" in code


@by_name
def test_the_index_lists_a_notebook(path: Path) -> None:
    assert f"notebooks/{path.stem}" in (DOCS / "index.md").read_text(encoding="utf-8").split()


def test_the_first_lesson_needs_four_lines() -> None:
    first = code_of(DOCS / "notebooks" / "first_lesson.md")[0]
    assert len(first.source.splitlines()) == 4
