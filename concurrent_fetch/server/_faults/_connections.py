"""Connections: cut off within a head, and what happens on one that is kept."""

from concurrent_fetch._failure_kinds import FailureKind as Kind
from concurrent_fetch.server._faults._fault import Answered, fault
from concurrent_fetch.server._faults._wires import (
    by_turn,
    ends,
    head,
    kept,
    later,
    once,
    reply,
    resets,
)
from concurrent_fetch.server._reply import End

_HELLO = Answered(body=b"hello")
_GOOD = kept(reply(b"hello"))
_POISON = reply(b"POISON")
_HEAD = head("Content-Length: 5", "X-Odd: 1")

FAULTS = (
    fault("fin_after_request", "closes without a word", once(), Kind.DISCONNECTED),
    fault("fin_late", "closes after a while", once(later(b"", 0.2)), Kind.DISCONNECTED),
    fault("fin_in_version", "closes within the version", once(b"HTT"), Kind.DISCONNECTED),
    fault(
        "fin_in_status_line",
        "closes within the status line",
        once(b"HTTP/1.1 20"),
        Kind.DISCONNECTED,
    ),
    fault(
        "fin_after_status_line",
        "closes after the status line",
        once(b"HTTP/1.1 200 OK\r\n"),
        Kind.DISCONNECTED,
    ),
    fault("fin_in_header_name", "closes within a name", once(_HEAD[:25]), Kind.DISCONNECTED),
    fault("fin_in_headers", "closes within a field", once(_HEAD[:-6]), Kind.DISCONNECTED),
    fault("fin_after_header_line", "closes after a field", once(_HEAD[:-2]), Kind.DISCONNECTED),
    fault(
        "fin_before_last_lf",
        "closes before the last byte of the head",
        once(_HEAD[:-1]),
        Kind.DISCONNECTED,
    ),
    fault("rst_after_request", "resets without a word", resets(), Kind.DISCONNECTED),
    fault(
        "rst_in_status_line",
        "resets within the status line",
        resets(b"HTTP/1.1 20"),
        Kind.DISCONNECTED,
    ),
    fault("rst_in_headers", "resets within a field", resets(_HEAD[:-6]), Kind.DISCONNECTED),
    fault("rst_after_header_line", "resets after a field", resets(_HEAD[:-2]), Kind.DISCONNECTED),
    fault(
        "ka_close_each",
        "closes each connection after it has promised to keep it",
        once(reply(b"hello")),
        _HELLO,
        fetches=3,
    ),
    fault(
        "ka_close_header",
        "says `Connection: close` and keeps it",
        kept(reply(b"hello", "Connection: close")),
        _HELLO,
        fetches=3,
    ),
    fault(
        "ka_http10",
        "answers in HTTP/1.0 and keeps the connection",
        kept(b"HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello"),
        _HELLO,
        fetches=3,
    ),
    fault(
        "ka_http10_keep",
        "answers `Connection: keep-alive` in HTTP/1.0",
        kept(b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 5\r\n\r\nhello"),
        _HELLO,
        fetches=3,
    ),
    fault(
        "ka_race_fin",
        "closes when the second request comes",
        by_turn(_GOOD, once()),
        _HELLO,
        fetches=3,
    ),
    fault(
        "ka_race_rst",
        "resets when the second request comes",
        by_turn(_GOOD, ends(End.RESET)),
        _HELLO,
        fetches=3,
    ),
    fault(
        "ka_race_late",
        "closes a while after the second request",
        by_turn(_GOOD, once(later(b"", 0.1))),
        _HELLO,
        fetches=3,
    ),
    fault(
        "ka_race_partial",
        "closes within the head of the second response",
        by_turn(_GOOD, once(b"HTTP/1.1 200 OK\r\nX-")),
        _HELLO,
        fetches=2,
    ),
    fault(
        "ka_garbage_second",
        "sends no HTTP as the second response",
        by_turn(_GOOD, once(b"220 mail.example.com ESMTP\r\n\r\n")),
        _HELLO,
        Kind.PROTOCOL,
        fetches=2,
    ),
    fault(
        "ka_poison",
        "sends a second response behind the first",
        kept(reply(b"hello") + _POISON),
        _HELLO,
        fetches=3,
    ),
    fault(
        "ka_poison_late",
        "sends a second response a moment after the first",
        kept(reply(b"hello"), later(_POISON, 0.01)),
        _HELLO,
        fetches=2,
        idle=0.1,
    ),
    fault(
        "ka_poison_chunked",
        "sends a second response behind a chunked one",
        kept(head("Transfer-Encoding: chunked") + b"5\r\nhello\r\n0\r\n\r\n" + _POISON),
        _HELLO,
        fetches=3,
    ),
    fault(
        "ka_poison_204",
        "sends a second response behind 204",
        kept(head(status="204 No Content") + _POISON),
        Answered(status=204, body=b""),
        fetches=3,
    ),
    fault(
        "ka_poison_304",
        "sends a second response behind 304",
        kept(head(status="304 Not Modified") + _POISON),
        Answered(status=304, body=b""),
        fetches=3,
    ),
    fault(
        "ka_204_body",
        "answers 204 with a body",
        kept(head("Content-Length: 5", status="204 No Content") + b"hello"),
        Answered(status=204, body=b""),
        fetches=3,
    ),
    fault(
        "ka_leftover_garbage",
        "sends junk behind each response",
        kept(reply(b"hello") + b"junk\r\n\r\n"),
        _HELLO,
        fetches=3,
    ),
    fault(
        "ka_interim_behind",
        "sends a hint behind each response",
        kept(reply(b"hello") + b"HTTP/1.1 103 Early Hints\r\n\r\n"),
        _HELLO,
        fetches=3,
    ),
)
