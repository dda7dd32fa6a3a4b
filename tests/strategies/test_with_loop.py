"""Strategies on event loops of another kind: names, nesting, what runs where, what is refused."""

import asyncio
import functools
import pickle
import sys
from collections.abc import AsyncGenerator, Callable
from importlib.util import find_spec
from typing import Any

import pytest
from fakes import URLS, answers

from concurrent_fetch import (
    Options,
    Outcome,
    Runner,
    each,
    fetch_async,
    fetch_sync,
    fetch_threaded,
    iter_async,
    iter_sync,
    with_loop,
    with_options,
)
from concurrent_fetch.clients import plain_async_client
from concurrent_fetch.errors import EventLoopError, StrategyError, UnknownNameError
from concurrent_fetch.server import LocalServer
from concurrent_fetch.strategies._strategy import effective_options, name_of, under
from concurrent_fetch.strategies._with_loop import loop_of

partial = functools.partial
needs_uvloop = pytest.mark.skipif(find_spec("uvloop") is None, reason="there is no uvloop here")
LOOPS = ["asyncio", pytest.param("uvloop", marks=needs_uvloop)]


def loop_here() -> str:
    return type(asyncio.get_running_loop()).__module__.partition(".")[0]


async def coroutine(urls: list[str], _options: Options) -> list[Outcome]:
    seen.append(loop_here())
    return answers(urls)


async def async_generator(urls: list[str], _options: Options) -> AsyncGenerator[Outcome, None]:
    seen.append(loop_here())
    for outcome in answers(urls):
        yield outcome


async def takes_urls_only(urls: list[str]) -> list[Outcome]:
    seen.append(loop_here())
    return answers(urls)


async def takes_client(urls: list[str], options: Options, client: str = "a") -> list[Outcome]:
    seen.append(f"{loop_here()} {client} {options.concurrency}")
    return answers(urls)


def says_so(urls: list[str], options: Options) -> AsyncGenerator[Outcome, None]:
    return async_generator(urls, options)


class Fetcher:
    async def __call__(self, urls: list[str], options: Options) -> list[Outcome]:
        return await coroutine(urls, options)

    async def method(self, urls: list[str], options: Options) -> list[Outcome]:
        return await coroutine(urls, options)


seen: list[str] = []


@pytest.fixture(autouse=True)
def _fresh() -> None:
    seen.clear()


FORMS = [
    coroutine,
    async_generator,
    takes_urls_only,
    says_so,
    Fetcher(),
    Fetcher().method,
    partial(coroutine),
    with_options(coroutine, concurrency=2),
]


@pytest.mark.parametrize("loop", LOOPS)
@pytest.mark.parametrize("strategy", FORMS, ids=name_of)
def test_a_runner_runs_every_form_of_strategy_on_that_loop(
    strategy: Callable[..., Any], loop: str
) -> None:
    run = Runner(URLS).run(with_loop(strategy, loop))
    assert [outcome.url for outcome in run] == URLS
    assert seen == [loop]


@pytest.mark.parametrize("loop", LOOPS)
def test_each_of_an_async_function_runs_there_too(loop: str) -> None:
    async def fetch_one(url: str) -> bytes:
        seen.append(loop_here())
        return url.encode()

    Runner(URLS, rounds=1).compare(with_loop(each(fetch_one), loop))
    assert set(seen) == {loop}


@needs_uvloop
def test_each_strategy_of_a_comparison_has_its_loop_and_the_card_and_a_note_say_so() -> None:
    fast = with_loop(coroutine, "uvloop")
    comparison = Runner(URLS, rounds=2, seed=1).compare(answers, coroutine, fast)
    assert comparison.strategies == ("answers", "coroutine", "coroutine(loop='uvloop')")
    assert (seen.count("asyncio"), seen.count("uvloop")) == (4, 4)
    usual, other = comparison.card.loop.split(", ")
    assert (usual.partition(".")[0], other) == ("asyncio", "uvloop.Loop")
    assert f"uvloop {comparison.card.versions['uvloop']}" in str(comparison.card)
    (note,) = [note for note in comparison.notes if "runs on" in note.fact]
    assert note.strategy == "coroutine(loop='uvloop')"
    assert note.fact == f"it runs on uvloop.Loop where coroutine runs on {usual}"
    assert not [why for why in comparison.reasons["coroutine(loop='uvloop')"] if "loop" in why]


