"""The routes that show the client its own request."""

import base64
import json
import re
import zlib
from typing import Any

import attrs

from concurrent_fetch.server._arguments import UnusableError, seconds, whole
from concurrent_fetch.server._reply import Part, Reply
from concurrent_fetch.server._request import Request

JSON = "application/json"
BINARY = "application/octet-stream"
TEXT = "text/plain; charset=utf-8"
_CONTROL = re.compile(r"[^\t\x20-\x7e\x80-\xff]")
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_OURS = frozenset({"content-length", "transfer-encoding", "connection", "content-type"})


def text_reply(text: str, *, status: int = 200) -> Reply:
    """Return a reply of plain text."""
    return Reply(status=status, content_type=TEXT, body=text.encode())


def json_reply(data: dict[str, Any], *, status: int = 200) -> Reply:
    """Return a reply of JSON: indented, sorted, the same bytes for the same data."""
    body = json.dumps(data, indent=2, sort_keys=True).encode() + b"\n"
    return Reply(status=status, content_type=JSON, body=body)


def arguments(request: Request) -> dict[str, str | list[str]]:
    """Return the query: a repeated name has a list of values."""
    values: dict[str, list[str]] = {}
    for name, value in request.query:
        values.setdefault(name, []).append(value)
    return {name: found[0] if len(found) == 1 else found for name, found in values.items()}


def headers_of(request: Request) -> dict[str, str]:
    """Return the request's headers, named as in `User-Agent`."""
    names = dict.fromkeys(name.lower() for name, _ in request.headers)
    return {"-".join(map(str.capitalize, name.split("-"))): request.header(name) for name in names}


def get(request: Request) -> Reply:
    """Show arguments, headers, method and URL."""
    facts = {"args": arguments(request), "headers": headers_of(request)}
    return json_reply({**facts, "method": request.method, "url": request.url})


def anything(request: Request, _name: str = "") -> Reply:
    """Show the same as `get`, under any name."""
    return get(request)


def echo(request: Request) -> Reply:
    """Send the body of the request back as it is; `X-Method` and `X-Content-…` say what came."""
    described = {
        f"X-{name}": value
        for name, value in headers_of(request).items()
        if name.startswith("Content-")
    }
    return Reply(
        content_type=BINARY,
        headers=(("X-Method", request.method), *described.items()),
        body=request.body,
    )


def headers(request: Request) -> Reply:
    """Show the headers."""
    return json_reply({"headers": headers_of(request)})


def user_agent(request: Request) -> Reply:
    """Show the User-Agent."""
    return json_reply({"user-agent": request.header("user-agent")})


def delay(request: Request, count: str) -> Reply:
    """Show the same as `get`, so many seconds later."""
    return attrs.evolve(get(request), delay=seconds("delay", count))


def stream(request: Request, count: str) -> Reply:
    """Show the request in so many lines of JSON, chunked."""
    total = whole("n", count, 0, 10_000)
    facts = {"args": arguments(request), "headers": headers_of(request), "url": request.url}
    lines = (json.dumps({"id": k, **facts}).encode() + b"\n" for k in range(total))
    return Reply(content_type=JSON, parts=map(Part, lines))


def _compressed(request: Request, coding: str, flag: str, window: int) -> Reply:
    facts = {flag: True, "headers": headers_of(request), "method": request.method}
    packer = zlib.compressobj(wbits=window)
    body = packer.compress(json_reply(facts).body) + packer.flush()
    return Reply(content_type=JSON, headers=(("Content-Encoding", coding),), body=body)


def gzip(request: Request) -> Reply:
    """Show headers and method, gzipped."""
    return _compressed(request, "gzip", "gzipped", 31)


def deflate(request: Request) -> Reply:
    """Show headers and method, as a zlib stream."""
    return _compressed(request, "deflate", "deflated", 15)


def basic_auth(request: Request, user: str, password: str) -> Reply:
    """Answer 200 to this user and password, 401 to others."""
    expected = base64.b64encode(f"{user}:{password}".encode()).decode()
    scheme, _, credentials = request.header("authorization").partition(" ")
    if scheme.lower() == "basic" and credentials.strip() == expected:
        return json_reply({"authenticated": True, "user": user})
    return Reply(status=401, headers=(("WWW-Authenticate", 'Basic realm="Fake Realm"'),))


def cookies(request: Request) -> Reply:
    """Show the cookies."""
    crumbs = (crumb.partition("=") for crumb in request.header("cookie").split(";"))
    found = {name.strip(): value.strip() for name, mark, value in crumbs if mark}
    return json_reply({"cookies": found})


def response_headers(request: Request) -> Reply:
    """Send the query as headers."""
    for name, value in request.query:
        if not _TOKEN.fullmatch(name) or _CONTROL.search(value) or name.lower() in _OURS:
            raise UnusableError(f"{name!r}: {value!r} is no header that can be sent")
    shown = json_reply(arguments(request))
    return Reply(content_type=JSON, headers=request.query, body=shown.body)
