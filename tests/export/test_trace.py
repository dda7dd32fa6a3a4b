"""Runs as trace events: by the rules of the format, and every number to the digit."""

import asyncio
import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import attrs
import pytest
from fakes import failure, response, tried_before
from hypothesis import given
from hypothesis import strategies as st
from results import run_of, small_comparison, timings

from concurrent_fetch import (
    FailureKind,
    Options,
    Outcome,
    Run,
    Timing,
    fetch_async,
    fetch_sync,
    fetch_threaded,
)
from concurrent_fetch.export._trace import to_trace
from concurrent_fetch.server import LocalServer

Event = dict[str, Any]

# What the Trace Event Format wants of each phase that we write, besides `ph`, `name` and `pid`.
WANTED: Mapping[str, Mapping[str, type]] = {
    "X": {"ts": int, "dur": int, "tid": int, "cat": str, "args": dict},
    "C": {"ts": int, "args": dict},
    "M": {"args": dict},
}
# What each metadata event says, and of what type it is.
METADATA: Mapping[str, tuple[str, type]] = {
    "process_name": ("name", str),
    "process_sort_index": ("sort_index", int),
    "thread_name": ("name", str),
    "thread_sort_index": ("sort_index", int),
}


def faults(document: Event) -> list[str]:
    """Return a sentence for every rule of the format that a trace breaks."""
    events = document["traceEvents"]
    said = [f for event in events for f in _faults_of_event(event)]
    if document.get("displayTimeUnit") not in {"ms", "ns"}:
        said.append("displayTimeUnit must be ms or ns")
    named = [(e["name"], e["pid"], e["tid"]) for e in events if e["ph"] == "M"]
    if len(named) != len(set(named)):
        said.append("something is named twice")
    for track, spans in tracks_of(events).items():
        if not {("process_name", track[0], 0), ("thread_name", *track)} <= set(named):
            said.append(f"track {track} has no name")
        said += _not_nested(spans)
    return said


def _faults_of_event(event: Event) -> list[str]:
    wanted = {"name": str, "pid": int} | dict(WANTED[event["ph"]])
    said = [f"{event}: no {n}" for n, sort in wanted.items() if type(event.get(n)) is not sort]
    if event["ph"] == "X" and (event["dur"] < 0 or event["ts"] < 0):
        said.append(f"{event}: less than nothing")
    if event["ph"] == "C" and not all(type(n) is int and n >= 0 for n in event["args"].values()):
        said.append(f"{event}: a counter counts")
    if event["ph"] == "M":
        key, sort = METADATA[event["name"]]
        said += [] if type(event["args"].get(key)) is sort else [f"{event}: no {key}"]
    return said


def _not_nested(spans: Sequence[Event]) -> list[str]:
    """Hold the spans of one track, in the order written, as a stack holds them."""
    open_until: list[int] = []
    said = []
    for span in spans:
        start, end = span["ts"], span["ts"] + span["dur"]
        while open_until and open_until[-1] <= start and end > open_until[-1]:
            open_until.pop()
        if open_until and end > open_until[-1]:
            said.append(f"{span} ends after what it is in")
        open_until.append(end)
    if any(later["ts"] < span["ts"] for span, later in pairwise(spans)):
        said.append("the spans of a track are not in order")
    return said


def tracks_of(events: Sequence[Event]) -> dict[tuple[int, int], list[Event]]:
    tracks = defaultdict(list)
    for event in events:
        if event["ph"] == "X":
            tracks[event["pid"], event["tid"]].append(event)
    return dict(tracks)


def trace(*runs: Run, titles: Sequence[str] | None = None) -> list[Event]:
    """Return the events of these runs, held against all rules."""
    text = to_trace(runs, titles or [run.strategy for run in runs])
    text.encode()
    document = json.loads(text)
    assert faults(document) == []
    events: list[Event] = document["traceEvents"]
    return events


def names(events: Sequence[Event], sort: str) -> list[str]:
    return [event["args"]["name"] for event in events if event["name"] == f"{sort}_name"]


def drawn(events: Sequence[Event]) -> dict[str, list[tuple[str, int, int]]]:
    """Return the spans on each track by its name: what they are called, when, and how long."""
    called = {(e["pid"], e["tid"]): e["args"]["name"] for e in events if e["name"] == "thread_name"}
    return {
        called[track]: [(e["name"], e["ts"], e["dur"]) for e in spans]
        for track, spans in tracks_of(events).items()
    }


def fetches(events: Sequence[Event]) -> list[Event]:
    return [event for event in events if event.get("cat") == "fetch"]


def by(worker: str, start: float, end: float, index: int = 0) -> Outcome:
    got = response(f"http://a.example/{index}", index, started=start, finished=end)
    return attrs.evolve(got, worker=worker)


