"""What a strategy gives back is there when the clock stops, and computes nothing later."""

from collections.abc import Callable, Iterator
from http import HTTPMethod, HTTPStatus
from typing import Any, NamedTuple

import attrs
import pytest
import requests
from fakes import URLS, Clock, answers, failure, response, tried_before

from concurrent_fetch import (
    Attempt,
    Failure,
    FailureKind,
    Options,
    Outcome,
    Response,
    Row,
    Run,
    Runner,
    Timing,
)
from concurrent_fetch.errors import StrategyError
from concurrent_fetch.model import COLUMNS
from concurrent_fetch.runner._matching import in_url_order
from concurrent_fetch.runner._plain import plain_outcomes
from concurrent_fetch.runner._rows import rows_of
from concurrent_fetch.runner._values import row_of


def asked(*_: object) -> Any:
    """What it is asked for, it has not got yet."""
    raise AssertionError("it was asked, when no clock was running")


def late(name: str, kind: type) -> Any:
    """A class of values that have not been there before, whatever is asked of them."""

    asks = ["eq", "lt", "le", "gt", "ge", "len", "iter", "getitem", "str", "repr", "int", "index"]
    asks += ["float", "bytes", "bool", "hash"]
    body = {f"__{ask}__": asked for ask in asks} | {"__module__": __name__}
    return type(name, (kind,), body)


LateText, LateInt, LateFloat = late("LateText", str), late("LateInt", int), late("LateFloat", float)
LateTuple, LateBytes = late("LateTuple", tuple), late("LateBytes", bytes)
LateObject = late("LateObject", object)


def with_late(name: str, kind: type, field: str) -> Any:
    """A class with a field that is computed later."""
    computed = property(asked, lambda _, __: None)
    return type(name, (kind,), {field: computed, "__module__": __name__})


LateResponse = with_late("LateResponse", Response, "size")


class LateFailure(Failure):
    """A failure of a class of its own."""


class LateTiming(Timing):
    """A timing of a class of its own."""


class LateAttempt(Attempt):
    """A try of a class of its own."""


class LateRun(Run):
    """A run that fetches when it is looked at."""

    def __iter__(self) -> Iterator[Outcome]:
        raise AssertionError("it was asked, when no clock was running")


def with_(**facts: Any) -> Response:
    """A response with these in its fields, as they are."""
    made = response(URLS[0])
    for name, value in facts.items():
        object.__setattr__(made, name, value)
    return made


TRIED = tried_before(response(URLS[0]), 503).earlier[0]
OWN_TRY = LateAttempt(**{field.name: getattr(TRIED, field.name) for field in attrs.fields(Attempt)})
NOT_NOW = "what it computes later is on no clock; return "


REFUSED: list[tuple[Outcome, str, str]] = [
    (with_(url=LateText(URLS[0])), "with url of type L.LateText, and not str", "str(url)"),
    (with_(final_url=LateText("a")), "with final_url of ", "str(final_url)"),
    (with_(digest=LateText("a")), "with digest of type L.LateText, and ", "str(digest)"),
    (with_(size=LateInt(3)), "with size of type L.LateInt, and not int", "int(size)"),
    (with_(wire_size=LateInt(3)), "with wire_size of type L.LateInt", "int(wire_size)"),
    (with_(status_code=LateInt(200)), "with status_code of type L.La", "int(status_code)"),
    (with_(index=LateInt(0)), "with index of type L.LateInt, and not int", "int(index)"),
    (
        with_(timing=Timing(started=LateFloat(1), finished=2.0)),
        "with started of type L.LateFloat, and not float",
        "float(started)",
    ),
    (
        with_(timing=LateTiming(started=1.0, finished=2.0)),
        "with timing of type L.LateTiming, and not Timing",
        "Timing(...)",
    ),
    (with_(redirects=LateTuple("a")), "with redirects of type L.LateTuple, and not tuple", ""),
    (with_(redirects=(LateText("a"),)), "with redirects of type L.LateText, and ", "str("),
    (with_(earlier=LateTuple()), "with earlier of type L.LateTuple, and not tuple", ""),
    (with_(earlier=(OWN_TRY,)), "with earlier of type L.LateAttempt, and not ", "Attempt(...)"),
    (
        with_(earlier=(attrs.evolve(TRIED, waited=LateFloat(1)),)),
        "with waited of type L.LateFloat, and not float itself",
        "float(waited)",
    ),
    (
        LateResponse(**attrs.asdict(with_(), recurse=False)),
        "of type L.LateResponse, and not a Response",
        "Response(...)",
    ),
    (
        LateFailure(**attrs.asdict(failure(URLS[0]), recurse=False)),
        "of type L.LateFailure, and not a Failure",
        "Failure(...)",
    ),
]


@pytest.mark.parametrize("case", range(len(REFUSED)))
def test_what_could_compute_later_is_refused_by_place_field_and_type_and_never_asked(
    case: int,
) -> None:
    outcome, what, cure = REFUSED[case]

    def lazy(urls: list[str], _options: Options) -> list[Outcome]:
        return [*answers(urls)[1:], outcome]

    with pytest.raises(StrategyError) as caught:
        Runner(URLS).run(lazy)
    told = str(caught.value).replace(f"{__name__}.", "L.")
    assert told.startswith(f"strategy 'lazy' returned item 3 {what}")
    assert f" itself: {NOT_NOW}{cure}" in told

    def beside_a_value(urls: list[str], _options: Options) -> list[Any]:
        return [*urls[1:], (URLS[0], outcome)]

    with pytest.raises(StrategyError, match=NOT_NOW):
        Runner(URLS).run(beside_a_value)


