"""Pictures: what they say, and that they hold together whatever the figures are."""

import itertools
import math
import random
import re
from base64 import b64decode
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import attrs
import pytest
from fakes import URLS, Clock, failure, response, taking, tried_before
from hypothesis import given
from hypothesis import strategies as st

from concurrent_fetch import Comparison, Options, Outcome, Picture, Run, Runner
from concurrent_fetch.errors import UnknownNameError
from concurrent_fetch.render import (
    Interval,
    Lane,
    Panel,
    curves,
    intervals,
    timeline,
)
from concurrent_fetch.render._lane import Fetch
from concurrent_fetch.render._scale import round_ratios, round_values
from concurrent_fetch.render._spans import at_once, joined, most_at_once, rows_of, steps
from concurrent_fetch.render._svg import DEEP, FAILED, FETCH, INK, LINE, SIZE, WIDE
from concurrent_fetch.results._pictures import typical_round

pytestmark = pytest.mark.once

MOST_BYTES = 50_000
SVG = "{http://www.w3.org/2000/svg}"

times = st.floats(0, 1e6, allow_nan=False)
spans = st.lists(st.tuples(times, times).map(sorted).map(tuple), max_size=60).map(sorted)


def parsed(picture: Picture) -> ET.Element:
    root = ET.fromstring(picture.svg)
    assert root.tag == f"{SVG}svg"
    return root


def texts(picture: Picture) -> list[str]:
    return [element.text or "" for element in parsed(picture).iter(f"{SVG}text")]


def strokes(picture: Picture, colour: str) -> int:
    """How many straight strokes of a colour there are."""
    paths = [
        p.get("d", "") for p in parsed(picture).iter(f"{SVG}path") if p.get("stroke") == colour
    ]
    return sum(path.count("h") for path in paths)


def one_after_another(count: int, each: float = 1.0, *, failed: Sequence[int] = ()) -> Lane:
    made = [Fetch(i * each, (i + 1) * each, i in failed) for i in range(count)]
    return Lane(name="sync", facts="", fetches=made, elapsed=count * each)


def all_at_once(count: int, each: float = 1.0) -> Lane:
    made = [Fetch(0.0, each)] * count
    return Lane(name="async", facts="", fetches=made, elapsed=each)


# --- Spans and scales ---


@given(spans, times)
def test_a_union_covers_the_spans_and_nothing_beyond_the_gap(
    given_: list[tuple[float, float]], gap: float
) -> None:
    union = joined(given_, gap)
    assert all(any(a <= start and end <= b for a, b in union) for start, end in given_)
    assert all(b + gap < c for (_, b), (c, _) in itertools.pairwise(union))
    assert {a for a, _ in union} <= {start for start, _ in given_}
    assert {b for _, b in union} <= {end for _, end in given_}


@given(spans, st.integers(1, 20))
def test_rows_hold_every_span_once_in_order_and_evenly(
    given_: list[tuple[float, float]], rows: int
) -> None:
    found = rows_of(given_, rows)
    assert [span for row in found for span in row] == given_
    assert len(found) == min(rows, len(given_))
    assert max(map(len, found), default=0) - min(map(len, found), default=0) <= 1


@given(spans, st.integers(1, 50))
def test_what_was_in_flight_adds_up_to_the_times_of_all_fetches(
    given_: list[tuple[float, float]], cells: int
) -> None:
    length = max([1.0, *(end for _, end in given_)])
    found = [number for _, number in at_once(given_, length, cells)]
    busy = math.fsum(end - start for start, end in given_)
    assert math.fsum(found) * length / cells == pytest.approx(busy, rel=1e-6, abs=1e-3)


@given(spans)
def test_the_most_at_once_is_the_peak_of_the_steps(given_: list[tuple[float, float]]) -> None:
    assert most_at_once(given_) == max((number for _, number in steps(given_)), default=0)


@given(st.floats(1e-9, 1e9), st.integers(1, 10))
def test_the_values_along_an_axis_are_few_even_and_within(high: float, most: int) -> None:
    values = round_values(high, most)
    assert values[0] == 0
    assert len(values) <= most + 1
    assert values[-1] <= high * (1 + 1e-6)
    steps = {round(b - a, 12) for a, b in itertools.pairwise(values)}
    assert len({f"{step:.6g}" for step in steps}) <= 1


