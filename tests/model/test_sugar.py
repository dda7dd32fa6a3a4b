"""auth, cookies and user_agent: headers in other words, whose values nobody sees."""

import json
import pickle
from typing import Any

import pytest
from fetching import CLIENT_STRATEGIES, ClientStrategy
from raw_server import Peer, RawServer, reply

from concurrent_fetch import Options, Run, load, save
from concurrent_fetch.server import LocalServer

GIVEN = Options(auth=("me", "pässword"), cookies={"a": "1", "b": "x=y"}, user_agent="mine/1 (+x)")
SENT = {
    "User-Agent": "mine/1 (+x)",
    "Cookie": "a=1; b=x=y",
    "Authorization": "Basic bWU6cMOkc3N3b3Jk",
}


@pytest.mark.parametrize("way", CLIENT_STRATEGIES, ids=str)
def test_they_are_sent_by_every_client(way: ClientStrategy, local: LocalServer) -> None:
    (response,) = way.fetch([local.url("/headers")], GIVEN).responses
    sent = json.loads(response.body)["headers"]
    assert {name: sent[name] for name in SENT} == SENT


def test_user_info_of_a_url_goes_before_auth(local: LocalServer) -> None:
    url = local.url("/headers").replace("://", "://you:x@")
    (response,) = CLIENT_STRATEGIES[0].fetch([url], GIVEN).responses
    assert json.loads(response.body)["headers"]["Authorization"] == "Basic eW91Ong="


@pytest.mark.parametrize("way", CLIENT_STRATEGIES, ids=str)
def test_another_origin_learns_who_asks_and_no_secret(way: ClientStrategy) -> None:
    heads: list[bytes] = []

    def keeps(peer: Peer) -> None:
        heads.append(peer.read_head())
        peer.send(reply(b"well"))

    with RawServer(keeps) as elsewhere:
        answer = f"HTTP/1.1 302 X\r\nLocation: {elsewhere.url()}\r\nContent-Length: 0\r\n\r\n"

        def leads_there(peer: Peer) -> None:
            peer.read_head()
            peer.send(answer.encode())

        with RawServer(leads_there) as server:
            assert not way.fetch([server.url()], GIVEN).not_ok
    (head,) = heads
    assert b"mine/1" in head
    assert b"ookie" not in head
    assert b"uthorization" not in head


def test_no_secret_is_shown_or_saved(local: LocalServer, tmp_path: Any) -> None:
    run = CLIENT_STRATEGIES[0].fetch([local.url("/get")], GIVEN)
    save(run, tmp_path / "run.json")
    text = (tmp_path / "run.json").read_text()
    shown = f"{text} {GIVEN!r} {GIVEN.differences(Options())}"
    for secret in ("p\\u00e4ssword", "pässword", "bWU6", "x=y"):
        assert secret not in shown
    loaded = load(tmp_path / "run.json")
    assert isinstance(loaded, Run)
    options = loaded.options
    assert (options.auth, dict(options.cookies)) == (("***", "***"), {"a": "***", "b": "***"})
    assert options.user_agent == "mine/1 (+x)"


def test_they_are_data() -> None:
    assert pickle.loads(pickle.dumps(GIVEN)) == GIVEN
    assert hash(GIVEN) == hash(pickle.loads(pickle.dumps(GIVEN)))
    assert dict(GIVEN.all_headers) == SENT
    assert Options(headers={"X": "y"}).all_headers == {"X": "y"}


@pytest.mark.parametrize(
    ("given", "error", "said"),
    [
        (
            {"auth": "me:x"},
            TypeError,
            r"a pair \(user, password\) of str, or None, got str",
        ),
        ({"auth": ("me", 3)}, TypeError, r"must be a pair .* got tuple of \(str, int\)"),
        ({"auth": (b"me", "x")}, TypeError, r"got tuple of \(bytes, str\)"),
        ({"auth": ()}, TypeError, r"got tuple of \(\)"),
        ({"auth": ["me"]}, TypeError, r"got list of \(str\)"),
        ({"auth": ("me", "\ud800")}, ValueError, "the password must not have control characters"),
        ({"auth": ("me", "x\n")}, ValueError, r"write .strip\(\) where it was read from a file"),
        ({"auth": ("m\x85", "x")}, ValueError, "the user must not have control characters"),
        ({"auth": ("a:b", "x")}, ValueError, "a user has no colon in it"),
        ({"auth": ("a", "x"), "headers": {"authorization": "y"}}, ValueError, "are the same"),
        ({"cookies": "a=1"}, TypeError, "write cookies={'name': 'value'}"),
        ({"cookies": {"a b": "1"}}, ValueError, "'a b' is no name of a cookie"),
        ({"cookies": {"a": "1; b=2"}}, ValueError, "the value of 'a' must be ASCII text"),
        ({"cookies": {"a": 1}}, TypeError, "the value of 'a' must be a str, got int; write str"),
        ({"cookies": {"a": "1"}, "headers": {"Cookie": "b=2"}}, ValueError, "write one"),
        ({"user_agent": ""}, ValueError, "must be printable ASCII, got ''"),
        ({"user_agent": "ü"}, ValueError, "must be printable ASCII"),
        ({"user_agent": 3}, TypeError, "must be a str or None, got 3"),
    ],
)
def test_what_cannot_be_sent_is_refused(
    given: dict[str, Any], error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        Options(**given)
