"""What a strategy gave back, matched to the URLs it was given."""

from collections.abc import Callable
from random import Random

import attrs
import pytest
from fakes import URLS, answers, failure, response
from hypothesis import given
from hypothesis import strategies as st

from concurrent_fetch import Outcome
from concurrent_fetch.runner._matching import in_url_order

RULE = "It must return a Response or a Failure for each URL, in any order"


def places(outcomes: list[Outcome]) -> list[tuple[int, str]]:
    return [(outcome.index, outcome.url) for outcome in outcomes]


def test_outcomes_in_order_are_handed_through_as_they_are() -> None:
    outcomes = answers(URLS)
    assert all(a is b for a, b in zip(in_url_order(outcomes, URLS), outcomes, strict=True))


@given(st.lists(st.sampled_from("abc"), min_size=1), st.randoms(), st.booleans())
def test_any_order_and_any_index_end_in_url_order_with_duplicates_as_a_multiset(
    urls: list[str],
    random: Random,
    wrong: bool,
) -> None:
    outcomes = [attrs.evolve(o, index=-1) if wrong else o for o in answers(urls)]
    random.shuffle(outcomes)
    assert places(in_url_order(outcomes, urls)) == list(enumerate(urls))


def test_a_right_index_is_kept_among_equal_urls_whatever_the_order() -> None:
    first, second = response("u", 0, size=1), response("u", 1, size=2)
    assert in_url_order([second, first], ["u", "u"]) == [first, second]


def test_a_right_index_goes_before_one_that_is_only_guessed() -> None:
    lost, right = response("u", 7, size=1), response("u", 0, size=2)
    assert in_url_order([lost, right], ["u", "u"]) == [right, attrs.evolve(lost, index=1)]


def test_many_equal_urls_in_reverse_are_matched_in_linear_time() -> None:
    urls = ["u"] * 50_000  # a search for each place would take minutes
    outcomes = answers(urls)
    assert in_url_order(outcomes[::-1], urls) == outcomes


@pytest.mark.parametrize(
    ("returned", "what"),
    [
        (None, "returned None; "),
        ("abc", "returned a value of type str; "),
        ({"u": 1}, "returned a value of type dict; "),
        (7, "returned a value of type int; "),
        (response("u"), "returned a value of type Response; "),
        ([None], "returned None among its outcomes; "),
        (["u"], "returned a value of type str among its outcomes; "),
    ],
)
def test_what_is_no_list_of_outcomes_is_named_with_what_it_must_be(
    returned: object, what: str
) -> None:
    with pytest.raises(ValueError, match="returned") as caught:
        in_url_order(returned, ["u"])
    assert str(caught.value) == what + RULE.replace("It", "it")


Change = Callable[[list[Outcome]], list[Outcome]]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda o: o[1:], f"3 outcomes for 4 URLs; missing: {URLS[0]}"),
        (
            lambda o: [o[0], o[0], *o[2:]],
            f"4 outcomes for 4 URLs; missing: {URLS[1]}; not asked for, or too often: {URLS[0]}",
        ),
        (
            lambda o: [*o, failure("http://me:secret@x.example/")],
            "5 outcomes for 4 URLs; not asked for, or too often: http://***@x.example/",
        ),
        (
            lambda _: [],
            f"0 outcomes for 4 URLs; missing: {', '.join(URLS[:3])} and 1 more",
        ),
    ],
)
def test_what_is_missing_or_too_much_is_counted_and_named(change: Change, message: str) -> None:
    with pytest.raises(ValueError, match="returned") as caught:
        in_url_order(change(answers(URLS)), URLS)
    assert str(caught.value) == f"returned {message}. {RULE}"


def test_user_info_of_a_missing_url_is_hidden() -> None:
    with pytest.raises(ValueError, match=r"missing: http://\*\*\*@x\.example/"):
        in_url_order([], ["http://me:secret@x.example/"])


def test_an_outcome_whose_url_is_no_str_is_named_too() -> None:
    strange = response("u")
    object.__setattr__(strange, "url", 5)
    with pytest.raises(
        ValueError, match=r"for 5 that cannot be: Response\.url must be a str, got 5"
    ):
        in_url_order([strange], ["u"])
