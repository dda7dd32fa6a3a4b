"""Header fields: lines that are none, values that do not belong there, and too much of them."""

from concurrent_fetch._failure_kinds import FailureKind as Kind
from concurrent_fetch.server._faults._fault import Answered, Expected, Fault, fault
from concurrent_fetch.server._faults._wires import (
    head,
    later,
    made_when_asked,
    once,
    reply,
    without_end,
)

_HELLO = Answered(body=b"hello")
_OK = b"HTTP/1.1 200 OK\r\n"


def _field(
    name: str, does: str, line: bytes, *expected: Expected, why: str = "", first: bool = False
) -> Fault:
    """Return a fault with one line more in its head: the last one, or the first."""
    lines = [line, b"Content-Length: 5"] if first else [b"Content-Length: 5", line]
    data = b"\r\n".join([b"HTTP/1.1 200 OK", *lines, b"", b"hello"])
    return fault(name, does, once(data), *expected, why=why)


def _value(name: str, does: str, value: bytes, *expected: Expected) -> Fault:
    return _field(name, does, b"X-Odd: " + value, *expected)


def _seen(value: str) -> Answered:
    return Answered(body=b"hello", header=("X-Odd", value))


def _many(count: int) -> Fault:
    fields = (f"X-{number}: {number}" for number in range(count - 1))
    answer = made_when_asked(lambda: once(reply(b"hello", *fields)))
    expected = _HELLO if count <= 100 else Kind.TOO_LARGE
    return fault(f"hdrs_{count}", f"sends {count:,} fields", answer, expected)


