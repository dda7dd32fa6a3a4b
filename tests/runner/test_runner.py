"""Runner: the order as a story, the clocks, and what it refuses."""

import asyncio
import functools
import re
import subprocess
import sys
from collections.abc import AsyncGenerator, Callable, Generator
from datetime import UTC, datetime
from typing import Any

import attrs
import pytest
from fakes import URLS, Clock, answers, response, taking

from concurrent_fetch import (
    Options,
    Outcome,
    Run,
    Runner,
    Strategy,
    Timing,
    fetch_async,
    fetch_sync,
    fetch_threaded,
    with_options,
)
from concurrent_fetch.errors import StrategyError
from concurrent_fetch.server import LocalServer


def stories(*names: str) -> tuple[list[str], dict[str, Strategy]]:
    """Strategies that write down when they are called."""
    story: list[str] = []

    def teller(name: str) -> Strategy:
        def strategy(urls: list[str], _options: Options) -> list[Outcome]:
            story.append(name)
            return answers(urls)

        return strategy

    return story, {name: teller(name) for name in names}


# --- the order ---


def test_a_comparison_of_three_goes_like_this() -> None:
    story, strategies = stories("sync", "threads", "async")
    comparison = Runner(URLS, rounds=5, seed=8412).compare(**strategies)
    assert story == [
        *("sync", "threads", "async"),  # the check runs, in the order given
        *("sync", "async", "threads"),
        *("async", "threads", "sync"),
        *("sync", "threads", "async"),
        *("async", "sync", "threads"),
        *("threads", "async", "sync"),
        *("sync", "threads", "async"),  # watched by probes
    ]
    assert comparison.order == tuple(tuple(story[i : i + 3]) for i in range(3, 18, 3))
    assert [(r.strategy, r.round) for r in comparison.records] == [
        (name, i) for i, names in enumerate(comparison.order) for name in names
    ]
    assert comparison.seed == 8412
    assert comparison.strategies == ("sync", "threads", "async")
    assert comparison.reference == "sync"


def test_the_same_seed_gives_the_same_order_and_a_drawn_one_is_kept() -> None:
    def order(seed: int | None) -> tuple[int, tuple[tuple[str, ...], ...]]:
        _, strategies = stories("a", "b", "c")
        comparison = Runner(URLS, rounds=6, seed=seed).compare(**strategies)
        return comparison.seed, comparison.order

    assert order(5) == order(5) != order(6)
    seed, drawn = order(None)
    assert order(seed) == (seed, drawn)


def test_positional_and_keyword_strategies_go_in_the_order_written() -> None:
    comparison = Runner(URLS, rounds=1).compare(answers, b=answers, a=answers)
    assert comparison.strategies == ("answers", "b", "a")


def test_any_word_may_name_a_strategy() -> None:
    names = {"self": answers, "strategies": answers, "named": answers}
    assert Runner(URLS, rounds=1).compare(**names).strategies == tuple(names)


def test_every_run_gets_a_list_of_its_own() -> None:
    def spoils(urls: list[str], _options: Options) -> list[Outcome]:
        outcomes = answers(urls)
        urls.clear()
        return outcomes

    comparison = Runner(URLS, rounds=2).compare(spoils, answers)
    assert all(len(run) == len(URLS) for run in comparison.runs("answers"))


def test_every_run_takes_digests_and_keeps_no_bodies_so_that_no_options_tell_which_it_is() -> None:
    seen: list[Options] = []

    def strategy(urls: list[str], options: Options) -> list[Outcome]:
        seen.append(options)
        return answers(urls)

    Runner(URLS, Options(concurrency=3), rounds=2).compare(strategy)
    assert seen == [Options(concurrency=3, keep_bodies=False, digest=True)] * 4


# --- the clocks ---


def test_the_check_run_is_shown_and_never_counts() -> None:
    clock = Clock()
    comparison = Runner(URLS, rounds=6, clock=clock).compare(
        slow=taking(clock, 4.0), fast=taking(clock, 512.0, 2.0)
    )
    assert comparison.checks["fast"].elapsed == 512.0
    assert comparison.typical("fast").point == 2.0
    assert comparison.speedup("fast").point == 2.0


