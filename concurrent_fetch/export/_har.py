"""HAR 1.2: runs as an HTTP archive, which the developer tools of browsers open.

Source: http://www.softwareishard.com/blog/har-12-spec/. It wants `wait` and `receive` for every
request. Where a client does not tell a phase, its time is part of `wait`, and a comment says so.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from http import HTTPStatus
from typing import Any, NamedTuple, TypeAlias
from urllib.parse import parse_qsl

from concurrent_fetch._failure_kinds import FailureKind
from concurrent_fetch._python import own_version
from concurrent_fetch._units import Seconds
from concurrent_fetch.export._document import as_json
from concurrent_fetch.export._earlier import first_start, without_secrets
from concurrent_fetch.export._view import View
from concurrent_fetch.http import Headers, redact, redact_reference, redact_within
from concurrent_fetch.model import COLUMNS, Failure, Outcome, Response, Run, Timing

_NEVER_SENT = frozenset(
    {FailureKind.INVALID_URL, FailureKind.DNS, FailureKind.CONNECT, FailureKind.TLS}
)

_REFERENCES = frozenset({"content-location", "location", "origin", "referer"})

_Object = dict[str, Any]
_Date: TypeAlias = Callable[[Seconds], str]
_LONGEST = 1e10  # seconds, some centuries: a date has an end


def write(view: View) -> str:
    """Return every timed run of a result as `.har`."""
    return to_har(list(view.runs.values()), list(view.runs))


def to_har(runs: Sequence[Run], titles: Sequence[str]) -> str:
    """Return the runs as one HTTP archive: a page for each, with its title, an entry per outcome.

    No body is in it; user info in URLs and the values of secret headers are hidden.

    Raises:
        ValueError: there are not as many titles as runs.
    """
    pages: list[_Object] = []
    entries: list[_Object] = []
    for number, (run, title) in enumerate(zip(runs, titles, strict=True), 1):
        page = f"run_{number}"
        pages.append(_page(page, title, run))
        entries += _entries(page, run)
    creator = {"name": "concurrent_fetch", "version": own_version()}
    return as_json(
        {"log": {"version": "1.2", "creator": creator, "pages": pages, "entries": entries}}
    )


def _page(page: str, title: str, run: Run) -> _Object:
    return {
        "startedDateTime": run.started_at.isoformat(),
        "id": page,
        "title": title,
        # A run is no document, whose loading a browser would tell of.
        "pageTimings": {"onContentLoad": -1, "onLoad": -1},
    }


def _entries(page: str, run: Run) -> Iterator[_Object]:
    """The oldest first, as the format prefers; `_index` says the place in the URL set."""
    given = Headers.from_mapping(run.options.headers)
    hiding = _Hiding.of(given, run.options.secret_params)
    sent = hiding.fields(given)
    first = min(map(first_start, run), default=0.0)

    def date(time: Seconds) -> str:
        return (run.started_at + timedelta(seconds=min(time - first, _LONGEST))).isoformat()

    for outcome in sorted(run, key=lambda o: o.timing.started):
        yield {"pageref": page} | _entry(outcome, date, sent, hiding)


def _entry(outcome: Outcome, date: _Date, sent: list[_Object], hiding: "_Hiding") -> _Object:
    url, message, tag = (COLUMNS[n](outcome, hiding.also) for n in ("url", "message", "tag"))
    phases = _phases(outcome)
    protocol = f"HTTP/{outcome.http_version}" if isinstance(outcome, Response) else ""
    answer = (
        _response(outcome, hiding)
        if isinstance(outcome, Response)
        else _no_response(f"{outcome.kind}: {message}")
    )
    return {
        "startedDateTime": date(outcome.timing.started),
        "time": phases.time / 1000,
        "request": _request(url, sent, outcome.method) | {"httpVersion": protocol},
        "response": answer | {"httpVersion": protocol},
        "cache": {},
        "timings": phases.timings(),
        "_index": outcome.index,
        "_worker": COLUMNS["worker"](outcome, hiding.also),
        "_attempts": outcome.attempts,
        **({} if tag is None else {"_tag": tag}),
        **({"_earlier": list(_earlier(outcome, date, hiding.also))} if outcome.earlier else {}),
    }


def _earlier(outcome: Outcome, date: _Date, also: tuple[str, ...]) -> Iterator[_Object]:
    """The tries before the one that the entry is of: of the first to the last of them."""
    for attempt in without_secrets(outcome.earlier, outcome.url, also):
        yield {
            "startedDateTime": date(attempt.started),
            "time": _thousandths(attempt.elapsed),
            "status": attempt.status_code or 0,
            **({} if attempt.kind is None else {"_error": f"{attempt.kind}: {attempt.message}"}),
            "_waited": _thousandths(attempt.waited),
        }


def _thousandths(time: Seconds) -> float:
    """Return seconds as milliseconds, of whole microseconds as the phases have them."""
    return round(time * 1e6) / 1000


def _request(url: str, sent: list[_Object], method: str) -> _Object:
    url = url.partition("#")[0]
    query = parse_qsl(url.partition("?")[2], keep_blank_values=True)
    return {
        "method": method,
        "url": url,
        "cookies": [],
        "headers": sent,
        "queryString": [{"name": name, "value": value} for name, value in query],
        "headersSize": -1,
        "bodySize": 0 if method == "GET" else -1,  # what was sent is not kept
    }


def _response(response: Response, hiding: "_Hiding") -> _Object:
    known = response.wire_size is not None
    return {
        "status": response.status_code,
        "statusText": _phrase(response.status_code),
        "cookies": [],
        "headers": hiding.fields(response.headers, response.url),
        "content": _content(response, hiding),
        "redirectURL": "",
        "headersSize": -1,
        "bodySize": response.wire_size if known else -1,
        # Chrome would add the -1 of headersSize to the size that it shows.
        **({"_transferSize": response.wire_size} if known else {}),
        **({"comment": _redirects(response, hiding.also)} if response.redirects else {}),
    }


def _content(response: Response, hiding: "_Hiding") -> _Object:
    mime_type = hiding.value("content-type", response.headers.get("content-type", ""))
    content = {"size": response.size, "mimeType": mime_type}
    if response.wire_size is None:
        return content
    return content | {"compression": response.size - response.wire_size}


def _no_response(message: str) -> _Object:
    """As Chrome writes one."""
    return {
        "status": 0,
        "statusText": "",
        "cookies": [],
        "headers": [],
        "content": {"size": 0, "mimeType": ""},
        "redirectURL": "",
        "headersSize": -1,
        "bodySize": -1,
        "_error": message,
    }


def _redirects(response: Response, also: tuple[str, ...]) -> str:
    number = len(response.redirects)
    return f"after {number} redirect{'s' * (number > 1)}, from {redact(response.final_url, also)}"


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


class _Hiding(NamedTuple):
    """What is hidden in the header fields of a run besides those that are secret by name."""

    also: tuple[str, ...]
    """Parameters of URLs."""
    sent: tuple[str, ...]
    """Secrets that were sent, and may come back in any field."""

    @classmethod
    def of(cls, given: Headers, also: tuple[str, ...]) -> "_Hiding":
        pairs = zip(given.fields, given.redacted(), strict=True)
        values = [value for (_, value), (_, shown) in pairs if value != shown]
        bare = [value.rpartition(" ")[2] for value in values]  # behind the name of a scheme
        return cls(also, tuple(sorted({*values, *bare} - {""}, key=len, reverse=True)))

    def fields(self, headers: Headers, url: str | None = None) -> list[_Object]:
        """Return them as an archive has them; what is secret of the URL may come back, too."""
        fields = headers.redacted()
        return [{"name": name, "value": self.value(name, value, url)} for name, value in fields]

    def value(self, name: str, value: str, url: str | None = None) -> str:
        for secret in self.sent:
            value = value.replace(secret, "***")
        if name.lower() in _REFERENCES:
            return redact_reference(value, self.also)
        return redact_within(value, url, self.also)


class _Phases(NamedTuple):
    """The time of one fetch in whole microseconds, which add up exactly."""

    blocked: int | None
    wait: int
    receive: int
    unknown: tuple[str, ...]
    """What is part of `wait`, since the client does not tell it."""

    @property
    def time(self) -> int:
        return (self.blocked or 0) + self.wait + self.receive

    def timings(self) -> _Object:
        comment = f"not told apart from wait: {', '.join(self.unknown)}"
        return {
            "blocked": -1 if self.blocked is None else self.blocked / 1000,
            "dns": -1,
            "connect": -1,
            "send": 0,
            "wait": self.wait / 1000,
            "receive": self.receive / 1000,
            "ssl": -1,
            **({"comment": comment} if self.unknown else {}),
        }


def _phases(outcome: Outcome) -> _Phases:
    timing = outcome.timing
    whole = _since(timing, timing.finished)
    sent = None if timing.sent is None else _since(timing, timing.sent)
    head = None if timing.first_byte is None else _since(timing, timing.first_byte)
    if sent is None and head is None and _never_sent(outcome):
        sent = whole
    unknown: tuple[str, ...] = () if sent is not None else ("blocked",)
    if head is None and (sent is None or isinstance(outcome, Response)):
        unknown += ("receive",)
    until = whole if head is None else head
    return _Phases(sent, until - (sent or 0), whole - until, unknown)


def _since(timing: Timing, time: Seconds) -> int:
    return round((time - timing.started) * 1e6)


def _never_sent(outcome: Outcome) -> bool:
    return isinstance(outcome, Failure) and outcome.kind in _NEVER_SENT
