"""Text in terminal cells: measured, clipped, shortened and folded."""

import re
import unicodedata
from itertools import accumulate, takewhile

# A number stays with its unit, and a sign with what it is a sign of.
_BREAK = re.compile(r"(?<![\d≥|]) ")


def width(text: str) -> int:
    """Return how many terminal cells `text` takes: wide letters two, combining marks none."""
    return len(text) if text.isascii() else sum(map(_cells, text))


def clip(text: str, limit: int | None) -> str:
    """Return `text`, its end replaced by `…` if it is wider than `limit`."""
    if limit is None or width(text) <= limit:
        return text
    return text[: _fitting(text, limit - 1)] + "…"


def shorten(text: str, limit: int) -> str:
    """Return `text`, its middle replaced by `…` if it is wider than `limit`.

    >>> shorten("fetch_threaded", 11)
    'fetch…eaded'
    """
    if width(text) <= limit:
        return text
    end = (limit - 1) // 2
    behind = len(text) - _fitting(text[::-1], end)
    # What a combining mark belongs to may have had no room.
    while behind < len(text) and not _cells(text[behind]):
        behind += 1
    return f"{text[: _fitting(text, limit - 1 - end)]}…{text[behind:]}"


def fold(text: str, limit: int, hang: str = "") -> list[str]:
    """Return `text` in lines no wider than `limit`; those after the first begin with `hang`.

    It is broken between words, and within one only where that alone is wider than a line.
    """
    if width(text) <= limit:
        return [text]
    hang = hang if len(hang) + 2 <= limit else ""  # a wide letter takes two cells
    lines = list[str]()
    for word in words_of(text, limit - len(hang)):
        if lines and width(lines[-1]) + 1 + width(word) <= limit:
            lines[-1] += f" {word}"
        elif word or not lines:  # a blank at the end of a line would not be seen
            lines += _pieces(word, limit, hang, hang if lines else "")
    return [line.rstrip(" ") for line in lines]


def words_of(text: str, limit: int = 0) -> list[str]:
    """Return what stands between blanks: units with their numbers, if `limit` has room for both.

    >>> words_of("first runs: 18.7 ms")
    ['first', 'runs:', '18.7 ms']
    """
    words = _BREAK.split(text)
    return [part for word in words for part in _parts(word, limit)]


def _parts(word: str, limit: int) -> list[str]:
    return word.split(" ") if width(word) > limit > 0 else [word]


def _pieces(word: str, limit: int, hang: str, before: str) -> list[str]:
    """Return a word in as few lines as have room for it, one character in each at least.

    `before` stands before its first piece, `hang` before the others.
    """
    pieces = list[str]()
    while width(before) + width(word) > limit and len(word) > 1:
        cut = max(_fitting(word, limit - width(before)), 1)
        pieces.append(before + word[:cut])
        before, word = hang, word[cut:]
    return [*pieces, before + word]


def _fitting(text: str, limit: int) -> int:
    """Return how many characters of the text have room, marks on the last of them included."""
    return sum(1 for _ in takewhile(lambda end: end <= limit, accumulate(map(_cells, text))))


def _cells(character: str) -> int:
    if unicodedata.category(character) in {"Mn", "Me"}:
        return 0
    return 2 if unicodedata.east_asian_width(character) in {"W", "F"} else 1
