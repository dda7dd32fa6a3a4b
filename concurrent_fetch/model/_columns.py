"""Outcomes as columns: one table that says how each fact of an outcome is read."""

import math
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

from concurrent_fetch._units import Seconds
from concurrent_fetch.http import host_of, redact, redact_message, redact_within
from concurrent_fetch.model._outcome import Failure, Outcome, Response, first_start

Read: TypeAlias = Callable[[Outcome, tuple[str, ...]], Any]
"""How a fact is read, without what is secret; also of parameters of these names."""


def _of_both(name: str) -> Read:
    return lambda outcome, _: getattr(outcome, name)


def _of_response(name: str) -> Read:
    return lambda outcome, _: getattr(outcome, name) if isinstance(outcome, Response) else None


def _of_timing(name: str) -> Read:
    return lambda outcome, _: getattr(outcome.timing, name)


def _url(name: str) -> Read:
    def read(outcome: Outcome, also: tuple[str, ...]) -> str | None:
        url: str | None = getattr(outcome, name, None)
        return redact(url, also) if url else url

    return read


def _text(name: str) -> Read:
    """Read a text that somebody else made, who may have put a URL into it."""

    def read(outcome: Outcome, also: tuple[str, ...]) -> str | None:
        text: str | None = getattr(outcome, name, None)
        known = outcome.url if "@" in outcome.url else None
        return redact_within(text, known, also) if text else text

    return read


def _message(outcome: Outcome, also: tuple[str, ...]) -> str | None:
    """Read what may quote header fields, too."""
    if isinstance(outcome, Response):
        return None
    return redact_message(outcome.message, outcome.url, also)


_LONGEST: Seconds = 1e10  # some centuries: a date has an end
_MOST = 2**63


def _plain(tag: object) -> str | int | None:
    """Return a tag that tables and files can hold, a text or a whole number; else None."""
    is_plain = type(tag) is str or (type(tag) is int and -_MOST <= tag < _MOST)
    return tag if is_plain else None  # type: ignore[return-value]  # is_plain says so


def _tag(outcome: Outcome, also: tuple[str, ...]) -> str | int | None:
    tag = _plain(outcome.tag)
    return redact_within(tag, None, also) if isinstance(tag, str) else tag


def _content_type(outcome: Outcome, also: tuple[str, ...]) -> str | None:
    told = outcome.headers.get("Content-Type") if isinstance(outcome, Response) else None
    return told and redact_within(told, None, also)


def moments(outcomes: Iterable[Outcome], started_at: datetime) -> list[str]:
    """Return when each fetch was turned to, as ISO 8601 in UTC; the first one at `started_at`."""
    found = list(outcomes)
    first, begun = min(map(first_start, found), default=0.0), started_at.astimezone(UTC)
    after = (min(one.timing.started - first, _LONGEST) for one in found)
    return [(begun + timedelta(seconds=time)).isoformat(timespec="microseconds") for time in after]


COLUMNS: Mapping[str, Read] = {
    "index": _of_both("index"),
    "url": _url("url"),
    "ok": _of_both("ok"),
    "status_code": _of_response("status_code"),
    "kind": lambda outcome, _: str(outcome.kind) if isinstance(outcome, Failure) else None,
    "message": _message,
    "error": _text("error"),
    "final_url": _url("final_url"),
    "redirects": lambda outcome, _: (
        len(outcome.redirects) if isinstance(outcome, Response) else None
    ),
    "size": _of_response("size"),
    "wire_size": _of_response("wire_size"),
    "digest": _of_response("digest"),
    "sink": _text("sink"),
    "http_version": _of_response("http_version"),
    "reused": _of_response("reused"),
    "attempts": _of_both("attempts"),
    "tries": lambda outcome, _: 1 + len(outcome.earlier),
    "waited": lambda outcome, _: math.fsum(attempt.waited for attempt in outcome.earlier),
    "started": _of_timing("started"),
    "sent": _of_timing("sent"),
    "first_byte": _of_timing("first_byte"),
    "finished": _of_timing("finished"),
    "elapsed": _of_both("elapsed"),
    "elapsed_in_all": _of_both("elapsed_in_all"),
    "worker": _text("worker"),
    "host": lambda outcome, _: host_of(outcome.url) or None,
    "method": _of_both("method"),
    "tag": _tag,
    "key": _of_both("key"),
    "content_type": _content_type,
    "at": lambda _, __: None,  # no outcome knows: `moments` has it from the run
}