@given(st.floats(1e-4, 1.0), st.floats(1.5, 1e5))
def test_the_ratios_along_an_axis_are_few_and_hold_1(low: float, high: float) -> None:
    values = round_ratios(low, high, 7)
    assert 1 <= len(values) <= 7
    assert all(low <= value <= high for value in values)


# --- The timeline ---


def test_every_fetch_has_a_row_of_its_own_and_failures_are_red() -> None:
    picture = timeline([one_after_another(10, failed=[3, 7])], title="t", alt="a")
    assert strokes(picture, FETCH) == 10
    assert strokes(picture, FAILED) == 2 * 2  # in its row, and in the margin
    assert "failed" in texts(picture)


def test_without_failures_nothing_is_red_and_the_legend_has_none() -> None:
    picture = timeline([one_after_another(10)], title="t", alt="a")
    assert FAILED not in picture.svg
    assert "failed" not in texts(picture)


def test_one_failure_of_a_hundred_thousand_is_seen() -> None:
    picture = timeline([one_after_another(100_000, failed=[54_321])], title="t", alt="a")
    assert strokes(picture, FAILED) == 2


def test_a_short_run_is_magnified_and_the_factor_is_printed() -> None:
    picture = timeline([one_after_another(20), all_at_once(20)], title="t", alt="a")
    (factor,) = [text for text in texts(picture) if text.startswith("×")]
    assert 12 <= int(factor[1:]) <= 19
    assert strokes(picture, FETCH) == 20 + 2 * 20


def test_three_pixels_are_free_between_what_is_said_of_a_run_and_its_frame() -> None:
    lane = attrs.evolve(all_at_once(20), facts=" · ".join(["a fact of some length"] * 5))
    picture = timeline([one_after_another(20), lane], title="t", alt="a")
    tops = [
        float(d.split(" ")[1].split("L")[0])
        for path in parsed(picture).iter(f"{SVG}path")
        if (d := path.get("d", "")).count("L") == 4 and path.get("stroke") == INK
    ]
    said = [y for y, text in placed(picture) if "a fact" in text]
    assert len(said) > 1, "in more than one line"
    assert len(tops) == 1
    assert tops[0] - (max(said) + DEEP * SIZE) >= 3


def placed(picture: Picture) -> list[tuple[float, str]]:
    """Return the base lines of all texts with them."""
    return [(float(e.get("y", "")), e.text or "") for e in parsed(picture).iter(f"{SVG}text")]


def test_the_most_in_flight_stands_behind_the_hill() -> None:
    lanes = [one_after_another(20), all_at_once(20), one_after_another(15)]
    shown = texts(timeline(lanes, title="t", alt="a"))
    assert [text for text in shown if text.isdigit()] == ["1", "20", "1"]


def test_a_run_whose_fetches_are_unknown_is_a_bar_and_nothing_is_magnified() -> None:
    unknown = Lane(name="x", facts="", fetches=[], elapsed=1.0)
    picture = timeline([unknown, attrs.evolve(unknown, elapsed=0.1)], title="t", alt="a")
    assert not [text for text in texts(picture) if text.isdigit() or text.startswith("×")]
    assert texts(picture)[1:3] == ["a whole run", "x"]
    key, *bars = [float(box.get("width", "")) for box in parsed(picture).iter(f"{SVG}rect")]
    assert key == 11
    assert bars == pytest.approx([582.1, 58.2])
    assert "a whole run" not in texts(timeline([all_at_once(2)], title="t", alt="a"))


def test_both_ends_of_every_clock_have_their_unit() -> None:
    picture = timeline([one_after_another(20, 0.01), all_at_once(20, 0.01)], title="t", alt="a")
    assert [text for text in texts(picture) if text.startswith("0")] == ["0 ms", "0 ms"]
    assert {"200 ms", "10.0 ms"} <= set(texts(picture))


@pytest.mark.parametrize(("failed", "left"), [([], "0"), ([3], "8")])
def test_a_picture_begins_where_its_table_does_but_for_flags(failed: list[int], left: str) -> None:
    picture = timeline([one_after_another(10, failed=failed)], title="t", alt="a")
    bars = next(p.get("d", "") for p in parsed(picture).iter(f"{SVG}path") if "h" in p.get("d", ""))
    assert bars.startswith(f"M{left} ")
    title, *_ = parsed(picture).iter(f"{SVG}text")
    assert title.get("x") == "0"


