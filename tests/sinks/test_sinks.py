"""Sinks: every final body goes there once, whole or not at all, from every client."""

import asyncio
import gzip
import io
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fetching import CLIENT_STRATEGIES, ClientStrategy
from raw_server import Peer, RawServer, chunked, head, reply

import concurrent_fetch as cf
from concurrent_fetch import Failure, Folder, Options, Request, Response, Retry, Runner
from concurrent_fetch.clients import aiohttp_client, requests_client

every_way = pytest.mark.parametrize("way", CLIENT_STRATEGIES, ids=str)

LARGE = bytes(range(256)) * 2048
PACKED = gzip.compress(LARGE)


class Script:
    """Answers by path; `/busy` with 503 twice, then well."""

    def __init__(self) -> None:
        self.refusals = 2

    def __call__(self, peer: Peer) -> None:
        while text := peer.read_head().decode():
            is_head = text.startswith("HEAD ")
            peer.send(head("Content-Length: 9") if is_head else self._answer(text.split()[1]))
            if "/cut" in text.split("\r\n")[0]:
                return

    def _answer(self, path: str) -> bytes:
        if path == "/busy" and self.refusals:
            self.refusals -= 1
            return b"HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nbusy"
        answers = {
            "/moved": b"HTTP/1.1 302 Found\r\nLocation: /large\r\nContent-Length: 5\r\n\r\nmoved",
            "/gone": b"HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\ngone",
            "/down": b"HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nbusy",
            "/same": b"HTTP/1.1 304 Not Modified\r\n\r\n",
            "/large": reply(LARGE),
            "/chunked": head("Transfer-Encoding: chunked") + chunked(LARGE[:1000]),
            "/gzip": head("Content-Encoding: gzip", f"Content-Length: {len(PACKED)}") + PACKED,
            "/corrupt": head("Content-Encoding: gzip", f"Content-Length: {len(PACKED)}")
            + PACKED[:-8]
            + b"corrupt!",
            "/cut": head(f"Content-Length: {len(LARGE)}") + LARGE[:-1],
        }
        return answers.get(path, reply(b"well"))


@pytest.fixture
def server() -> Iterator[RawServer]:
    with RawServer(Script()) as server:
        yield server


