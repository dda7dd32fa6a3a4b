"""Cookies that a redirect sets: which of them the next request brings."""

from typing import Any

from concurrent_fetch._failure_kinds import FailureKind as Kind
from concurrent_fetch.server._echo import json_reply
from concurrent_fetch.server._faults._fault import Answer, Answered, Fault, fault
from concurrent_fetch.server._faults._wires import kept, reply
from concurrent_fetch.server._reply import Wire
from concurrent_fetch.server._request import Request


def _redirect(location: str, *cookies: str) -> bytes:
    fields = [f"Set-Cookie: {cookie}" for cookie in cookies]
    return reply(b"", f"Location: {location}", *fields, status="302 Found")


def _to(location: str, *cookies: str) -> Answer:
    return kept(_redirect(location, *cookies))


def _gate(request: Request, _turn: int) -> Wire:
    """Let in who brings the cookie; give it to all others."""
    is_known = "id=1" in request.header("cookie")
    return Wire(data=reply(b"hello") if is_known else _redirect(request.target, "id=1"))


def _leaves(request: Request, _turn: int) -> Wire:
    port = request.header("host").rpartition(":")[2]
    there = f"{request.scheme}://localhost:{port}/cookies"
    return Wire(data=_redirect(there, "id=s3cret; Path=/"))


def _shown(cookies: dict[str, str]) -> Answered:
    body = json_reply({"cookies": cookies}).body
    return Answered(redirects=1, path="/cookies", body=body)


def _one(name: str, does: str, field: str, *sent: str, **options: Any) -> Fault:
    """Set a cookie and redirect to a page that shows which cookies it got."""
    expected = _shown(dict(cookie.split("=", 1) for cookie in sent))
    answer = _to("/cookies", field)
    return fault(
        f"cookie_{name}", f"sets a cookie {does} and redirects", answer, expected, **options
    )


FAULTS = (
    _one("all", "for all paths", "id=1; Path=/", "id=1"),
    _one("off", "that is not to be kept", "id=1; Path=/", keep_cookies=False),
    _one(
        "given",
        "besides one that was given",
        "id=1; Path=/",
        "a=0",
        "id=1",
        headers={"Cookie": "a=0"},
    ),
    _one("elsewhere", "for another path", "id=1; Path=/fault"),
    _one("folder", "for its own folder", "id=1"),
    _one("domain", "for its own address", "id=1; Path=/; Domain=127.0.0.1", "id=1"),
    _one("suffix", "for the end of its address", "id=1; Path=/; Domain=0.0.1"),
    _one("foreign", "for another domain", "id=1; Path=/; Domain=example.com"),
    _one("secure", "for https only", "id=1; Path=/; Secure"),
    _one("prefix", "that claims to be secure", "__Host-id=1; Path=/"),
    _one("over", "that is over", "id=1; Path=/; Max-Age=0"),
    _one("expired", "that was over in 1970", "id=1; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT"),
    _one(
        "odd_date", "until an odd date", "id=1; Path=/; Expires=Wed, 01 Jan 99999 00:00:00", "id=1"
    ),
    _one("quoted", "in quotes", 'id="1"; Path=/', 'id="1"'),
    _one("no_name", "without a name", "=1; Path=/"),
    _one("no_value", "that is no more than a word", "id; Path=/"),
    _one("latin1", "in latin-1", "id=\xe9; Path=/"),
    _one("huge", "of 5,000 bytes", f"id={'x' * 5000}; Path=/"),
    fault(
        "cookie_gate",
        "sets a cookie and redirects to itself until it is brought back",
        _gate,
        Answered(redirects=1, body=b"hello"),
    ),
    fault(
        "cookie_gate_off",
        "sets a cookie that is not to be kept, and redirects to itself",
        _gate,
        Kind.TOO_MANY_REDIRECTS,
        keep_cookies=False,
    ),
    fault(
        "cookie_away",
        "sets a cookie and redirects to another host, `localhost`",
        _leaves,
        Answered(redirects=1, path="/cookies", lacks=b"s3cret"),
    ),
    fault(
        "cookies_90",
        "sets 90 cookies and redirects",
        _to("/cookies", *[f"c{n}=1; Path=/" for n in range(90)]),
        _shown({f"c{n}": "1" for n in range(40, 90)}),
    ),
)
