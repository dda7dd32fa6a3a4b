"""Text in terminal cells: measured, and clipped."""

import unicodedata
from itertools import accumulate, takewhile


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


def _cells(character: str) -> int:
    if unicodedata.category(character) in {"Mn", "Me"}:
        return 0
    return 2 if unicodedata.east_asian_width(character) in {"W", "F"} else 1