def test_the_rows_of_six_lanes_are_as_high_together_as_those_of_four() -> None:
    def high(lanes: int) -> float:
        made = [one_after_another(100)] * lanes
        return float(parsed(timeline(made, title="t", alt="a")).get("height", ""))

    around = high(4) - high(3) - 132
    assert high(6) - high(4) == pytest.approx(2 * around, abs=1)


def test_runs_of_like_length_are_not_magnified() -> None:
    picture = timeline([one_after_another(20), one_after_another(15)], title="t", alt="a")
    assert not [text for text in texts(picture) if text.startswith("×")]


@pytest.mark.parametrize(("ideal", "marks"), [(0.5, 2), (1.0, 0), (2.0, 0), (None, 0)])
def test_the_ideal_is_marked_where_it_is_within_the_run(ideal: float | None, marks: int) -> None:
    lane = Lane(name="x", facts="", fetches=[Fetch(0.0, 1.0)], elapsed=1.0, ideal=ideal)
    picture = timeline([lane], title="t", alt="a")
    assert picture.svg.count("stroke-dasharray") == marks  # the mark and its key
    assert ("at best it would have ended here" in texts(picture)) is (marks > 0)


@pytest.mark.parametrize("count", [1, 100, 10_000, 100_000])
def test_a_timeline_takes_at_most_50_kb_whatever_the_number_of_fetches(count: int) -> None:
    lanes = [one_after_another(count), all_at_once(count), one_after_another(count, 0.1)]
    assert len(timeline(lanes, title="t", alt="a").svg) < MOST_BYTES


@pytest.mark.parametrize("lanes", [1, 3, 12])
@pytest.mark.parametrize("count", [100, 1_000, 50_000])
def test_gaps_failures_and_many_strategies_take_no_more_room(count: int, lanes: int) -> None:
    rng = random.Random(count)

    def lane(number: int) -> Lane:
        starts = sorted(rng.uniform(0, 100) for _ in range(count))
        made = [Fetch(s, s + rng.expovariate(1) / 50, rng.random() < 0.3) for s in starts]
        elapsed = max(fetch.end for fetch in made) * (1 + number * 9)
        return Lane(name="x", facts="", fetches=made, elapsed=elapsed, ideal=1.0)

    picture = timeline([lane(n % 3) for n in range(lanes)], title="t", alt="a")
    assert len(picture.svg) < MOST_BYTES


def test_a_picture_of_sixty_strategies_is_still_a_picture() -> None:
    picture = timeline([one_after_another(500)] * 60, title="t", alt="a")
    assert len(picture.svg) < 4 * MOST_BYTES


@given(
    st.lists(
        st.builds(
            Lane,
            name=st.text(max_size=80),
            facts=st.text(max_size=200),
            fetches=st.lists(
                st.tuples(times, times, st.booleans()).map(
                    lambda t: Fetch(min(t[:2]), max(t[:2]), t[2])
                ),
                max_size=30,
            ).map(sorted),
            elapsed=st.floats(1e-9, 1e6),
            ideal=st.none() | times,
        ).map(
            lambda lane: Lane(
                name=lane.name,
                facts=lane.facts,
                fetches=[
                    Fetch(min(f.start, lane.elapsed), min(f.end, lane.elapsed), f.failed)
                    for f in lane.fetches
                ],
                elapsed=lane.elapsed,
                ideal=lane.ideal,
            )
        ),
        min_size=1,
        max_size=6,
    ),
    st.text(max_size=200),
)
def test_a_timeline_stays_within_its_frame_whatever_it_shows(lanes: list[Lane], title: str) -> None:
    picture = timeline(lanes, title=title, alt=title)
    root = parsed(picture)
    wide, high = float(root.get("width", "")), float(root.get("height", ""))
    for element in root.iter():
        x, y = float(element.get("x", 0)), float(element.get("y", 0))
        assert 0 <= x <= wide, element.attrib
        assert 0 <= y <= high, element.attrib
    for path in root.iter(f"{SVG}path"):
        for x, y in re.findall(r"[ML]([-\d.]+) ([-\d.]+)", path.get("d", "")):
            assert 0 <= float(x) <= wide + 1, path.attrib
            assert 0 <= float(y) <= high, path.attrib


def test_fetches_are_told_from_the_start_of_the_run_and_within_it() -> None:
    found = fetches([11.0, 10.5], [14.0, 11.0], [True, False], begun=10.0, elapsed=3.0)
    assert found == [Fetch(0.0, 0.5), Fetch(0.5, 3.0, True)]


