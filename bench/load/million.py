"""A million URLs through `iter_async`: of one host, and of 100,000 hosts with `per_host=2`.

python -m bench.load.million [URLs] [instant|aiohttp]

Memory does not grow with the number of URLs, nor does the CPU time of a fetch. `instant` is a
client that answers without a socket, so that what grows is ours; with `aiohttp` a LocalServer
answers on all of 127.0.0.0/8, and 100,000 hosts are as many connections. Not for CI: minutes.
"""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, asynccontextmanager

import concurrent_fetch as cf
from bench.load.soak import ONE_ARENA, resident
from bench.rounds import Verdicts
from concurrent_fetch.fetch._drivers import AsyncSend
from concurrent_fetch.server import LocalServer

WORKLOADS = {
    "one": (1, cf.Options(concurrency=64, keep_bodies=False)),
    "one, limited": (1, cf.Options(concurrency=64, per_host=64, retry=3, keep_bodies=False)),
    "many": (100_000, cf.Options(concurrency=64, per_host=2, keep_bodies=False)),
}


@asynccontextmanager
async def _open(_: cf.Options) -> AsyncIterator[AsyncSend]:
    async def send(exchange: cf.Exchange) -> None:
        await asyncio.sleep(0)
        exchange.answer(200, [("Content-Length", "4")])
        exchange.receive(b"well")

    yield send


instant_client = cf.AsyncClient("instant", _open)


def urls(count: int, hosts: int, port: int) -> Iterator[str]:
    for i in range(count):
        host = i % hosts
        address = f"127.{1 + host // 62_500}.{host // 250 % 250}.{1 + host % 250}"
        yield f"http://{address}:{port}/bytes/4?i={i}"


async def stream(
    count: int, hosts: int, port: int, options: cf.Options, client: str
) -> list[float]:
    """Return MiB at the start, after a hundredth and at the end; µs of CPU per fetch, in the second
    half of that hundredth and after it."""
    found, early, seen = [resident()], count // 100, 0
    start = middle = time.process_time()
    chosen = instant_client if client == "instant" else client
    async with aclosing(
        cf.iter_async(urls(count, hosts, port), options, client=chosen)
    ) as outcomes:
        async for outcome in outcomes:
            assert outcome.ok, outcome
            seen += 1
            if seen == early // 2:
                start = time.process_time()
            if seen == early:
                found.append(resident())
                middle = time.process_time()
    assert seen == count
    end = time.process_time()
    return [
        *found, resident(),
        (middle - start) / (early - early // 2) * 1e6, (end - middle) / (count - early) * 1e6,
    ]  # fmt: skip


def main() -> None:
    if len(sys.argv) > 3:  # one workload, in a process of its own
        name, count, port, client = sys.argv[1:]
        hosts, options = WORKLOADS[name]
        print(json.dumps(asyncio.run(stream(int(count), hosts, int(port), options, client))))
        return
    count = sys.argv[1] if len(sys.argv) > 1 else "1000000"
    client = sys.argv[2] if len(sys.argv) > 2 else "instant"
    verdicts = Verdicts()
    with LocalServer(host="0.0.0.0") as server:
        for name in WORKLOADS:
            command = [sys.executable, "-m", "bench.load.million", name, count]
            output = subprocess.run(
                [*command, str(server.port), client],
                env=ONE_ARENA, capture_output=True, text=True, check=True,
            ).stdout  # fmt: skip
            began, early, end, before, after = json.loads(output)
            print(f"{name}: {began:.0f} MiB, {early:.0f}, {end:.0f}; load {os.getloadavg()[0]:.1f}")
            if name == "many":
                verdicts.within("many hosts: MiB over the start", end - began, 0, 60)
            else:
                verdicts.within(f"{name}: MiB over a hundredth", end - early, -99, 20)
            verdicts.within(f"{name}: µs of CPU per fetch", after, 0, 1000)
            verdicts.within(f"{name}: after over before", after / before, 0, 1.15)
    verdicts.end()


if __name__ == "__main__":
    main()
