"""Tables for Markdown, as pull requests and issues show it."""

import re

from concurrent_fetch.render._table import Align, Table
from concurrent_fetch.words import visible

# What would start markup, an HTML tag, a mention or a reference to an issue.
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>|~#@&$])")
# What would start a list: a dash or plus, or a number with a point.
_ITEM = re.compile(r"^(\d*)([-+.)])(?=\s)")
_RULES = {Align.LEFT: "---", Align.RIGHT: "--:"}


def to_markdown(what: Table | str) -> str:
    r"""Return a table as Markdown: caption, rows, notes as a list; no final line break.

    Cells are text: nothing in them is markup. Nor is anything in a text, which is one line.

    >>> from concurrent_fetch.render import Field
    >>> fields = [Field("strategy", lambda _: "fetch_sync"), Field.number("typical", lambda s: s)]
    >>> print(to_markdown(Table.of(fields, ["2.05 s"])))
    | strategy | typical |
    | --- | --: |
    | fetch\_sync | 2.05 s |
    """
    if isinstance(what, str):
        return _escaped(what)
    parts = [
        [] if what.caption is None else [_escaped(what.caption)],
        []
        if not what.columns
        else [
            _row([column.header for column in what.columns]),
            f"| {' | '.join(_RULES[column.align] for column in what.columns)} |",
            *(_row(row) for row in what.rows),
        ],
        [f"- {_escaped(note)}" for note in what.notes],
    ]
    return "\n\n".join("\n".join(part) for part in parts if part)


def _escaped(text: str) -> str:
    """Return text as Markdown that shows just that, on one line."""
    return _ITEM.sub(r"\1\\\2", _SPECIAL.sub(r"\\\1", visible(text)))


def _row(cells: tuple[str, ...] | list[str]) -> str:
    return f"| {' | '.join(map(_escaped, cells))} |"
