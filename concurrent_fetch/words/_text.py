"""Words for people: text from outside made harmless and short, and near misses of names."""

from collections.abc import Iterable

_LONGEST = 300


def visible(text: str) -> str:
    """Return `text` with every character that does not print written as Python escapes it.

    Line breaks, terminal codes, changes of writing direction and lone surrogates all lose their
    power. Backslashes stay as they are: the result is for reading, not for undoing.
    """
    if text.isprintable():
        return text
    return "".join([c if c.isprintable() else _escaped(c) for c in text])


def told(text: str) -> str:
    """Return what somebody else says as a part of a line: visible, at most 300 characters."""
    shown = visible(text[: _LONGEST + 1])
    return shown if len(shown) <= _LONGEST else f"{shown[: _LONGEST - 1]}…"


def called(function: object) -> str:
    """Return the name of a function of the user's, or its type; nothing of what it holds."""
    return str(getattr(function, "__name__", None) or (function and f"<{type(function).__name__}>"))


def did_you_mean(name: str, names: Iterable[str]) -> str:
    """Return ` (did you mean 'x'?)` for the nearest of the names; empty if none is near.

    >>> did_you_mean("reqests", ["aiohttp", "requests"])
    " (did you mean 'requests'?)"
    """
    close = nearest(name, names)
    return f" (did you mean {close!r}?)" if close else ""


def nearest(name: str, names: Iterable[str]) -> str | None:
    """Return the nearest of the names; None if none is near."""
    from difflib import get_close_matches  # noqa: PLC0415 - only messages need it

    return next(iter(get_close_matches(name, list(names), n=1)), None)


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")
