"""Lengths of bodies: how long they are said to be, how long they are, and where they end."""

from concurrent_fetch._failure_kinds import FailureKind as Kind
from concurrent_fetch.server._faults._fault import Answered, Expected, Fault, fault
from concurrent_fetch.server._faults._wires import head, kept, lasting, later, once, reply, resets
from concurrent_fetch.server._reply import Part

_HELLO = Answered(body=b"hello")
_EMPTY = Answered(body=b"")


def _length(name: str, value: str, *expected: Expected, why: str = "") -> Fault:
    data = head(f"Content-Length: {value}") + b"hello"
    return fault(f"cl_{name}", f"says `Content-Length: {value}`", once(data), *expected, why=why)


def _lengths(name: str, one: str, two: str, *expected: Expected, why: str = "") -> Fault:
    data = head(f"Content-Length: {one}", f"Content-Length: {two}") + b"hello"
    return fault(f"cl_{name}", f"says two lengths, {one} and {two}", once(data), *expected, why=why)


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
    _lengths("dup_same", "5", "5", _HELLO),
    _lengths("dup_differ", "5", "6", Kind.PROTOCOL),
    _length("list_same", "5, 5", _HELLO),
    _length("list_differ", "5, 6", Kind.PROTOCOL),
    fault(
        "cl_extra_close",
        "sends 5 bytes too many, then closes",
        once(reply(b"hello") + b"extra"),
        _HELLO,
    ),
    fault(
        "cl_extra_keep",
        "sends 5 bytes too many",
        kept(reply(b"hello") + b"extra"),
        _HELLO,
    ),
    fault(
        "cl_zero_extra",
        "declares no bytes and sends 5",
        once(reply(b"") + b"extra"),
        _EMPTY,
    ),
    fault("close_delimited", "ends the body by closing", once(head() + b"hello"), _HELLO),
    fault(
        "close_delimited_pieces",
        "sends a body without length in pieces",
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
        "ends the body by closing, in HTTP/1.0",
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
        "status_204_body",
        "answers 204 with a body",
        once(head("Content-Length: 5", status="204 No Content") + b"hello"),
        Answered(status=204, body=b""),
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
)
