"""Bodies: how long they are said to be, how they are cut into chunks, and where they end."""

from concurrent_fetch._kinds import FailureKind as Kind
from concurrent_fetch.server._faults._fault import Answered, Expected, Fault, fault
from concurrent_fetch.server._faults._wires import (
    chunked,
    head,
    kept,
    lasting,
    later,
    once,
    reply,
    resets,
)
from concurrent_fetch.server._reply import Part

_HELLO = Answered(body=b"hello")
_EMPTY = Answered(body=b"")
_CHUNKED = head("Transfer-Encoding: chunked")
_SURPLUS = "llhttp reads bytes behind a body as the next response, in the same segment only"
_SIZES = "the parsers read sizes of chunks with different leniency"
_LENGTHS = "llhttp refuses a length that is said twice"


def _length(name: str, value: str, *expected: Expected, why: str = "") -> Fault:
    data = head(f"Content-Length: {value}") + b"hello"
    return fault(f"cl_{name}", f"says `Content-Length: {value}`", once(data), *expected, why=why)


def _lengths(name: str, one: str, two: str, *expected: Expected, why: str = "") -> Fault:
    data = head(f"Content-Length: {one}", f"Content-Length: {two}") + b"hello"
    return fault(f"cl_{name}", f"says two lengths, {one} and {two}", once(data), *expected, why=why)


def _coded(name: str, *fields: str, expected: Expected = Kind.PROTOCOL) -> Fault:
    shown = " and ".join(f"`{field}`" for field in fields)
    return fault(f"te_{name}", f"says {shown}", once(head(*fields) + chunked(b"hello")), expected)


def _chunks(name: str, does: str, data: bytes, *expected: Expected, why: str = "") -> Fault:
    return fault(f"chunked_{name}", does, once(_CHUNKED + data), *expected, why=why)