@needs_uvloop
def test_where_all_are_on_one_kind_of_loop_nothing_is_noted() -> None:
    one = with_loop(coroutine, "uvloop")
    comparison = Runner(URLS, rounds=1).compare(one, answers, other=with_loop(one, "uvloop"))
    assert comparison.card.loop == "uvloop.Loop"
    assert not [note for note in comparison.notes if "runs on" in note.fact]
    same = Runner(URLS, rounds=1).compare(coroutine, with_loop(coroutine, "asyncio"))
    assert "," not in same.card.loop
    assert not [note for note in same.notes if "runs on" in note.fact]


@needs_uvloop
def test_it_works_below_a_running_loop() -> None:
    async def main() -> None:
        Runner(URLS).run(with_loop(coroutine, "uvloop"))
        await asyncio.to_thread(Runner(URLS).run, with_loop(async_generator, "uvloop"))

    asyncio.run(main())
    assert seen == ["uvloop", "uvloop"]


@needs_uvloop
def test_a_real_fetch_goes_over_it() -> None:
    fast = with_loop(partial(fetch_async, client="plain"), "uvloop")
    with LocalServer() as server:
        run = Runner(server.urls(5)).run(fast)
    assert [outcome.ok for outcome in run] == [True] * 5


# --- names and nesting ---

IN_ANY_ORDER = [
    with_loop(with_options(partial(takes_client, client="b"), concurrency=8), "asyncio"),
    with_options(with_loop(partial(takes_client, client="b"), "asyncio"), concurrency=8),
    with_options(partial(with_loop(takes_client, "asyncio"), client="b"), concurrency=8),
    with_loop(partial(with_options(takes_client, concurrency=8), client="b"), "asyncio"),
    partial(with_options(with_loop(takes_client, "asyncio"), concurrency=8), client="b"),
    partial(with_loop(with_options(takes_client, concurrency=8), "asyncio"), client="b"),
]


@pytest.mark.parametrize("strategy", IN_ANY_ORDER, ids=range(6))
def test_options_partials_and_a_loop_go_together_in_any_order(strategy: Callable[..., Any]) -> None:
    assert effective_options(strategy, Options(timeout=5.0)) == Options(timeout=5.0, concurrency=8)
    run = Runner(URLS).run(strategy)
    assert seen == ["asyncio b 8"]
    assert run.options.concurrency == 8
    assert loop_of(pickle.loads(pickle.dumps(strategy))) is loop_of(strategy) is not None
    again, options = under(strategy, Options(), concurrency=3)
    assert effective_options(again, options).concurrency == 3


@pytest.mark.parametrize(
    ("strategy", "name"),
    [
        (with_loop(fetch_async, "asyncio"), "fetch_async(loop='asyncio')"),
        (with_loop(iter_async, "asyncio"), "iter_async(loop='asyncio')"),
        (
            with_loop(partial(fetch_async, client="plain"), "asyncio"),
            "fetch_async(client='plain', loop='asyncio')",
        ),
        (
            partial(with_loop(fetch_async, "asyncio"), client=plain_async_client),
            "fetch_async(client='plain', loop='asyncio')",
        ),
        (
            with_options(with_loop(fetch_async, "asyncio"), concurrency=8),
            "fetch_async(concurrency=8, loop='asyncio')",
        ),
        (
            with_loop(with_options(fetch_async, concurrency=8), "asyncio"),
            "fetch_async(concurrency=8, loop='asyncio')",
        ),
        (
            with_loop(with_options(partial(fetch_async, client="plain"), timeout=2.0), "asyncio"),
            "fetch_async(client='plain', timeout=2.0, loop='asyncio')",
        ),
        (
            partial(with_loop(with_options(fetch_async, concurrency=8), "asyncio"), client="plain"),
            "fetch_async(client='plain', concurrency=8, loop='asyncio')",
        ),
    ],
)
def test_the_loop_stands_last_in_its_name(strategy: Callable[..., Any], name: str) -> None:
    assert name_of(strategy) == name


@needs_uvloop
def test_of_a_loop_upon_a_loop_the_outer_one_holds() -> None:
    twice = with_loop(partial(with_loop(takes_client, "uvloop"), client="b"), "asyncio")
    Runner(URLS).run(twice)
    assert seen == ["asyncio b 20"]
    assert name_of(twice) == "takes_client(client='b', loop='asyncio')"


