"""Racing: while one address does not answer, the next is tried (RFC 8305, "happy eyeballs")."""

import asyncio
import errno
import os
import selectors
import socket
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from concurrent_fetch._units import Seconds
from concurrent_fetch.wire._addresses import Address, allowed
from concurrent_fetch.wire._look_up import look_up

DELAY: Seconds = 0.25
"""How long an address has for itself before the next is tried beside it."""
_TICK: Seconds = 0.1
_UNDER_WAY = frozenset({0, errno.EINPROGRESS, errno.EWOULDBLOCK, errno.EAGAIN, 10035})
"""What a connection that does not block may say at first; 10035 says so on Windows."""
_OF_NO_ROUTE = frozenset(
    {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT}
)


async def connect(host: str, port: int, *, allow_private: bool) -> socket.socket:
    """Return a connected socket that does not block, to the first address that answers.

    Raises:
        OSError: the look-up failed, or no address took the connection.
        Refusal: no address is allowed.
    """
    addresses = await look_up(host, port)
    if not allow_private:
        addresses = allowed(addresses, host)
    return await (_race(deque(addresses)) if len(addresses) > 1 else _attempt(addresses[0]))


_Socket = TypeVar("_Socket", bound=socket.socket)


def race_blocking(
    addresses: Sequence[Address],
    opened: Callable[[Address], _Socket],
    time_left: Callable[[], Seconds],
) -> _Socket:
    """Return the same in a thread: a socket as `opened` makes them, connected, not blocking.

    `time_left` is asked now and then, and raises to give up.
    """
    waiting, trying = deque(addresses), list[_Socket]()
    errors: list[OSError] = []
    try:
        with _Selector() as selector:
            while waiting or trying:
                if waiting:
                    try:
                        trying.append(_begun(waiting.popleft(), opened))
                    except OSError as error:
                        errors.append(error)
                        time_left()
                        continue
                    selector.register(trying[-1], selectors.EVENT_WRITE)
                for key, _ in selector.select(min(DELAY if waiting else _TICK, time_left())):
                    sock: Any = key.fileobj
                    selector.unregister(sock)
                    number = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
                    time_left()  # sockets that were shut down meanwhile look as if connected
                    trying.remove(sock)
                    if not number:
                        won: _Socket = sock
                        return won
                    sock.close()
                    errors.append(_error(number))
        raise most_telling(errors)
    finally:
        for sock in trying:
            sock.close()


async def check_target(host: str, port: int, seconds: Seconds) -> None:
    """Look up what a proxy is asked for; raises `Refusal` unless every address of it is public."""
    async with asyncio.timeout(seconds):
        allowed(await look_up(host, port), host, every=True)


def most_telling(errors: list[OSError]) -> OSError:
    """Return the first that says more than that this machine has no route there."""
    return next((error for error in errors if error.errno not in _OF_NO_ROUTE), errors[0])


# One that takes no descriptor of its own.
_Selector: type[Any] = getattr(selectors, "PollSelector", selectors.SelectSelector)


def _begun(address: Address, opened: Callable[[Address], _Socket]) -> _Socket:
    sock = opened(address)
    try:
        sock.setblocking(False)
        number = sock.connect_ex(address.at)
    except BaseException:
        sock.close()
        raise
    if number in _UNDER_WAY:
        return sock
    sock.close()
    raise _error(number)


def _error(number: int) -> OSError:
    return OSError(number, os.strerror(number))


async def _race(addresses: deque[Address]) -> socket.socket:
    errors: list[OSError] = []
    attempts: set[asyncio.Task[socket.socket]] = set()
    winner: socket.socket | None = None
    try:
        while addresses or attempts:
            if addresses:
                attempts.add(asyncio.ensure_future(_attempt(addresses.popleft())))
            done, _ = await asyncio.wait(
                attempts,
                timeout=DELAY if addresses else None,
                return_when=asyncio.FIRST_COMPLETED,
            )
            for attempt in done:
                attempts.remove(attempt)
                error = attempt.exception()
                if error is None:
                    winner = attempt.result()
                    return winner
                if not isinstance(error, OSError):
                    raise error
                errors.append(error)
        raise most_telling(errors)
    finally:
        for attempt in attempts:
            attempt.cancel()
            attempt.add_done_callback(_let_go)
        try:
            if attempts:
                await asyncio.wait(attempts)
        except BaseException:
            if winner is not None:
                winner.close()
            raise


async def _attempt(address: Address) -> socket.socket:
    sock = socket.socket(address.family, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        await asyncio.get_running_loop().sock_connect(sock, address.at)
    except BaseException as error:
        sock.close()
        number = error.errno if isinstance(error, OSError) else None
        if number is None:
            raise
    else:
        return sock
    raise _error(number)  # out of the block above: each kind of loop has words of its own


def _let_go(attempt: "asyncio.Task[socket.socket]") -> None:
    """Close what has come too late."""
    if not attempt.cancelled() and attempt.exception() is None:
        attempt.result().close()
