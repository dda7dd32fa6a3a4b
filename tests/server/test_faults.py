"""LocalServer misbehaving: names, TLS, and faults at every URL. The matrix has the rest."""

import http.client
import json
import ssl
import urllib.error
import urllib.request
from pathlib import Path

import pytest
import trustme
from fetching import eventually

import concurrent_fetch as cf
from concurrent_fetch.server import FAULTS, LocalServer


def test_the_faults_are_listed_at_their_address(local: LocalServer) -> None:
    with urllib.request.urlopen(local.url("/fault")) as response:
        lines = response.read().decode().splitlines()
    assert lines == [f"{fault.name}: {fault.does}" for fault in FAULTS.values()]


def test_an_unknown_fault_is_refused_with_a_suggestion(local: LocalServer) -> None:
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(local.url("/fault/silense"))
    with caught.value as error:
        assert error.code == 400
        assert b"no fault is called 'silense' (did you mean 'silence'?)" in error.read()
    with pytest.raises(ValueError, match=r"no fault is called 'silense' \(did you mean 'silence'"):
        LocalServer(fault="silense")


def test_a_fault_is_named_once_and_says_what_is_expected() -> None:
    for name, fault in FAULTS.items():
        assert fault.name == name
        assert fault.expected
        assert fault.does[0].islower()
        cf.Options(**fault.options)


def test_a_server_with_a_fault_has_it_at_every_url() -> None:
    with LocalServer(fault="cl_short") as server:
        run = cf.fetch_sync([server.url("/get"), server.url("/bytes/5")])
    assert [failure.kind for failure in run.failures] == [cf.FailureKind.INCOMPLETE] * 2


def test_a_greeting_comes_before_any_request_is_read() -> None:
    with LocalServer(fault="tls_handshake_http") as server:
        connection = http.client.HTTPConnection(server.host, server.port, timeout=5)
        connection.connect()
        connection.sock.sendall(b"x")
        assert connection.sock.recv(12) == b"HTTP/1.1 200"
        connection.close()


@pytest.fixture
def certificate(authority: trustme.CA, tmp_path: Path) -> str:
    path = str(tmp_path / "server.pem")
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(path)
    return path


def test_with_a_certificate_it_speaks_tls(certificate: str, authority: trustme.CA) -> None:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    with LocalServer(certificate=certificate) as server:
        assert server.url("/get").startswith("https://127.0.0.1:")
        with urllib.request.urlopen(server.url("/get"), context=context) as response:
            assert json.load(response)["url"] == server.url("/get")
        with urllib.request.urlopen(
            server.url("/absolute-redirect/2"), context=context
        ) as response:
            assert response.url == server.url("/get")
        assert server.stats().requests == 4


@pytest.mark.parametrize("what", ["missing", "no certificate"])
def test_an_unusable_certificate_is_refused_at_once(tmp_path: Path, what: str) -> None:
    path = tmp_path / "server.pem"
    if what == "no certificate":
        path.write_text("hello")
    with pytest.raises(ValueError, match="certificate must be the path of a PEM file with a priv"):
        LocalServer(certificate=str(path))


def test_what_ends_a_hold_is_the_client(local: LocalServer) -> None:
    connection = http.client.HTTPConnection(local.host, local.port, timeout=5)
    connection.request("GET", "/fault/silence")
    eventually(lambda: local.stats().in_flight == 1)
    connection.close()
    eventually(lambda: local.stats().in_flight == local.stats().open_connections == 0)
