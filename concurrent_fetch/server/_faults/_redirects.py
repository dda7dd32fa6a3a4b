"""Redirects: where a Location leads, what is sent there, and what is never read on the way."""

import gzip
from collections.abc import Callable
from typing import Any
from urllib.parse import quote_from_bytes

from concurrent_fetch._failure_kinds import FailureKind as Kind
from concurrent_fetch.server._faults._fault import Answer, Answered, Expected, Fault, fault
from concurrent_fetch.server._faults._wires import (
    head,
    held,
    kept,
    lasting,
    made_when_asked,
    once,
    reply,
)
from concurrent_fetch.server._reply import Part, Wire
from concurrent_fetch.server._request import Request

_ARRIVED = Answered(redirects=1, path="/get")
_STAYED = Answered(status=302, redirects=0)
_FULL_WIDTH = "\uff11\uff12\uff17".encode().decode("latin-1")  # 127


def _to(location: str, *fields: str, status: str = "302 Found", body: bytes = b"") -> Answer:
    return kept(reply(body, f"Location: {location}", *fields, status=status))


def _leads(name: str, location: str, *expected: Expected, shown: str = "", how: str = "") -> Fault:
    does = f"redirects to `{shown or location}`" + (how and f" {how}")
    return fault(f"redir_{name}", does, _to(location), *(expected or (_ARRIVED,)))


def _octets(charset: str, text: str) -> Fault:
    """Redirect to a text in some charset, as it stands."""
    octets = text.encode(charset)
    encoded = quote_from_bytes(octets, safe="")
    return _leads(
        f"{charset.replace('-', '').replace('_', '')}_raw",
        f"/anything/{octets.decode('latin-1')}",
        Answered(redirects=1, path=f"/anything/{encoded}"),
        shown=f"/anything/{text}",
        how=f"in {charset}",
    )


def _made(make: Callable[[str, str, str], str], *fields: str, status: str = "302 Found") -> Answer:
    """Redirect to what `make` returns for the scheme, the host and the port of the request."""

    def answer(request: Request, _turn: int) -> Wire:
        host, _, port = request.header("host").partition(":")
        return Wire(
            data=reply(b"", f"Location: {make(request.scheme, host, port)}", *fields, status=status)
        )

    return answer


def _with_code(code: int) -> Fault:
    follows = code in {301, 302, 303, 307, 308}
    expected = _ARRIVED if follows else Answered(status=code)
    answer = (
        _to("/get", status=f"{code} Odd")
        if code != 304
        else kept(head("Location: /get", status="304 Not Modified"))
    )
    return fault(f"redir_{code}", f"answers {code} with a Location", answer, expected)


def _hops(name: str, hops: int, *expected: Expected, **options: Any) -> Fault:
    answer = _to(f"/redirect/{hops - 1}") if hops > 1 else _to("/get")
    return fault(f"redir_{name}", f"redirects {hops} times", answer, *expected, **options)


