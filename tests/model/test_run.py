"""Run: what derives from hand-made outcomes, to the digit."""

import math
import pickle
import statistics
from datetime import UTC, datetime
from typing import Any

import attrs
import pytest
from fakes import failure, response, tried_before
from hypothesis import given
from hypothesis import strategies as st
from pace import in_time

from concurrent_fetch import Failure, FailureKind, Headers, Options, Outcome, Response, Run, Timing
from concurrent_fetch.errors import FetchFailed, UnknownNameError
from concurrent_fetch.model._columns import COLUMNS
from concurrent_fetch.model._stopwatch import Stopwatch
from concurrent_fetch.stats import most_at_once

NAMES = [
    "index",
    "url",
    "ok",
    "status_code",
    "kind",
    "message",
    "error",
    "final_url",
    "redirects",
    "size",
    "wire_size",
    "digest",
    "sink",
    "http_version",
    "reused",
    "attempts",
    "tries",
    "waited",
    "started",
    "sent",
    "first_byte",
    "finished",
    "elapsed",
    "elapsed_in_all",
    "worker",
    "host",
    "method",
    "tag",
    "key",
    "content_type",
    "at",
]


def answered(
    index: int, started: float = 0.0, finished: float = 1.0, status: int = 200, size: int = 10
) -> Response:
    return Response(
        url=f"http://u:s3cret@x/{index}",
        final_url=f"http://x/{index}",
        status_code=status,
        headers=Headers(),
        size=size,
        redirects=("http://x/a",),
        timing=Timing(started=started, finished=finished),
        worker="w",
        index=index,
    )


def failed(index: int, started: float = 0.0, finished: float = 1.0, kind: str = "dns") -> Failure:
    return Failure(
        url=f"http://u:s3cret@x/{index}",
        kind=FailureKind(kind),
        message="no such name",
        error="gaierror",
        timing=Timing(started=started, finished=finished),
        worker="w",
        index=index,
    )


def run_of(*outcomes: Outcome, elapsed: float = 4.0, **changes: Any) -> Run:
    facts: dict[str, Any] = {
        "outcomes": outcomes,
        "strategy": "fetch_mine",
        "options": Options(),
        "started_at": datetime(2026, 11, 1, tzinfo=UTC),
        "elapsed": elapsed,
        "cpu": 0.5,
    }
    return Run(**facts | changes)


RUN = run_of(
    answered(0, 0.0, 2.0, size=100),
    answered(1, 0.5, 1.0, status=404, size=20),
    failed(2, 1.0, 4.0),
    answered(3, 3.0, 3.5, status=302, size=0),
)


def test_derived_numbers() -> None:
    assert RUN.requests_per_second == 1.0
    assert RUN.bytes_per_second == 30.0
    assert RUN.mean_in_flight == (2.0 + 0.5 + 3.0 + 0.5) / 4.0
    assert RUN.peak_in_flight == 2
    assert [o.index for o in RUN.responses] == [0, 1, 3]
    assert [o.index for o in RUN.failures] == [2]
    assert [o.index for o in RUN.not_ok] == [1, 2]


def test_an_empty_run() -> None:
    empty = run_of(elapsed=0.0)
    assert (len(empty), empty.responses, empty.failures, empty.not_ok) == (0, (), (), ())
    assert (empty.requests_per_second, empty.bytes_per_second, empty.mean_in_flight) == (0, 0, 0)
    assert empty.peak_in_flight == 0
    assert empty.to_columns() == {name: [] for name in NAMES}
    assert empty.to_dicts() == []
    assert str(empty) == "fetch_mine: no URLs"
    empty.raise_for_failures()


def test_a_run_is_a_sequence() -> None:
    assert len(RUN) == 4
    assert RUN[0] == RUN.outcomes[0]
    assert RUN[-1].index == 3
    assert RUN[1:3] == RUN.outcomes[1:3]
    assert list(RUN) == list(RUN.outcomes)
    assert RUN.index(RUN[2]) == 2
    assert RUN[1] in RUN
    assert [o.index for o in reversed(RUN)] == [3, 2, 1, 0]
    with pytest.raises(IndexError):
        RUN[4]


def test_runs_are_values() -> None:
    again = pickle.loads(pickle.dumps(RUN))
    assert again == RUN
    assert hash(again) == hash(RUN)
    assert attrs.evolve(RUN, elapsed=5.0) != RUN


