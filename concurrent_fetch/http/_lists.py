"""Lists of URLs: a text with one URL per line becomes just these URLs, or is refused.

What stands around a URL is taken off: white space, a byte order mark, a note, quotes or brackets. A
line that could mean another URL than its writer did is refused, by its number and the character in
question. Whether a URL is usable is not asked here: that is an outcome, and costs this URL only.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from concurrent_fetch.errors import FormatError
from concurrent_fetch.http._characters import is_invisible, named, percent_encoded
from concurrent_fetch.http._text import encoding_of

_SHOWN = 5
_MARK = "\ufeff"

_BREAK = re.compile(r"\r\n?|\n")
# The ordinary case: nothing but a URL, in characters that stand in a URL as they are.
_PLAIN = re.compile(r"https?://(?:[A-Za-z0-9._~\-!$&()*+,;=:@/?#%](?!://))*[A-Za-z0-9_~\-=/]")
_NOTE = re.compile(r"\s#")
_MOST_PAIRS = 8
_PAIRS = {
    '"': '"',
    "'": "'",
    "`": "`",
    "<": ">",
    "(": ")",
    "[": "]",
    "{": "}",
    "\u201c": "\u201d",
    "\u201e": "\u201c",
    "\u2018": "\u2019",
    "\u201a": "\u2018",
    "\u00ab": "\u00bb",
    "\u2039": "\u203a",
}
_CLOSING = frozenset(_PAIRS.values()) - set(")]}")
"""What ends a quotation; a round bracket at its end may be a URL's own."""
_NEVER_LAST = _CLOSING | set(",;")
_NEVER_WITHIN = frozenset('"<>')
_BEGINS = re.compile("https?://", re.IGNORECASE)
# One behind another, and what stands before it does not lead on to a URL, as `/` and `=` do.
_SECOND = re.compile(r"(?<=[^\W_]|[\s,;|'\"<>()\[\]{}])https?://", re.IGNORECASE)


def read_urls(path: str | os.PathLike[str] | IO[bytes] | IO[str]) -> list[str]:
    """Return the URLs of a text file, in its order: one per line.

    `path` is that of the file, or the file itself, open for reading. It is UTF-8, or UTF-16 or
    UTF-32 with a byte order mark. Blank lines are skipped, and lines that begin with `#`. White
    space and `#` behind a URL begin a note; without white space `#` is the URL's own. Quotes or
    brackets around a URL are taken off, with a comma behind them.

    Whether a URL can be fetched is not asked here: one that cannot is a `Failure` when it is
    fetched.

    Raises:
        FormatError: the text cannot be decoded; or lines are not one URL each, in which case the
            first five are listed, each with its number and the character that is in the way.
        OSError: the file cannot be read.
    """
    shown, content = _read(path)
    text = content if isinstance(content, str) else _decoded(shown, content)
    urls: list[str] = []
    refused: list[str] = []
    for number, line in enumerate(_lines(text), 1):
        if _PLAIN.fullmatch(line):
            urls.append(line)
            continue
        url = _bare(line)
        why = _objection(url)
        if why:
            refused.append(f"line {number}: {why}")
        elif url:
            urls.append(url)
    if refused:
        raise FormatError(f"{shown} is no list of one URL per line: {_listed(refused)}")
    return urls


def _read(path: Any) -> tuple[str, bytes | str]:
    """Return what the list is called in messages, and what is in it."""
    if hasattr(path, "read"):
        said = getattr(path, "name", None)
        shown = repr(said) if isinstance(said, str) else "the list"
        return "stdin" if said == "<stdin>" else shown, path.read()
    if not isinstance(path, (str, os.PathLike)):
        raise TypeError(f"path must be a str, a path or an open file, got {type(path).__name__}")
    return repr(os.fspath(path)), Path(path).read_bytes()


def _decoded(shown: str, content: bytes) -> str:
    encoding = encoding_of(None, content)
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        before = content[: error.start].decode(encoding, "replace")
        what = encoding.removesuffix("-sig").upper()
        raise FormatError(
            f"{shown} is not {what} (line {_line_of(before)}): convert it to UTF-8"
        ) from error


def _line_of(before: str) -> int:
    return sum(1 for _ in _lines(before))


def _lines(text: str) -> Iterator[str]:
    """Yield the lines: a list may be long, so they are not all made at once."""
    start = 0
    for end in _BREAK.finditer(text):
        yield text[start : end.start()]
        start = end.end()
    yield text[start:]


def _bare(line: str) -> str:
    """Take off what may stand around a URL; of a line without one nothing is left."""
    line = _without_margins(line)
    if line.startswith("#"):
        return ""
    note = _NOTE.search(line)
    if note is not None:
        line = _without_margins(line[: note.start()])
    for _ in range(_MOST_PAIRS):
        closed = line.rstrip(",; \t")
        if len(closed) < 2 or _PAIRS.get(closed[0]) != closed[-1]:
            break
        line = _without_margins(closed[1:-1])
    return line


def _without_margins(line: str) -> str:
    # Marks as well: they come to the start of a line where files are put one behind another.
    return line.strip().strip(_MARK).strip()


def _objection(url: str) -> str:
    """Return why a line is not just one URL, or nothing; no part of it is shown but a character."""
    second = _SECOND.search(url, 1)
    if second is not None:
        between = named(url[second.start() - 1])
        if _BEGINS.match(url):
            return f"two URLs, {between} before the second; write each on a line of its own"
        return f"more than a URL, {between} before it; leave only the URL, and # before a note"
    odd = next((c for c in url if c == " " or is_invisible(c)), None)
    if odd == " ":
        return f"{named(odd)} within the URL; write %20, or # before a note"
    if odd is not None:
        return f"{named(odd)} within the URL; leave it out, or write {percent_encoded(odd)}"
    return _objection_to_ends(url)


def _objection_to_ends(url: str) -> str:
    if url[:1] in _PAIRS:
        return f"{named(url[0])} before the URL, and nothing that goes with it; take it off"
    if url and url[-1] in _NEVER_LAST:
        return f"{named(url[-1])} behind the URL; take it off, or write {percent_encoded(url[-1])}"
    within = next((c for c in url if c in _NEVER_WITHIN), None)
    return (
        "" if within is None else f"{named(within)} within the URL; write {percent_encoded(within)}"
    )


def _listed(refused: list[str]) -> str:
    more = len(refused) - _SHOWN
    return "; ".join([*refused[:_SHOWN], *([f"and {more:,} more lines"] if more > 0 else [])])
