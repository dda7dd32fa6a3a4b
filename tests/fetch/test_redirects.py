"""Redirects: one rule for all clients, and credentials that stay at home."""

import pytest
from fetching import ClientStrategy
from pace import in_time
from raw_server import Peer, RawServer, always, by_path, head, reply

from concurrent_fetch import FailureKind, Options
from concurrent_fetch.server import LocalServer

SECRET = "Basic c2VjcmV0OnB3"


def to(location: str, status: str = "302 Found") -> bytes:
    return reply(b"", f"Location: {location}", status=status)


@pytest.mark.parametrize(
    "status", ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"]
)
def test_each_redirect_status_is_followed(client_strategy: ClientStrategy, status: str) -> None:
    with RawServer(by_path({"/a": to("/b", status), "/b": reply(b"end")})) as server:
        response = client_strategy.response(server.url("/a"))
    assert response.body == b"end"
    assert response.url == server.url("/a")
    assert response.final_url == server.url("/b")
    assert response.redirects == (server.url("/a"),)


LOCATIONS = {
    "sibling": ("c?x=1", "/a/c?x=1"),
    "parent": ("../c", "/c"),
    "query only": ("?page=2", "/a/b?page=2"),
    "fragment": ("/c#part", "/c"),
    "raw UTF-8": ("/caf\xc3\xa9", "/caf%C3%A9"),
    "raw latin-1": ("/caf\xe9", "/caf%E9"),
    "raw GBK": ("/\xd6\xd0\xce\xc4?q=\xd6\xd0", "/%D6%D0%CE%C4?q=%D6%D0"),
    "raw Shift JIS": ("/\x93\xfa\x96{", "/%93%FA%96%7B"),
    "UTF-8 and latin-1": ("/\xc3\xa9/\xe9?\xe9=\xc3\xa9#\xe9", "/%C3%A9/%E9?%E9=%C3%A9"),
    "raw and encoded": ("/%c3%a9\xe9%e9%", "/%C3%A9%E9%E9%25"),
    "C1 controls": ("/\x80\x9f?\x85", "/%80%9F?%85"),
    "empty query": ("/c?", "/c?"),
    "empty query and fragment": ("/c?#part?", "/c?"),
    "empty query only": ("?", "/a/b?"),
    "two marks": ("/c??", "/c??"),
    "blanks inside": ("/a b", "/a%20b"),
}


@pytest.mark.parametrize("case", LOCATIONS)
def test_relative_locations(client_strategy: ClientStrategy, case: str) -> None:
    location, target = LOCATIONS[case]
    with RawServer(by_path({"/a/b": to(location), target: reply(b"end")})) as server:
        response = client_strategy.response(server.url("/a/b"))
    assert response.body == b"end"
    assert response.final_url == server.url(target)
    assert server.targets == ["/a/b", target]


@pytest.mark.parametrize("target", ["/?", "/x?", "/a/%E9?"])
def test_an_empty_query_is_sent(client_strategy: ClientStrategy, target: str) -> None:
    with RawServer(always(reply(b"end"))) as server:
        url = server.url(target)
        assert client_strategy.response(url).final_url == url
        there = client_strategy.response(url, proxy=f"http://127.0.0.1:{server.port}")
        assert there.final_url == url
        assert client_strategy.response(f"{url}#f").final_url == url
    assert server.targets == [target, url, target]


def test_a_host_in_utf_8_is_a_name_and_in_any_other_charset_none(
    client_strategy: ClientStrategy,
) -> None:
    answers = {"/%E9?%FF": reply(b"end")}
    with RawServer(by_path(answers)) as server:
        digits = "\xef\xbc\x91\xef\xbc\x92\xef\xbc\x97"  # 127, full width
        answers["/a"] = to(f"http://{digits}.0.0.1:{server.port}/\xe9?\xff")
        answers["/b"] = to(f"http://\xe9.example:{server.port}/")
        assert client_strategy.response(server.url("/a")).body == b"end"
        failure = client_strategy.failure(server.url("/b"))
    assert failure.kind is FailureKind.INVALID_URL
    assert failure.message == (
        "redirect to an unusable Location: the host is neither ASCII nor UTF-8"
    )


