"""Outcomes as columns: one table that says how each fact of an outcome is read."""

import math
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from concurrent_fetch.http import redact, redact_message, redact_within
from concurrent_fetch.model._outcome import Failure, Outcome, Response

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
}
