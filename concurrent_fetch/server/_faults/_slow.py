"""Time: servers that are silent, stop halfway, or send so little at a time that it never ends."""

from itertools import repeat

from concurrent_fetch._failure_kinds import FailureKind as Kind
from concurrent_fetch.server._faults._fault import Answer, Answered, Fault, fault
from concurrent_fetch.server._faults._wires import (
    chunked,
    drips,
    head,
    held,
    kept,
    lasting,
    later,
    once,
    reply,
)
from concurrent_fetch.server._reply import Part

_HELLO = Answered(body=b"hello")
_CHUNKED = head("Transfer-Encoding: chunked")
_GZIPPED = head("Content-Encoding: gzip", "Content-Length: 100000")


def _late(name: str, does: str, answer: Answer) -> Fault:
    return fault(name, does, answer, Kind.TIMEOUT, timeout=0.5)


FAULTS = (
    _late("silence", "never answers", held()),
    _late("stall_in_status_line", "stops within the status line", held(b"HTTP/1.1 20")),
    _late("stall_in_headers", "stops within the head", held(head("Content-Length: 5")[:-2])),
    _late("stall_in_body", "stops within the body", held(head("Content-Length: 10") + b"hello")),
    _late("stall_before_body", "stops before the body", held(head("Content-Length: 10"))),
    _late("stall_in_chunk", "stops within a chunk", held(_CHUNKED + b"5\r\nhel")),
    _late(
        "stall_before_last_chunk", "stops before the last chunk", held(_CHUNKED + b"5\r\nhello\r\n")
    ),
    _late("stall_close_delimited", "never closes to end a body", held(head() + b"hello")),
    _late(
        "stall_after_hint",
        "stops after an interim response",
        held(b"HTTP/1.1 103 Early Hints\r\n\r\n"),
    ),
    _late(
        "drip_status",
        "sends its status line byte by byte",
        drips(b"", b"HTTP/1.1 200 " + b"x" * 999),
    ),
    _late(
        "drip_header",
        "sends its head byte by byte",
        drips(b"HTTP/1.1 200 OK\r\n", b"X-A: 1\r\n" * 99),
    ),
    _late(
        "drip_body", "sends its body byte by byte", drips(head("Content-Length: 999"), b"." * 999)
    ),
    _late("drip_chunked", "sends chunks byte by byte", drips(_CHUNKED, chunked(*[b"."] * 99))),
    _late(
        "drip_close_delimited",
        "sends a body without length byte by byte",
        drips(head(), b"." * 999),
    ),
    _late("drip_gzip", "sends gzip byte by byte", drips(_GZIPPED, b"\x1f\x8b\x08" + bytes(999))),
    _late(
        "drip_extension",
        "sends a chunk extension byte by byte",
        drips(_CHUNKED, b"5;" + b"x" * 999),
    ),
    _late(
        "interim_flood",
        "sends interim responses without end",
        lasting(b"", lambda: repeat(Part(b"HTTP/1.1 102 Processing\r\n\r\n", 0.05))),
    ),
    fault(
        "redir_drip_chain",
        "redirects again and again, each time a bit late",
        kept(later(reply(b"", "Location: /fault/redir_drip_chain", status="302 Found"), 0.1)),
        Kind.TIMEOUT,
        timeout=0.5,
        max_redirects=1000,
    ),
    fault("slow_head", "thinks for 0.3 s", once(later(reply(b"hello"), 0.3)), _HELLO),
    fault(
        "slow_body",
        "takes 0.3 s for its body",
        once(head("Content-Length: 5"), *[later(bytes([o]), 0.06) for o in b"hello"]),
        _HELLO,
    ),
)
