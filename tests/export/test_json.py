"""Results as JSON: what is saved loads as an equal result, and what is damaged says where."""

import copy
import json
import math
import pickle
import re
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import attrs
import pytest
from comparisons import Result, by_hand, compared, every_end, length, told
from fakes import URLS, answers, freeze, response, tried_before
from hypothesis import given, settings
from hypothesis import strategies as st

from concurrent_fetch import (
    Attempt,
    Comparison,
    Failure,
    FailureKind,
    Headers,
    Options,
    Outcome,
    Pace,
    Probe,
    Response,
    Retry,
    Row,
    Run,
    Runner,
    Timing,
    fetch_sync,
    save,
)
from concurrent_fetch.analysis._load import Amount, Load
from concurrent_fetch.errors import FormatError
from concurrent_fetch.export._codec import read, tree
from concurrent_fetch.export._json import Writer, from_json, to_json
from concurrent_fetch.export._packing import Sources, packed_times, unpacked
from concurrent_fetch.export._upgrades import UPGRADES, VERSION
from concurrent_fetch.model._saved_work import SavedWork
from concurrent_fetch.server import LocalServer

DATA = Path(__file__).parent / "data"
BY_HAND = {type(result).__name__.lower(): result for result in by_hand()}
each_kind = pytest.mark.parametrize("kind", BY_HAND)


def again(result: Result) -> Any:
    return from_json(to_json(result))


def bare(run: Run) -> Run:
    def bared(outcome: Outcome) -> Outcome:
        if isinstance(outcome, Failure):
            return outcome
        return attrs.evolve(outcome, headers=Headers(), body=b"")

    return attrs.evolve(run, outcomes=tuple(map(bared, run)))


# --- there and back ---


def test_a_real_comparison_comes_back_equal_and_tells_the_same(local: LocalServer) -> None:
    comparison = compared(every_end(local))
    loaded = again(comparison)
    assert loaded == comparison
    assert comparison == loaded
    assert told(loaded) == told(comparison)
    assert to_json(loaded) == to_json(comparison)


def test_a_real_run_comes_back_without_headers_and_bodies(local: LocalServer) -> None:
    run = fetch_sync(every_end(local), Options(digest=True))
    assert any(r.body and r.headers for r in run.responses)
    loaded = again(run)
    assert loaded == bare(run)
    assert list(map(repr, loaded)) == list(map(repr, bare(run)))
    assert str(loaded) == str(run)


@each_kind
def test_every_kind_of_result_comes_back_equal_and_tells_the_same(kind: str) -> None:
    result = BY_HAND[kind]
    loaded = again(result)
    assert type(loaded) is type(result)
    assert loaded == result
    assert told(loaded) == told(result)
    assert pickle.loads(pickle.dumps(loaded)) == result


def test_a_run_of_no_urls_comes_back() -> None:
    run = fetch_sync([])
    assert again(run) == run


def test_what_is_no_result_is_refused() -> None:
    with pytest.raises(TypeError, match="comparison or sweep or ladder or run, got list"):
        to_json([])  # type: ignore[arg-type]


def test_an_outcome_that_cannot_be_is_not_saved() -> None:
    run = Runner(URLS).run(answers)
    strange = attrs.evolve(run, outcomes=(attrs.evolve(run[0], attempts=0),))
    with pytest.raises(ValueError, match=r"Response\.attempts must be an int of at least 1"):
        to_json(strange)


texts = st.text(st.characters(codec="utf-8", exclude_characters="@"), max_size=6) | st.sampled_from(
    ["timeout", "null", "-1", "\ud800", "\u2028", "-"]
)
moments = st.floats(-1e9, 1e9)
sizes = st.integers(0, 2**63 - 1)


@st.composite
def timings(draw: st.DrawFn) -> Timing:
    started, sent, first_byte, finished = sorted(draw(st.tuples(*[moments] * 4)))
    return Timing(
        started=started,
        sent=draw(st.sampled_from([None, sent])),
        first_byte=draw(st.sampled_from([None, first_byte])),
        finished=finished,
    )


@st.composite
def earlier_tries(draw: st.DrawFn, last: float) -> tuple[Attempt, ...]:
    """Tries before one that started last."""
    times = sorted(draw(st.lists(st.floats(-1e9, last), max_size=4)))
    made = []
    for started, finished in zip(times[::2], times[1::2], strict=False):
        facts: dict[str, Any] = {"status_code": draw(st.integers(100, 999))}
        if draw(st.booleans()):
            facts = {"kind": draw(st.sampled_from(FailureKind)), "message": draw(texts)}
        waited = draw(st.floats(0, 1e9))
        made.append(Attempt(started=started, finished=finished, waited=waited, **facts))
    return tuple(made)


@st.composite
def outcomes(draw: st.DrawFn, url: str) -> Outcome:
    common: dict[str, Any] = {"url": url, "index": 0, "timing": draw(timings())}
    common |= {"attempts": draw(st.integers(1, 3)), "worker": draw(texts)}
    common["earlier"] = draw(earlier_tries(common["timing"].started))
    if draw(st.booleans()):
        error = draw(st.none() | texts)
        kind = draw(st.sampled_from(FailureKind))
        return Failure(kind=kind, message=draw(texts), error=error, **common)
    return Response(
        final_url=draw(texts),
        status_code=draw(st.integers(100, 999)),
        headers=Headers.from_mapping(draw(st.sampled_from([{}, {"Content-Encoding": "gzip"}]))),
        size=draw(sizes),
        wire_size=draw(st.none() | sizes),
        digest=draw(st.none() | texts),
        redirects=tuple(draw(st.lists(texts, max_size=2))),
        http_version=draw(texts),
        reused=draw(st.none() | st.booleans()),
        **common,
    )


