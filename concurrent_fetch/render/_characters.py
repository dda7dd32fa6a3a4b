"""Text from outside in a line of ours: made visible, measured in terminal cells, clipped."""

import unicodedata
from itertools import accumulate, takewhile


def visible(text: str) -> str:
    """Return `text` with every character that does not print written as Python escapes it.

    Line breaks, terminal codes, changes of writing direction and lone surrogates all lose their
    power. Backslashes stay as they are: the result is for reading, not for undoing.
    """
    return "".join(c if c.isprintable() else _escaped(c) for c in text)


def width(text: str) -> int:
    """Return how many terminal cells `text` takes: wide letters two, combining marks none."""
    return sum(map(_cells, text))


def clip(text: str, limit: int | None) -> str:
    """Return `text`, its end replaced by `…` if it is wider than `limit`."""
    if limit is None or width(text) <= limit:
        return text
    ends = zip(text, accumulate(map(_cells, text)), strict=True)
    kept = takewhile(lambda end: end[1] < limit, ends)
    return "".join(c for c, _ in kept) + "…"


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


def _cells(character: str) -> int:
    if unicodedata.category(character) in {"Mn", "Me"}:
        return 0
    return 2 if unicodedata.east_asian_width(character) in {"W", "F"} else 1
