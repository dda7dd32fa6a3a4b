"""Cookies that a redirect sets, within one fetch: the same in all clients, and for nobody else."""

import itertools
import ssl
import subprocess
import sys
import time
from collections.abc import Callable

import pytest
import trustme
from fetching import ClientStrategy
from hypothesis import example, given
from hypothesis import strategies as st
from names import resolve_to
from pace import in_time
from raw_server import Peer, RawServer, Script, by_path, head, reply

from concurrent_fetch import FailureKind, Options, Response
from concurrent_fetch.fetch._cookies import Jar
from concurrent_fetch.fetch._set_cookie import read_date
from concurrent_fetch.http import canonicalize

GIVEN = {"Cookie": "mine=1"}


def to(location: str, *cookies: str) -> bytes:
    fields = [f"Set-Cookie: {cookie}" for cookie in cookies]
    return reply(b"", f"Location: {location}", *fields, status="302 Found")


def cookies(server: RawServer) -> list[str | None]:
    """The Cookie field of every request, in the order of arrival; there is one at most."""
    for fields in server.fields:
        assert sum(name == "cookie" for name, _ in fields) <= 1
    return [dict(fields).get("cookie") for fields in server.fields]


def gate(cookie: Callable[[], str] = lambda: "id=1; Path=/") -> Script:
    """Whoever brings no cookie is given one and sent here once more; then he gets it back."""

    def play(peer: Peer) -> None:
        while request := peer.read_head():
            crumbs = [line for line in request.split(b"\r\n") if line.lower().startswith(b"cookie")]
            if any(b"id=" in crumb for crumb in crumbs):
                peer.send(reply(crumbs[0].partition(b": ")[2]))
            else:
                peer.send(to(request.split(b" ")[1].decode("ascii"), cookie()))

    return play


def test_a_page_that_sets_a_cookie_and_redirects_to_itself_is_fetched(
    client_strategy: ClientStrategy,
) -> None:
    with RawServer(gate()) as server:
        response = client_strategy.response(server.url("/a?b=1"))
    assert response.body == b"id=1"
    assert response.redirects == (server.url("/a?b=1"),)
    assert cookies(server) == [None, "id=1"]


def test_a_login_goes_its_way_over_several_pages(client_strategy: ClientStrategy) -> None:
    answers = {
        "/account": to("/login?next=account", "seen=1; Path=/account"),
        "/login?next=account": to("/session", "csrf=a==; HttpOnly; SameSite=Lax"),
        "/session": to("/account/", 'sid="x y"; Path=/', "csrf=; Max-Age=0", "visits=1"),
        "/account/": reply(b"welcome"),
    }
    with RawServer(by_path(answers)) as server:
        assert client_strategy.response(server.url("/account")).body == b"welcome"
    assert cookies(server) == [None, None, "csrf=a==", 'seen=1; sid="x y"; visits=1']


