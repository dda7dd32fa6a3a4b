"""Trace events: when each fetch of each worker was under way, for Perfetto and chrome://tracing.

Source: the Trace Event Format, in its form of one JSON object. A strategy is a process, a worker
a track of it. The spans of a track must nest or be disjoint: where the fetches of one worker
overlap, as those of tasks that share a name, it gets as many tracks as it needs. A fetch that was
tried again stands there from its first try to its end, and in it each try.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from heapq import heappop, heappush
from itertools import accumulate, count
from typing import Any, NamedTuple

from concurrent_fetch._units import Seconds
from concurrent_fetch.export._document import as_json
from concurrent_fetch.export._earlier import first_start, result_of, spans_of, without_secrets
from concurrent_fetch.export._view import View
from concurrent_fetch.model import COLUMNS, Failure, Outcome, Response, Run

_LONGEST = 40
_SCHEME = re.compile(r"\A[A-Za-z][A-Za-z0-9+.-]*://")

_Event = dict[str, Any]
_Titled = list[tuple[Run, str]]
_Clock = Callable[[Seconds], int]


class _Span(NamedTuple):
    """What stands on a track from start to end: one event, and those within it."""

    track: str
    start: int
    end: int
    name: str
    more: _Event
    within: tuple[_Event, ...] = ()
    under_way: tuple[tuple[int, int], ...] = ()
    """When it was, of a fetch: not while it waited for its next try."""

    def events(self) -> tuple[_Event, ...]:
        return (_complete(self.name, self.start, self.end) | self.more, *self.within)


def write(view: View) -> str:
    """Return every timed run of a result as `.trace.json`."""
    return to_trace(list(view.runs.values()), list(view.runs))


def to_trace(runs: Sequence[Run], titles: Sequence[str]) -> str:
    """Return the runs as trace events on one clock, in microseconds from the first fetch.

    Runs of one strategy share a process, and its first track shows each of them by its title.
    User info in URLs is hidden.

    Raises:
        ValueError: there are not as many titles as runs.
    """
    by_strategy: dict[str, _Titled] = defaultdict(list)
    for run, title in zip(runs, titles, strict=True):
        by_strategy[run.strategy].append((run, title))
    first = min((first_start(outcome) for run in runs for outcome in run), default=0.0)
    # No two processes or tracks share a number: that of its process would mark a main thread.
    numbers = count(1)
    events: list[_Event] = []
    for place, (strategy, titled) in enumerate(by_strategy.items()):
        process = {"pid": next(numbers), "tid": 0}
        events += _named(process, "process", strategy, place)
        events += _process(process, titled, numbers, lambda time: round((time - first) * 1e6))
    return as_json({"traceEvents": events, "displayTimeUnit": "ms"})


def _process(
    process: _Event, titled: _Titled, numbers: Iterator[int], clock: _Clock
) -> Iterator[_Event]:
    fetches = [
        _fetch(outcome, clock, run.options.secret_params) for run, _ in titled for outcome in run
    ]
    spans = [_run(run, title, clock) for run, title in titled if len(run)]
    for place, (name, lane) in enumerate([*_tracks(spans), *_tracks(fetches)]):
        track = process | {"tid": next(numbers)}
        yield from _named(track, "thread", name, place)
        yield from (track | event for span in lane for event in span.events())
    yield from (process | event for event in _in_flight(fetches))


def _named(of: _Event, sort: str, name: str, place: int) -> Iterator[_Event]:
    """Metadata: what a process or a thread is called and where it stands."""
    yield of | {"ph": "M", "name": f"{sort}_name", "args": {"name": name}}
    yield of | {"ph": "M", "name": f"{sort}_sort_index", "args": {"sort_index": place}}


def _tracks(spans: Iterable[_Span]) -> Iterator[tuple[str, list[_Span]]]:
    """Give each span the first track of its name that is free at its start."""
    lanes: dict[str, list[list[_Span]]] = {}
    busy: dict[str, list[tuple[int, int]]] = {}  # until when each is, and which it is
    free: dict[str, list[int]] = {}
    for span in sorted(spans, key=lambda s: (s.start, s.end)):
        its_lanes = lanes.setdefault(span.track, [])
        its_busy, its_free = busy.setdefault(span.track, []), free.setdefault(span.track, [])
        while its_busy and its_busy[0][0] <= span.start:
            heappush(its_free, heappop(its_busy)[1])
        if its_free:
            place = heappop(its_free)
        else:
            place = len(its_lanes)
            its_lanes.append([])
        its_lanes[place].append(span)
        heappush(its_busy, (span.end, place))
    for name, its_lanes in lanes.items():
        for number, lane in enumerate(its_lanes, 1):
            yield name if number == 1 else f"{name} ({number})", lane


def _run(run: Run, title: str, clock: _Clock) -> _Span:
    return _Span(
        track="runs",
        start=clock(min(map(first_start, run))),
        end=clock(max(outcome.timing.finished for outcome in run)),
        name=title,
        more={"cat": "run", "args": {"outcomes": len(run), "failures": len(run.failures)}},
    )


def _fetch(outcome: Outcome, clock: _Clock, also: tuple[str, ...]) -> _Span:
    told = {name: COLUMNS[name](outcome, also) for name in ("url", "message", "worker", "tag")}
    url, timing = told["url"], outcome.timing
    answered = isinstance(outcome, Response)
    return _Span(
        track=told["worker"],
        start=clock(first_start(outcome)),
        end=clock(timing.finished),
        name=_short(url),
        more={
            "cat": "fetch",
            **({} if answered else {"cname": "terrible"}),
            "args": {"url": url, "index": outcome.index}
            | ({} if outcome.method == "GET" else {"method": outcome.method})
            | ({} if told["tag"] is None else {"tag": told["tag"]})
            | _result(outcome, told["message"]),
        },
        within=(*_tries(outcome, clock, also), *_phases(outcome, clock)),
        under_way=tuple((clock(a), clock(b)) for a, b in spans_of(outcome)),
    )


def _result(outcome: Outcome, message: str) -> _Event:
    attempts = {"attempts": outcome.attempts}
    if isinstance(outcome, Failure):
        return {"result": str(outcome.kind), "message": message, **attempts}
    return {"result": str(outcome.status_code), "size": outcome.size, **attempts}


def _tries(outcome: Outcome, clock: _Clock, also: tuple[str, ...]) -> Iterator[_Event]:
    """Yield each try, where there were several; between them it waited."""
    if not outcome.earlier:
        return
    for number, one in enumerate(without_secrets(outcome.earlier, outcome.url, also), 1):
        told: _Event = {"result": result_of(one)}
        told |= {} if one.message is None else {"message": one.message}
        slice_ = _complete(f"try {number}", clock(one.started), clock(one.finished))
        yield slice_ | {"cat": "try", "cname": "terrible", "args": told}
    timing = outcome.timing
    last = _complete(
        f"try {len(outcome.earlier) + 1}", clock(timing.started), clock(timing.finished)
    )
    yield last | {"cat": "try", "args": {"result": _result(outcome, "")["result"]}}


def _phases(outcome: Outcome, clock: _Clock) -> Iterator[_Event]:
    """Yield the phases that are known."""
    timing = outcome.timing
    if timing.first_byte is None:
        return
    head = clock(timing.first_byte)
    if timing.sent is not None:
        yield _complete("waiting", clock(timing.sent), head) | {"cat": "phase", "args": {}}
    yield _complete("transfer", head, clock(timing.finished)) | {"cat": "phase", "args": {}}


def _complete(name: str, start: int, end: int) -> _Event:
    return {"ph": "X", "name": name, "ts": start, "dur": end - start}


def _short(url: str) -> str:
    """The path, which tells fetches of one host apart; the host where there is no path."""
    host, _, path = _SCHEME.sub("", url).partition("/")
    name = f"/{path}" if path else host
    return name if len(name) <= _LONGEST else f"…{name[1 - _LONGEST :]}"


def _in_flight(fetches: Iterable[_Span]) -> Iterator[_Event]:
    """Yield how many were under way, whenever that changes."""
    changes: dict[int, int] = defaultdict(int)
    for fetch in fetches:
        for start, end in fetch.under_way:
            changes[start] += 1
            changes[end] -= 1
    times = sorted(changes)
    for time, number in zip(times, accumulate(changes[t] for t in times), strict=True):
        yield {"ph": "C", "name": "in flight", "ts": time, "args": {"in flight": number}}
