"""What a client must be: said when it is made, and again when it is opened, with what to write."""

import functools
import inspect
import re
from collections.abc import Iterable, Mapping
from typing import Any

from concurrent_fetch._failure_kinds import FailureKind

_METHOD = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # before it is in capitals: a long s is none
_SYNC, _ASYNC = "@contextmanager", "@asynccontextmanager"


def check_name(client: object, _: object, value: Any) -> None:
    """Refuse what is no name."""
    kind = type(client).__name__
    if not isinstance(value, str):
        swapped = "; the name comes first" if callable(value) else ""
        raise TypeError(
            f"{kind}.name must be a str, got {value!r}{swapped}: write {kind}('mine', open)"
        )
    if not value.strip():
        raise ValueError(f"{kind}.name must not be empty: tables name the client so")


def check_failures(client: object, _: object, value: Any) -> None:
    """Refuse what does not lead from classes of exceptions to kinds of failures."""
    where = f"{type(client).__name__}.failures"
    if not isinstance(value, Mapping):
        raise TypeError(
            f"{where} must be a mapping of exception classes to kinds, got {value!r}; write "
            "failures={TheirError: FailureKind.PROTOCOL}"
        )
    for error, kind in value.items():
        if not (isinstance(error, type) and issubclass(error, BaseException)):
            raise TypeError(f"{where}: a key must be a class of exceptions, got {error!r}")
        if not isinstance(kind, FailureKind):
            raise TypeError(
                f"{where}[{error.__name__}] must be a FailureKind, got {kind!r}; write "
                f"{_as_kind(kind)}"
            )


def _as_kind(value: object) -> str:
    known = isinstance(value, str) and value in FailureKind.__members__.values()
    return f"FailureKind.{(str(value) if known else 'protocol').upper()}"


def check_open(client: object, _: object, value: Any) -> None:
    """Refuse what can be seen to return no context manager of the client's colour."""
    kind = type(client).__name__
    if not callable(value):
        raise TypeError(
            f"{kind}.open must be a function that takes the Options and returns a context manager, "
            f"got {value!r}"
        )
    if advice := _advice(value, on_loop=kind == "AsyncClient"):
        name = getattr(value, "__name__", type(value).__name__)
        raise TypeError(f"{kind}.open must return a context manager: {name} {advice}")


def _advice(function: Any, *, on_loop: bool) -> str:
    """Return what is wrong with a function, as far as it can be seen without a call."""
    while isinstance(function, functools.partial):
        function = function.func
    is_bare = not hasattr(function, "__wrapped__")
    function = inspect.unwrap(function)
    if inspect.isasyncgenfunction(function):
        if not on_loop:
            return f"is async; write AsyncClient, and {_ASYNC} above it"
        return f"is an async generator function; write {_ASYNC} above it" if is_bare else ""
    if inspect.isgeneratorfunction(function):
        if on_loop:
            return f"is not async; write `async def` and {_ASYNC} above it, or Client"
        return f"is a generator function; write {_SYNC} above it" if is_bare else ""
    if inspect.iscoroutinefunction(function) and is_bare:
        decorator = _ASYNC if on_loop else _SYNC
        return f"is a coroutine function; let it `yield send`, and write {decorator} above it"
    return ""


def checked_manager(client: str, opened: Any, *, on_loop: bool) -> Any:
    """Return what `open` returned, if it can be entered.

    Raises:
        TypeError: it is no context manager of this colour.
    """
    entered = "__aenter__" if on_loop else "__enter__"
    if hasattr(type(opened), entered):
        return opened
    if inspect.iscoroutine(opened):
        opened.close()  # else Python warns that nobody awaited it
    other = "__enter__" if on_loop else "__aenter__"
    advice = f"write {_ASYNC if on_loop else _SYNC} above it, and `yield send` in it"
    if hasattr(type(opened), other):
        advice = f"it is {'not ' * on_loop}async: write {'Client' if on_loop else 'AsyncClient'}"
    raise TypeError(
        f"open of client {client!r} must return {'an async' if on_loop else 'a'} context manager, "
        f"got {type(opened).__name__}; {advice}"
    )


def check_send(client: str, send: object, *, on_loop: bool) -> None:
    """Refuse what cannot be the `send` of a client.

    Raises:
        TypeError: it cannot be called, or is async where no event loop is.
    """
    if not callable(send):
        raise TypeError(
            f"open of client {client!r} must yield a function, got {send!r}; write `yield send`"
        )
    if not on_loop and inspect.iscoroutinefunction(send):
        raise TypeError(f"send of client {client!r} is async; write AsyncClient, or a plain `def`")


def as_methods(value: object) -> frozenset[str]:
    """Return the methods that a client sends.

    Raises:
        TypeError: they are no names.
    """
    names = list(value) if isinstance(value, Iterable) and not isinstance(value, str) else None
    if not names or not all(isinstance(name, str) and _METHOD.fullmatch(name) for name in names):
        raise TypeError(
            f"Client.methods must be names of methods, as ('GET', 'POST'), or ('*',), got {value!r}"
        )
    return frozenset(name.upper() for name in names)
