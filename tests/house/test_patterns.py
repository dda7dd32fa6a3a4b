"""Regular expressions say the same on PyPy: of possessive ones, it only knows some.

There `a++` takes no `a` as well, as `a*+` does, and a group that is possessive, `(ab)*+`, does not
fit. Write `aa*+`, and `(ab)*` where what follows rules the rest out.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.once

PACKAGE = Path(__file__).parents[2] / "concurrent_fetch"
# Of a character, class or group: at least one. Of a group: any.
WRONG_ON_PYPY = re.compile(r"[^\[(|]\+\+|\{[1-9][0-9,]*\}\+|[^(]\)(?:[*+?]|\{[0-9,]+\})\+|\(\?>")
A_CLASS = re.compile(r"\[\^?[^]]+\]")


def texts(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str | bytes):
            value = node.value
            yield value if isinstance(value, str) else value.decode("latin-1")


def test_no_pattern_says_something_else_on_pypy() -> None:
    found = [
        (str(path.relative_to(PACKAGE)), text)
        for path in sorted(PACKAGE.rglob("*.py"))
        for text in texts(path)
        if WRONG_ON_PYPY.search(A_CLASS.sub("[]", text))
    ]
    assert not found
