"""What each route answers."""

import base64
import gzip
import json
import time
import zlib

import pytest
from plain_http import (
    exchange,
    get,
    get_json,
    head,
)

from concurrent_fetch.server import LocalServer
from concurrent_fetch.server._routes import ROUTES


def test_every_route_is_listed(server: LocalServer) -> None:
    response, body = get(server, "/")
    assert response.status == 200
    assert body.decode().splitlines() == list(ROUTES)


@pytest.mark.parametrize(
    "path",
    [
        "/get",
        "/bytes/70000",
        "/bytes/10",
        "/bytes/70000?i=3",
        "/stream/2",
        "/redirect/1",
        "/status/204",
        "/status/304",
        "/gzip",
        "/nowhere",
    ],
)
def test_head_gets_the_head_of_get_without_a_body(server: LocalServer, path: str) -> None:
    head_, body = get(server, path, method="HEAD")
    whole, _ = get(server, path)
    assert body == b""
    assert head_.status == whole.status
    if path not in {"/get", "/gzip"}:  # these show the method
        assert head_.getheaders() == whole.getheaders()


@pytest.mark.parametrize("path", ["/get", "/anything", "/anything/else", "/delay/0"])
def test_the_request_is_shown_back(server: LocalServer, path: str) -> None:
    shown = get_json(server, f"{path}?a=1&a=2&b=%C3%BC", **{"X-Own": "yes"})
    assert shown["args"] == {"a": ["1", "2"], "b": "ü"}
    assert shown["headers"]["X-Own"] == "yes"
    assert shown["method"] == "GET"
    assert shown["url"] == f"{server.url(path)}?a=1&a=2&b=%C3%BC"


def test_headers_agent_and_cookies_are_shown(server: LocalServer) -> None:
    assert get_json(server, "/headers", accept="x/y")["headers"]["Accept"] == "x/y"
    assert get_json(server, "/user-agent", **{"User-Agent": "me"}) == {"user-agent": "me"}
    assert get_json(server, "/cookies", Cookie="a=1; b=2") == {"cookies": {"a": "1", "b": "2"}}


@pytest.mark.parametrize("size", [5, 6, 7, 30, 1024, 65_536, 65_537, 200_003])
def test_text_is_utf_8_of_just_the_size_and_says_whose_it_is(
    server: LocalServer, size: int
) -> None:
    for index in (0, 12):
        response, body = get(server, f"/bytes/{size}?i={index}")
        assert response.headers["Content-Type"] == "text/plain; charset=utf-8"
        assert int(response.headers["Content-Length"]) == len(body) == size
        assert body.decode().startswith(f"i={index}\n")
        assert get(server, f"/bytes/{size}?i={index}")[1] == body


@pytest.mark.parametrize(("size", "different"), [(0, 1), (1, 10), (2, 100), (3, 200), (4, 200)])
def test_texts_too_short_for_their_mark_differ_as_far_as_digits_do(
    server: LocalServer, size: int, different: int
) -> None:
    bodies = [get(server, f"/bytes/{size}?i={index}")[1] for index in range(200)]
    assert {len(body) for body in bodies} == {size}
    assert len(set(bodies)) == different


@pytest.mark.parametrize("size", [0, 1, 1024, 65_536, 65_537, 1_000_003])
def test_bytes_are_a_function_of_number_and_seed(server: LocalServer, size: int) -> None:
    response, body = get(server, f"/bytes/{size}")
    assert int(response.headers["Content-Length"]) == len(body) == size
    assert get(server, f"/bytes/{size}?i=5&seed=0")[1] == body
    assert size == 0 or get(server, f"/bytes/{size}?seed=9")[1] != body
    for each in (999, 100_000):
        chunked, same = get(server, f"/stream-bytes/{size}?chunk_size={each}")
        assert chunked.headers["Transfer-Encoding"] == "chunked"
        assert same == body


def test_chunks_have_the_size_asked_for(server: LocalServer) -> None:
    answer = exchange(server, head("/stream-bytes/25?chunk_size=10", "Connection: close"))
    body = answer.partition(b"\r\n\r\n")[2]
    assert body.startswith(b"a\r\n")
    assert body.endswith(b"0\r\n\r\n")
    assert len(body) == 25 + 2 * len(b"a\r\n\r\n") + len(b"5\r\n\r\n") + len(b"0\r\n\r\n")


def test_stream_sends_lines_of_json(server: LocalServer) -> None:
    response, body = get(server, "/stream/4?a=b")
    lines = [json.loads(line) for line in body.splitlines()]
    assert [line["id"] for line in lines] == [0, 1, 2, 3]
    assert lines[0]["args"] == {"a": "b"}
    assert response.headers["Transfer-Encoding"] == "chunked"


