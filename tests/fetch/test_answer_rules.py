"""A client that calls `answer` wrongly learns what to write: it costs one outcome, no run."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from email.message import Message
from http import HTTPStatus
from typing import Any

import pytest

import concurrent_fetch as cf
from concurrent_fetch import Client, Exchange, FailureKind

URLS = ["http://127.0.0.1:1/"]
PAIRS = "answer(fields) must be pairs of a name and a value"
ITEMS = "; write answer(status, headers.items())"
REFUSED: list[tuple[tuple[Any, Any], dict[str, Any], str]] = [
    (("200", []), {}, "status) must be an int, got '200'; write answer(int(status), ...)"),
    ((b"200", []), {}, "status) must be an int, got b'200'; write answer(int(status), ...)"),
    ((None, []), {}, "answer(status) must be an int, got None"),
    ((True, []), {}, "answer(status) must be an int, got True"),
    ((200, {"A": "b"}), {}, f"{PAIRS}, got dict{ITEMS}"),
    ((200, ["A: b"]), {}, f"{PAIRS}, got str"),
    ((200, [("A", "b", "c")]), {}, f"{PAIRS}, got tuple of 3"),
    ((200, [("A", 1)]), {}, f"{PAIRS}, each a str or bytes, got int"),
    ((200, None), {}, f"{PAIRS}, got NoneType"),
    ((200, []), {"http_version": 11}, "answer(http_version=) must be as '1.1', got 11"),
    ((200, []), {"http_version": "HTTP/1.1"}, "must be as '1.1', got 'HTTP/1.1'"),
    ((200, []), {"reason": None}, "answer(reason=) must be a str or bytes, got None"),
]


def outcome_of(send: Callable[[Exchange], object]) -> cf.Outcome:
    @contextmanager
    def _open(_: cf.Options) -> Iterator[Callable[[Exchange], object]]:
        yield send

    return cf.fetch_sync(URLS, client=Client("mine", _open))[0]


def message_of(send: Callable[[Exchange], object]) -> str:
    outcome = outcome_of(send)
    assert isinstance(outcome, cf.Failure)
    assert outcome.kind is FailureKind.OTHER
    return outcome.message


@pytest.mark.parametrize(("arguments", "more", "said"), REFUSED, ids=str)
def test_arguments_of_a_wrong_type_are_told(
    arguments: tuple[Any, Any], more: dict[str, Any], said: str
) -> None:
    raised: list[Exception] = []

    def send(exchange: Exchange) -> None:
        try:
            exchange.answer(*arguments, **more)
        except TypeError as error:
            raised.append(error)
            raise

    message = message_of(send)
    assert message.endswith(said)
    assert [str(error) for error in raised] == [message]


def test_headers_that_are_no_mapping_but_have_items_are_told_too() -> None:
    headers = Message()
    headers["Content-Type"] = "text/plain"
    assert message_of(lambda e: e.answer(200, headers)) == f"{PAIRS}, got str{ITEMS}"  # type: ignore[arg-type]  # the mistake itself


def test_a_second_answer_is_told_whatever_the_client_does_with_the_error() -> None:
    def raises(exchange: Exchange) -> None:
        exchange.answer(200, [])
        exchange.answer(200, [])

    def swallows(exchange: Exchange) -> None:
        with suppress(TypeError):
            raises(exchange)

    said = "answer() was called twice; call it once, when the head is there"
    assert message_of(raises) == message_of(swallows) == said


def test_a_mistake_is_never_taken_for_what_the_clients_table_says() -> None:
    @contextmanager
    def _open(_: cf.Options) -> Iterator[Callable[[Exchange], object]]:
        yield lambda exchange: exchange.answer("200", [])  # type: ignore[arg-type]  # the mistake itself

    client = Client("mine", _open, failures={TypeError: FailureKind.TLS})
    (failure,) = cf.fetch_sync(URLS, client=client).failures
    assert failure.kind is FailureKind.OTHER


class Text(str):
    """As the names of fields are in some libraries."""

    __slots__ = ()


@pytest.mark.parametrize(
    "fields",
    [[("A", "b")], (("A", b"b"),), {"A": "b"}.items(), iter([["A", "b"]]), [(Text("A"), "b")]],
    ids=["list", "tuple", "items", "iterator", "subclass"],
)
def test_pairs_may_come_in_any_iterable(fields: Any) -> None:
    outcome = outcome_of(lambda exchange: exchange.answer(HTTPStatus.OK, fields))
    assert isinstance(outcome, cf.Response)
    assert (outcome.status_code, dict(outcome.headers)) == (200, {"A": "b"})


def test_what_the_fields_raise_while_they_are_read_is_the_clients() -> None:
    def fields() -> Iterator[tuple[str, str]]:
        yield "A", "b"
        raise ValueError("odd")

    assert message_of(lambda exchange: exchange.answer(200, fields())) == "ValueError: odd"
