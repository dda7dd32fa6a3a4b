"""Methods other than GET, and bodies: the same bytes on the wire from every client."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from fetching import CLIENT_STRATEGIES, ClientStrategy
from raw_server import Peer, RawServer, head, reply

import concurrent_fetch as cf
from concurrent_fetch import FailureKind, Options, Request, Retry
from concurrent_fetch.clients import aiohttp_client, requests_client

every_way = pytest.mark.parametrize("way", CLIENT_STRATEGIES, ids=str)


class Echo:
    """Keeps what it is sent; redirects `/<status>/...` to `/done`, or to where the path says."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, dict[str, str], bytes]] = []
        self.elsewhere = ""

    def __call__(self, peer: Peer) -> None:
        while text := peer.read_head().decode():
            line, *lines = text.split("\r\n")
            fields = {n.lower(): v for n, _, v in (one.partition(": ") for one in lines)}
            body = peer.read_body(int(fields.get("content-length", 0)))
            del fields["host"]
            self.requests.append((line, fields, body))
            peer.send(self._answer(*line.split()[:2]))

    def _answer(self, method: str, path: str) -> bytes:
        _, status, *_ = path.split("/")
        if status.isdigit():
            to = f"{self.elsewhere}/done"
            return b"HTTP/1.1 %b X\r\nLocation: %b\r\nContent-Length: 0\r\n\r\n" % (
                status.encode(),
                to.encode(),
            )
        if method == "HEAD":
            return head("Content-Length: 9999", "Content-Encoding: gzip")
        return reply(b"well")


@pytest.fixture
def echo() -> Iterator[tuple[Echo, RawServer]]:
    script = Echo()
    with RawServer(script) as server:
        yield script, server


def asked(way: ClientStrategy, requests: list[Request], options: Options | None = None) -> cf.Run:
    return way.fetch(requests, options or Options(concurrency=1))  # type: ignore[arg-type]  # they go where URLs go


USUAL = {
    "user-agent": "concurrent_fetch",
    "accept": "*/*",
    "accept-encoding": "gzip, deflate",
    "connection": "keep-alive",
}
FORM = {"content-type": "application/x-www-form-urlencoded"}


@every_way
def test_methods_and_bodies_arrive_as_they_are(
    way: ClientStrategy, echo: tuple[Echo, RawServer]
) -> None:
    script, server = echo
    url = server.url("/a")
    requests = [
        Request(url, method="HEAD"),
        Request(url, method="OPTIONS"),
        Request(url, method="DELETE"),
        Request(url, method="POST"),
        Request(url, method="PUT", body=b"\x00\xff"),
        Request(url, data={"a": "1"}, headers={"Accept": "text/x", "X-Mine": "1"}),
        Request(url, method="PATCH", body=b"x" * 300_000),
        Request(url, method="GET", body=b"odd"),
        Request(url, method="purge"),
    ]
    run = asked(way, requests)
    assert [outcome.ok for outcome in run] == [True] * 9, run.failures
    assert [line.split()[0] for line, _, _ in script.requests] == [r.method for r in requests]
    assert [body for _, _, body in script.requests] == [r.body or b"" for r in requests]
    sizes = [None, None, "0", "0", "2", "3", "300000", "3", "0"]
    assert [fields.pop("content-length", None) for _, fields, _ in script.requests] == sizes
    own: list[dict[str, str]] = [{}] * 5 + [{**FORM, "accept": "text/x", "x-mine": "1"}] + [{}] * 3
    assert [fields for _, fields, _ in script.requests] == [{**USUAL, **one} for one in own]
    assert [outcome.method for outcome in run] == [r.method for r in requests]


@every_way
def test_a_head_has_no_body_whatever_its_length_says(
    way: ClientStrategy, echo: tuple[Echo, RawServer]
) -> None:
    _, server = echo
    requests = [Request(server.url("/a"), method="HEAD", tag=n) for n in range(3)]
    run = asked(way, requests, Options(concurrency=1, digest=True, max_bytes=10))
    assert [(o.ok, o.tag) for o in run] == [(True, 0), (True, 1), (True, 2)]
    first, *others = run.responses
    assert (first.body, first.size, first.headers["content-length"]) == (b"", 0, "9999")
    assert [other.reused for other in others] == [True, True]