def test_a_strategy_is_a_process_and_a_worker_a_track_in_it() -> None:
    runs = [
        run_of([by("one", 1.0, 2.0), by("two", 1.5, 2.0, 1)], "fetch_threaded"),
        run_of([by("one", 2.0, 3.0), by("two", 2.0, 3.0, 1)], "fetch_sync"),
    ]
    events = trace(*runs)
    assert names(events, "process") == ["fetch_threaded", "fetch_sync"]
    assert names(events, "thread") == ["runs", "one", "two"] * 2
    order = [e["args"]["sort_index"] for e in events if e["name"] == "process_sort_index"]
    assert order == [0, 1]
    numbers = [e["tid"] for e in events if e["name"] == "thread_name"]
    assert len({*numbers, *(e["pid"] for e in events)}) == 8


def test_all_runs_stand_on_one_clock_from_the_first_fetch_on() -> None:
    runs = [run_of([by("w", 1025.0, 1025.5)], "b"), run_of([by("w", 1024.5, 1024.75)], "a")]
    assert [(e["ts"], e["dur"]) for e in fetches(trace(*runs))] == [(500000, 500000), (0, 250000)]


def test_rounds_of_one_strategy_follow_each_other_in_its_process_under_their_titles() -> None:
    runs = [run_of([by("w", 0.0, 1.0)]), run_of([by("w", 3.0, 4.0), by("w", 4.0, 5.0, 1)])]
    assert drawn(trace(*runs, titles=["round 1", "round 2"])) == {
        "runs": [("round 1", 0, 1000000), ("round 2", 3000000, 2000000)],
        "w": [("/0", 0, 1000000), ("/0", 3000000, 1000000), ("/1", 4000000, 1000000)],
    }


def test_fetches_of_one_worker_that_overlap_get_tracks_of_their_own() -> None:
    spans = [(0.0, 2.0), (1.0, 3.0), (2.0, 4.0), (2.5, 3.5), (3.5, 3.75)]
    run = run_of([by("MainThread", *span, i) for i, span in enumerate(spans)])
    tracks = drawn(trace(run))
    del tracks["runs"]
    assert {name: [span[0] for span in spans] for name, spans in tracks.items()} == {
        "MainThread": ["/0", "/2"],
        "MainThread (2)": ["/1", "/4"],
        "MainThread (3)": ["/3"],
    }


def test_the_phases_that_are_known_stand_within_their_fetch() -> None:
    timing = Timing(started=0.0, sent=0.25, first_byte=0.5, finished=1.0)
    whole = attrs.evolve(by("a", 0.0, 1.0), timing=timing)
    half = attrs.evolve(by("b", 0.0, 1.0), timing=attrs.evolve(timing, sent=None))
    tracks = drawn(trace(run_of([whole, half, by("c", 0.0, 1.0)])))
    assert tracks["a"][1:] == [("waiting", 250000, 250000), ("transfer", 500000, 500000)]
    assert tracks["b"][1:] == [("transfer", 500000, 500000)]
    assert tracks["c"][1:] == []


def test_a_fetch_has_its_facts_and_a_failure_stands_out() -> None:
    url = "http://u:s3cret@a.example/p"
    failed = failure(url, 1, started=1.0, finished=2.0)
    failed = attrs.evolve(failed, message=f"no answer from {url}", attempts=2)
    got, not_got = fetches(trace(run_of([response(url, 0), failed])))
    assert got["args"] == {
        "url": "http://***@a.example/p",
        "index": 0,
        "result": "200",
        "size": 3,
        "attempts": 1,
    }
    assert "cname" not in got
    assert not_got["args"] == {
        "url": "http://***@a.example/p",
        "index": 1,
        "result": "timeout",
        "message": "no answer from http://***@a.example/p",
        "attempts": 2,
    }
    assert not_got["cname"] == "terrible"


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("http://a.example/p/q?x=1", "/p/q?x=1"),
        ("http://a.example/", "a.example"),
        ("http://a.example", "a.example"),
        ("https://u:p@a.example:8443/", "***@a.example:8443"),
        ("http://a.example/" + "0123456789" * 5, "…" + "123456789" + "0123456789" * 3),
        ("no url", "no url"),
        ("", ""),
        ("http://a.example/\udc80", "/\\udc80"),
    ],
)
def test_a_fetch_is_called_by_its_path_or_its_host_in_short(url: str, name: str) -> None:
    (fetch,) = fetches(trace(run_of([failure(url)])))
    assert fetch["name"] == name


def test_the_number_in_flight_is_counted_for_each_process() -> None:
    runs = [
        run_of([by("a", 0.0, 2.0), by("b", 1.0, 2.0), by("a", 2.0, 3.0)], "one"),
        run_of([by("a", 0.0, 4.0)], "other"),
    ]
    counted = defaultdict(list)
    for event in trace(*runs):
        if event["ph"] == "C":
            counted[event["pid"]].append((event["ts"], event["args"]["in flight"]))
    assert list(counted.values()) == [
        [(0, 1), (1000000, 2), (2000000, 1), (3000000, 0)],
        [(0, 1), (4000000, 0)],
    ]


def test_without_runs_or_fetches_there_is_nothing_to_see() -> None:
    assert trace() == []
    assert {event["ph"] for event in trace(run_of([]))} == {"M"}


