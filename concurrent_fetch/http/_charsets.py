"""Charsets by the labels of the web, and what Python's codecs lack of what they mean there.

Labels are those of the Encoding standard, kept by the package webencodings: `latin1` means
windows-1252 and `gb2312` gb18030, since pages say the smaller one and send the larger.
Source: WHATWG, "Encoding", https://encoding.spec.whatwg.org.
"""

import codecs
from functools import cache, lru_cache
from typing import Any

REPLACEMENT = "replacement"
"""For charsets that are unsafe to read, as `iso-2022-kr`: all of a body is one U+FFFD."""
_USER_DEFINED = "x-user-defined"
_NO_CODECS = frozenset({REPLACEMENT, _USER_DEFINED})

_SUPERSETS = {
    "big5": "big5hkscs",
    "euc-kr": "cp949",
    "gbk": "gb18030",
    "iso-2022-jp": "iso2022_jp_ext",
    "iso-8859-8-i": "iso8859-8",
    "macintosh": "mac-roman",
    "shift_jis": "cp932",
    "utf-16be": "utf-16-be",
    "utf-16le": "utf-16-le",
    "windows-874": "cp874",
    "x-mac-cyrillic": "mac-cyrillic",
}
"""Python's codec for an encoding of the standard, where it is not that of the same name."""

_OTHERWISE: dict[str, dict[int, str]] = {
    "cp1252": {},
    "cp1250": {},
    "cp1251": {},
    "cp1253": {},
    "cp1254": {},
    "cp1255": {0xCA: "\u05ba"},
    "cp1257": {},
    "cp1258": {},
    "cp874": {},
    "koi8-u": {0xAE: "\u045e", 0xBE: "\u040e"},
}
"""Codecs with a table of the standard's own: what stands there otherwise than in Python's, besides
the control characters in the holes below 0xA0."""

_NO_TEXT = frozenset(
    {"idna", "punycode", "undefined", "unicode-escape", "raw-unicode-escape", "utf-7"}
    | {"charmap", "mbcs", "oem"}
)
"""Codecs for host names and source code, unsafe ones, and such as are no one encoding."""
_WITHOUT_MARK = {"utf-16": "utf-16-le", "utf-32": "utf-32-le"}
"""Python's own would follow the byte order of the machine."""


@lru_cache(maxsize=128)
def codec_of(label: str) -> str:
    """Return the codec for a label, under Python's name if it has one; UTF-8 for one unknown.

    What the standard does not know, as `cp437`, may be a text codec of Python's.
    """
    from webencodings.labels import LABELS  # noqa: PLC0415 - only text needs it

    name: str | None = LABELS.get(label.lower())
    if name is None:
        return _python_codec(label)
    return name if name in _NO_CODECS else _python_codec(_SUPERSETS.get(name, name))


def _python_codec(name: str) -> str:
    try:
        codec = codecs.lookup(name)
    except LookupError:
        return "utf-8"
    if not codec._is_text_encoding or codec.name in _NO_TEXT:  # noqa: SLF001 - str.encode asks it too
        return "utf-8"
    return _WITHOUT_MARK.get(codec.name, codec.name)


def decode(body: bytes, encoding: str) -> str:
    """Return `body` as text by a codec of `codec_of`; what does not fit is replaced by U+FFFD."""
    if encoding in _OTHERWISE or encoding == _USER_DEFINED:
        table: Any = _table(encoding)  # a str is the fastest, and typeshed does not know of it
        return codecs.charmap_decode(body, "strict", table)[0]
    if encoding == REPLACEMENT:
        return "\ufffd" if body else ""
    if encoding in _MENDED:
        return body.decode(encoding, _MENDING)
    return body.decode(encoding, "replace")


@cache
def _table(encoding: str) -> str:
    """Return the characters of all 256 bytes."""
    if encoding == _USER_DEFINED:
        return "".join([chr(byte if byte < 0x80 else 0xF700 + byte) for byte in range(256)])
    otherwise = _OTHERWISE[encoding]
    return "".join([otherwise.get(byte) or _character(byte, encoding) for byte in range(256)])


def _character(byte: int, encoding: str) -> str:
    try:
        return bytes([byte]).decode(encoding)
    except UnicodeDecodeError:
        return chr(byte) if byte < 0xA0 else "\ufffd"


# --- What multi-byte codecs refuse, and the standard reads ---


def _euro(_: bytes) -> tuple[str, int]:
    return "€", 1  # as Windows writes it in its GBK


def _as_in_shift_jis(rest: bytes) -> tuple[str, int]:
    """Read two bytes of EUC-JP as what they are in Windows' Shift_JIS: row and cell are the same.

    It knows the rows that NEC and IBM added, as circled numbers.
    """
    row, cell = rest[0] - 0xA1, rest[1] - 0xA1
    lead = (row >> 1) + (0x81 if row < 62 else 0xC1)
    trail = cell + 0x9F if row % 2 else cell + (0x40 if cell < 63 else 0x41)
    return bytes([lead, trail]).decode("cp932"), 2


_MENDED = {"gb18030": (_euro, b"\x80"), "euc_jp": (_as_in_shift_jis, b"\xad\xf9\xfa\xfb\xfc")}
"""By codec: what reads a place that it refuses, and the first bytes of such places."""


def _mend(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    read, leads = _MENDED[error.encoding]
    rest = error.object[error.start : error.start + 2]
    if rest[:1] in leads and (read is _euro or (len(rest) == 2 and 0xA1 <= rest[1] <= 0xFE)):
        try:
            text, size = read(rest)
        except UnicodeDecodeError:
            return "\ufffd", error.end
        return text, error.start + size
    return "\ufffd", error.end


_MENDING = "concurrent_fetch.charsets"
codecs.register_error(_MENDING, _mend)