@st.composite
def comparisons(draw: st.DrawFn) -> Comparison:
    urls = draw(st.lists(texts, min_size=1, max_size=4, unique=True))
    ticks = iter(draw(st.lists(st.floats(1e-3, 1e6), min_size=400, max_size=400)))
    now = [0.0]

    def clock() -> float:
        now[0] += next(ticks, 1.0)
        return now[0]

    def strategy(urls: list[str], _options: Options) -> list[Outcome]:
        return [attrs.evolve(draw(outcomes(url)), index=i) for i, url in enumerate(urls)]

    freeze()
    names = draw(st.lists(texts, min_size=1, max_size=3, unique=True))
    rounds, seed = draw(st.integers(1, 3)), draw(st.integers(-(2**70), 2**70))
    runner = Runner(urls, rounds=rounds, seed=seed, clock=clock, cpu_clock=clock)
    return runner.compare(**dict.fromkeys(names, strategy))


@given(comparisons())
@settings(deadline=None, max_examples=40)
def test_any_comparison_comes_back_equal(comparison: Comparison) -> None:
    loaded = again(comparison)
    assert loaded == comparison
    assert to_json(loaded) == to_json(comparison)
    assert repr(loaded.runs(loaded.reference)) == repr(comparison.runs(comparison.reference))
    to_json(comparison).encode()


def test_text_is_written_as_it_reads_and_a_lone_surrogate_as_an_escape() -> None:
    run = Runner(["http://ä.example/", "http://\udc80.example/"]).run(answers)
    text = to_json(run)
    assert "http://ä.example/" in text
    assert "http://\\udc80.example/" in text
    assert from_json(text) == run


# --- work ---


def test_work_is_saved_by_its_name_and_equals_any_of_that_name() -> None:
    runner = Runner(URLS, work=length)
    loaded = again(runner.run(answers))
    work = loaded.options.work
    assert work == SavedWork("length")
    assert work == length
    assert length == work
    assert work != len
    assert work != "length"
    with pytest.raises(TypeError, match="unhashable"):
        hash(work)
    assert pickle.loads(pickle.dumps(work)) == work
    assert "work=length" in repr(loaded.options)
    assert loaded.options.differences(runner.options) == ()


def test_saved_work_cannot_be_done_and_says_why() -> None:
    with pytest.raises(TypeError, match="the function length was loaded from a file, which holds"):
        SavedWork("length")(response(URLS[0]))


# --- limits and retries ---

LIMITED = Options(
    per_host=2,
    delay=0.5,
    rate=10.0,
    hosts={"api.example": Pace(per_host=8), "slow.example": Pace(delay=1)},
    retry=Retry(attempts=4, on={FailureKind.TIMEOUT, 503, 429}, budget=1.0),
    deadline=60.0,
)


def refused_twice(urls: list[str], _options: Options) -> list[Outcome]:
    """Of which one was tried three times."""
    first, *rest = answers(urls)
    return [tried_before(first, 503, FailureKind.TIMEOUT), *rest]


def test_limits_and_retries_come_back() -> None:
    run = Runner(URLS, LIMITED).run(refused_twice)
    run = attrs.evolve(run, waited_for_hosts=1.5, advice="shuffle them")
    loaded = again(run)
    assert loaded == run
    assert hash(loaded.options) == hash(run.options)
    assert repr(loaded) == repr(run)
    assert list(map(repr, loaded)) == list(map(repr, run))
    assert loaded.options.differences(run.options) == ()
    raw = json.loads(to_json(run))
    assert raw["options"]["hosts"]["slow.example"] == {"per_host": None, "delay": 1}
    assert raw["options"]["retry"]["on"] == [429, 503, "timeout"]
    assert list(raw["columns"]["earlier"]) == ["0"]
    assert raw["columns"]["earlier"]["0"][0] == {
        "status_code": 503,
        "kind": None,
        "message": None,
        "started": -2.5,
        "finished": -2.25,
        "waited": 1.0,
    }


def test_a_comparison_keeps_what_was_tried_again() -> None:
    clock = count(step=0.5)
    runner = Runner(URLS, LIMITED, rounds=2, clock=lambda: next(clock), cpu_clock=lambda: 0.0)
    comparison = runner.compare(answers, refused_twice)
    loaded = again(comparison)
    assert loaded == comparison
    assert [len(o.earlier) for o in loaded.runs("refused_twice")[0]] == [2, 0, 0, 0]


def test_a_function_that_decides_on_retries_is_saved_by_its_name() -> None:
    def is_blocked(outcome: Outcome) -> bool:
        return not outcome.ok

    run = Runner(URLS, Options(retry=Retry(on=is_blocked))).run(answers)
    loaded = again(run)
    assert loaded.options == run.options
    assert hash(loaded.options) == hash(run.options)
    assert "on=is_blocked" in repr(loaded.options)
    with pytest.raises(TypeError, match=r"is_blocked was loaded .* write Retry\(on=\.\.\.\) with"):
        loaded.options.retry.concerns(run[0])


