"""Record: one run kept as columns, without heads and bodies.

Whole outcomes of 10,000 URLs, 3 strategies and 11 rounds would take 738 MiB.
"""

import math
from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from operator import sub
from typing import Any

import attrs

from concurrent_fetch._units import Seconds
from concurrent_fetch.analysis._tries import Tries, retried_in, tries_in
from concurrent_fetch.analysis._witnessed import Witnessed
from concurrent_fetch.errors import StrategyError
from concurrent_fetch.http import Headers, codings_in, redact, redact_message, redact_within
from concurrent_fetch.model import (
    COLUMNS,
    Attempt,
    Failure,
    Options,
    Outcome,
    Response,
    Row,
    Run,
    Timing,
)
from concurrent_fetch.stats import most_at_once

_TIMES = ("started", "sent", "first_byte", "finished")
_NUMBERS = ("status_code", "size", "wire_size", "attempts", "length", "characters")
_VALUES = (
    "message",
    "error",
    "final_url",
    "digest",
    "sink",
    "redirects",
    "http_version",
    "reused",
    "worker",
    "earlier",
    "method",
    "key",
)
_STEADY = ("final_url", "digest", "redirects", "http_version")
"""Texts that are the same in nearly every run, and kept once."""
_OF_BOTH = ("attempts", "worker", "earlier", "method", "tag", "key")
_FAILURE = ("kind", "message", "error")
_RESPONSE = (
    "status_code",
    "size",
    "wire_size",
    "final_url",
    "digest",
    "sink",
    "redirects",
    "http_version",
    "reused",
)
# What stands for None where a column holds machine numbers.
_NO_TIME = -math.inf
_NO_NUMBER = -1

ANSWERED = "answered"
"""The result of a URL that was answered, with which status nobody knows."""

Intern = Callable[[Any], Any]


def interning() -> Intern:
    """Return a function that gives equal values the same object, for the rounds of a comparison."""
    seen: dict[Any, Any] = {}
    return lambda value: seen.setdefault(value, value)


@attrs.frozen(kw_only=True, repr=False)
class Record:
    """One run of a strategy in a comparison."""

    strategy: str
    round: int | None
    """Its round, from 0; None for the untimed check run."""
    options: Options
    started_at: datetime
    begun: Seconds
    """When the strategy was called, on the clock of the Runner: all URLs could be fetched then."""
    elapsed: Seconds
    cpu: Seconds
    """CPU time of the process, and of workers of the strategy."""
    cpu_of_workers: Seconds = 0.0
    """The part of it that was theirs."""
    elapsed_outside: Seconds | None = None
    """How long the call took, seen from here, of a strategy in another interpreter; else None."""
    outside: int
    """Outcomes whose times lie outside the run, so that no fetch of it brought them."""
    worked: int | None = None
    """How often the work on a response was done; None where there was none to do."""
    working: Seconds = 0.0
    """The times of that work added up."""
    unread: int = 0
    """How many bodies were left unread."""
    ordered: bool = True
    """Whether each row stands at its URL: else values that name none came in any order."""
    witnessed: Witnessed | None = None
    """What was seen of it from outside; None where nobody looked."""
    columns: Mapping[str, Sequence[Any]] = attrs.field(hash=False)

    def column(self, name: str) -> list[Any]:
        """Return one fact of every outcome in URL order; None where it does not apply."""
        values = self.columns[name]
        if name in _TIMES:
            return [None if v == _NO_TIME else v for v in values]
        if name in _NUMBERS:
            return [None if v == _NO_NUMBER else v for v in values]
        return list(values)

    @property
    def results(self) -> list[str | None]:
        """What came back for each URL: the status code, or the kind of the failure.

        Of what is no outcome perhaps only that it was `answered`; None where not even that is
        known.
        """
        pairs = zip(self.columns["status_code"], self.columns["kind"], strict=True)
        told = [
            (None if status == _NO_NUMBER else str(status)) if kind is None else str(kind)
            for status, kind in pairs
        ]
        if None not in told:
            return told
        columns = (self.columns[name] for name in ("size", "length", "characters"))
        longest = map(max, *columns)
        return [
            x or (None if n == _NO_NUMBER else ANSWERED) for x, n in zip(told, longest, strict=True)
        ]

    @property
    def failures(self) -> int:
        """How many URLs were not answered."""
        return sum(kind is not None for kind in self.columns["kind"])

    @property
    def has_times(self) -> bool:
        """Whether the times of all its fetches are known: else some are no outcomes."""
        return _NO_TIME not in self.columns["started"]

    @property
    def retries(self) -> int:
        """How often something was tried again, by the rule of `Options.retry`."""
        return sum(map(len, self.retried.values()))

    @property
    def retried(self) -> dict[int, tuple[Attempt, ...]]:
        """The tries before the last of each URL that was tried again, by its place."""
        return retried_in(self.columns)

    @property
    def tries(self) -> Tries:
        """Every time that a URL was fetched; of no sense where times are not known."""
        deadline = self.options.deadline
        return tries_in(self.columns, math.inf if deadline is None else self.begun + deadline)

    @property
    def busy(self) -> Seconds:
        """The times of all tries added up; not a number (nan) where they are not known."""
        if not self.has_times:
            return math.nan
        tries = self.tries
        return math.fsum(map(sub, tries.ends, tries.starts))

    @property
    def in_flight(self) -> float:
        """Mean number of tries under way at once; nan where their times are not known."""
        return self.busy / self.elapsed if self.elapsed else 0.0

    @property
    def peak_in_flight(self) -> int:
        """The most tries that were under way at once; 0 where their times are not known."""
        if not self.has_times:
            return 0
        tries = self.tries
        return most_at_once(tries.starts, tries.ends)

    def to_columns(self, urls: Sequence[str]) -> dict[str, list[Any]]:
        """Return what `Run.to_columns` has, None for what is not known."""
        if self.has_times:
            return self.run(urls).to_columns()
        also = self.options.secret_params
        rows = (dict(zip(self.columns, row, strict=True)) for row in self._rows())
        told = [
            _facts(url, index, row, also)
            for index, (url, row) in enumerate(zip(urls, rows, strict=True))
        ]
        return {name: [facts.get(name) for facts in told] for name in COLUMNS}

    def _rows(self) -> Iterable[tuple[Any, ...]]:
        return zip(*(self.column(name) for name in self.columns), strict=True)

    @staticmethod
    def no_run(strategy: str) -> str:
        """Say why a strategy has no `Run`."""
        return (
            f"{strategy!r} returned values that are no outcomes, so there is no Run of it: fetch "
            "through client.session(options), or compare it"
        )

    def run(self, urls: Sequence[str]) -> Run:
        """Build the `Run` again; headers and bodies are gone.

        Raises:
            StrategyError: it brought values that are no outcomes.
        """
        if not self.has_times:
            raise StrategyError(self.no_run(self.strategy))
        return Run(
            outcomes=tuple(
                _outcome(url, index, dict(zip(self.columns, row, strict=True)))
                for index, (url, row) in enumerate(zip(urls, self._rows(), strict=True))
            ),
            strategy=self.strategy,
            options=self.options,
            started_at=self.started_at,
            elapsed=self.elapsed,
            cpu=self.cpu,
        )


