"""From bytes to requests: HTTP/1.1 heads and what comes behind them, without any I/O."""

import functools
import re
from urllib.parse import parse_qsl, unquote

import attrs

from concurrent_fetch._units import Bytes

MAX_HEAD = 65_536
MAX_BODY: Bytes = 2**20
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_REQUEST_LINE = re.compile(r"([!#$%&'*+\-.^_`|~0-9A-Za-z]+) ([!-~]+) HTTP/1\.([01])")
_FIELD = re.compile(r"([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*(.*?)[ \t]*")
_LENGTH = re.compile(r"[0-9]{1,18}", re.ASCII)
_INDEX = re.compile(r"-?[0-9]{1,18}", re.ASCII)


class Refused(Exception):  # noqa: N818 - an answer to the client, no failure of the server
    """The bytes are no request that is served: the client gets `status` and the connection ends."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(status, reason)
        self.status = status
        self.reason = reason


@attrs.frozen(kw_only=True)
class Request:
    """One request.

    `segments` are the decoded parts of the path, `index` is `i=` or None; `host` is the name in the
    Host field, in lower case and without a port.
    """

    method: str
    target: str
    segments: tuple[str, ...]
    query: tuple[tuple[str, str], ...]
    headers: tuple[tuple[str, str], ...]
    index: int | None
    chunked_allowed: bool
    keep_alive: bool
    host: str
    length: Bytes = 0
    """Of the body."""
    body: bytes = b""
    scheme: str = "http"

    def argument(self, name: str, default: str = "") -> str:
        """Return the first query argument of this name."""
        for key, value in self.query:
            if key == name:
                return value
        return default

    def header(self, name: str) -> str:
        """Return the values of this header (its name in lower case), joined by commas."""
        return ", ".join(value for key, value in self.headers if key.lower() == name)

    @property
    def query_string(self) -> str:
        """The query as it was sent, with its question mark; empty if there is none."""
        _, mark, query = self.target.partition("?")
        return mark + query

    @property
    def url(self) -> str:
        """The whole URL, as the client named it."""
        return f"{self.scheme}://{self.header('host')}{self.target}"


def next_request(buffer: bytearray) -> Request | None:
    """Take one complete request off the buffer; None if it needs more bytes.

    Raises Refused if the bytes are no request that is served here.
    """
    while buffer.startswith(b"\r\n"):
        del buffer[:2]
    end = buffer.find(b"\r\n\r\n", 0, MAX_HEAD + 4)
    if end < 0:
        _check_unfinished(buffer)
        return None
    head = bytes(buffer[:end])
    request = _cached_head(head) if end <= 2048 else parse_head(head)
    behind = end + 4 + request.length
    if len(buffer) < behind:
        return None
    if request.length:
        request = attrs.evolve(request, body=bytes(buffer[end + 4 : behind]))
    del buffer[:behind]
    return request


def _check_unfinished(buffer: bytearray) -> None:
    if len(buffer) > MAX_HEAD:
        raise Refused(431, f"The head is longer than {MAX_HEAD} bytes.")
    if b"\n\n" in buffer:
        raise Refused(400, "Lines must end in CR LF.")
    if buffer and not buffer[:1].isalpha():
        raise Refused(400, "This is no HTTP request.")


def parse_head(head: bytes) -> Request:
    """Return the request of a complete head without its last empty line; raises Refused."""
    first, *rest = head.decode("latin-1").split("\r\n")
    line = _REQUEST_LINE.fullmatch(first)
    if line is None:
        raise Refused(400, "The request line must be METHOD TARGET HTTP/1.1.")
    method, target, minor = line.groups()
    headers = tuple(_field(text) for text in rest)
    facts = {name.lower(): value for name, value in headers}
    _check_method(method)
    _check_facts(facts, minor)
    return _request(method, _origin_form(target), headers, facts, minor)


_cached_head = functools.lru_cache(maxsize=4096)(parse_head)


def _field(line: str) -> tuple[str, str]:
    field = _FIELD.fullmatch(line)
    if field is None or "\0" in line or "\r" in line:
        raise Refused(400, "A header line must be NAME: VALUE.")
    name, value = field.groups()
    return name, value


def _check_method(method: str) -> None:
    if method not in METHODS:
        raise Refused(405, f"Only {', '.join(METHODS)} are served.")


def _check_facts(facts: dict[str, str], minor: str) -> None:
    if minor == "1" and "host" not in facts:
        raise Refused(400, "HTTP/1.1 requests need a Host header.")
    if "transfer-encoding" in facts:
        raise Refused(411, "The length of a body must be said, by Content-Length.")
    if not _LENGTH.fullmatch(length := facts.get("content-length", "0")):
        raise Refused(400, "Content-Length must be a number.")
    if int(length) > MAX_BODY:
        raise Refused(413, f"The body is longer than {MAX_BODY} bytes.")


def _origin_form(target: str) -> str:
    if target.startswith(("http://", "https://")):
        return "/" + target.split("://", 1)[1].partition("/")[2]
    if not target.startswith("/"):
        raise Refused(400, "The target must begin with a slash.")
    return target


def _request(
    method: str,
    target: str,
    headers: tuple[tuple[str, str], ...],
    facts: dict[str, str],
    minor: str,
) -> Request:
    path, _, query_string = target.partition("?")
    query = tuple(parse_qsl(query_string, keep_blank_values=True))
    index = next((value for key, value in query if key == "i"), "")
    return Request(
        method=method,
        target=target,
        segments=tuple(unquote(part) for part in path.split("/")[1:]),
        query=query,
        headers=headers,
        index=int(index) if _INDEX.fullmatch(index) else None,
        chunked_allowed=minor == "1",
        keep_alive=minor == "1" and "close" not in facts.get("connection", "").lower(),
        host=host_name(facts.get("host", "")),
        length=int(facts.get("content-length", "0")),
    )


@functools.lru_cache(maxsize=4096)
def host_name(field: str) -> str:
    """Return the name in a Host field: in lower case, without port, brackets and final dot.

    >>> host_name("API.Example.:8000"), host_name("[::1]:8000")
    ('api.example', '::1')
    """
    if field.startswith("["):
        return field[1:].partition("]")[0].lower()
    return field.partition(":")[0].rstrip(".").lower()