def forms(clock: Clock) -> dict[str, Strategy]:
    """What anyone may hand over as a strategy, each taking 2 s."""

    def plain(urls: list[str], _options: Options) -> list[Outcome]:
        clock.pass_by(2.0)
        return answers(urls)

    def generator(urls: list[str], _options: Options) -> Generator[Outcome, None, None]:
        for outcome in answers(urls):
            clock.pass_by(0.5)
            yield outcome

    async def coroutine(urls: list[str], _options: Options) -> list[Outcome]:
        await asyncio.sleep(0)
        return plain(urls, _options)

    async def loop_generator(urls: list[str], _options: Options) -> AsyncGenerator[Outcome, None]:
        for outcome in answers(urls):
            clock.pass_by(0.5)
            yield outcome

    def more(urls: list[str], options: Options, *, times: int) -> list[Outcome]:
        clock.pass_by(times - 2.0)
        return plain(urls, options)

    class Fetcher:
        def __call__(self, urls: list[str], options: Options) -> list[Outcome]:
            return plain(urls, options)

        def method(self, urls: list[str], options: Options) -> list[Outcome]:
            return plain(urls, options)

    return {
        "plain": plain,
        "generator": generator,
        "coroutine": coroutine,
        "async_generator": loop_generator,
        "partial": functools.partial(more, times=2),
        "lambda": lambda urls, options: plain(list(urls), options),
        "returns_a_coroutine": lambda urls, options: coroutine(list(urls), options),
        "method": Fetcher().method,
        "object": Fetcher(),
        "with_options": with_options(plain, concurrency=2),
        "returns_a_run": lambda urls, options: Runner(urls, options, clock=clock).run(plain),
    }


def test_all_forms_of_one_strategy_give_the_same_result() -> None:
    clock, cpu = Clock(), Clock()
    strategies = forms(clock)
    comparison = Runner(URLS, rounds=2, clock=clock, cpu_clock=cpu).compare(**strategies)
    for name in strategies:
        runs = comparison.runs(name)
        assert [(run.elapsed, run.cpu) for run in runs] == [(2.0, 0.0)] * 2, name
        assert all([o.url for o in run] == URLS for run in runs), name


IMPORTS = """
import functools, sys, time
import concurrent_fetch as cf

def clock():
    seen.append(module in sys.modules)
    return time.perf_counter()

for strategy, module in (
    (cf.with_options(cf.fetch_async, concurrency=2), "aiohttp"),
    (functools.partial(cf.fetch_threaded, client="httpx"), "httpx"),
    (cf.iter_sync, "requests"),
):
    seen = []
    assert module not in sys.modules
    cf.Runner(["http://127.0.0.1:1/"], clock=clock).run(strategy)
    assert seen[0], module
"""


def test_a_client_is_imported_before_the_clock_starts() -> None:
    subprocess.run([sys.executable, "-c", IMPORTS], check=True, timeout=50)


def test_cpu_time_has_a_clock_of_its_own() -> None:
    wall, cpu = Clock(), Clock()

    def strategy(urls: list[str], _options: Options) -> list[Outcome]:
        wall.pass_by(2.0)
        cpu.pass_by(0.5)
        return answers(urls)

    run = Runner(URLS, clock=wall, cpu_clock=cpu).run(strategy)
    assert (run.elapsed, run.cpu) == (2.0, 0.5)


def test_what_a_run_says_of_its_own_time_is_ignored() -> None:
    clock = Clock()

    def boasts(urls: list[str], options: Options) -> Run:
        clock.pass_by(8.0)
        return Run(
            outcomes=tuple(answers(urls)),
            strategy="the fastest of all",
            options=options,
            started_at=datetime.now(UTC),
            elapsed=0.001,
            cpu=0.0,
        )

    run = Runner(URLS, clock=clock).run(boasts)
    assert (run.strategy, run.elapsed) == ("boasts", 8.0)


