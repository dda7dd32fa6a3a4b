"""Tables as text, and numbers as people read them."""

import math
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import concurrent_fetch.render as face
from concurrent_fetch.render import (
    Field,
    Table,
    interval,
    many,
    percent,
    rate,
    ratio,
    seconds,
    size,
    to_html,
    to_markdown,
    to_text,
)
from concurrent_fetch.render._characters import clip, width
from concurrent_fetch.render._table import Align, Column
from concurrent_fetch.words import visible

patient = settings(deadline=None)  # a loaded machine is no finding

BARE = (Column(header="a"), Column(header="b"))


def lines(*rows: tuple[str, ...], columns: tuple[Column, ...] = BARE) -> list[str]:
    return to_text(Table(columns=columns, rows=rows)).split("\n")


# --- Tables ---


def test_a_comparison_looks_like_this() -> None:
    table = Table(
        caption="40 URLs x 15 rounds, order drawn each round (seed 8412)",
        columns=(
            Column(header="strategy"),
            Column(header="typical", align=Align.RIGHT),
            Column(header="vs sequential"),
            Column(header="CPU", align=Align.RIGHT),
            Column(header="verdict"),
        ),
        rows=(
            ("sequential", "2.05 s", "1 (reference)", "10%", ""),
            ("threads(10)", "253 ms", "8.1× [7.6, 8.6]", "62%", "faster"),
        ),
        notes=("first runs 0.9 s, 1.1 s excluded",),
    )
    assert to_text(table).split("\n") == [
        "40 URLs x 15 rounds, order drawn each round (seed 8412)",
        "strategy     typical  vs sequential    CPU  verdict",
        "sequential    2.05 s  1 (reference)    10%",
        "threads(10)   253 ms  8.1× [7.6, 8.6]  62%  faster",
        "first runs 0.9 s, 1.1 s excluded",
    ]


def test_a_table_without_rows_is_its_header() -> None:
    assert lines() == ["a  b"]


def test_a_table_without_columns_is_its_caption_and_notes() -> None:
    assert to_text(Table(columns=(), rows=(), caption="up", notes=("down",))) == "up\ndown"


def test_wide_letters_take_two_cells_and_combining_marks_none() -> None:
    assert lines(("日本", "1"), ("e\u0301", "2"), ("abcd", "3")) == [
        "a     b",
        "日本  1",
        "e\u0301     2",
        "abcd  3",
    ]


def test_what_is_too_long_is_clipped_with_an_ellipsis() -> None:
    columns = (Column(header="url", max_width=10), Column(header="b"))
    assert lines(("https://example.org/", "1"), ("https://ab", "2"), columns=columns) == [
        "url         b",
        "https://e…  1",
        "https://ab  2",
    ]


@pytest.mark.parametrize(
    ("limit", "clipped"), [(1, "…"), (2, "…"), (3, "日…"), (4, "日…"), (5, "日本…"), (6, "日本語")]
)
def test_a_wide_letter_is_never_cut_in_half(limit: int, clipped: str) -> None:
    assert clip("日本語", limit) == clipped


def test_a_combining_mark_stays_with_its_letter_when_clipped() -> None:
    assert clip("e\u0301e\u0301e\u0301", 2) == "e\u0301…"


@pytest.mark.parametrize(
    ("character", "shown"),
    [
        ("\n", r"\n"),
        ("\r", r"\r"),
        ("\t", r"\t"),
        ("\x00", r"\x00"),
        ("\x1b", r"\x1b"),
        ("\x85", r"\x85"),
        ("\u2028", r"\u2028"),
        ("\u202e", r"\u202e"),
        ("\u200b", r"\u200b"),
        ("\udc80", r"\udc80"),
    ],
)
def test_a_character_that_does_not_print_is_shown_escaped(character: str, shown: str) -> None:
    assert visible(f"a{character}b") == f"a{shown}b"
    assert lines((character, "1"))[1] == f"{shown}  1"


def test_caption_header_and_notes_are_made_harmless_too() -> None:
    table = Table(columns=(Column(header="h\n"),), rows=(), caption="c\n", notes=("n\x1b[2J",))
    assert to_text(table) == "c\\n\nh\\n\nn\\x1b[2J"


