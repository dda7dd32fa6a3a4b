"""The border: any exception that a client raises becomes a failure kind.

A client's own class says little (`requests.ConnectionError` is a name that does not resolve and
a port that refuses at once), so the innermost cause is asked first: by the shared rules, then
by the client's own table, then by the number of a system error. What stands here is never raised
at: a foreign exception may fail when it is read or shown.
"""

import errno
import socket
import ssl
from collections.abc import Iterator, Mapping
from typing import TypeAlias

from concurrent_fetch._failure_kinds import FailureKind, Refusal

FailureTable: TypeAlias = Mapping[type[BaseException], FailureKind]

SHARED: FailureTable = {
    socket.gaierror: FailureKind.DNS,
    socket.herror: FailureKind.DNS,
    ConnectionRefusedError: FailureKind.CONNECT,
    ConnectionResetError: FailureKind.DISCONNECTED,
    ConnectionAbortedError: FailureKind.DISCONNECTED,
    BrokenPipeError: FailureKind.DISCONNECTED,
    ssl.SSLEOFError: FailureKind.DISCONNECTED,
    ssl.SSLZeroReturnError: FailureKind.DISCONNECTED,
    ssl.SSLSyscallError: FailureKind.DISCONNECTED,
    ssl.SSLError: FailureKind.TLS,
    TimeoutError: FailureKind.TIMEOUT,
    UnicodeError: FailureKind.INVALID_URL,
    MemoryError: FailureKind.TOO_LARGE,
}
# Where Python has no class for a system error. Asked last: a client's class says more, namely
# whether there was a connection already.
_BY_NUMBER = {
    errno.ENETUNREACH: FailureKind.CONNECT,
    errno.EHOSTUNREACH: FailureKind.CONNECT,
    errno.ENETDOWN: FailureKind.CONNECT,
    errno.EADDRNOTAVAIL: FailureKind.CONNECT,
    errno.EAFNOSUPPORT: FailureKind.CONNECT,
    errno.ENOBUFS: FailureKind.CONNECT,
    errno.ENETRESET: FailureKind.DISCONNECTED,
    errno.ENOTCONN: FailureKind.DISCONNECTED,
}
FEW_DESCRIPTORS = frozenset({errno.EMFILE, errno.ENFILE})
"""No file and no socket can be opened: that says more than any class of a client."""
NO_NUMBER = -(10**9)  # those of getaddrinfo are small, and below 0
_LONGEST = 4096  # of a text that is cut once more when it is told: first it is searched for secrets
# Steps of the TLS machinery, left behind as context of whatever comes next.
_NO_CAUSE = (ssl.SSLWantReadError, ssl.SSLWantWriteError)

# The same accident before the request was sent, before the response head, and after it.
_UNSENT = {FailureKind.INCOMPLETE: FailureKind.DISCONNECTED}
_IN_HEAD = {**_UNSENT, FailureKind.INVALID_URL: FailureKind.PROTOCOL}
_IN_BODY = {
    FailureKind.DISCONNECTED: FailureKind.INCOMPLETE,
    FailureKind.TLS: FailureKind.INCOMPLETE,
    FailureKind.CONNECT: FailureKind.INCOMPLETE,
    FailureKind.INVALID_URL: FailureKind.PROTOCOL,
}


def classify(
    error: BaseException,
    own: FailureTable,
    *,
    in_body: bool,
    sent: bool = False,
    handled: BaseException | None = None,
) -> tuple[FailureKind, BaseException]:
    """Return the kind of the failure and the exception in `error`'s chain that decided it.

    `sent` says that the request was: from then on it is no longer the URL that is to blame.
    `handled` is what the caller was handling before: Python makes it the context of all that is
    raised, and it is no cause of it.
    """
    moved = _IN_BODY if in_body else _IN_HEAD if sent else _UNSENT
    kind, cause = _judge(error, list(causes(error, handled))[::-1], own)
    return moved.get(kind, kind), cause


def causes(error: BaseException, handled: BaseException | None = None) -> Iterator[BaseException]:
    """Yield the exception and all that it came from, outermost first; the chain ends at `handled`.

    Libraries wrap in every way there is: `__cause__`, `__context__` (also where `from None` hides
    it), an exception among the arguments, a `reason`, the members of a group.
    """
    queue, seen = [error], {id(handled)} - {id(error)}
    while queue:
        current = queue.pop(0)
        if id(current) in seen or isinstance(current, _NO_CAUSE):
            continue
        seen.add(id(current))
        yield current
        queue += _named_by(current)


def let_go(error: BaseException, handled: BaseException | None = None) -> None:
    """Drop the frames that the exceptions of a chain hold.

    Such a frame holds the exception, too, and what the fetch had received: a circle that only the
    garbage collector would end, after a hundred bodies perhaps.
    """
    for cause in causes(error, handled):
        cause.__traceback__ = None


def in_words(error: BaseException) -> str:
    """Return the exception's class and text, as far as it can be had, and not all of a long one."""
    name = type(error).__name__
    try:
        text = str(error)
    except Exception as failed:  # noqa: BLE001 - foreign code
        text = f"its text cannot be had, that raises {type(failed).__name__}"
    return f"{name}: {text[:_LONGEST]}" if text else name


def _judge(
    error: BaseException, chain: list[BaseException], own: FailureTable
) -> tuple[FailureKind, BaseException]:
    for cause in chain:
        if isinstance(cause, Refusal):
            return cause.kind, cause
        if number_of(cause) in FEW_DESCRIPTORS:
            return FailureKind.CONNECT, cause
        if kind := _look_up(type(cause), SHARED):
            return kind, cause
    # A class of Python's own says less than a library's: a ValueError may be anything.
    for cause in sorted(chain, key=_is_of_python):
        if kind := _look_up(type(cause), own):
            return kind, cause
    for cause in chain:
        if (number := number_of(cause)) in _BY_NUMBER:
            return _BY_NUMBER[number], cause
    return FailureKind.OTHER, error


def number_of(error: BaseException) -> int:
    """Return the number of a system error; `NO_NUMBER` for anything else."""
    number = _read(error, "errno") if isinstance(error, OSError) else None
    return number if isinstance(number, int) else NO_NUMBER


def _is_of_python(error: BaseException) -> bool:
    return type(error).__module__ == "builtins"


def _named_by(error: BaseException) -> list[BaseException]:
    """Return the exceptions that this one names as what it came from."""
    members = _read(error, "exceptions") if isinstance(error, BaseExceptionGroup) else ()
    arguments = _read(error, "args")
    found = (
        *(members if isinstance(members, tuple) else ()),
        *(arguments if isinstance(arguments, tuple) else ()),
        *(_read(error, name) for name in ("reason", "__cause__", "__context__")),
    )
    return [cause for cause in found if isinstance(cause, BaseException)]


def _read(error: BaseException, name: str) -> object:
    try:
        value: object = getattr(error, name, None)
    except Exception:  # noqa: BLE001 - a foreign property
        return None
    return value


def _look_up(cls: type[BaseException], table: FailureTable) -> FailureKind | None:
    return next((table[base] for base in cls.__mro__ if base in table), None)