def test_a_run_knows_the_options_it_was_made_with() -> None:
    changed = with_options(with_options(answers, concurrency=4), timeout=2.0)
    run = Runner(URLS, Options(concurrency=9, max_bytes=5)).run(changed)
    assert run.options == Options(concurrency=4, timeout=2.0, max_bytes=5)
    assert run.strategy == "answers(concurrency=4, timeout=2.0)"


def test_one_strategy_needs_no_name_to_run() -> None:
    assert len(Runner(URLS).run(lambda urls, _options: answers(urls))) == len(URLS)


# --- how long ---


def rounds_of(looks: int | tuple[int, ...], *times: float, seconds: float | None = None) -> int:
    clock = Clock()
    strategies = {f"s{i}": taking(clock, time) for i, time in enumerate(times)}
    return Runner(URLS, rounds=looks, seconds=seconds, clock=clock).compare(**strategies).rounds


@pytest.mark.parametrize(
    ("looks", "times", "rounds"),
    [
        (7, (2.0, 1.0), 7),
        ((10, 20, 40), (2.0, 1.0), 10),
        ((10, 20, 40), (2.0, 2.0), 10),  # the same, exactly
        ((10, 20, 40), (1.0,), 10),  # alone: nothing to be resolved
        ((3, 20), (2.0, 1.0), 20),  # too few at the first look
    ],
)
def test_looks_end_it_when_all_is_clear(
    looks: int | tuple[int, ...], times: tuple[float, ...], rounds: int
) -> None:
    assert rounds_of(looks, *times) == rounds


@pytest.mark.parametrize(("strategies", "rounds"), [(2, 10), (5, 10), (6, 11), (7, 11), (8, 12)])
def test_unsaid_the_rounds_are_so_many_that_a_verdict_is_possible(
    strategies: int, rounds: int
) -> None:
    clock = Clock()
    named: dict[str, Any] = {f"s{i}": taking(clock, 2.0**-i) for i in range(strategies)}
    runner = Runner(URLS, clock=clock)
    assert runner.rounds == (10,)
    assert runner.plan(**named).rounds == rounds
    comparison = attrs.evolve(runner, seed=1).compare(**named)
    assert (comparison.rounds, comparison.looks) == (rounds, (rounds,))
    assert comparison.verdict("s1") == "faster"
    said = Runner(URLS, rounds=10, clock=clock).plan(**named)
    assert said.rounds == 10


def test_looks_go_on_while_one_is_not_clear() -> None:
    clock = Clock()
    wavering = taking(clock, *([1.0, 4.0] * 21))
    comparison = Runner(URLS, rounds=(10, 20, 40), clock=clock).compare(
        reference=taking(clock, 2.0), fast=taking(clock, 1.0), wavering=wavering
    )
    assert comparison.rounds == 40
    assert comparison.looks == (10, 20, 40)


@pytest.mark.parametrize(
    ("seconds", "rounds"),
    [(2.5, 1), (3.0, 1), (3.25, 2), (30.0, 10), (31.0, 10), (float("inf"), 10)],
)
def test_the_budget_ends_it_after_the_round_that_spends_it(seconds: float, rounds: int) -> None:
    assert rounds_of(10, 2.0, 1.0, seconds=seconds) == rounds  # 3 s a round


def test_the_check_runs_are_outside_the_budget() -> None:
    clock = Clock()
    strategy = taking(clock, 100.0, 1.0)
    assert Runner(URLS, seconds=3.0, clock=clock).compare(strategy).rounds == 3


# --- strategies that misbehave ---


def misbehaving(returned: object) -> Any:
    def fetch_mine(_urls: list[str], _options: Options) -> object:
        return returned

    return fetch_mine


@pytest.mark.parametrize(
    ("returned", "message"),
    [
        (answers(URLS[:3]), "returned 3 outcomes for 4 URLs; missing: http://d.example/. It must"),
        (
            answers([*URLS, "http://me:pw@x/"]),
            "not asked for, or too often: http://***@x/. It must",
        ),
    ],
)
def test_a_wrong_answer_names_the_strategy_and_the_rule(returned: object, message: str) -> None:
    with pytest.raises(StrategyError, match="strategy 'fetch_mine' returned") as caught:
        Runner(URLS).compare(misbehaving(returned))
    assert message in str(caught.value)
    assert str(caught.value).endswith("a Response or a Failure for each URL, in any order")


