"""How a strategy is called, read from its signature before it is called."""

import functools
from collections.abc import Callable
from typing import Any, Optional

import pytest
from fakes import URLS, answers

import concurrent_fetch as cf
from concurrent_fetch import Options, Runner, with_options
from concurrent_fetch.strategies import how_called

OPTIONS = Options(concurrency=3)
Got = dict[str, Any]


def only_urls(urls: Any) -> Got:
    return locals()


def keeps_its_default(urls: Any, timeout: int = 5) -> Got:
    return locals()


def second(urls: Any, whatever: Any) -> Got:
    return locals()


def named(urls: Any, timeout: int = 5, options: Any = None) -> Got:
    return locals()


def named_first(options: Any, urls: Any) -> Got:
    return locals()


def by_keyword(urls: Any, *, options: Any = None) -> Got:
    return locals()


def all_by_keyword(*, urls: Any, options: Any) -> Got:
    return locals()


def annotated(urls: Any, how: Options = OPTIONS) -> Got:
    return locals()


def annotated_optional(urls: Any, how: Optional[Options] = None) -> Got:  # noqa: UP045 - as people write
    return locals()


def annotated_in_text(urls: Any, *, how: "cf.Options | None" = None) -> Got:
    return locals()


def optional_in_text(urls: Any, how: "Optional[cf.Options]" = None) -> Got:  # noqa: UP045 - the same
    return locals()


def holds_options_in_text(urls: Any, by_host: "dict[str, Options] | None" = None) -> Got:
    return locals()


def holds_options(urls: Any, by_host: dict[str, Options] | None = None) -> Got:
    return locals()


def positional_only(urls: Any, how: Options = OPTIONS, /) -> Got:
    return locals()


def any_arguments(*args: Any) -> Got:
    return locals()


def more_arguments(urls: Any, timeout: int = 5, *args: Any) -> Got:
    return locals()


def any_keywords(**kwargs: Any) -> Got:
    return locals()


def ignores_keywords(urls: Any, **kwargs: Any) -> Got:
    return locals()


@functools.wraps(only_urls)
def wrapper(*args: Any, **kwargs: Any) -> Got:
    return only_urls(*args, **kwargs)


class Object:
    def __call__(self, urls: Any) -> Got:
        return {"urls": urls}

    def method(self, urls: Any, options: Any) -> Got:
        return {"urls": urls, "options": options}


class NoSignature:
    __signature__ = "none"

    def __call__(self, *args: Any) -> Got:
        return {"args": args}


@pytest.mark.once
@pytest.mark.parametrize(
    ("function", "got"),
    [
        (only_urls, {"urls": URLS}),
        (keeps_its_default, {"urls": URLS, "timeout": 5}),
        (second, {"urls": URLS, "whatever": OPTIONS}),
        (named, {"urls": URLS, "timeout": 5, "options": OPTIONS}),
        (named_first, {"urls": URLS, "options": OPTIONS}),
        (by_keyword, {"urls": URLS, "options": OPTIONS}),
        (all_by_keyword, {"urls": URLS, "options": OPTIONS}),
        (annotated, {"urls": URLS, "how": OPTIONS}),
        (annotated_optional, {"urls": URLS, "how": OPTIONS}),
        (annotated_in_text, {"urls": URLS, "how": OPTIONS}),
        (optional_in_text, {"urls": URLS, "how": OPTIONS}),
        (holds_options_in_text, {"urls": URLS, "by_host": None}),
        (holds_options, {"urls": URLS, "by_host": None}),
        (positional_only, {"urls": URLS, "how": OPTIONS}),
        (any_arguments, {"args": (URLS, OPTIONS)}),
        (more_arguments, {"urls": URLS, "timeout": 5, "args": (OPTIONS,)}),
        (any_keywords, {"kwargs": {"urls": URLS, "options": OPTIONS}}),
        (ignores_keywords, {"urls": URLS, "kwargs": {}}),
        (wrapper, {"urls": URLS}),
        (Object(), {"urls": URLS}),
        (Object().method, {"urls": URLS, "options": OPTIONS}),
        (NoSignature(), {"args": (URLS, OPTIONS)}),
        (functools.partial(keeps_its_default, timeout=9), {"urls": URLS, "timeout": 9}),
        (functools.partial(second, whatever=9), {"urls": URLS, "whatever": 9}),
    ],
)
def test_options_are_passed_to_what_takes_them(function: Callable[..., Got], got: Got) -> None:
    assert how_called(function).call(function, URLS, OPTIONS) == got


def nothing() -> None: ...


def one(url: str) -> None: ...


def after_a_session(session: Any, urls: list[str]) -> None: ...


def needs_a_session(urls: list[str], *, session: Any) -> None: ...


@pytest.mark.once
@pytest.mark.parametrize(
    ("function", "message"),
    [
        (nothing, "nothing takes no URLs; write def nothing(urls): ... and fetch those"),
        (one, "one takes one url, and a strategy takes a list of URLs; write cf.each(one)"),
        (
            after_a_session,
            (
                "after_a_session needs more than the URLs and the options; give it the rest: "
                "functools.partial(after_a_session, session=...)"
            ),
        ),
        (
            needs_a_session,
            (
                "needs_a_session needs more than the URLs and the options; give it the rest: "
                "functools.partial(needs_a_session, session=...)"
            ),
        ),
        (Object, "Object is a class that takes no URLs; pass an object of it: Object()"),
        (
            Object.method,
            "method is a method without its object; pass it of one: object.method",
        ),
        (
            functools.partial(by_keyword, options=OPTIONS),
            (
                "by_keyword(options=<Options>) has its options fixed, and the Runner's would not "
                "reach it; write with_options(strategy, concurrency=8)"
            ),
        ),
    ],
)
def test_what_cannot_be_called_is_refused_before_the_first_run(
    function: Callable[..., object], message: str
) -> None:
    ran: list[str] = []

    def first(urls: list[str]) -> list[cf.Outcome]:
        ran.append("first")
        return answers(urls)

    with pytest.raises(TypeError) as caught:
        Runner(URLS).compare(first, function)
    assert str(caught.value) == message
    assert not ran


def test_a_strategy_without_options_cannot_have_them_changed() -> None:
    for change in (lambda: with_options(only_urls, concurrency=8), lambda: sweep(only_urls)):
        with pytest.raises(TypeError) as caught:
            change()
        assert str(caught.value) == (
            "only_urls takes no options, so changed ones cannot reach it; write "
            "def only_urls(urls, options): ... and heed those"
        )


def sweep(strategy: Callable[..., object]) -> cf.Sweep:
    return Runner(URLS).sweep(strategy, (1, 2))


def test_a_strategy_that_takes_only_urls_runs() -> None:
    def mine(urls: list[str]) -> list[cf.Outcome]:
        return answers(urls)

    assert Runner(URLS, clock=lambda: 0.0).run(mine).outcomes == tuple(answers(URLS))
    assert [o.url for o in with_options(second_strategy, concurrency=2)(URLS)] == URLS  # type: ignore[union-attr]  # a list


def second_strategy(urls: list[str], *, options: Options) -> list[cf.Outcome]:
    assert options.concurrency == 2
    return answers(urls)
