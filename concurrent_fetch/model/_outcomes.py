"""Outcomes from any iterable, each held against its rules: what a `Run` can be made of."""

from collections.abc import AsyncIterable, Awaitable, Generator, Iterable

from concurrent_fetch.model._outcome import Failure, Outcome, Response
from concurrent_fetch.model._outcome_rules import check_outcome


def as_outcomes(values: object) -> list[Outcome]:
    """Return what an iterable yields: outcomes only.

    A generator is closed in the end, also where something went wrong.

    Raises:
        TypeError: it is no plain iterable, or something in it is no outcome; says what and where.
        ValueError: a field of an outcome breaks its rule; says which of which.
    """
    if isinstance(values, Awaitable):
        raise TypeError("outcomes must be there already, and this gives them later: await it first")
    if isinstance(values, AsyncIterable):
        raise TypeError(
            "outcomes must come from a plain iterable, and this is an asynchronous one: write "
            "[outcome async for outcome in it]"
        )
    if not isinstance(values, Iterable):
        one = "; of a single one write [outcome]" if isinstance(values, (Response, Failure)) else ""
        raise TypeError(
            f"outcomes must be an iterable of Response and Failure, got {_what(values)}{one}"
        )
    try:
        return [_checked(value, place) for place, value in enumerate(values)]
    finally:
        if isinstance(values, Generator):
            values.close()


def _checked(value: object, place: int) -> Outcome:
    if not isinstance(value, (Response, Failure)):
        raise TypeError(
            f"outcomes must be Response and Failure only, and item {place} is {_what(value)}"
        )
    try:
        check_outcome(value)
    except ValueError as error:
        raise ValueError(f"item {place} cannot be: {error}") from None
    return value


def _what(value: object) -> str:
    """Tell the type alone: the value may hold a secret."""
    kind = type(value)
    module = "" if kind.__module__ == "builtins" else f"{kind.__module__}."
    return f"a value of type {module}{kind.__qualname__}"
