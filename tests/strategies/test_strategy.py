"""Strategies: changed options, and names."""

import functools
import pickle
from collections.abc import AsyncIterable, Awaitable, Callable, Iterable
from types import SimpleNamespace
from typing import Any

import pytest
from fakes import URLS, answers

from concurrent_fetch import Options, Outcome, Strategy, fetch_async, fetch_threaded, with_options
from concurrent_fetch.clients import httpx_client
from concurrent_fetch.errors import UnknownNameError
from concurrent_fetch.strategies._find import find_strategy
from concurrent_fetch.strategies._strategy import effective_options, name_of

Returned = Iterable[Outcome] | AsyncIterable[Outcome] | Awaitable[Iterable[Outcome]]


class Seen:
    """A strategy that keeps the options it was called with."""

    def __init__(self) -> None:
        self.options: list[Options] = []

    def __call__(self, urls: list[str], options: Options) -> list[Outcome]:
        self.options.append(options)
        return answers(urls)

    def fetch(self, urls: list[str], options: Options) -> list[Outcome]:
        return self(urls, options)


def test_the_changes_hold_and_every_other_option_is_the_callers() -> None:
    seen = Seen()
    changed = with_options(seen, concurrency=8)
    changed(URLS, Options(concurrency=2, timeout=5.0))
    assert seen.options == [Options(concurrency=8, timeout=5.0)]
    assert effective_options(changed, Options(timeout=5.0)) == Options(concurrency=8, timeout=5.0)


def test_changes_upon_changes_add_up_and_the_outer_one_holds() -> None:
    seen = Seen()
    changed = with_options(with_options(seen, concurrency=4, timeout=1.0), concurrency=8)
    changed(URLS, Options())
    assert seen.options == [effective_options(changed, Options())]
    assert seen.options == [Options(concurrency=8, timeout=1.0)]
    assert name_of(changed) == "Seen(concurrency=8, timeout=1.0)"


def test_it_can_be_called_without_options_as_the_built_in_strategies_can() -> None:
    seen = Seen()
    with_options(seen, concurrency=2)(URLS)
    assert seen.options == [Options(concurrency=2)]
    with pytest.raises(TypeError, match="options must be an Options, got int"):
        with_options(seen, timeout=1.0)(URLS, 8)  # type: ignore[arg-type]  # the mistake itself


def test_a_strategy_without_changes_has_the_options_it_is_given() -> None:
    assert effective_options(answers, Options(concurrency=3)) == Options(concurrency=3)


def test_it_pickles_compares_hashes_and_shows_what_it_is() -> None:
    changed = with_options(answers, concurrency=8, headers={"x-team": "blue"})
    same = with_options(answers, concurrency=8, headers={"X-Team": "blue"})
    assert pickle.loads(pickle.dumps(changed)) == changed == same
    assert hash(changed) == hash(same)
    assert changed != with_options(answers, concurrency=9)
    assert repr(with_options(answers, concurrency=8)) == "answers(concurrency=8)"


def test_its_name_hides_secret_headers() -> None:
    changed = with_options(answers, headers={"Authorization": "secret"})
    assert "secret" not in name_of(changed) + repr(changed)


SECRET = "http://user:s3cret@proxy.example:8080"


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        ({"proxy": SECRET}, "fetch_threaded(proxy=<str>)"),
        ({"token": "s3cret"}, "fetch_threaded(token=<str>)"),
        ({"client": "httpx", "mode": "s3cret"}, "fetch_threaded(client='httpx', mode=<str>)"),
        ({"client": SECRET}, "fetch_threaded(client='http://***@proxy.example:8080')"),
        ({"by": httpx_client}, "fetch_threaded(by='httpx')"),
        ({"proxies": {"http": SECRET}}, "fetch_threaded(proxies=<dict>)"),
        ({"proxies": [SECRET]}, "fetch_threaded(proxies=<list>)"),
        ({"proxy": SECRET.encode()}, "fetch_threaded(proxy=<bytes>)"),
        ({"proxy": SimpleNamespace(name=SECRET)}, "(proxy=<SimpleNamespace>)"),
        ({"proxy": SimpleNamespace(url=SECRET)}, "fetch_threaded(proxy=<SimpleNamespace>)"),
        ({"retries": 3, "backoff": 0.5, "proxy": None}, "(retries=3, backoff=0.5, proxy=None)"),
    ],
)
def test_its_name_hides_what_may_be_secret(arguments: dict[str, Any], name: str) -> None:
    called = name_of(functools.partial(fetch_threaded, **arguments))
    assert name in called
    assert "s3cret" not in called
    assert "s3cret" not in name_of(functools.partial(fetch_threaded, *arguments.values()))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"concurency": 8},
            "Options has no field 'concurency' (did you mean 'concurrency'?)",
        ),
        ({"xyz": 8}, "Options has no field 'xyz'"),
        ({"concurrency": "8"}, "Options.concurrency must be an int, got '8'; write concurrency=8"),
        ({"concurrency": 0}, "Options.concurrency must be at least 1, got 0"),
    ],
)
def test_a_wrong_change_is_refused_at_once(changes: dict[str, object], message: str) -> None:
    with pytest.raises((TypeError, ValueError)) as caught:
        with_options(answers, **changes)
    assert str(caught.value) == message


