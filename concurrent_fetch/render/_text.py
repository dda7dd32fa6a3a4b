"""Tables for terminals: aligned columns, two spaces apart, no colour and no boxes."""

from collections.abc import Iterator, Sequence
from itertools import zip_longest

from concurrent_fetch.render._characters import fold, width
from concurrent_fetch.render._fit import GAP, Strip, fit, total
from concurrent_fetch.render._table import Align, Table
from concurrent_fetch.words import visible

_HANG = "  "
_CURE = "a window of {} shows all, and so does | cat"


def to_text(what: Table | str, room: int | None = None) -> str:
    """Return a table as lines without trailing spaces and without a final line break.

    The caption, the header, every row and every note take one line each, whatever they hold:
    characters that do not print are shown escaped. So is a text, which is one line.

    With a `room`, in terminal cells, no line is wider: what stands above and below is folded, and
    where the columns have no room together, some leave, and a line says which.

    >>> from concurrent_fetch.render import Field
    >>> fields = [Field("strategy", lambda _: "fetch_sync"), Field.number("typical", lambda s: s)]
    >>> print(to_text(Table.of(fields, ["2.05 s"])))
    strategy    typical
    fetch_sync   2.05 s
    """
    if isinstance(what, str):
        return _line(what, room)
    caption = [] if what.caption is None else [_line(what.caption, room)]
    lines = [*caption, *_grid(what, room), *(_line(note, room) for note in what.notes)]
    return "\n".join(line.rstrip(" ") for line in lines)


def _line(text: str, room: int | None) -> str:
    shown = visible(text)
    return shown if room is None else "\n".join(fold(shown, room, _HANG))


def _grid(table: Table, room: int | None) -> Iterator[str]:
    strips = [
        Strip(column, visible(column.header), tuple(visible(row[i]) for row in table.rows))
        for i, column in enumerate(table.columns)
    ]
    natural = total(strip.natural for strip in strips)
    widths, gone = fit(strips, natural if room is None else room)
    shown = [(strips[i], wide) for i, wide in sorted(widths.items())]
    if shown:
        yield from _header(shown)
    for n in range(len(table.rows)):
        yield from _row([strip.shown(strip.cells[n], wide) for strip, wide in shown], shown)
    if gone:
        names = ", ".join(strips[i].header for i in gone)
        yield _line(f"left out at {room} columns: {names}; {_CURE.format(natural)}", room)


def _header(shown: Sequence[tuple[Strip, int]]) -> Iterator[str]:
    """Yield the lines of the header; the last line of each stands upon its column."""
    folded = [strip.shown_header(wide) for strip, wide in shown]
    high = max(map(len, folded))
    return _row([[""] * (high - len(lines)) + lines for lines in folded], shown)


def _row(cells: Sequence[list[str]], shown: Sequence[tuple[Strip, int]]) -> Iterator[str]:
    for texts in zip_longest(*cells, fillvalue=""):
        yield (" " * GAP).join(
            _aligned(text, " " * (wide - width(text)), strip.column.align)
            for text, (strip, wide) in zip(texts, shown, strict=True)
        )


def _aligned(cell: str, padding: str, align: Align) -> str:
    return padding + cell if align is Align.RIGHT else cell + padding
