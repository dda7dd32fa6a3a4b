"""One rule by which bytes become text, whichever client fetched them: no guess, and no error.

A byte order mark decides, else the first charset of Content-Type if it names a text codec, else
UTF-8; what does not fit is replaced by U+FFFD.
"""

import codecs
import re
from functools import lru_cache

_MARKS = (  # UTF-32 first: its little-endian mark begins with that of UTF-16
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_ALL_MARKS = tuple(mark for mark, _ in _MARKS)

_PARAMETER = re.compile(
    r';[ \t]*+([^\s;="]++)[ \t]*+=[ \t]*+(?:"((?:[^"\\]|\\.)*+)"?|([^\s;,"]*+))', re.DOTALL
)
_CHARSET = re.compile("[A-Za-z0-9][A-Za-z0-9._:+-]{0,63}")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)

_NO_TEXT = frozenset(
    {"idna", "punycode", "undefined", "unicode-escape", "raw-unicode-escape", "utf-7"}
    | {"charmap", "mbcs", "oem"}
)
"""Codecs for host names and source code, unsafe ones, and such as are no one encoding."""
_WITHOUT_MARK = {"utf-16": "utf-16-le", "utf-32": "utf-32-le"}
"""Python's own would follow the byte order of the machine."""


def encoding_of(content_type: str | None, body: bytes) -> str:
    """Return the codec, under Python's name, by which `body` is text; see the head of this module.

    >>> encoding_of('text/html; charset="ISO-8859-1"', b"")
    'iso8859-1'
    """
    if body.startswith(_ALL_MARKS):
        return next(name for mark, name in _MARKS if body.startswith(mark))
    charset = _charset(content_type) if content_type else None
    return _codec(charset) if charset and _CHARSET.fullmatch(charset) else "utf-8"


def decode_text(body: bytes, encoding: str) -> str:
    """Return `body` as text by a codec of `encoding_of`, without its byte order mark."""
    return body.decode(encoding, "replace")


def _charset(content_type: str) -> str | None:
    """Return the first charset parameter (RFC 9110, section 5.6.6)."""
    for match in _PARAMETER.finditer(content_type):
        name, quoted, bare = match.groups()
        if name.lower() == "charset":
            return bare if quoted is None else _ESCAPED.sub(r"\1", quoted)
    return None


@lru_cache(maxsize=128)
def _codec(charset: str) -> str:
    try:
        codec = codecs.lookup(charset)
    except LookupError:
        return "utf-8"
    if not codec._is_text_encoding or codec.name in _NO_TEXT:  # noqa: SLF001 - str.encode asks it too
        return "utf-8"
    return _WITHOUT_MARK.get(codec.name, codec.name)
