"""What the rounds say: exact numbers from exact times, verdicts, and the texts."""

import asyncio
import math
import pickle
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

import attrs
import pytest
from fakes import URLS, Clock, failure, response, taking
from pace import unless_busy

from concurrent_fetch import (
    Comparison,
    Lateness,
    Limit,
    Options,
    Outcome,
    Probe,
    Runner,
    Verdict,
    fetch_async,
    fetch_sync,
    fetch_threaded,
)
from concurrent_fetch.clients import requests_client
from concurrent_fetch.errors import NotComparableError, UnknownNameError
from concurrent_fetch.render import seconds, to_text
from concurrent_fetch.results._comparison import lines_of
from concurrent_fetch.results._line import IDEAL
from concurrent_fetch.server import LocalServer

# Factors around 1 whose typical value is 1 and whose interval says nothing.
WAVERING = (1.0, 1.5, 0.5, 1.25, 0.75, 1.0, 1.5, 0.5, 1.25, 0.75, 1.0)


def compare(
    rounds: int | tuple[int, ...] = 10, *, at_once: int = 1, **times: float | tuple[float, ...]
) -> Comparison:
    """Strategies that take the same time every round, or these times, the check run's first."""
    clock = Clock()
    strategies = {
        name: taking(clock, *(t if isinstance(t, tuple) else (t,)), at_once=at_once if i else 1)
        for i, (name, t) in enumerate(times.items())
    }
    runner = Runner(URLS, rounds=rounds, seed=8412, clock=clock, cpu_clock=lambda: clock.now / 4)
    comparison = runner.compare(**strategies)
    started = datetime(2026, 11, 23, 14, 2).astimezone()
    ended = datetime(2026, 11, 23, 14, 4).astimezone()
    return attrs.evolve(comparison, started_at=started, finished_at=ended)


def times(factor: float, shape: tuple[float, ...] = WAVERING) -> tuple[float, ...]:
    return tuple(factor * x for x in shape)


# --- numbers ---


@pytest.mark.parametrize(("reference", "mine"), [(4.0, 2.0), (1.0, 4.0), (3.0, 3.0), (8.0, 1.0)])
def test_the_speed_up_is_reference_over_strategy_exactly(reference: float, mine: float) -> None:
    estimate = compare(reference=reference, mine=mine).speedup("mine")
    assert [estimate.point, estimate.low, estimate.high] == pytest.approx([reference / mine] * 3)
    assert estimate.confidence == 0.95


def test_two_is_two_exactly() -> None:
    estimate = compare(reference=4.0, mine=2.0).speedup("mine")
    assert (estimate.point, estimate.low, estimate.high) == (2.0, 2.0, 2.0)


def test_runs_of_one_round_are_paired_so_that_what_disturbs_both_cancels() -> None:
    comparison = compare(reference=times(4.0), mine=times(2.0))
    estimate = comparison.speedup("mine")
    assert (estimate.point, estimate.low, estimate.high) == (2.0, 2.0, 2.0)
    assert comparison.typical("reference").point == 4.0
    assert (comparison.typical("mine").q1, comparison.typical("mine").q3) == (1.5, 2.5)


def test_the_speed_up_over_another_and_its_reverse() -> None:
    comparison = compare(a=8.0, b=4.0, c=2.0)
    assert comparison.speedup("c", over="b").point == pytest.approx(2)
    assert comparison.speedup("b", over="c").point == pytest.approx(0.5)
    assert comparison.speedup("a", over="c").point == pytest.approx(0.25)
    assert comparison.speedup("b", over="a") == comparison.speedup("b")
    assert comparison.speedup("b", over="b").point == comparison.speedup("a").point == 1.0


