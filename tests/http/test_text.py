"""Bytes become text by one rule: mark, charset, UTF-8; never an error."""

import codecs
import encodings
import pkgutil
from encodings.aliases import aliases

import pytest
from hypothesis import given
from hypothesis import strategies as st
from webencodings.labels import LABELS

from concurrent_fetch.http._text import decode_text, encoding_of


def encoding(charset: str) -> str:
    return encoding_of(f"text/plain; charset={charset}", b"")


@pytest.mark.parametrize(
    ("content_type", "expected"),
    [
        (None, "utf-8"),
        ("", "utf-8"),
        ("text/html", "utf-8"),
        ("text/html; charset=utf-8", "utf-8"),
        ("text/html;charset=UTF8", "utf-8"),
        ("text/html; charset=iso-8859-1", "cp1252"),
        ("text/html; charset=latin1", "cp1252"),
        ("text/html; CHARSET=cp1252", "cp1252"),
        ("text/html; charset=windows-1251", "cp1251"),
        ("text/html; charset = cp1252 ; x=y", "cp1252"),
        ('text/html; charset="cp1252"', "cp1252"),
        ('text/html; charset="cp\\1252"', "cp1252"),
        ('text/html; charset="cp1252', "cp1252"),
        ("text/html; charset=cp1252, text/plain", "cp1252"),
        ("text/html; charset=cp1252; charset=koi8-r", "cp1252"),
        ("text/html; charset=made-up; charset=koi8-r", "utf-8"),
        ("text/html; charset=; charset=koi8-r", "utf-8"),
        ("text/html; xcharset=koi8-r", "utf-8"),
        ("text/html; charsetx=koi8-r", "utf-8"),
        ("charset=koi8-r", "utf-8"),
        ("text/html; charset", "utf-8"),
        ("text/html; a; charset=koi8-r", "koi8-r"),
        ('text/html; boundary="a;charset=utf-16"', "utf-8"),
        ('text/html; boundary="a\\";charset=utf-16"', "utf-8"),
        ('text/html; boundary="a;charset=utf-16"; charset=koi8-r', "koi8-r"),
        ("text/html; charset='koi8-r'", "koi8-r"),
        ("text/html; charset='koi8-r", "koi8-r"),
        ("text/html; charset=' koi8-r '", "koi8-r"),
        ("text/html; charset='koi8-r'; x=y", "koi8-r"),
        ("text/html; charset=\"'koi8-r'\"", "koi8-r"),
        ('text/html; charset=" koi8-r "', "koi8-r"),
        ("text/html; charset=''; charset=koi8-r", "utf-8"),
        ("text/html; charset=utf-16", "utf-16-le"),
        ("text/html; charset=utf-16be", "utf-16-be"),
        ("text/html; charset=utf-32", "utf-32-le"),
    ],
)
def test_the_first_charset_decides(content_type: str | None, expected: str) -> None:
    assert encoding_of(content_type, b"body") == expected


@pytest.mark.parametrize(
    "charset",
    [
        *("hex", "base64", "zlib", "bz2", "rot13", "uu", "quopri", "idna", "punycode", "undefined"),
        *("unicode_escape", "raw_unicode_escape", "utf-7", "UTF7", "mbcs", "oem", "charmap"),
        *("a" * 65, "../x", "__main__", "aliases", "\u00e9", "a\x00b", "\ud800", "utf 8", "-"),
    ],
)
def test_what_is_no_text_codec_of_the_web_means_utf_8(charset: str) -> None:
    assert encoding(charset) == encoding(f'"{charset}"') == "utf-8"


@pytest.mark.parametrize(
    ("mark", "expected", "codec"),
    [
        (codecs.BOM_UTF8, "utf-8-sig", "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16", "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16", "utf-16-be"),
        (codecs.BOM_UTF32_LE, "utf-32", "utf-32-le"),
        (codecs.BOM_UTF32_BE, "utf-32", "utf-32-be"),
    ],
)
def test_a_byte_order_mark_beats_the_charset_and_is_no_text(
    mark: bytes, expected: str, codec: str
) -> None:
    body = mark + "é€😀".encode(codec)
    assert encoding_of("text/html; charset=cp1252", body) == encoding_of(None, body) == expected
    assert decode_text(body, expected) == "é€😀"
    assert decode_text(mark, expected) == ""


