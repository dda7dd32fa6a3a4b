"""Lists of URLs: what a line may have besides its URL, and how the others are refused."""

import codecs
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concurrent_fetch import read_urls
from concurrent_fetch.errors import FormatError
from concurrent_fetch.server import LocalServer
from concurrent_fetch.strategies import fetch_sync

pytestmark = pytest.mark.once

A, B = "https://a.example/x?y=1", "http://b.example/"

TAKEN = {
    A: A,
    f"  {A}\t": A,
    f"\u00a0{A}\u3000": A,
    f"\ufeff{A}": A,
    f"{A}\ufeff": A,
    f" \ufeff {A}": A,
    f"{A} # note": A,
    f"{A} #note": A,
    f"{A}\t# a note of {B}": A,
    f"{A}\u00a0# note \u200b\ufeff": A,
    f"{A}#part": f"{A}#part",
    f"{A}#part # note": f"{A}#part",
    f'"{A}"': A,
    f"'{A}'": A,
    f"`{A}`": A,
    f"<{A}>": A,
    f"({A})": A,
    f"\u201c{A}\u201d": A,
    f"\u201e{A}\u201c": A,
    f"\u00ab{A}\u00bb": A,
    f'"{A}",': A,
    f"'{A}', # note": A,
    f'"{A}" ;': A,
    f'["{A}"],': A,
    f'" {A} "': A,
    f'<"{A}">': A,
    "HTTPS://A.example/": "HTTPS://A.example/",
    "https://web.example/2020/https://a.example/": "https://web.example/2020/https://a.example/",
    "https://a.example/?u=http://b.example/": "https://a.example/?u=http://b.example/",
    "https://a.example/it's_(here)": "https://a.example/it's_(here)",
    "https://a.example/1,2;3": "https://a.example/1,2;3",
    "https://b\u00fccher.example/\u00e9": "https://b\u00fccher.example/\u00e9",
    "mailto:a@b.example": "mailto:a@b.example",  # a failure when it is fetched
    "a.example": "a.example",
}


@pytest.mark.parametrize(("line", "url"), TAKEN.items(), ids=ascii)
def test_a_url_is_taken_out_of_what_stands_around_it(line: str, url: str) -> None:
    assert read_urls(io.StringIO(f"{B}\n{line}\n{B}")) == [B, url, B]


REFUSED = {
    f"{A} {B}": "two URLs, U+0020 SPACE before the second",
    f"{A}\t{B}": "two URLs, U+0009 TAB before the second",
    f"{A}\u00a0{B}": "two URLs, U+00A0 NO-BREAK SPACE before the second",
    f"{A},{B}": "two URLs, ',' (U+002C COMMA) before the second",
    f"{A};{B}": "two URLs, ';' (U+003B SEMICOLON) before the second",
    f"{A}|{B}": "two URLs, '|' (U+007C VERTICAL LINE) before the second",
    f"{A}{B.upper()}": "two URLs, '1' (U+0031 DIGIT ONE) before the second",
    f'"{A}", "{B}"': "two URLs, '\"' (U+0022 QUOTATION MARK) before the second",
    f'["{A}","{B}"]': "two URLs, '\"' (U+0022 QUOTATION MARK) before the second",
    f"<{A}> <{B}>": "two URLs, '<' (U+003C LESS-THAN SIGN) before the second",
    f"- {A}": "more than a URL, U+0020 SPACE before it; leave only the URL",
    f"[text]({A})": "more than a URL, '(' (U+0028 LEFT PARENTHESIS) before it",
    f"{A} a note": "U+0020 SPACE within the URL; write %20, or # before a note",
    f"{A}\u00a0note": "U+00A0 NO-BREAK SPACE within the URL; leave it out, or write %C2%A0",
    f"{A}\ufeff/x": "U+FEFF ZERO WIDTH NO-BREAK SPACE within the URL; leave it out, or write %EF",
    f"{A}\u200b": "U+200B ZERO WIDTH SPACE within the URL",
    f"\u200b{A}": "U+200B ZERO WIDTH SPACE within the URL",
    f"{A}\u200d/x": "U+200D ZERO WIDTH JOINER within the URL",
    f"{A}\u2060/x": "U+2060 WORD JOINER within the URL",
    f"{A}\u00ad/x": "U+00AD SOFT HYPHEN within the URL",
    f"{A}\u202e/x": "U+202E RIGHT-TO-LEFT OVERRIDE within the URL",
    f"{A}\u2028{A}": "two URLs, U+2028 LINE SEPARATOR before the second",
    f"{A}\u3164/x": "U+3164 HANGUL FILLER within the URL",
    f"{A}\ufe0f/x": "U+FE0F VARIATION SELECTOR-16 within the URL",
    f"{A}\ufffd/x": "U+FFFD REPLACEMENT CHARACTER within the URL",
    f"{A}\x00/x": "U+0000 NULL within the URL",
    f"{A}\x1b[0m": "U+001B a control code within the URL",
    f"{A}\tnote": "U+0009 TAB within the URL",
    f'"{A}': "more than a URL, '\"' (U+0022 QUOTATION MARK) before it; leave only the URL",
    f"<{A}": "more than a URL, '<' (U+003C LESS-THAN SIGN) before it",
    '"a.example': "'\"' (U+0022 QUOTATION MARK) before the URL, and nothing that goes with it",
    f"\u2018{A}": "'\u2018' (U+2018 LEFT SINGLE QUOTATION MARK) before the URL",
    f'{A}"': "'\"' (U+0022 QUOTATION MARK) behind the URL; take it off, or write %22",
    f"{A}'": '"\'" (U+0027 APOSTROPHE) behind the URL; take it off, or write %27',
    f"{A}>": "'>' (U+003E GREATER-THAN SIGN) behind the URL",
    f"{A},": "',' (U+002C COMMA) behind the URL; take it off, or write %2C",
    f"{A};": "';' (U+003B SEMICOLON) behind the URL",
    f'{A}","x': "'\"' (U+0022 QUOTATION MARK) within the URL; write %22",
    "[": "'[' (U+005B LEFT SQUARE BRACKET) before the URL",
}


