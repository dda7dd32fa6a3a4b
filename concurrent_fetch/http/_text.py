"""One rule by which bytes become text, whichever client fetched them: no guess, and no error.

A byte order mark decides, else the first charset of Content-Type if it is a known label, else
UTF-8; what does not fit is replaced by U+FFFD.
"""

import codecs
import re

from concurrent_fetch.http._charsets import codec_of, decode

_MARKS = (  # UTF-32 first: its little-endian mark begins with that of UTF-16
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_ALL_MARKS = tuple(mark for mark, _ in _MARKS)

_PARAMETER = re.compile(
    r""";[ \t]*+([^\s;="][^\s;="]*+)[ \t]*+=[ \t]*+"""
    r"""(?:"((?:[^"\\]|\\.)*)"?|'?[ \t]*+([^\s;,"]*+))""",
    re.DOTALL,
)
_CHARSET = re.compile("[A-Za-z0-9][A-Za-z0-9._:+-]{0,63}")
_AROUND = " \t'"
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


def encoding_of(content_type: str | None, body: bytes) -> str:
    """Return the codec, under Python's name, by which `body` is text; see the head of this module.

    >>> encoding_of('text/html; charset="ISO-8859-1"', b"")
    'cp1252'
    """
    if body.startswith(_ALL_MARKS):
        return next(name for mark, name in _MARKS if body.startswith(mark))
    charset = _charset(content_type) if content_type else None
    return codec_of(charset) if charset and _CHARSET.fullmatch(charset) else "utf-8"


def decode_text(body: bytes, encoding: str) -> str:
    """Return `body` as text by a codec of `encoding_of`, without its byte order mark."""
    return decode(body, encoding)


def _charset(content_type: str) -> str | None:
    """Return the first charset parameter (RFC 9110, section 5.6.6), without quotes of any sort."""
    for match in _PARAMETER.finditer(content_type):
        name, quoted, bare = match.groups()
        if name.lower() == "charset":
            value = bare if quoted is None else _ESCAPED.sub(r"\1", quoted)
            return value.strip(_AROUND)
    return None