@pytest.mark.parametrize(
    ("returned", "message"),
    [
        ("abc", "one value of type str; return a list, one for each URL"),
        (b"abc", "one value of type bytes; return a list, one for each URL"),
        (
            response(URLS[0]),
            "a value of type concurrent_fetch.Response; return a list, one for each",
        ),
        (7, "a value of type int; return a list, one for each URL: [response, ...] or [(url, bo"),
        ([1], "a value of type int among its results; write return [(url, len(response.content"),
        ([True], "a value of type bool among its results; write return [(url, len(response.con"),
        ([(1, 2)], "a value of type tuple among its results; write return [response, ...] or ["),
        ([[1]], "a value of type list among its results; write return [response, ...] or [(ur"),
        (["a", "b"], "2 results for 4 URLs. Return one for each URL, (url, None) for one that f"),
    ],
)
def test_what_tells_nothing_is_named_with_the_cure(returned: object, message: str) -> None:
    with pytest.raises(StrategyError) as caught:
        Runner(URLS).compare(misbehaving(returned))
    assert str(caught.value).startswith(f"strategy 'fetch_mine' returned {message}")


def test_an_async_iterable_inside_an_awaitable_is_a_wrong_answer() -> None:
    async def nested(_urls: list[str], _options: Options) -> object:
        class Nothing:
            def __aiter__(self) -> object:
                return self

        return Nothing()

    strategy: Any = nested
    with pytest.raises(StrategyError, match=r"a value of type \S+\.Nothing; return a"):
        Runner(URLS).run(strategy)


def test_a_strategy_that_raises_is_named_with_its_error() -> None:
    def breaks(_urls: list[str], _options: Options) -> list[Outcome]:
        raise KeyError("a")

    with pytest.raises(StrategyError, match=r"^strategy 'breaks' raised KeyError: 'a'$") as caught:
        Runner(URLS).run(breaks)
    assert isinstance(caught.value.__cause__, KeyError)


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        (
            {"status_code": "200"},
            "Response.status_code must be an int from 100 to 999, got a value ",
        ),
        ({"status_code": 20}, "Response.status_code must be an int from 100 to 999, got 20"),
        ({"size": -1}, "Response.size must be an int of at least 0, got -1"),
        ({"timing": Timing(started=2.0, finished=1.0)}, "Timing.finished must not lie before star"),
    ],
)
def test_an_outcome_that_cannot_be_is_refused_with_its_field_value_and_rule(
    facts: dict[str, Any], message: str
) -> None:
    def mine(urls: list[str], _options: Options) -> list[Outcome]:
        return [attrs.evolve(response(urls[0]), **facts), *answers(urls)[1:]]

    with pytest.raises(StrategyError) as caught:
        Runner(URLS).run(mine)
    assert f"strategy 'mine' returned an outcome for {URLS[0]} that cannot be: {message}" in str(
        caught.value
    )


def test_an_error_without_a_message_is_named_by_its_class() -> None:
    def breaks(_urls: list[str], _options: Options) -> list[Outcome]:
        raise NotImplementedError

    with pytest.raises(StrategyError, match=r"^strategy 'breaks' raised NotImplementedError$"):
        Runner(URLS).run(breaks)


def test_outcomes_without_their_place_are_put_right() -> None:
    def lost(urls: list[str], _options: Options) -> list[Outcome]:
        return [response(url, -1) for url in reversed(urls)]

    run = Runner([*URLS, URLS[0]]).run(lost)
    assert [(o.index, o.url) for o in run] == list(enumerate([*URLS, URLS[0]]))


# --- what is no comparison ---


async def coroutine(urls: list[str], _options: Options) -> list[Outcome]:
    return answers(urls)


Compare = Callable[[Runner], object]