def test_it_pickles_compares_hashes_and_shows_what_it_is() -> None:
    one = with_loop(fetch_async, "asyncio")
    assert pickle.loads(pickle.dumps(one)) == one == with_loop(fetch_async, "asyncio")
    assert hash(one) == hash(with_loop(fetch_async, "asyncio"))
    assert one != with_options(fetch_async)
    assert repr(one) == "fetch_async(loop='asyncio')"


def test_a_strategy_without_a_loop_asks_for_none() -> None:
    assert loop_of(with_options(fetch_async, concurrency=2)) is None


# --- what is refused, before anything is sent ---


def plain_generator(urls: list[str]) -> Any:
    yield from answers(urls)


@pytest.mark.parametrize(
    "plain",
    [fetch_sync, fetch_threaded, iter_sync, plain_generator, each(len), partial(fetch_sync)],
    ids=name_of,
)
def test_a_plain_strategy_is_refused(plain: Callable[..., Any]) -> None:
    with pytest.raises(TypeError) as caught:
        with_loop(plain, "asyncio")
    assert str(caught.value) == (
        f"{name_of(plain)} is a plain function, and no event loop runs it; with_loop takes an "
        "async one, as fetch_async or async def mine(urls, options): ..."
    )


def test_options_do_not_reach_what_takes_none_on_a_loop_either() -> None:
    with pytest.raises(TypeError, match="takes_urls_only takes no options, so changed ones cannot"):
        with_options(with_loop(takes_urls_only, "asyncio"), concurrency=2)


def says_so_and_does_not(urls: list[str], _options: Options) -> "AsyncGenerator[Outcome, None]":
    return answers(urls)  # type: ignore[return-value]  # the mistake itself


def test_one_that_only_says_it_is_awaited_is_told_of() -> None:
    with pytest.raises(StrategyError, match="it returned list, and nothing to await"):
        Runner(URLS).run(with_loop(says_so_and_does_not, "asyncio"))


@pytest.mark.parametrize(
    ("strategy", "loop", "kind", "message"),
    [
        (fetch_async, "uvlop", UnknownNameError, "no event loop is called 'uvlop' (did you mean "),
        (fetch_async, "", UnknownNameError, "no event loop is called ''. There are asyncio, uvl"),
        (fetch_async, asyncio, TypeError, "a loop is named, as in with_loop(fetch_async, 'uvloop'"),
        ("async", "uvloop", TypeError, "a strategy must be callable, got 'async'"),
    ],
)
def test_what_is_no_loop_or_no_strategy_is_refused(
    strategy: Any, loop: Any, kind: type[Exception], message: str
) -> None:
    with pytest.raises(kind) as caught:
        with_loop(strategy, loop)
    assert str(caught.value).startswith(message)


def test_a_loop_that_is_not_installed_is_told_of_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "uvloop", None)
    with pytest.raises(ImportError) as caught:
        with_loop(fetch_async, "uvloop")
    assert 'pip install "concurrent_fetch[fast]"' in str(caught.value)


@needs_uvloop
def test_one_from_where_it_was_installed_is_told_of_before_anything_is_sent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pickled = pickle.dumps(with_loop(coroutine, "uvloop"))
    monkeypatch.setitem(sys.modules, "uvloop", None)
    with pytest.raises(ImportError, match="needs the package uvloop"):
        Runner(URLS).compare(coroutine, pickle.loads(pickled))
    with pytest.raises(StrategyError, match="needs the package uvloop"):
        Runner(URLS).run(pickle.loads(pickled))
    assert seen == []


@needs_uvloop
def test_called_by_hand_it_says_that_it_cannot_change_the_loop() -> None:
    fast = with_loop(coroutine, "uvloop")

    async def main() -> None:
        await fast(URLS)  # type: ignore[misc]  # what it returns is for the type checker unknown

    with pytest.raises(EventLoopError, match="was called on a loop of asyncio, and only a Runner"):
        asyncio.run(main())
    with pytest.raises(EventLoopError, match="was called on no loop") as caught:
        fast(URLS)
    assert "asyncio.Runner(loop_factory=uvloop.new_event_loop)" in str(caught.value)
    assert seen == []


def test_called_by_hand_where_such_a_loop_runs_it_is_as_good_as_any() -> None:
    async def main() -> None:
        await with_loop(coroutine, "asyncio")(URLS)  # type: ignore[misc]  # as above

    asyncio.run(main())
    assert seen == ["asyncio"]