REDIRECTS = {
    ("POST", 301): "GET",
    ("POST", 302): "GET",
    ("POST", 303): "GET",
    ("POST", 307): "POST",
    ("POST", 308): "POST",
    ("PUT", 301): "PUT",
    ("PUT", 302): "PUT",
    ("PUT", 303): "GET",
    ("PUT", 307): "PUT",
    ("PUT", 308): "PUT",
}


@every_way
def test_a_redirect_turns_a_method_or_keeps_it_with_the_body(
    way: ClientStrategy, echo: tuple[Echo, RawServer]
) -> None:
    script, server = echo
    requests = [
        Request(server.url(f"/{status}/x"), method=method, data={"a": "1"})
        for method, status in REDIRECTS
    ]
    assert not asked(way, requests).not_ok
    behind = script.requests[1::2]
    assert [line.split()[0] for line, _, _ in behind] == list(REDIRECTS.values())
    for line, fields, body in behind:
        has_body = not line.startswith("GET")
        assert body == (b"a=1" if has_body else b"")
        assert ("content-type" in fields, "content-length" in fields) == (has_body, has_body)


@every_way
def test_a_head_stays_a_head(way: ClientStrategy, echo: tuple[Echo, RawServer]) -> None:
    script, server = echo
    requests = [Request(server.url(f"/{n}/x"), method="HEAD") for n in (301, 302, 303, 307, 308)]
    assert not asked(way, requests).not_ok
    assert {line.split()[0] for line, _, _ in script.requests} == {"HEAD"}


@every_way
def test_no_body_goes_to_another_origin_unless_it_may_be_sent_twice(
    way: ClientStrategy, echo: tuple[Echo, RawServer]
) -> None:
    script, server = echo
    with RawServer(other := Echo()) as elsewhere:
        script.elsewhere = elsewhere.url("").rstrip("/")
        url, fields = server.url("/307/x"), {"X-Token": "t", "Accept": "text/x"}
        requests = [
            Request(url, body=b"x"),
            Request(url, body=b"x", idempotent=True, headers=fields),
            Request(server.url("/303/x"), body=b"x", headers=fields),
        ]
        refused, sent, turned = asked(way, requests)
    assert isinstance(refused, cf.Failure)
    assert refused.kind is FailureKind.NOT_ALLOWED
    assert "write Request(idempotent=True)" in refused.message
    assert (sent.ok, turned.ok) == (True, True)
    assert [(line.split()[0], body) for line, _, body in other.requests] == [
        ("POST", b"x"),
        ("GET", b""),
    ]
    assert all("x-token" not in fields for _, fields, _ in other.requests)
    assert all(fields["accept"] == "text/x" for _, fields, _ in other.requests)


def closes_kept_ones(peer: Peer) -> None:
    peer.read_head()
    peer.read_body(1)
    peer.send(reply(b"well"))
    peer.read_head()  # and says nothing


@every_way
def test_a_post_is_not_sent_again_on_another_connection(way: ClientStrategy) -> None:
    with RawServer(closes_kept_ones) as server:
        requests = [Request(server.url(), body=b"x", method=m) for m in ("POST", "POST", "PUT")]
        run = asked(way, requests)
    results = [outcome.kind if isinstance(outcome, cf.Failure) else "well" for outcome in run]
    assert results == ["well", FailureKind.DISCONNECTED, "well"]
    assert [outcome.attempts for outcome in run] == [1, 1, 1]