def test_the_level_is_shared_by_the_comparisons_and_the_looks() -> None:
    def alpha(comparison: Comparison, over: str | None = None) -> float:
        return 1 - comparison.speedup("b", over).confidence

    two = compare(a=2.0, b=1.0)
    assert alpha(two) == pytest.approx(0.05)
    three = compare(a=2.0, b=1.0, c=1.0)
    assert alpha(three) == alpha(three, "c") == pytest.approx(0.05 / 3)
    looks = compare((10, 20, 40), a=2.0, b=1.0, c=1.0, d=1.0)
    assert alpha(looks) == alpha(looks, "c") == pytest.approx(0.05 / (6 * 3))


@pytest.mark.parametrize(
    ("rounds", "names", "needed"),
    [(10, "ab", 6), (10, "abc", 7), (10, "abcd", 8), (10, "abcdefgh", 11), ((10, 20, 40), "ab", 7)],
)
def test_more_strategies_and_looks_need_more_rounds(
    rounds: int | tuple[int, ...], names: str, needed: int
) -> None:
    durations: dict[str, Any] = dict.fromkeys(names, 1.0)
    assert compare(rounds, **durations).rounds_needed == needed


@pytest.mark.parametrize(("names", "needed"), [("ab", 6), ("abc", 7)])
def test_with_fewer_rounds_there_is_no_verdict_and_with_enough_there_is(
    names: str, needed: int
) -> None:
    durations: dict[str, Any] = {name: 2.0**-i for i, name in enumerate(names)}
    few = compare(needed - 1, **durations)
    estimate = few.speedup("b")
    assert (estimate.point, estimate.low, estimate.high) == (2.0, 0.0, math.inf)
    assert few.verdict("b") is Verdict.UNRESOLVED
    assert f"needs ≥ {needed} rounds" in str(few)
    assert "tied" not in str(few)
    assert few.fastest == tuple(names)
    assert compare(needed, **durations).verdict("b") is Verdict.FASTER


# --- verdicts ---


@pytest.mark.parametrize(
    ("mine", "verdict"),
    [
        (1.0, Verdict.FASTER),
        (4.0, Verdict.SLOWER),
        (2.0, Verdict.SAME),
        (2.0 * 1.015, Verdict.SLOWER),  # sure, if small
        (times(2.0, (1.0, 1.01, 0.99, 1.01, 0.99, 1.0)), Verdict.SAME),
        (times(2.0), Verdict.UNRESOLVED),
    ],
)
def test_the_verdict_is_what_the_interval_says(
    mine: float | tuple[float, ...], verdict: Verdict
) -> None:
    comparison = compare(reference=2.0, mine=mine)
    assert comparison.verdict("mine") is verdict
    assert comparison.verdict("reference") is Verdict.SAME


@pytest.mark.parametrize(
    ("durations", "fastest"),
    [
        ({"a": 4.0, "b": 2.0}, ("b",)),
        ({"a": 2.0, "b": 4.0}, ("a",)),
        ({"a": 2.0, "b": 2.0}, ("a", "b")),
        ({"a": 4.0, "b": 2.0, "c": 1.0}, ("c",)),
        ({"a": 4.0, "b": 2.0, "c": times(2.0)}, ("b", "c")),
        ({"a": 2.0, "b": times(2.0)}, ("a", "b")),
        ({"a": 2.0}, ("a",)),
    ],
)
def test_the_fastest_are_those_that_no_other_beats(
    durations: dict[str, Any], fastest: tuple[str, ...]
) -> None:
    assert compare(**durations).fastest == fastest


def test_what_a_verdict_calls_beaten_is_not_among_the_fastest() -> None:
    few = compare(7, a=8.0, b=4.0, c=4.0, d=16.0)
    assert {few.verdict(name) for name in "bcd"} == {Verdict.UNRESOLVED}
    assert few.fastest == tuple("abcd")
    assert "tied" not in f"{few}{few.timeline().alt}{few.chart().alt}"
    enough = compare(8, a=8.0, b=4.0, c=4.0, d=16.0)
    assert [enough.verdict(name) for name in "bcd"] == ["faster", "faster", "slower"]
    assert enough.fastest == ("b", "c")
    tie = "tied for fastest: b, c; c over b is 1.00× [1.00, 1.00], which is no difference"
    assert f"{tie} that matters" in str(enough)


