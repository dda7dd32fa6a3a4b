"""From requests to replies: a table of pure functions, named as httpbin names them.

A pattern is fixed segments and, after them, one `<name>` for each argument of its function.
"""

import json
from collections.abc import Callable, Iterator
from typing import TypeAlias
from urllib.parse import quote

from concurrent_fetch._units import Bytes
from concurrent_fetch.server import _bodies as bodies
from concurrent_fetch.server import _echo as echo
from concurrent_fetch.server._arguments import UnusableError, seconds, whole
from concurrent_fetch.server._faults import FAULTS, Fault, find_fault
from concurrent_fetch.server._reply import Flaky, Part, Reply
from concurrent_fetch.server._request import Request

AnyReply: TypeAlias = Reply | Flaky | Fault
Route: TypeAlias = Callable[..., AnyReply]

MAX_BYTES: Bytes = 100 * 1024 * 1024
_HTML = "text/html; charset=utf-8"


def reply_to(request: Request) -> AnyReply:
    """Return what a request is answered: what its route says, 404, or 400 that names the rule."""
    try:
        return _route(request)
    except UnusableError as unusable:
        return echo.text_reply(f"{unusable}\n", status=400)


def _route(request: Request) -> AnyReply:
    segments = request.segments
    for fixed in range(len(segments), 0, -1):
        route = _TABLE.get((segments[:fixed], len(segments) - fixed))
        if route is not None:
            return route(request, *segments[fixed:])
    return echo.text_reply("There is no such route; / lists them.\n", status=404)


def _listing(_request: Request) -> Reply:
    return echo.text_reply("".join(f"{pattern}\n" for pattern in ROUTES))


def _bytes(request: Request, size: str) -> Reply:
    length = whole("n", size, 0, MAX_BYTES)
    seed = request.argument("seed")
    if request.index is not None and not seed:
        return _text(length, request.index)
    seed = seed or "0"
    if length <= bodies.BLOCK:
        return Reply(content_type=echo.BINARY, body=bodies.block(length, seed))
    parts = map(Part, bodies.pieces(length, seed, bodies.BLOCK))
    return Reply(content_type=echo.BINARY, parts=parts, length=length)


def _text(length: Bytes, index: int) -> Reply:
    if length <= bodies.BLOCK:
        return Reply(content_type=echo.TEXT, body=bodies.text(length, index))
    parts = map(Part, bodies.text_pieces(length, index))
    return Reply(content_type=echo.TEXT, parts=parts, length=length)


_LONGEST_CHUNK = 2**20  # one is made at once


def _stream_bytes(request: Request, size: str) -> Reply:
    length = whole("n", size, 0, MAX_BYTES)
    each = whole("chunk_size", request.argument("chunk_size", "10240"), 1, _LONGEST_CHUNK)
    pieces = bodies.pieces(length, request.argument("seed") or "0", min(each, max(length, 1)))
    return Reply(content_type=echo.BINARY, parts=map(Part, pieces))


def _status(_request: Request, code: str) -> Reply:
    status = whole("code", code, 200, 599)
    headers: tuple[tuple[str, str], ...] = ()
    if status in {301, 302, 303, 305, 307, 308}:
        headers = (("Location", "/redirect/1"),)
    if status == 401:
        headers = (("WWW-Authenticate", 'Basic realm="Fake Realm"'),)
    return Reply(status=status, headers=headers)


def _located(location: str, *, status: int = 302) -> Reply:
    target = quote(location, safe="!#$%&'()*+,/:;=?@[]~")
    return Reply(status=status, headers=(("Location", target),))


# A hop keeps the query, so that `i=` gives every hop of a URL the same latency each time.
def _redirect(request: Request, count: str) -> Reply:
    hops = whole("n", count, 1, 1000)
    path = f"/redirect/{hops - 1}" if hops > 1 else "/get"
    return _located(path + request.query_string)


def _absolute_redirect(request: Request, count: str) -> Reply:
    hops = whole("n", count, 1, 1000)
    path = f"/absolute-redirect/{hops - 1}" if hops > 1 else "/get"
    return _located(f"{request.scheme}://{request.header('host')}{path}{request.query_string}")


def _redirect_to(request: Request) -> Reply:
    if not request.argument("url"):
        raise UnusableError("url must be given: /redirect-to?url=/get")
    status = whole("status_code", request.argument("status_code", "302"), 300, 399)
    return _located(request.argument("url"), status=status)


def _drip(request: Request) -> Reply:
    size = whole("numbytes", request.argument("numbytes", "10"), 1, 10 * 1024 * 1024)
    duration = seconds("duration", request.argument("duration", "2"))
    return Reply(
        status=whole("code", request.argument("code", "200"), 200, 599),
        content_type=echo.BINARY,
        parts=_drops(size, duration),
        length=size,
        delay=seconds("delay", request.argument("delay", "0")),
    )


def _drops(size: Bytes, duration: float) -> Iterator[Part]:
    count = min(size, max(1, int(duration * 1000)))
    for k in range(count):
        drop = b"*" * (size * (k + 1) // count - size * k // count)
        yield Part(drop, pause=duration / count if k else 0.0)


def _flaky(request: Request, count: str) -> Flaky:
    return Flaky(first=whole("n", count, 0, 1000), then=echo.get(request))


def _fault(_request: Request, name: str) -> Fault:
    return find_fault(name)


def _faults(_request: Request) -> Reply:
    return echo.text_reply("".join(f"{fault.name}: {fault.does}\n" for fault in FAULTS.values()))


def _page(content_type: str, body: bytes) -> Route:
    return lambda _request: Reply(content_type=content_type, body=body)


ROUTES: dict[str, Route] = {
    "/": _listing,
    "/absolute-redirect/<n>": _absolute_redirect,
    "/anything": echo.anything,
    "/anything/<name>": echo.anything,
    "/basic-auth/<user>/<passwd>": echo.basic_auth,
    "/bytes/<n>": _bytes,
    "/cookies": echo.cookies,
    "/deflate": echo.deflate,
    "/delay/<seconds>": echo.delay,
    "/drip": _drip,
    "/echo": echo.echo,
    "/encoding/utf8": _page(_HTML, bodies.UTF8),
    "/fault": _faults,
    "/fault/<name>": _fault,
    "/flaky/<n>": _flaky,
    "/get": echo.get,
    "/gzip": echo.gzip,
    "/headers": echo.headers,
    "/html": _page(_HTML, bodies.HTML),
    "/json": _page(echo.JSON, json.dumps(bodies.SLIDESHOW, indent=2).encode() + b"\n"),
    "/redirect-to": _redirect_to,
    "/redirect/<n>": _redirect,
    "/response-headers": echo.response_headers,
    "/robots.txt": _page("text/plain", bodies.ROBOTS),
    "/status/<code>": _status,
    "/stream-bytes/<n>": _stream_bytes,
    "/stream/<n>": echo.stream,
    "/user-agent": echo.user_agent,
}
"""Every route: a pattern, and the function that answers requests for it."""


def _key(pattern: str) -> tuple[tuple[str, ...], int]:
    segments = pattern.split("/")[1:]
    fixed = tuple(segment for segment in segments if not segment.startswith("<"))
    return fixed, len(segments) - len(fixed)


_TABLE = {_key(pattern): route for pattern, route in ROUTES.items()}