def test_absolute_locations(client_strategy: ClientStrategy, local: LocalServer) -> None:
    response = client_strategy.response(local.url("/absolute-redirect/2"))
    assert response.final_url == local.url("/get")
    assert response.redirects == (
        local.url("/absolute-redirect/2"),
        local.url("/absolute-redirect/1"),
    )


def test_a_location_without_scheme_keeps_the_scheme(client_strategy: ClientStrategy) -> None:
    answers = {"/b": reply(b"end")}
    with RawServer(by_path(answers)) as server:
        answers["/a"] = to(f"//127.0.0.1:{server.port}/b")
        assert client_strategy.response(server.url("/a")).final_url == server.url("/b")


def test_as_many_redirects_as_allowed_and_not_one_more(
    client_strategy: ClientStrategy, local: LocalServer
) -> None:
    response = client_strategy.response(local.url("/redirect/3"), max_redirects=3)
    assert len(response.redirects) == 3
    failure = client_strategy.failure(local.url("/redirect/4"), max_redirects=3)
    assert failure.kind is FailureKind.TOO_MANY_REDIRECTS
    assert "max_redirects=3" in failure.message
    assert failure.timing.sent is not None


def test_without_redirects_a_3xx_is_the_answer(client_strategy: ClientStrategy) -> None:
    with RawServer(always(reply(b"moved", "Location: /b", status="302 Found"))) as server:
        response = client_strategy.response(server.url("/a"), max_redirects=0)
    assert (response.status_code, response.body, response.redirects) == (302, b"moved", ())
    assert response.headers["location"] == "/b"
    assert response.ok


@pytest.mark.parametrize("fields", [(), ("Location:",), ("Location:  ",)])
def test_a_3xx_without_location_is_the_answer(
    client_strategy: ClientStrategy, fields: tuple[str, ...]
) -> None:
    with RawServer(always(reply(b"where?", *fields, status="302 Found"))) as server:
        response = client_strategy.response(server.url())
    assert (response.status_code, response.body, response.redirects) == (302, b"where?", ())


def test_the_first_of_two_locations_wins(client_strategy: ClientStrategy) -> None:
    first = reply(b"", "Location: /b", "Location: /c", status="302 Found")
    with RawServer(by_path({"/a": first, "/b": reply(b"b")})) as server:
        assert client_strategy.response(server.url("/a")).body == b"b"


@pytest.mark.parametrize("location", ["ftp://x/", "http://", "http://x:99999/", "mailto:a@b"])
def test_an_unusable_location_is_an_invalid_url(
    client_strategy: ClientStrategy, location: str
) -> None:
    with RawServer(always(to(location))) as server:
        failure = client_strategy.failure(server.url())
    assert failure.kind is FailureKind.INVALID_URL
    assert "redirect" in failure.message


def test_the_body_of_a_redirect_is_never_read(client_strategy: ClientStrategy) -> None:
    def play(peer: Peer) -> None:
        if b" /b " in peer.read_head():
            peer.send(reply(b"end"))
        else:
            peer.send(head("Location: /b", "Content-Length: 1000000", status="302 Found"))
            peer.hold()

    with RawServer(play) as server:
        response = client_strategy.response(server.url("/a"), timeout=2.0)
    assert response.body == b"end"
    in_time(response.elapsed, 1.0)


def sent(server: RawServer, name: str) -> list[str | None]:
    return [dict(fields).get(name) for fields in server.fields]