def test_of_more_than_two_that_are_tied_the_farthest_apart_are_named() -> None:
    noise = (1.0, 1.3, 0.8, 1.1, 0.9, 1.2, 1.0, 0.7, 1.3, 0.9, 1.1, 0.8)
    comparison = compare(12, a=noise, b=noise[3:] + noise[:3], c=times(0.9, noise[5:] + noise[:5]))
    assert comparison.fastest == tuple("abc")
    assert (
        "tied for fastest: a, b, c; c over a, the farthest apart, is 1.11× [0.96, 1.32], an "
        "interval too wide to tell which is faster"
    ) in str(comparison)


# --- asking ---


def test_an_unknown_name_is_told_which_there_are() -> None:
    comparison = compare(a=2.0, b=1.0)
    message = "no strategy here is called 'x'; there are a, b"
    asks: list[Callable[[str], object]] = [
        comparison.typical,
        comparison.speedup,
        comparison.verdict,
        comparison.runs,
        comparison.reasons_against,
        lambda name: comparison.speedup("a", over=name),
    ]
    for ask in asks:
        with pytest.raises(UnknownNameError, match=message):
            ask("x")
        with pytest.raises(UnknownNameError, match="is called ''"):
            ask("")


def test_runs_are_whole_runs_in_the_order_of_the_rounds() -> None:
    comparison = compare(3, a=2.0, b=(9.0, 1.0, 2.0, 3.0))
    assert [run.elapsed for run in comparison.runs("b")] == [1.0, 2.0, 3.0]
    assert [outcome.url for outcome in comparison.runs("b")[0]] == URLS


def test_it_pickles_compares_and_cannot_be_changed() -> None:
    comparison = compare(a=2.0, b=1.0)
    assert comparison.fastest == ("b",)  # asked once, kept
    copy = pickle.loads(pickle.dumps(comparison))
    assert copy == comparison
    assert hash(copy) == hash(comparison)
    assert str(copy) == str(comparison)
    assert comparison != compare(a=2.0, b=1.5)
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        comparison.seed = 5  # type: ignore[misc]  # the mistake itself
    assert repr(comparison) == "<Comparison of a, b: 10 rounds>"


# --- the table ---


CAPTION = (
    "4 URLs × 10 rounds, order drawn each round (seed 8412); 95% sure of all intervals at once; "
    "this machine, 14:02–14:04"
)


def grid(comparison: Comparison) -> str:
    """Return the table between caption and remarks."""
    return "\n".join(str(comparison).splitlines()[1 : 2 + len(comparison.strategies)])


def remarks(comparison: Comparison) -> list[str]:
    return str(comparison).splitlines()[2 + len(comparison.strategies) :]


TIE = """
strategy        typical  speed-up  95%          req/s  in flight  ideal  CPU  limit        verdict
fetch_sync       2.00 s     1.00×  reference      2.0        1.0   100%  25%  concurrency
fetch_threaded   250 ms      8.1×  [5.8, 13.1]   16.0        4.0      –  25%  network      faster, tied
fetch_async      250 ms      8.0×  [8.0, 8.0]    16.0        4.0      –  25%  network      faster, tied
"""  # noqa: E501 - as wide as it is


def test_the_table_of_a_tie() -> None:
    comparison = compare(
        at_once=4, fetch_sync=2.0, fetch_threaded=times(0.25), fetch_async=(3.0, 0.25)
    )
    assert str(comparison).splitlines()[0] == CAPTION
    assert grid(comparison) == TIE.strip()
    tie = "tied for fastest: fetch_threaded, fetch_async"
    firsts = "the first run of each, which warms up and is checked"
    why = "an interval too wide to tell which is faster; more rounds would narrow it"
    assert remarks(comparison) == [
        f"{tie}; fetch_threaded over fetch_async is 1.02× [0.73, 1.63], {why}",
        f"not counted: {firsts} (2.00 s, 250 ms, 3.00 s)",
    ]


