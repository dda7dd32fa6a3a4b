"""Outputs in the docs: pages of 1280 pixels have room for whole tables (docs/_static/pages.css)."""

import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.once

DOCS = Path(__file__).parents[2] / "docs"
ROOM = 120
"""Columns of an output on a page that is 1280 pixels wide."""
OUTPUT = re.compile(r"^```text\n(.*?)^```", re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("page", sorted(DOCS.rglob("*.md")), ids=lambda page: page.stem)
def test_the_last_column_of_every_table_is_seen(page: Path) -> None:
    lines = [line for text in OUTPUT.findall(page.read_text("utf-8")) for line in text.split("\n")]
    rows = [line for line in lines if re.search(r"\S  +\S", line)]  # sentences are folded
    assert not [row for row in rows if len(row) > ROOM]