def test_a_start_that_cannot_be_theirs_is_not_taken() -> None:
    assert fetches([1.0], [2.0], [False], begun=500.0, elapsed=1.0) == [Fetch(0.0, 1.0)]
    assert fetches([1.0], [2.0], [False], begun=0.5, elapsed=2.0) == [Fetch(0.5, 1.5)]
    assert fetches([], [], [], begun=0.5, elapsed=2.0) == []


def test_a_fetch_that_was_tried_again_begins_with_its_first_try() -> None:
    lane = Lane.of(
        *("x", "", [13.0, 11.0], [14.0, 12.0], [False, True]),
        earlier=[[(10.0, 10.5), (11.5, 12.0)], []],
        begun=9.0,
        elapsed=5.5,
    )
    tries = ((1.0, 1.5), (2.5, 3.0), (4.0, 5.0))
    assert lane.fetches == [Fetch(1.0, 5.0, False, tries), Fetch(2.0, 3.0, True)]
    assert lane.spans == [*tries, (2.0, 3.0)]
    assert lane.was_retried


def drawn(picture: Picture, colour: str) -> list[tuple[str, float, list[tuple[float, ...]]]]:
    """Return the strokes of a colour: how thick, how opaque, and from where each goes how far."""
    return [
        (
            path.get("stroke-width", ""),
            float(path.get("opacity", 1)),
            [
                (float(x), float(h))
                for x, h in re.findall(r"M(\S+) \S+?h([\d.]+)", path.get("d", ""))
            ],
        )
        for path in parsed(picture).iter(f"{SVG}path")
        if path.get("stroke") == colour and "h" in path.get("d", "")
    ]


RETRIED = Fetch(0.0, 5.0, False, ((0.0, 1.0), (2.0, 3.0), (4.0, 5.0)))


def test_tries_are_bars_and_the_waits_between_them_thin_lines() -> None:
    fetches = [RETRIED, Fetch(1.0, 4.0)]
    lane = Lane(name="x", facts="", fetches=fetches, elapsed=5.821)
    picture = timeline([lane], title="x", alt="x")
    assert drawn(picture, FETCH) == [
        ("10.5", 0.55, [(0.0, 100.0), (200.0, 100.0)]),
        ("10.5", 1.0, [(400.0, 100.0), (100.0, 300.0)]),
    ]
    assert drawn(picture, INK) == [("1", 1.0, [(100.0, 100.0), (300.0, 100.0)])]
    assert "an earlier try, then the wait for the next" in texts(picture)
    plain = timeline([attrs.evolve(lane, fetches=fetches[1:])], title="x", alt="x")
    assert not any("earlier" in text for text in texts(plain))


def test_a_wait_is_not_in_flight() -> None:
    lane = Lane(name="x", facts="", fetches=[RETRIED], elapsed=5.0)
    (area,) = [
        path.get("d", "")
        for path in parsed(timeline([lane], title="x", alt="x")).iter(f"{SVG}path")
        if path.get("fill") == INK and "V" in path.get("d", "")
    ]
    changes = [float(x) for x in re.findall(r"H([\d.]+)", area)]
    assert changes == [0.0, 116.4, 232.8, 349.3, 465.7, 582.1, 582.1]


@pytest.mark.parametrize("count", [100, 10_000])
def test_a_picture_in_which_everything_was_tried_again_is_no_larger(count: int) -> None:
    made = [
        Fetch(i + 0.0, i + 5.0, i % 7 == 0, tuple((i + a, b + i) for a, b in RETRIED.tries))
        for i in range(count)
    ]
    lane = Lane(name="x", facts="", fetches=made, elapsed=count + 5.0)
    assert len(timeline([lane] * 3, title="x", alt="x").svg) < MOST_BYTES


def test_the_timeline_of_a_run_says_how_many_were_tried_again() -> None:
    run = Run.of([tried_before(response(URLS[0]), 503), response(URLS[1], 1)])
    words = "Timeline of 2 URLs. outcomes: 2.25 s · 1.0 in flight · 1 tried again."
    assert run.timeline().alt == words
    assert "tried" not in Run.of([response(URLS[0])]).timeline().alt