@patient
@given(st.lists(st.tuples(st.text(), st.sampled_from(Align)), min_size=1))
def test_no_text_breaks_the_lines_or_moves_the_next_column(cells: list[tuple[str, Align]]) -> None:
    columns = tuple(Column(header="h", align=align, max_width=12) for _, align in cells)
    rows = (tuple(text for text, _ in cells), ("x",) * len(cells))
    bar = Column(header="|")
    shown = lines(*((*row, "|") for row in rows), columns=(*columns, bar))
    assert len(shown) == 3
    assert len({width(line) for line in shown}) == 1
    assert all(line.endswith("  |") and line.isprintable() for line in shown)


@patient
@given(st.lists(st.tuples(st.text(), st.text())))
def test_no_line_ends_in_a_space(rows: list[tuple[str, str]]) -> None:
    assert not any(line.endswith(" ") for line in lines(*rows))


@patient
@given(st.text(), st.integers(1, 20))
def test_clipped_text_fits_and_shorter_text_is_left_alone(text: str, limit: int) -> None:
    assert width(clip(text, limit)) <= limit
    assert width(text) > limit or clip(text, limit) == text


def test_a_row_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match=r"rows\[1\] has 1 cells for 2 columns"):
        Table(columns=BARE, rows=(("1", "2"), ("3",)))


def test_a_column_has_room_for_at_least_the_ellipsis() -> None:
    with pytest.raises(ValueError, match="max_width"):
        Column(header="url", max_width=0)


def test_the_face_is_sorted_and_whole() -> None:
    public = {name for name, thing in vars(face).items() if not is_private(name, thing)}
    assert face.__all__ == sorted(public)


def is_private(name: str, thing: Any) -> bool:
    return name.startswith("_") or type(thing).__name__ == "module"


# --- Numbers ---


@pytest.mark.parametrize(
    ("x", "shown"),
    [
        (2.05, "2.05 s"),
        (12.34, "12.3 s"),
        (1234.5, "1,234 s"),
        (1.0, "1.00 s"),
        (0.9996, "1.00 s"),
        (0.253, "253 ms"),
        (0.0162, "16.2 ms"),
        (0.009996, "10.0 ms"),
        (0.0009996, "1.00 ms"),
        (84e-6, "84 µs"),
        (1.4e-6, "1 µs"),
        (450e-9, "450 ns"),
        (1e-12, "0 ns"),
        (-0.253, "-253 ms"),
        (0, "0 s"),
        (math.inf, "∞ s"),
        (math.nan, "–"),
        (None, "–"),
    ],
)
def test_seconds(x: float | None, shown: str) -> None:
    assert seconds(x) == shown


@pytest.mark.parametrize(
    ("x", "shown"),
    [
        (8.1, "8.1×"),
        (0.93, "0.93×"),
        (0.043, "0.043×"),
        (0.996, "1.00×"),
        (1.0, "1.00×"),
        (1.068, "1.07×"),
        (1.996, "2.0×"),
        (9.96, "10.0×"),
        (12.34, "12.3×"),
        (99.96, "100×"),
        (1234.5, "1,234×"),
        (0.0, "0×"),
        (math.inf, "∞×"),
        (math.nan, "–"),
        (None, "–"),
    ],
)
def test_ratio(x: float | None, shown: str) -> None:
    assert ratio(x) == shown


@pytest.mark.parametrize(
    ("x", "low", "high", "shown"),
    [
        (1.004, 0.999, 1.05, "1.00×"),
        (1.004, 1.002, 1.05, "1.004×"),
        (0.9998, 0.98, 0.9999, "0.9998×"),
        (1.0, 1.0, 1.0, "1.00×"),
        (8.1, 7.6, 8.6, "8.1×"),
        (math.nan, 2.0, 3.0, "–"),
    ],
)
def test_a_ratio_that_is_surely_not_1_does_not_look_like_it(
    x: float, low: float, high: float, shown: str
) -> None:
    assert ratio(x, low, high) == shown


