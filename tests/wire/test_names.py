"""Names as they are: with a final dot, and in forms that some libraries would refuse."""

import socket
import ssl
from typing import Any

import pytest
import trustme
from fetching import CLIENT_STRATEGIES, ClientStrategy
from proxies import forward
from raw_server import RawServer, once, reply

import concurrent_fetch as cf

pytestmark = pytest.mark.once

ROADS = ("direct", "redirected", "through a proxy", "TLS", "TLS through a proxy")
# Emoji, which IDNA 2008 refuses; what is no punycode; a valid one; what DNS names may hold besides.
NAMES = ("xn--ls8h", "xn--zzzzzzzz99", "xn--a", "xn--", "xn--fa-hia", "a_b", "-x-", "localhost")


@pytest.fixture
def looked_up(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """All names are this machine's; those that were asked for."""
    asked: list[str] = []
    real = socket.getaddrinfo

    def getaddrinfo(host: str, *more: Any, **named: Any) -> Any:
        asked.append(host)
        return real("127.0.0.1", *more, **named)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return asked


class Seen:
    """What a fetch has shown to a server, to a proxy and to a look-up."""

    def __init__(self, authority: trustme.CA) -> None:
        self.names: list[str | None] = []
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("127.0.0.1").configure_cert(self.context)
        self.context.sni_callback = lambda _, name, __: self.names.append(name)

    def fetched(self, way: ClientStrategy, name: str, road: str) -> dict[str, object]:
        self.names.clear()
        server = RawServer(once(reply(b"ok")), self.context if "TLS" in road else None)
        with server, RawServer(forward) as proxy:
            url = server.url(host=name)
            leave = once(reply(b"", f"Location: {url}", status="302 Found"))
            with RawServer(leave) as first:
                through = f"http://127.0.0.1:{proxy.port}" if "proxy" in road else None
                outcome = way.one(
                    first.url() if road == "redirected" else url,
                    verify=False,
                    proxy=through,
                    timeout=10.0,
                )
            assert isinstance(outcome, cf.Response), outcome
            assert outcome.final_url == url
            targets = [target.replace(str(server.port), "PORT") for target in proxy.targets]
            fields = [*server.fields, *proxy.fields]
            hosts = [value for sent in fields for key, value in sent if key == "host"]
        assert len(hosts) == len(fields)
        return {
            "hosts": {host.replace(str(server.port), "PORT") for host in hosts},
            "targets": targets,
            "names": list(self.names),
        }


@pytest.fixture
def seen(authority: trustme.CA) -> Seen:
    return Seen(authority)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("road", ROADS)
def test_a_name_is_taken_as_it_is_and_a_final_dot_is_for_the_look_up_only(
    road: str, name: str, seen: Seen, looked_up: list[str]
) -> None:
    host = name if name == "localhost" else f"{name}.example"
    target = f"{host}:PORT" if "TLS" in road else f"http://{host}:PORT/"
    expected = {
        "hosts": {f"{host}:PORT"},
        "targets": [target] if "proxy" in road else [],
        "names": [host] if "TLS" in road else [],
    }
    for way in CLIENT_STRATEGIES:
        assert seen.fetched(way, host, road) == expected, way
        looked_up.clear()
        assert seen.fetched(way, f"{host}.", road) == expected, way
        assert looked_up.count(f"{host}.") == (0 if "proxy" in road else 1), way


def test_a_host_of_ones_own_is_sent_as_it_is(client_strategy: ClientStrategy) -> None:
    with RawServer(once(reply(b"ok"))) as server:
        client_strategy.response(server.url(host="127.0.0.1"), headers={"host": "mine.example."})
    assert dict(server.fields[0])["host"] == "mine.example."


def test_an_international_name_that_idna_refuses_says_what_to_write() -> None:
    failure = cf.fetch_sync(["http://\N{PILE OF POO}.invalid/"]).failures[0]
    assert failure.message == "the host is no valid international name; try its xn-- form"
    advised = "\N{PILE OF POO}".encode("punycode").decode()
    assert cf.fetch_sync([f"http://xn--{advised}.invalid/"]).failures[0].kind == "dns"
