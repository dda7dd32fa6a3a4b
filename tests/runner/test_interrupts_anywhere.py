"""Ctrl-C at any moment: KeyboardInterrupt at once, nothing left, nothing said, never a hang."""

import json
import os
import random
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import interrupted_runs
import pytest
from fetching import ON_OTHER_LOOPS, eventually
from interrupted_runs import SOON
from pace import unless_busy
from raw_server import RawServer, silent

from concurrent_fetch.server import LocalServer

MOMENTS = int(os.environ.get("INTERRUPTED_MOMENTS", "6"))
"""More for a long run: INTERRUPTED_MOMENTS=1000 pytest tests/runner/test_interrupts_anywhere.py"""
PATHS = (
    "/bytes/100",
    "/bytes/300000",
    "/gzip",
    "/redirect/2",
    "/delay/0.02",
    "/stream-bytes/50000",
)
ALL = "fetch_sync,fetch_threaded,fetch_async"
BLOCKING = (
    ("fetch_sync", "requests"),
    ("fetch_sync", "httpx"),
    ("fetch_threaded", "requests"),
    ("fetch_threaded", "httpx"),
    ("fetch_sync", "plain"),
    ("fetch_threaded", "plain"),
    ("iter_sync", "requests"),
    ("iter_threaded", "httpx"),
    ("iter_threaded", "plain"),
    ("compare", ALL),
    ("fetch_processes", "plain"),
    ("iter_processes", "aiohttp"),
)
ASYNC: tuple[tuple[str, str], ...] = (
    ("fetch_async", "aiohttp"),
    ("fetch_async", "httpx"),
    ("fetch_async", "plain"),
    ("iter_async", "aiohttp"),
    ("iter_async", "httpx"),
)
if ON_OTHER_LOOPS:
    ASYNC += tuple((f"{strategy}@uvloop", client) for strategy, client in ASYNC[:3])
# Things that Python does, each within a few microseconds of a run. Python swallows a Ctrl-C
# that comes in a finalizer (all but that of urllib3's response report it);
IN_FINALIZER = re.compile(r"Exception ignored (in|while)|response\.py:\d+ closed")
# it says a word where http.client is kept from building its file, and raises all the same;
HALF_BUILT = re.compile(r"Exception ignored (in|while).*<socket\.SocketIO")
# asyncio says a word of a loop that it is kept from building, and leaves one half closed where
# closing it is interrupted, after the run or when a card has asked it for its name;
IN_MAKING_THE_LOOP = r"events\.py:\d+ new_event_loop"
IN_CLOSING_THE_LOOP = r"runners\.py:\d+ close|_card\.py:\d+ \w+ \w+\.py:\d+ close"
OF_THE_LOOP = re.compile(f"{IN_MAKING_THE_LOOP}|{IN_CLOSING_THE_LOOP}")
# and a thread whose start is interrupted may wait for ever, unstarted, in `Thread.start`.
IN_THREAD_START = re.compile(r"threading\.py:\d+ start")


def is_right(run: dict[str, Any]) -> bool:
    where = " ".join(run["where"])
    if run["took"] is None:  # the run had ended before
        return run["end"] == "normally" and not run["left"] and not run["said"]
    if run["took"] >= SOON:
        return False
    if IN_THREAD_START.search(where):
        return True
    if OF_THE_LOOP.search(where):
        return bool(run["end"] == "KeyboardInterrupt")
    if run["end"] == "normally" and IN_FINALIZER.search(run["said"] + where):
        return not run["left"]
    said = "" if HALF_BUILT.match(run["said"]) else run["said"]
    return run["end"] == "KeyboardInterrupt" and not run["left"] and not said


def runs(
    strategy: str, client: str, by: str, urls: list[str], moments: int = MOMENTS
) -> list[dict[str, Any]]:
    """Interrupt runs at random moments, which are shown when the test fails."""
    seed = os.environ.get("INTERRUPTED_SEED") or str(random.randrange(10**6))
    command = [sys.executable, interrupted_runs.__file__, strategy, client, by, str(moments), seed]
    root = Path(interrupted_runs.__file__).parents[2]
    done = subprocess.run(
        [*command, *urls],
        check=False,
        capture_output=True,
        text=True,
        timeout=120 + moments,
        cwd=root,
    )
    assert done.returncode == 0, f"seed {seed}: it hung\n{done.stdout[-2000:]}\n{done.stderr}"
    found = [json.loads(line) for line in done.stdout.splitlines()]
    wrong = [run for run in found if not is_right(run)]
    assert not wrong, f"seed {seed}: {wrong[:3]}"
    return found


@pytest.mark.parametrize(("strategy", "client"), BLOCKING + ASYNC)
def test_after_any_time(strategy: str, client: str, local: LocalServer) -> None:
    """Start-up, connecting, waiting, in bodies, between fetches, at the end."""
    found = runs(strategy, client, "time", [local.url(path) for path in PATHS])
    hit = sum(run["end"] == "KeyboardInterrupt" for run in found)
    unless_busy(hit > MOMENTS / 10, found)
    eventually(lambda: local.stats().open_connections == 0)


@pytest.mark.parametrize(("strategy", "client"), BLOCKING + ASYNC)
def test_at_a_silent_server(strategy: str, client: str) -> None:
    with RawServer(silent) as server:
        found = runs(strategy, client, "time", [server.url()] * 9)
    assert {run["end"] for run in found if run["took"] is not None} == {"KeyboardInterrupt"}


@pytest.mark.parametrize(("strategy", "client"), BLOCKING)
def test_at_any_call(strategy: str, client: str, local: LocalServer) -> None:
    found = runs(strategy, client, "call", [local.url(path) for path in PATHS[:4]])
    assert len(found) == MOMENTS


@pytest.mark.once
@pytest.mark.parametrize(("strategy", "client"), BLOCKING)
def test_no_lock_is_left_taken(strategy: str, client: str, local: LocalServer) -> None:
    """Those entered in Python: whoever waits for one that Ctrl-C left taken waits for ever."""
    runs(strategy, client, "lock", [local.url("/bytes/1")], moments=10 * MOMENTS)
