"""What values of other libraries tell, without I/O, and to which URLs they belong."""

import io
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import aiohttp
import httpx
import pytest
import requests
import urllib3
from fakes import URLS, answers
from raw_server import closed_port

from concurrent_fetch import FailureKind, Row
from concurrent_fetch.runner._rows import rows_of
from concurrent_fetch.runner._values import row_of
from concurrent_fetch.server import LocalServer

pytestmark = pytest.mark.once


@pytest.fixture(scope="module")
def server() -> Iterator[LocalServer]:
    with LocalServer() as server:
        yield server


def told(row: Row) -> tuple[Any, ...]:
    return row.status_code, row.size, row.unread, row.http_version, row.coding


def by_requests(url: str) -> requests.Response:
    return requests.get(url, timeout=5)


def by_httpx(url: str) -> httpx.Response:
    return httpx.get(url, follow_redirects=True)


def by_urllib3(url: str) -> urllib3.BaseHTTPResponse:
    return urllib3.request("GET", url)


def by_aiohttp(url: str) -> aiohttp.ClientResponse:
    async def fetch() -> aiohttp.ClientResponse:
        async with aiohttp.ClientSession() as session, session.get(url) as response:
            await response.read()
            return response

    import asyncio

    return asyncio.run(fetch())


FETCHERS = [by_requests, by_httpx, by_urllib3, by_aiohttp]


@pytest.mark.parametrize("fetch", FETCHERS)
def test_a_response_tells_what_is_loaded(fetch: Callable[[str], Any], server: LocalServer) -> None:
    url = server.url("/bytes/10")
    row = row_of(fetch(url), digest=True)
    assert told(row) == (200, 10, False, "1.1", "identity")
    assert row.url in (url, None)  # that of urllib3 tells the path only
    assert row.digest
    assert row.body is None
    assert told(row_of(fetch(server.url("/status/404")))) == (404, 0, False, "1.1", "identity")


@pytest.mark.parametrize("fetch", [by_requests, by_httpx, by_aiohttp])
def test_a_redirected_response_stands_for_what_was_asked(
    fetch: Callable[[str], Any], server: LocalServer
) -> None:
    row = row_of(fetch(server.url("/redirect/2")))
    assert (row.url, row.final_url) == (server.url("/redirect/2"), server.url("/get"))


def test_a_body_that_is_not_loaded_is_not_fetched(server: LocalServer) -> None:
    url = server.url("/bytes/10")
    streamed = requests.get(url, stream=True, timeout=5)
    assert told(row_of(streamed))[:3] == (200, None, True)
    assert streamed.content  # nobody has read it
    consumed = requests.get(url, stream=True, timeout=5)
    list(consumed.iter_content())
    assert told(row_of(consumed))[:3] == (200, None, False)
    with httpx.stream("GET", url) as unread:
        assert told(row_of(unread))[:3] == (200, None, True)
    with urllib3.PoolManager() as pool:
        kept = pool.request("GET", url, preload_content=False)
        assert told(row_of(kept))[:3] == (200, None, True)
        assert kept.read()
        assert told(row_of(kept))[:3] == (200, None, False)


@pytest.mark.parametrize(
    ("value", "row"),
    [
        (b"abc", Row(size=3)),
        (bytearray(b"abc"), Row(size=3)),
        (memoryview(b"abc"), Row(size=3)),
        ("äb", Row(characters=2)),
        (None, Row()),
        (("u", b"abc"), Row(url="u", size=3)),
        (("u", "äb"), Row(url="u", characters=2)),
        (("u", 0), Row(url="u", length=0)),
        (("u", None), Row(url="u")),
        (Row(status_code=201), Row(status_code=201)),
        ((httpx.URL("http://a/"), b""), Row(url="http://a/", size=0)),
    ],
)
def test_plain_values_tell_lengths(value: object, row: Row) -> None:
    assert row_of(value) == row


def test_exceptions_are_failures_of_a_kind_where_that_is_plain() -> None:
    with closed_port() as port:
        url = f"http://127.0.0.1:{port}/"
        with pytest.raises(requests.ConnectionError) as caught:
            requests.get(url, timeout=5)
    row = row_of(caught.value)
    assert (row.kind, row.error, row.url) == (FailureKind.CONNECT, "ConnectionError", url)
    assert row_of(TimeoutError("slow")).kind is FailureKind.TIMEOUT
    other = row_of(KeyError("http://me:secret@host/"))
    assert (other.kind, other.error) == (FailureKind.OTHER, "KeyError")
    assert "secret" not in (other.message or "")