@pytest.mark.parametrize(
    ("low", "high", "shown"),
    [
        (7.6, 8.6, "[7.6, 8.6]"),
        (0.99, 1.16, "[0.99, 1.16]"),
        (9.84, 10.42, "[9.8, 10.4]"),
        (0.0, math.inf, "[0, ∞]"),
        (1.0, 1.0, "[1.00, 1.00]"),
        (1.002, 1.05, "[1.002, 1.05]"),
        (0.95, 0.9997, "[0.95, 0.9997]"),
        (0.95, 0.9999999, "[0.95, 1.00]"),
    ],
)
def test_an_interval_shows_on_which_side_of_1_it_ends(low: float, high: float, shown: str) -> None:
    assert interval(low, high) == shown


@pytest.mark.parametrize(
    ("x", "shown"),
    [
        (0.62, "62%"),
        (0.0, "0%"),
        (0.004, "<1%"),
        (0.996, ">99%"),
        (1.0, "100%"),
        (12.345, "1,234%"),
        (-0.051, "-5%"),
        (math.inf, "∞%"),
        (math.nan, "–"),
        (None, "–"),
    ],
)
def test_percent(x: float | None, shown: str) -> None:
    assert percent(x) == shown


@pytest.mark.parametrize(
    ("n", "shown"), [(0, "0 URLs"), (1, "1 URL"), (2, "2 URLs"), (20_000, "20,000 URLs")]
)
def test_many(n: int, shown: str) -> None:
    assert many(n, "URL") == shown


def test_a_table_is_a_choice_of_fields() -> None:
    def part(text: str) -> float | None:
        return float(text) if text else None

    name = Field[str]("name", lambda text: text or None)
    time = Field[float].number("time", seconds).of(part, "took")
    assert Table.of([name, time], ["1.5", ""], notes=["both"]) == Table(
        columns=(Column(header="name"), Column(header="took", align=Align.RIGHT)),
        rows=(("1.5", "1.50 s"), ("–", "–")),
        notes=("both",),
    )


def test_a_table_in_html_scrolls_as_a_whole_and_folds_only_long_words() -> None:
    fields = [Field[str].name("name", str), Field[str].words("verdict", str)]
    html = to_html(Table.of(fields, ["faster"]))
    assert "overflow-x:auto" in html
    assert html.count("white-space:nowrap") == 4, "every cell"
    words = re.findall(r"<td[^>]*><div style=\"([^\"]*)\">faster</div></td>", html)
    assert words == ["width:max-content;max-width:20em;white-space:normal"]


def test_a_line_of_text_is_made_harmless_too() -> None:
    assert to_text("a\x1b[2J") == "a\\x1b[2J"
    assert to_markdown("*a* | b") == r"\*a\* \| b"


@pytest.mark.parametrize(
    ("n", "shown"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1.0 KiB"),
        (12_600, "12.3 KiB"),
        (100 * 1024**2, "100 MiB"),
        (1024**2 - 1, "1.0 MiB"),
        (3 * 1024**4, "3.0 TiB"),
        (5000 * 1024**4, "5,000 TiB"),
        (None, "–"),
    ],
)
def test_size(n: int | None, shown: str) -> None:
    assert size(n) == shown


@pytest.mark.parametrize(
    ("x", "shown"),
    [(847.4, "847"), (1478.2, "1,478"), (46.21, "46.2"), (8.1, "8.1"), (0.516, "0.52"), (0, "0")],
)
def test_rate(x: float, shown: str) -> None:
    assert rate(x) == shown


@patient
@given(st.floats())
def test_every_number_has_a_short_form(x: float) -> None:
    for form in (seconds, ratio, percent, rate):
        assert form(x)
        assert "inf" not in form(x)
        assert "nan" not in form(x)


@patient
@given(st.floats(1e-3, 1e3))
def test_a_time_is_shown_to_half_a_percent(x: float) -> None:
    number, unit = seconds(x).replace(",", "").split(" ")
    assert float(number) * {"s": 1, "ms": 1e-3}[unit] == pytest.approx(x, rel=0.0051)
