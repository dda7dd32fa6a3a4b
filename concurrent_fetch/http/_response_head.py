"""What a response head may say: one judgement for the heads of all clients.

Their parsers are lenient in different ways; whatever they let through is joined into one block
and checked as a whole.
Sources: RFC 9110, section 5 (fields), and RFC 9112, section 6 (length of a body).
"""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from string import ascii_letters, digits
from typing import NamedTuple, TypeAlias, cast

from concurrent_fetch._failure_kinds import FailureKind, Refusal
from concurrent_fetch.http._codings import codings_in
from concurrent_fetch.http._headers import Headers

MOST_FIELDS = 100
"""Of a head, and of what stands behind the last chunk of a body."""
LONGEST_LINE = 65536
"""In bytes, with its line end."""
MOST_BYTES = 98304
"""Of a head, and of all in a body that is none of it: sizes and extensions of chunks, trailers."""
_VERSIONS = frozenset({"1.0", "1.1", "2", "3"})

_IN_NAMES = b"!#$%&'*+-.^_`|~" + (ascii_letters + digits).encode()
_CONTROLS = bytes([*range(9), *range(10, 32), 127])  # all but tab

_ACTED_ON = (
    *(b"connection", b"content-length"),
    *(b"transfer-encoding", b"content-encoding", b"location"),
)
_PLAIN_FIELD = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]++): ([^\x00-\x08\x0a-\x1f\x7f]*+)\r\n")
_MOST_PARTS = 3 * MOST_FIELDS + 1  # what is between the fields, their names, their values
_TRANSFER_ENCODING = re.compile(rb"^(transfer-encoding: )[^\r]*+", re.IGNORECASE | re.MULTILINE)
_MOST_DIGITS = 64
_FEW_DIGITS = 19
_make = tuple.__new__  # a NamedTuple's own is Python code


class Head(NamedTuple):
    """What a response head says: about its body, where to go, and of the connection."""

    status: int
    http_version: str
    """As "1.1"."""
    headers: Headers
    content_length: int | None
    """As declared, in bytes on the wire."""
    is_last: bool
    """Whether no other response will come on this connection."""
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
    parts, block = _joined(tuple([part for field in fields for part in field]))
    names, values = parts[::2], parts[1::2]
    _check_size(len(names), block)
    _check_names(names)
    # Everything at once: delete what is not allowed, and only the line ends may be gone.
    if len(block) - len(block.translate(None, _CONTROLS)) != 2 * len(names):
        raise _protocol("a header field has a control character in its value")
    return _judged(block, names, values, status, http_version)


def read_plain_head(block: bytes, status: int, http_version: str) -> Head | None:
    """Read the lines of a head if they are as nearly all servers write them, else return None.

    Raises `Refusal` as `read_head` does.
    """
    parts = _PLAIN_FIELD.split(block)
    if any(parts[::3]) or len(parts) > _MOST_PARTS or len(block) > LONGEST_LINE:
        return None
    return _judged(block, tuple(parts[1::3]), parts[2::3], status, http_version)


def _judged(
    block: bytes,
    names: tuple[bytes, ...],
    values: Sequence[bytes],
    status: int,
    http_version: str,
) -> Head:
    """Judge what the fields of a head mean; each has a valid name and a valid value."""
    if http_version not in _VERSIONS:
        raise _protocol("the HTTP version is not 1.0, 1.1, 2 or 3")
    if not 200 <= status <= 999:
        raise _protocol(f"status {status} cannot end an exchange: it must be 200 to 999")
    length_at, connection_at, places = _places(names)
    if length_at is not None:
        length = values[length_at]
        if length.isdigit() and len(length) < _FEW_DIGITS:
            said = b"" if connection_at is None else values[connection_at]
            last = _is_last(said, http_version)
            return _make(
                Head, (status, http_version, Headers(block), int(length), last, (), None, False)
            )
    found = {name: [values[at].strip(b" \t") for at in where] for name, where in places}
    if chunked := b"transfer-encoding" in found:
        _check_chunked(found)
        block = _TRANSFER_ENCODING.sub(rb"\1chunked", block)
    return Head(
        status,
        http_version,
        Headers(block),
        _content_length(found[b"content-length"]) if b"content-length" in found else None,
        _is_last(b",".join(found.get(b"connection", [])), http_version),
        codings_in(b",".join(found.get(b"content-encoding", [])).decode("latin-1")),
        next(filter(None, found[b"location"]), None) if b"location" in found else None,
        chunked,
    )


@lru_cache(64)  # nearly always one of a few
def _is_last(connection: bytes, http_version: str) -> bool:
    """Whether the server closes the connection behind this response (RFC 9112, section 9.3)."""
    options = [option.strip(b" \t") for option in connection.lower().split(b",")]
    return b"close" in options or (http_version == "1.0" and b"keep-alive" not in options)


@lru_cache(64)  # nearly always one of a few
def _check_reason(reason: str | bytes) -> None:
    text = reason.encode("latin-1", "replace") if isinstance(reason, str) else reason
    if len(text) > LONGEST_LINE:
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
def _check_names(names: tuple[bytes, ...]) -> None:
    if not all(names) or b"".join(names).translate(None, _IN_NAMES):
        raise _protocol("a header field has an invalid name")


_Places: TypeAlias = tuple[tuple[bytes, list[int]], ...]


@lru_cache(64)  # as above
def _places(names: tuple[bytes, ...]) -> tuple[int | None, int | None, _Places]:
    """Return which fields those are that a fetch acts on.

    And first, for the ordinary case, which Content-Length and which Connection are all of them.
    """
    lowered = [name.lower() for name in names]
    places = tuple(
        [
            (acted_on, [n for n, name in enumerate(lowered) if name == acted_on])
            for acted_on in _ACTED_ON
            if acted_on in lowered
        ]
    )
    found = sorted(name for name in lowered if name in _ACTED_ON)
    if found not in ([b"content-length"], [b"connection", b"content-length"]):
        return None, None, places
    connection_at = lowered.index(b"connection") if len(found) > 1 else None
    return lowered.index(b"content-length"), connection_at, places


def _check_size(count: int, block: bytes) -> None:
    if count > MOST_FIELDS:
        too_much = f"more than {MOST_FIELDS} fields"
    elif len(block) > MOST_BYTES:
        too_much = "more than 96 KiB"
    elif len(block) > LONGEST_LINE and _longest_line(block) > LONGEST_LINE:
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