SECRETS = {"Authorization": SECRET, "Cookie": "id=1", "Proxy-Authorization": SECRET}
OWN = {
    "X-Api-Key": "1",
    "X-Mine": "1",
    "Referer": "http://h/",
    "Origin": "http://h",
    "Via": "1.1 x",
}
FOR_ANYBODY = {
    "Accept": "text/html",
    "Accept-Charset": "utf-8",
    "Accept-Encoding": "gzip",
    "Accept-Language": "de",
    "Cache-Control": "no-cache",
    "Pragma": "no-cache",
    "DNT": "1",
    "Sec-GPC": "1",
    "User-Agent": "me",
    "Range": "bytes=0-",
    "If-None-Match": '"1"',
    "If-Modified-Since": "Thu, 01 Jan 1970 00:00:00 GMT",
    "Upgrade-Insecure-Requests": "1",
}


def test_only_fields_that_tell_nothing_leave_the_origin_also_when_a_hop_leads_back(
    client_strategy: ClientStrategy,
) -> None:
    home: dict[str, bytes] = {"/same": to("/leave"), "/back": to("/end"), "/end": reply(b"end")}
    away: dict[str, bytes] = {}
    with RawServer(by_path(home)) as here, RawServer(by_path(away)) as there:
        home["/leave"] = to(there.url("/away"))
        away["/away"] = to(here.url("/back"))
        given = SECRETS | OWN | FOR_ANYBODY
        response = client_strategy.response(here.url("/same"), headers=given)
    assert response.body == b"end"
    assert here.targets == ["/same", "/leave", "/back", "/end"]
    for name in map(str.lower, SECRETS | OWN):
        assert [value is not None for value in sent(here, name)] == [True, True, False, False]
        assert sent(there, name) == [None]
    for name, value in FOR_ANYBODY.items():
        assert sent(here, name.lower()) == [value] * 4
        assert sent(there, name.lower()) == [value]


def test_what_one_fetch_dropped_the_next_one_sends_at_home(client_strategy: ClientStrategy) -> None:
    home: dict[str, bytes] = {"/end": reply(b"end")}
    with RawServer(by_path(home)) as here, RawServer(always(reply(b"end"))) as there:
        home["/leave"] = to(there.url("/away"))
        urls = [here.url("/leave"), here.url("/end"), here.url("/leave")]
        client_strategy.fetch(urls, Options(concurrency=1, headers={"X-Mine": "1"}))
    assert sent(here, "x-mine") == ["1"] * 3
    assert sent(there, "x-mine") == [None] * 2


def test_a_host_of_ones_own_stays_at_the_origin(client_strategy: ClientStrategy) -> None:
    home: dict[str, bytes] = {"/a": to("/b"), "/end": reply(b"end")}
    away: dict[str, bytes] = {}
    with RawServer(by_path(home)) as here, RawServer(by_path(away)) as there:
        home["/b"] = to(there.url("/c"))
        away["/c"] = to(here.url("/end"))
        client_strategy.response(here.url("/a"), headers={"hOST": "virtual.example"})
    assert sent(here, "host") == ["virtual.example"] * 2 + [f"127.0.0.1:{here.port}"]
    assert sent(there, "host") == [f"127.0.0.1:{there.port}"]


def test_user_info_is_sent_at_home_only(client_strategy: ClientStrategy) -> None:
    home: dict[str, bytes] = {"/a": to("/b")}
    with RawServer(by_path(home)) as here, RawServer(always(reply(b"end"))) as there:
        home["/b"] = to(there.url())
        url = here.url("/a").replace("//", "//secret:pw@")
        response = client_strategy.response(url)
    assert sent(here, "authorization") == [SECRET, SECRET]
    assert sent(there, "authorization") == [None]
    assert response.redirects == (here.url("/a"), here.url("/b"))


@pytest.mark.parametrize("same_origin", [True, False])
def test_user_info_in_a_location_is_ignored(
    client_strategy: ClientStrategy, same_origin: bool
) -> None:
    answers: dict[str, bytes] = {"/b": reply(b"end")}
    with RawServer(by_path(answers)) as here, RawServer(by_path(answers)) as there:
        goal = here if same_origin else there
        answers["/a"] = to(f"http://evil:pw@127.0.0.1:{goal.port}/b")
        response = client_strategy.response(here.url("/a"))
    assert response.final_url == goal.url("/b")
    assert sent(here, "authorization") + sent(there, "authorization") == [None, None]
