"""What goes over the wire: the same request from every client, and connections as asked for."""

from typing import Any

import pytest
from fetching import ClientStrategy
from raw_server import Peer, RawServer, always, reply

from concurrent_fetch import FailureKind, Options
from concurrent_fetch.server import LocalServer


@pytest.mark.parametrize(("reuse", "connection"), [(True, "keep-alive"), (False, "close")])
def test_every_client_sends_the_same_headers_and_no_others(
    client_strategy: ClientStrategy, reuse: bool, connection: str
) -> None:
    with RawServer(always(reply(b"x"))) as server:
        client_strategy.one(server.url(), reuse_connections=reuse)
    assert server.fields == [
        [
            ("accept", "*/*"),
            ("accept-encoding", "gzip, deflate"),
            ("connection", connection),
            ("host", f"127.0.0.1:{server.port}"),
            ("user-agent", "concurrent_fetch"),
        ]
    ]
    assert server.heads[0].startswith(b"GET / HTTP/1.1\r\n")


def test_own_headers_arrive_once_and_replace_the_defaults(client_strategy: ClientStrategy) -> None:
    headers = {"user-agent": "mine/1", "ACCEPT": "text/html", "X-Own": "1", "Cookie": "a=1"}
    with RawServer(always(reply(b"x"))) as server:
        client_strategy.one(server.url(), headers=headers)
    assert server.fields == [
        [
            ("accept", "text/html"),
            ("accept-encoding", "gzip, deflate"),
            ("connection", "keep-alive"),
            ("cookie", "a=1"),
            ("host", f"127.0.0.1:{server.port}"),
            ("user-agent", "mine/1"),
            ("x-own", "1"),
        ]
    ]


@pytest.mark.parametrize(
    ("options", "sent"),
    [
        ({"encodings": ("br", "zstd", "gzip")}, "br, zstd, gzip"),
        ({"encodings": ()}, "identity"),
        ({"headers": {"accept-encoding": "br"}}, "br"),
        ({"headers": {"Accept-Encoding": "*"}, "encodings": ()}, "*"),
    ],
)
def test_every_client_asks_for_the_encodings_of_the_options(
    client_strategy: ClientStrategy, options: dict[str, Any], sent: str
) -> None:
    with RawServer(always(reply(b"x"))) as server:
        client_strategy.one(server.url(), **options)
    assert [value for name, value in server.fields[0] if name == "accept-encoding"] == [sent]


@pytest.mark.parametrize("fault", ["br", "br_upper_case", "br_gzip", "zstd", "zstd_skipped"])
def test_br_and_zstd_are_decoded_in_every_client(
    client_strategy: ClientStrategy, local: LocalServer, fault: str
) -> None:
    response = client_strategy.response(local.url(f"/fault/ce_{fault}"))
    assert response.body == b"hello " * 500
    assert "content-encoding" in response.headers


def test_an_own_host_header_replaces_the_default(client_strategy: ClientStrategy) -> None:
    with RawServer(always(reply(b"x"))) as server:
        client_strategy.one(server.url(), headers={"Host": "example.com"})
    assert [value for name, value in server.fields[0] if name == "host"] == ["example.com"]


TARGETS = {
    "": "/",
    "/": "/",
    "?q=1": "/?q=1",
    "/a b": "/a%20b",
    "/é": "/%C3%A9",
    "/%7Euser": "/~user",
    "/%c3%a9": "/%C3%A9",
    "/a%2Fb": "/a%2Fb",
    "/[x]|^`{}": "/%5Bx%5D%7C%5E%60%7B%7D",
    "/back\\slash": "/back%5Cslash",
    "/100%": "/100%25",
    "/%zz": "/%25zz",
    "/?q=a+b&c=d e": "/?q=a+b&c=d%20e",
    "/a/../b/./c": "/b/c",
    "/%2e%2e/x": "/x",
    "//two//slashes": "//two//slashes",
    "/x?": "/x?",
    "/x?#part": "/x?",
    "/x#part": "/x",
    "/x?a=1#part": "/x?a=1",
    "/!$&'()*+,;=:@": "/!$&'()*+,;=:@",
    '/x?q="<>"': "/x?q=%22%3C%3E%22",
    "/x?a[]=1&b={}": "/x?a%5B%5D=1&b=%7B%7D",
    "/x?next=http://y/z?w": "/x?next=http://y/z?w",
    "/;p=1/x;q": "/;p=1/x;q",
    "/%00": "/%00",
    "/世界?世=界": "/%E4%B8%96%E7%95%8C?%E4%B8%96=%E7%95%8C",
}


def test_every_client_sends_the_same_request_target(client_strategy: ClientStrategy) -> None:
    with RawServer(always(reply(b"x"))) as server:
        urls = [server.url(path) for path in TARGETS]
        run = client_strategy.fetch(urls, Options(concurrency=1))
    assert server.targets == list(TARGETS.values())
    assert [r.final_url for r in run.responses] == [server.url(t) for t in TARGETS.values()]
    assert [r.url for r in run.responses] == urls


