"""The clients of this package's own with the help of llhttp, by the package httptools."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, asynccontextmanager
from functools import partial

from concurrent_fetch.clients._blocking_line import open_lines
from concurrent_fetch.clients._loop_pool import open_pool
from concurrent_fetch.clients._opening import FAILURES
from concurrent_fetch.fetch import ANY_METHOD, AsyncClient, AsyncSend, Client, Send
from concurrent_fetch.http import Reader
from concurrent_fetch.model import Options

try:
    from concurrent_fetch.clients._llhttp import ChunkParser
except ImportError as error:
    raise ImportError(
        "client 'httptools' needs the package httptools: "
        "pip install \"concurrent_fetch[fast]\"; client 'plain' does without"
    ) from error


def _new_reader() -> Callable[..., Reader]:
    """Return what makes readers, for one thread."""
    return partial(Reader, read_chunks=ChunkParser())


def _open(options: Options) -> AbstractContextManager[Send]:
    return open_lines(options, _new_reader)


@asynccontextmanager
async def _open_async(options: Options) -> AsyncIterator[AsyncSend]:
    async with open_pool(options, _new_reader()) as send:
        yield send


httptools_client = Client(
    "httptools", _open, failures=FAILURES, methods=ANY_METHOD, checks_addresses=True
)
"""Blocking sockets, the reader that judges the responses of all clients, llhttp for chunks."""

httptools_async_client = AsyncClient(
    "httptools", _open_async, failures=FAILURES, methods=ANY_METHOD, checks_addresses=True
)
"""`asyncio.Protocol`, the reader that judges the responses of all clients, llhttp for chunks."""
