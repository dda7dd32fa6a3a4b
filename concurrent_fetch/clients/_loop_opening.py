"""Opening a connection on an event loop: to the server, or through the tunnel of a proxy; TLS."""

import asyncio
import ssl
from collections.abc import Callable
from socket import socket
from typing import TypeVar

from concurrent_fetch.clients._opening import NotConnectedError, Tunnel
from concurrent_fetch.fetch import Exchange
from concurrent_fetch.http import proxy_origin
from concurrent_fetch.model import Options
from concurrent_fetch.wire import check_target, connect, tls_context, tls_name

_PIECE = 65536
_Protocol = TypeVar("_Protocol", bound=asyncio.BaseProtocol)


class Opener:
    """Opens the connections of a run."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._tls = tls_context(options)

    async def open(self, exchange: Exchange, protocol: Callable[[], _Protocol]) -> _Protocol:
        """Return the protocol of a connection on which this exchange can be sent.

        Look-up, connection, tunnel and TLS handshake share one `connect_timeout`.

        Raises:
            NotConnectedError: there is none to be had.
            TimeoutError: time is over.
            Refusal: no address is allowed, or the proxy opens no tunnel.
        """
        async with asyncio.timeout(self._options.connect_timeout):
            try:
                return await self._opened(exchange, protocol)
            except OSError as error:
                if isinstance(error, TimeoutError) and error.errno is None:
                    raise
                raise NotConnectedError(str(error)) from error

    async def check(self, exchange: Exchange) -> None:
        """Look up what a proxy is asked for, unless any address is allowed."""
        if exchange.proxy is not None and not self._options.allow_private:
            target = exchange.target
            await check_target(target.host, target.port, self._options.connect_timeout)

    async def _opened(self, exchange: Exchange, protocol: Callable[[], _Protocol]) -> _Protocol:
        target = exchange.target
        context: ssl.SSLContext | None = self._tls if target.scheme == "https" else None
        if exchange.proxy is None:
            sock = await connect(
                target.host, target.port, allow_private=self._options.allow_private
            )
        else:
            through = proxy_origin(exchange.proxy)
            sock = await connect(through.host, through.port, allow_private=True)
        try:
            if exchange.proxy is not None and context is not None:
                await _open_tunnel(sock, Tunnel(exchange))
        except BaseException:
            sock.close()
            raise
        _, made = await asyncio.get_running_loop().create_connection(
            protocol,
            sock=sock,
            ssl=context,
            server_hostname=None if context is None else tls_name(target.host),
        )
        return made


async def _open_tunnel(sock: socket, tunnel: Tunnel) -> None:
    loop = asyncio.get_running_loop()
    await loop.sock_sendall(sock, tunnel.request)
    while not tunnel.feed(await loop.sock_recv(sock, _PIECE)):
        pass