ALONE = """
strategy  typical  speed-up  95%        req/s  in flight  ideal  CPU  limit  verdict
alone      2.00 s     1.00×  reference    2.0        1.0   100%  25%  –
"""


def test_the_table_of_one_strategy_and_one_round() -> None:
    comparison = compare(1, alone=2.0)
    assert str(comparison).startswith("4 URLs × 1 round, order drawn each round (seed 8412); ")
    assert grid(comparison) == ALONE.strip()
    assert remarks(comparison) == [
        "not counted: the first run of each, which warms up and is checked (2.00 s)"
    ]


@pytest.mark.parametrize("rounds", [3, 10])
def test_the_columns_fit_122_characters_for_names_of_15(rounds: int) -> None:
    clock = Clock()

    comparison = Runner(URLS, rounds=rounds, clock=clock).compare(
        reference_______=taking(clock, 2.0),
        wavering________=taking(clock, *times(2.0)),
        steady__________=taking(clock, 2.0),
        fast____________=taking(clock, 0.002),
        unanswered______=taking(clock, 0.1, answer=failure),
    )
    assert max(map(len, grid(comparison).splitlines())) <= 122


def test_a_very_long_name_is_clipped() -> None:
    durations: dict[str, Any] = {"x" * 200: 1.0}
    comparison = compare(1, **durations)
    assert max(map(len, grid(comparison).splitlines())) <= 125


def test_means_that_a_few_slow_rounds_carry_off_are_noted() -> None:
    slow_twice = (2.0, *[2.0] * 8, 64.0, 64.0)
    comparison = compare(reference=slow_twice, mine=(1.0,))
    assert (
        "note: mine: by mean times it is 14.4× as fast, outside the interval; "
        "a few rounds took far longer than the typical one" in str(comparison)
    )
    assert "mean times" not in str(compare(reference=2.0, mine=1.0))


# --- beside a baseline ---


def test_beside_a_baseline_both_are_shown_and_no_verdict_is_given() -> None:
    then = compare(a=2.0, b=1.0)
    card = attrs.evolve(then.card, python="CPython 3.8.0", load=None, variables=("https_proxy",))
    baseline = attrs.evolve(then, card=card, options=Options(concurrency=5), urls=tuple(URLS[:3]))
    card = attrs.evolve(then.card, python="CPython 3.14.0", load=None, variables=())
    now = attrs.evolve(compare(a=4.0, c=1.0), card=card)
    table = now.beside(baseline)
    assert [" ".join(row) for row in table.rows] == [
        "a 2.00 s 4.00 s 1.00× reference 1.00× reference",
        "b 1.00 s – 2.0× [2.0, 2.0] – –",
        "c – 1.00 s – – 4.0× [4.0, 4.0]",
    ]
    *differences, refusal = table.notes
    assert differences == [
        "differs, now against then: python: CPython 3.14.0 against CPython 3.8.0",
        "differs, now against then: https_proxy: not set against set",
        "differs, now against then: concurrency: 20 against 5",
        "differs, now against then: URLs: 4 against 3, not the same",
    ]
    assert refusal.startswith("no verdict across sessions: ")
    assert "faster" not in to_text(table)


def test_beside_itself_as_it_was_saved_without_secrets_nothing_differs() -> None:
    options = Options(headers={"Authorization": "s3cret"}, secret_params=("code",))
    urls = ("http://me:s3cret@a.example/", "http://a.example/?code=s3cret")
    now = attrs.evolve(compare(a=2.0, b=1.0), options=options, urls=urls)
    urls = ("http://***@a.example/", "http://a.example/?code=***")
    then = attrs.evolve(now, options=options.without_secrets(), urls=urls)
    assert len(now.beside(then).notes) == len(then.beside(now).notes) == 1
    other = attrs.evolve(then, urls=("http://***@b.example/", urls[1]))
    assert "URLs: 2 against 2, not the same" in str(now.beside(other))


