"""Runs as an HTTP archive: every object by the rules of HAR 1.2, every number to the digit."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import attrs
import pytest
from fakes import failure, response, tried_before
from hypothesis import given
from hypothesis import strategies as st
from results import run_of, timings

from concurrent_fetch import (
    FailureKind,
    Headers,
    Options,
    Outcome,
    Run,
    Timing,
    fetch_async,
    fetch_sync,
    fetch_threaded,
)
from concurrent_fetch.export._har import to_har
from concurrent_fetch.server import LocalServer

Object = dict[str, Any]

# The fields of each object that we write, as http://www.softwareishard.com/blog/har-12-spec/ has
# them: what type each has (another object by its name in this table; a list by [name]), and
# whether it may be left out ("?").
FIELDS: Mapping[str, Mapping[str, str]] = {
    "root": {"log": "log"},
    "log": {
        "version": "string",
        "creator": "creator",
        "browser": "creator?",
        "pages": "[page]?",
        "entries": "[entry]",
        "comment": "string?",
    },
    "creator": {"name": "string", "version": "string", "comment": "string?"},
    "page": {
        "startedDateTime": "time",
        "id": "string",
        "title": "string",
        "pageTimings": "pageTimings",
        "comment": "string?",
    },
    "pageTimings": {"onContentLoad": "number?", "onLoad": "number?", "comment": "string?"},
    "entry": {
        "pageref": "string?",
        "startedDateTime": "time",
        "time": "number",
        "request": "request",
        "response": "response",
        "cache": "cache",
        "timings": "timings",
        "serverIPAddress": "string?",
        "connection": "string?",
        "comment": "string?",
    },
    "request": {
        "method": "string",
        "url": "string",
        "httpVersion": "string",
        "cookies": "[cookie]",
        "headers": "[pair]",
        "queryString": "[pair]",
        "postData": "postData?",
        "headersSize": "number",
        "bodySize": "number",
        "comment": "string?",
    },
    "response": {
        "status": "number",
        "statusText": "string",
        "httpVersion": "string",
        "cookies": "[cookie]",
        "headers": "[pair]",
        "content": "content",
        "redirectURL": "string",
        "headersSize": "number",
        "bodySize": "number",
        "comment": "string?",
    },
    "pair": {"name": "string", "value": "string", "comment": "string?"},
    "content": {
        "size": "number",
        "compression": "number?",
        "mimeType": "string",
        "text": "string?",
        "encoding": "string?",
        "comment": "string?",
    },
    "cache": {"beforeRequest": "cacheState?", "afterRequest": "cacheState?", "comment": "string?"},
    "timings": {
        "blocked": "number?",
        "dns": "number?",
        "connect": "number?",
        "send": "number",
        "wait": "number",
        "receive": "number",
        "ssl": "number?",
        "comment": "string?",
    },
}
SIMPLE: Mapping[str, type | tuple[type, ...]] = {"string": str, "number": (int, float)}


def faults(sort: str, value: Any, where: str = "") -> list[str]:
    """Return a sentence for every rule of the table that a value breaks."""
    if sort.startswith("["):
        if not isinstance(value, list):
            return [f"{where} is no array"]
        return [f for i, v in enumerate(value) for f in faults(sort[1:-1], v, f"{where}[{i}]")]
    if sort == "time":
        return (
            [] if datetime.fromisoformat(value).utcoffset() is not None else [f"{where}: no zone"]
        )
    if sort in SIMPLE:
        right = isinstance(value, SIMPLE[sort]) and not isinstance(value, bool)
        return [] if right else [f"{where} is no {sort}"]
    if not isinstance(value, dict):
        return [f"{where} is no object"]
    return _faults_of_object(FIELDS[sort], value, where)


def _faults_of_object(fields: Mapping[str, str], value: Object, where: str) -> list[str]:
    optional = {name for name, sort in fields.items() if sort.endswith("?")}
    said = [f"{where}.{name} is missing" for name in fields.keys() - optional - value.keys()]
    for name, part in value.items():
        if name in fields:
            said += faults(fields[name].removesuffix("?"), part, f"{where}.{name}")
        elif not name.startswith("_"):
            said.append(f"{where}.{name} is unknown and has no underscore")
    return said


def faults_of_log(log: Object) -> list[str]:
    """Return a sentence for every rule broken that concerns several fields."""
    ids = [page["id"] for page in log["pages"]]
    said = ["an id stands twice"] if len(ids) != len(set(ids)) else []
    for entry in log["entries"]:
        timings = entry["timings"]
        parts = [v for name, v in timings.items() if name != "comment"]
        if round(sum(v for v in parts if v != -1), 3) != entry["time"]:
            said.append(f"{timings} do not add up to {entry['time']}")
        if min(timings[name] for name in ("send", "wait", "receive")) < 0:
            said.append(f"{timings}: send, wait and receive must be there")
        if any(v < 0 and v != -1 for v in parts):
            said.append(f"{timings}: less than nothing")
        if entry["pageref"] not in ids:
            said.append(f"there is no page {entry['pageref']}")
        if "#" in entry["request"]["url"]:
            said.append("a fragment is in the URL")
    return said


def archive(*runs: Run, titles: Sequence[str] | None = None) -> Object:
    """Return the log of these runs, held against all rules."""
    text = to_har(runs, titles or [run.strategy for run in runs])
    text.encode()
    document = json.loads(text)
    assert faults("root", document) == []
    log: Object = document["log"]
    assert faults_of_log(log) == []
    return log


def entry_of(outcome: Outcome, options: Options | None = None) -> Object:
    (entry,) = archive(run_of([outcome], options=options))["entries"]
    found: Object = entry
    return found


def timed(outcome: Outcome, *times: float | None) -> Object:
    """Return the timings of an outcome that started, was sent, had its head and was finished."""
    started, sent, first_byte, finished = times
    assert started is not None
    assert finished is not None
    timing = Timing(started=started, sent=sent, first_byte=first_byte, finished=finished)
    timings: Object = entry_of(attrs.evolve(outcome, timing=timing))["timings"]
    return {name: part for name, part in timings.items() if name not in {"dns", "connect", "ssl"}}


GOT = response("http://a.example/")
FAILED = failure("http://a.example/")


# --- pages ---


def test_each_run_is_a_page_with_its_title_and_its_entries() -> None:
    runs = [run_of([GOT]), run_of([GOT, GOT]), run_of([])]
    log = archive(*runs, titles=["fetch_sync, round 1", "fetch_sync, round 2", "nothing"])
    assert [(page["id"], page["title"]) for page in log["pages"]] == [
        ("run_1", "fetch_sync, round 1"),
        ("run_2", "fetch_sync, round 2"),
        ("run_3", "nothing"),
    ]
    assert [entry["pageref"] for entry in log["entries"]] == ["run_1", "run_2", "run_2"]
    assert log["pages"][0]["pageTimings"] == {"onContentLoad": -1, "onLoad": -1}
    assert log["creator"]["name"] == "concurrent_fetch"


def test_no_runs_make_an_empty_archive() -> None:
    assert archive()["entries"] == []


def test_a_title_too_few_is_refused() -> None:
    with pytest.raises(ValueError, match="shorter"):
        to_har([run_of([]), run_of([])], ["one"])


# --- times ---


def test_an_entry_starts_as_long_after_the_first_as_its_fetch_did() -> None:
    zone = timezone(timedelta(hours=2))
    run = run_of(
        [
            response("http://a.example/", 0, started=7.0, finished=8.0),
            response("http://b.example/", 1, started=5.5, finished=8.0),
            response("http://c.example/", 2, started=5.750001, finished=8.0),
        ],
        started_at=datetime(2026, 1, 31, 23, 59, 59, tzinfo=zone),
    )
    log = archive(run)
    assert log["pages"][0]["startedDateTime"] == "2026-01-31T23:59:59+02:00"
    assert [(e["startedDateTime"], e["_index"]) for e in log["entries"]] == [
        ("2026-01-31T23:59:59+02:00", 1),
        ("2026-01-31T23:59:59.250001+02:00", 2),
        ("2026-02-01T00:00:00.500000+02:00", 0),
    ]


def test_the_phases_of_a_response_are_told_in_milliseconds() -> None:
    assert timed(GOT, 1024.0, 1024.25, 1024.75, 1026.75) == {
        "blocked": 250.0,
        "send": 0,
        "wait": 500.0,
        "receive": 2000.0,
    }


def test_phases_that_the_client_does_not_tell_are_part_of_wait_and_the_comment_says_so() -> None:
    assert timed(GOT, 0.0, None, None, 1.0) == {
        "blocked": -1,
        "send": 0,
        "wait": 1000.0,
        "receive": 0.0,
        "comment": "not told apart from wait: blocked, receive",
    }
    assert timed(GOT, 0.0, None, 0.75, 1.0) == {
        "blocked": -1,
        "send": 0,
        "wait": 750.0,
        "receive": 250.0,
        "comment": "not told apart from wait: blocked",
    }
    assert timed(GOT, 0.0, 0.25, None, 1.0) == {
        "blocked": 250.0,
        "send": 0,
        "wait": 750.0,
        "receive": 0.0,
        "comment": "not told apart from wait: receive",
    }


def test_a_failure_that_waited_for_a_head_in_vain_waited() -> None:
    assert timed(FAILED, 0.0, 0.25, None, 1.0) == {
        "blocked": 250.0,
        "send": 0,
        "wait": 750.0,
        "receive": 0.0,
    }


@pytest.mark.parametrize("kind", ["invalid_url", "dns", "connect", "tls"])
def test_a_failure_before_anything_could_be_sent_was_blocked_all_the_time(kind: str) -> None:
    failed = attrs.evolve(FAILED, kind=kind)
    assert timed(failed, 0.0, None, None, 1.0) == {
        "blocked": 1000.0,
        "send": 0,
        "wait": 0.0,
        "receive": 0.0,
    }


# --- requests ---


def test_a_request_shows_no_user_info_no_fragment_and_no_secret_header() -> None:
    options = Options(headers={"Authorization": "Bearer s3cret", "X-Name": "a"})
    url = "https://u:s3cret@a.example/p?q=%C3%BC&empty=&q=2+3#there"
    entry = entry_of(attrs.evolve(GOT, url=url), options)
    request = entry["request"]
    assert request["url"] == "https://***@a.example/p?q=%C3%BC&empty=&q=2+3"
    assert request["queryString"] == [
        {"name": "q", "value": "ü"},
        {"name": "empty", "value": ""},
        {"name": "q", "value": "2 3"},
    ]
    assert request["headers"] == [
        {"name": "Authorization", "value": "***"},
        {"name": "X-Name", "value": "a"},
    ]
    assert (request["method"], request["headersSize"], request["bodySize"]) == ("GET", -1, 0)
    assert "s3cret" not in json.dumps(entry)


@pytest.mark.parametrize("number", ["1.0", "1.1", "2"])
def test_request_and_response_have_the_version_of_the_protocol(number: str) -> None:
    entry = entry_of(attrs.evolve(GOT, http_version=number))
    assert entry["request"]["httpVersion"] == entry["response"]["httpVersion"] == f"HTTP/{number}"


@pytest.mark.parametrize("url", ["", "?", "http://[", "http://a\ud800/?\udc80=%ff", "a@b", "\x00"])
def test_what_is_no_url_is_kept_as_text(url: str) -> None:
    assert isinstance(entry_of(attrs.evolve(FAILED, url=url))["request"]["url"], str)


# --- responses ---


def test_a_response_has_its_status_headers_and_sizes_and_no_body() -> None:
    headers = Headers.from_fields(
        [
            ("Content-Type", "text/html; charset=utf-8"),
            ("Set-Cookie", "s3cret"),
            ("Link", "<http://u:s3cret@a.example/>"),
        ]
    )
    got = attrs.evolve(
        GOT, status_code=404, headers=headers, body=b"abcdef", size=6, wire_size=4, attempts=2
    )
    entry = entry_of(got)
    assert entry["response"] == {
        "status": 404,
        "statusText": "Not Found",
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": [
            {"name": "Content-Type", "value": "text/html; charset=utf-8"},
            {"name": "Set-Cookie", "value": "***"},
            {"name": "Link", "value": "<http://***@a.example/>"},
        ],
        "content": {"size": 6, "mimeType": "text/html; charset=utf-8", "compression": 2},
        "redirectURL": "",
        "headersSize": -1,
        "bodySize": 4,
        "_transferSize": 4,
    }
    assert [entry[name] for name in ("_index", "_worker", "_attempts")] == [0, "MainThread", 2]


def test_a_size_on_the_wire_that_is_not_known_is_not_made_up() -> None:
    answer = entry_of(GOT)["response"]
    assert answer["content"] == {"size": 3, "mimeType": ""}
    assert answer["bodySize"] == -1
    assert "_transferSize" not in answer


def test_a_status_without_a_name_has_none() -> None:
    assert entry_of(attrs.evolve(GOT, status_code=799))["response"]["statusText"] == ""


def test_redirects_are_told_in_the_comment() -> None:
    got = attrs.evolve(GOT, redirects=("http://a.example/",), final_url="http://b.example/")
    answer = entry_of(got)["response"]
    assert answer["comment"] == "after 1 redirect, from http://b.example/"
    assert answer["redirectURL"] == ""


def test_a_failure_is_an_entry_of_status_0_with_its_reason_as_chrome_has_it() -> None:
    url = "http://u:s3cret@a.example/"
    failed = attrs.evolve(FAILED, url=url, message="no answer from http://u:s3cret@a.example/")
    entry = entry_of(failed)
    assert entry["response"]["status"] == 0
    assert entry["response"]["_error"] == "timeout: no answer from http://***@a.example/"
    assert entry["request"]["httpVersion"] == entry["response"]["httpVersion"] == ""


# --- anything ---

moments = st.floats(0, 1e6, allow_nan=False)


@st.composite
def outcomes(draw: st.DrawFn) -> Outcome:
    timing = draw(timings(moments))
    url, index = draw(st.text()), draw(st.integers(0, 99))
    if draw(st.booleans()):
        sizes: Object = {
            "size": draw(st.integers(0, 2**53)),
            "wire_size": draw(st.none() | st.just(5)),
        }
        return attrs.evolve(GOT, url=url, index=index, timing=timing, **sizes)
    kind = draw(st.sampled_from(FailureKind))
    return attrs.evolve(FAILED, url=url, index=index, timing=timing, kind=kind)


@given(st.lists(st.lists(outcomes(), max_size=4), max_size=3))
def test_every_outcome_is_there_once_by_the_rules_and_its_times_add_up(
    runs: list[list[Outcome]],
) -> None:
    entries = archive(*map(run_of, runs))["entries"]
    times = sorted((f"run_{n}", o.index, o.elapsed * 1e3) for n, r in enumerate(runs, 1) for o in r)
    written = sorted((e["pageref"], e["_index"], e["time"]) for e in entries)
    assert [place[:2] for place in written] == [place[:2] for place in times]
    assert sorted(t for *_, t in written) == pytest.approx(sorted(t for *_, t in times), abs=1e-3)


def test_the_rules_notice_what_is_wrong() -> None:
    wrong = {"log": {"version": 1.2, "creator": {"name": "a"}, "entries": {}, "more": 1}}
    assert sorted(faults("root", wrong)) == [
        ".log.creator.version is missing",
        ".log.entries is no array",
        ".log.more is unknown and has no underscore",
        ".log.version is no string",
    ]


def real_runs(local: LocalServer) -> list[Run]:
    urls = [*local.urls(3), local.url("/status/404"), "http://127.0.0.1:1/", "no url"]
    options = Options(concurrency=3, timeout=5.0)
    return [
        fetch_sync(urls, options),
        fetch_threaded(urls, options),
        asyncio.run(fetch_async(urls, options)),
    ]


def test_real_runs_of_every_strategy_are_archived_by_the_rules(local: LocalServer) -> None:
    runs = real_runs(local)
    log = archive(*runs)
    assert [page["title"] for page in log["pages"]] == [
        "fetch_sync",
        "fetch_threaded",
        "fetch_async",
    ]
    for run, page in zip(runs, log["pages"], strict=True):
        entries = [e for e in log["entries"] if e["pageref"] == page["id"]]
        assert sorted(e["_index"] for e in entries) == list(range(6))
        assert sorted(e["response"]["status"] for e in entries) == [0, 0, 200, 200, 200, 404]
        started = min(datetime.fromisoformat(e["startedDateTime"]) for e in entries)
        assert started == run.started_at.astimezone(UTC)
        for entry in entries:
            if entry["response"]["status"]:
                assert "comment" not in entry["timings"]
                assert entry["response"]["bodySize"] == entry["response"]["content"]["size"]


def test_an_entry_tells_of_the_tries_before_it() -> None:
    last = response("http://a.example/", started=12.5, finished=13.0)
    run = run_of([tried_before(last, 503, FailureKind.TIMEOUT), response("http://b.example/", 1)])
    plain, entry = json.loads(to_har([run], ["x"]))["log"]["entries"]
    assert faults("entry", entry) == []
    assert "_earlier" not in plain
    assert (entry["startedDateTime"], entry["time"]) == ("2026-01-31T12:00:12.500000+00:00", 500.0)
    assert entry["_earlier"] == [
        {
            "startedDateTime": "2026-01-31T12:00:10+00:00",
            "time": 250.0,
            "status": 503,
            "_waited": 1000.0,
        },
        {
            "startedDateTime": "2026-01-31T12:00:11.250000+00:00",
            "time": 250.0,
            "status": 0,
            "_error": "timeout: it was a timeout",
            "_waited": 1000.0,
        },
    ]


def test_a_run_begins_with_the_first_try_of_all() -> None:
    last = response("http://a.example/", started=12.5, finished=13.0)
    (entry,) = json.loads(to_har([run_of([tried_before(last, 503)])], ["x"]))["log"]["entries"]
    assert entry["startedDateTime"] == "2026-01-31T12:00:01.250000+00:00"
