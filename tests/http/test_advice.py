"""What is said of what is no URL: the advice helps, and nothing is shown that may be a secret."""

import decimal
import io
import pathlib
import re
import urllib.parse
import urllib.request
from typing import Any

import httpx
import pytest
import requests
import urllib3.util
import yarl
from hypothesis import given
from hypothesis import strategies as st

from concurrent_fetch._failure_kinds import Refusal
from concurrent_fetch.http._url import canonicalize, resolve
from concurrent_fetch.server import LocalServer
from concurrent_fetch.strategies import fetch_sync

pytestmark = pytest.mark.once

BEFORE_IT = "write http:// or https:// before it"
BASE = canonicalize("http://a.example/b")


def said_of(url: object) -> str:
    with pytest.raises(Refusal) as refused:
        canonicalize(url)
    return refused.value.message


@pytest.mark.parametrize(
    ("url", "scheme"),
    [
        *[("mailto:x@y.example", "mailto"), ("MailTo:x@y.example?subject=z", "mailto")],
        *[("tel:+1", "tel"), ("tel:112", "tel"), ("sms:+49 1", "sms"), ("sip:me@a.example", "sip")],
        *[("javascript:void(0)", "javascript"), ("javascript:1", "javascript")],
        *[("data:,x", "data"), ("data:text/html;base64,eA==", "data"), ("blob:http://a/1", "blob")],
        *[("urn:isbn:1", "urn"), ("about:blank", "about"), ("magnet:?xt=urn:x", "magnet")],
        *[("view-source:http://a/", "view-source"), ("whatsapp://send?text=x", "whatsapp")],
        *[("ftp://a.example/", "ftp"), ("FTPS://u:p@a.example", "ftps"), ("file:///x", "file")],
        *[("file:/x", "file"), ("ws://a.example", "ws"), ("wss://a.example/x", "wss")],
        *[("s3://bucket/key", "s3"), ("gs://bucket/key", "gs"), ("ssh://git@a.example", "ssh")],
        *[("chrome://settings", "chrome"), ("gopher://a.example", "gopher")],
    ],
)
def test_a_scheme_that_is_not_ours_is_named(url: str, scheme: str) -> None:
    phrase = f"{scheme}: cannot be fetched, only http and https URLs can be fetched"
    assert said_of(url) == phrase
    with pytest.raises(Refusal, match=f"^redirect to an unusable Location: {phrase}$"):
        resolve(BASE, url)


HELPED = [
    *("example.com/x", "www.example.com", "example.com:80", "localhost:8000/x", "localhost/x.html"),
    *("127.0.0.1:8080", "[::1]:80/", "b\u00fccher.example", "example.com/index.html", "data:8080/"),
    *("admin:s3cr3t@host/", "git:s3cr3t@a.example/x", "data@a.example/", "redis:6379"),
    *("example.com/?u=http://b.example/", "example.com/?u=mailto:x@y", "example.com/a@b.example"),
]


@pytest.mark.parametrize("url", HELPED)
def test_to_write_a_scheme_before_it_is_said_where_that_helps(url: str) -> None:
    assert said_of(url) == f"the scheme is missing: {BEFORE_IT}"
    assert canonicalize(f"http://{url}")


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("//host.example/x", "write http: or https: before the two slashes"),
        *[(path, "a reference without scheme") for path in ("/x", "./x", "../", "?a", "#b")],
        *[(name, "the name of a file") for name in ("index.html", "images/a.png", "urls.txt")],
        *[(path, "a path of a file") for path in (r"C:\x", "c:/x", r"\\server\share")],
        ("me@a.example", "an e-mail address"),
        *[(text, "a missing value") for text in ("nan", "None", "<NA>", "NaT", "null")],
        *[(text, "the scheme is mistyped") for text in ("http//a.example", "https;//a")],
        *[(text, "the host is missing") for text in ("http:/a", "HTTPS:/x", "https:", "http:a")],
        *[
            (text, "something stands before")
            for text in ('"http://a/"', "<http://a>", "a http://b")
        ],
        *[(text, "does not begin with http") for text in ("two words", "foo:bar", "://x", "!")],
        *[(text, "only http and https") for text in ("htp://a", "hxxp://a.example", "user://x")],
        ("\ufeffhttp://a/", "U+FEFF ZERO WIDTH NO-BREAK SPACE before the URL; leave it out"),
        ("\u200bhttp://a/", "U+200B ZERO WIDTH SPACE before the URL; leave it out"),
        ("", "the text is empty"),
        ("\t ", "the text is empty"),
    ],
)
def test_where_that_does_not_help_something_else_is_said(url: str, words: str) -> None:
    said = said_of(url)
    assert words in said
    assert BEFORE_IT not in said


@given(st.text(st.sampled_from("ab:/@.?# -0[]\\"), max_size=12))
def test_the_advice_leads_to_a_url_whenever_it_is_given(text: str) -> None:
    try:
        canonicalize(text)
    except Refusal as refusal:
        if BEFORE_IT in refusal.message:
            assert canonicalize(f"http://{text}")


@pytest.mark.parametrize("secret", ["s3cr3t", "admin"])
@pytest.mark.parametrize(
    "form",
    ["{}:x@host/", "x:{}@host", "{}:", "{}://x", "{}://x@host", "{}:1", "a b {}", "{}@", "://{}",
     "x:{}//y@h", "{}:/x", "mailto:{}", "data:{}", "ftp://u:{}@h"],
)  # fmt: skip
def test_no_part_of_the_text_is_shown_that_may_be_a_secret(form: str, secret: str) -> None:
    text = form.format(secret)
    assert secret not in said_of(text)
    with pytest.raises(Refusal) as refused:
        resolve(BASE, f"{secret}:{secret}@x")
    assert secret not in refused.value.message


