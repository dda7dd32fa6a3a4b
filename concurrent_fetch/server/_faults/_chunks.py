"""Chunks: how a body is cut into them, what says so, and what does not fit."""

from concurrent_fetch._failure_kinds import FailureKind as Kind
from concurrent_fetch.server._faults._fault import Answered, Expected, Fault, fault
from concurrent_fetch.server._faults._wires import (
    chunked,
    head,
    kept,
    lasting,
    later,
    once,
    resets,
    without_end,
)
from concurrent_fetch.server._reply import Part

_HELLO = Answered(body=b"hello")
_EMPTY = Answered(body=b"")
_CHUNKED = head("Transfer-Encoding: chunked")


def _coded(name: str, *fields: str, expected: Expected = Kind.PROTOCOL) -> Fault:
    shown = " and ".join(f"`{field}`" for field in fields)
    return fault(f"te_{name}", f"says {shown}", once(head(*fields) + chunked(b"hello")), expected)


def _chunks(name: str, does: str, data: bytes, *expected: Expected, why: str = "") -> Fault:
    return fault(f"chunked_{name}", does, once(_CHUNKED + data), *expected, why=why)


FAULTS = (
    fault(
        "status_204_chunked",
        "answers 204, chunked",
        once(head("Transfer-Encoding: chunked", status="204 No Content")),
        Answered(status=204, body=b""),
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
        Kind.PROTOCOL,
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
    *(
        fault(f"chunked_endless_{name}", does, without_end(_CHUNKED + first, piece), Kind.TOO_LARGE)
        for name, does, first, piece in (
            ("ext", "extends a chunk without end", b"5;a=b", b";a=b"),
            ("ext_value", "extends a chunk by a value without end", b"5;a=", b"b"),
            ("size", "writes zeros before a size without end", b"", b"0"),
            ("blanks", "puts blanks behind a size without end", b"5", b" "),
            ("trailers", "sends trailers without end", b"5\r\nhello\r\n0\r\n", b"X-Odd: 1\r\n"),
            ("trailer", "sends a trailer without end", b"5\r\nhello\r\n0\r\nX-Odd: ", b"1"),
            ("folds", "folds a trailer without end", b"5\r\nhello\r\n0\r\nX-Odd: 1", b"\r\n 1"),
        )
    ),
    _chunks(
        "trailers_many",
        "sends 200 trailers",
        b"5\r\nhello\r\n0\r\n" + b"X-Odd: 1\r\n" * 200 + b"\r\n",
        Kind.TOO_LARGE,
    ),
    _chunks(
        "trailer_70k",
        "sends a trailer of 70,000 bytes",
        b"5\r\nhello\r\n0\r\nX-Odd: " + b"x" * 70_000 + b"\r\n\r\n",
        Kind.TOO_LARGE,
    ),
    _chunks(
        "trailer_folded",
        "folds a trailer",
        b"5\r\nhello\r\n0\r\nX-Odd: 1\r\n 2\r\n\r\n",
        _HELLO,
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
    fault(
        "chunked_over_cap",
        "sends one byte too many, chunked",
        kept(_CHUNKED + chunked(b"hel", b"lo")),
        Kind.TOO_LARGE,
        max_bytes=4,
    ),
    fault(
        "body_endless_chunked",
        "sends chunks without end",
        lasting(_CHUNKED, lambda: iter(lambda: Part(b"10000\r\n" + bytes(65536) + b"\r\n"), None)),
        Kind.TOO_LARGE,
        max_bytes=10**7,
    ),
)
