"""CSV (RFC 4180, with a plain line end): a row per fetch."""

import csv
import re
from collections.abc import Mapping, Sequence
from typing import Any

from concurrent_fetch.export._view import View
from concurrent_fetch.words import visible

_WORDS = {None: "", True: "true", False: "false"}
_FORMULA = re.compile("'*[=+@\uff1d\uff0b\uff0d\uff20-]")


class _Lines(list[str]):
    r"""What is written, with `\n` at the end of each row.

    The module that quotes is told of `\r\n`: before Python 3.13 it quotes only the line ends it
    writes itself, and a bare `\r` in a value would end the row for a reader.
    """

    def write(self, row: str) -> None:
        self.append(row.removesuffix("\r\n") + "\n")


def write(view: View) -> str:
    """Return the timed fetches of a result as `.csv`."""
    return to_csv(view.columns)


def to_csv(columns: Mapping[str, Sequence[Any]]) -> str:
    r"""Return the columns as CSV, their names first: None is empty, a bool is `true` or `false`.

    What does not print stands as Python escapes it. A text that a spreadsheet would take for a
    formula has one `'` more before it, as has one that begins like that.

    Raises:
        ValueError: the columns are not all as long as each other.
    """
    lines = _Lines()
    writer = csv.writer(lines, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows(map(_cell, row) for row in zip(*columns.values(), strict=True))
    return "".join(lines)


def _cell(value: Any) -> Any:
    if isinstance(value, str):
        text = visible(value)
        return f"'{text}" if _FORMULA.match(text) else text
    return _WORDS[value] if value is None or isinstance(value, bool) else value
