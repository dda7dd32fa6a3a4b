"""Ctrl-C: a KeyboardInterrupt within a second, nothing left, nothing said on the way out."""

import contextlib
import json
import os
import pathlib
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
from fetching import ASYNC_CLIENTS, CLIENT_STRATEGIES, ON_OTHER_LOOPS, ClientStrategy, eventually
from pace import in_time
from raw_server import RawServer, always, full_port, reply, silent

import concurrent_fetch as cf

IN_PROCESSES = tuple(ClientStrategy("fetch_processes", client) for client in ("aiohttp", "plain"))
WAYS = (*CLIENT_STRATEGIES, *ON_OTHER_LOOPS, *IN_PROCESSES)

# Says when it begins, and at the end how long after the signal it got there, and what is left.
PROGRAM = """
import asyncio, importlib, json, os, signal, socket, sys, threading, time
import concurrent_fetch as cf
from concurrent_fetch import clients

strategy, client, url, *loop = sys.argv[1:]
new_loop = importlib.import_module(*loop or ["asyncio"]).new_event_loop
limits = json.loads(os.environ.get("LIMITS", "{}"))
options = cf.Options(concurrency=8, **limits)
clients.requests_client, clients.httpx_client, clients.aiohttp_client
clients.plain_async_client
sent = 0.0

def at_signal(number, frame):
    global sent
    sent = time.monotonic()
    signal.default_int_handler(number, frame)

signal.signal(signal.SIGINT, at_signal)
print("begin", flush=True)
try:
    if strategy == "stalled":
        socket.getaddrinfo = lambda *_, **__: time.sleep(30)
        strategy = "fetch_async"
    if strategy == "fetch_async":
        with asyncio.Runner(loop_factory=new_loop) as runner:
            runner.run(cf.fetch_async([url] * 24, options, client=client))
    elif strategy == "runner":
        cf.Runner([url] * 24, options).run(getattr(cf, client))
    elif strategy == "snippet":
        names = {}
        exec(client, names)
        names["fetch_pool"]([url] * 24, options)
    elif strategy.startswith("iter"):
        for _ in getattr(cf, strategy)([url] * 24, options, client=client): pass
    else:
        getattr(cf, strategy)([url] * 24, options, client=client)
except KeyboardInterrupt:
    others = [t for t in threading.enumerate() if t is not threading.main_thread()]
    workers = [t.name for t in others if not t.name.startswith("look-up")]
    print("interrupted", workers, flush=True)
    raise SystemExit(130)
"""


@contextlib.contextmanager
def program(*arguments: str, **limits: float) -> Iterator["subprocess.Popen[str]"]:
    process = subprocess.Popen(
        [sys.executable, "-W", "error", "-c", PROGRAM, *arguments],
        env={**os.environ, "LIMITS": json.dumps(limits)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=pathlib.Path(cf.__file__).parents[1],
    )
    with process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "begin\n"
            yield process
        finally:
            process.kill()


def interrupt(process: "subprocess.Popen[str]") -> None:
    """Send SIGINT and hold that the program ends as it should."""
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=10)
    took = time.monotonic() - began
    assert err == ""
    assert out == "interrupted []\n"
    assert process.returncode == 130
    in_time(took, 1.0)


def arguments(way: ClientStrategy, url: str) -> tuple[str, ...]:
    return way.strategy, way.client, url, way.loop


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_while_the_server_is_silent(way: ClientStrategy) -> None:
    with RawServer(silent) as server, program(*arguments(way, server.url())) as process:
        in_flight = 8 if way.is_concurrent else 1
        eventually(lambda: server.connections == in_flight, 10.0)
        time.sleep(0.05)
        interrupt(process)


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_while_connecting(way: ClientStrategy) -> None:
    with full_port() as port, program(*arguments(way, f"http://127.0.0.1:{port}/")) as process:
        time.sleep(0.5)
        interrupt(process)


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_during_a_tls_handshake(way: ClientStrategy) -> None:
    with (
        RawServer(silent) as server,
        program(*arguments(way, f"https://127.0.0.1:{server.port}/")) as process,
    ):
        in_flight = 8 if way.is_concurrent else 1
        eventually(lambda: server.connections == in_flight, 10.0)
        time.sleep(0.05)
        interrupt(process)


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_while_all_wait_for_a_host(way: ClientStrategy) -> None:
    """The first is answered, and the next may start a minute later."""
    with (
        RawServer(always(reply(b"x"))) as server,
        program(*arguments(way, server.url()), delay=60.0) as process,
    ):
        eventually(lambda: len(server.heads) == 1, 10.0)
        time.sleep(0.3)
        interrupt(process)


@pytest.mark.parametrize("strategy", ["fetch_sync", "fetch_threaded", "fetch_async"])
def test_below_the_runner(strategy: str) -> None:
    with RawServer(silent) as server, program("runner", strategy, server.url()) as process:
        eventually(lambda: server.connections > 0, 10.0)
        time.sleep(0.05)
        interrupt(process)


def test_in_the_plain_strategy_of_the_docs() -> None:
    page = (pathlib.Path(__file__).parents[2] / "docs" / "strategies.md").read_text("utf-8")
    snippet = page.partition("A plain function:\n\n```python\n")[2].partition("```")[0]
    with RawServer(silent) as server, program("snippet", snippet, server.url()) as process:
        eventually(lambda: server.connections == 8, 10.0)
        time.sleep(0.05)
        interrupt(process)


@pytest.mark.parametrize("client", ASYNC_CLIENTS)
def test_while_a_name_is_looked_up(client: str) -> None:
    """The loop does not wait for a look-up either."""
    with program("stalled", client, "http://stalled.example/") as process:
        time.sleep(0.5)
        interrupt(process)


@pytest.mark.parametrize("strategy", ["iter_sync", "iter_threaded", "iter_processes"])
def test_in_a_loop_over_outcomes(strategy: str) -> None:
    client = "aiohttp" if strategy == "iter_processes" else "requests"
    with RawServer(silent) as server, program(strategy, client, server.url()) as process:
        eventually(lambda: server.connections > 0, 10.0)
        time.sleep(0.05)
        interrupt(process)
