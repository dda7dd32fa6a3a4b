"""In an interpreter with a GIL of its own: no daemon threads, no signals, few parts in C."""

import subprocess
import sys

import pytest

OUTSIDE = """\
import sys
from concurrent import interpreters

interpreter = interpreters.create()
interpreter.exec(sys.argv[1])
interpreter.close()
"""
INSIDE = """\
import asyncio
import warnings

warnings.simplefilter("ignore")  # charset_normalizer is refused there, and requests misses it

import concurrent_fetch as cf
from concurrent_fetch.server import LocalServer

with LocalServer() as server:
    urls = [url.replace("127.0.0.1", "localhost") for url in server.urls(8)]
    for run in (cf.fetch_sync(urls), cf.fetch_threaded(urls), asyncio.run(cf.fetch_async(urls))):
        print(run.strategy, len(run.responses))
    print(*cf.Runner(urls, rounds=5).compare(cf.fetch_threaded, cf.fetch_async).strategies)
"""


@pytest.mark.skipif(sys.version_info < (3, 14), reason="concurrent.interpreters is new in 3.14")
def test_fetching_and_comparing_in_a_sub_interpreter() -> None:
    run = subprocess.run(
        [sys.executable, "-c", OUTSIDE, INSIDE], capture_output=True, text=True, check=False
    )
    assert run.stdout.splitlines() == [
        "fetch_sync 8",
        "fetch_threaded 8",
        "fetch_async 8",
        "fetch_threaded fetch_async",
    ], run.stderr
    assert not run.returncode
