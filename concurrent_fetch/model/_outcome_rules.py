"""The rules of an outcome's fields: what an outcome that a stranger made is held against."""

import math
import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from concurrent_fetch._failure_kinds import FailureKind
from concurrent_fetch.http import Headers
from concurrent_fetch.model._outcome import Attempt, Failure, Outcome, Response, Timing
from concurrent_fetch.words import is_number, is_whole


class _Rule(NamedTuple):
    """What may stand in a field."""

    holds: Callable[[Any], bool]
    words: str


def _is_time(value: object) -> bool:
    return is_number(value) and math.isfinite(value)  # type: ignore[arg-type]  # it is one


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_key(value: object) -> bool:
    return isinstance(value, str) and re.fullmatch("[0-9a-f]{16}", value) is not None


def _or_none(rule: _Rule) -> _Rule:
    return _Rule(lambda value: value is None or rule.holds(value), f"{rule.words}, or None")


_TEXT = _Rule(_is_text, "a str")
_TEXTS = _Rule(lambda v: isinstance(v, tuple) and all(map(_is_text, v)), "a tuple of str")
_WHOLE = _Rule(is_whole, "an int")
_BYTES = _Rule(lambda v: is_whole(v) and v >= 0, "an int of at least 0")
_ATTEMPTS = _Rule(lambda v: is_whole(v) and v >= 1, "an int of at least 1")
_STATUS = _Rule(lambda v: is_whole(v) and 100 <= v <= 999, "an int from 100 to 999")
_TIME = _Rule(_is_time, "finite seconds")
_KIND = _Rule(lambda v: isinstance(v, FailureKind), "a FailureKind")

_OF_BOTH = {
    "url": _TEXT,
    "method": _TEXT,
    "key": _or_none(_Rule(_is_key, "16 hexadecimal digits")),
    "attempts": _ATTEMPTS,
    "earlier": _Rule(
        lambda v: isinstance(v, tuple) and all(isinstance(one, Attempt) for one in v),
        "a tuple of Attempt",
    ),
    "worker": _TEXT,
    "index": _WHOLE,
    "timing": _Rule(lambda v: isinstance(v, Timing), "a Timing"),
}
_RULES: Mapping[type, Mapping[str, _Rule]] = {
    Timing: {
        "started": _TIME,
        "sent": _or_none(_TIME),
        "first_byte": _or_none(_TIME),
        "finished": _TIME,
    },
    Attempt: {
        "status_code": _or_none(_STATUS),
        "kind": _or_none(_KIND),
        "message": _or_none(_TEXT),
        "started": _TIME,
        "finished": _TIME,
        "waited": _TIME,
    },
    Response: {
        "final_url": _TEXT,
        "status_code": _STATUS,
        "headers": _Rule(lambda v: isinstance(v, Headers), "Headers or another mapping"),
        "body": _Rule(lambda v: isinstance(v, bytes), "bytes"),
        "size": _BYTES,
        "wire_size": _or_none(_BYTES),
        "digest": _or_none(_TEXT),
        "sink": _or_none(_TEXT),
        "redirects": _TEXTS,
        "http_version": _TEXT,
        "reused": _or_none(_Rule(lambda v: isinstance(v, bool), "True or False")),
        **_OF_BOTH,
    },
    Failure: {
        "kind": _KIND,
        "message": _TEXT,
        "error": _or_none(_TEXT),
        **_OF_BOTH,
    },
}
_IN_ORDER = ("started", "sent", "first_byte", "finished")


def check_outcome(outcome: Outcome) -> None:
    """Hold an outcome against the rules of its fields.

    Raises:
        ValueError: naming the field, the value and the rule it broke; no URL, header or body.
    """
    _check(outcome, Response if isinstance(outcome, Response) else Failure)
    timing = outcome.timing
    _check(timing, Timing)
    before = _IN_ORDER[0]
    for name in _IN_ORDER[1:]:
        time, earlier = getattr(timing, name), getattr(timing, before)
        if time is None:
            continue
        if time < earlier:
            raise ValueError(f"Timing.{name} must not lie before {before}, {earlier}, got {time}")
        before = name
    if outcome.earlier:
        _check_earlier(outcome)


def _check_earlier(outcome: Outcome) -> None:
    """Hold the tries before the last one against their rules: each is over before the next."""
    following = [attempt.started for attempt in outcome.earlier[1:]] + [outcome.timing.started]
    for attempt, next_start in zip(outcome.earlier, following, strict=True):
        _check(attempt, Attempt)
        if (attempt.kind is None) == (attempt.status_code is None):
            raise ValueError("Attempt must have either a status_code or a kind")
        if (attempt.kind is None) != (attempt.message is None):
            raise ValueError("Attempt.message must be there for a failure, and only then")
        moments = attempt.started, attempt.finished, next_start
        if list(moments) != sorted(moments) or attempt.waited < 0:
            raise ValueError(
                "Attempt.started, Attempt.finished and the start of the next try must be in this "
                f"order, and Attempt.waited at least 0, got {moments} and {attempt.waited}"
            )


def _check(value: object, kind: type) -> None:
    for name, rule in _RULES[kind].items():
        got = getattr(value, name)
        if not rule.holds(got):
            raise ValueError(f"{kind.__name__}.{name} must be {rule.words}, got {_brief(got)}")


def _brief(value: object) -> str:
    """A number as it is; of anything else its type, since it may hold a secret."""
    shown = value is None or isinstance(value, (bool, int, float))
    return repr(value) if shown else f"a value of type {type(value).__name__}"
