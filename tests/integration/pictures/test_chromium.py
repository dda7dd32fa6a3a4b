"""Every picture as Chromium renders it, light and dark: nothing overflows, nothing overlaps.

`nox -s pictures` keeps the screenshots in the folder that it names.
"""

import os
import random
from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from typing import Any

import attrs
import pytest
from chromium import CHROMIUM, MEASURE, measured, page, screenshot
from fakes import Clock, Plain, failure, response

from concurrent_fetch import Comparison, Options, Outcome, Picture, Run, Runner, Sweep
from concurrent_fetch.export import _page
from concurrent_fetch.export._view import View
from concurrent_fetch.render import Interval, Lane, Panel, curves, intervals, timeline

pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="needs Debian's package chromium: apt-get install chromium"
)

Box = tuple[float, float, float, float]
COUNTS = [3, 1_000, 100_000]
FAILED = 17


def fetching(clock: Clock, at_once: int, name: str) -> Plain:
    """Return a strategy that takes what so many fetches in flight take, and fails now and then."""
    rng = random.Random(at_once)

    def strategy(urls: list[str], options: Options) -> list[Outcome]:
        slots = at_once or options.concurrency
        free = [clock.now] * slots
        outcomes: list[Outcome] = []
        for i, url in enumerate(urls):
            slot = min(range(slots), key=free.__getitem__)
            start, free[slot] = free[slot], free[slot] + rng.lognormvariate(-4, 0.4)
            make = failure if i % 701 == FAILED else response
            outcomes.append(make(url, i, started=start, finished=free[slot]))
        clock.now = max(free)
        return outcomes

    strategy.__name__ = name
    return strategy


def comparison_of(count: int) -> Comparison:
    clock = Clock()
    urls = [f"http://a.example/{i}" for i in range(count)]
    strategies = [
        fetching(clock, n, name)
        for n, name in (
            (1, "fetch_sync"),
            (16, "fetch_threaded"),
            (20, "a_strategy_with_a_long_name"),
        )
    ]
    runner = Runner(urls, rounds=1 if count > 10_000 else 10, seed=1, clock=clock)
    return runner.compare(*strategies)


@pytest.fixture(scope="module", params=COUNTS, ids=lambda count: f"{count} fetches")
def comparison(request: pytest.FixtureRequest) -> Comparison:
    return comparison_of(request.param)


@pytest.fixture
def check_rendered(tmp_path: Path, request: pytest.FixtureRequest) -> Callable[..., None]:
    """Return what renders pictures on a light and a dark page, and checks them there."""
    kept = Path(os.environ.get("PICTURES", tmp_path))
    kept.mkdir(parents=True, exist_ok=True)
    name = "".join(c if c.isalnum() else "_" for c in request.node.name)

    def check_all(*pictures: Picture, html: str = "") -> None:
        body = "".join(f"<div>{p.svg}</div>{p.to_html()}" for p in pictures) + html
        for shade in ("light", "dark"):
            path = tmp_path / f"{shade}.html"
            path.write_text(page(body, dark=shade == "dark"), encoding="utf-8")
            check(measured(path), pictures=len(pictures))
            screenshot(path, kept / f"{name}_{shade}.png", (1000, 1100))

    return check_all


def check(report: dict[str, Any], pictures: int) -> None:
    assert report["errors"] == []
    assert report["console"] == []
    assert report["wide"] <= report["room"], "the page is wider than its window"
    assert len(report["frames"]) == pictures
    assert all(wide and alt for wide, alt in report["images"])
    for frame, texts in zip(report["frames"], report["texts"], strict=True):
        boxes: list[tuple[str, Box]] = [(text, tuple(box)) for text, *box in texts]
        for text, box in boxes:
            assert within(box, frame), f"{text!r} leaves its picture"
        for (one, a), (other, b) in combinations(boxes, 2):
            assert not overlap(a, b), f"{one!r} lies on {other!r}"


def within(box: Box, frame: Box) -> bool:
    slack = 0.5
    return (
        box[0] >= frame[0] - slack
        and box[1] >= frame[1] - slack
        and box[2] <= frame[2] + slack
        and box[3] <= frame[3] + slack
    )


def overlap(a: Box, b: Box) -> bool:
    slack = 1.0
    return (
        min(a[2], b[2]) - max(a[0], b[0]) > slack and min(a[3], b[3]) - max(a[1], b[1]) > 3 * slack
    )


def test_the_pictures_of_a_comparison(
    comparison: Comparison, check_rendered: Callable[..., None]
) -> None:
    check_rendered(comparison.timeline(), comparison.chart())


def test_what_a_notebook_shows_of_a_comparison(
    comparison: Comparison, check_rendered: Callable[..., None]
) -> None:
    check_rendered(html=comparison._repr_html_())


def test_a_run(comparison: Comparison, check_rendered: Callable[..., None]) -> None:
    run: Run = comparison.runs("fetch_threaded")[0]
    check_rendered(run.timeline(), html=run._repr_html_())


def test_a_sweep(check_rendered: Callable[..., None]) -> None:
    clock = Clock()
    urls = [f"http://a.example/{i}" for i in range(1_000)]
    runner = Runner(urls, rounds=8, seed=1, clock=clock)
    sweep: Sweep = runner.sweep(fetching(clock, 0, "fetch"), (1, 2, 4, 8, 16, 32, 64, 128))
    check_rendered(sweep.chart(), html=sweep._repr_html_())


def test_many_strategies_with_long_names_and_far_ratios(
    check_rendered: Callable[..., None],
) -> None:
    clock = Clock()
    urls = [f"http://a.example/{i}" for i in range(200)]
    strategies = {
        f"strategy {n} {'with a name that goes on and on ' * 2}": fetching(clock, n, "x")
        for n in (1, 2, 3, 10, 50, 199)
    }
    comparison = Runner(urls, rounds=12, seed=1, clock=clock).compare(**strategies)
    check_rendered(comparison.timeline(), comparison.chart())


def test_odd_figures(check_rendered: Callable[..., None]) -> None:
    nan, inf = float("nan"), float("inf")
    rows = [
        Interval(name="reference", point=1, low=1, high=1, words="reference"),
        Interval(name="far", point=12_345.0, low=9_000.0, high=20_000.0, words="12,345× " * 8),
        Interval(name="near", point=0.0001, low=0.00005, high=0.0002, words="slower"),
        Interval(name="unknown", point=2, low=0, high=inf, words="too few rounds"),
        Interval(name="none", point=nan, low=nan, high=nan, words="not comparable"),
    ]
    same = [attrs.evolve(rows[0], name=f"same {i}") for i in range(3)]
    tied = {f"bound {i}": [5.0, 5.0, 5.0] for i in range(4)}
    panel = Panel(title="tied", measured={"measured": [5.0, 5.0, 5.0]}, bounds=tied)
    empty = Lane(name="none", facts="no fetches", fetches=[], elapsed=1e-9)
    check_rendered(
        intervals(rows, title="far apart", alt="x"),
        intervals(same, title="all the same", alt="x"),
        curves(
            [1, 100, 10_000],
            [panel],
            title="t",
            x_title="concurrency",
            mark=(100, "w"),
            alt="x",
        ),
        timeline([empty], title="nothing", alt="x"),
    )


def test_a_saved_page(comparison: Comparison, tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_text(_page.write(View(comparison)).replace("</body>", f"{MEASURE}</body>"), "utf-8")
    check(measured(path), pictures=0)