FAULTS = (
    *map(_with_code, (300, 301, 302, 303, 304, 305, 306, 307, 308, 201, 200)),
    _hops("hops_10", 10, Answered(redirects=10, path="/get")),
    _hops("hops_11", 11, Kind.TOO_MANY_REDIRECTS),
    _hops("hops_2_of_1", 2, Kind.TOO_MANY_REDIRECTS, max_redirects=1),
    _hops("hops_0", 1, _STAYED, max_redirects=0),
    _leads("loop", "/fault/redir_loop", Kind.TOO_MANY_REDIRECTS),
    _leads("ping", "/fault/redir_pong", Kind.TOO_MANY_REDIRECTS),
    _leads("pong", "/fault/redir_ping", Kind.TOO_MANY_REDIRECTS),
    fault(
        "redir_no_location",
        "answers 302 without a Location",
        kept(reply(b"x", status="302 Found")),
        _STAYED,
    ),
    _leads("empty_location", "", _STAYED, shown=" "),
    _leads("blank_location", "  \t ", _STAYED, shown=" "),
    fault(
        "redir_two_locations",
        "gives two Locations, the first right",
        _to("/get", "Location: /status/500"),
        _ARRIVED,
    ),
    fault(
        "redir_first_empty",
        "gives two Locations, the first empty",
        _to("", "Location: /get"),
        _ARRIVED,
    ),
    _leads("relative", "../get"),
    _leads("sibling", "redir_302", Answered(redirects=2, path="/get")),
    _leads("dots", "/a/./b/../../get"),
    _leads("encoded_dots", "/a/%2e%2e/get"),
    _leads("above_root", "/../../get"),
    _leads("query", "/get?a=1&b=%20", Answered(redirects=1, path="/get?a=1&b=%20")),
    _leads("query_only", "?a=1", Kind.TOO_MANY_REDIRECTS),
    _leads("fragment", "/get#part"),
    _leads("fragment_only", "#part", Kind.TOO_MANY_REDIRECTS),
    _leads("blanks_around", "  /get  "),
    _leads("space", "/anything/a b", Answered(redirects=1, path="/anything/a%20b")),
    _leads(
        "latin1_raw",
        "/anything/\xe9",
        Answered(redirects=1, path="/anything/%E9"),
        shown="/anything/é",
        how="in latin-1",
    ),
    _octets("gbk", "中文"),
    _octets("shift_jis", "日本"),
    _octets("koi8-r", "мир"),
    _leads(
        "mixed_raw",
        "/anything/\xc3\xa9\xe9?\xe9=\xc3\xa9",
        Answered(redirects=1, path="/anything/%C3%A9%E9?%E9=%C3%A9"),
        shown="/anything/é",
        how="in UTF-8 and in latin-1",
    ),
    _leads(
        "raw_and_encoded",
        "/anything/%c3%a9\xe9%e9%",
        Answered(redirects=1, path="/anything/%C3%A9%E9%E9%25"),
        shown="/anything/%c3%a9é%e9%",
        how="in latin-1",
    ),
    _leads(
        "query_raw",
        "/anything?\xe9",
        Answered(redirects=1, path="/anything?%E9"),
        shown="/anything?é",
        how="in latin-1",
    ),
    _leads("fragment_raw", "/get#\xe9", shown="/get#é", how="in latin-1"),
    _leads(
        "c1_controls",
        "/anything/\x80\x9f",
        Answered(redirects=1, path="/anything/%80%9F"),
        shown="/anything/",
        how="and two controls beyond ASCII",
    ),
    _leads(
        "host_latin1",
        "http://\xe9.example/",
        Kind.INVALID_URL,
        shown="http://é.example/",
        how="in latin-1",
    ),
    fault(
        "redir_host_utf8",
        "writes its address in full-width digits",
        _made(lambda scheme, _, port: f"{scheme}://{_FULL_WIDTH}.0.0.1:{port}/anything/\xe9"),
        Answered(redirects=1, path="/anything/%E9"),
    ),
    fault(
        "redir_userinfo_raw",
        "redirects to itself with a name that is no UTF-8",
        _made(lambda scheme, host, port: f"{scheme}://\xe9:\xff@{host}:{port}/headers"),
        Answered(redirects=1, path="/headers", lacks=b"Authorization"),
    ),
    _leads("empty_query", "/get?", Answered(redirects=1, path="/get?")),
    _leads("empty_query_fragment", "/get?#part?", Answered(redirects=1, path="/get?")),
    _leads("empty_query_only", "?", Kind.TOO_MANY_REDIRECTS),
    _leads(
        "utf8_raw",
        "/anything/Ã©",
        Answered(redirects=1, path="/anything/%C3%A9"),
        shown="/anything/é",
        how="in UTF-8",
    ),
    _leads(
        "odd_characters",
        '/anything/<"\\^`{|}>',
        Answered(redirects=1, path="/anything/%3C%22%5C%5E%60%7B%7C%7D%3E"),
    ),
    _leads("lone_percent", "/anything/100%", Answered(redirects=1, path="/anything/100%25")),
    _leads(
        "long", "/anything/" + "x" * 8000, Answered(redirects=1, path="xxx"), shown="/anything/xxx…"
    ),
    fault(
        "redir_absolute",
        "redirects to its own full URL",
        _made(lambda scheme, host, port: f"{scheme}://{host}:{port}/get"),
        _ARRIVED,
    ),
    fault(
        "redir_upper_case",
        "redirects to its own full URL, in upper case",
        _made(lambda scheme, host, port: f"{scheme.upper()}://{host.upper()}:{port}/get"),
        _ARRIVED,
    ),
    fault(
        "redir_scheme_rel",
        "redirects to its own URL without the scheme",
        _made(lambda _, host, port: f"//{host}:{port}/get"),
        _ARRIVED,
    ),
    fault(
        "redir_zero_port",
        "pads the port with zeros",
        _made(lambda scheme, host, port: f"{scheme}://{host}:0{port}/get"),
        _ARRIVED,
    ),
    _leads("to_ws", "ws://127.0.0.1/", Kind.INVALID_URL),
    _leads("to_ftp", "ftp://127.0.0.1/", Kind.INVALID_URL),
    _leads("to_file", "file:///etc/passwd", Kind.INVALID_URL),
    _leads("to_javascript", "javascript:alert(1)", Kind.INVALID_URL),
    _leads("to_mailto", "mailto:me@example.com", Kind.INVALID_URL),
    _leads("to_data", "data:text/plain,hello", Kind.INVALID_URL),
    _leads("to_about", "about:blank", Kind.INVALID_URL),
    _leads("bad_no_host", "http:///get", Kind.INVALID_URL),
    _leads("bad_scheme_only", "http:", Kind.INVALID_URL),
    _leads("bad_empty_host_port", "http://:80/get", Kind.INVALID_URL),
    _leads("bad_port", "http://127.0.0.1:port/", Kind.INVALID_URL),
    _leads("bad_port_99999", "http://127.0.0.1:99999/", Kind.INVALID_URL),
    _leads("bad_port_0", "http://127.0.0.1:0/", Kind.INVALID_URL),
    _leads("bad_port_minus", "http://127.0.0.1:-1/", Kind.INVALID_URL),
    _leads("bad_ipv6", "http://[::1/", Kind.INVALID_URL),
    _leads("bad_ipv6_letters", "http://[xyz]/", Kind.INVALID_URL),
    _leads("bad_ipv4", "http://127.0.0.256/", Kind.INVALID_URL),
    _leads("bad_label", f"http://{'a' * 64}.example/", Kind.INVALID_URL, shown="http://aaa…"),
    _leads("bad_empty_label", "http://a..example/", Kind.INVALID_URL),
    _leads("bad_host_space", "http://a b/", Kind.INVALID_URL),
    _leads("bad_host_less", "http://a<b/", Kind.INVALID_URL),
    _leads("bad_ctl", "/get\x01", Kind.PROTOCOL, shown="/get", how="and a control"),
    _leads("bad_tab", "/ge\tt", Kind.INVALID_URL, shown="/ge", how="and a tab"),
    _leads("unknown_host", "http://nosuch.invalid/", Kind.DNS),
    _leads("closed_port", "http://127.0.0.1:1/", Kind.CONNECT),
    fault(
        "redir_body_stalls",
        "redirects with a body that never comes",
        held(head("Location: /get", "Content-Length: 100", status="302 Found")),
        _ARRIVED,
    ),
    fault(
        "redir_body_truncated",
        "redirects with a body that is cut short",
        once(head("Location: /get", "Content-Length: 100", status="302 Found") + b"half"),
        _ARRIVED,
    ),
    fault(
        "redir_body_bad_gzip",
        "redirects with a body that is no gzip",
        _to("/get", "Content-Encoding: gzip", body=b"plain text"),
        _ARRIVED,
    ),
    fault(
        "redir_body_bad_chunks",
        "redirects with a body that is not chunked",
        once(head("Location: /get", "Transfer-Encoding: chunked", status="302 Found") + b"xyz\r\n"),
        _ARRIVED,
    ),
    fault(
        "redir_body_endless",
        "redirects with a body without end",
        lasting(
            head("Location: /get", status="302 Found"),
            lambda: iter(lambda: Part(bytes(65536)), None),
        ),
        _ARRIVED,
        max_bytes=10**6,
    ),
    fault(
        "redir_body_bomb",
        "redirects with a body beyond the cap",
        made_when_asked(
            lambda: _to("/get", "Content-Encoding: gzip", body=gzip.compress(bytes(10**6)))
        ),
        _ARRIVED,
        max_bytes=10**4,
    ),
    fault(
        "redir_close",
        "redirects and closes",
        once(reply(b"", "Location: /get", "Connection: close", status="302 Found")),
        _ARRIVED,
    ),
    fault(
        "redir_credentials",
        "redirects to another origin, `localhost`",
        _made(lambda scheme, _, port: f"{scheme}://localhost:{port}/headers"),
        Answered(redirects=1, path="/headers", lacks=b"s3cret"),
        headers={"Authorization": "Bearer s3cret", "Cookie": "id=s3cret"},
    ),
    fault(
        "redir_credentials_home",
        "redirects within its origin",
        _to("/headers"),
        Answered(redirects=1, path="/headers"),
        headers={"X-Odd": "s3cret"},
    ),
    fault(
        "redir_userinfo",
        "redirects to itself with a name and a password",
        _made(lambda scheme, host, port: f"{scheme}://me:s3cret@{host}:{port}/headers"),
        Answered(redirects=1, path="/headers", lacks=b"Authorization"),
    ),
    fault(
        "redir_userinfo_away",
        "redirects to another origin with a name and a password",
        _made(lambda scheme, _, port: f"{scheme}://me:s3cret@localhost:{port}/headers"),
        Answered(redirects=1, path="/headers", lacks=b"Authorization"),
    ),
    fault(
        "redir_cookie",
        "sets a cookie and redirects",
        _to("/cookies", "Set-Cookie: id=s3cret; Path=/"),
        Answered(
            redirects=1, path="/cookies", body=b'{\n  "cookies": {\n    "id": "s3cret"\n  }\n}\n'
        ),
    ),
    fault(
        "redir_auth_required",
        "redirects to a page that asks for a password",
        _to("/basic-auth/me/s3cret"),
        Answered(status=401, redirects=1),
    ),
    fault(
        "redir_to_fault",
        "redirects to a body that is cut short",
        _to("/fault/cl_short"),
        Kind.INCOMPLETE,
    ),
    fault(
        "redir_to_silence", "redirects to silence", _to("/fault/silence"), Kind.TIMEOUT, timeout=0.5
    ),
    fault(
        "redir_then_rst", "redirects to a reset", _to("/fault/rst_after_request"), Kind.DISCONNECTED
    ),
)