def test_a_password_in_the_message_of_a_try_is_hidden(tmp_path: Path) -> None:
    def refused(urls: list[str], options: Options) -> list[Outcome]:
        told = "refused me:pa55word at http://you:pa55word@host/"
        one, *_ = refused_twice(urls, options)
        tries = [attrs.evolve(t, message=told if t.kind else None) for t in one.earlier]
        return [attrs.evolve(one, earlier=tuple(tries))]

    run = Runner(["http://me:pa55word@host/"]).run(refused)
    for suffix in ("json", "csv", "md", "html", "svg", "har", "trace.json"):
        save(run, tmp_path / f"all.{suffix}")
        assert "pa55word" not in (tmp_path / f"all.{suffix}").read_text(encoding="utf-8")
    assert again(run)[0].earlier[1].message == "refused *** at http://***@host/"


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("options.per_host", 0, "options: Options.per_host must be at least 1"),
        ("options.rate", "1", "options.rate: expected a number, got '1'"),
        ("options.hosts", [], "options.hosts: expected an object, got a list"),
        ("options.hosts.x", {"per_host": 1}, "options.hosts.x: 'delay' is missing"),
        ("options.hosts.x", {"per_host": 0, "delay": None}, "options.hosts.x: Pace.per_host must"),
        ("options.retry", 3, "options.retry: expected an object, got 3"),
        ("options.retry.attempts", 0, "options.retry: Retry.attempts must be at least 1"),
        ("options.retry.on", {}, "options.retry.on: expected a list, got an object"),
        ("options.retry.on", [1.5], "options.retry.on[0]: expected a text, got 1.5"),
        ("options.retry.on", ["tomeout"], "options.retry: Retry.on must hold kinds of failure"),
        ("options.retry.timeout", -1, "options.retry: Retry.timeout must be"),
        ("waited_for_hosts", -1, "Run.waited_for_hosts must be finite seconds of at least 0"),
        ("waited_for_hosts", 1e13, "waited_for_hosts: expected at most 1e+12"),
        ("advice", None, "advice: expected a text, got null"),
        ("columns.earlier", [], "columns.earlier: expected an object, got a list"),
        ("columns.earlier.4", [], "columns.earlier: expected places of fetches as keys, got '4'"),
        ("columns.earlier.01", [], "columns.earlier: expected places of fetches as keys, got '01'"),
        ("columns.earlier.0", {}, "columns.earlier['0']: expected a list, got an object"),
        ("columns.earlier.0[0].status_code", 99, ".status_code: expected 100 to 999, got 99"),
        ("columns.earlier.0[0].status_code", None, "[0]: expected either a status_code or a kind"),
        ("columns.earlier.0[1].kind", "x", "[1].kind: expected one of invalid_url, "),
        ("columns.earlier.0[1].message", None, "[1].message: a failure has one, and nothing else"),
        ("columns.earlier.0[0].started", -1e13, "[0].started: expected -1e+12 to 1e+12"),
        ("columns.earlier.0[0].finished", -9, "[0].finished: expected -2.5 to 1e+12, got -9"),
        ("columns.earlier.0[0].finished", 0, "[0].finished: the next try starts before this"),
        ("columns.earlier.0[1].finished", 9, "[1].finished: the next try starts before this"),
        ("columns.earlier.0[0].waited", -1, "[0].waited: expected 0 to 1e+12, got -1"),
    ],
)
def test_what_is_wrong_with_a_limit_or_a_try_is_named(
    path: str, value: object, message: str
) -> None:
    raw = json.loads(to_json(Runner(URLS, LIMITED).run(refused_twice)))
    put(path, value)(raw)
    with pytest.raises(FormatError, match=re.escape(message)):
        from_json(json.dumps(raw))


def test_what_is_no_outcome_has_no_tries_in_a_file() -> None:
    raw = json.loads(to_json(foreign()))
    raw["checks"]["lengths"]["columns"]["earlier"] = {"1": []}
    with pytest.raises(FormatError, match="this fetch is no outcome, and tells nothing of its"):
        from_json(json.dumps(raw))


# --- encodings ---


def test_what_was_asked_for_comes_back_where_its_decoder_is_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run = Runner(URLS, Options(encodings=("br", "gzip"))).run(answers)
    monkeypatch.setitem(sys.modules, "brotli", None)
    monkeypatch.setitem(sys.modules, "brotlicffi", None)
    with pytest.raises(ValueError, match="cannot name 'br'"):
        Options(encodings=("br", "gzip"))
    loaded = again(run)
    assert loaded == run
    assert repr(loaded.options) == repr(run.options)
    assert attrs.evolve(loaded.options, concurrency=2).encodings == ("br", "gzip")


# --- secrets ---


def _but_for_codings(text: str) -> Any:
    """Of a run they go with its headers."""
    tree = json.loads(text)
    tree.get("columns", {}).pop("coding", None)
    return tree


def test_no_user_info_and_no_secret_header_stands_in_a_file(local: LocalServer) -> None:
    host = local.url("/get").removeprefix("http://")
    urls = [f"http://me:pa55word@{host}", "http://me:pa55word@", "https://me:pa55word@127.0.0.1:1/"]
    comparison = compared(urls, Authorization="Basic pa55word", Referer=urls[0])
    run = fetch_sync(urls, Options(headers={"Cookie": "pa55word"}))
    by_hand = Runner(urls).run(answers)  # their final_url is as it was given
    for result in (comparison, run, by_hand):
        text = to_json(result)
        assert "pa55word" not in text
        assert "http://***@" in text
        assert _but_for_codings(to_json(from_json(text))) == _but_for_codings(text)
    loaded = again(comparison)
    assert loaded.urls == (f"http://***@{host}", "http://***@", "https://***@127.0.0.1:1/")
    assert loaded.options.headers["authorization"] == "***"
    assert loaded.options.headers["referer"] == f"http://***@{host}"
    assert str(loaded) == str(comparison)


