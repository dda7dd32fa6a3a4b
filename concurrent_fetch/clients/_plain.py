"""The clients of this package's own: its readers and writers, without any library."""

from concurrent_fetch.clients._blocking_line import open_lines
from concurrent_fetch.clients._loop_pool import open_pool
from concurrent_fetch.clients._opening import FAILURES
from concurrent_fetch.fetch import ANY_METHOD, AsyncClient, Client

plain_client = Client(
    "plain", open_lines, failures=FAILURES, methods=ANY_METHOD, checks_addresses=True
)
"""Blocking sockets, and the reader that judges the responses of all clients."""

plain_async_client = AsyncClient(
    "plain", open_pool, failures=FAILURES, methods=ANY_METHOD, checks_addresses=True
)
"""`asyncio.Protocol`, and the reader that judges the responses of all clients."""