FAULTS = (
    fault("cl_right", "sends what it declares", kept(reply(b"hello")), _HELLO),
    fault("cl_zero", "declares no bytes", kept(reply(b"")), _EMPTY),
    fault(
        "cl_pieces",
        "sends the body in pieces",
        once(head("Content-Length: 5"), later(b"he"), later(b"llo")),
        _HELLO,
    ),
    fault(
        "cl_short",
        "sends 4 of 100 bytes",
        once(head("Content-Length: 100") + b"half"),
        Kind.INCOMPLETE,
    ),
    fault(
        "cl_short_by_one",
        "sends one byte too few",
        once(head("Content-Length: 6") + b"hello"),
        Kind.INCOMPLETE,
    ),
    fault(
        "cl_no_body",
        "declares 100 bytes and closes",
        once(head("Content-Length: 100")),
        Kind.INCOMPLETE,
    ),
    fault(
        "cl_short_rst",
        "sends 4 of 100 bytes and resets",
        resets(head("Content-Length: 100") + b"half"),
        Kind.INCOMPLETE,
    ),
    _length("negative", "-5", Kind.PROTOCOL),
    _length("alpha", "five", Kind.PROTOCOL),
    _length("plus", "+5", Kind.PROTOCOL),
    _length("empty", "", Kind.PROTOCOL),
    _length("float", "5.0", Kind.PROTOCOL),
    _length("hex", "0x5", Kind.PROTOCOL),
    _length("space", "5 5", Kind.PROTOCOL),
    _length("underscore", "0_5", Kind.PROTOCOL),
    _length("unicode", "\xb2", Kind.PROTOCOL),
    _length("comma", "5,", Kind.PROTOCOL),
    _length("semicolon", "5;", Kind.PROTOCOL),
    _length("zeros", "0000000005", _HELLO),
    _length("huge", str(2**62), Kind.TOO_LARGE),
    _length("overflow", str(2**64), Kind.PROTOCOL),
    _length("overflow_100_digits", "9" * 100, Kind.PROTOCOL),
    _lengths("dup_same", "5", "5", _HELLO, Kind.PROTOCOL, why=_LENGTHS),
    _lengths("dup_differ", "5", "6", Kind.PROTOCOL),
    _length("list_same", "5, 5", _HELLO, Kind.PROTOCOL, why=_LENGTHS),
    _length("list_differ", "5, 6", Kind.PROTOCOL),
    fault(
        "cl_extra_close",
        "sends 5 bytes too many, then closes",
        once(reply(b"hello") + b"extra"),
        _HELLO,
        Kind.PROTOCOL,
        why=_SURPLUS,
    ),
    fault(
        "cl_extra_keep",
        "sends 5 bytes too many",
        kept(reply(b"hello") + b"extra"),
        _HELLO,
        Kind.PROTOCOL,
        why=_SURPLUS,
    ),
    fault(
        "cl_zero_extra",
        "declares no bytes and sends 5",
        once(reply(b"") + b"extra"),
        _EMPTY,
        Kind.PROTOCOL,
        why=_SURPLUS,
    ),
    fault("close_delimited", "ends the body by closing", once(head() + b"hello"), _HELLO),
    fault(
        "close_delimited_pieces",
        "does so in pieces",
        once(head(), later(b"hel"), later(b"lo")),
        _HELLO,
    ),
    fault("close_delimited_empty", "closes after a head without length", once(head()), _EMPTY),
    fault(
        "close_delimited_rst",
        "resets in a body without length",
        resets(head() + b"hello"),
        Kind.INCOMPLETE,
    ),
    fault(
        "http10_close_delimited",
        "does so in HTTP/1.0",
        once(b"HTTP/1.0 200 OK\r\n\r\nhello"),
        _HELLO,
    ),
    fault(
        "status_204_length",
        "answers 204 with a length",
        kept(head("Content-Length: 5", status="204 No Content")),
        Answered(status=204, body=b""),
    ),
    fault(
        "status_304_length",
        "answers 304 with a length",
        kept(head("Content-Length: 5", status="304 Not Modified")),
        Answered(status=304, body=b""),
    ),
    fault(
        "status_304_gzip",
        "answers 304 with a coding",
        kept(head("Content-Encoding: gzip", "Content-Length: 50", status="304 Not Modified")),
        Answered(status=304, body=b""),
    ),
    fault(
        "status_204_chunked",
        "answers 204, chunked",
        once(head("Transfer-Encoding: chunked", status="204 No Content")),
        Answered(status=204, body=b""),
    ),
    fault(
        "status_204_body",
        "answers 204 with a body",
        once(head("Content-Length: 5", status="204 No Content") + b"hello"),
        Answered(status=204, body=b""),
        Kind.PROTOCOL,
        why=_SURPLUS,
    ),
    _coded("chunked", "Transfer-Encoding: chunked", expected=_HELLO),
    _coded("upper_case", "TRANSFER-ENCODING: CHUNKED", expected=_HELLO),
    _coded("unknown", "Transfer-Encoding: odd"),
    _coded("identity", "Transfer-Encoding: identity"),
    _coded("empty", "Transfer-Encoding:"),
    _coded("gzip_chunked", "Transfer-Encoding: gzip, chunked"),
    _coded("chunked_gzip", "Transfer-Encoding: chunked, gzip"),
    _coded("chunked_twice", "Transfer-Encoding: chunked, chunked"),
    _coded("two_headers", "Transfer-Encoding: chunked", "Transfer-Encoding: chunked"),
    _coded("xchunked", "Transfer-Encoding: xchunked"),
    _coded("quoted", 'Transfer-Encoding: "chunked"'),
    _coded("parameter", "Transfer-Encoding: chunked;q=1"),
    _coded("and_cl", "Transfer-Encoding: chunked", "Content-Length: 5"),
    _coded("after_cl", "Content-Length: 5", "Transfer-Encoding: chunked"),
    _chunks("empty", "sends the last chunk only", b"0\r\n\r\n", _EMPTY),
    _chunks(
        "bytes", "sends a chunk for each byte", chunked(*[b"h", b"e", b"l", b"l", b"o"]), _HELLO
    ),
    _chunks(
        "upper_hex",
        "writes a size as `A`",
        b"A\r\nhellohello\r\n0\r\n\r\n",
        Answered(body=b"hello" * 2),
    ),
    _chunks("zeros", "writes a size as `0005`", b"0005\r\nhello\r\n0000\r\n\r\n", _HELLO),
    _chunks("ext", "extends a chunk: `5;a=b`", b"5;a=b\r\nhello\r\n0;c\r\n\r\n", _HELLO),
    _chunks(
        "ext_quoted", 'extends a chunk: `5;a="b c"`', b'5;a="b c"\r\nhello\r\n0\r\n\r\n', _HELLO
    ),
    _chunks("trailers", "sends trailers", b"5\r\nhello\r\n0\r\nX-Odd: 1\r\n\r\n", _HELLO),
    _chunks("trailers_no_chunk", "sends trailers and no chunk", b"0\r\nX-Odd: 1\r\n\r\n", _EMPTY),
    _chunks(
        "ext_bws",
        "extends a chunk: `5 ; a = b`",
        b"5 ; a = b\r\nhello\r\n0\r\n\r\n",
        Kind.PROTOCOL,
    ),
    _chunks(
        "lf_only",
        "ends its lines with LF alone",
        b"5\nhello\n0\n\n",
        _HELLO,
        Kind.PROTOCOL,
        Kind.INCOMPLETE,
        why=_SIZES,
    ),
    _chunks(
        "0x",
        "writes a size as `0x5`",
        b"0x5\r\nhello\r\n0\r\n\r\n",
        Kind.PROTOCOL,
    ),
    _chunks(
        "underscore",
        "writes a size as `0_5`",
        b"0_5\r\nhello\r\n0\r\n\r\n",
        Kind.PROTOCOL,
    ),
    _chunks(
        "overflow",
        "writes a size of 17 digits",
        b"1" + b"0" * 16 + b"\r\nhello\r\n0\r\n\r\n",
        Kind.PROTOCOL,
        Kind.INCOMPLETE,
        Kind.TOO_LARGE,
        why=_SIZES,
    ),
    _chunks(
        "long_size_line",
        "extends a chunk by 70,000 bytes",
        b"5;" + b"x" * 70_000 + b"\r\nhello\r\n0\r\n\r\n",
        _HELLO,
    ),
    _chunks(
        "no_last_crlf",
        "leaves the empty line at the end out",
        b"5\r\nhello\r\n0\r\n",
        Kind.INCOMPLETE,
    ),
    _chunks("negative", "writes a size as `-5`", b"-5\r\nhello\r\n0\r\n\r\n", Kind.PROTOCOL),
    _chunks(
        "plus",
        "writes a size as `+5`",
        b"+5\r\nhello\r\n0\r\n\r\n",
        Kind.PROTOCOL,
    ),
    _chunks("bad_size", "writes a size as `xyz`", b"xyz\r\nhello\r\n0\r\n\r\n", Kind.PROTOCOL),
    _chunks("no_size", "leaves a size out", b"\r\nhello\r\n0\r\n\r\n", Kind.PROTOCOL),
    _chunks(
        "mismatch", "sends more than a chunk's size", b"3\r\nhello\r\n0\r\n\r\n", Kind.PROTOCOL
    ),
    _chunks(
        "huge_size",
        "writes a size of 2**59 and closes",
        b"800000000000000\r\nhello",
        Kind.INCOMPLETE,
    ),
    _chunks("truncated", "closes amid a chunk", b"5\r\nhello\r\n5\r\nwo", Kind.INCOMPLETE),
    _chunks("truncated_size", "closes amid a size", b"5\r\nhello\r\n5", Kind.INCOMPLETE),
    _chunks("truncated_ext", "closes amid an extension", b"5\r\nhello\r\n5;a=", Kind.INCOMPLETE),
    _chunks("no_last", "closes before the last chunk", b"5\r\nhello\r\n", Kind.INCOMPLETE),
    _chunks("nothing", "closes before the first chunk", b"", Kind.INCOMPLETE),
    _chunks(
        "truncated_trailers",
        "closes amid trailers",
        b"5\r\nhello\r\n0\r\nX-Odd",
        Kind.INCOMPLETE,
    ),
    fault(
        "chunked_rst",
        "resets between chunks",
        resets(_CHUNKED + b"5\r\nhello\r\n"),
        Kind.INCOMPLETE,
    ),
    fault(
        "chunked_bad_size_delayed",
        "writes a bad size in a later segment",
        once(_CHUNKED + b"5\r\nhello\r\n", later(b"xyz\r\nhello\r\n")),
        Kind.PROTOCOL,
    ),
    fault(
        "chunked_mismatch_delayed",
        "sends more than a chunk's size in a later segment",
        once(_CHUNKED + b"3\r\nhel", later(b"lo\r\n0\r\n\r\n")),
        Kind.PROTOCOL,
    ),
    fault(
        "chunked_http10",
        "answers chunked in HTTP/1.0",
        once(b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked(b"hello")),
        _HELLO,
    ),
    fault(
        "chunked_pieces",
        "sends every byte in a segment of its own",
        once(_CHUNKED, *[later(bytes([octet]), 0.01) for octet in chunked(b"hello")]),
        _HELLO,
    ),
    fault("cl_at_cap", "sends as much as is allowed", kept(reply(b"hello")), _HELLO, max_bytes=5),
    fault(
        "cl_over_cap",
        "declares one byte too many",
        kept(reply(b"hello")),
        Kind.TOO_LARGE,
        max_bytes=4,
    ),
    fault(
        "chunked_over_cap",
        "sends one byte too many, chunked",
        kept(_CHUNKED + chunked(b"hel", b"lo")),
        Kind.TOO_LARGE,
        max_bytes=4,
    ),
    fault(
        "close_delimited_over_cap",
        "sends one byte too many, then closes",
        once(head() + b"hello"),
        Kind.TOO_LARGE,
        max_bytes=4,
    ),
    fault(
        "body_endless",
        "sends a body without end",
        lasting(head(), lambda: iter(lambda: Part(bytes(65536)), None)),
        Kind.TOO_LARGE,
        max_bytes=10**7,
    ),
    fault(
        "body_endless_chunked",
        "sends chunks without end",
        lasting(_CHUNKED, lambda: iter(lambda: Part(b"10000\r\n" + bytes(65536) + b"\r\n"), None)),
        Kind.TOO_LARGE,
        max_bytes=10**7,
    ),
)