def test_a_password_in_a_message_is_hidden_where_the_url_tells_it() -> None:
    def failing(urls: list[str], _options: Options) -> list[Outcome]:
        message = "refused me:pa55word at http://you:secret@host/"
        timing = Timing(started=0.0, finished=1.0)
        facts: dict[str, Any] = {"message": message, "worker": "w", "timing": timing}
        return [
            Failure(url=url, kind=FailureKind.OTHER, index=i, **facts) for i, url in enumerate(urls)
        ]

    (outcome,) = again(Runner(["http://me:pa55word@host/"]).run(failing))
    assert outcome.message == "refused *** at http://***@host/"


# --- values that are no outcomes ---


def foreign() -> Comparison:
    """A comparison of outcomes with values that tell less and less."""

    def mixed(urls: list[str]) -> list[object]:
        first, *_ = answers(urls)
        return [first, (urls[1], b"abc"), (urls[2], "abc"), ValueError("http://u:pa55@h/")]

    def lengths(urls: list[str]) -> list[object]:
        return [(url, 3) for url in urls]

    def unordered(urls: list[str]) -> list[object]:
        return [Row(status_code=200, size=3, unread=True, coding="gzip") for _ in urls]

    def nothing(_urls: list[str]) -> None: ...

    clock = count(step=0.5)
    runner = Runner(URLS, rounds=2, seed=1, clock=lambda: next(clock), cpu_clock=lambda: 0.0)
    return runner.compare(answers, mixed, lengths, unordered, nothing)


def test_what_is_known_of_values_loads_as_it_was_saved(tmp_path: Path) -> None:
    comparison = foreign()
    loaded = again(comparison)
    assert loaded == comparison
    assert str(loaded) == str(comparison)
    assert loaded.to_columns() == comparison.to_columns()
    assert [r.unread for r in loaded.records] == [r.unread for r in comparison.records]
    assert "pa55" not in to_json(comparison)
    for suffix in ("csv", "md", "html", "svg", "har", "trace.json"):
        save(comparison, tmp_path / f"all.{suffix}")
        assert "pa55" not in (tmp_path / f"all.{suffix}").read_text(encoding="utf-8")


@pytest.mark.parametrize("suffix", ["har", "trace.json"])
def test_a_format_made_of_times_needs_some(suffix: str, tmp_path: Path) -> None:
    def nothing(_urls: list[str]) -> None: ...

    comparison = Runner(URLS, rounds=1).compare(nothing)
    with pytest.raises(FormatError, match="no strategy here tells the times of its fetches"):
        save(comparison, tmp_path / f"all.{suffix}")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("attempts", [1, 1, 1, 1], "attempts[0]: expected null: this says nothing of such an"),
        ("status_code", [200, 99, 200, 200], "status_code[1]: expected 100 to 999, got 99"),
        ("length", [3, -1, 3, 3], "length[1]: expected 0 to 9.22337e+18, got -1"),
        ("sent", [1.0, None, None, None], "sent[0]: expected null"),
    ],
)
def test_a_row_in_a_file_is_checked(name: str, value: object, message: str) -> None:
    raw = json.loads(to_json(foreign()))
    raw["checks"]["lengths"]["columns"][name] = value
    with pytest.raises(FormatError, match=re.escape(message)):
        from_json(json.dumps(raw))


def test_a_run_is_of_outcomes() -> None:
    raw = json.loads(to_json(BY_HAND["run"]))
    for name in ("started", "sent", "first_byte", "finished", "attempts", "worker"):
        raw["columns"][name] = [None] * len(raw["urls"])
    with pytest.raises(FormatError, match=r"columns\.started: a run tells when each of its"):
        from_json(json.dumps(raw))


# --- versions ---


def fixtures() -> list[Path]:
    return sorted(DATA.glob("*-*.json"))


@pytest.mark.parametrize("path", fixtures(), ids=lambda path: path.stem)
def test_a_file_of_every_version_loads_as_what_was_saved(path: Path) -> None:
    kind, _, version = path.stem.partition("-")
    text = path.read_text(encoding="utf-8")
    assert json.loads(text)["version"] == int(version)
    loaded = from_json(text)
    assert type(loaded).__name__.lower() == kind
    newest = from_json((DATA / f"{kind}-{VERSION}.json").read_text(encoding="utf-8"))
    assert loaded == newest
    assert told(loaded) == told(newest)


def test_options_that_came_later_say_what_was_done_before_them() -> None:
    loaded = from_json((DATA / "run-1.json").read_text(encoding="utf-8"))
    assert isinstance(loaded, Run)
    options = loaded.options
    assert (options.proxy, options.allow_private, options.keep_cookies) == (None, True, False)
    assert (options.per_host, options.delay, options.rate, options.hosts) == (None, None, None, {})
    assert (options.retry, options.deadline) == (None, None)
    assert (loaded.waited_for_hosts, loaded.advice) == (0.0, "")
    assert {outcome.earlier for outcome in loaded} == {()}


@pytest.mark.parametrize("kind", BY_HAND)
def test_there_is_a_file_of_every_version_of_every_kind(kind: str) -> None:
    there = {path.stem for path in fixtures()}
    assert {f"{kind}-{version}" for version in range(1, VERSION + 1)} <= there
    assert sorted(UPGRADES) == list(range(1, VERSION))


