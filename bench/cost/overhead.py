"""What the library costs above hand-written loops: 1 KiB bodies from nginx, 40 rounds and more.

python -m bench.cost.overhead [rounds] [name of one group: sync, threaded, async, httpx]
"""

import asyncio
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Coroutine, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
import attrs
import httpx
import requests

import concurrent_fetch as cf
from bench.rounds import Verdicts, interleaved, ratio

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests" / "support"))
from nginx import missing, nginx

URLS = 640


def session_loop(urls: list[str]) -> list[bytes]:
    with requests.Session() as session:
        return [session.get(url).content for url in urls]


def session_per_thread(urls: list[str], concurrency: int) -> list[bytes]:
    mine = threading.local()

    def get(url: str) -> bytes:
        if not hasattr(mine, "session"):
            mine.session = requests.Session()
        content: bytes = mine.session.get(url).content
        return content

    with ThreadPoolExecutor(concurrency) as pool:
        return list(pool.map(get, urls))


@attrs.frozen
class Kept:
    """What a careful hand-written worker keeps of a response."""

    url: str
    status: int
    headers: list[tuple[str, str]]
    body: bytes
    started: float
    first_byte: float
    finished: float
    index: int


async def _workers(work: Callable[[], Coroutine[Any, Any, None]], concurrency: int) -> None:
    await asyncio.gather(*(work() for _ in range(concurrency)))


async def bare_aiohttp(urls: list[str], concurrency: int) -> list[bytes]:
    bodies: list[bytes] = []
    source = iter(urls)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:

        async def work() -> None:
            for url in source:
                async with session.get(url) as response:
                    bodies.append(await response.read())

        await _workers(work, concurrency)
    return bodies


async def careful_aiohttp(urls: list[str], concurrency: int) -> list[Kept]:
    """Workers that also keep a deadline, a cap, decoded headers and one frozen object per URL."""
    kept: list[Kept] = []
    source: Iterable[tuple[int, str]] = iter(enumerate(urls))
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:

        async def fetch(index: int, url: str) -> Kept:
            started = time.perf_counter()
            async with asyncio.timeout(30), session.get(url) as response:
                first_byte = time.perf_counter()
                size, chunks = 0, []
                async for chunk in response.content.iter_any():
                    size += len(chunk)
                    if size > 100 * 2**20:
                        raise ValueError("too large")
                    chunks.append(chunk)
                headers = [(n.decode("latin-1"), v.decode("latin-1"))
                           for n, v in response.raw_headers]  # fmt: skip
                body = b"".join(chunks)
                finished = time.perf_counter()
                return Kept(
                    url, response.status, headers, body, started, first_byte, finished, index
                )

        async def work() -> None:
            for index, url in source:
                kept.append(await fetch(index, url))

        await _workers(work, concurrency)
    return kept


async def shared_httpx(urls: list[str], concurrency: int) -> list[bytes]:
    bodies: list[bytes] = []
    source = iter(urls)
    limits = httpx.Limits(max_connections=concurrency, max_keepalive_connections=concurrency)
    async with httpx.AsyncClient(limits=limits, timeout=None) as client:

        async def work() -> None:
            for url in source:
                response = await client.get(url)
                bodies.append(response.content)

        await _workers(work, concurrency)
    return bodies


def _run(
    function: Callable[..., Coroutine[Any, Any, object]], *arguments: Any, **named: Any
) -> None:
    asyncio.run(function(*arguments, **named))


def compare_sync(urls: list[str], count: int, verdicts: Verdicts) -> None:
    times = interleaved(
        {"ours": partial(cf.fetch_sync, urls), "loop": partial(session_loop, urls)}, count
    )
    verdicts.at_most("fetch_sync / requests.Session loop", ratio(times["ours"], times["loop"]), 1)


def compare_threaded(urls: list[str], count: int, verdicts: Verdicts) -> None:
    for concurrency in (1, 32, 64):
        options = cf.Options(concurrency=concurrency)
        times = interleaved(
            {
                "ours": partial(cf.fetch_threaded, urls, options),
                "pool": partial(session_per_thread, urls, concurrency),
            },
            count,
        )
        verdicts.at_most(
            f"fetch_threaded / ThreadPoolExecutor.map, {concurrency} in flight",
            ratio(times["ours"], times["pool"]),
            1,
        )


def compare_async(urls: list[str], count: int, verdicts: Verdicts) -> None:
    for concurrency in (1, 32, 64):
        options = cf.Options(concurrency=concurrency)
        times = interleaved(
            {
                "ours": partial(_run, cf.fetch_async, urls, options),
                "careful": partial(_run, careful_aiohttp, urls, concurrency),
                "bare": partial(_run, bare_aiohttp, urls, concurrency),
            },
            count,
        )
        for name, bound in (("careful", 1.10), ("bare", 1.35)):
            verdicts.at_most(
                f"fetch_async / {name} aiohttp workers, {concurrency} in flight",
                ratio(times["ours"], times[name]),
                bound,
            )


def compare_httpx(urls: list[str], count: int, verdicts: Verdicts) -> None:
    options = cf.Options(concurrency=64)
    few = urls[: len(urls) // 2]
    times = interleaved(
        {
            "ours": partial(_run, cf.fetch_async, few, options, client="httpx"),
            "shared": partial(_run, shared_httpx, few, 64),
        },
        count,
    )
    verdicts.at_most(
        "fetch_async(client='httpx') / one shared AsyncClient, 64",
        ratio(times["ours"], times["shared"]),
        1 / 3,
    )


GROUPS = {
    "sync": compare_sync,
    "threaded": compare_threaded,
    "async": compare_async,
    "httpx": compare_httpx,
}


def main() -> None:
    if reason := missing():
        sys.exit(reason)
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 40
    groups = sys.argv[2:] or list(GROUPS)
    verdicts = Verdicts()
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        Path(folder).chmod(0o755)
        Path(folder, "page").write_bytes(b"x" * 1024)
        with nginx(Path(folder)) as base:
            urls = [f"{base}/page?i={i}" for i in range(URLS)]
            for group in groups:
                GROUPS[group](urls, count, verdicts)
    verdicts.end()


if __name__ == "__main__":
    main()
