"""Tables in terminals: no line is wider, and nothing leaves that no line names."""

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from concurrent_fetch.render import Field, Table, to_text
from concurrent_fetch.render._characters import fold, shorten, width
from concurrent_fetch.render._table import Align, Column, Narrow

patient = settings(deadline=None)  # a loaded machine is no finding

TEXTS = st.one_of(
    st.text(st.characters(exclude_characters="#"), max_size=30),
    st.text("ab 日本e\u0301🎉", max_size=60),
    st.text("ab ", max_size=120),
)


@st.composite
def tables(draw: st.DrawFn) -> Table:
    """Columns of all sorts, with headers that can be told apart."""
    columns = tuple(
        Column(
            header=f"#{place} {draw(TEXTS)}",
            align=draw(st.sampled_from(Align)),
            max_width=draw(st.none() | st.integers(4, 100)),
            narrow=draw(st.sampled_from(Narrow)),
            leaves=draw(st.none() | st.integers(1, 3)),
        )
        for place in range(draw(st.integers(0, 9)))
    )
    rows = st.tuples(*[TEXTS] * len(columns))
    return Table(
        columns=columns,
        rows=tuple(draw(st.lists(rows, max_size=4))),
        caption=draw(st.none() | TEXTS),
        notes=tuple(draw(st.lists(TEXTS, max_size=2))),
    )


def squeezed(text: str) -> str:
    """The text without blanks, wherever it was folded."""
    return "".join(text.split())


# --- Any table ---


@patient
@given(tables(), st.integers(1, 250))
def test_no_line_is_wider_than_the_terminal(table: Table, room: int) -> None:
    widest = max(map(width, to_text(table, room).split("\n")))
    assert widest <= max(room, 2)  # a wide letter takes two cells


@patient
@given(tables(), st.integers(60, 250))
def test_every_column_is_there_or_named_as_left_out(table: Table, room: int) -> None:
    bare = Table(columns=table.columns, rows=table.rows)
    grid, _, left_out = to_text(bare, room).partition("left out at ")
    for place in range(len(table.columns)):
        assert (f"#{place}" in grid) != (f"#{place}" in left_out)
    enough = re.search(r"window\s+of\s+(\d+)", left_out)
    if enough:
        assert int(enough[1]) > room
        assert to_text(bare, int(enough[1])) == to_text(bare)


@patient
@given(tables(), st.integers(60, 250))
def test_caption_and_notes_are_folded_and_whole(table: Table, room: int) -> None:
    bare = Table(columns=(), rows=(), caption=table.caption, notes=table.notes)
    assert squeezed(to_text(bare, room)) == squeezed(to_text(bare))


@patient
@given(tables())
def test_where_there_is_room_nothing_changes(table: Table) -> None:
    assert to_text(table, 10_000) == to_text(table)


@patient
@given(st.lists(st.text("abc", min_size=31, max_size=60), unique=True, min_size=2), st.data())
def test_names_that_differ_still_do_when_they_are_shortened(
    names: list[str], data: st.DataObject
) -> None:
    fields = [Field[str].name("a", lambda name: name), Field[str]("b", lambda _: "x" * 20)]
    shown = to_text(Table.of(fields, names), data.draw(st.integers(60, 80))).split("\n")
    # Where they cannot, the other column leaves, so that they have more room.
    assert len({line.split()[0] for line in shown[1 : len(names) + 1]}) == len(names)


def test_a_name_that_is_too_long_keeps_its_end() -> None:
    names = [f"threaded @ /opt/environments/of/mine/venv-{n}/bin/python" for n in (1, 2)]
    fields = [Field[str].name("name", lambda name: name, max_width=40)]
    _, *shown = to_text(Table.of(fields, names), 200).split("\n")
    assert [line.endswith(f"venv-{n}/bin/python") for n, line in zip((1, 2), shown, strict=True)]
    assert max(map(width, shown)) == 40


# --- What leaves, in which order ---


FIELDS = (
    Field[str].name("name", lambda name: name),
    Field[str].number("middle", lambda _: "1.0", leaves=2),
    Field[str].number("least missed", lambda _: "22%", leaves=1),
    Field[str]("kept", lambda _: "whole cells"),
    Field[str].words("verdict", lambda _: "faster, fastest"),
)