def test_repr_is_one_short_line() -> None:
    assert repr(RUN) == "<Run fetch_mine: 4 outcomes, 1 failure, 4.00 s>"


def test_few_outcomes_are_printed_one_by_one() -> None:
    lines = str(RUN).splitlines()
    assert lines[0].startswith(
        "fetch_mine: 4 URLs in 4.00 s, 1.0 requests/s, 1.5 in flight, 1 fail"
    )
    rows = [line.split() for line in lines[1:]]
    assert ["result", "size", "time", "URL"] in rows
    assert ["404", "20", "B", "500", "ms", "http://***@x/1"] in rows
    assert ["dns", "–", "3.00", "s", "http://***@x/2"] in rows
    assert "s3cret" not in str(RUN)


def test_many_outcomes_are_printed_by_result() -> None:
    many = run_of(*(answered(i) for i in range(1000)), failed(1000), failed(1001, kind="tls"))
    lines = str(many).splitlines()
    assert len(lines) < 10
    assert lines[0].startswith("fetch_mine: 1,002 URLs")
    rows = [line.split() for line in lines]
    assert ["200", "1,000", "9.8", "KiB", "1.00", "s", "http://***@x/0"] in rows
    assert ["tls", "1", "0", "B", "1.00", "s", "http://***@x/1001"] in rows


def test_columns_and_dicts_have_the_same_names_and_values() -> None:
    columns, rows = RUN.to_columns(), RUN.to_dicts()
    assert list(columns) == list(COLUMNS) == NAMES
    assert [list(row) for row in rows] == [NAMES] * 4
    assert [{name: columns[name][i] for name in NAMES} for i in range(4)] == rows
    assert columns["url"] == [f"http://***@x/{i}" for i in range(4)]
    assert columns["status_code"] == [200, 404, None, 302]
    assert columns["kind"] == [None, None, "dns", None]
    assert columns["error"] == [None, None, "gaierror", None]
    assert columns["ok"] == [True, False, False, True]
    assert columns["redirects"] == [1, 1, None, 1]
    assert columns["elapsed"] == [2.0, 0.5, 3.0, 0.5]
    assert type(columns["kind"][2]) is str
    assert "s3cret" not in str(columns)


def test_raise_for_failures_names_the_first_three() -> None:
    run_of(answered(0, status=500)).raise_for_failures()
    with pytest.raises(FetchFailed, match=r"^1 of 4 URLs failed: .*x/2: dns: no such name$") as one:
        RUN.raise_for_failures()
    assert "s3cret" not in str(one.value)
    with pytest.raises(FetchFailed, match=r"^5 of 5 URLs failed: .*; and 2 more$"):
        run_of(*(failed(i) for i in range(5))).raise_for_failures()


times = st.lists(st.floats(0, 1e3), min_size=1, max_size=40)


@given(times, st.floats(0, 100))
def test_percentile_is_linear_between_order_statistics(elapsed: list[float], q: float) -> None:
    run = run_of(*(answered(i, 0.0, t) for i, t in enumerate(elapsed)))
    found = run.percentile(q)
    ordered = sorted(elapsed)
    # Brute force: the broken line through (100 k / (n - 1), k-th smallest).
    knots = [100 * k / max(1, len(ordered) - 1) for k in range(len(ordered))]
    expected = ordered[-1]
    for left, right, low, high in zip(knots, knots[1:], ordered, ordered[1:], strict=False):
        if left <= q <= right:
            expected = low + (high - low) * (q - left) / (right - left)
            break
    assert math.isclose(found, expected, rel_tol=1e-9, abs_tol=1e-9)
    assert ordered[0] <= found <= ordered[-1]


@given(times)
def test_percentiles_meet_minimum_median_and_maximum(elapsed: list[float]) -> None:
    run = run_of(*(answered(i, 0.0, t) for i, t in enumerate(elapsed)))
    assert run.percentile(0) == min(elapsed)
    assert run.percentile(100) == max(elapsed)
    assert math.isclose(run.percentile(50), statistics.median(elapsed), abs_tol=1e-9)


def test_percentile_is_of_responses_only() -> None:
    assert run_of(answered(0, 0.0, 1.0), failed(1, 0.0, 9.0)).percentile(100) == 1.0