def test_beside_itself_nothing_differs() -> None:
    comparison = compare(a=2.0, b=1.0)
    (refusal,) = comparison.beside(comparison).notes
    assert refusal.startswith("no verdict across sessions: ")


# --- in words ---


SITUATIONS: dict[str, tuple[Comparison, list[str]]] = {
    "a winner": (
        compare(sync=8.0, threads=2.0),
        [
            "threads is 4.0× as fast as sync (95% sure: 4.0× to 4.0×).",
            "The reason: threads had 1.0 fetches in flight as sync had,",
            "and each took 500 ms against 2.00 s (4.0× shorter).",
        ],
    ),
    "a tie": (
        compare(at_once=2, sync=8.0, threads=2.0, loop=times(2.0)),
        [
            "threads and loop are 4.0× as fast as sync",
            "(95% sure: 4.0× to 4.0×) and 4.1× (95% sure: 2.9× to 6.5×);",
            "which of these is faster, these rounds do not tell.",
            "The reason: threads had 2.0 fetches in flight against 1.0 (2.0×),",
            "and each took 1.00 s against 2.00 s (2.0× shorter);",
            "loop had 2.0 fetches in flight against 1.0 (2.0×),",
            "and each took 1.00 s against 2.00 s (2.0× shorter).",
        ],
    ),
    "nothing clear": (
        compare(sync=2.0, threads=times(2.0)),
        [
            "Which of sync and threads is faster, these rounds do not tell:",
            "threads is 1.02× as fast as sync",
            "(95% sure: between 1.37× slower and 1.63× as fast).",
            "That range is wide; more rounds would narrow it.",
        ],
    ),
    "too few rounds": (
        compare(5, at_once=2, sync=2.0, threads=1.0),
        [
            "There are too few rounds to say which strategy is faster.",
            "At least 6 are needed.",
            "In these rounds sync took 2.00 s with 1.0 fetches in flight,",
            "and threads 1.00 s with 2.0.",
        ],
    ),
    "the reference is the fastest of two": (
        compare(sync=2.0, threads=8.0),
        ["sync is the fastest."],
    ),
    "the reference is the fastest of three": (
        compare(sync=2.0, threads=8.0, loop=4.0),
        ["sync is the fastest."],
    ),
    "all the same": (
        compare(sync=2.0, threads=2.0, loop=2.0),
        [
            "There is no difference that matters between sync, threads and loop.",
            "They are equally fast to within 2%.",
        ],
    ),
    "as fast as the reference, and a slower one": (
        compare(sync=2.0, threads=2.0, loop=8.0),
        [
            "There is no difference that matters between sync and threads.",
            "They are equally fast to within 2%.",
        ],
    ),
    "as fast as the reference, and an unclear one": (
        compare(sync=2.0, threads=2.0, loop=times(2.2)),
        [
            "Which of sync, threads and loop is faster, these rounds do not tell:",
            "loop is 8% slower than sync",
            "(95% sure: between 1.51× slower and 1.48× as fast).",
            "That range is wide; more rounds would narrow it.",
        ],
    ),
    "one alone": (
        compare(sync=2.0),
        ["sync was measured alone.", "Add a second strategy to compare it with."],
    ),
}


@pytest.mark.parametrize("situation", SITUATIONS)
def test_it_explains_itself(situation: str) -> None:
    comparison, words = SITUATIONS[situation]
    assert comparison.explain().splitlines()[0] == " ".join(words)


WAITS = (
    "it waits for one fetch at a time, and computes 25% of the time. Whether more in flight would "
    "help was not tried"
)


