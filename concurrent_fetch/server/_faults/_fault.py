"""A fault: one way in which a server misbehaves, and what a client is to make of it."""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import attrs

from concurrent_fetch._failure_kinds import FailureKind
from concurrent_fetch._units import Seconds
from concurrent_fetch.server._reply import Wire
from concurrent_fetch.server._request import Request

Answer: TypeAlias = Callable[[Request, int], Wire]


@attrs.frozen(kw_only=True)
class Answered:
    """A response is right, and this is what it says; None and "" leave a field open."""

    status: int = 200
    """Its `status_code`."""
    body: bytes | None = None
    """Its `body`."""
    text: str | None = None
    """Its `text`."""
    redirects: int = 0
    """How many redirects led to it."""
    path: str = ""
    """How `final_url` ends."""
    header: tuple[str, str] | None = None
    """A header field and its value."""
    lacks: bytes = b""
    """What must not stand in the body."""

    def __str__(self) -> str:
        return str(self.status)


Expected: TypeAlias = Answered | FailureKind


@attrs.frozen(kw_only=True)
class Fault:
    """One way to misbehave, at `/fault/<name>` or, by `LocalServer(fault=name)`, at every URL."""

    name: str
    """Its key in `FAULTS`."""
    does: str
    """What the server does, as the rest of a sentence that begins with it."""
    answer: Answer = attrs.field(repr=False)
    """What is written for a request, and for the how-manieth of its connection, from 0."""
    greeting: Wire | None = attrs.field(default=None, repr=False)
    """What is written when a connection has said anything at all, in the place of an answer."""
    expected: tuple[Expected, ...]
    """What a fetch must come to; more than one where parsers differ below any public API."""
    why: str = ""
    """The reason for which there is more than one."""
    options: Mapping[str, Any] = attrs.field(factory=dict)
    """What the fetch is to be given, as arguments of `Options`."""
    fetches: int = 1
    """How often to fetch it, one after another, on a connection that is kept."""
    idle: Seconds = 0.0
    """How long the connection is to rest between two fetches."""


def fault(
    name: str,
    does: str,
    answer: Answer,
    *expected: Expected,
    why: str = "",
    fetches: int = 1,
    idle: Seconds = 0.0,
    **options: Any,
) -> Fault:
    """Return a row of a table."""
    return Fault(
        name=name,
        does=does,
        answer=answer,
        expected=expected or (Answered(),),
        why=why,
        options=options,
        fetches=fetches,
        idle=idle,
    )