@pytest.mark.parametrize(
    ("room", "lines"),
    [
        (
            66,
            [
                "name            middle  least missed  kept         verdict",
                "fetch_threaded     1.0           22%  whole cells  faster, fastest",
            ],
        ),
        (
            60,
            [
                "                         least",
                "name            middle  missed  kept         verdict",
                "fetch_threaded     1.0     22%  whole cells  faster, fastest",
            ],
        ),
        (
            59,
            [
                "name            middle  kept         verdict",
                "fetch_threaded     1.0  whole cells  faster, fastest",
                "left out at 59 columns: least missed; a window of 66 shows",
                "  all, and so does | cat",
            ],
        ),
        (
            44,
            [
                "name            kept         verdict",
                "fetch_threaded  whole cells  faster, fastest",
                "left out at 44 columns: least missed,",
                "  middle; a window of 66 shows all, and so",
                "  does | cat",
            ],
        ),
        (
            37,
            [
                "name            kept         verdict",
                "fetch_threaded  whole cells  faster,",
                "                             fastest",
                "left out at 37 columns: least missed,",
                "  middle; a window of 66 shows all,",
                "  and so does | cat",
            ],
        ),
        (
            33,
            [
                "name         kept         verdict",
                "fetch…eaded  whole cells  faster,",
                "                          fastest",
                "left out at 33 columns: least",
                "  missed, middle; a window of",
                "  66 shows all, and so does | cat",
            ],
        ),
        (
            27,
            [
                "name            kept",
                "fetch_threaded  whole cells",
                "left out at 27 columns:",
                "  least missed, middle,",
                "  verdict; a window of",
                "  66 shows all, and so does",
                "  | cat",
            ],
        ),
    ],
)
def test_the_least_loss_comes_first(room: int, lines: list[str]) -> None:
    assert to_text(Table.of(FIELDS, ["fetch_threaded"]), room).split("\n") == lines


def test_what_stands_above_and_below_is_folded_with_its_further_lines_hanging() -> None:
    table = Table(columns=(), rows=(), caption="what was measured", notes=("note: see there",))
    assert to_text(table, 11).split("\n") == ["what was", "  measured", "note: see", "  there"]


def test_a_text_is_folded_too() -> None:
    assert to_text("one two three", 8) == "one two\n  three"


# --- Folded and shortened ---


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", [""]),
        ("short", ["short"]),
        ("12 cells fit", ["12 cells fit"]),
        ("and these do not", ["and these do", "  not"]),
        ("a number: 18.7 ms", ["a number:", "  18.7 ms"]),
        ("at least ≥ 6 or so", ["at least", "  ≥ 6 or so"]),
        ("see http://a.example/long", ["see", "  http://a.e", "  xample/lon", "  g"]),
        ("1 2 3 4 5 6 7 8", ["1 2 3 4 5 6", "  7 8"]),
        ("a     b          c", ["a     b", "  c"]),
        ("日本語日本語日本語", ["日本語日本語", "  日本語"]),
        ("e\u0301" * 13, ["e\u0301" * 12, "  e\u0301"]),
    ],
)
def test_text_is_folded_between_words_in_cells(text: str, lines: list[str]) -> None:
    assert fold(text, 12, "  ") == lines


@pytest.mark.parametrize(
    ("limit", "shown"),
    [(14, "fetch_threaded"), (11, "fetch…eaded"), (3, "f…d"), (2, "f…"), (1, "…")],
)
def test_a_name_is_shortened_in_the_middle(limit: int, shown: str) -> None:
    assert shorten("fetch_threaded", limit) == shown


@patient
@given(TEXTS, st.integers(1, 40))
def test_shortened_text_fits_and_keeps_marks_with_their_letters(text: str, limit: int) -> None:
    shown = shorten(text, limit)
    assert width(shown) <= limit
    assert shown == text or not re.search("…\u0301", shown)
    assert width(text) > limit or shown == text


@patient
@given(TEXTS, st.integers(2, 40))
@example("0\u0e5c\u0e5c", 4)  # of five cells, in three characters
def test_folded_text_fits_and_loses_nothing(text: str, limit: int) -> None:
    lines = fold(text, limit, "  ")
    assert all(width(line) <= limit for line in lines)
    assert squeezed("".join(lines)) == squeezed(text)
