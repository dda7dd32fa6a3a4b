"""Memory: outcomes are small, and iterating holds none of them."""

import subprocess
import sys

import pytest

from concurrent_fetch.server import LocalServer

pytestmark = [pytest.mark.once, pytest.mark.long]

COUNT = 20_000
# In a fresh process: memory that other tests have freed would hide what these need.
PROGRAM = """
import pathlib, re, sys
import concurrent_fetch as cf

def resident():
    status = pathlib.Path("/proc/self/status").read_text()
    return 1024 * int(re.search(r"VmRSS:\\s+(\\d+)", status)[1])

base, count = sys.argv[1], int(sys.argv[2])
urls = [f"{base}{i}" for i in range(count)]
options = cf.Options(concurrency=8, keep_bodies=False)
for _ in cf.iter_threaded(urls[:2000], options): pass
start = resident()
for _ in cf.iter_threaded(urls, options): pass
between = resident()
run = cf.fetch_threaded(urls, options)
assert len(run.responses) == count
print(between - start, resident() - between)
"""


@pytest.fixture(scope="module")
def grown(_local_server: LocalServer) -> tuple[int, int]:
    """The slow one: bytes that 20,000 fetches took when iterated over, and when kept."""
    base = _local_server.url("/bytes/100?i=")
    command = [sys.executable, "-c", PROGRAM, base, str(COUNT)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    iterated, kept = map(int, done.stdout.split())
    return iterated, kept


def test_iterating_over_many_urls_is_flat(grown: tuple[int, int]) -> None:
    assert grown[0] < 3_000_000


def test_an_outcome_is_under_2_kib(grown: tuple[int, int]) -> None:
    assert grown[1] / COUNT < 2048
