"""Tables for HTML: in notebooks, whose sanitizers keep inline styles only, and in pages."""

from html import escape

from concurrent_fetch.render._picture import Picture
from concurrent_fetch.render._svg import INK
from concurrent_fetch.render._table import Column, Narrow, Table
from concurrent_fetch.words import visible

_CELL = "padding:2px 9px 2px 0;border:0;background:none;vertical-align:top"
_RULE = f"border-bottom:1px solid {INK}"
# Words are as wide as they are, and folded from there on: however wide the window is, so that a
# table which scrolls does not fold its cells too.
_WORDS = "width:max-content;max-width:20em;white-space:normal"
_SMALL = "font-size:smaller;margin:2px 0;max-width:70em"


def to_html(table: Table, *pictures: Picture, text: str = "") -> str:
    """Return a fragment of HTML: the table, the pictures, the lines of a text, and the notes.

    It has no colours of its own but for one mid-grey, so it is legible on light and dark pages.
    """
    parts = [
        "" if table.caption is None else f'<p style="margin:0 0 6px">{_text(table.caption)}</p>',
        _table(table),
        *(f'<div style="margin:6px 0">{picture.to_html()}</div>' for picture in pictures),
        *(
            f'<p style="margin:4px 0;max-width:60em">{_text(line)}</p>'
            for line in text.splitlines()
        ),
        *(f'<p style="{_SMALL}">{_text(note)}</p>' for note in table.notes),
    ]
    return f"<div>{''.join(parts)}</div>"


def _table(table: Table) -> str:
    head = _row(table.columns, [c.header for c in table.columns], tag="th")
    rows = "".join(_row(table.columns, row, tag="td") for row in table.rows)
    style = "border-collapse:collapse;color:inherit;font-size:90%"
    return (
        f'<div style="overflow-x:auto"><table style="{style}">'
        f"<thead>{head}</thead><tbody>{rows}</tbody></table></div>"
    )


def _row(columns: tuple[Column, ...], cells: tuple[str, ...] | list[str], *, tag: str) -> str:
    rule = f";{_RULE}" if tag == "th" else ""
    shown = "".join(
        f'<{tag} style="text-align:{column.align};{_CELL};white-space:nowrap{rule}">'
        f"{_cell(column, cell)}</{tag}>"
        for column, cell in zip(columns, cells, strict=True)
    )
    return f'<tr style="background:none">{shown}</tr>'


def _cell(column: Column, cell: str) -> str:
    if column.narrow is Narrow.FOLDED and cell:
        return f'<div style="{_WORDS}">{_text(cell)}</div>'
    return _text(cell)


def _text(text: str) -> str:
    return escape(visible(text))
