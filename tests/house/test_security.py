"""The page on security: its lists are those of the code."""

import re
from pathlib import Path

import pytest

from concurrent_fetch.fetch._asked import _OF_A_BODY
from concurrent_fetch.http import may_go_anywhere
from concurrent_fetch.http._names import _FOR_ANYBODY, SECRET_ENDINGS, SECRET_NAMES

pytestmark = pytest.mark.once

PAGE = (Path(__file__).parents[2] / "docs" / "security.md").read_text(encoding="utf-8")


def _listed(row: str) -> set[str]:
    line = next(line for line in PAGE.splitlines() if line.lstrip().startswith(f"| {row} |"))
    return {name.replace("-", "") for name in re.findall("`([^`]+)`", line)}


def test_the_names_of_secrets_are_those_that_are_hidden() -> None:
    assert _listed("that are") == SECRET_NAMES
    assert _listed("that end in") == set(SECRET_ENDINGS)


def test_the_fields_that_cross_origins_are_those_that_do() -> None:
    listed = _fields_in("On a redirect")
    assert listed == _FOR_ANYBODY - {"connection"}
    assert all(map(may_go_anywhere, listed))


def test_the_fields_that_go_with_a_body_are_those_that_do() -> None:
    assert _fields_in("Fields that describe a body") == _OF_A_BODY


def _fields_in(beginning: str) -> set[str]:
    [paragraph] = [part for part in PAGE.split("\n\n") if part.startswith(beginning)]
    return {name.lower() for name in re.findall("`([A-Z][A-Za-z0-9-]+)`", paragraph)}