@pytest.mark.parametrize("version", range(1, VERSION + 1))
def test_the_saved_comparison_says_what_it_said(version: int) -> None:
    loaded = from_json((DATA / f"comparison-{version}.json").read_text(encoding="utf-8"))
    assert isinstance(loaded, Comparison)
    assert loaded.strategies == ("fetch_sync", "fetch_threaded", "fetch_async")
    assert loaded.options.work == length
    assert loaded.checks["fetch_sync"].results == [
        *("200", "404", "200", "200", "incomplete", "invalid_url", "200")
    ]
    assert loaded.marked == {1: "fetch_async brought another body"}
    assert {probe.blocked for probe in loaded.probes.values()} == {None}  # it came later


def test_a_blocked_event_loop_is_saved() -> None:
    loaded = from_json((DATA / f"comparison-{VERSION}.json").read_text(encoding="utf-8"))
    assert isinstance(loaded, Comparison)
    seen = Probe(thread=None, loop=None, on_loop=False, threads=1, blocked=0.75, blocked_in="get()")
    comparison = attrs.evolve(loaded, probes={"fetch_async": seen})
    assert from_json(to_json(comparison)) == comparison


def test_what_others_did_with_the_machine_is_saved() -> None:
    loaded = from_json((DATA / f"comparison-{VERSION}.json").read_text(encoding="utf-8"))
    assert isinstance(loaded, Comparison)
    half = Amount(median=0.5, worst=1.5)
    load = Load(rounds=8, busy=2, others=half, steal=half, pressure=None, switches=half)
    starved = Probe(thread=None, loop=None, on_loop=False, threads=1, starved=1.25, others=0.5)
    card = attrs.evolve(loaded.card, in_rounds=load)
    comparison = attrs.evolve(loaded, card=card, probes={"fetch_async": starved})
    assert from_json(to_json(comparison)) == comparison
    assert "others took 0.5 (at most 1.5) of" in str(card)


@pytest.mark.parametrize(
    ("load", "probe", "where"),
    [
        ({"rounds": 0, "busy": 0}, {}, r"card\.in_rounds: expected at least one round"),
        ({"busy": 9}, {}, r"card\.in_rounds: expected at least one round"),
        ({"others": Amount(median=-5.0, worst=1.0)}, {}, r"in_rounds\.others: expected a median"),
        ({"steal": Amount(median=1.0, worst=1e300)}, {}, r"in_rounds\.steal: expected a median"),
        ({}, {"starved": -1.0}, r"probes\.fetch_async\.starved: expected 0 to"),
        ({}, {"others": 1.5}, r"probes\.fetch_async\.others: expected 0 to 1"),
    ],
)
def test_a_machine_that_cannot_be_is_damage(
    load: dict[str, Any], probe: dict[str, Any], where: str
) -> None:
    loaded = from_json((DATA / f"comparison-{VERSION}.json").read_text(encoding="utf-8"))
    assert isinstance(loaded, Comparison)
    half = Amount(median=0.5, worst=1.5)
    told = Load(rounds=8, busy=2, others=half, steal=half, pressure=None, switches=half)
    seen = Probe(thread=None, loop=None, on_loop=False, threads=1, starved=1.25, others=0.5)
    card = attrs.evolve(loaded.card, in_rounds=attrs.evolve(told, **load))
    probes = {"fetch_async": attrs.evolve(seen, **probe)}
    with pytest.raises(FormatError, match=where):
        from_json(to_json(attrs.evolve(loaded, card=card, probes=probes)))


# --- short forms ---


def columns_of(comparison: Comparison, name: str) -> list[Any]:
    tree = json.loads(to_json(comparison))
    records = [tree["checks"][comparison.reference], *tree["records"][:1]]
    return [record["columns"][name] for record in records]


def test_what_is_constant_or_as_in_the_check_run_is_told_in_a_word(local: LocalServer) -> None:
    urls = [local.url(f"/bytes/{n}") for n in range(1, 5)]
    comparison = Runner(urls, Options(concurrency=1), rounds=1).compare(fetch_sync)
    assert columns_of(comparison, "status_code") == [{"all": 200}] * 2
    assert columns_of(comparison, "message") == [{"all": None}] * 2
    assert columns_of(comparison, "size") == [[1, 2, 3, 4], {"as": "check"}]
    assert columns_of(comparison, "final_url") == [{"as": "urls"}, {"as": "check"}]
    assert columns_of(comparison, "reused")[0] == {"values": [False, True], "at": [0, 1, 1, 1]}


def test_digests_of_every_run_are_told_once_and_where_they_changed(local: LocalServer) -> None:
    urls = [local.url(f"/bytes/{n}") for n in range(1, 5)]
    comparison = Runner(urls, rounds=1).compare(fetch_sync)
    assert columns_of(comparison, "digest")[1] == {"as": "check"}
    record = comparison.records[0]
    digests = list(record.columns["digest"])
    for changes, column in (
        ({2: "new"}, {"as": "check", "at": [2], "values": ["new"]}),
        ({0: None, 3: "b"}, {"as": "check", "at": [0, 3], "values": [None, "b"]}),
        ({0: "a", 1: "b", 3: "c"}, ["a", "b", digests[2], "c"]),
    ):
        changed = tuple(changes.get(i, digest) for i, digest in enumerate(digests))
        one = attrs.evolve(record, columns={**record.columns, "digest": changed})
        whole = attrs.evolve(comparison, records=(one,))
        assert columns_of(whole, "digest")[1] == column
        assert from_json(to_json(whole)) == whole


def test_times_of_a_clock_that_counts_nanoseconds_are_told_in_nanoseconds() -> None:
    run = Runner(URLS).run(answers)
    at = Timing(started=5000.000000001, first_byte=5000.5, finished=5001.000000003)
    outcomes = [attrs.evolve(outcome, timing=at) for outcome in run]
    columns = json.loads(to_json(attrs.evolve(run, outcomes=tuple(outcomes))))["columns"]
    assert columns["started"] == {"after": 5000000000001, "ns": [0] * 4}
    assert columns["sent"] == {"all": None}
    assert columns["first_byte"] == {"after": "started", "ns": [499999999] * 4}
    assert columns["finished"] == {"after": "started", "ns": [1000000002] * 4}


