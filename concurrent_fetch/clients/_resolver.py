"""Look-ups of host names on an event loop, that nothing has to wait for.

A look-up cannot be interrupted. In the loop's own threads, where libraries put it, one that stalls
holds the end of `asyncio.run` for as long as it likes. Here each has a daemon thread of its own:
whoever gives up leaves it behind.
"""

import asyncio
import contextlib
import socket
import threading
from ipaddress import ip_address
from typing import Any


async def resolve(host: str) -> list[str]:
    """Return the addresses of a host in numbers, the best first; never none.

    A literal address is its own.

    Raises:
        OSError: the look-up failed.
    """
    if _is_literal(host):
        return [host]
    loop = asyncio.get_running_loop()
    found: asyncio.Future[list[str]] = loop.create_future()
    threading.Thread(
        target=_look_up, args=(host, loop, found), name=f"look-up of {host}", daemon=True
    ).start()
    return await found


def _is_literal(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _look_up(
    host: str, loop: asyncio.AbstractEventLoop, found: "asyncio.Future[list[str]]"
) -> None:
    addresses: list[str] = []
    failure: Exception | None = None
    try:
        entries = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
        addresses = [_in_numbers(entry[4]) for entry in entries]
        if not addresses:
            raise socket.gaierror(f"{host} has no address")  # noqa: TRY301 - as every failure
    except Exception as error:  # noqa: BLE001 - it belongs to whoever waits
        failure = error

    def settle() -> None:
        if found.done():  # given up
            return
        if failure is None:
            found.set_result(addresses)
        else:
            found.set_exception(failure)

    with contextlib.suppress(RuntimeError):  # the loop has closed meanwhile
        loop.call_soon_threadsafe(settle)


def _in_numbers(address: tuple[Any, ...]) -> str:
    """Return the literal of a socket address, with the scope that a link-local one needs."""
    scope = address[3] if len(address) == 4 else 0
    return f"{address[0]}%{scope}" if scope else str(address[0])