def test_the_timeline_of_a_comparison_says_so_too() -> None:
    def again(url: str, index: int, **times: Any) -> Outcome:
        return tried_before(response(url, index, **times), 503, wait=0.0)

    clock = Clock()
    runner = Runner(URLS, rounds=1, clock=clock, cpu_clock=lambda: 0.0)
    strategies = {"plain": taking(clock, 4.0), "retried": taking(clock, 4.0, answer=again)}
    picture = runner.compare(**strategies).timeline()
    assert "retried: 4.00 s · 1.2 in flight · 4 tried again" in picture.alt
    assert "plain: 4.00 s · 1.0 in flight · reference" in picture.alt


def fetches(
    starts: list[float], ends: list[float], failed: list[bool], *, begun: float, elapsed: float
) -> Sequence[Fetch]:
    return Lane.of("x", "", starts, ends, failed, begun=begun, elapsed=elapsed).fetches


# --- The charts ---

ratios = st.floats(1e-6, 1e6)


@given(
    st.lists(st.tuples(ratios, ratios, ratios).map(sorted), min_size=1, max_size=8),
    st.booleans(),
)
def test_a_chart_of_intervals_stays_within_its_frame(
    bounds: list[list[float]], unknown: bool
) -> None:
    rows = [
        Interval(name="x" * i, point=p, low=low, high=high, words="words")
        for i, (low, p, high) in enumerate(bounds)
    ]
    if unknown:
        rows.append(Interval(name="few", point=2.0, low=0.0, high=math.inf, words="too few"))
        rows.append(Interval(name="no", point=math.nan, low=math.nan, high=math.nan, words="-"))
    root = parsed(intervals(rows, title="t", alt="a"))
    dots = [float(dot.get("cx", "")) for dot in root.iter(f"{SVG}circle")]
    assert len(dots) == len(rows) - unknown
    assert all(0 < x < WIDE for x in dots)


@pytest.mark.parametrize(
    ("low", "high", "dashed"),
    [(1.2, math.inf, 1), (0.0, 1.2, 1), (0.0, math.inf, 1), (1.1, 1.3, 0)],
)
def test_an_interval_with_an_open_end_is_dashed_whichever_it_is(
    low: float, high: float, dashed: int
) -> None:
    row = Interval(name="x", point=1.2, low=low, high=high, words="words")
    svg = intervals([row], title="t", alt="a").svg
    assert svg.count('stroke-dasharray="1 4"') == dashed


def test_the_line_of_the_reference_is_clear_of_the_letters_above_it() -> None:
    row = Interval(name="fetch_sync", point=1, low=1, high=1, words="reference")
    picture = intervals([row], title="t", alt="a")
    (top,) = [
        float(path.get("d", "").split(" ")[1].split("L")[0])
        for path in parsed(picture).iter(f"{SVG}path")
        if path.get("stroke-dasharray")
    ]
    (name,) = [y for y, text in placed(picture) if text == "fetch_sync"]
    assert top - (name + DEEP * SIZE) >= 3 - 0.1  # coordinates have one decimal


def test_the_title_of_a_panel_is_a_line_above_a_value_at_its_top() -> None:
    panel = Panel(title="latency", measured={"mean": [1.0, 100 / 1.15]})
    picture = curves([1, 2], [panel], title="t", x_title="concurrency", mark=None, alt="a")
    (title,) = [y for y, text in placed(picture) if text == "latency"]
    highest = min(y for y, text in placed(picture) if text in ("50", "75", "80", "100"))
    assert highest - title >= LINE - 0.2


def test_curves_with_unknown_values_and_bounds_beyond_the_frame() -> None:
    panel = Panel(
        title="requests per second",
        measured={"measured": [10.0, math.nan, 30.0]},
        bounds={"near": [10.0, 20.0, 400.0], "far": [1e9] * 3, "none": [math.nan] * 3},
    )
    picture = curves([1, 2, 4], [panel], title="t", x_title="x", mark=(2, "w"), alt="a")
    assert {"measured", "↑ near", "↑ far", "1", "2", "4"} <= set(texts(picture))
    assert "none" not in texts(picture)
    assert picture.svg.count("<circle") == 2


