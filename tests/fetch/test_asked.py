"""What each hop of a request is to send: told by a client that keeps it and answers by a script."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest

import concurrent_fetch as cf
from concurrent_fetch import FailureKind, Options, Request

HERE, THERE = "http://here.example", "http://there.example"
TYPE = {"Content-Type": "text/x"}


class Kept(list[tuple[str, bytes | None, Mapping[str, str]]]):
    """The method, the body and the fields (in lower case) of every hop."""

    @property
    def methods(self) -> list[str]:
        return [method for method, _, _ in self]

    def values(self, name: str) -> list[list[str]]:
        return [[v for n, v in fields.items() if n.lower() == name] for _, _, fields in self]


def followed(
    request: Request | str,
    *ways: tuple[int, str],
    options: Options | None = None,
    methods: tuple[str, ...] = ("*",),
) -> tuple[cf.Outcome, Kept]:
    """Answer with these redirects one after the other, and then with 200."""
    kept = Kept()

    @contextmanager
    def opened(_: Options) -> Iterator[Callable[[cf.Exchange], None]]:
        def send(exchange: cf.Exchange) -> None:
            kept.append((exchange.method, exchange.content, dict(exchange.headers)))
            status, to = ways[len(kept) - 1] if len(kept) <= len(ways) else (200, "/")
            exchange.answer(status, [("Location", to)])

        yield send

    mine = cf.Client("mine", opened, methods=methods)
    (outcome,) = cf.fetch_sync([request], options or Options(), client=mine)
    return outcome, kept


def posted(**given: Any) -> Request:
    return Request(f"{HERE}/", body=b"x", **given)


@pytest.mark.parametrize("status", [307, 308])
@pytest.mark.parametrize(("own", "usual"), [(TYPE, {}), ({}, TYPE), (TYPE, {"content-type": "q"})])
def test_what_describes_a_body_goes_where_it_goes(
    status: int, own: dict[str, str], usual: dict[str, str]
) -> None:
    request = posted(idempotent=True, headers=own)
    _, kept = followed(request, (status, f"{THERE}/"), options=Options(headers=usual))
    assert [body for _, body, _ in kept] == [b"x", b"x"]
    assert kept.values("content-type") == [["text/x"], ["text/x"]]


@pytest.mark.parametrize("to", [f"{HERE}/a", f"{THERE}/a"])
@pytest.mark.parametrize(("own", "usual"), [(TYPE, {}), ({}, TYPE)])
def test_what_describes_a_body_is_lost_with_it(
    to: str, own: dict[str, str], usual: dict[str, str]
) -> None:
    ways = [(303, to), (307, "/b"), (302, "/c")]
    _, kept = followed(posted(headers=own), *ways, options=Options(headers=usual))
    assert kept.methods == ["POST", "GET", "GET", "GET"]
    assert kept.values("content-type") == [["text/x"], [], [], []]
    assert kept.values("content-length") == [["1"], [], [], []]


@pytest.mark.parametrize("name", ["Content-Token", "content-type", "If-Token", "X-Mine"])
def test_a_field_without_a_body_stays_at_its_origin(name: str) -> None:
    request = Request(f"{HERE}/", headers={name: "v"})
    _, kept = followed(request, (302, "/a"), (302, f"{THERE}/a"), (302, f"{HERE}/b"))
    assert kept.values(name.lower()) == [["v"], ["v"], [], []]


def test_a_field_that_only_looks_as_if_it_described_a_body_is_one_of_the_origin() -> None:
    request = posted(idempotent=True, headers={"Content-Token": "v"})
    _, kept = followed(request, (307, "/a"), (303, "/b"), (307, f"{THERE}/a"))
    assert kept.values("content-token") == [["v"], ["v"], ["v"], []]


@pytest.mark.parametrize("host", ["here.example.", "xn--bcher-kva.example"])
@pytest.mark.parametrize("name", ["host", "Host"])
def test_there_is_one_host_whoever_names_it(host: str, name: str) -> None:
    headers = {name: "b.example"}
    for request, options in [
        (Request(f"http://{host}/", headers=headers), Options()),
        (Request(f"http://{host}/"), Options(headers=headers)),
    ]:
        _, kept = followed(
            request, (302, "/a"), (302, "http://xn--fa-hia.example/"), options=options
        )
        assert kept.values("host") == [["b.example"], ["b.example"], ["xn--fa-hia.example"]]


@pytest.mark.parametrize("name", ["authorization", "AUTHORIZATION"])
def test_credentials_are_one_field_however_they_are_spelled(name: str) -> None:
    request = Request(f"{HERE}/".replace("//", "//u:p@"), headers={name: "mine", "cookie": "a=b"})
    _, kept = followed(request, options=Options(auth=("a", "b"), cookies={"c": "d"}))
    assert [len(values) for values in kept.values("authorization")] == [1]
    assert kept.values("cookie") == [["a=b"]]


def test_a_client_is_handed_no_get_that_it_does_not_send() -> None:
    failure, kept = followed(posted(), (307, "/a"), (303, "/b"), methods=("POST",))
    assert isinstance(failure, cf.Failure)
    assert failure.kind is FailureKind.OTHER
    assert "client 'mine' sends POST only, and this is a GET" in failure.message
    assert kept.methods == ["POST", "POST"]


def test_a_plain_url_is_a_get_too() -> None:
    failure, kept = followed(f"{HERE}/", methods=("POST",))
    assert isinstance(failure, cf.Failure)
    assert "sends POST only, and this is a GET" in failure.message
    assert not kept


@pytest.mark.parametrize(
    ("request_", "is_sent_again"),
    [
        (posted(), True),
        (posted(method="PATCH"), True),
        (Request(f"{HERE}/", idempotent=False), False),
    ],
)
def test_the_get_behind_a_redirect_is_sent_again_where_a_kept_connection_was_closed(
    request_: Request, is_sent_again: bool
) -> None:
    sent: list[str] = []

    @contextmanager
    def opened(_: Options) -> Iterator[Callable[[cf.Exchange], None]]:
        def send(exchange: cf.Exchange) -> None:
            sent.append(exchange.method)
            exchange.mark_sent(reused=True)
            if len(sent) == 2:
                raise ConnectionResetError
            exchange.answer(303 if len(sent) == 1 else 200, [("Location", "/a")])

        yield send

    mine = cf.Client("mine", opened, methods=("*",))
    (outcome,) = cf.fetch_sync([request_], client=mine)
    assert outcome.ok == is_sent_again
    assert sent[1:] == ["GET"] * (1 + is_sent_again)