def test_a_run_of_another_class_is_refused() -> None:
    run = Runner(URLS).run(answers)
    facts = attrs.asdict(run, recurse=False)

    def lazy(_urls: list[str], _options: Options) -> Run:
        return LateRun(**facts)

    with pytest.raises(StrategyError, match=r"LateRun, and not a Run itself: .*return Run\.of\("):
        Runner(URLS).run(lazy)

    def late_advice(_urls: list[str], _options: Options) -> Run:
        return Run(**facts | {"advice": LateText("")})

    with pytest.raises(StrategyError, match=r"returned a Run with advice of type .*str\(advice\)"):
        Runner(URLS).run(late_advice)


def test_what_only_says_that_it_is_an_outcome_is_none() -> None:
    class Double:
        __class__: Any = Response

    with pytest.raises(StrategyError, match=r"Double, and not a Response itself"):
        Runner(URLS).run(lambda urls, _: [*answers(urls)[1:], Double()])


def test_headers_bodies_and_tags_are_left_alone() -> None:
    made = with_(headers=LateObject(), body=LateBytes(b"a"), tag=LateObject())
    (found,) = plain_outcomes([made])
    assert found is made


# --- on the clock ---


class Counting:
    """Passes a second for each outcome that is taken of it."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock

    def taken(self, values: Any) -> Iterator[Any]:
        for value in values:
            self.clock.pass_by(1.0)
            yield value


@pytest.mark.parametrize("kind", [list, dict])
def test_lists_and_dicts_that_compute_their_items_do_so_on_the_clock(kind: type) -> None:
    clock = Clock()
    counting = Counting(clock)

    class Lazy(kind):  # type: ignore[misc]  # of either
        def __iter__(self) -> Iterator[Any]:
            return counting.taken(super().__iter__())

        def items(self) -> Any:
            return counting.taken(super().items())

    def lazy(urls: list[str], _options: Options) -> Any:
        return Lazy(answers(urls) if kind is list else dict.fromkeys(urls, b"abc"))

    comparison = Runner(URLS, rounds=1, clock=clock).compare(answers, lazy)
    assert [r.elapsed for r in comparison.records if r.strategy == "lazy"] == [4.0]


# --- what is harmless ---


class Page(NamedTuple):
    """A pair with names, as honest code has it."""

    url: str
    body: bytes


def test_constants_of_python_become_plain_numbers_and_texts() -> None:
    constants: dict[str, Any] = {"status_code": HTTPStatus.OK, "method": HTTPMethod.GET}
    outcomes = [attrs.evolve(one, **constants) for one in answers(URLS)]
    found = in_url_order(outcomes, URLS)
    assert found == answers(URLS)
    assert {type(COLUMNS[name](found[0], ())) for name in ("status_code", "method")} == {int, str}


def test_what_honest_code_makes_is_plain() -> None:
    facts: dict[str, Any] = attrs.asdict(failure(URLS[1]), recurse=False)
    facts["kind"] = "dns"
    outcomes: list[Outcome] = [
        attrs.evolve(response(URLS[0]), size=7),
        Failure(**facts),
        attrs.evolve(response(URLS[2]), redirects=["http://a.example/"]),
        tried_before(failure(URLS[3], finished=2), 503, FailureKind.DNS),
    ]
    found = in_url_order(outcomes, URLS)
    assert [one.url for one in found] == URLS


def test_urls_that_are_more_than_texts_are_handed_on_as_texts() -> None:
    class Link(str):
        __slots__ = ()

    given: list[str] = []

    def mine(urls: list[str], _options: Options) -> list[Outcome]:
        given.extend(urls)
        return answers(urls)

    Runner(list(map(Link, URLS))).run(mine)
    assert (given, set(map(type, given))) == (URLS, {str})


# --- values of other libraries ---


class LatePair(tuple[Any, ...]):
    """A pair that says that it is another."""

    __slots__ = ()

    def __iter__(self) -> Iterator[Any]:
        raise AssertionError("it was asked, when no clock was running")


HOLDING: list[tuple[Any, Row]] = [
    (LateText("äb"), Row(characters=2)),
    (LateBytes(b"abc"), Row(size=3)),
    (LatePair(("u", b"abc")), Row(url="u", size=3)),
    ((LateText("u"), LateInt(3)), Row(url="u", length=3)),
    (Page("u", b"abc"), Row(url="u", size=3)),
    (Row(status_code=HTTPStatus.OK), Row(status_code=200)),
]


@pytest.mark.parametrize("case", range(len(HOLDING)))
def test_plain_values_tell_what_they_hold_and_not_what_they_say(case: int) -> None:
    value, row = HOLDING[case]
    (found,) = rows_of([value], ["u"]).results
    assert found == row
    kinds = {type(getattr(found, name)) for name in ("url", "status_code", "size", "length")}
    assert kinds <= {str, int, type(None)}


def late_response() -> Any:
    return with_late("Later", requests.Response, "_content")()


def late_row() -> Any:
    class Later(Row):
        pass

    return Later()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (late_response, "Later, which has a _content of its own: what it computes later is on no "),
        (
            late_row,
            "Later, and not a Row itself: what it computes later is on no clock; return Row(",
        ),
    ],
)
def test_a_response_that_computes_what_is_read_of_it_is_refused(
    make: Callable[[], Any], message: str
) -> None:
    with pytest.raises(StrategyError) as caught:
        Runner(URLS, rounds=1).compare(answers, lazy=lambda urls, _: [make() for _ in urls])
    assert message in str(caught.value)


def test_an_exception_tells_the_response_that_it_holds_and_asks_for_none() -> None:
    class LaterError(Exception):
        @property
        def response(self) -> object:
            raise AssertionError("it was asked, when no clock was running")

    assert row_of(LaterError()).kind is FailureKind.OTHER