# What the first page sets, and what each of the pages then gets, a redirect after the other.
RULES: dict[str, tuple[list[str], dict[str, str | None]]] = {
    "for this folder": (["a=1"], {"/in/x": "a=1", "/in/deep/x": "a=1", "/x": None, "/inn": None}),
    "for a path": (["a=1; Path=/x"], {"/x": "a=1", "/x/y": "a=1", "/xy": None, "/in/x": None}),
    "for a path not here": (["a=1; path=/x/"], {"/x": None, "/x/y?q": "a=1"}),
    "longest path first": (["a=1; Path=/", "b=2; Path=/x"], {"/x": "b=2; a=1", "/": "a=1"}),
    "path percent-encoded": (["a=1; Path=/%e9%7e"], {"/%E9~/": "a=1", "/%E9": None}),
    "path in latin-1": (["a=1; Path=/\xe9"], {"/%E9": "a=1", "/%C3%A9": None}),
    "secure": (["a=1; Path=/; Secure", "b=2; Path=/; SECURE=no"], {"/": None}),
    "prefixes": (["__Host-a=1; Path=/", "__secure-b=2; Path=/", "__c=3; Path=/"], {"/": "__c=3"}),
    "over at once": (["a=1; Path=/; Max-Age=0", "b=1; Path=/; max-age=-5"], {"/": None}),
    "over long ago": (["a=1; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT"], {"/": None}),
    "over later": (["a=1; Path=/; Max-Age=60; Expires=Thu, 01 Jan 1970 0:0:0"], {"/": "a=1"}),
    "odd dates": (["a=1; Path=/; Expires=never", "b=1; Path=/; Max-Age=x"], {"/": "a=1; b=1"}),
    "overwritten": (["a=1; Path=/", "b=1; Path=/", "a=2; Path=/"], {"/": "a=2; b=1"}),
    "deleted": (["a=1; Path=/", "b=1; Path=/", "a=; Path=/; Max-Age=0"], {"/": "b=1"}),
    "no cookies": (["a", "=1", "", ";", "; a=1", "a\tb=1", "a=\xe9", "\xe9=1"], {"/in/x": None}),
    "empty value": (["a=", "b=1"], {"/in/x": "a=; b=1"}),
    "of this address": (["a=1; Path=/; Domain=127.0.0.1"], {"/": "a=1"}),
    "of others": (
        [f"a=1; Path=/; Domain={d}" for d in ("0.0.1", ".1", "localhost", "example.com", "com")],
        {"/": None},
    ),
}


@pytest.mark.parametrize("case", RULES)
def test_each_cookie_goes_where_it_belongs(client_strategy: ClientStrategy, case: str) -> None:
    fields, pages = RULES[case]
    hops = ["/in/here", *pages]
    answers = {page: to(after) for page, after in itertools.pairwise(hops)}
    answers["/in/here"] = to(hops[1], *fields)
    answers[hops[-1]] = reply(b"end")
    with RawServer(by_path(answers)) as server:
        assert client_strategy.response(server.url("/in/here")).body == b"end"
    assert server.targets == hops
    assert cookies(server) == [None, *pages.values()]


def test_one_given_by_hand_comes_first_and_leaves_its_origin_for_good(
    client_strategy: ClientStrategy,
) -> None:
    home: dict[str, bytes] = {"/b": to("/c", "a=3; Path=/"), "/end": reply(b"end")}
    away: dict[str, bytes] = {}
    with RawServer(by_path(home)) as here, RawServer(by_path(away)) as there:
        home["/a"] = to("/b", "a=2; Path=/", "mine=2; Path=/")
        home["/c"] = to(there.url("/d"))
        away["/d"] = to(there.url("/e").replace("127.0.0.1", "localhost"), "a=4; Path=/")
        away["/e"] = to(here.url("/end"), "a=5; Path=/")
        response = client_strategy.response(here.url("/a"), headers={"cOOKIE": "mine=1; x=0;"})
    assert response.body == b"end"
    # Another port is another origin, but no other host: only the jar's cookies go on.
    assert cookies(here) == [
        "mine=1; x=0;",
        "mine=1; x=0; a=2; mine=2",
        "mine=1; x=0; a=3; mine=2",
        "a=4; mine=2",
    ]
    assert cookies(there) == ["a=3; mine=2", None]


def test_with_other_headers_given_there_is_still_one_cookie_field(
    client_strategy: ClientStrategy,
) -> None:
    with RawServer(gate()) as server:
        headers = {"X-Mine": "1", "Authorization": "Basic eDp5"}
        assert client_strategy.response(server.url(), headers=headers).body == b"id=1"
        assert client_strategy.response(server.url(), headers=GIVEN).body == b"mine=1; id=1"
        assert client_strategy.response(server.url(), headers={"Cookie": ""}).body == b"id=1"
    assert [dict(fields).get("x-mine") for fields in server.fields][:2] == ["1", "1"]


