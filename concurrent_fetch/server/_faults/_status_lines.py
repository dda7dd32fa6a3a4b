"""Status lines: what does not begin a response, codes of every class, and interim responses."""

from http import HTTPStatus

from concurrent_fetch._failure_kinds import FailureKind as Kind
from concurrent_fetch.server._faults._fault import Answered, Fault, fault
from concurrent_fetch.server._faults._wires import (
    head,
    held,
    kept,
    later,
    once,
    reply,
    without_end,
)

_REST = b"\r\nContent-Length: 5\r\n\r\nhello"
_HELLO = Answered(body=b"hello")


def _line(
    name: str, line: bytes, *expected: Answered | Kind, does: str = "", why: str = ""
) -> Fault:
    shown = line.decode("latin-1")
    return fault(name, does or f"begins with `{shown}`", once(line + _REST), *expected, why=why)


def _status(code: int) -> Fault:
    bodiless = code in {204, 304}
    answer = kept(
        head(status=f"{code} {_REASONS.get(code, 'Unknown')}")
        if bodiless
        else reply(b"hello", status=f"{code} {_REASONS.get(code, 'Unknown')}")
    )
    expected = Answered(status=code, body=b"" if bodiless else b"hello")
    return fault(f"status_{code}", f"answers {code}", answer, expected)


_REASONS = {status.value: status.phrase for status in HTTPStatus}
_CODES = (
    *(200, 201, 202, 203, 204, 205, 206, 207, 226, 299),
    *(300, 301, 302, 303, 304, 305, 306, 307, 308, 399),
    *(400, 401, 403, 404, 407, 408, 410, 418, 421, 425, 429, 451, 499),
    *(500, 502, 503, 504, 511, 599, 600, 999),
)
_HINT = b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n"


def _endless(
    name: str, does: str, first: bytes, piece: bytes, expected: Kind = Kind.PROTOCOL
) -> Fault:
    return fault(name, does, without_end(first, piece), expected)


