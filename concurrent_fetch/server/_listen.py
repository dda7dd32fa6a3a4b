"""A listening server within an event loop, and in the foreground."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable

from concurrent_fetch._units import Seconds
from concurrent_fetch.server._connection import Connection
from concurrent_fetch.server._latency import Latency
from concurrent_fetch.server._loop import new_loop, raise_descriptor_limit
from concurrent_fetch.server._service import Service
from concurrent_fetch.server._settings import Settings, tls_context

_BACKLOG = 4096


@contextlib.asynccontextmanager
async def listening(settings: Settings) -> AsyncIterator[tuple[Service, int]]:
    """Listen while the context lasts; yields the service and its port. Raises OSError."""
    loop = asyncio.get_running_loop()
    service = Service(settings, loop)
    listener = _listener(settings)
    server = await loop.create_server(
        lambda: Connection(service, loop),
        sock=listener,
        backlog=_BACKLOG,
        ssl=None if settings.certificate is None else tls_context(settings.certificate),
    )
    try:
        yield service, int(listener.getsockname()[1])
    finally:
        server.close()
        service.abort()
        await asyncio.sleep(0)


def _listener(settings: Settings) -> socket.socket:
    # One family, one socket: asyncio would give "localhost" two sockets with different free ports.
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    return socket.create_server((settings.host, settings.port), family=family, backlog=_BACKLOG)


def serve(
    *,
    latency: Latency = 0.0,
    capacity: int | None = None,
    per_host: int | None = None,
    rate: float | None = None,
    retry_after: Seconds | None = 1.0,
    retry_after_as_date: bool = False,
    unavailable_first: int = 0,
    host: str = "127.0.0.1",
    port: int = 0,
    ready: Callable[[str], None],
) -> None:
    """Serve in this process until Ctrl-C, then return; `ready` gets the base URL once it listens.

    The settings are those of `LocalServer`. Raises OSError if the address cannot be listened on,
    TypeError or ValueError if a setting breaks its rule.
    """
    settings = Settings(
        latency=latency,
        capacity=capacity,
        per_host=per_host,
        rate=rate,
        retry_after=retry_after,
        retry_after_as_date=retry_after_as_date,
        unavailable_first=unavailable_first,
        host=host,
        port=port,
    )
    raise_descriptor_limit()
    with contextlib.suppress(KeyboardInterrupt), asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(_serve_forever(settings, ready))


async def _serve_forever(settings: Settings, ready: Callable[[str], None]) -> None:
    async with listening(settings) as (_, port):
        ready(settings.base_url(port))
        await asyncio.Event().wait()