def test_what_is_no_strategy_is_refused_at_once() -> None:
    with pytest.raises(TypeError, match="a strategy must be callable, got 'threaded'"):
        with_options("threaded", concurrency=8)  # type: ignore[arg-type]  # the mistake itself


async def coroutine(urls: list[str], _options: Options) -> list[Outcome]:
    return answers(urls)


@pytest.mark.parametrize(
    ("strategy", "name"),
    [
        (answers, "answers"),
        (coroutine, "coroutine"),
        (Seen(), "Seen"),
        (Seen().fetch, "fetch"),
        (functools.partial(fetch_async, client="httpx"), "fetch_async(client='httpx')"),
        (functools.partial(fetch_threaded, client=httpx_client), "fetch_threaded(client='httpx')"),
        (functools.partial(answers), "answers()"),
        (functools.partial(divmod, 8), "divmod(8)"),
        (
            with_options(functools.partial(fetch_async, client="plain"), concurrency=5),
            "fetch_async(client='plain', concurrency=5)",
        ),
        (
            functools.partial(with_options(fetch_async, concurrency=5), client="plain"),
            "fetch_async(client='plain', concurrency=5)",
        ),
        (
            functools.partial(
                with_options(functools.partial(fetch_async, client="plain"), concurrency=5),
                client="httpx",
            ),
            "fetch_async(client='httpx', concurrency=5)",
        ),
        (functools.partial(with_options(answers, timeout=2.0)), "answers(timeout=2.0)"),
        (with_options(functools.partial(answers), timeout=2.0), "answers(timeout=2.0)"),
        (lambda _urls, _options: [], "<lambda>"),
    ],
)
def test_a_strategy_is_named_after_its_function_and_what_is_changed_of_it(
    strategy: Callable[..., Returned], name: str
) -> None:
    assert name_of(strategy) == name


@pytest.mark.parametrize(
    ("name", "called"),
    [
        ("sync", "fetch_sync"),
        ("threaded", "fetch_threaded"),
        ("async", "fetch_async"),
        ("threaded+httpx", "fetch_threaded(client='httpx')"),
        ("async+httpx", "fetch_async(client='httpx')"),
        ("async@asyncio", "fetch_async(loop='asyncio')"),
        ("async+httpx@asyncio", "fetch_async(client='httpx', loop='asyncio')"),
    ],
)
def test_names_lead_to_the_built_in_strategies(name: str, called: str) -> None:
    strategy: Strategy = find_strategy(name)
    assert name_of(strategy) == called


ALL = (
    ". There are sync, threaded, async, processes, each also with a client, as in 'threaded+httpx'"
)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("threded", f"no strategy is called 'threded' (did you mean 'threaded'?){ALL}"),
        ("qqq", f"no strategy is called 'qqq'{ALL}"),
        ("", f"no strategy is called ''{ALL}"),
        ("qqq+httpx", f"no strategy is called 'qqq'{ALL}"),
        ("sync+aiohttp", "client 'aiohttp' works with fetch_async only"),
        ("async+requests", "client 'requests' works with fetch_sync or fetch_threaded only"),
        ("sync+htpx", "did you mean 'httpx'?"),
        ("sync+", "no client stands behind +: write 'sync', or 'sync+httpx'"),
        ("async+@uvloop", "behind +: write 'async@uvloop', or 'async+httpx@uvloop'"),
        ("async+httpx+plain@uvloop", "one client: write 'async+httpx@uvloop'"),
        ("+httpx", "before '+httpx': write 'sync+httpx' or 'threaded+httpx' or 'async+"),
        ("@uvloop", "no strategy stands before '@uvloop': write 'async@uvloop'"),
        ("a@b@c", "no strategy is called 'a'"),
        ("sync@uvloop", "sync runs on no event loop: write 'sync', or 'async@uvloop'"),
        ("threaded+httpx@", "no event loop: write 'threaded+httpx', or 'async@uvloop'"),
        ("async@uvlop", "no event loop is called 'uvlop' (did you mean 'uvloop'?). There are asy"),
        ("sync@nosuch", "sync runs on no event loop: write 'sync', or 'async@uvloop'"),
        ("async@", "no event loop stands behind @: write 'async', or 'async@uvloop'"),
        ("async+httpx@", "behind @: write 'async+httpx', or 'async+httpx@uvloop'"),
        ("async@@uvloop", "one event loop: write 'async@uvloop'"),
        ("async@uvloop@asyncio", "a strategy has one event loop: write 'async@uvloop'"),
        ("async@+httpx", "the loop comes last: write 'async+httpx'"),
        ("async@uvloop+httpx", "the loop comes last: write 'async+httpx@uvloop'"),
        ("asinc@uvloop", "no strategy is called 'asinc' (did you mean 'async'?)"),
        ("async+htpx@uvloop", "did you mean 'httpx'?"),
    ],
)
def test_an_unknown_name_is_told_which_there_are(name: str, message: str) -> None:
    with pytest.raises(UnknownNameError) as caught:
        find_strategy(name)
    assert message in str(caught.value)
