from contextlib import asynccontextmanager

from niquests import AsyncSession, exceptions

import concurrent_fetch as cf

FAILURES = {exceptions.RequestException: cf.FailureKind.PROTOCOL}
FAILURES[exceptions.ChunkedEncodingError] = cf.FailureKind.INCOMPLETE


@asynccontextmanager
async def _open(options):
    async def send(exchange):
        how = {"headers": exchange.headers, "allow_redirects": False, "timeout": exchange.time_left}
        async with await session.get(exchange.url, stream=True, **how) as response:
            exchange.answer(response.status_code, response.raw.headers.items())
            async for chunk in await response.iter_raw(65536):
                exchange.receive(chunk)

    async with AsyncSession(pool_maxsize=options.concurrency, verify=options.verify) as session:
        session.trust_env = False
        yield send


niquests_client = cf.AsyncClient("niquests", _open, failures=FAILURES)
