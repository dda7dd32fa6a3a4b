"""Keys of what is done: each as often as it was done, and no other."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concurrent_fetch import Request
from concurrent_fetch.feed._done_keys import DoneKeys, key_of

KEYS = st.integers(0, 2**64 - 1) | st.sampled_from([0, 1, 2**56, 2**64 - 1])


@given(st.lists(KEYS), st.lists(KEYS))
def test_each_is_taken_as_often_as_it_is_there(there: list[int], others: list[int]) -> None:
    done, left = DoneKeys(there), Counter(there)
    for key in [*others, *there, *there, *others]:
        assert done.take(key) is (left[key] > 0)
        left[key] -= left[key] > 0
    assert len(done) == len(there)


def test_one_key_very_often_takes_no_longer_than_many_keys() -> None:
    done = DoneKeys([7] * 100_000)
    assert all(done.take(7) for _ in range(100_000))
    assert not done.take(7)


def test_the_key_of_a_url_is_its_fingerprint() -> None:
    assert key_of("http://a.example/") == 0x3A87AEF1EC36EFC3
    assert key_of("http://a.example/") != key_of("http://a.example")
    assert key_of("http://a.example/\udc80") < 2**64
    assert key_of(None) == key_of("None")


URL = "http://a.example/"
OWN_BOUNDARY = {"Content-Type": "multipart/form-data; boundary=a"}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (URL, Request(URL)),
        (URL, Request(URL, tag=3)),
        (Request(URL, json={"a": 1}), Request(URL, json={"a": 1}, tag="t")),
        (Request(URL, files={"a": b"x"}), Request(URL, files={"a": b"x"})),
        (Request(URL, headers={"A": "1", "B": "2"}), Request(URL, headers={"b": "2", "a": "1"})),
    ],
)
def test_what_sends_the_same_has_the_same_key(one: str | Request, other: str | Request) -> None:
    assert key_of(one) == key_of(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (URL, Request(URL, method="HEAD")),
        (URL, Request(URL, headers={"A": "1"})),
        (Request(URL, headers={"A": "1"}), Request(URL, headers={"A": "2"})),
        (Request(URL, method="POST"), Request(URL, body=b"")),
        (Request(URL, body=b"1"), Request(URL, body=b"2")),
        (Request(URL, files={"a": b"x"}), Request(URL, files={"a": b"y"})),
        (Request(URL, body=b"1"), Request(URL, body=b"1", method="PUT")),
        (
            Request(URL, headers=OWN_BOUNDARY, body=b"x"),
            Request(URL, headers=OWN_BOUNDARY, body=b"xa"),
        ),
    ],
)
def test_what_sends_something_else_has_another(one: str | Request, other: str | Request) -> None:
    assert key_of(one) != key_of(other)
