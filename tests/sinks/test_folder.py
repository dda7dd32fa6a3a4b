"""Folder: a file for each body, whole or not there, in little memory."""

import asyncio
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import aclosing
from hashlib import blake2b, sha256
from pathlib import Path
from typing import Any

import pytest
from fetching import CLIENT_STRATEGIES, ClientStrategy, eventually
from raw_server import Peer, RawServer, head, reply

import concurrent_fetch as cf
from concurrent_fetch import Folder, Options, Request, Response
from concurrent_fetch.feed._done_keys import key_of

every_way = pytest.mark.parametrize("way", CLIENT_STRATEGIES, ids=str)

PIECE = bytes(range(256)) * 4096
PIECES = 200


def files_in(folder: Path) -> list[str]:
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())


def name_of(url: str) -> str:
    key = blake2b(url.encode(), digest_size=8).hexdigest()
    return f"{key[:2]}/{key}"


def answer(peer: Peer) -> None:
    while text := peer.read_head().decode():
        method, path, _ = text.split("\r\n")[0].split(" ")
        if path == "/cut":
            peer.send(head("Content-Length: 9") + b"half")
            return
        if path == "/slow":
            peer.send(head(f"Content-Length: {2 * len(PIECE)}") + PIECE)
            peer.hold()
        elif path == "/huge":
            peer.send(head(f"Content-Length: {PIECES * len(PIECE)}"))
            for _ in range(PIECES):
                peer.send(PIECE)
        elif method == "POST":
            peer.read_body(2)
            peer.send(reply(b"posted"))
        elif path == "/page":
            peer.send(head("Content-Type: Text/HTML; charset=utf-8", "Content-Length: 4") + b"page")
        else:
            peer.send(reply(b"well"))


@pytest.fixture
def server() -> Iterator[RawServer]:
    with RawServer(answer) as server:
        yield server


@every_way
def test_a_body_becomes_a_file_named_by_its_url(
    way: ClientStrategy, server: RawServer, tmp_path: Path
) -> None:
    folder = tmp_path / "a" / "pages"
    urls = [server.url(path) for path in ("/page", "/../../etc/passwd?x", "/cut", "/page")]
    run = way.fetch(urls, Options(sink=Folder(folder), concurrency=2))
    page, other = f"{name_of(urls[0])}.html", name_of(urls[1])
    assert files_in(folder) == sorted([page, other])
    assert (folder / page).read_bytes() == b"page"
    assert [getattr(o, "sink", None) for o in run] == [
        str(folder / page),
        str(folder / other),
        None,
        str(folder / page),
    ]


def test_the_folder_is_made_when_the_first_body_comes(server: RawServer, tmp_path: Path) -> None:
    sink = Folder(str(tmp_path / "pages"))
    cf.fetch_sync(["http://127.0.0.1:1/"], Options(sink=sink))
    assert not (tmp_path / "pages").exists()
    cf.fetch_sync([server.url()], Options(sink=sink))
    assert len(files_in(tmp_path / "pages")) == 1


def test_requests_to_one_url_do_not_replace_one_another(server: RawServer, tmp_path: Path) -> None:
    url = server.url("/page")
    requests: list[str | Request] = [url, Request(url, body=b"{}"), Request(url, body=b"[]")]
    requests += [Request(url, headers={"Accept-Language": language}) for language in ("de", "fr")]
    run = cf.fetch_sync(requests, Options(sink=Folder(tmp_path)))
    assert len({r.sink for r in run.responses}) == 5
    assert len(files_in(tmp_path)) == 5
    assert f"{name_of(url)}.html" in files_in(tmp_path)
    assert {Path(str(r.sink)).stem for r in run.responses} == {
        f"{key_of(r):016x}" for r in requests
    }
    again = cf.fetch_sync(requests[::-1], Options(sink=Folder(tmp_path)))
    assert [r.sink for r in again.responses] == [r.sink for r in run.responses][::-1]


@every_way
def test_nothing_is_left_of_a_fetch_that_is_stopped(
    way: ClientStrategy, server: RawServer, tmp_path: Path
) -> None:
    seen: list[list[str]] = []

    def look(_: object) -> None:
        eventually(lambda: way.strategy == "fetch_sync" or len(files_in(tmp_path)) == 2)
        seen.append(files_in(tmp_path))

    urls = [server.url("/"), server.url("/slow")]
    if way.is_async:
        run = way.fetch(urls, Options(sink=Folder(tmp_path), timeout=0.5))
        assert [outcome.ok for outcome in run] == [True, False]
    else:
        way.take(1, urls, Options(sink=Folder(tmp_path), concurrency=2), look)
    eventually(lambda: files_in(tmp_path) == [name_of(urls[0])])