@pytest.mark.parametrize("q", [-0.1, 100.1, math.nan])
def test_percentile_outside_its_range_is_refused(q: float) -> None:
    with pytest.raises(ValueError, match="q must be between 0 and 100, got"):
        RUN.percentile(q)


def test_percentile_of_no_response_is_refused() -> None:
    with pytest.raises(ValueError, match="no response in this run"):
        run_of(failed(0)).percentile(50)


spans = st.lists(st.tuples(st.integers(0, 20), st.integers(1, 9)), max_size=15)


@given(spans)
def test_peak_in_flight_counts_overlaps(pairs: list[tuple[int, int]]) -> None:
    run = run_of(*(answered(i, s, s + length) for i, (s, length) in enumerate(pairs)))
    brute = max(
        (sum(s <= moment < s + length for s, length in pairs) for moment in range(30)), default=0
    )
    assert run.peak_in_flight == brute


def test_one_that_ends_when_another_starts_does_not_overlap() -> None:
    assert most_at_once([0.0, 1.0], [1.0, 2.0]) == 1


def test_what_only_arrays_have_is_missing_with_the_way_to_a_data_frame() -> None:
    run: Any = RUN
    for name in ("dtype", "ndim", "shape"):
        assert not hasattr(run, name)
    with pytest.raises(AttributeError) as caught:
        run.ndim  # noqa: B018 - pandas looks for it
    assert str(caught.value) == (
        "'Run' object has no attribute 'ndim'; its columns make a data frame: "
        "pandas.DataFrame(run.to_columns())"
    )


def test_what_else_is_missing_is_missing_as_ever() -> None:
    run: Any = RUN
    with pytest.raises(AttributeError) as caught:
        run.outcome  # noqa: B018 - the mistake itself
    assert str(caught.value) == "'Run' object has no attribute 'outcome'"
    assert (caught.value.name, caught.value.obj) == ("outcome", run)
    odd = run_of(attrs.evolve(answered(0), timing=None))  # type: ignore[arg-type]  # it is odd
    with pytest.raises(AttributeError, match="'NoneType' object has no attribute"):
        odd.mean_in_flight  # noqa: B018 - it raises


def test_a_stopwatch_sorts_and_measures() -> None:
    run = Stopwatch("mine", Options()).run([answered(1), answered(0)])
    assert [o.index for o in run] == [0, 1]
    assert run.elapsed > 0
    in_time(run.elapsed, 1)
    assert run.cpu >= 0
    assert run.started_at.tzinfo is UTC


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"outcomes": ["x", None]},
            "Run.outcomes must hold Response and Failure only, got NoneType, ",
        ),
        ({"strategy": None}, "Run.strategy must be a str, got None"),
        ({"options": {}}, "options must be an Options, got dict"),
        ({"started_at": "now"}, "Run.started_at must be a datetime, got 'now'"),
        ({"started_at": datetime(2026, 1, 1)}, "Run.started_at must have a time zone"),  # noqa: DTZ001 - the mistake itself
        ({"elapsed": -1.0}, "Run.elapsed must be finite seconds of at least 0, got -1.0"),
        ({"elapsed": math.nan}, "Run.elapsed must be finite seconds of at least 0, got nan"),
        ({"cpu": "1"}, "Run.cpu must be seconds as a float, got '1'"),
    ],
)
def test_what_is_no_run_is_refused_with_field_value_and_rule(
    changes: dict[str, Any], message: str
) -> None:
    facts: dict[str, Any] = {
        "outcomes": [answered(0)],
        "strategy": "mine",
        "options": Options(),
        "started_at": datetime(2026, 1, 1, tzinfo=UTC),
        "elapsed": 1.0,
        "cpu": 0.5,
    }
    assert Run(**facts).outcomes == (answered(0),)
    with pytest.raises((TypeError, ValueError)) as caught:
        Run(**facts | changes)
    assert str(caught.value).startswith(message)


def test_the_tries_of_a_fetch_and_its_waits_are_columns() -> None:
    last = response("http://a.example/", started=10.0, finished=10.5)
    run = Run.of([tried_before(last, 503, FailureKind.TIMEOUT, wait=0.5), response("http://b/", 1)])
    columns = run.to_columns()
    assert columns["tries"] == [3, 1]
    assert columns["waited"] == [1.0, 0.0]
    assert columns["elapsed"] == [0.5, 1.0]
    assert columns["elapsed_in_all"] == [2.0, 1.0]


