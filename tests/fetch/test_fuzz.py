"""Anything as a URL, and anything from a server: always an outcome, in time, never an exception.

A long run: FUZZ_EXAMPLES=5000 pytest tests/fetch/test_fuzz.py
"""

import asyncio
import gzip
import ipaddress
import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from itertools import pairwise
from typing import Any, Self

import attrs
import pytest
from fetching import ASYNC_CLIENTS, CLIENTS
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st
from pace import TRIES
from raw_server import Peer, RawServer, always, chunked, head, reply

from concurrent_fetch import Failure, FailureKind, Options, Outcome, Response
from concurrent_fetch._failure_kinds import Refusal
from concurrent_fetch.fetch import find_async_client, find_client
from concurrent_fetch.http._url import canonicalize

pytestmark = pytest.mark.once

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "100"))
LIMIT = 0.3
GRACE = 0.3
fuzz = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


class Clients:
    """A session of every built-in client; one call asks them all at once."""

    def __init__(self, **options: Any) -> None:
        self._options = Options(**options)

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self._runner = stack.enter_context(asyncio.Runner())
            self._threads = stack.enter_context(ThreadPoolExecutor(len(CLIENTS)))
            self._blocking = [
                stack.enter_context(client.session(self._options))
                for client in map(find_client, CLIENTS)
            ]
            self._async = []
            for client in map(find_async_client, ASYNC_CLIENTS):
                session = client.session(self._options)
                self._async.append(self._runner.run(session.__aenter__()))
                stack.callback(self._close, session)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def get(self, url: Any) -> list[Outcome]:
        """Return the outcomes of those on a loop, then of those in threads."""
        blocking = [self._threads.submit(get, url) for get in self._blocking]
        return self._runner.run(self._get(url)) + [future.result() for future in blocking]

    async def _get(self, url: Any) -> list[Outcome]:
        return await asyncio.gather(*(get(url) for get in self._async))

    def _close(self, session: Any) -> None:
        self._runner.run(session.__aexit__(None, None, None))


# URLs. No look-up of a name may leave the machine.

HOSTS = st.one_of(
    st.sampled_from(
        ["127.0.0.1", "127.1", "0x7f.1", "2130706433", "[::1]", "[::1", "", ".", "a b"]
    ),
    st.ip_addresses(v=4, network="127.0.0.0/8").map(str),
    st.text(st.characters(exclude_characters="/?#\\@:"), max_size=8).map("{}.invalid".format),
    st.text(st.characters(exclude_characters="/?#\\@:"), max_size=3).map("127.0.0.{}".format),
)
PARTS = st.text(st.characters(exclude_categories=()), max_size=12)
PORTS = st.one_of(st.sampled_from(["", ":", ":1", ":01"]), st.sampled_from([":0", ":65536", ":x"]))


@st.composite
def near_urls(draw: st.DrawFn) -> str:
    scheme = draw(st.sampled_from(["http"] * 6 + ["HTTP", "https", "ftp", "", "http:"]))
    slashes = draw(st.sampled_from(["://"] * 6 + [":/", ":", "//", ":\\\\"]))
    user = draw(st.sampled_from(["", "", "u@", "u:p@", "u:p@q@", "%00@"]))
    path = draw(st.sampled_from(["/", "", "/a b", "/%", "/%zz", "/../..", "?"]))
    return f"{scheme}{slashes}{user}{draw(HOSTS)}{draw(PORTS)}{path}{draw(PARTS)}"


OBJECTS = st.one_of(st.none(), st.integers(), st.binary(), st.lists(st.text()), st.floats())
ANY_TEXT = st.text(st.characters(exclude_categories=()))


@pytest.fixture(scope="module")
def clients() -> Iterator[Clients]:
    with Clients(timeout=2.0, connect_timeout=1.0, max_redirects=2) as clients:
        yield clients


def said(outcome: Outcome) -> tuple[Any, ...]:
    """Return what must be equal for all clients."""
    if isinstance(outcome, Response):
        return outcome.status_code, outcome.final_url, outcome.body
    return (outcome.kind,)


def stays_here(url: object) -> bool:
    """Whether no name is looked up for it: in the look-up even `.invalid` can take seconds."""
    try:
        target = canonicalize(url)
    except Refusal:
        return True
    try:
        return ipaddress.ip_address(target.host.strip("[]")).is_loopback
    except ValueError:  # a name, as 127.0.0.xn--cda
        return False


def hold_anything_is_an_outcome(clients: Clients, url: object) -> None:
    assume(stays_here(url))
    outcomes = clients.get(url)
    assert all(isinstance(outcome, (Response, Failure)) for outcome in outcomes)
    assert len({said(outcome) for outcome in outcomes}) == 1, outcomes
    assert FailureKind.OTHER not in {said(outcome)[0] for outcome in outcomes}


@fuzz
@given(ANY_TEXT)
def test_any_text_as_a_url(clients: Clients, url: str) -> None:
    hold_anything_is_an_outcome(clients, url)


@fuzz
@given(OBJECTS)
def test_any_object_as_a_url(clients: Clients, url: object) -> None:
    outcomes = clients.get(url)
    assert {said(outcome) for outcome in outcomes} == {(FailureKind.INVALID_URL,)}


@fuzz
@given(near_urls())
def test_what_is_nearly_a_url(clients: Clients, url: str) -> None:
    hold_anything_is_an_outcome(clients, url)


