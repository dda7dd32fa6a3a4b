"""Implausible: times that no fetch has, and connections that no run opened.

Whatever a strategy says of its fetches, some of it cannot be. What is proven is a reason against
it; what is likely is a note.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from typing import TypeAlias

import attrs

from concurrent_fetch._units import Seconds
from concurrent_fetch.analysis._notes import Note
from concurrent_fetch.analysis._record import Record
from concurrent_fetch.render import many

_Span: TypeAlias = tuple[Seconds, Seconds]

# Two sockets of one machine, with a process that does nothing but answer, take 10 µs; a whole
# fetch took 80 µs at least.
_NO_TIME: Seconds = 5e-6
_MOST = 0.5
_SOME = 0.1
_ROUNDS = 3  # fewer may all have found a connection free by chance

_TIMES = "fetch within the strategy, and let client.session(options) take the times"
_CONNECTIONS = "open the session within the strategy, or in its ready, where a reader sees it"


@attrs.define
class _Seen:
    """What the runs of one strategy showed."""

    quick: int = 0
    """Of the run with the most: responses in no time."""
    shared: int = 0
    """Of the run with the most: fetches with the times of another one."""
    opened_first: bool | None = None
    """Whether its first run opened a connection; None where that is not known."""
    rounds: int = 0
    kept: int = 0
    """Runs in which no connection was opened."""
    kept_rounds: int = 0


class Implausible:
    """What runs say that cannot be; it is told of every run when that is over, in their order.

    `prepared` are strategies with a `ready`: connections may be among what that keeps.
    """

    def __init__(self, prepared: Collection[str] = ()) -> None:
        self._prepared = prepared
        self._seen: dict[str, _Seen] = {}
        self._urls = 0

    def see(self, record: Record) -> None:
        """Take a run. Its times must be of a clock that moves by itself."""
        seen = self._seen.setdefault(record.strategy, _Seen())
        self._urls = len(record.results)
        spans = _spans(record)
        seen.quick = max(seen.quick, _quick(spans))
        seen.shared = max(seen.shared, _shared(spans))
        if record.strategy in self._prepared or (opened := _opens(record)) is None:
            return
        if seen.opened_first is None:
            seen.opened_first = opened
        seen.kept += not opened
        if record.round is not None:
            seen.rounds += 1
            seen.kept_rounds += not opened

    def reasons(self, name: str, subject: str = "") -> list[str]:
        """Return what is proven against a strategy; `subject` says of which, as " of mine"."""
        seen = self._seen.get(name, _Seen())
        found = []
        if seen.quick > _MOST * self._urls:
            found.append(
                f"{seen.quick} of {many(self._urls, 'response')}{subject} came within "
                f"{_NO_TIME * 1e6:g} µs: no fetch takes so little"
            )
        if _is_kept(seen):
            found.append(
                f"no round{subject} opened a connection: it kept those of its first run; "
                f"{_CONNECTIONS}"
            )
        return found

    @property
    def notes(self) -> list[Note]:
        """What is likely, of each strategy."""
        return [
            Note(strategy=name, fact=fact, advice=advice)
            for name, seen in self._seen.items()
            for fact, advice in self._likely(seen)
        ]

    def _likely(self, seen: _Seen) -> list[tuple[str, str]]:
        found = []
        if 0 < seen.quick <= _MOST * self._urls:
            fact = f"{many(seen.quick, 'response')} came within {_NO_TIME * 1e6:g} µs in one run"
            found.append((f"{fact}: no fetch takes so little", _TIMES))
        if seen.shared > _SOME * self._urls:
            fact = f"{many(seen.shared, 'response')} began and ended together with another one"
            found.append((f"{fact}, to the last digit: they may be copies", _TIMES))
        if seen.kept and not _is_kept(seen):
            runs = many(seen.kept, "run")
            fact = f"in {runs} no fetch opened a connection: it may keep them from run to run"
            found.append((fact, _CONNECTIONS))
        return found


def _is_kept(seen: _Seen) -> bool:
    """Whether it is certain: what asks for something else first opens none in its first run too."""
    return bool(seen.opened_first) and seen.rounds == seen.kept_rounds >= _ROUNDS


def _quick(spans: Sequence[_Span]) -> int:
    """Return how many responses came in about no time."""
    return sum(end - start < _NO_TIME for start, end in spans)


def _shared(spans: Sequence[_Span]) -> int:
    """Return how many responses have the times of another one."""
    return sum(n - 1 for n in Counter(spans).values())


def _spans(record: Record) -> list[_Span]:
    """Return from when to when each response was fetched; failures may take no time."""
    columns = record.columns
    rows = zip(columns["kind"], record.column("started"), columns["finished"], strict=True)
    return [(start, end) for kind, start, end in rows if kind is None and start is not None]


def _opens(record: Record) -> bool | None:
    """Whether a connection was opened in the run, or may have been; None if nobody told.

    A fetch that failed, was sent again or was redirected may have opened one that it does not name.
    """
    columns = record.columns
    if record.failures or record.retries or any(columns["redirects"]):
        return None
    if any(n > 1 for n in columns["attempts"]) or None in columns["reused"]:
        return None
    return False in columns["reused"]
