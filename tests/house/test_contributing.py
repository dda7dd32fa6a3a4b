"""CONTRIBUTING.md says what can be done: its commands and its paths are there."""

import ast
import re
import shlex
import subprocess
import sys
import tomllib
from importlib.util import find_spec
from pathlib import Path

import pytest

pytestmark = pytest.mark.once

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
COMMANDS = [
    line
    for block in re.findall(r"```console\n(.*?)```", PAGE, re.DOTALL)
    for line in block.splitlines()
]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def sessions() -> dict[str, set[str]]:
    """Return the sessions of nox by name, each with its tags."""
    found = {}
    for node in ast.parse((ROOT / "noxfile.py").read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef) and node.decorator_list:
            made = ast.unparse(node.decorator_list[0])
            if made.startswith("nox.session"):
                found[node.name] = set(re.findall(r"tags=\['(\w+)'\]", made))
    return found


def test_there_are_commands() -> None:
    assert len(COMMANDS) > 12


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_can_be_given(command: str) -> None:
    match shlex.split(command):
        case ["python", "-m", "pytest", path]:
            collect = [sys.executable, "-m", "pytest", "--collect-only", "-q", path]
            done = subprocess.run(collect, cwd=ROOT, check=False, capture_output=True)
            assert done.returncode == 0
        case ["python", "-m", "pytest", "-n", "4", "--dist", "loadgroup"]:
            assert "pytest-xdist" in str(PROJECT["dependency-groups"])
        case ["nox"]:
            pass
        case ["nox", "-s", session, *_]:
            assert session.partition("-")[0] in sessions()
        case ["nox", "-t", tag]:
            assert any(tag in tags for tags in sessions().values())
        case ["python", "-m", module, *_] if module.startswith("bench."):
            assert find_spec(module) is not None
        case ["python", "-m", "pip", "install", "-e", ".", *groups]:
            assert groups[::2] == ["--group"] * len(groups[::2])
            assert set(groups[1::2]) <= set(PROJECT["dependency-groups"])
        case ["python", script]:
            assert (ROOT / script).is_file()
        case _:
            assert command in {
                "python -m venv .venv",
                ". .venv/bin/activate",
                "python -m pip install --upgrade pip",
            }


def test_what_it_names_is_there() -> None:
    paths = re.findall(r"`((?:tests|bench|concurrent_fetch)/[\w./]+)`", PAGE)
    paths += re.findall(r"\]\(([\w./]+)\)", PAGE)
    assert len(paths) > 12
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_every_mark_is_explained() -> None:
    marks = [mark.partition(":")[0] for mark in PROJECT["tool"]["pytest"]["ini_options"]["markers"]]
    assert [mark for mark in marks if f"| `{mark}` |" not in PAGE] == []