def test_every_fetch_has_a_jar_of_its_own(client_strategy: ClientStrategy) -> None:
    numbers = itertools.count()
    with RawServer(gate(lambda: f"id={next(numbers)}; Path=/")) as server:
        options = Options(concurrency=4)
        run = client_strategy.fetch([server.url()] * 12, options)
        end = [*client_strategy.fetch([server.url()], options)]
    bodies = [outcome.body for outcome in [*run, *end] if isinstance(outcome, Response)]
    assert sorted(bodies) == sorted(b"id=%d" % number for number in range(13))
    assert cookies(server).count(None) == 13


def test_an_answer_sets_cookies_for_nobody(client_strategy: ClientStrategy) -> None:
    answer = reply(b"end", "Set-Cookie: id=1; Path=/")
    stays = reply(b"", "Set-Cookie: id=2; Path=/", status="302 Found")
    with RawServer(by_path({"/a": answer, "/b": stays})) as server:
        client_strategy.fetch([server.url("/a"), server.url("/b"), server.url("/a")])
    assert cookies(server) == [None] * 3


@pytest.mark.parametrize("host", ["localhost", "nas", "www.example.com", "xn--bcher-kva.example"])
def test_names_of_any_sort_keep_their_cookies(
    client_strategy: ClientStrategy, host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with RawServer(gate(lambda: f"id=1; Domain={host}")) as server:
        resolve_to(monkeypatch, ["127.0.0.1"])
        assert client_strategy.response(server.url(host=host)).body == b"id=1"
        assert client_strategy.response(server.url(host=f"{host}.")).body == b"id=1"


def test_a_domain_has_its_cookies_from_its_hosts_and_from_no_other(
    client_strategy: ClientStrategy, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers: dict[str, bytes] = {"/d": reply(b"end")}
    with RawServer(by_path(answers)) as server:
        url = server.url
        own = (
            "a=1; Domain=.Example.co.uk",
            "b=2",
            "c=3; Domain=co.uk",
            "d=4; Domain=a.example.net",
        )
        answers["/a"] = to(url("/b", host="example.co.uk"), *own)
        answers["/b"] = to(url("/c", host="b.example.co.uk"), "e=5")
        answers["/c"] = to(url("/d", host="a.example.net"), "f=6; Domain=example.net")
        resolve_to(monkeypatch, ["127.0.0.1"])
        response = client_strategy.response(url("/a", host="a.example.co.uk"))
    assert response.body == b"end"
    assert cookies(server) == [None, "a=1", "a=1", None]


def test_what_is_secure_goes_over_tls_only(
    client_strategy: ClientStrategy, authority: trustme.CA
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    answers: dict[str, bytes] = {"/c": reply(b"end")}
    with RawServer(by_path(answers), context) as safe, RawServer(by_path(answers)) as plain:
        fields = ("a=1; Secure", "__Host-b=2; Secure; Path=/", "c=3", "__Secure-d=4")
        answers["/a"] = to(safe.url("/b"), *fields)
        answers["/b"] = to(plain.url("/c"))
        response = client_strategy.response(safe.url("/a"), verify=False)
    assert response.body == b"end"
    assert cookies(safe) == [None, "a=1; __Host-b=2; c=3"]
    assert cookies(plain) == ["c=3"]


def test_few_and_short_ones_are_kept(client_strategy: ClientStrategy) -> None:
    longest = "x=" + "x" * 4094
    answers = {
        "/a": to("/b", *[f"a{n}=1" for n in range(40)]),
        "/b": to("/c", *[f"b{n}=1" for n in range(40)], longest + "y", longest),
        "/c": reply(b"end"),
        "/many": to("/c", *[f"a{n}=1" for n in range(200)]),
        "/huge": to("/c", "a=" + "x" * 70_000),
    }
    with RawServer(by_path(answers)) as server:
        assert client_strategy.response(server.url("/a")).body == b"end"
        youngest = [*[f"a{n}=1" for n in range(31, 40)], *[f"b{n}=1" for n in range(40)], longest]
        assert cookies(server)[2] == "; ".join(youngest)
        for page in ("/many", "/huge"):  # no head may be so long
            assert client_strategy.failure(server.url(page)).kind is FailureKind.TOO_LARGE


def test_without_cookies_a_failure_says_that_they_were_set(client_strategy: ClientStrategy) -> None:
    said = "more redirects than max_redirects=3"
    hint = "; they set cookies on the way, and keep_cookies=False is set"
    with RawServer(gate()) as server:
        failure = client_strategy.failure(server.url(), max_redirects=3, keep_cookies=False)
    assert (failure.kind, failure.message) == (FailureKind.TOO_MANY_REDIRECTS, said + hint)
    assert cookies(server) == [None] * 4
    answers = {"/a": to("/b", "a=1"), "/b": to("/b"), "/c": to("/c")}
    with RawServer(by_path(answers)) as server:
        off = client_strategy.fetch(
            [server.url("/a"), server.url("/c")], Options(max_redirects=3, keep_cookies=False)
        )
        on = client_strategy.failure(server.url("/a"), max_redirects=3)
    assert [failure.message for failure in off.failures] == [said + hint, said]
    assert on.message == said


def test_cookies_given_by_hand_need_no_jar(client_strategy: ClientStrategy) -> None:
    answers = {"/a": to("/b", "a=1"), "/b": reply(b"end")}
    with RawServer(by_path(answers)) as server:
        client_strategy.response(server.url("/a"), headers=GIVEN, keep_cookies=False)
    assert cookies(server) == ["mine=1"] * 2


def test_a_request_that_is_sent_again_brings_its_cookies_again(
    client_strategy: ClientStrategy,
) -> None:
    turns = itertools.count()

    def play(peer: Peer) -> None:
        peer.read_head()
        if next(turns) == 0:
            peer.send(to("/b", "id=1"))
            peer.read_head()
            return  # the kept connection turns out to be closed
        peer.send(reply(b"end"))

    with RawServer(play) as server:
        response = client_strategy.response(server.url())
    assert (response.body, response.attempts) == (b"end", 2)
    assert cookies(server) == [None, "id=1", "id=1"]


# The rules themselves, which need no server.


def kept(url: str, *fields: str) -> Jar:
    jar = Jar()
    jar.take(canonicalize(url), fields)
    return jar


def sent(jar: Jar, url: str) -> str:
    return jar.sent_to(canonicalize(url))


# Who sets it, for which domain, who gets it, who does not.
DOMAINS = [
    ("example.com", "", ["example.com", "example.com.", "example.com:81"], ["a.example.com"]),
    ("example.com", "example.com", ["example.com", "a.example.com", "b.a.example.com"], ["com"]),
    ("a.example.com", "example.com", ["example.com", "b.example.com"], ["badexample.com"]),
    ("a.b.example.com", ".b.EXAMPLE.com", ["b.example.com", "c.b.example.com"], ["example.com"]),
    ("example.com.", "example.com", ["example.com.", "a.example.com"], ["com."]),
    ("example.com", "a.example.com", [], ["example.com", "a.example.com"]),
    ("example.com", "ple.com", [], ["example.com", "ple.com"]),
    ("a.example.com", "com", [], ["a.example.com", "com", "b.com"]),
    ("a.com.", "com.", [], ["a.com.", "b.com.", "com."]),
    ("a.co.uk", "co.uk", [], ["a.co.uk", "b.co.uk"]),
    ("a.co.uk", "..co.uk", [], ["a.co.uk", "b.co.uk"]),
    ("localhost", "", ["localhost", "localhost:81"], ["localhost.local", "a.localhost"]),
    ("localhost", "localhost", ["localhost"], ["a.localhost"]),
    ("nas", "local", [], ["nas", "nas.local", "b.local", "b"]),
    ("a.local", "local", [], ["a.local", "b.local", "nas"]),
    ("a.b.local", "a.b", [], ["a.b", "a.b.local"]),
    ("127.0.0.1", "", ["127.0.0.1", "127.0.0.1:81"], ["127.0.0.2", "localhost"]),
    ("127.0.0.1", "127.0.0.1", ["127.0.0.1"], ["127.0.0.2"]),
    ("127.0.0.1", "0.0.1", [], ["127.0.0.1", "10.0.0.1"]),
    ("[::1]", "", ["[::1]", "[::1]:81"], ["[::2]", "localhost", "--1.ipv6", "ipv6"]),
    ("[::1]", "[::1]", ["[::1]"], ["[::2]"]),
    ("[::1]", "::1", ["[::1]"], ["[::2]"]),
    ("[::ffff:1.2.3.4]", "", ["[::ffff:102:304]"], ["1.2.3.4"]),
    ("b\xfccher.example", "xn--bcher-kva.example", ["xn--bcher-kva.example"], ["example"]),
]


@pytest.mark.once
@pytest.mark.parametrize(("host", "domain", "there", "elsewhere"), DOMAINS)
def test_a_host_sets_cookies_for_itself_and_for_domains_it_is_in(
    host: str, domain: str, there: list[str], elsewhere: list[str]
) -> None:
    jar = kept(f"http://{host}/", f"a=1; Domain={domain}")
    assert [sent(jar, f"http://{other}/") for other in there] == ["a=1"] * len(there)
    assert [sent(jar, f"http://{other}/") for other in elsewhere] == [""] * len(elsewhere)


@pytest.mark.once
def test_beyond_fifty_the_ones_set_longest_ago_are_dropped() -> None:
    jar = kept("https://a.example/x/y", "old=1; path=/", *[f"m{i}=1; path=/x" for i in range(49)])
    jar.take(
        canonicalize("https://a.example/x/y"), ["m0=2; path=/x", "n1=1; path=/", "n2=1; path=/"]
    )
    names = {pair.partition("=")[0] for pair in sent(jar, "https://a.example/x/y").split("; ")}
    assert names == {"m0", *[f"m{i}" for i in range(2, 49)], "n1", "n2"}


def test_nobody_deletes_the_cookies_of_others() -> None:
    jar = kept("http://bank.example.com/", "a=1; Domain=example.com", "b=2")
    others = [f"{n}=; Max-Age=0; Domain={d}" for n in "ab" for d in ("example.com", "com", "")]
    jar.take(canonicalize("http://example.net/"), others)
    assert sent(jar, "http://bank.example.com/") == "a=1; b=2"


DATES = {
    "Sun, 06 Nov 1994 08:49:37 GMT": 784111777,
    "Sunday, 06-Nov-94 08:49:37 GMT": 784111777,
    "Sun Nov  6 08:49:37 1994": 784111777,
    "Sun Nov 06 1994 08:49:37 GMT+0000 (UTC)": 784111777,
    "6 nov 1994 8:49:37": 784111777,
    "Tue, 19-Jan-38 03:14:07 GMT": 2**31 - 1,
    "Fri, 31 Dec 9999 23:59:59 GMT": 253402300799,
    "Mon, 01 Jan 0001 00:00:00 GMT": 978307200,
    "Mon, 01 Jan 1600 00:00:00 GMT": None,
    "Wed, 31 Feb 2099 00:00:00 GMT": None,
    "Wed, 01 Jan 99999 00:00:00 GMT": None,
    "Wed, 01 Jan 2099 24:00:00 GMT": None,
    "Wed, 00 Jan 2099 00:00:00 GMT": None,
    "Wed, 01 Foo 2099 00:00:00 GMT": None,
    "01 Jan 2099": None,
    "1735689600": None,
    "": None,
}


@pytest.mark.once
@pytest.mark.parametrize(("date", "moment"), DATES.items())
def test_dates_are_read_in_any_of_their_forms(date: str, moment: int | None) -> None:
    assert read_date(date) == moment


@pytest.mark.once
def test_a_cookie_ends_by_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    jar = kept("http://h/", "a=1; Max-Age=60", "b=2; Max-Age=" + "9" * 4000, "c=3")
    assert sent(jar, "http://h/") == "a=1; b=2; c=3"
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 61)
    assert sent(jar, "http://h/") == "b=2; c=3"


LETTERS = st.characters(max_codepoint=255, exclude_characters="\x00\r\n")
FIELDS = st.one_of(
    st.text(LETTERS, max_size=200),
    st.builds(
        "{}={}; {}={}; {}={}".format,
        *(st.text('aA_-$"\\, \t', max_size=8), st.text(LETTERS, max_size=20)),
        *(st.sampled_from(["Domain", "Path", "path"]), st.text("a.:[]1/%?#\xe9", max_size=9)),
        *(st.sampled_from(["Expires", "Max-Age", "Secure"]), st.text("0129-: Jan,", max_size=30)),
    ),
)
HOSTS = st.sampled_from(["h", "a.b.c", "c.d.co.uk", "127.0.0.1", "[::1]", "h.", "1.a"])


@pytest.mark.once
@given(st.lists(FIELDS, max_size=5), HOSTS, HOSTS)
@example(["a=1; Path=//[", "a=1; Path=/" + "%" * 4000], "h", "h")
@example(["a=1; Expires=Wed, 01 Jan 99999 00:00:00"], "h", "h")
def test_any_field_is_kept_or_left_out_and_what_is_sent_can_be(
    fields: list[str], host: str, other: str
) -> None:
    jar = kept(f"http://{host}/a/b", *fields)
    for name in (host, other):
        value = sent(jar, f"http://{name}/a/b")
        assert Options(headers={"Cookie": value}).headers["Cookie"] == value
        assert value == sent(jar, f"http://{name}/a/b")
    by_domain = {n for n in ("b.c", "d.co.uk") for h in (host, other) if h.endswith(f".{n}")}
    if host.removesuffix(".") != other.removesuffix(".") and not by_domain:
        assert value == ""


@pytest.mark.once
def test_hostile_fields_take_no_long_time() -> None:
    for text in (";" * 4000, "a=" + "; " * 2000, "a=1; Expires=" + "1 " * 2000, "=" * 4000,
                 "a=1; Path=/" + "../" * 1300, "a=1; Domain=" + "." * 4000, "a=1; Expires="
                 + "0" * 4000, "a=1;" + "\t" * 4000, "a=1; Expires=" + ":" * 4000):  # fmt: skip
        begun = time.thread_time()
        kept("http://a.example.com/", *[text] * 100)
        in_time(time.thread_time() - begun, 0.5)


def imports_cookiejar(answer: bytes) -> bool:
    """Whether a fetch imports it, by the one client that has no need of it itself."""
    with RawServer(by_path({"/a": answer, "/b": reply(b"end")})) as server:
        code = (
            "import asyncio, sys, concurrent_fetch as cf\n"
            f"run = asyncio.run(cf.fetch_async([{server.url('/a')!r}]))\n"
            "assert run[0].body == b'end', run[0]\n"
            "print('http.cookiejar' in sys.modules)"
        )
        done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
    return done.stdout.strip() == b"True"


@pytest.mark.once
def test_only_a_redirect_that_sets_a_cookie_costs_the_import() -> None:
    assert not imports_cookiejar(reply(b"end", "Set-Cookie: a=1"))
    assert not imports_cookiejar(to("/b"))
    assert imports_cookiejar(to("/b", "a=1"))


def test_a_head_may_say_it_in_any_case(client_strategy: ClientStrategy) -> None:
    fields = ("LOCATION: /b", "sEt-cOOKIE: a=1", "Content-Length: 0")
    answers = {"/a": head(*fields, status="307 Temporary"), "/b": reply(b"end")}
    with RawServer(by_path(answers)) as server:
        assert client_strategy.response(server.url("/a")).body == b"end"
    assert cookies(server) == [None, "a=1"]