def test_times_that_are_no_whole_nanoseconds_are_told_as_they_are() -> None:
    assert packed_times([0.1 + 0.2, 1.0], None) == [0.1 + 0.2, 1.0]
    assert str(packed_times([-0.0, 1.0], None)) == "[-0.0, 1.0]"


nanoseconds = st.integers(-(10**18), 10**18).map(lambda n: n / 1e9)
times = st.lists(nanoseconds | st.floats(-1e12, 1e12) | st.none(), max_size=5)


@given(times, st.lists(nanoseconds, min_size=5, max_size=5), st.booleans())
def test_times_come_back_exactly(values: list[Any], starts: list[float], is_after: bool) -> None:
    started = starts[: len(values)] if is_after or None in values else None
    sources: Sources = {} if started is None else {"started": lambda: started}
    packed = json.loads(json.dumps(packed_times(values, started)))
    back = unpacked(packed, len(values), "x", sources=sources, convert=None)
    assert list(map(repr, back)) == list(map(repr, values))


def test_a_writer_writes_again_what_it_has_written_and_what_is_new() -> None:
    whole = BY_HAND["comparison"]
    assert isinstance(whole, Comparison)
    first = attrs.evolve(whole, order=whole.order[:1], records=whole.records[:3], marked={})
    writer = Writer()
    for comparison in (first, whole, first, attrs.evolve(whole, urls=(*URLS[:3], "http://x/"))):
        assert writer.to_json(comparison) == to_json(comparison)
        assert from_json(writer.to_json(comparison)) == comparison


# --- damaged and foreign files ---


def head(**facts: object) -> str:
    whole = {"format": "concurrent_fetch", "kind": "run", "version": 1, "written_by": "x"}
    return json.dumps(whole | facts)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "not JSON: Expecting value (line 1, column 1)"),
        ('{"format": 1\n "kind"', "not JSON: Expecting ',' delimiter (line 2, column 2)"),
        ("\ufeff{}", "not JSON: Unexpected UTF-8 BOM (decode using utf-8-sig) (line 1, column 1)"),
        ('{"format": NaN}', "not JSON: NaN is no number"),
        ('{"format": [-Infinity]}', "not JSON: -Infinity is no number"),
        ('{"a": 1, "b": 2, "a": 1}', "the key 'a' stands twice in one object"),
        ("[" * 100_000, "not JSON of ours: it is nested too deep"),
        (f"[{'1' * 5000}]", "not JSON of ours: Exceeds the limit (4300 digits)"),
        ("5", 'this is no file of concurrent_fetch: it has no "format"'),
        ('{"format": "har"}', 'this is no file of concurrent_fetch: it has no "format"'),
        ('{"format": "concurrent_fetch"}', "'kind' is missing"),
        (head(version="1"), "version: expected an int, got '1'"),
        (head(version=True), "version: expected an int, got true"),
        (head(version=0), "version: expected 1 or more, got 0"),
        (
            head(version=99, written_by="concurrent_fetch 0.9.0"),
            f"this one reads up to version {VERSION}: upgrade it",
        ),
        (head(written_by=None), "written_by: expected a text, got null"),
        (head(kind=[]), "kind: expected one of comparison, sweep, ladder, run, got a list"),
        (head(), "'strategy' is missing"),
        (head(extra=1), "is missing"),
    ],
)
def test_what_is_no_result_says_so(text: str, message: str) -> None:
    with pytest.raises(FormatError, match=f"^{re.escape(message)}|{re.escape(message)}$"):
        from_json(text)


Spoil = Callable[[Any], object]


def spoiled(kind: str, spoil: Spoil) -> str:
    tree = json.loads(to_json(BY_HAND[kind]))
    spoil(tree)
    return json.dumps(tree)


