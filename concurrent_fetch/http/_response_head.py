"""What a response head may say: one judgement for the heads of all clients.

Their parsers are lenient in different ways; whatever they let through is joined into one block
and checked as a whole.
Sources: RFC 9110, section 5 (fields), and RFC 9112, section 6 (length of a body).
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from string import ascii_letters, digits
from typing import NamedTuple, cast

from concurrent_fetch._failure_kinds import FailureKind, Refusal
from concurrent_fetch.http._codings import ALIASES, CODINGS
from concurrent_fetch.http._headers import Headers

MOST_FIELDS = 100
"""Of a head, and of what stands behind the last chunk of a body."""
_LONGEST_LINE = 65536  # with its line end, as http.client counts
MOST_BYTES = 98304
"""Of a head, and of all in a body that is none of it: sizes and extensions of chunks, trailers."""
_VERSIONS = frozenset({"1.0", "1.1", "2", "3"})

_IN_NAMES = b"!#$%&'*+-.^_`|~" + (ascii_letters + digits).encode()
_CONTROLS = bytes([*range(9), *range(10, 32), 127])  # all but tab

_ACTED_ON = (b"content-length", b"transfer-encoding", b"content-encoding", b"location")
START = 13
"""So many bytes tell what can be no response."""
_STATUS_LINE = b"HTTP/0.0 000"
_TO_ZERO = bytes.maketrans(digits.encode(), b"0" * 10)
_TRANSFER_ENCODING = re.compile(rb"^(transfer-encoding: )[^\r]*+", re.IGNORECASE | re.MULTILINE)
_MOST_DIGITS = 64
_FEW_DIGITS = 19


class Head(NamedTuple):
    """What a response head says about its body and about where to go."""

    headers: Headers
    content_length: int | None
    """As declared, in bytes on the wire."""
    codings: tuple[str, ...] = ()
    """Content-codings in the order they were applied in, lower-case; other names are left out."""
    location: bytes | None = None
    """The first Location that is not empty."""
    chunked: bool = False


def read_head(
    fields: Iterable[tuple[bytes | str, bytes | str]],
    *,
    status: int,
    http_version: str,
    reason: bytes | str = b"",
) -> Head:
    """Check a final response head: fields in wire order as a client knows them; `str` is latin-1.

    Of the reason phrase nothing is kept.

    Raises `Refusal`: `too_large` beyond 100 fields, 64 KiB in a line or 96 KiB in all, `protocol`
    for anything else that makes the head invalid.
    """
    _check_reason(reason)
    if http_version not in _VERSIONS:
        raise _protocol("the HTTP version is not 1.0, 1.1, 2 or 3")
    if not 200 <= status <= 999:
        raise _protocol(f"status {status} cannot end an exchange: it must be 200 to 999")
    parts, block = _joined(tuple([part for field in fields for part in field]))
    count = len(parts) // 2
    _check_size(count, block)
    length_at, places = _places(parts[::2])
    # Everything at once: delete what is not allowed, and only the line ends may be gone.
    if len(block) - len(block.translate(None, _CONTROLS)) != 2 * count:
        raise _protocol("a header field has a control character in its value")
    if length_at is not None:
        length = parts[length_at]
        if length.isdigit() and len(length) < _FEW_DIGITS:
            return Head(Headers(block), int(length))
    found = {name: [parts[p].strip(b" \t") for p in where] for name, where in places}
    if chunked := b"transfer-encoding" in found:
        _check_chunked(found)
        block = _TRANSFER_ENCODING.sub(rb"\1chunked", block)
    return Head(
        Headers(block),
        _content_length(found[b"content-length"]) if b"content-length" in found else None,
        _codings(found[b"content-encoding"]) if b"content-encoding" in found else (),
        next(filter(None, found[b"location"]), None) if b"location" in found else None,
        chunked,
    )


def may_begin_response(start: bytes) -> bool:
    """Whether a response may begin with these bytes; the first `START` of them are looked at."""
    shape = start[: len(_STATUS_LINE)].translate(_TO_ZERO)
    return _STATUS_LINE.startswith(shape) and start[len(_STATUS_LINE) : START] in b" \r\n"


@lru_cache(64)  # nearly always one of a few
def _check_reason(reason: str | bytes) -> None:
    text = reason.encode("latin-1", "replace") if isinstance(reason, str) else reason
    if len(text) > _LONGEST_LINE:
        raise Refusal(FailureKind.TOO_LARGE, "the response head has a line of more than 64 KiB")
    if text.translate(None, _CONTROLS) != text:
        raise _protocol("the reason phrase has a control character")


def _protocol(message: str) -> Refusal:
    return Refusal(FailureKind.PROTOCOL, message)


def _joined(parts: tuple[bytes | str, ...]) -> tuple[tuple[bytes, ...], bytes]:
    """Return names and values, one after the other, as bytes; and as one block of lines."""
    lines = b"%b: %b\r\n" * (len(parts) // 2)
    try:
        return cast("tuple[bytes, ...]", parts), lines % parts
    except TypeError:  # there is a str among them
        as_bytes = _as_bytes(parts)
        return as_bytes, lines % as_bytes


def _as_bytes(parts: tuple[bytes | str, ...]) -> tuple[bytes, ...]:
    try:
        return tuple([p.encode("latin-1") if isinstance(p, str) else p for p in parts])
    except UnicodeEncodeError:
        raise _protocol("a header field has a character outside latin-1") from None


@lru_cache(64)  # a server names its fields in the same order in every answer
def _places(names: tuple[bytes, ...]) -> tuple[int | None, tuple[tuple[bytes, list[int]], ...]]:
    """Check the names; return where the values of those stand that a fetch acts on.

    And first, for the ordinary case, that of Content-Length if it is the only one.
    """
    if not all(names) or b"".join(names).translate(None, _IN_NAMES):
        raise _protocol("a header field has an invalid name")
    lowered = [name.lower() for name in names]
    places = tuple(
        [
            (acted_on, [2 * n + 1 for n, name in enumerate(lowered) if name == acted_on])
            for acted_on in _ACTED_ON
            if acted_on in lowered
        ]
    )
    only_length = [name for name in lowered if name in _ACTED_ON] == [b"content-length"]
    return (places[0][1][0] if only_length else None), places


def _check_size(count: int, block: bytes) -> None:
    if count > MOST_FIELDS:
        too_much = f"more than {MOST_FIELDS} fields"
    elif len(block) > MOST_BYTES:
        too_much = "more than 96 KiB"
    elif len(block) > _LONGEST_LINE and _longest_line(block) > _LONGEST_LINE:
        too_much = "a line of more than 64 KiB"
    else:
        return
    raise Refusal(FailureKind.TOO_LARGE, f"the response head has {too_much}")


def _longest_line(block: bytes) -> int:
    return max(map(len, block.split(b"\n"))) + 1


def _check_chunked(found: dict[bytes, list[bytes]]) -> None:
    """Two ways to tell where a body ends are how one response is smuggled into another."""
    if [value.lower() for value in found[b"transfer-encoding"]] != [b"chunked"]:
        raise _protocol("Transfer-Encoding is not just 'chunked'")
    if b"content-length" in found:
        raise _protocol("Transfer-Encoding and Content-Length together")


def _content_length(values: list[bytes]) -> int:
    lengths: set[int] = set()
    for element in b",".join(values).split(b","):
        number = element.strip(b" \t")
        if not number.isdigit() or len(number) > _MOST_DIGITS:
            raise _protocol("Content-Length is no number of bytes")
        lengths.add(int(number))
    length = lengths.pop()
    if lengths or length > 2**63 - 1:
        raise _protocol("Content-Length says two things, or more than 2**63 - 1")
    return length


def _codings(values: list[bytes]) -> tuple[str, ...]:
    """Return what is a coding; any other name, as `none` or `utf-8`, changes nothing of a body."""
    names = [name.strip(" \t") for name in b",".join(values).lower().decode("latin-1").split(",")]
    return tuple([coding for n in names if (coding := ALIASES.get(n, n)) in CODINGS])
