"""Text: which charset is meant, and bytes that do not fit it."""

from concurrent_fetch.server._faults._fault import Answered, Fault, fault
from concurrent_fetch.server._faults._wires import kept, reply

_WORD = "Grüße, 世界"
_UTF8 = _WORD.encode()
_LATIN = "Grüße"


def _typed(name: str, content_type: str | None, body: bytes, text: str) -> Fault:
    fields = () if content_type is None else (f"Content-Type: {content_type}",)
    says = "no Content-Type" if content_type is None else f"`{content_type}`"
    shown = f"{body[:12]!r}{'…' if len(body) > 12 else ''}"
    answer = kept(reply(body, *fields))
    return fault(
        f"cs_{name}", f"says {says}, sends `{shown}`", answer, Answered(body=body, text=text)
    )


def _refused(charset: str) -> Fault:
    """Return a fault whose charset is none for text: UTF-8 it is."""
    return _typed(charset.replace("-", "_"), f"text/plain; charset={charset}", _UTF8, _WORD)


def _fits(charset: str, text: str) -> Fault:
    name = charset.replace("-", "_").lower()
    return _typed(name, f"text/plain; charset={charset}", text.encode(charset), text)


def _labelled(label: str, text: str, codec: str, body: bytes | None = None) -> Fault:
    """Return a fault whose label means a codec of another name."""
    name = f"label_{label.replace('-', '_').lower()}"
    sent = text.encode(codec) if body is None else body
    return _typed(name, f"text/html; charset={label}", sent, text)


FAULTS = (
    _typed("none", "text/plain", _UTF8, _WORD),
    _typed("no_type", None, _UTF8, _WORD),
    _typed("binary", "image/png", b"\x89PNG\r\n\x1a\n\0", "\ufffdPNG\r\n\x1a\n\0"),
    _typed("empty", "text/plain", b"", ""),
    _fits("utf-8", _WORD),
    _fits("UTF8", _WORD),
    _fits("iso-8859-1", _LATIN),
    _fits("iso-8859-15", "Grüße, €"),
    _fits("windows-1252", "Grüße, €"),
    _fits("windows-1251", "привет"),
    _fits("koi8-r", "привет"),
    _fits("shift_jis", "世界"),
    _fits("euc-jp", "世界"),
    _fits("gb18030", _WORD),
    _fits("big5", "世界"),
    _fits("us-ascii", "hello"),
    _fits("utf-16", _WORD),
    _fits("utf-16-le", _WORD),
    _fits("utf-16-be", _WORD),
    _typed("utf16_no_mark", "text/plain; charset=utf-16", _WORD.encode("utf-16-le"), _WORD),
    _typed(
        "utf16_odd",
        "text/plain; charset=utf-16-le",
        _WORD.encode("utf-16-le") + b"x",
        _WORD + "\ufffd",
    ),
    _typed("mark_utf8", "text/plain", b"\xef\xbb\xbf" + _UTF8, _WORD),
    _typed("mark_utf16", "text/plain", _WORD.encode("utf-16"), _WORD),
    _typed("mark_utf32", "text/plain", _WORD.encode("utf-32"), _WORD),
    _typed(
        "mark_against_charset", "text/plain; charset=iso-8859-1", b"\xef\xbb\xbf" + _UTF8, _WORD
    ),
    _typed("wrong_utf8", "text/plain; charset=utf-8", _LATIN.encode("latin-1"), "Gr\ufffd\ufffde"),
    _typed("wrong_ascii", "text/plain; charset=us-ascii", "ü".encode(), "\xc3\xbc"),
    _typed("cp1252_hole", "text/plain; charset=windows-1252", b"a\x81b", "a\x81b"),
    _typed("cut_utf8", "text/plain; charset=utf-8", _UTF8[:-1], _WORD[:-1] + "\ufffd"),
    _typed("quoted", 'text/plain; charset="iso-8859-1"', _LATIN.encode("latin-1"), _LATIN),
    _typed("escaped", r'text/plain; charset="iso\-8859-1"', _LATIN.encode("latin-1"), _LATIN),
    _typed("upper_case", "TEXT/PLAIN; CHARSET=ISO-8859-1", _LATIN.encode("latin-1"), _LATIN),
    _typed("blanks", "text/plain ;  charset = iso-8859-1", _LATIN.encode("latin-1"), _LATIN),
    _typed(
        "two", "text/plain; charset=iso-8859-1; charset=utf-8", _LATIN.encode("latin-1"), _LATIN
    ),
    _labelled("windows-31j", "①世界", "cp932"),
    _labelled("x-sjis", "①世界", "cp932"),
    _labelled("windows-874", "ไทย", "cp874"),
    _labelled("tis-620", "ไทย€", "cp874"),
    _labelled("ISO-8859-8-I", "שלום", "iso8859-8"),
    _labelled("iso-8859-9", "ığ€", "cp1254"),
    _labelled("x-gbk", "世界", "gb18030"),
    _labelled("gb2312", "囧㐀", "gb18030"),
    _labelled("euc-kr", "똠방", "cp949"),
    _labelled("ks_c_5601-1987", "똠방", "cp949"),
    _labelled("latin1", "“Grüße”, €", "cp1252"),
    _labelled("us-ascii", "“Grüße”, €", "cp1252"),
    _labelled("x-mac-roman", "Grüße", "mac-roman"),
    _labelled("x-cp1251", "привет", "cp1251"),
    _labelled("unicode", _WORD, "utf-16-le"),
    _labelled("x-user-defined", "a\uf7ff", "", b"a\xff"),
    _labelled("iso-2022-kr", "\ufffd", "", b"\x1b$)C\x0e!!\x0f"),
    _labelled("x-euc-jp", "①世界", "", b"\xad\xa1\xc0\xa4\xb3\xa6"),
    _labelled("chinese", "€世", "", b"\x80\xca\xc0"),
    _typed("single_quotes", "text/plain; charset='koi8-r'", "да".encode("koi8-r"), "да"),
    _typed("half_quoted", "text/plain; charset='koi8-r", "да".encode("koi8-r"), "да"),
    _typed("quoted_blanks", 'text/plain; charset=" koi8-r "', "да".encode("koi8-r"), "да"),
    _typed("in_boundary", 'multipart/x; boundary="a;charset=utf-16"', _UTF8, _WORD),
    _typed("no_semicolon", "text/plain charset=utf-16", _UTF8, _WORD),
    _typed("unknown", "text/plain; charset=odd-1", _UTF8, _WORD),
    _typed("no_value", "text/plain; charset=", _UTF8, _WORD),
    _typed("nul", "text/plain; charset=..\\..\\x", _UTF8, _WORD),
    _typed("json", "application/json", b'{"a": "\xc3\xa9"}', '{"a": "é"}'),
    _typed(
        "meta", "text/html", b'<meta charset="iso-8859-1">\xc3\xa9', '<meta charset="iso-8859-1">é'
    ),
    *map(
        _refused,
        (
            "hex",
            "base64",
            "zlib",
            "bz2",
            "rot13",
            "uu",
            "quopri",
            "idna",
            "punycode",
            "undefined",
            "unicode_escape",
            "raw_unicode_escape",
            "utf-7",
            "mbcs",
            "oem",
            "charmap",
        ),
    ),
)
