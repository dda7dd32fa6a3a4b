"""Request: what may be asked, and how a body is made."""

import json
import pickle
from pathlib import Path
from typing import Any

import attrs
import pytest
from fakes import failure, response

from concurrent_fetch import Headers, Request

URL = "http://user:secret@a.example/"
FORM = "application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    ("given", "method", "body", "kind"),
    [
        ({}, "GET", None, None),
        ({"method": "head"}, "HEAD", None, None),
        ({"body": b"x"}, "POST", b"x", None),
        ({"body": bytearray(b"x"), "method": "PUT"}, "PUT", b"x", None),
        ({"json": {"a": "ü"}}, "POST", b'{"a": "\\u00fc"}', "application/json"),
        ({"json": [], "method": "PATCH"}, "PATCH", b"[]", "application/json"),
        ({"data": {"a": "ü", "b": [1, 2]}}, "POST", b"a=%C3%BC&b=1&b=2", FORM),
        ({"data": "ü"}, "POST", "ü".encode(), None),
        ({"data": b"raw"}, "POST", b"raw", None),
        ({"data": {}}, "POST", b"", None),
        ({"data": bytearray(b"raw")}, "POST", b"raw", None),
        ({"data": [("a", "1"), ("a", "2")]}, "POST", b"a=1&a=2", FORM),
    ],
)  # fmt: skip
def test_a_body_is_made_as_requests_makes_it(
    given: dict[str, Any], method: str, body: bytes | None, kind: str | None
) -> None:
    request = Request(URL, **given)
    assert (request.method, request.body) == (method, body)
    assert request.headers.get("content-type") == kind


def test_files_are_parts_of_a_form() -> None:
    request = Request(URL, data={"name": "x"}, files={"file": ("a.txt", b"text", "text/plain")})
    kind = request.headers["Content-Type"]
    assert kind.startswith("multipart/form-data; boundary=")
    assert request.body is not None
    assert request.body.count(kind.partition("=")[2].encode()) == 3
    assert b'filename="a.txt"\r\nContent-Type: text/plain\r\n\r\ntext\r\n' in request.body


def test_a_content_type_of_ones_own_stands() -> None:
    request = Request(URL, json=1, headers={"content-type": "application/vnd.api+json"})
    assert dict(request.headers) == {"content-type": "application/vnd.api+json"}


@pytest.mark.parametrize(
    ("given", "error", "said"),
    [
        ({"body": "text"}, TypeError, r"got str; write body=text.encode\(\)"),
        ({"body": 3}, TypeError, "Request.body must be bytes or None, got int; write json="),
        ({"json": {1, 2}}, TypeError, "Object of type set is not JSON serializable"),
        ({"json": float("nan")}, ValueError, "the body cannot be made"),
        ({"json": 1, "data": {"a": 1}}, TypeError, "takes json, or data and files"),
        ({"json": 1, "body": b""}, TypeError, "takes body, or what to make one of"),
        ({"data": iter([b"a"])}, TypeError, r"write data=file.read\(\)"),
        ({"data": 5}, TypeError, "Request.data must be a mapping .* got int; write data={'name'"),
        ({"data": [5]}, TypeError, "Request.data must be a mapping .* got list"),
        ({"files": "a.txt"}, TypeError, r"got str; write files={'f': open\(path, 'rb'\)}"),
        ({"files": ["a"]}, TypeError, r"got list; write files={'f': open\(path, 'rb'\)}"),
        ({"files": 5}, TypeError, r"got int; write files={'f': open\(path, 'rb'\)}"),
        ({"files": {"f": Path("a")}}, TypeError, r"got Posix.*write files={'f': open\(path, 'rb'"),
        ({"files": [("g", ("a", Path("a")))]}, TypeError, r"write files={'g': open\(path, 'rb'\)}"),
        ({"files": {"f": 5}}, TypeError, r"Request.files\['f'\] must be an open file, .* got int"),
        ({"files": {"f": ("a",)}}, TypeError, r"or a tuple of a name and one of these, got tuple"),
        (
            {"files": {"f": b"x"}, "headers": {"content-type": "multipart/form-data"}},
            ValueError,
            "leave Content-Type out where files are: it needs the boundary",
        ),
        ({"method": "CONNECT"}, ValueError, r"write Options\(proxy=...\)"),
        ({"method": "a b"}, ValueError, "must be one word, as 'POST', got 'a b'"),
        ({"method": "po\u017ft"}, ValueError, "must be one word, as 'POST', got 'po\u017ft'"),
        ({"method": "ß"}, ValueError, "must be one word, as 'POST', got 'ß'"),
        ({"method": "connect"}, ValueError, "cannot be CONNECT"),
        ({"method": 3}, TypeError, "must be a str, as 'POST', got int"),
        ({"headers": {"Content-Length": "3"}}, ValueError, "it follows from the body"),
        ({"headers": {"Expect": "100-continue"}}, ValueError, "Request.headers must not set 'Exp"),
        ({"headers": {"X": "ü"}}, ValueError, "the value of 'X' must be ASCII"),
        ({"headers": [("A", "b")]}, TypeError, "must be a mapping of names to values, got list"),
        ({"idempotent": "yes"}, TypeError, "must be True or False, got 'yes'"),
        ({"params": {"a": 1}}, TypeError, "Request has no argument 'params'"),
    ],
)  # fmt: skip
def test_what_cannot_be_sent_is_refused_with_the_cure(
    given: dict[str, Any], error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        Request(URL, **given)
    with pytest.raises(TypeError, match=r"Request\.url must be a str, got int"):
        Request(3)  # type: ignore[arg-type]  # misuse


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "PUT", "DELETE"])
def test_some_methods_may_be_sent_twice(method: str) -> None:
    assert Request(URL, method=method).is_idempotent
    assert not Request(URL, method=method, idempotent=False).is_idempotent
    assert not Request(URL, method="POST").is_idempotent
    assert Request(URL, method="POST", idempotent=True).is_idempotent


