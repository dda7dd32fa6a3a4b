"""Look-ups of host names that nothing has to wait for.

A look-up cannot be interrupted. In the threads of an event loop, where libraries put it, one that
stalls holds the end of `asyncio.run` for as long as it likes; in the thread of a fetch it outlives
any deadline. Here each has a daemon thread of its own: whoever gives up leaves it behind.
"""

import asyncio
import contextlib
import os
import socket
from collections.abc import Callable
from contextlib import ExitStack
from queue import Empty, SimpleQueue
from typing import TypeAlias

from concurrent_fetch._python import background_thread
from concurrent_fetch._units import Seconds
from concurrent_fetch.wire._addresses import Address, interleaved, literal_address

Found: TypeAlias = list[Address] | Exception
"""The addresses of a host, in the order in which to try them; or what there is instead."""

_TICK: Seconds = 0.1
_NEEDED = 8  # descriptors, as many as a look-up may want at once


async def look_up(host: str, port: int) -> list[Address]:
    """Return the addresses of a host, at least one; a literal address is its own.

    Raises:
        OSError: the look-up failed.
    """
    literal = literal_address(host, port)
    if literal is not None:
        return [literal]
    loop = asyncio.get_running_loop()
    waiter: asyncio.Future[list[Address]] = loop.create_future()

    def settle(found: Found) -> None:
        if waiter.done():  # given up
            return
        if isinstance(found, Exception):
            waiter.set_exception(found)
        else:
            waiter.set_result(found)

    def hand_over(found: Found) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has closed meanwhile
            loop.call_soon_threadsafe(settle, found)

    _begin(host, port, hand_over)
    return await waiter


def look_up_blocking(host: str, port: int, time_left: Callable[[], Seconds]) -> list[Address]:
    """Return the same in a thread. `time_left` is asked now and then, and raises to give up."""
    literal = literal_address(host, port)
    if literal is not None:
        return [literal]
    answer = SimpleQueue[Found]()
    _begin(host, port, answer.put)
    while True:
        with contextlib.suppress(Empty):
            found = answer.get(timeout=min(_TICK, time_left()))
            break
    if isinstance(found, Exception):
        raise found
    return found


def _begin(host: str, port: int, hand_over: Callable[[Found], None]) -> None:
    def work() -> None:
        hand_over(_found(host, port))

    try:
        background_thread(work, f"look-up of {host}").start()
    except RuntimeError:  # there is no thread to be had: then here
        work()


def _found(host: str, port: int) -> Found:
    try:
        entries = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        found = [Address(entry[0], (entry[4][0], port, *entry[4][2:])) for entry in entries]
        if not found:
            raise socket.gaierror(f"{host} has no address")  # noqa: TRY301 - as every failure
        return interleaved(found)
    except socket.gaierror as error:
        return _descriptors_are_few() or error
    except Exception as error:  # noqa: BLE001 - it belongs to whoever waits
        return error


def _descriptors_are_few() -> OSError | None:
    """Return what a look-up failed for if it had no file or socket to ask with.

    It cannot open what it needs, and then says that there is no such name.
    """
    try:
        with ExitStack() as probes:
            for _ in range(_NEEDED):
                probes.callback(os.close, os.open(os.devnull, os.O_RDONLY))
    except OSError as error:
        return error
    return None