@pytest.mark.parametrize("code", [200, 204, 299, 304, 404, 418, 503])
def test_status_answers_the_code(server: LocalServer, code: int) -> None:
    response, body = get(server, f"/status/{code}")
    assert (response.status, body) == (code, b"")
    assert ("Content-Length" in response.headers) == (code not in {204, 304})


def test_statuses_that_need_a_header_have_it(server: LocalServer) -> None:
    assert get(server, "/status/302")[0].headers["Location"] == "/redirect/1"
    assert "Basic" in get(server, "/status/401")[0].headers["WWW-Authenticate"]


def test_redirects_end_at_get_after_so_many_hops(server: LocalServer) -> None:
    for start in ("/redirect/3", "/absolute-redirect/3"):
        path, hops = start, 0
        while (response := get(server, path)[0]).status == 302:
            location = response.headers["Location"]
            assert location.startswith(server.url() if "absolute" in start else "/")
            path, hops = location.removeprefix(server.url("/")[:-1]), hops + 1
        assert (path, hops, response.status) == ("/get", 3, 200)


def test_redirect_to_goes_where_it_is_told(server: LocalServer) -> None:
    plain, _ = get(server, "/redirect-to?url=http%3A%2F%2Fexample%2F%C3%BC%0D%0Aa")
    assert (plain.status, plain.headers["Location"]) == (302, "http://example/%C3%BC%0D%0Aa")
    assert get(server, "/redirect-to?url=/get&status_code=307")[0].status == 307


def test_compressed_bodies_are_what_they_say(server: LocalServer) -> None:
    response, body = get(server, "/gzip")
    assert response.headers["Content-Encoding"] == "gzip"
    assert json.loads(gzip.decompress(body))["gzipped"] is True
    response, body = get(server, "/deflate")
    assert response.headers["Content-Encoding"] == "deflate"
    assert json.loads(zlib.decompress(body))["deflated"] is True


def test_fixed_documents_have_their_type(server: LocalServer) -> None:
    response, body = get(server, "/html")
    assert response.headers.get_content_type() == "text/html"
    assert b"</html>" in body
    response, body = get(server, "/encoding/utf8")
    assert response.headers.get_content_charset() == "utf-8"
    assert "Grüße" in body.decode()
    assert get_json(server, "/json")["slideshow"]["author"] == "Yours Truly"
    response, body = get(server, "/robots.txt")
    assert response.headers.get_content_type() == "text/plain"
    assert body.startswith(b"User-agent: *")


def test_drip_spreads_its_bytes_over_the_duration(server: LocalServer) -> None:
    start = time.perf_counter()
    response, body = get(server, "/drip?numbytes=5&duration=0.25&delay=0.1&code=203")
    assert time.perf_counter() - start >= 0.1 + 0.25 * 4 / 5
    assert (response.status, body) == (203, b"*****")
    assert response.headers["Content-Length"] == "5"
    assert get(server, "/drip?numbytes=5000&duration=0.05")[1] == b"*" * 5000


def test_basic_auth_wants_its_user_and_password(server: LocalServer) -> None:
    right = "Basic " + base64.b64encode(b"me:se:cret").decode()
    path = "/basic-auth/me/se%3Acret"
    assert get_json(server, path, Authorization=right) == {"authenticated": True, "user": "me"}
    assert get(server, path)[0].status == 401
    assert get(server, path, Authorization="Basic eDp5")[0].status == 401


def test_response_headers_are_the_query(server: LocalServer) -> None:
    response, body = get(server, "/response-headers?X-A=1&X-A=2&X-B=b")
    assert response.headers.get_all("X-A") == ["1", "2"]
    assert json.loads(body) == {"X-A": ["1", "2"], "X-B": "b"}


@pytest.mark.parametrize(
    "path",
    [
        "/bytes/-1",
        "/bytes/x",
        "/bytes/104857601",
        "/bytes/%D9%A1",
        "/stream-bytes/5?chunk_size=0",
        "/delay/nan",
        "/delay/-1",
        "/delay/61",
        "/status/100",
        "/status/600",
        "/redirect/0",
        "/redirect-to",
        "/redirect-to?url=/&status_code=200",
        "/drip?numbytes=0",
        "/drip?duration=inf",
        "/response-headers?a%0D%0Ab=1",
        "/response-headers?a=1%0D%0Ab",
        "/response-headers?Content-Length=1",
    ],
)
def test_an_argument_that_breaks_its_rule_gets_400_and_may_go_on(
    server: LocalServer, path: str
) -> None:
    data = head(path) + head("/bytes/1", "Connection: close")
    answer = exchange(server, data)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"HTTP/1.1 200 OK" in answer


@pytest.mark.parametrize("path", ["/nowhere", "/get/more", "/bytes", "/bytes/1/2", "//", "/GET"])
def test_an_unknown_path_gets_404(server: LocalServer, path: str) -> None:
    assert get(server, path)[0].status == 404
