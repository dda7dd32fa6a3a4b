"""What a response head may say, by the table of cases in which the clients differ."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concurrent_fetch._failure_kinds import FailureKind, Refusal
from concurrent_fetch.http._reader import Reader
from concurrent_fetch.http._response_head import Head, _field_in, read_head

Fields = Sequence[tuple[bytes | str, bytes | str]]

NGINX = [
    (b"Server", b"nginx/1.25.3"),
    (b"Date", b"Tue, 10 Nov 2026 12:00:00 GMT"),
    (b"Content-Type", b"text/html; charset=utf-8"),
    (b"Content-Length", b"1024"),
    (b"Connection", b"keep-alive"),
    (b"ETag", b'"5f3c-400"'),
]


def read(*fields: tuple[bytes | str, bytes | str], status: int = 200, version: str = "1.1") -> Head:
    return read_head(fields, status=status, http_version=version)


def kind_of(*fields: tuple[bytes | str, bytes | str], status: int = 200) -> FailureKind:
    with pytest.raises(Refusal) as refused:
        read(*fields, status=status)
    return refused.value.kind


def test_an_ordinary_head_is_read() -> None:
    head = read(*NGINX)
    assert head.headers.fields == tuple((n.decode(), v.decode()) for n, v in NGINX)
    assert head.content_length == 1024
    assert (head.codings, head.location, head.chunked) == ((), None, False)


def test_bytes_and_latin_1_text_are_the_same_head_also_mixed() -> None:
    text = [(name.decode(), value.decode()) for name, value in NGINX]
    mixed: Fields = [(name, value.decode()) for name, value in NGINX]
    assert read(*text) == read(*NGINX) == read(*mixed)
    assert read(("A", "\xe9")).headers["a"] == read((b"A", b"\xe9")).headers["a"] == "é"


def test_a_head_without_fields_is_a_head() -> None:
    assert read().headers.fields == ()
    assert read().content_length is None


@pytest.mark.parametrize("version", ["1.0", "1.1", "2", "3"])
def test_a_known_version_is_read(version: str) -> None:
    assert read(version=version).http_version == version


@pytest.mark.parametrize("version", ["0.9", "1.2", "2.0", "HTTP/1.1", "1.1x", ""])
def test_an_unknown_version_is_a_protocol_failure(version: str) -> None:
    with pytest.raises(Refusal, match="HTTP version") as refused:
        read(version=version)
    assert refused.value.kind is FailureKind.PROTOCOL


@pytest.mark.parametrize("status", [200, 204, 304, 404, 599, 999])
def test_a_final_status_of_three_digits_is_read(status: int) -> None:
    assert read(status=status).status == status


@pytest.mark.parametrize("status", [-1, 0, 99, 100, 101, 103, 199, 1000])
def test_any_other_status_is_a_protocol_failure(status: int) -> None:
    assert kind_of(status=status) is FailureKind.PROTOCOL


@pytest.mark.parametrize(
    "name",
    [b"", b" A", b"A ", b"A B", b"A\t", b"A:", b"A: x", b"A\r\nB", b"\xe9", b'"A"', b"A\x00"],
)
def test_a_name_that_is_no_token_is_a_protocol_failure(name: bytes) -> None:
    assert kind_of((name, b"x")) is FailureKind.PROTOCOL
    assert kind_of((b"X", b"y"), (name.decode("latin-1"), "x")) is FailureKind.PROTOCOL


@pytest.mark.parametrize("control", [c for c in [*range(32), 127] if c != 9])
def test_a_control_character_in_a_value_is_a_protocol_failure(control: int) -> None:
    assert kind_of((b"A", b"x%cy" % control)) is FailureKind.PROTOCOL
    assert kind_of((b"A", b"%c" % control)) is FailureKind.PROTOCOL


@pytest.mark.parametrize("value", [b"x\r\nB: y", b"x\rB: y", b"x\nB: y", b"x\r\n y", b"x\r\n"])
def test_a_value_cannot_inject_a_field(value: bytes) -> None:
    assert kind_of((b"A", value)) is FailureKind.PROTOCOL


def test_text_outside_latin_1_is_a_protocol_failure() -> None:
    assert kind_of(("A", "\u20ac")) is FailureKind.PROTOCOL
    assert kind_of(("\u20ac", "x")) is FailureKind.PROTOCOL


def test_blanks_around_a_value_are_dropped_and_tabs_inside_stay() -> None:
    assert read((b"A", b" \t x\ty \t")).headers["a"] == "x\ty"
    assert read(("A", " \xa0 ")).headers["a"] == "\xa0"


@pytest.mark.parametrize(
    ("values", "length"),
    [
        ([b"0"], 0),
        ([b"5"], 5),
        ([b"005"], 5),
        ([b" 5\t"], 5),
        ([b"5", b"5"], 5),
        ([b"5, 5"], 5),
        ([b"5,5", b"05"], 5),
        ([b"9223372036854775807"], 2**63 - 1),
    ],
)
def test_a_content_length_is_read(values: list[bytes], length: int) -> None:
    assert read(*[(b"content-LENGTH", value) for value in values]).content_length == length


@pytest.mark.parametrize(
    "values",
    [
        *(
            [b""],
            [b"-5"],
            [b"+5"],
            [b"5.0"],
            [b"0x5"],
            [b"5 5"],
            [b"5_0"],
            [b"five"],
            [b"5,"],
            [b","],
        ),
        *([b"\xb2"], [b"5\xb2"], [b"9223372036854775808"], [b"1" * 5000], [b"0" * 5000]),
        *([b"5", b"6"], [b"5, 6"], [b"5", b""]),
    ],
)
def test_a_bad_or_conflicting_content_length_is_a_protocol_failure(values: list[bytes]) -> None:
    assert kind_of(*[(b"Content-Length", value) for value in values]) is FailureKind.PROTOCOL


@pytest.mark.parametrize("value", [b"chunked", b"Chunked", b" CHUNKED "])
def test_chunked_is_read_and_stored_in_lower_case(value: bytes) -> None:
    head = read((b"A", b"transfer-encoding: X"), (b"Transfer-Encoding", value), (b"B", b"X"))
    assert head.chunked
    assert head.headers.fields[1] == ("Transfer-Encoding", "chunked")
    assert head.headers.fields[0] == ("A", "transfer-encoding: X")
    assert head.headers.fields[2] == ("B", "X")


@pytest.mark.parametrize(
    "values",
    [
        *(
            [b""],
            [b"identity"],
            [b"gzip, chunked"],
            [b"xchunked"],
            [b"chunked;q=1"],
            [b"\x84chunked"],
        ),
        *([b"chunked, chunked"], [b"chunked", b"chunked"], [b"chunked", b"identity"]),
    ],
)
def test_any_other_transfer_encoding_is_a_protocol_failure(values: list[bytes]) -> None:
    assert kind_of(*[(b"Transfer-Encoding", value) for value in values]) is FailureKind.PROTOCOL


def test_transfer_encoding_with_content_length_is_a_protocol_failure() -> None:
    both = (b"Transfer-Encoding", b"chunked"), (b"Content-Length", b"5")
    assert kind_of(*both) is FailureKind.PROTOCOL
    assert kind_of(*reversed(both)) is FailureKind.PROTOCOL


@pytest.mark.parametrize(
    ("values", "codings"),
    [
        ([b"gzip"], ("gzip",)),
        ([b"GZip"], ("gzip",)),
        ([b"x-gzip"], ("gzip",)),
        ([b"identity"], ()),
        ([b""], ()),
        ([b"deflate, gzip"], ("deflate", "gzip")),
        ([b"deflate", b"gzip"], ("deflate", "gzip")),
        ([b"gzip,identity ,, br\t,"], ("gzip", "br")),
        ([b"made-up"], ()),
        ([b"none, gzip", b"utf-8,,text/html", b"X-Compress"], ("gzip", "compress")),
        ([b"gzip;q=1"], ()),
        ([b'"gzip"'], ()),
        ([b"gzip deflate"], ()),
        ([b"gzip,gzip,gzip,gzip,gzip,gzip,gzip"], ("gzip",) * 7),
        ([b"caf\xe9"], ()),
    ],
)
def test_content_codings_are_listed_as_applied(values: list[bytes], codings: tuple[str]) -> None:
    assert read(*[(b"Content-Encoding", value) for value in values]).codings == codings


@pytest.mark.parametrize(
    ("values", "location"),
    [
        ([b"/X"], b"/X"),
        ([b""], None),
        ([b" "], None),
        ([b"", b"/X", b"/y"], b"/X"),
        ([b"/caf\xe9"], b"/caf\xe9"),
        ([b"http://A/B?C: d"], b"http://A/B?C: d"),
    ],
)
def test_the_first_location_that_is_not_empty_counts(
    values: list[bytes], location: bytes | None
) -> None:
    assert read(*[(b"LOCATION", value) for value in values]).location == location


def test_what_looks_like_a_field_inside_a_value_is_none() -> None:
    head = read((b"A", b"location: /x"), (b"B", b"content-length: 5"), (b"X-Location", b"/x"))
    assert head.location is None
    assert head.content_length is None


def test_a_hundred_fields_are_read_and_one_more_is_too_large() -> None:
    assert len(read(*[(b"A", b"x")] * 100).headers.fields) == 100
    assert kind_of(*[(b"A", b"x")] * 101) is FailureKind.TOO_LARGE


def test_a_line_of_64_kib_is_read_and_one_octet_more_is_too_large() -> None:
    longest = 65536 - len("A: \r\n")
    assert len(read((b"A", b"x" * longest)).headers["a"]) == longest
    assert kind_of((b"A", b"x" * (longest + 1))) is FailureKind.TOO_LARGE


def test_a_head_of_96_kib_is_read_and_one_octet_more_is_too_large() -> None:
    half = b"x" * (49152 - len("A: \r\n"))
    assert read((b"A", half), (b"B", half)).headers["b"] == half.decode()
    assert kind_of((b"A", half), (b"B", half + b"x")) is FailureKind.TOO_LARGE


OCTETS = st.one_of(
    st.binary(max_size=12),
    st.text(max_size=12),
    st.sampled_from([b"Content-Length", b"Transfer-Encoding", b"Location", b"5", b"5, 5", "gzip"]),
)


@given(st.lists(st.tuples(OCTETS, OCTETS), max_size=8), st.integers(90, 1010))
def test_any_head_is_read_or_refused(fields: Fields, status: int) -> None:
    try:
        head = read(*fields, status=status)
    except Refusal as refusal:
        assert refusal.kind in {FailureKind.PROTOCOL, FailureKind.TOO_LARGE}  # noqa: PT017 - refused is as good
        return
    assert len(head.headers.fields) == len(fields)
    assert read(*head.headers.fields, status=status) == head


SECRET = b"s3cret-0f-this-test"
TELLING = [
    b"Location: https://a.example/cb?access_token=" + SECRET,
    b"Location: /cb?code=" + SECRET,
    b"Location: https://user:" + SECRET + b"@a.example/",
    b"Location: //a.example/#" + SECRET,
    b"Location: /reset/" + SECRET,
    b"Content-Location: /reset/" + SECRET,
    b"Link: <" + SECRET + b">; rel=next",
    b"Refresh: 0; url=/reset/" + SECRET,
    b"Content-Location: /x?sig=" + SECRET,
    b"Link: <https://a.example/" + SECRET + b">; rel=next",
    b"Refresh: 0; url=https://a.example/" + SECRET,
    b"Set-Cookie: a=" + SECRET,
    b"set-cookie2: a=" + SECRET,
    b"Authorization: Bearer " + SECRET,
    b"Proxy-Authorization: Basic " + SECRET,
    b"WWW-Authenticate: Basic realm=" + SECRET,
    b"Authentication-Info: nextnonce=" + SECRET,
    b"X-Api-Key: " + SECRET,
    b"X-Auth-Token: " + SECRET,
    b"X-CSRF-Token: " + SECRET,
    b"X-Amz-Security-Token: " + SECRET,
    b"Cookie: a=" + SECRET,
]


@pytest.mark.parametrize("line", TELLING, ids=lambda line: line.split(b":")[0].decode())
@pytest.mark.parametrize("cut", [0, 40])
def test_no_line_that_may_tell_a_url_or_a_secret_is_kept(line: bytes, cut: int) -> None:
    known: Any = _field_in.__self__  # type: ignore[attr-defined]  # whose method it is
    known.clear()
    data = b"HTTP/1.1 200 OK\r\nX-Known: well\r\n" + line + b"\r\nContent-Length: 0\r\n\r\n"
    reader = Reader()
    for piece in filter(None, (data[:cut], data[cut:])):
        reader.feed(piece)
    assert reader.is_whole
    assert reader.head is not None
    assert any(SECRET in value.encode() for _, value in reader.head.headers.fields)
    kept = [*known, *filter(None, known.values())]
    assert SECRET not in repr(kept).encode()


def test_lines_that_tell_nothing_are_kept_and_not_too_many_of_them() -> None:
    known: Any = _field_in.__self__  # type: ignore[attr-defined]  # whose method it is
    for number in range(2000):
        Reader().feed(b"HTTP/1.1 200 OK\r\nX-Count: %d\r\n\r\n" % number)
        assert b"X-Count: %d" % number in known
        assert len(known) <= 512
    long = b"X-Long: " + b"a" * 200
    Reader().feed(b"HTTP/1.1 200 OK\r\n" + long + b"\r\n\r\n")
    assert long not in known