def columns_of(outcomes: Sequence[Outcome | Row], intern: Intern) -> dict[str, Sequence[Any]]:
    """Take the outcomes, in URL order, apart into columns."""
    facts: dict[str, list[Any]] = {}
    for name in _TIMES:
        facts[name] = [None if isinstance(o, Row) else getattr(o.timing, name) for o in outcomes]
    for name in _NUMBERS:
        facts[name] = [getattr(o, name, None) for o in outcomes]
    # Not interned: a kind equals its text, so an equal message would take its place.
    facts["kind"] = [getattr(o, "kind", None) for o in outcomes]
    tag = COLUMNS["tag"]  # nor this: 1 equals True
    facts["tag"] = [None if isinstance(o, Row) else tag(o, ()) for o in outcomes]
    facts["coding"] = [intern(_coding(o)) for o in outcomes]
    for name in _VALUES:
        facts[name] = [intern(getattr(o, name, None)) for o in outcomes]
    nothing = intern((None,) * len(outcomes))  # many columns of a comparison are empty
    columns = {
        name: nothing if _is_empty(name, values) else column_of(name, values)
        for name, values in facts.items()
    }
    return columns | {name: intern(columns[name]) for name in _STEADY}


def _is_empty(name: str, values: list[Any]) -> bool:
    is_of_objects = name not in _TIMES and name not in _NUMBERS
    return is_of_objects and values.count(None) == len(values)


def column_of(name: str, values: Iterable[Any]) -> Sequence[Any]:
    """Keep one fact of every outcome; `Record.column` gives back what went in."""
    if name in _TIMES:
        return array("d", [_NO_TIME if v is None else v for v in values])
    if name in _NUMBERS:
        return array("q", [_NO_NUMBER if v is None else v for v in values])
    return tuple(values)


def _coding(outcome: Outcome | Row) -> str | None:
    """Return how the body of a response was encoded on the wire; None if its head is not told."""
    if isinstance(outcome, Row):
        return outcome.coding
    if isinstance(outcome, Failure) or not outcome.headers:
        return None
    return ", ".join(codings_in(outcome.headers.get("content-encoding", ""))) or "identity"


def _facts(url: str, index: int, row: dict[str, Any], also: tuple[str, ...]) -> dict[str, Any]:
    """Return what is shown of a fetch, an outcome or not, without what is secret."""
    if row["started"] is not None:
        outcome = _outcome(url, index, row)
        return {name: read(outcome, also) for name, read in COLUMNS.items()}
    status, failed = row["status_code"], row["kind"] is not None
    return row | {
        "index": index,
        "url": redact(url, also),
        "ok": False if failed else status and 200 <= status < 400,
        "kind": str(row["kind"]) if failed else None,
        "message": row["message"] and redact_message(row["message"], url, also),
        "error": row["error"] and redact_within(row["error"], None, also),
        "final_url": row["final_url"] and redact(row["final_url"], also),
    }


def _outcome(url: str, index: int, row: dict[str, Any]) -> Outcome:
    timing = Timing(**{name: row[name] for name in _TIMES})
    common: dict[str, Any] = {"url": url, "index": index, "timing": timing}
    common |= {name: row[name] for name in _OF_BOTH}
    if row["kind"] is not None:
        return Failure(**{name: row[name] for name in _FAILURE}, **common)
    return Response(headers=Headers(), **{name: row[name] for name in _RESPONSE}, **common)