def put(path: str, value: object) -> Spoil:
    """Put a value at a path as messages have it, in a tree."""

    def spoil(tree: Any) -> None:
        *inner, last = re.findall(r"[^.\[\]]+", path)
        for step in inner:
            tree = tree[int(step) if isinstance(tree, list) else step]
        tree[int(last) if isinstance(tree, list) else last] = value

    return spoil


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("extra", 1, "the key 'extra' is unknown"),
        ("urls", [], "checks.slow.columns.started: expected 0 values, got 4"),
        ("urls[1]", None, "urls[1]: expected a text, got null"),
        ("options.concurrency", 0, "options: Options.concurrency must be at least 1, got 0"),
        ("options.concurrency", True, "options.concurrency: expected an int, got true"),
        ("options.timeout", "1", "options.timeout: expected a number, got '1'"),
        ("options.headers", [["Host"]], "options.headers: expected a list of [name, value]"),
        ("options.headers", [["a b", "c"]], "options.headers: 'a b' is no name of a header"),
        ("options.verify", 1, "options.verify: expected true or false, got 1"),
        ("options.progress", True, "options: the key 'progress' is unknown"),
        ("strategies[1]", "slow", "strategies: expected at least one name, and none twice"),
        ("strategies[1]", "other", "checks: expected one check run of each strategy"),
        ("looks", [7, 7], "looks: expected ascending numbers of at least 1"),
        ("looks", [6], "order: expected 1 to 6 rounds"),
        ("seed", 10**200, "seed: the int is too large"),
        ("order[2]", ["slow"], "order[2]: expected each strategy once"),
        ("started_at", "2026-01-01", "started_at: the time has no time zone: '2026-01-01'"),
        ("started_at", "now", "started_at: expected a date and time, got 'now'"),
        ("started_at", "9999-12-31T23:59:59+00:00", "started_at: the year is out of range: 9999"),
        ("card.cores", 0, "card.cores: expected at least 1"),
        ("checks.slow.round", 0, "checks.slow: this is no check run of 'slow'"),
        ("probes.other", None, "probes.other: expected an object, got null"),
        ("reasons.other", [], "reasons: no strategy is called 'other'"),
        ("notes", [{"strategy": "x", "fact": "", "advice": ""}], "notes: no strategy is called"),
        ("marked.x", "y", "marked: expected whole numbers as keys, got 'x'"),
        ("marked.07", "y", "marked: expected whole numbers as keys, got '07'"),
        ("marked.7", "y", "marked: there is no round 7"),
        ("records", [], "records: expected 21 records, got 0"),
        ("records", None, "records: expected a list, got null"),
        ("records[2].elapsed", 0.0, "records[2].elapsed: expected 1e-12 to 1e+12, got 0.0"),
        ("records[2].elapsed", 10**400, "records[2].elapsed: the number is too large"),
        ("records[2].round", 2, "records[2]: expected round 0 of "),
        ("records[2].columns.sent", {}, "sent: expected a list, or an object as one of all, as, "),
        ("records[2].columns.sent", {"as": "x"}, "sent.as: expected check or reference, got 'x'"),
        ("checks.slow.columns.size", {"as": "check"}, "size.as: expected nothing, as no other"),
        (
            "records[2].columns.digest",
            {"as": "check", "at": [9], "values": ["a"]},
            "digest.at: expected ints from 0 to 3",
        ),
        (
            "records[2].columns.digest",
            {"as": "check", "at": [1], "values": []},
            "digest: expected 1 values, got 0",
        ),
        (
            "records[2].columns.digest",
            {"as": "check", "at": [1], "values": [5]},
            "digest[1]: expected a text, got 5",
        ),
        (
            "records[2].columns.worker",
            {"values": ["a"], "at": [0, 0, 0, 1]},
            "at: expected ints fr",
        ),
        ("records[2].columns.worker", {"values": ["a"], "at": [0, 0, 0, None]}, "at: expected int"),
        ("records[2].columns.worker", {"values": ["a"], "at": [0]}, "worker: expected 4 values, "),
        ("records[2].columns.worker", {"values": "a", "at": []}, "worker.values: expected a list"),
        ("records[2].columns.worker", {"all": 1}, "worker[0]: expected a text, got 1"),
        ("records[2].columns.status_code", {"all": True}, "status_code[0]: expected an int, got t"),
        (
            "records[2].columns.sent",
            {"after": "x", "ns": []},
            "sent.after: expected an int, got 'x'",
        ),
        (
            "records[2].columns.sent",
            {"after": 0, "ns": [0.5]},
            "sent.ns[0]: expected an int or null",
        ),
        ("records[2].columns.sent", {"after": 0, "ns": [2**64]}, "sent.ns: the int is too large"),
        ("records[2].columns.sent", {"after": 2**64, "ns": []}, "sent.after: the int is too large"),
        (
            "records[2].columns.started",
            {"after": "started", "ns": []},
            "started.after: expected an",
        ),
        ("records[2].columns.started", [0.1 + 0.2] * 4, "finished: the starts are not as many, or"),
        ("records[2].columns.sent", [1e9] * 4, "finished[0]: the time lies before the one"),
        (
            "records[2].options",
            {"timeout": 0},
            "records[2].options: Options.timeout must be finite",
        ),
        ("records[2].options", {"time": 0}, "records[2].options: the key 'time' is unknown"),
        ("records[2].columns.started", [0.0] * 3, "started: expected 4 values, got 3"),
        (
            "records[2].columns.started",
            [0.0, None, 0, 0],
            "finished.ns[1]: the fetch tells no start",
        ),
        ("records[2].columns.started", [0.0, 1e99, 0, 0], "started[1]: expected -1e+12 to 1e+12"),
        ("records[2].columns.attempts", [1, 1, 1, 0], "attempts[3]: expected 1 to"),
        ("records[2].columns.attempts", [1, 1, True, 1], "attempts[2]: expected an int, got true"),
        ("records[2].columns.size", [1, 1, 1, 2**63], "size[3]: expected 0 to"),
        ("records[2].columns.message", ["", None, None, None], "message[0]: expected null: this"),
        ("records[2].columns.kind", ["x"] * 4, "kind[0]: expected null or one of invalid_url"),
        ("records[2].columns.redirects", [[], [1], [], []], "redirects[1][0]: expected a text"),
        (
            "records[2].columns.redirects",
            [[], "", [], []],
            "redirects[1]: expected a list of texts",
        ),
    ],
)
def test_a_wrong_value_is_named_with_its_place(path: str, value: object, message: str) -> None:
    with pytest.raises(FormatError, match=re.escape(message)):
        from_json(spoiled("comparison", put(path, value)))


def test_what_is_missing_is_named() -> None:
    with pytest.raises(FormatError, match=r"^records\[2\]\.columns: 'sent' is missing$"):
        from_json(spoiled("comparison", lambda tree: tree["records"][2]["columns"].pop("sent")))