def test_user_info_becomes_authorization_and_is_never_shown(
    client_strategy: ClientStrategy, local: LocalServer
) -> None:
    url = local.url("/basic-auth/us%20er/s3cr3t").replace("//", "//us%20er:s3cr3t@")
    run = client_strategy.fetch(
        [url, url + "x", "ftp://us:s3cr3t@x/", "http://us:s3cr3t@nosuch.invalid/"]
    )
    assert [getattr(outcome, "status_code", None) for outcome in run] == [200, 401, None, None]
    assert run[0].url == url
    shown = [repr(run), str(run), repr(run[:]), str(run.to_columns()["url"])]
    shown += [f.message for f in run.failures]
    shown += [r.final_url.replace("/basic-auth/us%20er/s3cr3t", "") for r in run.responses]
    shown = [text.replace("basic-auth/us%20er/s3cr3t", "") for text in shown]
    assert not [text for text in shown if "s3cr3t" in text]


def test_user_info_beats_an_authorization_header(client_strategy: ClientStrategy) -> None:
    with RawServer(always(reply(b"x"))) as server:
        url = server.url().replace("//", "//a:b@")
        client_strategy.one(url, headers={"authorization": "Bearer t"})
    assert [v for name, v in server.fields[0] if name == "authorization"] == ["Basic YTpi"]


def test_connections_are_reused(client_strategy: ClientStrategy, local: LocalServer) -> None:
    run = client_strategy.fetch(local.urls(40), Options(concurrency=4))
    stats = local.stats()
    assert stats.requests == 40
    assert stats.connections <= (4 if client_strategy.is_concurrent else 1)
    assert sum(r.reused is False for r in run.responses) == stats.connections
    assert sum(r.reused is True for r in run.responses) == 40 - stats.connections


def test_connections_are_not_reused_if_unwanted(
    client_strategy: ClientStrategy, local: LocalServer
) -> None:
    run = client_strategy.fetch(local.urls(12), Options(concurrency=4, reuse_connections=False))
    assert local.stats().connections == 12
    assert {r.reused for r in run.responses} == {False}


def test_a_redirect_within_one_fetch_may_use_its_connection_again(
    client_strategy: ClientStrategy, local: LocalServer
) -> None:
    client_strategy.fetch([local.url("/redirect/3")])
    assert local.stats().connections == 1


def test_connections_to_many_servers_are_reused(client_strategy: ClientStrategy) -> None:
    answer = always(reply(b"x"))
    with RawServer(answer) as first, RawServer(answer) as second:
        client_strategy.fetch([first.url(), second.url()] * 4, Options(concurrency=1))
    assert (first.connections, second.connections) == (1, 1)


def test_a_stale_connection_is_replaced_once_and_counted(client_strategy: ClientStrategy) -> None:
    def one_answer_then_hang_up_on_the_second_request(peer: Peer) -> None:
        if peer.read_head():
            peer.send(reply(b"x"))
            peer.read_head()

    with RawServer(one_answer_then_hang_up_on_the_second_request) as server:
        run = client_strategy.fetch([server.url()] * 3, Options(concurrency=1))
    assert [r.attempts for r in run.responses] == [1, 2, 2]
    assert server.connections == 3
    assert len(server.heads) == 5


@pytest.mark.parametrize("begun", [b"HTTP/1.1 200 OK\r\nA", b"HTTP/1.1 100 Continue\r\n\r\n"])
def test_a_connection_is_stale_until_a_whole_head_came_on_it(
    client_strategy: ClientStrategy, begun: bytes
) -> None:
    def begins_to_answer_the_second_request(peer: Peer) -> None:
        if peer.read_head():
            peer.send(reply(b"x"))
            if peer.read_head():
                peer.send(begun)

    with RawServer(begins_to_answer_the_second_request) as server:
        run = client_strategy.fetch([server.url()] * 2, Options(concurrency=1))
    assert [r.attempts for r in run.responses] == [1, 2]


def test_a_new_connection_that_is_closed_is_not_tried_again(
    client_strategy: ClientStrategy,
) -> None:
    with RawServer(lambda peer: peer.read_head()) as server:
        failure = client_strategy.failure(server.url())
    assert failure.kind is FailureKind.DISCONNECTED
    assert failure.attempts == 1
    assert (server.connections, len(server.heads)) == (1, 1)


def test_a_second_close_in_a_row_is_a_failure(client_strategy: ClientStrategy) -> None:
    def only_the_first_connection_answers(peer: Peer) -> None:
        first = server.connections == 1
        if peer.read_head() and first:
            peer.send(reply(b"x"))
            peer.read_head()

    with RawServer(only_the_first_connection_answers) as server:
        run = client_strategy.fetch([server.url()] * 2, Options(concurrency=1))
    failure = run.failures[0]
    assert (failure.kind, failure.attempts, failure.index) == (FailureKind.DISCONNECTED, 2, 1)
    assert server.connections == 2
