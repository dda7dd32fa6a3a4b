"""Bodies that cost more than they are: an event loop goes on beside them, whatever the client."""

import asyncio
import functools
import gzip
import math
import struct
import time
import zlib
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
from fetching import ASYNC_CLIENTS
from pace import in_time
from raw_server import RawServer, always, by_path, chunked, head, reply

import concurrent_fetch as cf
from concurrent_fetch import AsyncClient, Exchange, FailureKind, Options, Outcome
from concurrent_fetch._failure_kinds import Refusal
from concurrent_fetch.fetch._deadlines import Deadlines
from concurrent_fetch.fetch._turns import Turns
from concurrent_fetch.http import canonicalize

pytestmark = pytest.mark.once

MIB = 2**20
MOST_HELD = 0.020


@asynccontextmanager
async def _open(_: Options) -> AsyncIterator[Any]:
    """A stranger's client, as short as one may be: it knows a length, and no chunks."""

    async def send(exchange: Exchange) -> None:
        reader, writer = await asyncio.open_connection(exchange.target.host, exchange.target.port)
        try:
            request = f"GET {exchange.target.origin_form} HTTP/1.1\r\nHost: x\r\n\r\n"
            writer.write(request.encode())
            text = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")[1:-2]
            exchange.answer(200, [(n, v) for n, _, v in (line.partition(": ") for line in text)])
            left = exchange.head.content_length if exchange.head else None
            while left and (chunk := await reader.read(min(left, 16_384))):
                exchange.receive(chunk)
                left -= len(chunk)
        finally:
            writer.transport.abort()

    yield send


STRANGER = AsyncClient("stranger", _open)
CLIENTS: Sequence[Any] = (*ASYNC_CLIENTS, STRANGER)
EACH_CLIENT = pytest.mark.parametrize("client", CLIENTS, ids=[*ASYNC_CLIENTS, "stranger"])


def zipped(data: bytes, times: int = 1) -> bytes:
    for _ in range(times):
        data = gzip.compress(data, mtime=0)
    return data


def answer(coding: str, body: bytes) -> bytes:
    return reply(body, f"Content-Encoding: {coding}", "Connection: close")


@functools.cache
def zeros(mib: int) -> bytes:
    """So many MiB of zeros, zipped: the first again and again, which takes no time to make."""
    one, crc = zlib.compressobj(9, wbits=-15), 0
    block = one.compress(bytes(MIB)) + one.flush(zlib.Z_FULL_FLUSH)
    for _ in range(mib):
        crc = zlib.crc32(bytes(MIB), crc)
    return EMPTY[:10] + block * mib + one.flush() + struct.pack("<LL", crc, mib * MIB)


