"""What a fetch fills field by field is no other in the end than what the constructor makes."""

import copy
import gc
import pickle
import weakref

import attrs
import pytest
from attrs.exceptions import FrozenInstanceError

from concurrent_fetch import Response, Timing, fetch_sync
from concurrent_fetch.fetch import _making
from concurrent_fetch.server import LocalServer

PACKAGE = "concurrent_fetch."


@pytest.fixture(scope="module")
def response() -> Response:
    with LocalServer() as server:
        (found,) = fetch_sync([server.url("/bytes/3")], client="plain")
    assert isinstance(found, Response)
    return found


def test_it_is_one_that_the_constructor_could_have_made(response: Response) -> None:
    assert (type(response), type(response.timing)) == (Response, Timing)
    for made in (response, response.timing):
        fields = {field.name: getattr(made, field.name) for field in attrs.fields(type(made))}
        again = type(made)(**fields)
        assert (again, hash(again), repr(again)) == (made, hash(made), repr(made))
        assert [type(getattr(again, name)) for name in fields] == [*map(type, fields.values())]


def test_it_is_copied_and_sent_elsewhere_as_what_it_is(response: Response) -> None:
    for other in (copy.copy(response), copy.deepcopy(response), attrs.evolve(response)):
        assert (type(other), other) == (Response, response)
    data = pickle.dumps(response)
    assert b"_Response" not in data
    assert pickle.loads(data) == response


def test_it_is_frozen_for_good(response: Response) -> None:
    for made in (response, response.timing):
        for field in attrs.fields(type(made)):
            with pytest.raises(FrozenInstanceError):
                setattr(made, field.name, 1)
            with pytest.raises(FrozenInstanceError):
                delattr(made, field.name)


def test_nothing_holds_it_but_who_took_it() -> None:
    with LocalServer() as server:
        found = list(fetch_sync([server.url("/bytes/3")], client="plain"))
    seen = weakref.ref(found.pop())
    gc.collect()
    assert seen() is None


@pytest.mark.parametrize(
    ("filled", "frozen"), [(_making._Response, Response), (_making._Timing, Timing)]
)
def test_what_is_filled_has_the_layout_of_what_is_frozen(filled: type, frozen: type) -> None:
    assert filled.__basicsize__ == frozen.__basicsize__
    assert filled.__weakrefoffset__ == frozen.__weakrefoffset__
    kinds: list[type] = frozen.__subclasses__()
    ours = [kind for kind in kinds if kind.__module__.startswith(PACKAGE)]
    assert ours == [filled], "another one would show up as a kind of outcome"