@pytest.mark.parametrize(
    ("compare", "message"),
    [
        (lambda r: r.compare(), "no strategy to run; write compare(fetch_sync, fetch_threaded)"),
        (
            lambda r: r.compare(answers, answers),
            "two strategies are called 'answers'; name one by keyword: compare(..., other=...)",
        ),
        (
            lambda r: r.compare(answers, answers=answers),
            "two strategies are called 'answers'; name one by keyword: compare(..., other=...)",
        ),
        (
            lambda r: r.compare(lambda urls, _options: answers(urls)),
            "a lambda has no name; give it one: compare(mine=lambda ...)",
        ),
        (
            lambda r: r.compare(with_options(lambda urls, _options: answers(urls), timeout=1.0)),
            "a lambda has no name; give it one: compare(mine=lambda ...)",
        ),
        (
            lambda r: r.compare(5),
            "must be callable, got 5; pass the function, fetch_sync and not fetch_sync()",
        ),
        (
            lambda r: r.compare(mine="threaded"),
            "got 'threaded'; pass the function, fetch_sync and not fetch_sync()",
        ),
        (
            lambda r: r.compare([answers, coroutine]),
            "got [<function …>, <function …>]; unpack it: compare(*strategies)",
        ),
        (
            lambda r: r.compare(coroutine([], Options())),  # must not warn that nobody awaits it
            "got <coroutine …>; pass the function, coroutine and not coroutine()",
        ),
        (
            lambda r: r.run(coroutine([], Options())),
            "got <coroutine …>; pass the function, coroutine and not coroutine()",
        ),
        (lambda r: r.run(None), "a strategy must be callable, got None; pass the function,"),
    ],
)
def test_what_cannot_be_compared_is_told_what_to_write(compare: Compare, message: str) -> None:
    with pytest.raises((TypeError, ValueError)) as caught:
        compare(Runner(URLS))
    shown = re.sub(r"<(function|coroutine) [^>]*>", r"<\1 …>", str(caught.value))
    assert message in shown


def test_a_wrong_strategy_is_refused_before_any_runs() -> None:
    story, strategies = stories("first")
    wrong: Any = 5
    with pytest.raises(TypeError, match="must be callable"):
        Runner(URLS).compare(**strategies, wrong=wrong)
    assert story == []


def test_lambdas_and_equal_functions_go_by_keyword() -> None:
    comparison = Runner(URLS, rounds=1).compare(
        answers, again=answers, mine=lambda urls, _options: answers(urls)
    )
    assert comparison.strategies == ("answers", "again", "mine")


# --- the settings ---