@pytest.mark.parametrize(
    ("time", "lost"),
    [
        (2.04, "2% slower than the fastest, sync (95% sure: 2% to 2%)"),
        (4.0, "2.0× slower than the fastest, sync (95% sure: 2.0× to 2.0×)"),
        (27.2, "13.6× slower than the fastest, sync (95% sure: 13.6× to 13.6×)"),
        (600.0, "300× slower than the fastest, sync (95% sure: 300× to 300×)"),
    ],
)
def test_each_that_lost_is_told_by_how_much_and_why(time: float, lost: str) -> None:
    comparison = compare(sync=2.0, mine=time)
    took = f"{seconds(time / 4)} against 500 ms"
    assert comparison.explain().splitlines()[2] == (
        f"mine is {lost}: {WAITS}. "
        f"It had 1.0 fetches in flight where sync had 1.0, and each took {took}."
    )


def test_a_reference_that_lost_is_told_so_without_what_the_first_sentence_has_said() -> None:
    assert compare(sync=27.2, threads=2.0).explain().splitlines()[1:] == [
        f"sync is 13.6× slower than the fastest, threads: {WAITS}.",
        f"threads {WAITS.removeprefix('it ')}.",
    ]


def test_everybody_that_lost_has_a_paragraph() -> None:
    told = compare(a=8.0, b=2.0, c=4.0, d=20.0).explain().splitlines()[1:]
    assert [line.partition(":")[0].partition(" (")[0] for line in told] == [
        "a is 4.0× slower than the fastest, b",
        f"b {WAITS.removeprefix('it ')}.",
        "c is 2.0× slower than the fastest, b",
        "d is 10.0× slower than the fastest, b",
    ]


def test_behind_a_tie_one_of_the_tied_is_named() -> None:
    told = compare(sync=8.0, threads=2.0, loop=times(2.0)).explain().splitlines()[1]
    assert told.startswith("sync is 4.0× slower than threads, one of the fastest: it waits")


def test_until_all_are_ranked_nothing_is_told() -> None:
    assert compare(7, a=8.0, b=4.0, c=4.0, d=16.0).explain() == (
        "There are too few rounds to say which strategy is faster. At least 8 are needed. In these "
        "rounds a took 8.00 s with 1.0 fetches in flight, b 4.00 s with 1.0, c 4.00 s with 1.0, "
        "and d 16.0 s with 1.0."
    )


def test_no_sentence_says_a_ratio_below_one() -> None:
    for one in (compare(a=2.0, b=9.0, c=times(3.0)), compare(a=9.0, b=2.0, c=times(9.0))):
        told = f"{one.explain()}\n{one.timeline().alt}"
        assert not re.search(r"\b0\.\d+× (?!to|shorter|fewer)", told), told


def test_of_one_that_cannot_be_compared_that_is_said() -> None:
    clock = Clock()
    comparison = Runner(URLS, clock=clock).compare(
        a=taking(clock, 1.0), b=taking(clock, 1.0, answer=failure), c=taking(clock, 4.0)
    )
    first, *others = comparison.explain().splitlines()
    assert "(b could not be compared: 4 of 4 URLs came back differently" in first
    assert [line.partition(" ")[0] for line in others] == ["a", "c"]


def timeless(url: str, index: int, **_: float) -> Outcome:
    return response(url, index, started=1.0, finished=1.0)


def test_where_fetches_have_no_times_the_limit_is_unknown() -> None:
    clock = Clock()
    comparison = Runner(URLS, clock=clock, cpu_clock=lambda: clock.now / 4).compare(
        sync=taking(clock, 2.0), mine=taking(clock, 4.0, answer=timeless)
    )
    assert comparison.explain().splitlines()[2] == (
        "mine is 2.0× slower than the fastest, sync (95% sure: 2.0× to 2.0×). "
        "What limits it is unknown: its outcomes tell no times of single fetches."
    )


# --- a blocked event loop ---