class Told:
    """A sink of pieces that keeps what it was told, by path."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.bodies: dict[str, bytes] = {}
        self.heads: list[Response] = []
        self.workers: set[str] = set()

    def open(self, response: Response) -> "Body":
        self.calls.append("open")
        self.heads.append(response)
        return Body(self, response)


class Body:
    def __init__(self, told: Told, response: Response) -> None:
        self._told, self._name = told, response.url.rpartition("/")[2]
        self._body = io.BytesIO()

    def write(self, piece: bytes) -> None:
        assert type(piece) is bytes
        self._told.calls += ["write"] if self._told.calls[-1] != "write" else []
        self._told.workers.add(threading.current_thread().name)
        self._body.write(piece)

    def commit(self, response: Response) -> str:
        self._told.calls.append("commit")
        assert response.size == len(self._body.getvalue())
        self._told.bodies[self._name] = self._body.getvalue()
        return f"shelf/{self._name}"

    def discard(self) -> None:
        self._told.calls.append("discard")


def one(way: ClientStrategy, url: str | Request, **options: Any) -> cf.Outcome:
    return way.fetch([url], Options(**options))[0]  # type: ignore[list-item]  # a request goes there


# A function


@every_way
def test_a_function_gets_every_final_response_and_says_where_it_is(
    way: ClientStrategy, server: RawServer
) -> None:
    seen: list[tuple[int, int]] = []

    def keep(response: Response) -> str | None:
        seen.append((response.status_code, len(response.body)))
        return "here" if response.ok else None

    retry = Retry(wait_initial=0.0, budget=1)
    paths = ("/large", "/moved", "/gone", "/busy", "/down", "/cut")
    urls = [server.url(path) for path in paths]
    options = Options(sink=keep, keep_bodies=False, retry=retry, concurrency=1)
    run = way.fetch(urls, options)
    size = len(LARGE)
    assert sorted(seen) == [(200, 4), (200, size), (200, size), (404, 4), (503, 4)]
    places = [getattr(outcome, "sink", "failed") for outcome in run]
    assert places == ["here", "here", None, "here", None, "failed"]
    assert {outcome.body for outcome in run.responses} == {b""}
    assert run.to_columns()["sink"][:3] == ["here", "here", None]


@every_way
def test_work_comes_after_the_sink(way: ClientStrategy, server: RawServer) -> None:
    seen: list[tuple[str | None, int]] = []

    def work(response: Response) -> None:
        seen.append((response.sink, len(response.body)))

    one(way, server.url("/large"), sink=lambda _: "there", work=work)
    one(way, server.url("/large"), sink=Told(), work=work)
    assert seen == [("there", len(LARGE)), ("shelf/large", 0)]


@every_way
def test_what_a_sink_returns_is_a_str(way: ClientStrategy, server: RawServer) -> None:
    with pytest.raises(TypeError, match=r"as a str, or None, got .*Path; write str\(path\)$"):
        one(way, server.url(), sink=lambda _: Path("x"))

    class Wrong(Body):
        def commit(self, response: Response) -> str:
            super().commit(response)
            return 7  # type: ignore[return-value]  # on purpose

    class Sink(Told):
        def open(self, response: Response) -> Body:
            super().open(response)
            return Wrong(self, response)

    told = Sink()
    with pytest.raises(TypeError, match=r"as a str, or None, got int$"):
        one(way, server.url(), sink=told)
    assert told.calls == ["open", "write", "commit"]  # and no discard: it was kept


# Pieces


@every_way
@pytest.mark.parametrize("path", ["/large", "/moved", "/chunked", "/gzip", "/gone", "/"])
def test_a_body_comes_in_pieces_decoded_and_whole(
    way: ClientStrategy, server: RawServer, path: str
) -> None:
    plain = one(way, server.url(path), digest=True)
    told = Told()
    outcome = one(way, server.url(path), sink=told, digest=True)
    assert isinstance(plain, Response)
    assert isinstance(outcome, Response)
    assert told.calls == ["open", "write", "commit"]
    assert list(told.bodies.values()) == [plain.body]
    assert outcome.body == b""
    assert (outcome.size, outcome.digest) == (plain.size, plain.digest)
    assert outcome.sink == f"shelf{path}"
    (opened,) = told.heads
    assert (opened.status_code, opened.final_url) == (plain.status_code, plain.final_url)
    assert (opened.headers, opened.size, opened.digest) == (plain.headers, 0, None)


@every_way
def test_a_status_that_may_be_tried_again_never_gets_there(
    way: ClientStrategy, server: RawServer
) -> None:
    told = Told()
    retry = Retry(wait_initial=0.0, budget=1)
    run = way.fetch([server.url("/busy"), server.url("/down")], Options(sink=told, retry=retry))
    assert [(r.status_code, r.sink, r.body) for r in run.responses] == [
        (200, "shelf/busy", b""),
        (503, None, b""),
    ]
    assert told.calls == ["open", "write", "commit"]
    assert told.bodies == {"busy": b"well"}


@every_way
@pytest.mark.parametrize(
    ("path", "kind", "options"),
    [
        ("/corrupt", "decode", {}),
        ("/cut", "incomplete", {}),
        ("/gzip", "too_large", {"max_bytes": 100_000}),
    ],
)
def test_a_body_that_is_not_whole_is_discarded(
    way: ClientStrategy, server: RawServer, path: str, kind: str, options: dict[str, Any]
) -> None:
    told = Told()
    outcome = one(way, server.url(path), sink=told, **options)
    assert isinstance(outcome, Failure)
    assert outcome.kind == kind
    assert [call for call in told.calls if call != "write"] == ["open", "discard"]
    assert told.bodies == {}


@every_way
def test_each_try_of_a_failure_is_discarded(way: ClientStrategy, server: RawServer) -> None:
    told = Told()
    retry = Retry(attempts=2, wait_initial=0.0)
    outcome = one(way, server.url("/cut"), sink=told, retry=retry)
    assert isinstance(outcome, Failure)
    assert [call for call in told.calls if call != "write"] == ["open", "discard"] * 2


@every_way
def test_what_has_no_body_never_gets_there(way: ClientStrategy, server: RawServer) -> None:
    told = Told()
    for asked in (server.url("/same"), Request(server.url("/large"), method="HEAD")):
        outcome = one(way, asked, sink=told)
        assert isinstance(outcome, Response)
        assert outcome.sink is None
    assert told.calls == []


@every_way
def test_a_body_that_is_not_wanted_is_dropped(way: ClientStrategy, server: RawServer) -> None:
    class Choosy(Told):
        def open(self, response: Response) -> Body | None:  # type: ignore[override]  # as the protocol
            return super().open(response) if response.ok else None

    told = Choosy()
    run = way.fetch([server.url("/gone"), server.url("/")], Options(sink=told))
    assert [(r.sink, r.size, r.body) for r in run.responses] == [(None, 4, b""), ("shelf/", 4, b"")]


@every_way
@pytest.mark.parametrize("broken", ["open", "write", "commit"])
def test_what_a_sink_raises_ends_the_run_and_the_body_is_discarded(
    way: ClientStrategy, server: RawServer, broken: str
) -> None:
    told = Told()

    class Broken(Body):
        def write(self, piece: bytes) -> None:
            fail("write")
            super().write(piece)

        def commit(self, response: Response) -> str:
            fail("commit")
            return super().commit(response)

    class Sink:
        def open(self, response: Response) -> Body:
            told.open(response)
            fail("open")
            return Broken(told, response)

    def fail(where: str) -> None:
        if where == broken:
            raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left") as caught:
        way.fetch([server.url("/large")] * 5, Options(sink=Sink(), concurrency=1))
    assert caught.value.__cause__ is None
    ends = [call for call in told.calls if call != "write"]
    assert ends == (["open"] if broken == "open" else ["open", "discard"])


def test_a_fetch_that_is_interrupted_discards(server: RawServer) -> None:
    told = Told()

    class Interrupting(Body):
        def write(self, piece: bytes) -> None:
            super().write(piece)
            raise KeyboardInterrupt

    class Sink:
        def open(self, response: Response) -> Body:
            told.open(response)
            return Interrupting(told, response)

    with pytest.raises(KeyboardInterrupt) as caught:
        cf.fetch_sync([server.url("/large")], Options(sink=Sink()))
    assert told.calls == ["open", "write", "discard"]
    del caught


def test_a_session_alone_hands_bodies_to_the_sink(server: RawServer) -> None:
    told = Told()
    with requests_client.session(Options(sink=told)) as get:
        assert getattr(get(server.url("/large")), "sink", None) == "shelf/large"
    with requests_client.session(Options(sink=lambda r: str(len(r.body)))) as get:
        assert getattr(get(server.url("/large")), "sink", None) == str(len(LARGE))

    async def fetched() -> cf.Outcome:
        async with aiohttp_client.session(Options(sink=told)) as get:
            return await get(server.url("/large"))

    assert getattr(asyncio.run(fetched()), "sink", None) == "shelf/large"
    assert told.calls == ["open", "write", "commit"] * 2


def test_a_response_from_elsewhere_gets_there_when_it_is_settled(server: RawServer) -> None:
    url = server.url("/large")
    fetched = cf.fetch_sync([url, server.url("/down")])
    told = Told()
    feed = cf.feed_of([url] * 2, Options(sink=told, retry=1))
    for outcome in fetched:
        job = feed.take(0.0)
        assert isinstance(job, cf.Job)
        settled = feed.settle(job, outcome, 0.0)
        assert isinstance(settled, Response)
        assert settled.body == b""
    assert told.bodies == {"large": LARGE}


# Options


@pytest.mark.parametrize(
    ("sink", "error", "said"),
    [
        ("pages", TypeError, r"got a path; write sink=Folder\('pages'\)"),
        (Path("pages"), TypeError, r"got a path; write sink=Folder\('pages'\)"),
        (Folder, TypeError, r"got the class Folder; write sink=Folder\(...\)"),
        (7, TypeError, "must be a function of a response, or a sink that has `open`, got int"),
        (asyncio.sleep, TypeError, "must be a plain function, got an async one"),
    ],
)
def test_what_is_no_sink_is_told_what_to_write(
    sink: Any, error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=rf"^Options\.sink .*{said}"):
        Options(sink=sink)


class Unfit:
    """Opens whatever it was given."""

    def __init__(self, opened: Any) -> None:
        self.opened = opened

    def open(self, _: Response) -> Any:
        return self.opened


class Hasty:
    """Its `write` is never awaited."""

    async def write(self, _: bytes) -> None: ...
    def commit(self, _: Response) -> str: ...  # type: ignore[empty-body]  # never called
    def discard(self) -> None: ...


@pytest.mark.parametrize(
    ("opened", "said"),
    [
        (5, "write, commit and discard, or None; int has no write"),
        (io.BytesIO(), "BytesIO has no commit"),
        (Hasty(), "Hasty.write must be a plain function, and is an async one"),
    ],
)
def test_what_takes_no_pieces_is_refused_before_it_gets_any(
    opened: Any, said: str, server: RawServer
) -> None:
    with pytest.raises(TypeError, match=said):
        cf.fetch_sync([server.url()], Options(sink=Unfit(opened)))


def test_pieces_and_a_function_of_the_body_do_not_go_together() -> None:
    retry = Retry(on=lambda outcome: not outcome.ok)
    Options(sink=lambda _: None, retry=retry)
    with pytest.raises(
        ValueError, match=r"^Options\.sink takes bodies in pieces, before Retry\.on"
    ):
        Options(sink=Told(), retry=retry)


def test_a_sink_makes_no_difference_and_no_secret_is_shown() -> None:
    assert Options(sink=Told()) == Options()
    assert Options(sink=Told()).differences(Options()) == ()
    assert "sink=<Told>" in repr(Options(sink=Told()))


def test_a_runner_takes_no_sink() -> None:
    with pytest.raises(
        ValueError, match=r"fetch_threaded\(urls, Options\(sink=\.\.\.\)\), or leave it out$"
    ):
        Runner(["http://x/"], Options(sink=Told()))
    runner = Runner(["http://x/"])
    with pytest.raises(ValueError, match="takes no sink"):
        runner.compare(cf.fetch_sync, mine=cf.with_options(cf.fetch_sync, sink=Told()))


def test_the_place_is_kept_in_files(server: RawServer, tmp_path: Path) -> None:
    run = cf.fetch_sync([server.url("/large"), server.url("/cut")], Options(sink=lambda _: "here"))
    cf.save(run, tmp_path / "run.json")
    loaded = cf.load(tmp_path / "run.json")
    assert isinstance(loaded, cf.Run)
    assert loaded.to_columns()["sink"] == ["here", None]
    cf.save(run, tmp_path / "run.csv")
    assert "here" in (tmp_path / "run.csv").read_text()
    cf.save(cf.fetch_sync([server.url()]), tmp_path / "without.json")
    assert '"sink"' not in (tmp_path / "without.json").read_text()