FAULTS = (
    *map(_status, _CODES),
    _line("status_000", b"HTTP/1.1 000 No", Kind.PROTOCOL),
    _line("status_099", b"HTTP/1.1 099 No", Kind.PROTOCOL),
    _line("sl_http10", b"HTTP/1.0 200 OK", _HELLO),
    _line("sl_http12", b"HTTP/1.2 200 OK", Kind.PROTOCOL),
    _line("sl_http20", b"HTTP/2.0 200 OK", Kind.PROTOCOL),
    _line("sl_http2", b"HTTP/2 200 OK", Kind.PROTOCOL),
    _line("sl_http11x", b"HTTP/1.1x 200 OK", Kind.PROTOCOL),
    _line("sl_http_11", b"HTTP/11 200 OK", Kind.PROTOCOL),
    _line("sl_no_version", b"HTTP 200 OK", Kind.PROTOCOL),
    _line("sl_other_name", b"ICY/1.1 200 OK", Kind.PROTOCOL),
    _line("sl_lower_case", b"http/1.1 200 OK", Kind.PROTOCOL),
    _line("sl_no_reason", b"HTTP/1.1 200", _HELLO),
    _line("sl_no_reason_space", b"HTTP/1.1 200 ", _HELLO),
    _line("sl_long_reason", b"HTTP/1.1 200 " + b"ok " * 300, _HELLO, does="gives a long reason"),
    _line("sl_reason_utf8", "HTTP/1.1 200 Schön".encode(), _HELLO, does="gives a reason in UTF-8"),
    _line("sl_reason_latin1", b"HTTP/1.1 200 Sch\xf6n", _HELLO),
    _line("sl_reason_tab", b"HTTP/1.1 200 a\tb", _HELLO, does="gives a reason with a tab"),
    _line(
        "sl_reason_ctl", b"HTTP/1.1 200 a\x01b", Kind.PROTOCOL, does="gives a reason with a control"
    ),
    _line("sl_reason_nul", b"HTTP/1.1 200 a\0b", Kind.PROTOCOL, does="gives a reason with a NUL"),
    _line(
        "sl_huge_reason",
        b"HTTP/1.1 200 " + b"x" * 70_000,
        Kind.TOO_LARGE,
        does="gives a reason of 70,000 bytes",
    ),
    _line("sl_two_spaces", b"HTTP/1.1  200 OK", Kind.PROTOCOL),
    _line("sl_leading_space", b" HTTP/1.1 200 OK", Kind.PROTOCOL),
    _line("sl_tab", b"HTTP/1.1\t200 OK", Kind.PROTOCOL, does="puts a tab before the code"),
    _line("sl_no_space", b"HTTP/1.1200 OK", Kind.PROTOCOL),
    _line("sl_status_2", b"HTTP/1.1 20 OK", Kind.PROTOCOL),
    _line("sl_status_4", b"HTTP/1.1 2000 OK", Kind.PROTOCOL),
    _line("sl_status_letters", b"HTTP/1.1 2xx OK", Kind.PROTOCOL),
    _line("sl_status_plus", b"HTTP/1.1 +20 OK", Kind.PROTOCOL),
    _line("sl_status_minus", b"HTTP/1.1 -20 OK", Kind.PROTOCOL),
    _line("sl_status_underscore", b"HTTP/1.1 2_0 OK", Kind.PROTOCOL),
    _line("sl_status_missing", b"HTTP/1.1 OK", Kind.PROTOCOL),
    _line(
        "sl_status_arabic", "HTTP/1.1 ٢٠٠ OK".encode(), Kind.PROTOCOL, does="gives Arabic digits"
    ),
    _line(
        "sl_leading_crlf",
        b"\r\nHTTP/1.1 200 OK",
        Kind.PROTOCOL,
        does="begins with an empty line",
    ),
    fault(
        "garbage_page",
        "sends a page without a head, with an empty line in it",
        once(b"<html>\r\n\r\n<h1>Hello</h1></html>"),
        Kind.PROTOCOL,
    ),
    fault(
        "garbage_smtp",
        "speaks SMTP, then an empty line",
        once(b"220 mail.example.com ESMTP\r\n\r\n"),
        Kind.PROTOCOL,
    ),
    fault(
        "garbage_binary",
        "sends bytes of all values",
        once(bytes(range(256)) * 4),
        Kind.PROTOCOL,
    ),
    fault(
        "garbage_smtp_line",
        "speaks SMTP, one line",
        once(b"220 mail.example.com ESMTP\r\n"),
        Kind.PROTOCOL,
    ),
    fault(
        "garbage_ssh",
        "speaks SSH",
        once(b"SSH-2.0-OpenSSH_9.2\r\n"),
        Kind.PROTOCOL,
    ),
    fault(
        "http09",
        "sends a page without a head",
        once(b"<html><h1>Hello</h1></html>"),
        Kind.PROTOCOL,
    ),
    fault(
        "garbage_hold",
        "speaks SSH and waits",
        held(b"SSH-2.0-OpenSSH_9.2\r\n"),
        Kind.PROTOCOL,
        timeout=0.5,
    ),
    fault(
        "garbage_endless_line",
        "sends a first line of 1 MiB that does not end",
        held(b"x" * 2**20),
        Kind.PROTOCOL,
        timeout=5.0,
    ),
    *(
        _endless(f"endless_{name}", f"sends {what} without end", b"", piece)
        for name, what, piece in (
            ("crlf", "empty lines", b"\r\n"),
            ("lf", "line feeds", b"\n"),
            ("cr", "carriage returns", b"\r"),
            ("blanks", "blanks", b" "),
            ("zeros", "NULs", b"\0"),
        )
    ),
    _endless("endless_status", "sends a status without end", b"HTTP/1.1 2", b"0"),
    _endless(
        "endless_reason", "sends a reason without end", b"HTTP/1.1 200 O", b"K", Kind.TOO_LARGE
    ),
    fault(
        "interim_100",
        "sends 100 Continue before the response",
        once(b"HTTP/1.1 100 Continue\r\n\r\n", reply(b"hello")),
        _HELLO,
    ),
    fault(
        "interim_102_x3",
        "sends three times 102 before the response",
        once(b"HTTP/1.1 102 Processing\r\n\r\n" * 3, reply(b"hello")),
        _HELLO,
    ),
    fault(
        "interim_103",
        "sends 103 Early Hints before the response",
        once(_HINT, reply(b"hello")),
        _HELLO,
    ),
    fault(
        "interim_103_x30",
        "sends 30 hints before the response",
        once(_HINT * 30, reply(b"hello")),
        _HELLO,
    ),
    fault(
        "interim_103_delayed",
        "sends a hint and the response in pieces",
        once(_HINT[:30], later(_HINT[30:] + reply(b"hello")[:20]), later(reply(b"hello")[20:])),
        _HELLO,
    ),
    fault("interim_then_fin", "closes after a hint", once(_HINT), Kind.DISCONNECTED),
    fault(
        "interim_bad_field",
        "sends a hint with a line that is no field",
        once(b"HTTP/1.1 103 Early Hints\r\nno colon\r\n\r\n", reply(b"hello")),
        Kind.PROTOCOL,
    ),
    fault(
        "interim_101",
        "switches protocols though nobody asked",
        held(head("Upgrade: websocket", "Connection: Upgrade", status="101 Switching Protocols")),
        Kind.PROTOCOL,
    ),
)
