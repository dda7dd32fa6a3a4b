"""What the package imports is what it declares to need."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.once

ROOT = Path(__file__).parents[2]
# Imported late, by parametrize_with_checks, _arrow, _codings, _completion, _httptools, _httpx2 and
# _loops, which say what to install where they are missing; `compression` is of the standard
# library since 3.14.
OPTIONAL = {"pytest", "nanoarrow", "shtab", "httptools", "uvloop", "httpx2", "httpcore2"}
OPTIONAL |= {"brotli", "brotlicffi", "backports", "compression"}


def imported() -> Iterator[str]:
    for path in (ROOT / "concurrent_fetch").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                yield from (alias.name.partition(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                yield node.module.partition(".")[0]


def test_every_foreign_import_is_declared_and_nothing_else_is() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = {re.split(r"[^\w-]", line, maxsplit=1)[0] for line in project["dependencies"]}
    foreign = set(imported()) - sys.stdlib_module_names - {"concurrent_fetch"}
    assert foreign - OPTIONAL == declared
