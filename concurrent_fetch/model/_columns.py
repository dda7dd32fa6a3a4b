"""Outcomes as columns: one table that says how each fact of an outcome is read."""

from collections.abc import Callable, Mapping
from typing import Any

from concurrent_fetch.http import redact, redact_within
from concurrent_fetch.model._outcome import Failure, Outcome, Response


def _of_response(name: str) -> Callable[[Outcome], Any]:
    return lambda outcome: getattr(outcome, name) if isinstance(outcome, Response) else None


def _hidden(name: str) -> Callable[[Outcome], Any]:
    """Read a text without user info: whoever made it may have put a URL into it."""

    def read(outcome: Outcome) -> str | None:
        text: str | None = getattr(outcome, name, None)
        return redact_within(text, outcome.url) if text and "@" in text else text

    return read


COLUMNS: Mapping[str, Callable[[Outcome], Any]] = {
    "index": lambda o: o.index,
    "url": lambda o: redact(o.url),
    "ok": lambda o: o.ok,
    "status_code": _of_response("status_code"),
    "kind": lambda o: str(o.kind) if isinstance(o, Failure) else None,
    "message": _hidden("message"),
    "error": _hidden("error"),
    "final_url": _hidden("final_url"),
    "redirects": lambda o: len(o.redirects) if isinstance(o, Response) else None,
    "size": _of_response("size"),
    "wire_size": _of_response("wire_size"),
    "digest": _of_response("digest"),
    "http_version": _of_response("http_version"),
    "reused": _of_response("reused"),
    "attempts": lambda o: o.attempts,
    "started": lambda o: o.timing.started,
    "sent": lambda o: o.timing.sent,
    "first_byte": lambda o: o.timing.first_byte,
    "finished": lambda o: o.timing.finished,
    "elapsed": lambda o: o.elapsed,
    "worker": _hidden("worker"),
}
