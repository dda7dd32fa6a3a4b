"""`trust_env`: proxies and .netrc mean the same to every client, and nothing unless asked for."""

import os
import pathlib
import re
import ssl
import subprocess
from base64 import b64encode
from collections.abc import Iterator
from typing import Any

import certifi
import pytest
import trustme
from fetching import ClientStrategy
from names import Resolve
from pace import in_time
from proxies import forward
from raw_server import Peer, RawServer, Script, always, closed_port, once, reply, silent

from concurrent_fetch import FailureKind, Options
from concurrent_fetch.http._url import canonicalize
from concurrent_fetch.wire._environment import Environment

pytestmark = pytest.mark.once

_VARIABLES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "netrc")
_BUNDLES = ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE")


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> None:
    for name in os.environ:
        if name.lower() in _VARIABLES or name in _BUNDLES:
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))


@pytest.fixture
def proxy(monkeypatch: pytest.MonkeyPatch) -> Iterator[RawServer]:
    with RawServer(forward) as server:
        for name in ("http_proxy", "https_proxy"):
            monkeypatch.setenv(name, f"http://us%20er:pw@127.0.0.1:{server.port}")
        yield server


def test_plain_requests_go_through_the_proxy(
    client_strategy: ClientStrategy, proxy: RawServer
) -> None:
    with RawServer(once(reply(b"through"))) as server:
        url = server.url("/a%20b?c")
        run = client_strategy.fetch([url] * 2, Options(trust_env=True, concurrency=1))
    assert [r.body for r in run.responses] == [b"through"] * 2
    assert run.responses[0].final_url == url
    assert proxy.targets == [url] * 2
    assert proxy.connections == 1
    assert proxy.fields[0] == [
        ("accept", "*/*"),
        ("accept-encoding", "gzip, deflate"),
        ("connection", "keep-alive"),
        ("host", f"127.0.0.1:{server.port}"),
        ("proxy-authorization", "Basic dXMgZXI6cHc="),
        ("user-agent", "concurrent_fetch"),
    ]