@pytest.mark.parametrize(
    ("urls", "settings", "message"),
    [
        ([], {}, "urls is empty; a Runner needs at least one URL"),
        ("http://a.example/", {}, "urls must be an iterable of str, got one str; write ['http"),
        ("http://me:pw@a/", {}, "write ['http://***@a/']"),
        (b"http://a.example/", {}, "urls must be an iterable of str, got bytes"),
        (5, {}, "urls must be an iterable of str, got int"),
        ([1], {}, "urls[0] must be a str, got 1; there is no URL in it"),
        (
            ["http://a/", None],
            {},
            "urls[1] must be a str, got None; a missing value? leave it out, a",
        ),
        ([float("nan")], {}, "urls[0] must be a str, got nan; a missing value? leave it out"),
        ([b"http://me:pw@a/"], {}, "urls[0] must be a str, got b'http://***@a/'; write url.decode"),
        (["http://a/", b"http://b/"], {}, "urls[1] must be a str, got b'http://b/'; write url.dec"),
        (URLS, {"options": {}}, "options must be an Options, got dict; write for example Options("),
        (URLS, {"options": None}, "options must be an Options, got NoneType"),
        (URLS, {"rounds": 0}, "rounds must be at least 1, got 0"),
        (URLS, {"rounds": -5}, "rounds must be at least 1, got -5"),
        (URLS, {"rounds": ()}, "rounds must be at least 1, got ()"),
        (URLS, {"rounds": (0, 10)}, "rounds must be at least 1, got (0, 10)"),
        (URLS, {"rounds": "3"}, "rounds must be an int, or a sequence as (10, 20, 40), got '3'"),
        (URLS, {"rounds": True}, "rounds must be an int, or a sequence as (10, 20, 40), got True"),
        (URLS, {"rounds": 2.0}, "rounds must be an int, or a sequence as (10, 20, 40), got 2.0"),
        (URLS, {"rounds": None}, "rounds must be an int, or a sequence as (10, 20, 40), got None"),
        (URLS, {"rounds": (10, 2.5)}, "rounds must be an int, or a sequence as"),
        (URLS, {"rounds": (20, 10)}, "rounds must ascend, as (10, 20, 40) does, got (20, 10)"),
        (URLS, {"rounds": (10, 10)}, "rounds must ascend, as (10, 20, 40) does, got (10, 10)"),
        (URLS, {"seconds": 0}, "seconds must be greater than 0, or None for no budget, got 0"),
        (URLS, {"seconds": float("nan")}, "seconds must be greater than 0, or None"),
        (URLS, {"seconds": "9"}, "seconds must be a number, or None for no budget, got '9'"),
        (URLS, {"seconds": True}, "seconds must be a number, or None for no budget, got True"),
        (URLS, {"seed": "x"}, "seed must be an int, or None to draw one, got 'x'"),
        (URLS, {"seed": False}, "seed must be an int, or None to draw one, got False"),
    ],
)
def test_a_wrong_setting_is_refused_with_its_value_and_its_rule(
    urls: Any, settings: dict[str, Any], message: str
) -> None:
    with pytest.raises((TypeError, ValueError)) as caught:
        Runner(urls, **settings)
    assert message in str(caught.value)


def test_urls_come_from_any_iterable_once() -> None:
    assert Runner(url for url in URLS).urls == tuple(URLS)


def test_its_repr_is_short_and_hides_user_info() -> None:
    shown = repr(Runner(["http://me:secret@a.example/"] * 1000))
    assert "<1000 URLs, 'http://***@a.example/' first>" in shown
    assert "secret" not in shown
    assert len(shown) < 1000


# --- for real ---


def test_bodies_at_the_wrong_url_are_a_reason_not_to_compare(local: LocalServer) -> None:
    def mixing(urls: list[str], options: Options) -> list[Outcome]:
        run = fetch_sync([*urls[1:], urls[0]], options).responses
        return [attrs.evolve(r, index=i, url=urls[i], final_url=urls[i]) for i, r in enumerate(run)]

    comparison = Runner(local.urls(4), rounds=1).compare(fetch_sync, mixing)
    (reason,) = comparison.reasons_against("mixing")
    assert reason.startswith("4 of 4 bodies differ")


def test_the_built_in_strategies_are_comparable(local: LocalServer) -> None:
    urls = local.urls(6, "/delay/0.1")  # long enough to be in flight together
    comparison = Runner(urls, Options(concurrency=3), rounds=2).compare(
        fetch_sync, fetch_threaded, fetch_async, httpx=functools.partial(fetch_sync, client="httpx")
    )
    assert all(comparison.reasons_against(name) == () for name in comparison.strategies)
    assert comparison.marked == {}
    assert comparison.notes == ()
    assert [check.peak_in_flight for check in comparison.checks.values()] == [1, 3, 3, 1]
    assert local.stats().requests == 4 * (2 + 2) * 6


@pytest.mark.parametrize("seed", [10**5000, -(2**256)], ids=["unwritable", "just beyond"])
def test_a_seed_too_large_to_be_written_is_refused_with_its_rule(seed: int) -> None:
    with pytest.raises(ValueError, match="seed must be an int of at most 256 bits, or None to"):
        Runner(URLS, seed=seed)


def test_a_single_run_keeps_what_its_strategy_says_of_waiting(local: LocalServer) -> None:
    options = Options(per_host=1, concurrency=4)
    run = Runner(local.urls(8, "/delay/0.01"), options).run(fetch_async)
    assert run.waited_for_hosts > 0
