"""Results as CSV: what a reader gets back is what was written."""

import csv
import io
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from results import small_run

from concurrent_fetch.export._csv import to_csv
from concurrent_fetch.model._columns import COLUMNS
from concurrent_fetch.words import visible

Columns = dict[str, list[Any]]

words = st.text() | st.sampled_from(["\r", "a\rb", "\n", '"', ",", "\ud800", "\x00", " a", "é"])
cells = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | words


def rows(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline=""), strict=True))


def as_read(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else visible(str(value))


def without_guard(cell: str) -> str:
    """Undo, as the documentation says, what keeps a text from being a formula."""
    return cell[1:] if re.match("''*[-=+@\uff1d\uff0b\uff0d\uff20]", cell) else cell


def test_a_row_stands_for_a_fetch_and_the_names_of_the_facts_stand_first() -> None:
    columns: Columns = {"index": [0, 1], "ok": [True, False], "kind": [None, "dns"]}
    columns["elapsed"] = [0.5, 2.0]
    assert to_csv(columns) == "index,ok,kind,elapsed\n0,true,,0.5\n1,false,dns,2.0\n"


def test_what_would_end_a_field_is_quoted_and_what_does_not_print_is_escaped() -> None:
    text = to_csv({"message": ['say "no", twice', "two\nlines", "\rno\x1b[2J\u202e"]})
    assert text == 'message\n"say ""no"", twice"\ntwo\\nlines\n\\rno\\x1b[2J\\u202e\n'


@pytest.mark.parametrize(
    "formula",
    ["=1+1", "+1", "-1", "@SUM(A1)", "=cmd|' /C calc'!A0", "\uff1d1", "'=1", "''@", "\t=1", "\r=1"],
)
def test_no_text_is_a_formula_to_a_spreadsheet_and_comes_back(formula: str) -> None:
    [[cell]] = rows(to_csv({"url": [formula]}))[1:]
    assert cell[0] not in "=+-@\uff1d\uff0b\uff0d\uff20\t\r"
    assert without_guard(cell) == visible(formula)


def test_a_number_below_zero_stays_a_number() -> None:
    assert to_csv({"elapsed": [-1.5]}) == "elapsed\n-1.5\n"


def test_a_lone_surrogate_stands_as_six_characters_so_that_the_text_can_be_saved() -> None:
    assert to_csv({"url": ["http://a\udc80/é"]}).encode() == b"url\nhttp://a\\udc80/\xc3\xa9\n"


def test_a_row_of_one_empty_field_is_no_empty_line() -> None:
    assert rows(to_csv({"kind": [None, "dns"]})) == [["kind"], [""], ["dns"]]


def test_without_fetches_the_names_are_there() -> None:
    assert to_csv({"index": [], "url": []}) == "index,url\n"


def test_columns_of_different_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="shorter"):
        to_csv({"index": [1, 2], "url": ["a"]})


def test_outcomes_make_a_table_of_all_their_facts() -> None:
    outcomes = small_run()
    columns = {name: [read(o, ()) for o in outcomes] for name, read in COLUMNS.items()}
    names, *read = rows(to_csv(columns))
    assert names == list(COLUMNS)
    assert [dict(zip(names, row, strict=True))["url"] for row in read] == [
        "http://***@a.example/ü",
        "http://b.example/",
    ]
    assert read == [
        [as_read(value) for value in row] for row in zip(*columns.values(), strict=True)
    ]


@given(st.integers(1, 4).flatmap(lambda n: st.lists(st.lists(cells, min_size=n, max_size=n))))
def test_every_value_comes_back_through_a_strict_reader(table: list[list[Any]]) -> None:
    width = len(table[0]) if table else 1
    columns = {f"c{i}": [row[i] for row in table] for i in range(width)}
    read = [[without_guard(cell) for cell in row] for row in rows(to_csv(columns))[1:]]
    assert read == [[as_read(value) for value in row] for row in table]