def test_a_file_that_cannot_be_written_ends_the_run(server: RawServer, tmp_path: Path) -> None:
    (tmp_path / "pages").write_text("no folder")
    with pytest.raises(OSError, match="pages"):
        cf.fetch_threaded([server.url()], Options(sink=Folder(tmp_path / "pages")))
    (tmp_path / "pages").unlink()
    url = server.url()
    (tmp_path / "pages" / name_of(url)).mkdir(parents=True)  # in the place of the file
    with pytest.raises(OSError, match="irectory"):
        cf.fetch_threaded([url], Options(sink=Folder(tmp_path / "pages")))
    assert files_in(tmp_path) == []


@pytest.mark.parametrize(
    ("path", "error", "said"),
    [
        (7, TypeError, "Folder.path must be a str or a Path, got int"),
        (b"x", TypeError, "Folder.path must be a str or a Path, got bytes"),
        ("", ValueError, "Folder.path must name a folder, got ''; write '.'"),
    ],
)
def test_what_is_no_path_is_refused(path: Any, error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        Folder(path)


PROGRAM = """
import asyncio, resource, sys
import concurrent_fetch as cf

strategy, client, small, url, folder = sys.argv[1:]

def fetch(url):
    options = cf.Options(sink=cf.Folder(folder), max_bytes=None, digest=True, timeout=120.0)
    done = getattr(cf, strategy)([url], options, client=client)
    return (asyncio.run(done) if strategy == "fetch_async" else done)[0]

fetch(small)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print("begun", flush=True)
outcome = fetch(url)
print(outcome.sink, outcome.size, outcome.digest)
print(1024 * (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before))
"""
FIVE = pytest.mark.parametrize(
    ("strategy", "client"),
    [
        ("fetch_threaded", "requests"),
        ("fetch_threaded", "httpx"),
        ("fetch_async", "aiohttp"),
        ("fetch_async", "httpx"),
        ("fetch_async", "plain"),
    ],
)


def command(strategy: str, client: str, server: RawServer, path: str, folder: Path) -> list[str]:
    arguments = [strategy, client, server.url("/"), server.url(path), str(folder)]
    return [sys.executable, "-c", PROGRAM, *arguments]


@pytest.mark.once
@FIVE
def test_a_large_body_takes_little_memory(
    server: RawServer, tmp_path: Path, strategy: str, client: str
) -> None:
    """200 MiB; what 2 GB take was measured once, and is the same."""
    line = command(strategy, client, server, "/huge", tmp_path)
    done = subprocess.run(line, capture_output=True, text=True, check=True, timeout=120)
    _, told, grown = done.stdout.splitlines()
    place, size, digest = told.split(" ")
    assert int(size) == PIECES * len(PIECE) == Path(place).stat().st_size
    assert digest == sha256(PIECE * PIECES).hexdigest()
    assert int(grown) < 20_000_000


@pytest.mark.once
@FIVE
def test_a_process_that_is_killed_leaves_no_half_file_under_its_name(
    server: RawServer, tmp_path: Path, strategy: str, client: str
) -> None:
    line = command(strategy, client, server, "/slow", tmp_path)
    with subprocess.Popen(line, stdout=subprocess.PIPE) as process:
        try:
            eventually(lambda: any(p.stat().st_size > 10 for p in tmp_path.rglob("*.part")))
        finally:
            process.send_signal(signal.SIGKILL)
    whole = [name for name in files_in(tmp_path) if not name.endswith(".part")]
    assert whole == [name_of(server.url("/"))]


def test_equal_urls_at_once_do_not_mix(server: RawServer, tmp_path: Path) -> None:
    run = cf.fetch_threaded([server.url("/page")] * 50, Options(sink=Folder(tmp_path)))
    assert all(isinstance(outcome, Response) for outcome in run)
    assert files_in(tmp_path) == [f"{name_of(server.url('/page'))}.html"]
    assert threading.active_count() < 50


def test_leaving_an_async_run_takes_away_what_is_not_whole(
    server: RawServer, tmp_path: Path
) -> None:
    async def first() -> list[str]:
        urls = [server.url("/"), server.url("/slow")]
        async with aclosing(cf.iter_async(urls, Options(sink=Folder(tmp_path)))) as outcomes:
            await anext(outcomes)
            while len(files_in(tmp_path)) < 2:  # noqa: ASYNC110 - nobody tells of a file
                await asyncio.sleep(0.01)
        return files_in(tmp_path)

    assert asyncio.run(first()) == [name_of(server.url("/"))]
