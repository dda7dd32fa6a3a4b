"""The border: any exception that a client raises becomes a failure kind.

A client's own class says little (`requests.ConnectionError` is a name that does not resolve and
a port that refuses at once), so the innermost cause is asked first: by the shared rules, then
by the client's own table.
"""

import socket
import ssl
from collections.abc import Iterator, Mapping
from typing import TypeAlias

from concurrent_fetch._kinds import FailureKind

FailureTable: TypeAlias = Mapping[type[BaseException], FailureKind]

SHARED: FailureTable = {
    socket.gaierror: FailureKind.DNS,
    ConnectionRefusedError: FailureKind.CONNECT,
    ConnectionResetError: FailureKind.DISCONNECTED,
    ConnectionAbortedError: FailureKind.DISCONNECTED,
    BrokenPipeError: FailureKind.DISCONNECTED,
    ssl.SSLEOFError: FailureKind.DISCONNECTED,
    ssl.SSLZeroReturnError: FailureKind.DISCONNECTED,
    ssl.SSLError: FailureKind.TLS,
    TimeoutError: FailureKind.TIMEOUT,
    UnicodeError: FailureKind.INVALID_URL,
}
# Steps of the TLS machinery, left behind as context of whatever comes next.
_NO_CAUSE = (ssl.SSLWantReadError, ssl.SSLWantWriteError)

# The same accident before and after the response head.
_IN_BODY = {
    FailureKind.DISCONNECTED: FailureKind.INCOMPLETE,
    FailureKind.TLS: FailureKind.INCOMPLETE,
    FailureKind.CONNECT: FailureKind.INCOMPLETE,
    FailureKind.INVALID_URL: FailureKind.PROTOCOL,
}
_IN_HEAD = {FailureKind.INCOMPLETE: FailureKind.DISCONNECTED}


def classify(
    error: BaseException, own: FailureTable, *, in_body: bool
) -> tuple[FailureKind, BaseException]:
    """Return the kind of the failure and the exception in `error`'s chain that decided it."""
    moved = _IN_BODY if in_body else _IN_HEAD
    chain = list(causes(error))[::-1]
    for table in (SHARED, own):
        for cause in chain:
            kind = _look_up(type(cause), table)
            if kind is not None:
                return moved.get(kind, kind), cause
    return FailureKind.OTHER, error


def causes(error: BaseException) -> Iterator[BaseException]:
    """Yield the exception and all that it came from, outermost first.

    Libraries wrap in every way there is: `__cause__`, `__context__` (also where `from None` hides
    it), an exception among the arguments, a `reason`, the members of a group.
    """
    queue, seen = [error], set[int]()
    while queue:
        current = queue.pop(0)
        if id(current) in seen or isinstance(current, _NO_CAUSE):
            continue
        seen.add(id(current))
        yield current
        group = current.exceptions if isinstance(current, BaseExceptionGroup) else ()
        found = (
            *group,
            *current.args,
            getattr(current, "reason", None),
            current.__cause__,
            current.__context__,
        )
        queue += [cause for cause in found if isinstance(cause, BaseException)]


def _look_up(cls: type[BaseException], table: FailureTable) -> FailureKind | None:
    return next((table[base] for base in cls.__mro__ if base in table), None)