def with_blocked_loop(comparison: Comparison, *names: str) -> Comparison:
    calm = Lateness(median=0.0001, p95=0.0003, naps=100)
    seen = Probe(
        thread=calm,
        loop=None,
        on_loop=True,
        threads=0,
        blocked=0.93,
        blocked_in="requests.api.get(), called by fetch_url()",
    )
    return attrs.evolve(comparison, probes=dict.fromkeys(names, seen))


CURE = (
    "await an async client (aiohttp, httpx.AsyncClient), wrap the call in asyncio.to_thread, "
    "or use fetch_threaded"
)


@pytest.mark.parametrize("answer", [response, timeless])
def test_a_blocked_loop_is_named_in_the_table_and_explained(
    answer: Callable[..., Outcome],
) -> None:
    clock = Clock()
    comparison = with_blocked_loop(
        Runner(URLS, clock=clock, cpu_clock=lambda: clock.now / 4).compare(
            sync=taking(clock, 1.0), mine=taking(clock, 13.5, answer=answer)
        ),
        "mine",
    )
    assert comparison.why("mine").limit is Limit.BLOCKED_LOOP
    assert "blocked loop  slower" in str(comparison)
    where = "blocked 93% of the time, in requests.api.get(), called by fetch_url()"
    assert f"\nmine: the event loop was {where}; {CURE}\n" in str(comparison)
    told = comparison.explain().splitlines()[2]
    assert told.startswith(
        "mine is 13.5× slower than the fastest, sync (95% sure: 13.5× to 13.5×): it is limited by "
        f"its event loop, {where}: while that waits, no other fetch can go on. "
        f"What helps: {CURE}. More in flight would not help."
    )
    assert "More in flight would help" not in told


def test_a_blocked_loop_needs_no_rounds_to_be_named_and_its_place_is_told_once() -> None:
    comparison = with_blocked_loop(compare(2, sync=1.0, mine=8.0, other=8.0), "mine", "other")
    assert [line.partition(" ")[0] for line in comparison.explain().splitlines()] == [
        "There",
        "mine",
        "other",
    ]
    assert str(comparison).count("the event loop was blocked") == 1
    assert "\nmine, other: the event loop was blocked 93% of the time, in " in str(comparison)


@pytest.mark.once
def test_the_classic_mistake_is_named() -> None:
    """A blocking `get` inside `gather`: once awaited by us, once by `asyncio.run`."""

    async def gathered(urls: list[str], options: Options) -> list[Outcome]:
        with requests_client.session(options) as get:

            async def fetch(url: str) -> Outcome:
                return get(url)

            return await asyncio.gather(*map(fetch, urls))

    def by_itself(urls: list[str], options: Options) -> list[Outcome]:
        return asyncio.run(gathered(urls, options))

    with LocalServer(latency=0.02) as server:
        comparison = Runner(server.urls(12), rounds=7, seed=1).compare(
            fetch_async, gathered, by_itself
        )
    for name in ("gathered", "by_itself"):
        unless_busy(comparison.why(name).limit is Limit.BLOCKED_LOOP, comparison.probes)
    told = comparison.explain()
    assert "More in flight would help" not in told
    assert told.count("called by fetch()") == 2
    assert comparison.why("fetch_async").limit is not Limit.BLOCKED_LOOP


def test_it_explains_why_nothing_can_be_compared() -> None:
    clock = Clock()

    def refused(url: str, index: int, **times: Any) -> Outcome:
        return response(url, index, status_code=500, **times)

    comparison = Runner(URLS, clock=clock).compare(
        sync=taking(clock, 2.0), cheat=taking(clock, 0.5, answer=refused)
    )
    assert comparison.explain() == (
        "Which strategy is faster cannot be told: cheat is not comparable with sync: 4 of 4 URLs "
        "came back differently, first http://a.example/: 500 against 200. "
        "Let all of them do the same work, then compare again."
    )