@every_way
def test_retries_leave_a_post_alone_but_for_one_that_nobody_has_heard_of(
    way: ClientStrategy,
) -> None:
    options = Options(retry=Retry(wait_initial=0.01, on={503, "connect"}))
    with RawServer(refuse) as server:
        requests = [
            Request(server.url(), body=b"x"),
            Request(server.url(), body=b"x", idempotent=True),
            Request("http://127.0.0.1:1/", body=b"x"),
        ]
        run = asked(way, requests, options)
    assert [len(outcome.earlier) for outcome in run] == [0, 2, 2]


def refuse(peer: Peer) -> None:
    while peer.read_head():
        peer.read_body(1)
        peer.send(b"HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n")


@every_way
def test_a_post_that_was_answered_is_not_sent_again_for_what_came_behind_the_redirect(
    way: ClientStrategy, echo: tuple[Echo, RawServer]
) -> None:
    script, server = echo
    script.elsewhere = "http://127.0.0.1:1"  # where nobody listens
    retry = Retry(attempts=3, wait_initial=0.001, budget=9)
    posts = [Request(server.url(f"/{status}/a"), json={}) for status in (302, 303)]
    run = asked(way, posts, Options(concurrency=1, retry=retry))
    assert [failure.kind for failure in run.failures] == [FailureKind.CONNECT] * 2
    assert [line.split()[0] for line, _, _ in script.requests] == ["POST", "POST"]


def test_a_client_that_knows_no_methods_sends_no_get_for_a_post() -> None:
    @contextmanager
    def opened(_: Options) -> Iterator[Callable[[cf.Exchange], None]]:
        def send(_: cf.Exchange) -> None:
            raise AssertionError("it is sent")

        yield send

    mine = cf.Client("mine", opened)
    (failure,) = cf.fetch_sync([Request("http://a.example/", method="POST")], client=mine)
    assert isinstance(failure, cf.Failure)
    assert failure.kind is FailureKind.OTHER
    assert "client 'mine' sends GET only" in failure.message


def test_a_runner_takes_urls_only() -> None:
    with pytest.raises(TypeError, match=r"sends GETs, each many times; give requests to fetch_thr"):
        cf.Runner([Request("http://a.example/", json=1)])  # type: ignore[list-item]  # misuse


def test_a_session_takes_requests() -> None:
    with RawServer(Echo()) as server:
        request = Request(server.url("/a"), method="POST", tag="t")
        with requests_client.session() as get:
            assert get(request, 3).tag == "t"

        async def fetch() -> cf.Outcome:
            async with aiohttp_client.session() as get:
                return await get(request, 3)

        assert asyncio.run(fetch()).index == 3


ASKED = {
    "Accept": "text/x",
    "Accept-Language": "de",
    "Range": "bytes=0-1",
    "If-None-Match": '"a"',
    "Cache-Control": "no-cache",
}


@every_way
def test_what_one_request_asks_for_the_next_one_does_not(
    way: ClientStrategy, echo: tuple[Echo, RawServer]
) -> None:
    script, server = echo
    url = server.url("/a")
    requests = [Request(url, headers=ASKED), Request(url), Request(url, method="HEAD")]
    assert not asked(way, requests).not_ok
    assert not way.fetch([url]).not_ok
    first, *others = [fields for _, fields, _ in script.requests]
    assert first == USUAL | {name.lower(): value for name, value in ASKED.items()}
    assert others == [USUAL] * 3


@every_way
def test_a_cookie_of_a_redirect_is_for_its_fetch_only(way: ClientStrategy) -> None:
    got: list[bool] = []

    def sets_a_cookie(peer: Peer) -> None:
        while text := peer.read_head():
            got.append(b"\r\ncookie: " in text.lower())
            leads = (
                b"HTTP/1.1 302 X\r\nLocation: /b\r\nSet-Cookie: a=b\r\nContent-Length: 0\r\n\r\n"
            )
            peer.send(leads if text.startswith(b"GET /a ") else reply(b"well"))

    with RawServer(sets_a_cookie) as server:
        asked(way, [server.url("/a"), server.url("/c"), server.url("/c")])  # type: ignore[list-item]  # URLs do too
    assert got == [False, True, False, False]
