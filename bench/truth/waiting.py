"""A queue in the client is not the server's doing: all fetches started at once, or as workers.

Both have the same limit. From start to end a fetch of the first takes several times as long; from
the request sent to the last byte it takes as long as one of the second.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import concurrent_fetch as cf
from bench.rounds import Verdicts
from concurrent_fetch.clients import aiohttp_client
from concurrent_fetch.fetch._drivers import AsyncSend
from concurrent_fetch.server import LocalServer

N = 120
OPTIONS = cf.Options(concurrency=10)


@asynccontextmanager
async def _open(options: cf.Options) -> AsyncIterator[AsyncSend]:
    """Open aiohttp with a pool as small as `concurrency`, for which requests stand in line."""
    pool = asyncio.Semaphore(options.concurrency)
    async with aiohttp_client.open(options) as send:

        async def send_in_turn(exchange: cf.Exchange) -> None:
            async with pool:
                await send(exchange)

        yield send_in_turn


pooled_client = cf.AsyncClient("pooled", _open, failures=aiohttp_client.failures)


async def fetch_gathered(urls: list[str], options: cf.Options) -> list[cf.Outcome]:
    """Start a fetch of every URL at once."""
    async with pooled_client.session(options) as get:
        return await asyncio.gather(*(get(url, index) for index, url in enumerate(urls)))


def main() -> None:
    verdicts = Verdicts()
    with LocalServer(latency=0.02) as server:
        runner = cf.Runner(server.urls(N), OPTIONS, rounds=15, seed=1)
        comparison = runner.compare(cf.fetch_async, fetch_gathered)
        peak = server.stats().peak_served
    print(comparison)
    workers, gathered = (comparison.why(name) for name in comparison.strategies)
    verdicts.within("most requests in service, counted by the server", peak, 10, 10)
    wall = 1 / comparison.speedup("fetch_gathered").point
    verdicts.within("gathered over workers: time of the run", wall, 0.95, 1.05)
    service = gathered.service / workers.service
    verdicts.within("gathered over workers: service", service, 0.9, 1.1)
    verdicts.within("gathered over workers: start to end", gathered.longer, 2.0, 20.0)
    verdicts.end()


if __name__ == "__main__":
    main()