FAULTS = (
    _field("hdr_no_colon", "sends a line without a colon", b"no colon", Kind.PROTOCOL),
    _field(
        "hdr_no_colon_first",
        "begins with a line without a colon",
        b"no colon",
        Kind.PROTOCOL,
        first=True,
    ),
    _field("hdr_space_before_colon", "puts a space before a colon", b"X-Odd : 1", Kind.PROTOCOL),
    _field("hdr_tab_before_colon", "puts a tab before a colon", b"X-Odd\t: 1", Kind.PROTOCOL),
    _field("hdr_bad_name_space", "has a space in a name", b"X Odd: 1", Kind.PROTOCOL),
    _field("hdr_empty_name", "sends a field without a name", b": 1", Kind.PROTOCOL),
    _field("hdr_name_ctl", "has a control character in a name", b"X-\x01: 1", Kind.PROTOCOL),
    _field("hdr_name_nul", "has a NUL in a name", b"X-\0: 1", Kind.PROTOCOL),
    _field("hdr_name_latin1", "has a letter beyond ASCII in a name", b"X-\xe9: 1", Kind.PROTOCOL),
    _field("hdr_name_quote", "has a quote in a name", b'X-"a": 1', Kind.PROTOCOL),
    _field("hdr_name_slash", "has a slash in a name", b"X/Odd: 1", Kind.PROTOCOL),
    _field("hdr_name_at", "has an @ in a name", b"X@Odd: 1", Kind.PROTOCOL),
    _field("hdr_name_symbols", "has all allowed symbols in a name", b"!#$%&'*+-.^_`|~: 1", _HELLO),
    _field("hdr_name_8k", "has a name of 8 KiB", b"X" * 8192 + b": 1", _HELLO),
    _field("hdr_name_70k", "has a name of 70,000 bytes", b"X" * 70_000 + b": 1", Kind.TOO_LARGE),
    _value("hdr_empty_value", "sends an empty value", b"", _seen("")),
    _value("hdr_ws", "puts blanks around a value", b"  \t a b \t ", _seen("a b")),
    _value("hdr_no_ws", "puts no blank before a value", b"", _seen("")),
    _value("hdr_val_tab", "has a tab in a value", b"a\tb", _seen("a\tb")),
    _value("hdr_val_latin1", "has latin-1 in a value", b"caf\xe9", _seen("caf\xe9")),
    _value("hdr_val_utf8", "has UTF-8 in a value", "é".encode(), _seen("Ã©")),
    _value(
        "hdr_val_c1", "has bytes from 0x80 to 0x9F in a value", b"a\x85\x9fb", _seen("a\x85\x9fb")
    ),
    _value("hdr_val_nul", "has a NUL in a value", b"a\0b", Kind.PROTOCOL),
    _value("hdr_val_bel", "has a BEL in a value", b"a\x07b", Kind.PROTOCOL),
    _value("hdr_val_esc", "has an ESC in a value", b"a\x1bb", Kind.PROTOCOL),
    _value("hdr_val_del", "has a DEL in a value", b"a\x7fb", Kind.PROTOCOL),
    _value("hdr_val_bare_cr", "has a lone CR in a value", b"a\rb", Kind.PROTOCOL),
    _value("hdr_val_cr_inject", "hides a field behind a lone CR", b"a\rX-New: 1", Kind.PROTOCOL),
    _value("hdr_vt_splitlines", "has VT, FF and FS in a value", b"a\x0bb\x0cc\x1cd", Kind.PROTOCOL),
    _field(
        "hdr_obs_fold",
        "folds a value",
        b"X-Odd: one\r\n two",
        _seen("one two"),
    ),
    _field(
        "hdr_obs_fold_first",
        "begins the fields with a blank",
        b" X-Odd: 1",
        Kind.PROTOCOL,
        first=True,
    ),
    fault(
        "hdr_case",
        "writes names in odd case",
        once(b"HTTP/1.1 200 OK\r\ncOnTeNt-LeNgTh: 5\r\nx-oDD: A\r\n\r\nhello"),
        _seen("A"),
    ),
    fault(
        "hdr_repeated",
        "repeats a field",
        once(reply(b"hello", "X-Odd: a", "X-Other: c", "x-odd: b")),
        _seen("a, b"),
    ),
    fault("hdr_none", "sends no field at all", once(head() + b"hello"), _HELLO),
    fault(
        "hdr_bare_lf",
        "ends its lines with LF alone",
        once(reply(b"", "X-Odd: a").replace(b"\r\n", b"\n").replace(b": 0", b": 5") + b"hello"),
        _seen("a"),
    ),
    fault(
        "hdr_pieces",
        "sends its head in pieces that end amid a CR LF",
        once(
            b"HTTP/1.1 200 OK\r",
            later(b"\nContent-Length: 5\r"),
            later(b"\nX-Odd: a\r\n\r"),
            later(b"\nhello"),
        ),
        _seen("a"),
    ),
    _value("hdr_10k", "sends a value of 10,000 bytes", b"x" * 10_000, _HELLO),
    _value("hdr_60k", "sends a value of 60,000 bytes", b"x" * 60_000, _HELLO),
    _value("hdr_64k", "sends a value of 64 KiB", b"x" * 65536, Kind.TOO_LARGE),
    _value("hdr_100k", "sends a value of 100,000 bytes", b"x" * 100_000, Kind.TOO_LARGE),
    fault(
        "hdr_total_90k",
        "sends nine fields of 10,000 bytes",
        once(reply(b"hello", *[f"X-{n}: {'x' * 10_000}" for n in range(9)])),
        _HELLO,
    ),
    fault(
        "hdr_total_200k",
        "sends twenty fields of 10,000 bytes",
        once(reply(b"hello", *[f"X-{n}: {'x' * 10_000}" for n in range(20)])),
        Kind.TOO_LARGE,
    ),
    *(
        fault(f"hdr_endless_{name}", does, without_end(_OK + first, piece), Kind.TOO_LARGE)
        for name, does, first, piece in (
            ("folds", "folds a value without end", b"X-Odd: a", b"\r\n a"),
            ("blanks", "puts blanks before a value without end", b"X-Odd:", b" "),
            ("value", "sends a value without end", b"X-Odd: ", b"a"),
            ("name", "sends a name without end", b"", b"a"),
            ("fields", "sends fields without end", b"", b"X-Odd: 1\r\n"),
        )
    ),
    fault(
        "hdr_folds_24k",
        "folds a value 24,000 times",
        once(_OK + b"X-Odd: a" + b"\r\n a" * 24_000 + b"\r\nContent-Length: 5\r\n\r\nhello"),
        _HELLO,
    ),
    *map(_many, (2, 99, 100, 101, 110, 150, 1000, 10_000)),
    fault(
        "hdr_set_cookies",
        "sets 50 cookies",
        once(reply(b"hello", *[f"Set-Cookie: c{n}=1; Path=/" for n in range(50)])),
        _HELLO,
    ),
    _field(
        "hdr_connection_odd", "says `Connection: odd, , close`", b"Connection: odd, , close", _HELLO
    ),
)
