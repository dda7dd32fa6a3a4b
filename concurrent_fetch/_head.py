"""What a response head may say: one judgement for the heads of all clients.

Their parsers are lenient in different ways; whatever they let through is joined into one block,
checked as a whole and searched for the few fields that a fetch acts on.
Sources: RFC 9110, section 5 (fields), and RFC 9112, section 6 (length of a body).
"""

import re
from collections.abc import Iterable
from string import ascii_letters, digits

import attrs

from concurrent_fetch._headers import Headers
from concurrent_fetch._kinds import FailureKind, Refusal

_MOST_FIELDS = 100
_LONGEST_LINE = 65536  # with its line end, as http.client counts
_LONGEST_HEAD = 98304
_VERSIONS = frozenset({"1.0", "1.1", "2", "3"})

_IN_NAMES = b"!#$%&'*+-.^_`|~" + (ascii_letters + digits).encode()
_CONTROLS = bytes([*range(9), *range(10, 32), 127])  # all but tab

_ACTED_ON = re.compile(
    rb"\r\n(content-length|transfer-encoding|content-encoding|location): ([^\r]*+)"
)
_TRANSFER_ENCODING = re.compile(rb"^(transfer-encoding: )[^\r]*+", re.IGNORECASE | re.MULTILINE)
_MOST_DIGITS = 64
_ALIASES = {"x-gzip": "gzip", "x-compress": "compress"}


@attrs.frozen(kw_only=True)
class Head:
    """What a response head says about its body and about where to go."""

    headers: Headers
    content_length: int | None
    """As declared, in bytes on the wire."""
    codings: tuple[str, ...]
    """Content-codings in the order they were applied in, lower-case, without `identity`."""
    location: bytes | None
    """The first Location that is not empty."""
    chunked: bool


def read_head(
    fields: Iterable[tuple[bytes | str, bytes | str]], *, status: int, http_version: str
) -> Head:
    """Check a final response head: fields in wire order as a client knows them; `str` is latin-1.

    Raises `Refusal`: `too_large` beyond 100 fields, 64 KiB in a line or 96 KiB in all, `protocol`
    for anything else that makes the head invalid.
    """
    _check_status_line(status, http_version)
    block = _block(fields)
    found: dict[bytes, list[bytes]] = {}
    for name, value in _ACTED_ON.findall(b"\r\n" + block.lower()):
        found.setdefault(name, []).append(value)
    transfers = found.get(b"transfer-encoding", [])
    lengths = found.get(b"content-length", [])
    if transfers:
        _check_chunked(transfers, lengths)
        block = _TRANSFER_ENCODING.sub(rb"\1chunked", block)
    headers = Headers(block)
    return Head(
        headers=headers,
        content_length=_content_length(lengths) if lengths else None,
        codings=_codings(found.get(b"content-encoding", [])),
        location=_location(headers) if b"location" in found else None,
        chunked=bool(transfers),
    )


def _protocol(message: str) -> Refusal:
    return Refusal(FailureKind.PROTOCOL, message)


def _check_status_line(status: int, http_version: str) -> None:
    if http_version not in _VERSIONS:
        raise _protocol("the HTTP version is not 1.0, 1.1, 2 or 3")
    if not 200 <= status <= 999:
        raise _protocol(f"status {status} cannot end an exchange: it must be 200 to 999")


def _block(fields: Iterable[tuple[bytes | str, bytes | str]]) -> bytes:
    """Join the fields, then check them all at once: delete what is allowed, count what is left."""
    try:
        pairs = [
            (
                name if isinstance(name, bytes) else name.encode("latin-1"),
                (value if isinstance(value, bytes) else value.encode("latin-1")).strip(b" \t"),
            )
            for name, value in fields
        ]
    except UnicodeEncodeError:
        raise _protocol("a header field has a character outside latin-1") from None
    lines = [name + b": " + value + b"\r\n" for name, value in pairs]
    block = b"".join(lines)
    _check_size(lines, block)
    names = [name for name, _ in pairs]
    if not all(names) or b"".join(names).translate(None, _IN_NAMES):
        raise _protocol("a header field has an invalid name")
    if len(block) - len(block.translate(None, _CONTROLS)) != 2 * len(lines):
        raise _protocol("a header field has a control character in its value")
    return block


def _check_size(lines: list[bytes], block: bytes) -> None:
    if len(lines) > _MOST_FIELDS:
        too_much = f"more than {_MOST_FIELDS} fields"
    elif len(block) > _LONGEST_HEAD:
        too_much = "more than 96 KiB"
    elif len(block) > _LONGEST_LINE and max(map(len, lines)) > _LONGEST_LINE:
        too_much = "a line of more than 64 KiB"
    else:
        return
    raise Refusal(FailureKind.TOO_LARGE, f"the response head has {too_much}")


def _check_chunked(transfers: list[bytes], lengths: list[bytes]) -> None:
    """Two ways to tell where a body ends are how one response is smuggled into another."""
    if transfers != [b"chunked"]:
        raise _protocol("Transfer-Encoding is not just 'chunked'")
    if lengths:
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


def _location(headers: Headers) -> bytes | None:
    return next((value.encode("latin-1") for value in headers.get_all("location") if value), None)


def _codings(values: list[bytes]) -> tuple[str, ...]:
    if not values:
        return ()
    elements = [element.strip(" \t") for element in b",".join(values).decode("latin-1").split(",")]
    return tuple([_ALIASES.get(e, e) for e in elements if e and e != "identity"])