@pytest.mark.parametrize(
    "picture",
    [
        timeline([one_after_another(20), all_at_once(20)], title="t" * 200, alt="a"),
        intervals(
            [Interval(name="x", point=2, low=1, high=3, words="words " * 50)], title="t", alt="a"
        ),
        curves(
            [1, 2],
            [Panel(title="p", measured={"measured": [1.0, 2.0]}, bounds={"by": [2.0, 2.0]})],
            title="t",
            x_title="x",
            mark=(2, "w"),
            alt="a",
        ),
    ],
    ids=["timeline", "intervals", "curves"],
)
def test_no_letters_are_below_10_pixels_where_a_page_is_420_wide(picture: Picture) -> None:
    root = parsed(picture)
    sizes = [float(text.get("font-size", "")) for text in root.iter(f"{SVG}text")]
    assert min(sizes) * 420 / float(root.get("width", "")) >= 10


def test_logarithmic_axes_are_named_so() -> None:
    row = Interval(name="x", point=2, low=1, high=3, words="words")
    panel = Panel(title="p", measured={"measured": [1.0, 2.0]})
    assert "times as fast, on a logarithmic axis" in texts(intervals([row], title="t", alt="a"))
    picture = curves([1, 2], [panel], title="t", x_title="concurrency", mark=None, alt="a")
    assert "concurrency, on a logarithmic axis" in texts(picture)


# --- Of a comparison ---


def compared(*, failing: bool = False) -> Comparison:
    clock = Clock()
    slow = taking(clock, 8.0, at_once=1, name="slow")
    fast = taking(clock, 2.0, at_once=4, name="fast")
    if failing:
        slow, fast = (
            taking(clock, 8.0, at_once=n, answer=failure, name=name)
            for n, name in ((1, "slow"), (4, "fast"))
        )
    runner = Runner(URLS, Options(concurrency=4), rounds=10, seed=1, clock=clock)
    return runner.compare(slow, fast)


def test_a_timeline_says_in_words_what_it_shows() -> None:
    assert compared().timeline().alt == (
        "Timeline of 4 URLs, round 1 of 10 (the most typical). "
        "slow: 8.00 s · 1.0 in flight · reference; "
        "fast: 2.00 s · 4.0 in flight · all rounds: 4.0× as fast [4.0, 4.0], fastest."
    )


def test_a_timeline_may_show_some_of_the_strategies_only() -> None:
    comparison = compared()
    assert "slow" not in texts(comparison.timeline("fast"))
    assert "4.0× as fast as slow" in comparison.timeline("fast").alt
    with pytest.raises(UnknownNameError, match="'nobody'"):
        comparison.timeline("fast", "nobody")


def test_one_of_several_tied_strategies_is_tied_also_where_it_is_shown_alone() -> None:
    clock = Clock()
    three = {"a": taking(clock, 4.0), "b": taking(clock, 2.0), "c": taking(clock, 2.0)}
    comparison = Runner(URLS, rounds=10, seed=1, clock=clock).compare(**three)
    assert comparison.timeline("b").alt.endswith(", tied.")


def test_the_round_shown_is_the_one_nearest_to_the_typical_times() -> None:
    clock = Clock()
    slow = taking(clock, 8.0, 9.0, 16.0, 8.0, 8.25, 7.0, 8.25, name="slow")
    fast = taking(clock, 2.0, 2.0, 2.0, 4.0, 2.0, 2.0, 2.0, name="fast")
    comparison = Runner(URLS, rounds=5, seed=1, clock=clock).compare(slow, fast)
    assert typical_round(comparison.records) == 3
    assert "round 4 of 5" in comparison.timeline().alt


def test_a_chart_says_that_strategies_cannot_be_compared() -> None:
    comparison = compared(failing=True)
    assert "fast: not comparable" in comparison.chart().alt
    assert "not comparable" in texts(comparison.chart())
    assert "4 failed" in comparison.timeline().alt


def test_a_chart_shows_every_speed_up_with_its_interval() -> None:
    assert compared().chart().alt == (
        "4 URLs, 10 rounds: times as fast as slow, with 95% intervals. "
        "slow: reference; fast: 4.0× [4.0, 4.0] faster, fastest."
    )


def test_a_notebook_gets_html_that_survives_its_sanitizer() -> None:
    for shown in (compared(), compared(failing=True)):
        html = shown._repr_html_()
        assert not re.search(r"<(svg|script|style|link|iframe)\b", html)
        assert not re.search(r"\b(class|id|onload)=", html)
        assert html.count("<img ") == 1
        data = re.search(r'src="data:image/svg\+xml;base64,([^"]+)"', html)
        assert data is not None
        assert b64decode(data[1]).decode() == shown.timeline().svg
        assert shown.explain().splitlines()[0].split(".")[0] in html


