"""What checks say of what they see: short words, equal where the expectation is met."""

import contextlib
import socket
import time
from collections.abc import Callable, Iterator

from concurrent_fetch._failure_kinds import FailureKind
from concurrent_fetch._units import Seconds
from concurrent_fetch.model import Outcome, Response
from concurrent_fetch.testing._subject import UnusableError


def result(outcome: Outcome) -> str:
    """Return the status of a response, or the kind of a failure."""
    if isinstance(outcome, Response):
        return str(outcome.status_code)
    if outcome.kind is FailureKind.OTHER:
        return f"other ({outcome.message})"
    return str(outcome.kind)


def results(outcomes: list[Outcome]) -> list[str]:
    """Return the status or the kind of each."""
    return [result(outcome) for outcome in outcomes]


def answered(outcome: Outcome) -> Response:
    """Return the outcome if it is a response."""
    if not isinstance(outcome, Response):
        raise UnusableError(f"a failure of the kind {outcome.kind}: {outcome.message}")
    return outcome


def in_time(seconds: Seconds, limit: Seconds) -> str:
    """Return "within" the limit, or how long it was."""
    return f"within {limit:g} s" if seconds <= limit else f"after {seconds:.1f} s"


def at_most(limit: int, number: int) -> str:
    """Return "at most" the limit, or the number that is more."""
    return f"at most {limit}" if number <= limit else str(number)


def eventually(holds: Callable[[], object], limit: Seconds = 1.0) -> bool:
    """Wait until it holds; return whether that came in time."""
    deadline = time.monotonic() + limit
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


@contextlib.contextmanager
def closed_port() -> Iterator[int]:
    """Yield a port of this machine on which nobody listens."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        yield sock.getsockname()[1]