@fuzz
@given(PARTS, PARTS, st.sampled_from(["/", "?", "#", "/?", "//"]))
def test_any_path_and_query(clients: Clients, path: str, query: str, mark: str) -> None:
    with RawServer(always(reply(b"x"))) as server:
        hold_anything_is_an_outcome(clients, server.url(f"/{path}{mark}{query}"))
        assert len(set(server.targets)) <= 1


@settings(fuzz, max_examples=10 * EXAMPLES)
@given(st.one_of(near_urls(), ANY_TEXT, PARTS.map("http://127.0.0.1/{}".format)))
def test_the_canonical_form_is_its_own(url: str) -> None:
    try:
        target = canonicalize(url)
    except Refusal:
        return
    assert canonicalize(target.url).url == target.url
    assert target.url.isascii()


# Bytes of a server.


@attrs.frozen
class Answer:
    """What is sent, in which pieces, and how the connection ends."""

    data: bytes
    cuts: tuple[int, ...] = ()
    pause: float = 0.0
    end: str = "fin"

    def play(self, peer: Peer) -> None:
        if not peer.read_head():
            return
        places = [0, *sorted(cut % (len(self.data) + 1) for cut in self.cuts), len(self.data)]
        for start, stop in pairwise(places):
            peer.send(self.data[start:stop])
            time.sleep(self.pause)
        if self.end == "rst":
            peer.reset()
        elif self.end == "hold":
            peer.hold()


BODIES = st.one_of(st.binary(max_size=64), st.just(b"body " * 400))
STATUSES = st.sampled_from(
    ["200 OK", "200", "204 No Content", "304 Not Modified", "404 Not Found", "302 Found", "500 x"]
)
FIELDS = st.sampled_from(
    """Content-Type: text/plain|Content-Encoding: gzip|Content-Encoding: deflate|Connection: close
    |Connection: keep-alive|Location: /there|X: y|X:|Transfer-Encoding: chunked|Content-Length: 5
    |Set-Cookie: a=b|Retry-After: 1""".replace("\n    ", "").split("|")
)


@st.composite
def valid_responses(draw: st.DrawFn) -> bytes:
    status, fields = draw(STATUSES), draw(st.lists(FIELDS, max_size=3))
    body = draw(BODIES)
    if "Content-Encoding: gzip" in fields and draw(st.booleans()):
        body = gzip.compress(body)
    framed: dict[str, Callable[[], bytes]] = {
        "length": partial(reply, body, *fields, status=status),
        "chunks": lambda: (
            head("Transfer-Encoding: chunked", *fields, status=status)
            + chunked(*filter(None, (body[:7], body[7:])))
        ),
        "end": lambda: head(*fields, status=status) + body,
    }
    interim = draw(st.sampled_from([b"", b"", b"HTTP/1.1 100 Continue\r\n\r\n"]))
    return interim + framed[draw(st.sampled_from(sorted(framed)))]()


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A response in which some bytes are flipped, cut out, put in, or there twice."""
    data = draw(valid_responses())
    inserts = st.one_of(
        st.binary(max_size=6),
        st.sampled_from(
            [b"\r\n", b"\n", b"\r", b" ", b":", b"\0", b"\x0b", b"0", b"-1", b"f" * 20]
        ),
    )
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, len(data)))
        span = draw(st.integers(0, 12))
        rest = data[place + span :]
        middle = draw(st.one_of(st.just(b""), inserts, st.just(2 * data[place : place + span])))
        data = data[:place] + middle + rest
    return data


ANSWERS = st.builds(
    Answer,
    st.one_of(mutated(), mutated(), valid_responses(), st.binary(max_size=200)),
    st.lists(st.integers(0, 4000), max_size=3).map(tuple),
    st.sampled_from([0.0, 0.0, 0.005]),
    st.sampled_from(["fin", "fin", "fin", "rst", "hold"]),
)


class FuzzServer:
    """A server whose answer changes, and a session of every client, each fetch on its own."""

    def __init__(self) -> None:
        self.answer = Answer(b"")
        self.server = RawServer(self._play)
        self.clients = Clients(
            timeout=LIMIT, reuse_connections=False, max_redirects=2, max_bytes=10_000
        )

    def _play(self, peer: Peer) -> None:
        self.answer.play(peer)

    def fetch(self, answer: Answer) -> list[Outcome]:
        self.answer = answer
        return self.clients.get(self.server.url())


def is_late(outcome: Outcome) -> bool:
    return outcome.elapsed >= LIMIT + GRACE


@pytest.fixture(scope="module")
def fuzzed() -> Iterator[FuzzServer]:
    fuzzed = FuzzServer()
    with fuzzed.server, fuzzed.clients:
        yield fuzzed


@settings(fuzz, max_examples=3 * EXAMPLES)
@given(ANSWERS)
@example(Answer(b"HTTP/1.1 200 OK\r\n"))
@example(Answer(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n", end="hold"))
def test_any_bytes_from_a_server(fuzzed: FuzzServer, answer: Answer) -> None:
    outcomes = fuzzed.fetch(answer)
    for _ in range(TRIES - 1):  # what is late by itself is so each time
        if any(map(is_late, outcomes)):
            outcomes = fuzzed.fetch(answer)
    assert not any(map(is_late, outcomes)), outcomes
    kinds = {outcome.kind for outcome in outcomes if isinstance(outcome, Failure)}
    assert FailureKind.OTHER not in kinds, outcomes
    if not kinds:
        assert len({said(outcome) for outcome in outcomes}) == 1, outcomes