LOCATIONS = [
    *("localhost:80", "example.com:80", "admin:pw@host/", "http:x", "http:/x", "http:", "http:///x"),
    *("//a\\b/", "//", "///x", "//a b/", "myapp://x", "mailto:x@y", "C:\\x", "http://[::1%25a]/"),
    *("//i\u2764.example/", "/a\x00b", "//a:99999/", "nan:x"),
]  # fmt: skip


@pytest.mark.parametrize("location", LOCATIONS, ids=ascii)
def test_of_a_location_the_rule_is_told_and_no_advice(location: str) -> None:
    with pytest.raises(Refusal) as refused:
        resolve(BASE, location)
    said = refused.value.message
    assert said.startswith("redirect to an unusable Location: ")
    assert not re.search(r"\b(write|leave|try|percent-encode|read_urls|dropna)\b", said)


@pytest.mark.parametrize("location", ["mailto:x@y.example", "localhost:80", "http:///x"])
def test_no_advice_is_given_to_who_did_not_write_the_location(
    location: str, local: LocalServer
) -> None:
    target = urllib.parse.quote(location, safe="")
    (failure,) = fetch_sync([local.url(f"/redirect-to?url={target}")]).failures
    assert failure.message.startswith("redirect to an unusable Location: ")
    assert "write" not in failure.message


class NAType:
    """As the one of pandas: whether it differs from itself is not known."""

    def __ne__(self, other: object) -> Any:
        return self

    __hash__ = None  # type: ignore[assignment]  # as __eq__ is not meant

    def __bool__(self) -> bool:
        raise TypeError("boolean value of NA is ambiguous")


class NaTType:
    """As the one of pandas and of numpy: it is not itself."""

    def __ne__(self, other: object) -> bool:
        return True

    __hash__ = None  # type: ignore[assignment]  # as __eq__ is not meant


class StringScalar:
    """As that of pyarrow, without a value."""

    is_valid = False


class Raising:
    """Foreign code that fails whatever it is asked."""

    def __ne__(self, other: object) -> bool:
        raise ValueError

    __hash__ = None  # type: ignore[assignment]  # as __eq__ is not meant

    def __str__(self) -> str:
        raise ValueError


@pytest.mark.parametrize(
    "value",
    [None, float("nan"), decimal.Decimal("nan"), NAType(), NaTType(), StringScalar()],
    ids=lambda value: type(value).__name__,
)
def test_a_missing_value_is_to_be_left_out(value: object) -> None:
    assert said_of(value) == (
        f"a URL must be a str, not {type(value).__name__}; a missing value? leave it out, as "
        "df['url'].dropna() does"
    )


def test_a_missing_value_costs_its_own_outcome_only(local: LocalServer) -> None:
    column: list[Any] = [local.url("/get"), None, float("nan"), local.url("/get")]
    run = fetch_sync(column)
    assert [outcome.ok for outcome in run] == [True, False, False, True]
    assert all("dropna()" in failure.message for failure in run.failures)


HTTP = "http://a.example/"


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (HTTP.encode(), "bytes; write url.decode()"),
        (bytearray(HTTP.encode()), "bytearray; write url.decode()"),
        (memoryview(HTTP.encode()), "memoryview; write bytes(url).decode()"),
        (pathlib.PurePosixPath(HTTP), "PurePosixPath; a path loses a slash of the scheme; keep"),
        (urllib.parse.urlparse(HTTP), "ParseResult; write url.geturl()"),
        (urllib.parse.urlsplit(HTTP), "SplitResult; write url.geturl()"),
        (httpx.URL(HTTP), "URL; write str(url)"),
        (yarl.URL(HTTP), "URL; write str(url)"),
        (urllib3.util.parse_url(HTTP), "Url; write str(url)"),
        (urllib.request.Request(HTTP), "Request; write url.full_url"),
        (requests.Request("GET", HTTP), "Request; write url.url"),
        (requests.Request("POST", HTTP), "Request; it is no GET; write Request(url.url, method="),
        ((HTTP, 1), "tuple; take the URL out of it, as url[0]"),
        ({"url": HTTP}, "dict; take the URL out of it, as url['url']"),
        (7, "int; there is no URL in it"),
        (True, "bool; there is no URL in it"),
        (io.StringIO(HTTP), "StringIO; there is no URL in it"),
        (Raising(), "Raising; there is no URL in it"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_of_what_is_no_str_is_said_what_to_write(value: object, words: str) -> None:
    assert said_of(value).startswith(f"a URL must be a str, not {words}")


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (HTTP.encode(), "url.decode()"),
        (memoryview(HTTP.encode()), "bytes(url).decode()"),
        (urllib.parse.urlparse(HTTP), "url.geturl()"),
        (httpx.URL(HTTP), "str(url)"),
        (urllib.request.Request(HTTP), "url.full_url"),
        (requests.Request("GET", HTTP), "url.url"),
        ((HTTP, 1), "url[0]"),
        ({"url": HTTP}, "url['url']"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_is_to_be_written_is_a_url(value: object, written: str) -> None:
    assert written in said_of(value)
    assert canonicalize(eval(written, {"url": value})).url == HTTP