@pytest.mark.parametrize("fetch", FETCHERS)
def test_an_exception_for_a_status_is_that_response(
    fetch: Callable[[str], Any], server: LocalServer
) -> None:
    answer = fetch(server.url("/status/404"))
    if fetch is by_urllib3:
        return
    with pytest.raises(Exception, match="404") as caught:
        answer.raise_for_status()
    assert row_of(caught.value).status_code == 404


def test_a_converter_of_others_is_found_by_the_name_of_the_type(tmp_path: Path) -> None:
    (tmp_path / "their.py").write_text(
        "import concurrent_fetch as cf\n"
        "class Answer: code = 202\n"
        "def row(answer): return cf.Row(status_code=answer.code)\n"
    )
    info = tmp_path / "their-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: their\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[concurrent_fetch.values]\ntheir.Answer = their:row\n")
    code = (
        "import their, json; from concurrent_fetch.runner._values import row_of; "
        "print(json.dumps(row_of(their.Answer()).status_code))"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True)
    assert json.loads(done.stdout) == 202


def test_a_row_checks_what_it_says() -> None:
    mistakes: list[tuple[dict[str, Any], str]] = [
        ({"status_code": 99}, "Row.status_code must be from 100 to 999"),
        ({"size": -1}, "Row.size must be at least 0"),
        ({"body": "text"}, "Row.body must be bytes or None, got a str"),
        ({"url": 5}, "Row.url must be a str or None, got 5"),
        ({"kind": "timeout"}, "Row.kind must be a FailureKind or None"),
    ]
    for facts, message in mistakes:
        with pytest.raises((TypeError, ValueError), match="Row") as caught:
            Row(**facts)
        assert message in str(caught.value)


# --- to which URL ---


def sizes(values: Any, urls: list[str] = URLS, **facts: Any) -> tuple[list[Any], bool]:
    rows = rows_of(values, urls, **facts)
    return [getattr(row, "size", None) for row in rows.results], rows.ordered


PAIRS = [(url, b"x" * i) for i, url in enumerate(URLS)]


def test_values_that_name_their_url_may_come_in_any_order() -> None:
    assert sizes(PAIRS[::-1]) == ([0, 1, 2, 3], True)
    assert sizes(dict(PAIRS[::-1])) == ([0, 1, 2, 3], True)


def test_a_url_in_another_form_is_the_same() -> None:
    urls = ["http://A.example:80", "http://b.example/#x"]
    values = [("http://b.example/", b"xx"), ("http://a.example/", b"x")]
    assert sizes(values, urls) == ([1, 2], True)


def test_values_that_name_none_are_of_unknown_order() -> None:
    bodies = [body for _, body in PAIRS]
    assert sizes(bodies) == ([0, 1, 2, 3], False)
    assert sizes(bodies, in_order=True) == ([0, 1, 2, 3], True)


def test_exceptions_stand_at_their_place_among_values_in_order() -> None:
    values = [PAIRS[0], ValueError("a"), PAIRS[2], ValueError("b")]
    rows = rows_of(values, URLS)
    assert rows.ordered
    assert [getattr(row, "kind", None) is not None for row in rows.results] == [0, 1, 0, 1]
    assert not rows_of([PAIRS[2], ValueError("a"), PAIRS[0], ValueError("b")], URLS).ordered


def test_nothing_is_a_row_for_each_url() -> None:
    assert rows_of(None, URLS).results == [Row()] * 4


def test_outcomes_may_stand_among_them() -> None:
    outcomes = answers(URLS)
    found = rows_of([outcomes[1], ValueError("a"), outcomes[3], outcomes[2]], URLS).results
    assert found[1:] == outcomes[1:]


def test_many_equal_urls_are_matched_in_linear_time() -> None:
    urls = ["u"] * 20_000
    assert len(rows_of([("u", 1)] * 20_000, urls).results) == 20_000


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (PAIRS[:2], "returned 2 results for 4 URLs; 2 missing, first http://c.example/. Return"),
        (
            [*PAIRS[:3], PAIRS[0]],
            (
                "returned 4 results for 4 URLs; 1 missing, first http://d.example/; "
                "too often: http://a.example/. Return one for each URL, (url, None) for one that fa"
            ),
        ),
    ],
)
def test_what_is_missing_or_too_often_is_named(values: Any, message: str) -> None:
    with pytest.raises(ValueError, match="returned") as caught:
        rows_of(values, URLS)
    assert str(caught.value).startswith(message)


def test_a_file_is_no_list_of_values() -> None:
    with pytest.raises(ValueError, match=r"a value of type _io\.BytesIO; return a list"):
        rows_of(io.BytesIO(b"abc"), URLS)