def test_it_is_data() -> None:
    request = Request(URL, json={"password": "x"}, headers={"X-Api-Key": "k"}, tag="mine")
    assert pickle.loads(pickle.dumps(request)) == request == attrs.evolve(request)
    shown = repr(request)
    assert "secret" not in shown
    assert "password" not in shown
    assert "'k'" not in shown


def test_it_can_ask_whether_anything_has_changed() -> None:
    fields = [("ETag", '"abc"'), ("Last-Modified", "Fri, 27 Nov 2026 10:00:00 GMT")]
    known = attrs.evolve(response(URL), headers=Headers.from_fields(fields))
    again = Request(URL, headers={"Accept": "text/html"}).again(known)
    assert dict(again.headers) == {
        "Accept": "text/html",
        "If-None-Match": '"abc"',
        "If-Modified-Since": "Fri, 27 Nov 2026 10:00:00 GMT",
    }
    assert Request(URL).again(response(URL)) == Request(URL)


DATE = "Fri, 27 Nov 2026 10:00:00 GMT"


@pytest.mark.parametrize(
    "tag",
    ['"n\xe9w"', "", "abc", '"a', '"a", "b"', '"a"b"', 'w/"a"', "W/", "'a'", '"a b"'],
)  # fmt: skip
@pytest.mark.parametrize("date", ["", "0", "-1", "yesterday", f"{DATE}\xa0", "1 2 2026 10:00:00"])
def test_what_cannot_be_said_back_is_left_out_and_what_it_replaces_goes(
    tag: str, date: str
) -> None:
    fields = [("ETag", tag), ("Last-Modified", date)]
    known = attrs.evolve(response(URL), headers=Headers.from_fields(fields))
    old = {"if-none-match": '"old"', "IF-MODIFIED-SINCE": DATE, "if-range": '"mine"'}
    assert dict(Request(URL, headers=old).again(known).headers) == {"if-range": '"mine"'}


@pytest.mark.parametrize("twice", ["ETag", "Last-Modified"])
def test_what_is_said_twice_is_left_out(twice: str) -> None:
    fields = [(twice, '"a"'), (twice, '"b"')]
    known = attrs.evolve(response(URL), headers=Headers.from_fields(fields))
    assert Request(URL).again(known) == Request(URL)


@pytest.mark.parametrize("tag", ['"a"', 'W/"a"', '""', '"!#~,"'])
def test_a_condition_is_replaced_whatever_its_case(tag: str) -> None:
    fields = [("etag", tag), ("last-modified", DATE)]
    known = attrs.evolve(response(URL), headers=Headers.from_fields(fields))
    old = {"if-none-match": '"old"', "IF-MODIFIED-SINCE": "x"}
    found = Request(URL, headers=old).again(known)
    assert dict(found.headers) == {"If-None-Match": tag, "If-Modified-Since": DATE}
    assert found.again(known) == found


@pytest.mark.parametrize("given", [failure(URL), "x", None])
def test_only_a_response_can_have_changed(given: Any) -> None:
    with pytest.raises(TypeError, match=r"again takes a Response, got \w+; write `request.again"):
        Request(URL).again(given)


def test_the_order_of_other_libraries_is_told_the_one_here() -> None:
    swapped: Any = Request
    with pytest.raises(TypeError, match=r"by name only; write Request\(url, method='POST'\)"):
        swapped("POST", URL)
    with pytest.raises(TypeError, match=r"write Request\(url, method='POST'\)"):
        swapped("POST", URL, json=1)


@pytest.mark.parametrize("tag", [{}, [1], "t"])
def test_any_tag_leaves_hashes_alone(tag: Any) -> None:
    assert hash(Request(URL, tag=tag)) == hash(Request(URL))
    assert Request(URL, tag=tag) != Request(URL)
    for outcome in (response(URL), failure(URL)):
        assert hash(attrs.evolve(outcome, tag=tag)) == hash(outcome)


def test_what_json_means_is_what_it_was() -> None:
    assert json.loads(Request(URL, json={"a": [None, 1.5]}).body or b"") == {"a": [None, 1.5]}