def test_a_title_too_few_is_refused() -> None:
    with pytest.raises(ValueError, match="shorter"):
        to_trace([run_of([]), run_of([])], ["one"])


def test_a_comparison_makes_a_process_of_each_strategy_with_all_its_rounds() -> None:
    comparison = small_comparison()
    runs = [run for name in comparison.strategies for run in comparison.runs(name)]
    events = trace(*runs)
    assert names(events, "process") == ["taking", "fast"]
    assert list(Counter(e["pid"] for e in fetches(events)).values()) == [8, 8]


# --- anything ---

moments = st.integers(0, 30).map(lambda n: n / 4) | st.floats(0, 1e5)


@st.composite
def outcomes(draw: st.DrawFn) -> Outcome:
    timing = draw(timings(moments))
    worker = draw(st.sampled_from(["MainThread", "MainThread (2)", "fetch-1"]))
    if draw(st.booleans()):
        return attrs.evolve(response("http://a.example/"), timing=timing, worker=worker)
    return attrs.evolve(failure("http://b.example/"), timing=timing, worker=worker)


@given(st.lists(st.tuples(st.lists(outcomes(), max_size=8), st.sampled_from("ab")), max_size=4))
def test_no_track_has_spans_that_overlap_and_every_outcome_is_there_once(
    drawn_runs: list[tuple[list[Outcome], str]],
) -> None:
    runs = [
        run_of([attrs.evolve(o, index=100 * n + i) for i, o in enumerate(found)], strategy)
        for n, (found, strategy) in enumerate(drawn_runs)
    ]
    events = trace(*runs)  # holds that spans nest or are disjoint
    for spans in tracks_of(events).values():
        whole = [e for e in spans if e["cat"] != "phase"]
        assert all(e["ts"] + e["dur"] <= later["ts"] for e, later in pairwise(whole))
    written = Counter(event["args"]["index"] for event in fetches(events))
    assert written == Counter(o.index for run in runs for o in run)


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(1, 20)), min_size=1, max_size=20))
def test_the_greatest_number_in_flight_is_that_of_the_run(spans: list[tuple[int, int]]) -> None:
    run = run_of([by("w", float(start), float(start + long)) for start, long in spans])
    events = trace(run)
    counted = [e["args"]["in flight"] for e in events if e["ph"] == "C"]
    assert max(counted) == run.peak_in_flight
    workers = [name for name in names(events, "thread") if name != "runs"]
    assert len(workers) == run.peak_in_flight  # no more tracks than it takes
    assert counted[-1] == 0


def test_the_rules_notice_what_is_wrong() -> None:
    def span(start: int, long: int) -> Event:
        return {"ph": "X", "name": "x", "pid": 1, "ts": start, "dur": long, "tid": 2, "cat": "c"}

    wrong = {"traceEvents": [span(0, 5) | {"args": {}}, span(3, 5), {"ph": "C", "args": {"n": -1}}]}
    said = " ".join(faults(wrong | {"displayTimeUnit": "s"}))
    for fault in ("no args", "no pid", "no ts", "counts", "has no name", "ends after", "ms or ns"):
        assert fault in said


def test_real_runs_of_every_strategy_are_traced_by_the_rules(local: LocalServer) -> None:
    urls = [*local.urls(6), "http://127.0.0.1:1/", "no url"]
    options = Options(concurrency=3, timeout=5.0)
    runs = [
        fetch_sync(urls, options),
        fetch_threaded(urls, options),
        asyncio.run(fetch_async(urls, options)),
    ]
    events = trace(*runs)
    assert names(events, "process") == ["fetch_sync", "fetch_threaded", "fetch_async"]
    assert Counter(e["args"]["index"] for e in fetches(events)) == dict.fromkeys(range(8), 3)
    assert sum(e["name"] == "waiting" for e in events) == 18
    assert not [name for name in names(events, "thread") if name.endswith(")")]


def test_a_fetch_that_was_tried_again_stands_on_one_track_with_its_tries() -> None:
    last = tried_before(by("one", 2.5, 3.0), 503, FailureKind.TIMEOUT)
    events = trace(run_of([last, by("one", 0.5, 1.0, 1)]))
    assert drawn(events) == {
        "runs": [("fetch_sync", 0, 3_000_000)],
        "one": [
            ("/0", 0, 3_000_000),
            ("try 1", 0, 250_000),
            ("try 2", 1_250_000, 250_000),
            ("try 3", 2_500_000, 500_000),
        ],
        "one (2)": [("/1", 500_000, 500_000)],
    }
    tries = [event for event in events if event.get("cat") == "try"]
    assert [event["args"] for event in tries] == [
        {"result": "503"},
        {"result": "timeout", "message": "it was a timeout"},
        {"result": "200"},
    ]


def test_a_fetch_that_waits_for_its_next_try_is_not_in_flight() -> None:
    events = trace(run_of([tried_before(by("one", 1.25, 2.0), 503)]))
    counted = [(e["ts"], e["args"]["in flight"]) for e in events if e["ph"] == "C"]
    assert counted == [(0, 1), (250_000, 0), (1_250_000, 1), (2_000_000, 0)]
