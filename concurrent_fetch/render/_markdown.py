"""Tables for Markdown, as pull requests and issues show it."""

import re

from concurrent_fetch.render._characters import visible
from concurrent_fetch.render._table import Align, Table

# What would start markup, an HTML tag, a mention or a reference to an issue.
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>|~#@&$])")
# What would start a list: a dash or plus, or a number with a point.
_ITEM = re.compile(r"^(\d*)([-+.)])(?=\s)")
_RULES = {Align.LEFT: "---", Align.RIGHT: "--:"}


def to_markdown(table: Table) -> str:
    r"""Return the table as Markdown: caption, rows, notes as a list; no final line break.

    Cells are text: nothing in them is markup.

    >>> from concurrent_fetch.render import Column
    >>> columns = (Column(header="strategy"), Column(header="typical", align=Align.RIGHT))
    >>> print(to_markdown(Table(columns=columns, rows=(("fetch_sync", "2.05 s"),))))
    | strategy | typical |
    | --- | --: |
    | fetch\_sync | 2.05 s |
    """
    parts = [
        [] if table.caption is None else [escaped(table.caption)],
        []
        if not table.columns
        else [
            _row([column.header for column in table.columns]),
            f"| {' | '.join(_RULES[column.align] for column in table.columns)} |",
            *(_row(row) for row in table.rows),
        ],
        [f"- {escaped(note)}" for note in table.notes],
    ]
    return "\n\n".join("\n".join(part) for part in parts if part)


def escaped(text: str) -> str:
    """Return text as Markdown that shows just that, on one line."""
    return _ITEM.sub(r"\1\\\2", _SPECIAL.sub(r"\\\1", visible(text)))


def _row(cells: tuple[str, ...] | list[str]) -> str:
    return f"| {' | '.join(map(escaped, cells))} |"
