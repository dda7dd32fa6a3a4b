"""The page on security: its lists are those of the code."""

import re
from pathlib import Path

import pytest

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
    [paragraph] = [part for part in PAGE.split("\n\n") if part.startswith("On a redirect")]
    listed = {name.lower() for name in re.findall("`([A-Z][A-Za-z-]+)`", paragraph)} - {"if-"}
    assert listed == _FOR_ANYBODY - {"connection"}
    assert all(map(may_go_anywhere, listed))
    assert may_go_anywhere("If-Modified-Since")
