"""The tries of fetches before their last ones: what formats show of them, as JSON, and back."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any, TypeAlias

import attrs

from concurrent_fetch._units import Seconds
from concurrent_fetch.export._codec import build, fields_tree, read_fields
from concurrent_fetch.export._damage import brief, damage, entries, items, within, wrong
from concurrent_fetch.http import redact_message
from concurrent_fetch.model import Attempt, Outcome

LONGEST = 1e12
"""Sums of such times do not overflow."""

_DIGITS = 18

Earlier: TypeAlias = tuple[Attempt, ...]


def first_start(outcome: Outcome) -> Seconds:
    """Return when the first try of a fetch began."""
    return outcome.earlier[0].started if outcome.earlier else outcome.timing.started


def spans_of(outcome: Outcome) -> Iterator[tuple[Seconds, Seconds]]:
    """Yield from when to when each try of a fetch was under way, the last one at the end."""
    yield from ((one.started, one.finished) for one in outcome.earlier)
    yield outcome.timing.started, outcome.timing.finished


def result_of(attempt: Attempt) -> str:
    """Return what came of a try: the status, or the kind of the failure."""
    return str(attempt.status_code if attempt.kind is None else attempt.kind)


def without_secrets(earlier: Earlier, url: str, also: tuple[str, ...]) -> Earlier:
    """Return tries without what is secret in their messages."""
    hide = partial(redact_message, known=url, also=also)
    return tuple(
        one if one.message is None else attrs.evolve(one, message=hide(one.message))
        for one in earlier
    )


# --- out ---


def earlier_tree(
    column: Sequence[Earlier | None], urls: Sequence[str], also: tuple[str, ...]
) -> dict[str, Any]:
    """Return the earlier tries of those fetches that have some, by their places."""
    return {
        str(i): [fields_tree(one) for one in without_secrets(earlier, urls[i], also)]
        for i, earlier in enumerate(column)
        if earlier
    }


# --- in ---


def read_earlier(
    raw: Any, started: Sequence[Seconds | None], where: str
) -> tuple[Earlier | None, ...]:
    """Return the column: no tries where none are told, None for what is no outcome.

    Raises:
        FormatError: what is told cannot be.
    """
    found: list[Earlier | None] = [None if start is None else () for start in started]
    for key, item, at in entries(raw, where):
        place = _place(key, len(found), where)
        start = started[place]
        if start is None:
            raise damage(at, "this fetch is no outcome, and tells nothing of its tries")
        found[place] = _read(item, start, at)
    return tuple(found)


def _place(key: str, length: int, where: str) -> int:
    place = int(key) if key.isdecimal() and len(key) <= _DIGITS else length
    if str(place) != key or place >= length:
        raise damage(where, f"expected places of fetches as keys, got {brief(key)}")
    return place


def _read(raw: Any, last: Seconds, where: str) -> Earlier:
    """Return the tries before the one that started last."""
    made = [_attempt(*item) for item in items(raw, where)]
    starts = [*(one.started for one in made), last]
    for i, (one, following) in enumerate(zip(made, starts[1:], strict=True)):
        if following < one.finished:
            raise damage(f"{where}[{i}].finished", "the next try starts before this time")
    return tuple(made)


def _attempt(raw: Any, where: str) -> Attempt:
    made = build(Attempt, read_fields(Attempt, raw, where), where)
    if (made.kind is None) == (made.status_code is None):
        raise damage(where, "expected either a status_code or a kind, and the other null")
    if (made.kind is None) != (made.message is None):
        raise damage(within(where, "message"), "a failure has one, and nothing else has")
    for name, least, most in (
        ("status_code", 100, 999),
        ("started", -LONGEST, LONGEST),
        ("finished", made.started, LONGEST),
        ("waited", 0, LONGEST),
    ):
        value = getattr(made, name)
        if value is not None and not least <= value <= most:
            words = f"{least:g} to {most:g}"
            raise wrong(within(where, name), words, value)
    return made
