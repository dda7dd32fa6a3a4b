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
from concurrent_fetch.http._names import is_secret

MOST_FIELDS = 100
"""Of a head, and of what stands behind the last chunk of a body."""
LONGEST_LINE = 65536
"""In bytes, with its line end."""
MOST_BYTES = 98304
"""Of a head, and of all in a body that is none of it: sizes and extensions of chunks, trailers."""
_VERSIONS = frozenset({"1.0", "1.1", "2", "3"})

_IN_NAMES = b"!#$%&'*+-.^_`|~" + (ascii_letters + digits).encode()
_CONTROLS = bytes([*range(9), *range(10, 32), 127])  # all but tab

_CONNECTION, _CONTENT_LENGTH, _TRANSFER = b"connection", b"content-length", b"transfer-encoding"
_ACTED_ON = {
    name: name
    for name in (_CONNECTION, _CONTENT_LENGTH, _TRANSFER, b"content-encoding", b"location")
}
"""By themselves: of equal names one object stands for all, told by its identity."""
_MAY_BE_URL = re.compile(rb"://|[?&#@]")
_NAME_MAY_TELL = re.compile(rb"auth|link|location|refresh|ur[il]", re.IGNORECASE)
"""A path that nobody is to know, or what a server and a client agree on."""
_PLAIN_LINE = re.compile(rb"(?!:)([!#$%&'*+.^_`|~0-9A-Za-z-]*+): ([^\x00-\x08\x0a-\x1f\x7f]*+)")
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
    acted_on = [(name, values[at]) for name, at in _places(names)]
    return _judged(block, acted_on, status, http_version)


def read_plain_head(
    lines: Sequence[bytes], text: bytes, status: int, http_version: str
) -> Head | None:
    """Read the lines of a head if they are as nearly all servers write them, else return None.

    `text` is those lines joined by line ends. Raises `Refusal` as `read_head` does.
    """
    if len(lines) > MOST_FIELDS or len(text) >= LONGEST_LINE - 1:
        return None
    try:
        acted_on = list(filter(None, map(_field_in, lines)))
    except _NotPlainError:
        return None
    return _judged(text + b"\r\n" if lines else b"", acted_on, status, http_version)


_Field: TypeAlias = tuple[bytes, bytes]
"""Name, in lower case, and value of a field that a fetch acts on."""


class _NotPlainError(Exception):
    """A line is not as nearly all are."""


class _KnownLines(dict[bytes, _Field | None]):
    """The field in each line, None where nobody acts on it; a line that is not known is read.

    Most lines of a head stand in every response of a server, or of a second. Kept are only short
    ones of which neither name nor value looks like a URL's or a secret's: they outlast the fetch.
    """

    _MOST = 512
    _LONGEST = 128

    def __missing__(self, line: bytes) -> _Field | None:
        parts = _PLAIN_LINE.fullmatch(line)
        if parts is None:
            raise _NotPlainError
        name = _ACTED_ON.get(parts[1].lower())
        field = None if name is None else (name, parts[2])
        may_tell = (
            _NAME_MAY_TELL.search(parts[1])
            or _MAY_BE_URL.search(parts[2])
            or is_secret(parts[1].decode("ascii"))
        )
        if len(line) <= self._LONGEST and not may_tell:
            if len(self) >= self._MOST:
                self.clear()
            self[line] = field
        return field


_field_in = _KnownLines().__getitem__


def _judged(block: bytes, acted_on: Sequence[_Field], status: int, http_version: str) -> Head:
    """Judge what the fields of a head mean; each has a valid name and a valid value."""
    if http_version not in _VERSIONS:
        raise _protocol("the HTTP version is not 1.0, 1.1, 2 or 3")
    if not 200 <= status <= 999:
        raise _protocol(f"status {status} cannot end an exchange: it must be 200 to 999")
    length = connection = None
    for name, value in acted_on:
        if name is _CONTENT_LENGTH and length is None:
            length = value
        elif name is _CONNECTION and connection is None:
            connection = value
        else:
            break
    else:  # the ordinary case
        if length is not None and length.isdigit() and len(length) < _FEW_DIGITS:
            last = not (connection is None or connection == b"keep-alive") or http_version == "1.0"
            last = last and _is_last(connection or b"", http_version)
            return _make(
                Head, (status, http_version, Headers(block), int(length), last, (), None, False)
            )
    return _judged_in_full(block, acted_on, status, http_version)


def _judged_in_full(
    block: bytes, acted_on: Sequence[_Field], status: int, http_version: str
) -> Head:
    found: dict[bytes, list[bytes]] = {}
    for name, value in acted_on:
        found.setdefault(name, []).append(value.strip(b" \t"))
    if chunked := _TRANSFER in found:
        _check_chunked(found)
        block = _TRANSFER_ENCODING.sub(rb"\1chunked", block)
    return Head(
        status,
        http_version,
        Headers(block),
        _content_length(found[_CONTENT_LENGTH]) if _CONTENT_LENGTH in found else None,
        _is_last(b",".join(found.get(_CONNECTION, [])), http_version),
        codings_in(b",".join(found.get(b"content-encoding", [])).decode("latin-1")),
        next(filter(None, found.get(b"location", [])), None),
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


@lru_cache(64)  # a server names its fields in the same order in every answer
def _places(names: tuple[bytes, ...]) -> tuple[tuple[bytes, int], ...]:
    """Return which fields those are that a fetch acts on, and where they stand."""
    found = [(_ACTED_ON.get(name.lower()), at) for at, name in enumerate(names)]
    return tuple([(name, at) for name, at in found if name is not None])


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