def test_names_cannot_break_out_of_a_picture_or_a_page() -> None:
    clock = Clock()
    name = "</svg><script>alert('x')</script>\ud800\x07"
    runner = Runner(URLS, rounds=6, seed=1, clock=clock)
    comparison = runner.compare(**{name: taking(clock, 1.0), 'b"><img>': taking(clock, 1.0)})
    for picture in (comparison.timeline(), comparison.chart()):
        assert "<script>" not in picture.svg
        parsed(picture)
    assert "<script>" not in comparison._repr_html_()
    assert "<img>" not in comparison._repr_html_()


def test_a_run_shows_its_table_and_its_timeline() -> None:
    clock = Clock()
    run = Runner(URLS, clock=clock).run(taking(clock, 8.0, at_once=2, name="two"))
    assert run.timeline().alt == "Timeline of 4 URLs. two: 8.00 s · 2.0 in flight."
    assert run._repr_html_().count("<img ") == 1
    assert "http://a.example/" in run._repr_html_()


def test_a_run_without_urls_shows_itself_too() -> None:
    now = compared().started_at
    run = Run(outcomes=(), strategy="x", options=Options(), started_at=now, elapsed=0.0, cpu=0.0)
    assert "no URLs" in run._repr_html_()
    assert "<img" not in run._repr_html_()
    parsed(run.timeline())


def test_a_sweep_has_a_chart_with_the_recommended_level() -> None:
    clock = Clock()

    def strategy(urls: list[str], options: Options) -> object:
        return taking(clock, 8.0 / options.concurrency, at_once=options.concurrency)(urls, options)

    sweep = Runner(URLS, rounds=10, seed=1, clock=clock).sweep(strategy, (1, 2, 4))
    assert "in flight ≥ 4: still rising" in sweep.chart().alt
    assert {"1", "2", "4", "measured", "≥ 4: still rising"} <= set(texts(sweep.chart()))
    assert sweep._repr_html_().count("<img ") == 2


def test_the_lanes_of_a_sweep_are_named_by_level_and_what_is_left_out_is_said() -> None:
    clock = Clock()

    def strategy(urls: list[str], options: Options) -> object:
        return taking(clock, 8.0 / options.concurrency, at_once=options.concurrency)(urls, options)

    sweep = Runner(URLS, rounds=10, seed=1, clock=clock).sweep(strategy, (1, 2, 4))
    assert sweep.timeline().alt == (
        "Timeline of 4 URLs, round 1 of 10 (the most typical); not shown: concurrency 2. "
        "concurrency 1: 8.00 s · 1.0 in flight · reference; concurrency 4: 2.00 s · 4.0 in flight "
        "· all rounds: 4.0× as fast [4.0, 4.0], fastest."
    )
    some = sweep.timeline(2, 4)
    assert "as fast as concurrency 1 " in some.alt
    assert {"concurrency 2", "concurrency 4"} <= set(texts(some))
    assert "not shown" not in sweep.timeline(1, 2, 4).alt
    with pytest.raises(ValueError, match=r"3 in flight was not tried; there are 1, 2, 4"):
        sweep.timeline(3)


# --- Colours ---


def luminance(colour: str) -> float:
    """Relative luminance, by WCAG 2."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return sum(weight * p for weight, p in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted(map(luminance, (one, other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("page", ["#ffffff", "#0d1117"])
@pytest.mark.parametrize("colour", [INK, FETCH, FAILED])
def test_every_colour_stands_out_from_light_and_dark_pages(colour: str, page: str) -> None:
    assert contrast(colour, page) >= 3, "what WCAG 2 asks of graphics"


def test_a_failure_is_darker_than_a_fetch_also_where_there_is_no_colour() -> None:
    assert luminance(FAILED) < luminance(FETCH)
    assert contrast(FAILED, FETCH) > 1.5


# --- As a file ---


def test_a_picture_is_saved_as_an_svg_file(tmp_path: Path) -> None:
    picture = compared().chart()
    picture.save(tmp_path / "chart.svg")
    assert (tmp_path / "chart.svg").read_text("utf-8") == picture.svg + "\n"
    assert [path.name for path in tmp_path.iterdir()] == ["chart.svg"]


def test_a_picture_is_saved_as_nothing_but_svg(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"saved as \.svg, got .*chart\.png"):
        compared().chart().save(tmp_path / "chart.png")