@pytest.mark.parametrize(
    ("kind", "path", "value", "message"),
    [
        ("sweep", "levels", [1], "levels: expected two or more ascending numbers of at least 1"),
        ("sweep", "levels", [1, 2, 8], "levels: the strategies of the comparison are others"),
        ("sweep", "comparison.seed", "x", "comparison.seed: expected an int, got 'x'"),
        ("ladder", "changes", ["reuse"], "changes: expected 2, got 1"),
        ("run", "elapsed", -1.0, "Run.elapsed must be finite seconds of at least 0, got -1.0"),
        ("run", "elapsed", 1e13, "elapsed: expected at most 1e+12, got 10000000000000.0"),
        ("run", "strategy", 1, "strategy: expected a text, got 1"),
    ],
)
def test_a_wrong_value_in_another_kind(kind: str, path: str, value: object, message: str) -> None:
    with pytest.raises(FormatError, match=f"^{re.escape(message)}"):
        from_json(spoiled(kind, put(path, value)))


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([0, 1, -1, 10**18, 10**30, 10**400, 2**63])
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=4)
    | st.sampled_from(["slow", "0", "1", "\ud800", "a@b://c@d"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=4,
)


def places(tree: Any) -> Iterator[tuple[Any, Any]]:
    """Yield every container with each of its keys."""
    steps = tree.items() if isinstance(tree, dict) else enumerate(tree)
    for key, item in steps:
        yield tree, key
        if isinstance(item, (dict, list)):
            yield from places(item)


def delete(_: st.DrawFn, holder: Any, key: Any) -> None:
    del holder[key]


def replace(draw: st.DrawFn, holder: Any, key: Any) -> None:
    holder[key] = draw(values)


def nudge(draw: st.DrawFn, holder: Any, key: Any) -> None:
    """Put another value of the same type, which is more likely to be taken."""
    value = holder[key]
    if isinstance(value, (int, float)) and abs(value) < 1e300:
        holder[key] = value * draw(st.sampled_from([-1, 0, 2, 1e9, 1e-9, 1e100, 1e300]))
    elif isinstance(value, str):
        holder[key] = value + draw(st.text(max_size=2))
    else:
        holder[key] = type(value)() if value is not None else draw(st.sampled_from(["", 0, 0.5]))


def double(draw: st.DrawFn, holder: Any, key: Any) -> None:
    if isinstance(holder, list):
        holder.insert(key, copy.deepcopy(holder[key]))
    else:
        holder[draw(st.text(max_size=3))] = holder[key]


def swap(draw: st.DrawFn, holder: Any, key: Any) -> None:
    other = draw(
        st.sampled_from(sorted(holder) if isinstance(holder, dict) else range(len(holder)))
    )
    holder[key], holder[other] = holder[other], holder[key]


TEXTS = {f"hand {kind}": to_json(result) for kind, result in BY_HAND.items()} | {
    path.stem: path.read_text(encoding="utf-8") for path in fixtures()
}
TEXTS["tried again"] = to_json(Runner(URLS, LIMITED).run(refused_twice))


@attrs.frozen
class Damaged:
    text: str = attrs.field(repr=False)
    how: str


@st.composite
def damaged_trees(draw: st.DrawFn) -> Damaged:
    name = draw(st.sampled_from(sorted(TEXTS)))
    tree, how = json.loads(TEXTS[name]), [name]
    for _ in range(draw(st.integers(1, 2))):
        # At every depth alike: most places are entries of columns.
        holder, key = tree, draw(st.sampled_from(sorted(tree)))
        path = [key]
        while isinstance(holder[key], (dict, list)) and holder[key] and draw(st.integers(0, 4)):
            holder = holder[key]
            keys = sorted(holder) if isinstance(holder, dict) else range(len(holder))
            key = draw(st.sampled_from(keys))
            path.append(key)
        act = draw(st.sampled_from([delete, replace, nudge, double, swap]))
        act(draw, holder, key)
        now = holder.get(key) if isinstance(holder, dict) else holder[key : key + 1]
        how.append(f"{act.__name__} {path} {json.dumps(now)[:60]}")
    return Damaged(json.dumps(tree), "; ".join(how))


@st.composite
def damaged_texts(draw: st.DrawFn) -> Damaged:
    name = draw(st.sampled_from(sorted(TEXTS)))
    text = TEXTS[name]
    start, end = draw(st.integers(0, len(text))), draw(st.integers(0, 30))
    new = draw(st.text(max_size=2))
    return Damaged(text[:start] + new + text[start + end :], f"{name} {start}+{end} {new!r}")


@given(damaged_trees() | damaged_texts())
@settings(deadline=None, max_examples=200)
def test_a_damaged_file_is_refused_or_tells_what_it_holds(damaged: Damaged) -> None:
    try:
        loaded = from_json(damaged.text)
    except FormatError:
        return
    told(loaded)
    assert again(again(loaded)) == again(loaded)  # a cut URL may show user info that is hidden


@attrs.frozen
class Part:
    kept: int
    aside: int = attrs.field(default=0, eq=False)


def test_a_field_that_does_not_count_in_comparing_is_no_part_of_the_file() -> None:
    assert tree(Part(1, 2)) == {"kept": 1}
    assert read(Part, {"kept": 1}, "x") == Part(1)
    with pytest.raises(FormatError, match=r"^x: the key 'aside' is unknown$"):
        read(Part, {"kept": 1, "aside": 2}, "x")


def test_a_moment_without_microseconds_and_with_another_zone_comes_back() -> None:
    run = attrs.evolve(Runner(URLS).run(answers), started_at=datetime(2026, 1, 1, tzinfo=UTC))
    assert again(run) == run
    assert math.isfinite(run.elapsed)