@pytest.mark.parametrize(("line", "why"), REFUSED.items(), ids=ascii)
def test_a_line_that_is_not_one_url_is_refused_with_number_and_character(
    line: str, why: str
) -> None:
    with pytest.raises(FormatError) as refused:
        read_urls(io.StringIO(f"{B}\r\n\r\n{line}\r\n{B}"))
    assert f"the list is no list of one URL per line: line 3: {why}" in str(refused.value)


@pytest.mark.parametrize("line", [line for line in REFUSED if A in line], ids=ascii)
def test_a_refusal_shows_no_part_of_the_url(line: str) -> None:
    with pytest.raises(FormatError) as refused:
        read_urls(io.StringIO(line.replace(A, "https://user:s3cr3t@a.example/?t0k3n=1")))
    assert not any(part in str(refused.value) for part in ("s3cr3t", "t0k3n", "user", "a.example"))


def test_all_lines_in_question_are_counted_and_the_first_five_listed(tmp_path: Path) -> None:
    path = tmp_path / "urls.txt"
    path.write_text(f"{A}\n" + f"{A} {B}\n" * 8)
    with pytest.raises(FormatError) as refused:
        read_urls(path)
    said = str(refused.value)
    assert said.startswith(f"{str(path)!r} is no list of one URL per line: line 2: two URLs")
    assert said.count("two URLs") == 5
    assert said.endswith("; and 3 more lines")


def test_notes_and_blank_lines_are_skipped_with_every_kind_of_line_end() -> None:
    text = f"# list\r\r\n{A}\n\n  # {B}\r{B}\r\n\ufeff\n\ufeff# more"
    assert read_urls(io.StringIO(text, newline="")) == [A, B]
    assert read_urls(io.StringIO("")) == []


@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (b"", "utf-8"),
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
    ],
)
def test_utf_8_is_read_and_what_has_a_byte_order_mark(
    mark: bytes, encoding: str, tmp_path: Path
) -> None:
    url = "http://a.example/\u00e9"
    path = tmp_path / "urls.txt"
    path.write_bytes(mark + f"{url}\r\n{A}".encode(encoding))
    assert read_urls(path) == read_urls(str(path)) == [url, A]
    with path.open("rb") as file:
        assert read_urls(file) == [url, A]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"http://a/\r\nhttp://a/\xe9", "is not UTF-8 (line 2): convert it to UTF-8"),
        (b"\xff\xfeh\0\n\0h", "is not UTF-16 (line 2): convert it to UTF-8"),
        ("http://a/\n".encode("utf-16-le"), "line 1: U+0000 NULL"),
    ],
)
def test_another_encoding_is_refused(content: bytes, said: str, tmp_path: Path) -> None:
    path = tmp_path / "urls.txt"
    path.write_bytes(content)
    with pytest.raises(FormatError) as refused:
        read_urls(path)
    assert str(refused.value).startswith(repr(str(path)))
    assert said in str(refused.value)


def test_a_file_that_is_not_there_is_an_os_error_and_no_path_a_type_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_urls(tmp_path / "no.txt")
    with pytest.raises(TypeError, match="path must be a str, a path or an open file, got list"):
        read_urls([A])  # type: ignore[arg-type]  # the point of the test


def test_pairs_are_taken_off_a_few_deep_and_refused_beyond() -> None:
    assert read_urls(io.StringIO("(" * 8 + A + ")" * 8)) == [A]
    for deep in ("(" * 9 + A + ")" * 9, "'" * 1_000_000):
        with pytest.raises(FormatError, match="line 1"):
            read_urls(io.StringIO(deep))


PIECES = st.sampled_from(
    [*"\"'<>()[],; \t#|`", "\ufeff", "\u200b", "\u00a0", "https://a.example/", "x", "%"]
)


@given(st.lists(PIECES, max_size=6), st.lists(PIECES, max_size=6))
def test_whatever_stands_around_a_url_never_becomes_a_part_of_it_unseen(
    before: list[str], after: list[str]
) -> None:
    line = f"{''.join(before)}{A}{''.join(after)}"
    try:
        urls = read_urls(io.StringIO(line))
    except FormatError:
        return
    for url in urls:
        assert url in line
        assert url.isprintable()
        assert not set(url) & set('"<> ')
        assert url[-1] not in ",;'"


def test_what_is_read_is_what_is_asked_for(local: LocalServer) -> None:
    urls = local.urls(3)
    text = f'"{urls[0]}",\n<{urls[1]}>\n{urls[2]} # the last'
    run = fetch_sync(read_urls(io.StringIO(text)))
    assert [outcome.url for outcome in run] == urls
    assert local.stats().requests == 3