def test_tls_goes_through_a_tunnel(
    client_strategy: ClientStrategy, proxy: RawServer, authority: trustme.CA
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with RawServer(once(reply(b"private")), context) as server:
        response = client_strategy.response(server.url("/x"), trust_env=True, verify=False)
        assert response.body == b"private"
        assert proxy.targets == [f"127.0.0.1:{server.port}"]
        assert proxy.heads[0].startswith(b"CONNECT ")
        assert server.targets == ["/x"]
        assert not [name for name, _ in server.fields[0] if name.startswith("proxy")]
        assert ("proxy-authorization", "Basic dXMgZXI6cHc=") in proxy.fields[0]


def test_without_trust_env_there_is_no_proxy(
    client_strategy: ClientStrategy, proxy: RawServer
) -> None:
    with RawServer(always(reply(b"direct"))) as server:
        assert client_strategy.response(server.url()).body == b"direct"
    assert proxy.connections == 0


@pytest.mark.parametrize("exempt", ["127.0.0.1", "*", "other.example, 127.0.0.1", "127.0.0.1:{}"])
def test_no_proxy_exempts_a_host(
    client_strategy: ClientStrategy,
    proxy: RawServer,
    monkeypatch: pytest.MonkeyPatch,
    exempt: str,
) -> None:
    with RawServer(always(reply(b"direct"))) as server:
        monkeypatch.setenv("no_proxy", exempt.format(server.port))
        assert client_strategy.response(server.url(), trust_env=True).body == b"direct"
    assert proxy.connections == 0


def test_a_proxy_that_is_not_there(
    client_strategy: ClientStrategy, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closed_port() as port:
        monkeypatch.setenv("http_proxy", f"127.0.0.1:{port}")
        monkeypatch.setenv("https_proxy", f"127.0.0.1:{port}")
        for scheme in ("http", "https"):
            failure = client_strategy.failure(f"{scheme}://127.0.0.1:9/", trust_env=True)
            assert failure.kind is FailureKind.CONNECT, failure


def test_a_proxy_that_refuses(
    client_strategy: ClientStrategy, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusal = reply(b"no", status="407 Proxy Authentication Required")
    with RawServer(always(refusal)) as server:
        monkeypatch.setenv("all_proxy", f"http://127.0.0.1:{server.port}")
        assert client_strategy.response("http://127.0.0.1:9/", trust_env=True).status_code == 407
        failure = client_strategy.failure("https://127.0.0.1:9/", trust_env=True)
    assert failure.kind is FailureKind.CONNECT, failure


def resets(peer: Peer) -> None:
    peer.read_head()
    peer.reset()


def through(answer: bytes) -> Script:
    """Answer CONNECT so, and close once the client has begun with TLS."""

    def play(peer: Peer) -> None:
        peer.read_head()
        peer.send(answer)
        peer.sock.recv(65536)
        peer.send(b"this is no TLS, whoever it comes from")

    return play


TUNNELS: dict[str, tuple[FailureKind, Script]] = {
    "no HTTP": (FailureKind.PROTOCOL, once(b"220 mail.example.com ESMTP\r\n\r\n")),
    "closed": (FailureKind.DISCONNECTED, once(b"")),
    "closed in the head": (FailureKind.DISCONNECTED, once(b"HTTP/1.1 200 Conn")),
    "reset": (FailureKind.DISCONNECTED, resets),
    "no TLS": (FailureKind.TLS, through(b"HTTP/1.1 200 OK\r\n\r\n")),
    "refused": (FailureKind.CONNECT, once(reply(b"no", status="403 Forbidden"))),
    "a head of 200 KiB": (
        FailureKind.TOO_LARGE,
        once(b"HTTP/1.1 200 OK\r\nX: " + b"v" * 200_000 + b"\r\n\r\n"),
    ),
    "500 fields": (
        FailureKind.TOO_LARGE,
        once(b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 500 + b"\r\n"),
    ),
    "another protocol": (FailureKind.PROTOCOL, once(b"HTTP/1.1 101 Switching\r\n\r\n")),
    "an interim answer, then a refusal": (
        FailureKind.CONNECT,
        once(b"HTTP/1.1 100 Continue\r\n\r\n" + reply(b"no", status="403 Forbidden")),
    ),
    "an interim answer, then closed": (
        FailureKind.DISCONNECTED,
        once(b"HTTP/1.1 103 Hints\r\n\r\n"),
    ),
    "a redirect": (FailureKind.CONNECT, once(reply(b"", "Location: /", status="302 Found"))),
    "a refusal whose body goes on": (
        FailureKind.CONNECT,
        once(b"HTTP/1.1 407 No\r\nTransfer-Encoding: chunked\r\n\r\nzzz"),
    ),
    "a bad field": (FailureKind.PROTOCOL, once(b"HTTP/1.1 200 OK\r\nA b\r\n\r\n")),
    "more than was asked": (FailureKind.PROTOCOL, once(b"HTTP/1.1 200 OK\r\n\r\nhello")),
    "204, then no TLS": (FailureKind.TLS, through(b"HTTP/1.1 204 No Content\r\n\r\n")),
    "interim, then no TLS": (
        FailureKind.TLS,
        through(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"),
    ),
    "lines that end in LF, then no TLS": (FailureKind.TLS, through(b"HTTP/1.0 200 OK\nA: b\n\n")),
}


@pytest.mark.parametrize("tunnel", TUNNELS)
def test_same_kind_of_a_tunnel_that_does_not_come_about(
    client_strategy: ClientStrategy, monkeypatch: pytest.MonkeyPatch, tunnel: str
) -> None:
    kind, script = TUNNELS[tunnel]
    with RawServer(script) as server:
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{server.port}")
        failure = client_strategy.failure("https://127.0.0.1:9/", trust_env=True, timeout=5.0)
    assert failure.kind is kind, failure
    in_time(failure.elapsed, 2.0)


@pytest.mark.parametrize("address", ["nosuch.invalid", "224.0.0.1"])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_same_kind_of_a_proxy_that_cannot_be_reached(
    client_strategy: ClientStrategy, monkeypatch: pytest.MonkeyPatch, address: str, scheme: str
) -> None:
    monkeypatch.setenv(f"{scheme}_proxy", f"http://{address}:80")
    failure = client_strategy.failure(f"{scheme}://127.0.0.1:9/", trust_env=True, timeout=30.0)
    assert failure.kind is (FailureKind.CONNECT if "224" in address else FailureKind.DNS), failure


@pytest.mark.parametrize("scheme", ["socks5", "https"])
def test_a_proxy_of_another_kind_is_refused_in_words(
    client_strategy: ClientStrategy, monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    monkeypatch.setenv("all_proxy", f"{scheme}://user:s3cret@127.0.0.1:9")
    for target in ("http://127.0.0.1:9/", "https://127.0.0.1:9/"):
        failure = client_strategy.failure(target, trust_env=True)
        assert failure.kind is FailureKind.CONNECT
        assert f"a proxy at {scheme}:// is not supported" in failure.message
        assert "s3cret" not in failure.message


MALFORMED = [
    "http://user:s3cret@127.0.0.1:99999",
    "http://user:s3cret@127.0.0.1:port",
    "http://user:80/s3cret@127.0.0.1:9",
    "http://user:80#s3cret@127.0.0.1:9",
    "http://user:s3cret@",
    "user:s3cret@a b:9",
    "s3cret://127.0.0.1:9",
]


@pytest.mark.parametrize("url", MALFORMED)
def test_a_malformed_proxy_is_refused_without_showing_it(
    client_strategy: ClientStrategy, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("https_proxy", url)
    failure = client_strategy.failure("https://127.0.0.1:9/", trust_env=True)
    assert failure.kind is FailureKind.CONNECT
    assert "the proxy variable https_proxy is malformed" in failure.message
    assert "s3cret" not in repr(failure)
    assert "user:80" not in repr(failure)


def test_the_password_of_a_proxy_that_refuses_is_not_shown(
    client_strategy: ClientStrategy, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusal = reply(b"no", status="407 Proxy Authentication Required")
    with RawServer(always(refusal)) as server:
        monkeypatch.setenv("all_proxy", f"http://us%20er:s3cret@127.0.0.1:{server.port}")
        failure = client_strategy.failure("https://127.0.0.1:9/", trust_env=True)
    assert failure.kind is FailureKind.CONNECT
    assert "s3cret" not in failure.message
    assert "us%20er" not in failure.message


@pytest.fixture
def _netrc(tmp_path: pathlib.Path) -> None:
    path = tmp_path / ".netrc"
    path.write_text("machine 127.0.0.1 login me password pw\n")
    path.chmod(0o600)


NETRC, OWN, USERINFO = "Basic bWU6cHc=", "Bearer token", "Basic YTpi"


@pytest.mark.usefixtures("_netrc")
def test_netrc_fills_in_what_is_not_given(client_strategy: ClientStrategy) -> None:
    with RawServer(always(reply(b"x"))) as server:
        plain, with_user = server.url(), server.url().replace("//", "//a:b@")
        client_strategy.one(plain)
        client_strategy.one(plain, trust_env=True)
        client_strategy.one(plain, trust_env=True, headers={"authorization": OWN})
        client_strategy.one(with_user, trust_env=True)
    sent = [dict(fields).get("authorization") for fields in server.fields]
    assert sent == [None, NETRC, OWN, USERINFO]
    assert [sum(n == "authorization" for n, _ in f) for f in server.fields] == [0, 1, 1, 1]


@pytest.mark.usefixtures("_netrc")
def test_netrc_is_asked_for_the_origin_of_the_given_url_only(
    client_strategy: ClientStrategy,
) -> None:
    with RawServer(always(reply(b"x"))) as there:
        leave = reply(b"", f"Location: {there.url()}", status="302 Found")
        with RawServer(always(leave)) as here:
            client_strategy.one(here.url(), trust_env=True)
    for server, sent in ((here, NETRC), (there, None)):
        assert [dict(fields).get("authorization") for fields in server.fields] == [sent]


@pytest.mark.parametrize("text", ["machine", "machine a login", "\0\xff"])
def test_a_damaged_netrc_is_no_netrc(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    path = tmp_path / "netrc"
    path.write_text(text, encoding="latin-1")
    monkeypatch.setenv("NETRC", str(path))
    assert Environment().authorization("127.0.0.1") is None


def test_a_proxy_may_lack_its_scheme(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "localhost:3128")
    environment = Environment()
    assert environment.proxy(canonicalize("http://example.com/")) == "http://localhost:3128"
    assert environment.proxy(canonicalize("https://example.com/")) is None


def basic(credentials: str) -> str:
    return f"Basic {b64encode(credentials.encode()).decode()}"


CREDENTIALS = {
    "user:pw": basic("user:pw"),
    "user": basic("user:"),
    "user:": basic("user:"),
    ":pw": basic(":pw"),
    "ü%20ser:p%C3%A4ss": basic("ü ser:päss"),
    "%E4%B8%96:\N{PILE OF POO}": basic("世:\N{PILE OF POO}"),
    "us%40er:p%3Aw:x": basic("us@er:p:w:x"),
    ":": None,
    "": None,
}


@pytest.mark.parametrize("userinfo", CREDENTIALS)
@pytest.mark.parametrize("is_named", [False, True])
def test_a_proxy_is_told_the_same_credentials_by_every_client(
    client_strategy: ClientStrategy,
    userinfo: str,
    is_named: bool,
    monkeypatch: pytest.MonkeyPatch,
    authority: trustme.CA,
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    for tls in (None, context):
        with RawServer(once(reply(b"x")), tls) as server, RawServer(forward) as proxy:
            url = f"http://{userinfo}@127.0.0.1:{proxy.port}"
            monkeypatch.setenv("all_proxy", url)
            given = {"proxy": url} if is_named else {"trust_env": True}
            client_strategy.response(server.url(), verify=False, **given)
        assert dict(proxy.fields[0]).get("proxy-authorization") == CREDENTIALS[userinfo]
        assert len(proxy.heads) == 1
        if tls is not None:
            assert "proxy-authorization" not in dict(server.fields[0])


def test_a_proxy_that_is_named_is_for_every_url(
    client_strategy: ClientStrategy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    with RawServer(always(reply(b"through"))) as proxy:
        for given in ({"trust_env": True}, {}):
            through = f"127.0.0.1:{proxy.port}"
            outcome = client_strategy.response("http://a.invalid/", proxy=through, **given)
            assert outcome.body == b"through"


@pytest.mark.parametrize(
    ("url", "error", "said"),
    [
        ("socks5://user:s3cret@h:1", ValueError, "a proxy at socks5:// is not supported"),
        ("https://user:s3cret@h:1", ValueError, "a proxy at https:// is not supported"),
        ("http://user:s3cret@h:99999", ValueError, "Options.proxy is malformed; write http://"),
        ("http://user:s3cret@h/path", ValueError, "Options.proxy is malformed"),
        ("s3cret://h", ValueError, "Options.proxy is malformed"),
        ("", TypeError, "Options.proxy must be the URL of a proxy"),
        (b"http://s3cret@h", TypeError, "as a str, as 'http://user:password@host:port'"),
    ],
)
def test_a_proxy_that_cannot_be_used_is_refused_when_it_is_named(
    url: Any, error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=re.escape(said)) as caught:
        Options(proxy=url)
    assert "s3cret" not in str(caught.value)


def test_the_options_do_not_show_the_password_of_a_proxy() -> None:
    options = Options(proxy="http://user:s3cret@h:1")
    assert "proxy='http://***@h:1'" in repr(options)
    assert options.differences(Options()) == ("proxy: 'http://***@h:1' against None",)


DIRECT = {
    "http://10.1.2.3/": "10.0.0.0/8",
    "http://10.1.2.3:81/": "a.example 10.0.0.0/8,192.168.0.0/16",
    "http://192.168.7.7/": "10.0.0.0/8, 192.168.0.0/255.255.0.0",
    "http://[fe80::1]/": "fe80::/10",
    "http://[fe80::2]:81/": "[fe80::]/10",
    "http://[::1]/": "::1",
    "http://[0::1]/": "[::1]",
    "http://[::ffff:10.0.0.1]/": "10.0.0.0/8",
    "http://host.example./": "*",
    "http://a.example/": "a.example",
    "http://b.a.example./": ".a.example",
}
PROXIED = {
    "http://11.1.2.3/": "10.0.0.0/8",
    "http://[fd00::1]/": "fe80::/10,10.0.0.0/99,nonsense/8",
    "http://ten.example/": "10.0.0.0/8",
    "http://[::a00:1]/": "10.0.0.0/8",
}


@pytest.mark.parametrize(("url", "exempt"), [*DIRECT.items(), *PROXIED.items()])
def test_no_proxy_takes_networks(monkeypatch: pytest.MonkeyPatch, url: str, exempt: str) -> None:
    monkeypatch.setenv("all_proxy", "http://proxy.example:3128")
    monkeypatch.setenv("no_proxy", exempt)
    proxy = Environment().proxy(canonicalize(url))
    assert proxy == (None if url in DIRECT else "http://proxy.example:3128")


def test_without_a_home_there_is_no_netrc(monkeypatch: pytest.MonkeyPatch) -> None:
    def expanduser(_: pathlib.Path) -> pathlib.Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("HOME")
    monkeypatch.setattr(pathlib.Path, "expanduser", expanduser)
    assert Environment().authorization("127.0.0.1") is None
    with RawServer(always(reply(b"x"))) as server:
        way = ClientStrategy("fetch_sync", "requests")
        assert way.response(server.url(), trust_env=True).body == b"x"


def test_an_unknown_authority_is_told_with_how_to_name_one(
    client_strategy: ClientStrategy, authority: trustme.CA
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with RawServer(always(reply(b"x")), context) as server:
        failure = client_strategy.failure(server.url())
    assert failure.kind is FailureKind.TLS
    assert "Options(verify='ca.pem')" in failure.message
    assert "SSL_CERT_FILE with trust_env=True" in failure.message


@pytest.mark.parametrize("variable", _BUNDLES)
def test_authorities_of_the_environment_are_honoured_alike(
    client_strategy: ClientStrategy,
    variable: str,
    authority: trustme.CA,
    tmp_path: pathlib.Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    if variable == "SSL_CERT_DIR":
        hashed = subprocess.run(
            ["openssl", "x509", "-hash", "-noout", "-in", path],
            check=True,
            capture_output=True,
            text=True,
        ).stdout.strip()
        path.rename(tmp_path / f"{hashed}.0")
        path = tmp_path
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with RawServer(always(reply(b"x")), context) as server:
        monkeypatch.setenv(variable, str(path))
        assert client_strategy.one(server.url()).ok is False
        assert client_strategy.response(server.url(), trust_env=True).body == b"x"
        given = {"trust_env": True, "verify": certifi.where()}
        assert client_strategy.failure(server.url(), **given).kind is FailureKind.TLS
        monkeypatch.setenv(variable, str(tmp_path / "nowhere.pem"))
        with pytest.raises(ValueError, match=f"{variable}=.* is no usable CA bundle"):
            client_strategy.one(server.url(), trust_env=True)


def test_what_a_proxy_is_told_by_the_headers_goes_before_its_url(
    client_strategy: ClientStrategy,
) -> None:
    own = {"proxy-authorization": "Basic b3du"}
    with RawServer(once(reply(b"x"))) as proxy:
        url = f"http://user:pw@127.0.0.1:{proxy.port}"
        client_strategy.response("http://a.invalid/", proxy=url, headers=own)
    told = [value for name, value in proxy.fields[0] if name == "proxy-authorization"]
    assert told == ["Basic b3du"]


@pytest.mark.parametrize(
    ("host", "asked"),
    [("a.invalid", "a.invalid:443"), ("a.invalid:444", "a.invalid:444"), ("[::1]", "[::1]:443")],
)
def test_a_tunnel_is_asked_for_with_the_host_it_leads_to(
    client_strategy: ClientStrategy, host: str, asked: str
) -> None:
    if client_strategy.client.startswith("httpx") and "[" in host:
        asked = "::1:443"  # docs/limitations.md says so
    with RawServer(once(reply(b"no", status="403 Forbidden"))) as proxy:
        given = {"proxy": proxy.url(), "headers": {"Host": "other.example"}}
        client_strategy.failure(f"https://{host}/", **given)
    assert proxy.targets == [asked]
    assert [value for name, value in proxy.fields[0] if name == "host"] == [asked]


def test_opening_a_tunnel_is_part_of_connecting(client_strategy: ClientStrategy) -> None:
    with RawServer(silent) as proxy:
        failure = client_strategy.failure(
            "https://a.invalid/", proxy=proxy.url(), connect_timeout=0.4, timeout=5.0
        )
    assert failure.kind is FailureKind.TIMEOUT
    assert failure.message == "not connected within connect_timeout=0.4 s"
    in_time(failure.elapsed, 0.9)


def test_so_is_looking_up_what_a_proxy_is_asked_for(
    client_strategy: ClientStrategy, resolves_to: Resolve
) -> None:
    resolves_to("127.0.0.1", after=2.0)
    given = {"proxy": "http://127.0.0.1:9", "allow_private": False}
    failure = client_strategy.failure("http://a.example/", **given, connect_timeout=0.4)
    assert failure.kind is FailureKind.TIMEOUT
    assert failure.message == "not connected within connect_timeout=0.4 s"
    in_time(failure.elapsed, 0.9)