@pytest.mark.parametrize(
    ("body", "encoding", "text"),
    [
        (b"caf\xc3\xa9", "utf-8", "café"),
        (b"caf\xe9", "utf-8", "caf\ufffd"),
        (b"\x81", "cp1252", "\x81"),
        (b"\xaa\xd2", "cp1253", "\ufffd\ufffd"),
        (b"\xe9", "ascii", "\ufffd"),
        (b"a\x00b", "utf-16-le", "a\ufffd"),
        (b"\xff\xfea\x00b", "utf-16", "a\ufffd"),
        (b"\x00\xd8", "utf-16-le", "\ufffd"),
        (b"", "utf-8", ""),
    ],
)
def test_what_does_not_fit_is_replaced(body: bytes, encoding: str, text: str) -> None:
    assert decode_text(body, encoding) == text


ALL_CODECS = sorted(
    {
        *aliases,
        *aliases.values(),
        *(module.name for module in pkgutil.iter_modules(encodings.__path__)),
    }
)


@given(st.sampled_from(ALL_CODECS), st.binary(max_size=40))
def test_every_codec_python_knows_gives_text_or_utf_8(charset: str, body: bytes) -> None:
    text = decode_text(body, encoding_of(f"text/plain; charset={charset}", body))
    text.encode("utf-8")


@given(
    st.one_of(st.none(), st.text(), st.text('charset=;" \\utf-816a').map("a/b;{}".format)),
    st.binary(),
)
def test_any_body_of_any_type_is_text(content_type: str | None, body: bytes) -> None:
    name = encoding_of(content_type, body)
    assert name.removesuffix("-le").removesuffix("-be") == codecs.lookup(name).name.removesuffix(
        "-le"
    ).removesuffix("-be")
    assert isinstance(decode_text(body, name), str)


@pytest.mark.parametrize("label", sorted(LABELS))
def test_every_label_of_the_web_is_known(label: str) -> None:
    text = decode_text(b"hello", encoding(label))
    if LABELS[label] == "replacement":
        assert (text, decode_text(b"", encoding(label))) == ("\ufffd", "")
    elif not LABELS[label].startswith("utf-16"):
        assert text == "hello"
    assert encoding(label.upper()) == encoding(f'"{label}"') == encoding(f"'{label}'")
    assert encoding(label) == encoding(LABELS[label])


@pytest.mark.parametrize(
    ("label", "body", "text"),
    [
        ("ascii", b"\x80\x81\x9f", "€\x81Ÿ"),
        ("windows-1255", b"\xca\xd9", "\u05ba\ufffd"),
        ("windows-874", b"\x80\x81\xdb", "€\x81\ufffd"),
        ("koi8-u", b"\xae\xbe", "ўЎ"),
        ("x-user-defined", b"a\x80\xff", "a\uf780\uf7ff"),
        ("gb2312", b"\x80\xb0\xa1\x81\x30\x81\x30", "€啊\x80"),
        ("gb2312", b"\x80\x80\xff", "€€\ufffd"),
        ("euc-jp", b"a\xad\xa1\xf9\xa1b", "a①纊b"),
        ("euc-jp", b"\xad", "\ufffd"),
        ("euc-jp", b"\xad\xa1\xad", "①\ufffd"),
        ("euc-jp", b"\xad\xfe", "\ufffd\ufffd"),
        ("euc-jp", b"\xfca", "\ufffda"),
        ("iso-2022-jp", b"\x1b(I1", "ｱ"),
        ("big5", b"\x88\x62", "Ê̄"),
        ("cp437", b"\x81", "ü"),
    ],
)
def test_a_label_means_what_browsers_read(label: str, body: bytes, text: str) -> None:
    assert decode_text(body, encoding(label)) == text


@given(st.sampled_from(sorted(LABELS)), st.binary())
def test_any_bytes_under_any_label_are_text(label: str, body: bytes) -> None:
    text = decode_text(body, encoding_of(f"text/plain; charset={label}", body))
    text.encode("utf-8")


def test_a_hostile_content_type_takes_no_long_time() -> None:
    for part in (";", ';a="', "; ", ';a="\\', ";charset ", "\\"):
        encoding_of("a/b" + part * 30_000, b"")
