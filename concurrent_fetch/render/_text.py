"""Tables for terminals: aligned columns, two spaces apart, no colour and no boxes."""

from collections.abc import Iterable

from concurrent_fetch._words import visible
from concurrent_fetch.render._characters import clip, width
from concurrent_fetch.render._table import Align, Column, Table


def to_text(what: Table | str) -> str:
    """Return a table as lines without trailing spaces and without a final line break.

    The caption, the header, every row and every note take one line each, whatever they hold:
    characters that do not print are shown escaped. So is a text, which is one line.

    >>> from concurrent_fetch.render import Field
    >>> fields = [Field("strategy", lambda _: "fetch_sync"), Field.number("typical", lambda s: s)]
    >>> print(to_text(Table.of(fields, ["2.05 s"])))
    strategy    typical
    fetch_sync   2.05 s
    """
    if isinstance(what, str):
        return visible(what)
    caption = [] if what.caption is None else [visible(what.caption)]
    lines = [*caption, *_grid(what), *map(visible, what.notes)]
    return "\n".join(line.rstrip(" ") for line in lines)


def _grid(table: Table) -> list[str]:
    columns = [
        _padded(column, (row[i] for row in table.rows)) for i, column in enumerate(table.columns)
    ]
    return ["  ".join(line) for line in zip(*columns, strict=True)]


def _padded(column: Column, cells: Iterable[str]) -> list[str]:
    shown = [clip(visible(cell), column.max_width) for cell in (column.header, *cells)]
    widest = max(map(width, shown))
    return [_aligned(cell, " " * (widest - width(cell)), column.align) for cell in shown]


def _aligned(cell: str, padding: str, align: Align) -> str:
    return padding + cell if align is Align.RIGHT else cell + padding
