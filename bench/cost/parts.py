"""User instructions of each part of a fetch that is this package's own, counted by callgrind.

python -m bench.cost.parts [--against REVISION ...]

Without a socket: a client that is given its answer as bytes. What is counted is the difference
between a long and a short run. A part that a revision does not have is left out there.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from bench.cost.checkouts import checkout_of

SHORT, LONG = 500, 2500
FIELDS = (
    b"Server: nginx/1.22.1\r\nDate: Fri, 27 Nov 2026 12:00:00 GMT\r\n"
    b"Content-Type: application/octet-stream\r\nContent-Length: 1024\r\nConnection: keep-alive\r\n"
    b'ETag: "5f3c-400"\r\nAccept-Ranges: bytes\r\n'
)
SETUP = f"""
import asyncio, sys
from contextlib import asynccontextmanager
import concurrent_fetch as cf
from concurrent_fetch.feed import Job, feed_of
from concurrent_fetch.fetch._fetching import Fetching
from concurrent_fetch.fetch._hops import exchanges
from concurrent_fetch.http import Reader, canonicalize
ANSWER = b"HTTP/1.1 200 OK\\r\\n" + {FIELDS!r} + b"\\r\\n" + bytes(1024)
urls = [f"http://127.0.0.1:8000/bytes/1024?i={{i}}" for i in range(int(sys.argv[1]))]
options = cf.Options(concurrency=16)
fetching = Fetching(options, {{}}, on_loop=False)
target = canonicalize(urls[0])
def answered(exchange):
    exchange.mark_sent(reused=True)
    reader = Reader()
    (body,) = reader.feed(ANSWER)
    exchange.take(reader.head)
    exchange.receive(body)
answered(exchange := fetching.exchange(target, target, 1e9))
head = exchange.head
"""
PARTS: Mapping[str, str] = {
    "a loop around nothing": "pass",
    "a URL is checked": "canonicalize(url)",
    "an exchange is made": "fetching.exchange(target, target, 1e9)",
    "a head and a body are read": "Reader().feed(ANSWER)",
    "they are recorded": "exchange.size = exchange.wire_size = 0\n    exchange._body = b''\n"
    "    exchange.take(head)\n    exchange.receive(ANSWER[-1024:])",
    "from job to outcome, all of these": "hops = exchanges(Job(0, url), fetching, 'w')\n"
    "    answered(next(hops))\n    try: hops.send(None)\n    except StopIteration: pass",
}
ON_LOOP = """
@asynccontextmanager
async def opened(_):
    async def send(exchange): answered(exchange)
    yield send
client = cf.AsyncClient("none", opened)
run = asyncio.run(cf.fetch_async(urls, options, client=client))
assert len(run.responses) == len(urls), run.failures[:1]
"""
PROGRAMS = {name: f"for url in urls:\n    {part}\n" for name, part in PARTS.items()}
PROGRAMS["fetch_async with such a client"] = ON_LOOP
BASE = next(iter(PROGRAMS))


def counted(program: str, count: int, checkout: Path) -> int:
    """Return the user instructions of a whole process; 0 where it fails."""
    environment = {**os.environ, "PYTHONPATH": str(checkout), "PYTHONHASHSEED": "0"}
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "out")
        callgrind = ["valgrind", "-q", "--tool=callgrind", f"--callgrind-out-file={out}"]
        command = [*callgrind, sys.executable, "-P", "-c", SETUP + program, str(count)]
        if subprocess.run(command, env=environment, capture_output=True, check=False).returncode:
            return 0
        (total,) = re.findall(r"^totals: (\d+)", out.read_text(), re.MULTILINE)
    return int(total)


def parts_of(checkout: Path) -> dict[str, float]:
    """Return the instructions that each part takes once."""
    found = {
        name: (counted(code, LONG, checkout) - counted(code, SHORT, checkout)) / (LONG - SHORT)
        for name, code in PROGRAMS.items()
    }
    nothing = found.pop(BASE)
    return {name: count - nothing for name, count in found.items() if count}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.cost.parts")
    parser.add_argument("--against", nargs="+", default=[], metavar="REVISION")
    revisions = [*parser.parse_args().against, ""]
    counts = {}
    for revision in revisions:
        with checkout_of(revision) as checkout:
            counts[revision] = parts_of(checkout)
    print(f"{'instructions':36}" + "".join(f"{name or 'here':>14}" for name in revisions))
    for name in counts[""]:
        told = (counts[revision].get(name) for revision in revisions)
        print(f"{name:36}" + "".join(f"{'-' if n is None else f'{n:,.0f}':>14}" for n in told))


if __name__ == "__main__":
    main()