EMPTY = zipped(b"")
UNCAPPED: Mapping[str, Any] = {"max_bytes": None, "keep_bodies": False}
COSTLY: Mapping[str, tuple[Callable[[], bytes], Mapping[str, Any]]] = {
    "a bomb below the cap": (lambda: answer("gzip", zeros(90)), {}),
    "the same with a digest": (lambda: answer("gzip", zeros(90)), {"digest": True}),
    "deflate": (lambda: answer("deflate", zlib.compress(bytes(90 * MIB))), {}),
    "three layers": (lambda: answer("gzip, gzip, gzip", zipped(zeros(300), 2)), UNCAPPED),
    "members inside": (lambda: answer("gzip, gzip", zipped(EMPTY * 2_000_000)), {}),
    "members inside, uncapped": (lambda: answer("gzip, gzip", zipped(EMPTY * 2_000_000)), UNCAPPED),
    "members": (lambda: answer("gzip", EMPTY * 50_000), UNCAPPED),
    "a byte in each chunk": (
        lambda: (
            head("Transfer-Encoding: chunked", "Connection: close") + chunked(*[b"x"] * 170_000)
        ),
        {},
    ),
    "a bomb in each chunk": (
        lambda: (
            head("Transfer-Encoding: chunked", "Content-Encoding: gzip", "Connection: close")
            + chunked(*[zeros(1)] * 300)
        ),
        UNCAPPED,
    ),
}


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long each step held the event loop of this process, in CPU time of its thread."""
    steps: list[float] = []
    run = asyncio.Handle._run

    def timed(self: asyncio.Handle) -> None:
        begun = time.thread_time()
        run(self)
        steps.append(time.thread_time() - begun)

    monkeypatch.setattr(asyncio.Handle, "_run", timed)
    return steps


async def fetched(client: Any, urls: list[str], **options: Any) -> list[Outcome]:
    return list(await cf.fetch_async(urls, Options(**options), client=client))


@pytest.mark.parametrize(
    ("name", "client"),
    [(n, c) for n in COSTLY for c in CLIENTS if not (c is STRANGER and "chunk" in n)],
    ids=str,
)
def test_no_body_holds_the_event_loop(name: str, client: Any, held: list[float]) -> None:
    body, options = COSTLY[name]
    with RawServer(always(body())) as server:
        asyncio.run(fetched(client, [server.url()], timeout=0.001))  # imports are no body
        held.clear()
        asyncio.run(fetched(client, [server.url()], timeout=3, **options))
    in_time(max(held), MOST_HELD)


@EACH_CLIENT
def test_others_are_answered_beside_it_and_it_ends_at_its_deadline(client: Any) -> None:
    costly = answer("gzip, gzip", zipped(EMPTY * 4_000_000))
    pages = {"/costly": costly, "/well": answer("gzip", zipped(b"well"))}
    with RawServer(by_path(pages)) as server:
        urls = [server.url("/costly"), *[server.url("/well")] * 4]
        one, *others = asyncio.run(fetched(client, urls, timeout=0.5, max_bytes=None))
    assert [other.ok for other in others] == [True] * 4
    assert isinstance(one, cf.Failure)
    assert (one.kind, one.message) == (FailureKind.TIMEOUT, "not finished within timeout=0.5 s")
    in_time(one.elapsed, 0.5 + 0.3)


@EACH_CLIENT
def test_what_is_refused_while_the_client_waits_for_more_ends_the_fetch(client: Any) -> None:
    bomb = head("Content-Encoding: gzip", "Content-Length: 9999999") + zeros(30)

    def play(peer: Any) -> None:
        peer.read_head()
        peer.send(bomb)
        peer.hold()

    with RawServer(play) as server:
        [outcome] = asyncio.run(fetched(client, [server.url()], timeout=20, max_bytes=25 * MIB))
    assert isinstance(outcome, cf.Failure)
    assert outcome.kind is FailureKind.TOO_LARGE
    in_time(outcome.elapsed, 5.0)


@EACH_CLIENT
def test_every_fetch_is_answered_where_many_run_out_of_time_amid_decoding(client: Any) -> None:
    pages = {"/bomb": answer("gzip", zeros(200)), "/well": reply(b"well")}
    with RawServer(by_path(pages)) as server:
        asyncio.run(fetched(client, [server.url("/well")]))
        urls = [server.url("/bomb")] * 20 + [server.url("/well")] * 5
        outcomes = asyncio.run(fetched(client, urls, timeout=0.3, **UNCAPPED))
    kinds = [o.kind if isinstance(o, cf.Failure) else o.status_code for o in outcomes[:20]]
    assert set(kinds) <= {FailureKind.TIMEOUT, 200}
    assert len(outcomes) == 25


@EACH_CLIENT
def test_nothing_is_decoded_once_the_run_is_cancelled(client: Any) -> None:
    async def scene(url: str) -> float:
        run = asyncio.ensure_future(fetched(client, [url] * 3, **UNCAPPED))
        await asyncio.sleep(0.2)
        run.cancel()
        with pytest.raises(asyncio.CancelledError):
            await run
        await asyncio.sleep(0)
        begun = time.thread_time()
        await asyncio.sleep(0.2)
        return time.thread_time() - begun

    with RawServer(always(answer("gzip", zeros(900)))) as server:
        asyncio.run(fetched(client, [server.url()], timeout=0.001))
        in_time(asyncio.run(scene(server.url())), 0.05)


def test_a_body_arrives_whole_however_it_is_sliced() -> None:
    bodies = [bytes([i]) * (3 * MIB) + zlib.compress(bytes(range(256)) * i) for i in range(1, 9)]
    pages = {f"/{i}": answer("gzip, gzip", zipped(body, 2)) for i, body in enumerate(bodies)}
    with RawServer(by_path(pages)) as server:
        urls = [server.url(path) for path in pages]
        outcomes = asyncio.run(fetched(STRANGER, urls))
    assert [isinstance(o, cf.Response) and o.body for o in outcomes] == bodies


def exchange_on(turns: Turns | None, **options: Any) -> Exchange:
    made = Exchange(canonicalize("http://x/"), {}, Options(**options), math.inf)
    made.turns = turns
    made.answer(200, [("Content-Encoding", "gzip")])
    return made


def test_bodies_of_one_turn_share_a_slice_and_those_that_want_more_take_turns() -> None:
    async def scene() -> tuple[list[bool], list[bool]]:
        turns = Turns(Deadlines())
        made = [exchange_on(turns) for _ in range(3)]
        for one in made:
            one.receive(zeros(60))
        behind = [one.undecoded for one in made]
        await asyncio.gather(*[one.decoded() for one in made])
        assert [one.size for one in made] == [60 * MIB] * 3
        return behind, [one.undecoded for one in made]

    assert asyncio.run(scene()) == ([True] * 3, [False] * 3)


def test_two_may_wait_for_one_body() -> None:
    async def scene() -> Exchange:
        one = exchange_on(Turns(Deadlines()))
        one.receive(zeros(60))
        await asyncio.gather(one.decoded(), one.decoded())
        return one

    assert asyncio.run(scene()).size == 60 * MIB


def test_a_refusal_reaches_who_waits() -> None:
    async def scene() -> None:
        one = exchange_on(Turns(Deadlines()), max_bytes=50 * MIB)
        one.receive(zeros(60))
        with pytest.raises(Refusal, match="beyond max_bytes"):
            await one.decoded()

    asyncio.run(scene())


def test_without_an_event_loop_all_is_decoded_at_once() -> None:
    one = exchange_on(None)
    one.receive(zeros(60))
    assert (one.size, one.undecoded) == (60 * MIB, False)


def test_what_takes_no_time_waits_for_no_turn() -> None:
    async def scene() -> Exchange:
        one = exchange_on(Turns(Deadlines()))
        one.receive(zipped(b"hello"))
        return one

    one = asyncio.run(scene())
    assert (one.body, one.undecoded) == (b"hello", False)