def test_a_run_of_outcomes_begins_with_the_first_try() -> None:
    last = response("http://a.example/", started=10.0, finished=10.5)
    assert Run.of([tried_before(last, 503)]).elapsed == 1.75


A, B = "http://a.example/", "http://b.example:81/"


def refused() -> Run:
    return Run.of(
        [
            response(f"{A}1", 0),
            response(f"{A}2", 1, status_code=404),
            failure(f"{B}1", 2),
            response(f"{B}2", 3, status_code=503),
            response(f"{B}3", 4, status_code=503),
            failure("nonsense", 5, kind=FailureKind.INVALID_URL),
            failure(f"{A}3", 6, kind=FailureKind.INVALID_URL),
        ]
    )


def indices(groups: Any) -> Any:
    return [(key, [outcome.index for outcome in group]) for key, group in groups.items()]


def test_failures_belong_together_by_kind_by_status_and_by_host_the_most_first() -> None:
    run = refused()
    assert indices(run.failures_by("kind")) == [("invalid_url", [5, 6]), ("timeout", [2])]
    assert indices(run.failures_by("status")) == [(503, [3, 4]), (404, [1])]
    hosts = [("b.example", [2, 3, 4]), ("a.example", [1, 6]), ("", [5])]
    assert indices(run.failures_by("host")) == hosts
    assert run.failures_by("kind")[FailureKind.TIMEOUT] == (run[2],)
    assert run_of().failures_by("host") == {}


@pytest.mark.parametrize("word", ["hosts", 5, None])
def test_another_word_says_which_there_are(word: Any) -> None:
    with pytest.raises(UnknownNameError) as caught:
        refused().failures_by(word)
    hint = " (did you mean 'host'?)" if word == "hosts" else ""
    assert str(caught.value) == (
        f"failures are sorted by 'kind', 'status', 'host', not by {word!r}{hint}"
    )


def test_the_urls_of_all_that_is_not_ok_may_be_fetched_once_more() -> None:
    run = refused()
    assert run.failed_urls == [f"{A}2", f"{B}1", f"{B}2", f"{B}3", "nonsense", f"{A}3"]
    assert run.failed_urls == [outcome.url for outcome in run.not_ok]
    assert RUN.failed_urls == ["http://u:s3cret@x/1", "http://u:s3cret@x/2"]  # as they were given


def test_each_try_is_in_flight_and_no_wait_is() -> None:
    last = response(A, started=10.0, finished=11.0)  # tries from 7.5 and from 8.75 on
    run = Run.of([tried_before(last, 503, 503), response(B, 1, started=8.75, finished=9.75)])
    assert run.elapsed == 3.5
    assert run.mean_in_flight == (0.25 + 0.25 + 1.0 + 1.0) / 3.5
    assert run.peak_in_flight == 2
    assert Run.of([tried_before(last, 503, 503)]).peak_in_flight == 1


def test_a_printed_run_says_what_was_tried_again_and_what_came_of_it() -> None:
    plain = response(A)
    assert "tried" not in str(Run.of([plain]))
    once = Run.of([tried_before(plain, 503)])
    assert str(once).splitlines()[-1] == "1 URL was tried again"
    assert once.table().columns[3].header == "tries"
    again = [
        tried_before(plain, 503, 503),
        tried_before(response(A, 1, status_code=503), 503, 503),
        tried_before(failure(B, 2), FailureKind.TIMEOUT),
    ]
    words = "3 URLs were tried again, 5 times in all, 2 of them in vain"
    assert str(Run.of(again)).splitlines()[-1] == words
    many = Run.of([*again, *(response(A, i) for i in range(3, 30))])
    assert str(many).splitlines()[-1] == words
    assert words in many._repr_html_()


def test_a_printed_run_says_how_many_places_were_idle_for_hosts_and_what_helps() -> None:
    run = attrs.evolve(RUN, waited_for_hosts=10.0)
    words = "2.5 places were idle on average while URLs waited for their hosts"
    assert str(run).splitlines()[-1] == words
    advised = attrs.evolve(run, advice="shuffle them")
    assert str(advised).splitlines()[-2:] == [words, "shuffle them"]
    assert words in advised._repr_html_()
    assert str(attrs.evolve(RUN, waited_for_hosts=0.01)) == str(RUN)