def test_of_a_reference_that_got_no_answer_only_that_is_said() -> None:
    clock = Clock()
    both = {name: taking(clock, 1.0, answer=failure) for name in ("sync", "threads")}
    assert Runner(URLS, clock=clock).compare(**both).explain() == (
        "Which strategy is faster cannot be told: no URL was answered."
    )


@pytest.mark.parametrize(
    ("efficiency", "shown"),
    [(0.5, "50%"), (0.9999, ">99%"), (1.0, "100%"), (1.04, "100%"), (1.06, "–"), (math.nan, "–")],
)
def test_no_share_of_the_ideal_is_above_it(efficiency: float, shown: str) -> None:
    (_, line) = lines_of(compare(sync=2.0, threads=1.0))
    line = attrs.evolve(line, why=attrs.evolve(line.why, efficiency=efficiency))
    assert IDEAL.cell(line) == shown


def test_outcomes_without_times_leave_the_reason_unsaid() -> None:
    clock = Clock()
    comparison = Runner(URLS, clock=clock).compare(
        sync=taking(clock, 2.0), mine=taking(clock, 0.5, answer=timeless)
    )
    assert (
        comparison.explain()
        .splitlines()[0]
        .endswith("The reason cannot be told: their outcomes give no times of single fetches.")
    )
    assert comparison.why("mine").limit is None


@pytest.mark.parametrize("at_once", [1, 2, 3, 4])
def test_the_reason_multiplies_out_to_the_speed_up_of_the_mean_times(at_once: int) -> None:
    comparison = compare(at_once=at_once, a=times(3.7), b=times(0.9, WAVERING[::-1]))
    why = comparison.why("b")
    means = [sum(run.elapsed for run in comparison.runs(name)) for name in "ab"]
    assert why.more_in_flight / why.longer == pytest.approx(means[0] / means[1], rel=1e-9)
    assert why.speedup == why.more_in_flight / why.longer


def test_comparing_what_cannot_be_is_refused_by_name() -> None:
    clock = Clock()
    comparison = Runner(URLS, clock=clock).compare(
        a=taking(clock, 1.0), b=taking(clock, 1.0, answer=failure), c=taking(clock, 1.0)
    )
    with pytest.raises(NotComparableError, match="b and a cannot be compared: 4 of 4 URLs came"):
        comparison.speedup("c", over="b")


def test_columns_and_dicts_hold_every_timed_fetch_with_its_strategy_and_round() -> None:
    with LocalServer() as server:
        runner = Runner(server.urls(2), rounds=2, seed=1)
        comparison = runner.compare(fetch_sync, fetch_threaded)
    columns = comparison.to_columns()
    expected = [(name, r) for r, names in enumerate(comparison.order) for name in names]
    pairs = list(zip(columns["strategy"], columns["round"], strict=True))
    assert pairs == [pair for pair in expected for _ in range(2)]
    assert columns["status_code"] == [200] * 8
    assert columns["index"] == [0, 1] * 4
    dicts = comparison.to_dicts()
    assert [row["elapsed"] for row in dicts] == columns["elapsed"]
    assert list(dicts[0]) == list(columns)
    assert list(comparison) == dicts


def test_that_two_cores_computed_at_once_is_said_to_be_the_reason() -> None:
    clock, cpu = Clock(), Clock()
    slow, quick = taking(clock, 2.0), taking(clock, 1.0)

    def one_core(urls: list[str], options: Options) -> list[Outcome]:
        cpu.pass_by(1.98)
        return slow(urls, options)

    def two_cores(urls: list[str], options: Options) -> list[Outcome]:
        cpu.pass_by(1.54)
        return quick(urls, options)

    runner = Runner(URLS, rounds=7, seed=1, clock=clock, cpu_clock=cpu)
    said = runner.compare(one_core, two_cores).explain()
    assert (
        "The reason: two_cores had two cores compute at once (154% of one core against 99%); it "
        "had 1.0 fetches in flight"
    ) in said
    mirrored = runner.compare(two_cores, one_core).explain()
    assert "cores compute at once" not in mirrored
