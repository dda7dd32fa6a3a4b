"""Soak: many fetches, one in twenty of them misbehaved at, with every strategy and client.

python -m bench.load.soak [fetches]

Every URL is answered for once, with the outcome it must have; descriptors, threads and connections
are back to what they were; memory has not grown after the first tenth.
"""

import asyncio
import gc
import json
import os
import pathlib
import random
import re
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

import concurrent_fetch as cf
from bench.rounds import Verdicts
from concurrent_fetch.server import FAULTS, LocalServer

COUNT = 50_000
OPTIONS = cf.Options(
    concurrency=16, timeout=2.0, max_redirects=5, max_bytes=200_000, keep_bodies=False
)
WAYS = (
    ("sync", "requests"),
    ("threaded", "requests"),
    ("threaded", "httpx"),
    ("threaded", "plain"),
    ("async", "aiohttp"),
    ("async", "httpx"),
    ("async", "plain"),
    ("async", "httptools"),
)
ONE_IN = 20
FAULTY = (
    *("fin_after_request", "rst_after_request", "fin_in_headers", "garbage_smtp", "hdr_no_colon"),
    *("cl_short", "chunked_truncated", "ce_gzip_corrupt", "ce_gzip_truncated"),
    *("body_endless", "redir_loop"),
)
SLOW = "silence"  # each costs the whole timeout: one in a hundred faults is enough
# The C library keeps memory for every thread of its own, and goes on filling it up for long.
ONE_ARENA = {**os.environ, "MALLOC_ARENA_MAX": "1"}
EXPECTED = {name: FAULTS[name].expected for name in (*FAULTY, SLOW)}


def paths(count: int, seed: int = 1) -> Iterator[tuple[str, str]]:
    """Yield the name of a fault, or nothing, and the path."""
    rng = random.Random(seed)
    for i in range(count):
        if rng.randrange(ONE_IN):
            yield "", f"/bytes/{rng.choice((0, 100, 5000))}?i={i}"
        else:
            name = rng.choice(FAULTY) if rng.randrange(100) else SLOW
            yield name, f"/fault/{name}?i={i}"


def is_right(outcome: cf.Outcome, url: str, fault: str) -> bool:
    if outcome.url != url:
        return False
    if not fault:
        return isinstance(outcome, cf.Response) and outcome.status_code == 200
    return isinstance(outcome, cf.Failure) and outcome.kind in EXPECTED[fault]


def outcomes(strategy: str, client: str, urls: Iterable[str]) -> Iterator[cf.Outcome]:
    """Yield what `iter_...` yields; of the async one too, from the loop that is run here."""
    if strategy != "async":
        iterate = {"sync": cf.iter_sync, "threaded": cf.iter_threaded}[strategy]
        yield from iterate(urls, OPTIONS, client=client)
        return
    with asyncio.Runner() as runner:
        ready = cf.iter_async(urls, OPTIONS, client=client)
        try:
            while (outcome := runner.run(_next(ready))) is not None:
                yield outcome
        finally:
            runner.run(ready.aclose())


async def _next(ready: Any) -> cf.Outcome | None:
    return await anext(ready, None)


def resident() -> float:
    """Return the MiB of memory that this process holds."""
    status = pathlib.Path("/proc/self/status").read_text()
    match = re.search(r"VmRSS:\s+(\d+)", status)
    assert match
    return int(match[1]) / 1024


def left() -> tuple[int, int]:
    gc.collect()
    return len(os.listdir("/proc/self/fd")), threading.active_count()  # noqa: PTH208 - no Path: it would open one itself


def soak(strategy: str, client: str, base: str, count: int) -> dict[str, Any]:
    """Fetch them all; return what there is to judge."""
    for _ in outcomes(strategy, client, [f"{base}/bytes/1"] * 20):
        pass
    plan = list(paths(count))
    urls = [base + path for _, path in plan]
    before, seen, wrong = left(), bytearray(count), Counter[str]()
    began, first, last = time.monotonic(), 0.0, 0.0
    for number, outcome in enumerate(outcomes(strategy, client, urls), 1):
        seen[outcome.index] += 1
        fault, _ = plan[outcome.index]
        if not is_right(outcome, urls[outcome.index], fault):
            wrong[f"{fault or 'none'}: {outcome}"] += 1
        if number == count // 10:
            first = resident()
    last, took = resident(), time.monotonic() - began
    return {
        "answered": seen.count(1),
        "wrong": sum(wrong.values()),
        "such as": wrong.most_common(3),
        "more": [now - then for now, then in zip(left(), before, strict=True)],
        "grown": last - first,
        "per second": count / took,
        "disordered": disordered(strategy, client, urls[: count // 10]),
    }


def disordered(strategy: str, client: str, urls: list[str]) -> int:
    """Return how many outcomes of `fetch_...` are not in their place."""
    fetch = getattr(cf, f"fetch_{strategy}")(urls, OPTIONS, client=client)
    run: cf.Run = asyncio.run(fetch) if strategy == "async" else fetch
    return abs(len(run) - len(urls)) + sum(
        outcome.url != url for outcome, url in zip(run, urls, strict=False)
    )


def judge(verdicts: Verdicts, way: str, found: dict[str, Any], count: int) -> None:
    verdicts.within(f"{way}: URLs answered for once", found["answered"], count, count)
    verdicts.within(f"{way}: outcomes that are wrong", found["wrong"], 0, 0)
    verdicts.within(f"{way}: outcomes of a Run out of place", found["disordered"], 0, 0)
    verdicts.within(f"{way}: descriptors more than before", found["more"][0], -9, 0)
    verdicts.within(f"{way}: threads more than before", found["more"][1], 0, 0)
    verdicts.within(f"{way}: MiB grown after the first tenth", found["grown"], -99, 6)
    print(f"{way}: {found['per second']:.0f} fetches per second")
    for what, times in found["such as"]:
        print(f"   {times} times {what}")


def main() -> None:
    if len(sys.argv) > 3:  # one way, in a process of its own
        strategy, client, base, length = sys.argv[1:]
        print(json.dumps(soak(strategy, client, base, int(length))))
        return
    count = int(sys.argv[1]) if len(sys.argv) > 1 else COUNT
    verdicts = Verdicts()
    with LocalServer() as server:
        for way in WAYS:
            arguments = [*way, server.url().rstrip("/"), str(count)]
            output = subprocess.run(
                [sys.executable, "-m", "bench.load.soak", *arguments],
                env=ONE_ARENA,
                capture_output=True,
                text=True,
                check=True,
            ).stdout
            judge(verdicts, "-".join(way), json.loads(output), count)
            verdicts.within("connections left at the server", server.stats().open_connections, 0, 0)
    verdicts.end()


if __name__ == "__main__":
    main()
