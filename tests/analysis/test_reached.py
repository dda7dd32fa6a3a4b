"""What is proven, likely or not said of what was seen from outside: with exact numbers."""

import math
from collections.abc import Sequence
from typing import Any

import attrs
import pytest
from fakes import URLS, failure, record, response, tried_before

from concurrent_fetch import FailureKind, Headers, Options, Outcome, Response, Row
from concurrent_fetch.analysis import Note, Record, Witnessed
from concurrent_fetch.analysis._claims import Usual, authority_of, claim_of, usual_of, wire_sizes
from concurrent_fetch.analysis._reached import ENOUGH, Reached

HOSTS = ("a.example", "b.example", "c.example", "d.example")
HOMES = [authority_of(url) for url in URLS]
GZIP = Row(size=900, coding="gzip", status_code=200)


TEXT = Headers.from_mapping({"Content-Type": "text/plain"})


def of(*, first: Outcome | Row | None = None, size: int = 3) -> list[Outcome | Row]:
    """Four answers; the first may be another."""
    found = (response(url, i, size=size) for i, url in enumerate(URLS))
    usual = [attrs.evolve(one, headers=TEXT) for one in found]
    return [usual[0] if first is None else first, *usual[1:]]


def a_response(**facts: Any) -> Response:
    return attrs.evolve(response(URLS[0]), **{"headers": TEXT} | facts)


# --- what is claimed ---


@pytest.mark.parametrize(
    ("first", "least", "most"),
    [
        (None, 4, 4),
        (a_response(redirects=(URLS[0], URLS[1]), final_url=URLS[2]), 6, 6),
        (a_response(redirects=(URLS[0],), final_url="http://elsewhere.example/"), 4, 4),
        (a_response(redirects=(URLS[0],), final_url="http://a.example:8080/"), 4, 4),
        (a_response(attempts=2), 4, 5),  # that on the closed connection may not have arrived
        (tried_before(response(URLS[0]), 503), 5, 5),
        (tried_before(response(URLS[0]), FailureKind.TIMEOUT), 4, 5),
        (failure(URLS[0]), 3, 3 + 11),  # it may have failed behind all of its redirects
        (attrs.evolve(failure(URLS[0]), attempts=2), 3, 3 + 22),
        (tried_before(failure(URLS[0]), 503), 4, 3 + 22),
        (Row(status_code=200), 4, math.inf),
        (Row(), 3, math.inf),  # it may stand for a failure before anything was sent
        (Row(kind=FailureKind.TIMEOUT), 3, math.inf),
    ],
)
def test_requests_are_claimed_as_far_as_a_run_tells(
    first: Outcome | Row | None, least: int, most: float
) -> None:
    mine = record(of(first=first), witnessed=Witnessed(servers=HOSTS))
    claim = claim_of(mine, HOMES, Usual())
    assert (claim.least, claim.most) == (least, most)


def test_who_tells_no_redirects_may_have_met_those_of_the_reference() -> None:
    there = a_response(redirects=(URLS[0], URLS[1]), final_url=URLS[2])
    mine = record(of(), witnessed=Witnessed(servers=HOSTS))
    claim = claim_of(mine, HOMES, usual_of(record(of(first=there))))
    assert (claim.least, claim.most) == (4, 6)


def test_only_what_goes_to_servers_that_count_is_claimed_of_them() -> None:
    mine = record(of(size=100), witnessed=Witnessed(servers=("b.example",)))
    assert claim_of(mine, HOMES, Usual()) == (1, 1, 100, 400, True)
    assert claim_of(record(of(size=100)), HOMES, Usual()) == (0, 0, 0, 400, True)


def test_a_url_that_cannot_be_sent_is_of_nobody() -> None:
    assert authority_of("nonsense") == ""


@pytest.mark.parametrize(
    ("first", "size"),
    [
        (a_response(size=50), 50),
        (a_response(size=50, wire_size=20), 20),
        (a_response(size=50, headers={}), 25),  # it may have come in a coding that is not told
        (a_response(size=9, headers={}), 9),
        (failure(URLS[0]), 0),
        (a_response(size=50, headers={"Content-Encoding": "gzip"}), 25),
        (a_response(size=50, headers={"Content-Encoding": "br"}), 0),  # the reference's was gzip
        (Row(size=50, coding="br"), 0),
        (Row(size=50, coding="gzip, br"), 0),
        (Row(size=50, coding="gzip"), 25),
        (Row(size=50, coding="identity"), 50),
        (GZIP, 25),
        (Row(characters=50), 25),  # a quarter of what the reference got
        (Row(), 0),
    ],
)
def test_bytes_are_claimed_as_they_came_for_sure(first: Outcome | Row, size: int) -> None:
    mine = record(of(first=first))
    usual = Usual([100, 8, 8, 8], [1] * 4, ["gzip"] * 4)
    assert wire_sizes(mine, usual) == [size, 3, 3, 3]


def test_without_a_reference_bytes_of_an_unknown_coding_are_not_claimed() -> None:
    assert wire_sizes(record(of(first=GZIP))) == [0, 3, 3, 3]


# --- what is said ---


def runs(
    name: str, seen: Sequence[dict[str, Any]], *, size: int = 3, elapsed: float = 1.0, **facts: Any
) -> list[Record]:
    """A check run and rounds of a strategy, and what was seen of each."""
    away = facts.pop("away", False)
    outcomes = facts.pop("outcomes", None) or of(size=size)
    return [
        record(
            outcomes,
            strategy=name,
            round=None if i == 0 else i - 1,
            elapsed=elapsed,
            witnessed=Witnessed(servers=HOSTS, away=away, **{"requests": one.get("gets"), **one}),
            **facts,
        )
        for i, one in enumerate(seen)
    ]


def reached(*strategies: Sequence[Record]) -> Reached:
    found = Reached(URLS)
    for one in strategies:
        for each in one:
            found.see(each)
    return found


def said(*mine: Sequence[Record]) -> tuple[list[str], list[Note]]:
    """The reasons against `mine`, and the notes."""
    found = reached(*mine)
    return list(found.reasons("mine", "reference")), found.notes


HONEST = runs("reference", [{"gets": 4}] * 5)


@pytest.mark.parametrize(
    ("seen", "reason"),
    [
        ([{"gets": 4}] * 5, None),
        ([{"gets": None}] * 5, None),
        ([{"gets": 4}] * 4 + [{"gets": 9}], None),  # somebody else, once
        (
            [{"gets": 4}] + [{"gets": 0}] * 4,
            "it claims 4 requests where the server got 0, in 4 of 5 runs",
        ),
        (
            [{"gets": 4}] * 4 + [{"gets": 3}],
            "it claims 4 requests where the server got 3, in 1 of 5 runs",
        ),
        (
            [{"gets": 1, "requests": 5}] * 5,
            "it claims 4 requests where the server got 1 and 4 that were no GET, in 5 of 5 runs",
        ),
        (
            [{"gets": 8}] * 3 + [{"gets": 4}] * 2,
            "it claims 4 requests where the server got 8, in 3 of 5 runs",
        ),
        (
            [{"gets": 4, "sent": 11}] * 5,
            "it claims 12 B of bodies where the server sent 11 B, in 5 of 5 runs",
        ),
        ([{"gets": 4, "sent": 12}] * 5, None),
    ],
)
def test_a_server_that_counts_proves_it(seen: list[dict[str, Any]], reason: str | None) -> None:
    reasons, notes = said(HONEST, runs("mine", seen))
    assert reasons == ([] if reason is None else [reason])
    assert notes == []


def test_what_is_proven_of_the_reference_is_a_reason_against_all() -> None:
    reasons, _ = said(runs("reference", [{"gets": 0}] * 3), runs("mine", [{"gets": 4}] * 3))
    assert reasons == ["reference claims 4 requests where the server got 0, in 3 of 3 runs"]


TOO_MANY = "claims 4 requests where the server got 5, in 5 of 5 runs"


@pytest.mark.parametrize(
    ("early", "theirs", "proven"),
    [
        ([0, 0, 0, 0, 0], 4, True),
        ([0, 0, 1, 1, 0], 4, True),  # in some runs, of whoever it was
        ([0, 1, 1, 1, 1], 4, False),
        ([0, 0, 0, 0, 0], 5, False),  # all have it
    ],
)
def test_steady_requests_of_others_are_proven_of_nobody(
    early: list[int], theirs: int, proven: bool
) -> None:
    """A health check comes as often in each run, but between the runs, too, and in all of them."""
    reference = runs("reference", [{"gets": theirs, "early": n} for n in early])
    reasons, notes = said(reference, runs("mine", [{"gets": 5, "early": n} for n in early]))
    assert reasons == ([f"it {TOO_MANY}"] if proven else [])
    of_mine = [str(note) for note in notes if note.strategy == "mine"]
    who = "it fetches more than it tells, or somebody else asks that server"
    assert of_mine == ([] if proven else [f"mine: {TOO_MANY}; {who}"])


def test_what_is_proven_is_said_though_others_ask() -> None:
    reference = by_octets(*[101_000] * 5, name="reference", gets=5)
    reasons, _ = said(reference, by_octets(*[0] * 5, gets=5))
    assert reasons == ["it claims 97.7 KiB of bodies where 0 B came in, in 5 of 5 runs"]


def test_requests_that_come_and_go_may_be_of_somebody_else() -> None:
    seen = [{"gets": n} for n in (4, 5, 6, 7, 9)]
    reasons, (note,) = said(HONEST, runs("mine", seen))
    assert reasons == []
    assert str(note) == (
        "mine: claims 4 requests where the server got 9, in 4 of 5 runs; it fetches more than it "
        "tells, or somebody else asks that server"
    )


def test_values_that_tell_no_tries_are_held_against_the_others() -> None:
    values = [Row(status_code=200)] * 4
    reasons, (note,) = said(HONEST, runs("mine", [{"gets": 8}] * 5, outcomes=values))
    assert reasons == []
    assert str(note) == (
        "mine: the server got 8 requests from it, and 4 from another strategy, in 4 of 4 rounds; "
        "does it fetch some URLs more than once?"
    )


@pytest.mark.parametrize("got", [4, 6])
def test_values_may_have_come_by_redirects(got: int) -> None:
    mine = runs("mine", [{"gets": got}] * 5, outcomes=[Row(status_code=200)] * 4)
    cheat = runs("cheat", [{"gets": 1}] * 5)
    assert said(HONEST, mine, cheat) == ([], [])


def test_requests_between_the_runs_are_noted() -> None:
    seen = [{"gets": 4, "early": n} for n in (0, 0, 1, 2, 0)]
    _, (note,) = said(runs("reference", seen))
    assert str(note) == (
        "the server got 3 requests between the runs; a strategy fetches ahead or leaves something "
        "running, or somebody else asks it"
    )


@pytest.mark.parametrize("told", [1, 3, 4])
def test_a_failure_that_is_told_as_nothing_is_no_request(told: int) -> None:
    values = [*[Row(characters=3)] * told, *[Row()] * (4 - told)]
    assert said(HONEST, runs("mine", [{"gets": told}] * 5, outcomes=values)) == ([], [])


def test_of_who_tells_nothing_nothing_is_proven() -> None:
    reference = by_octets(*[101_000] * 5, name="reference", gets=4)
    silent = by_octets(*[0] * 5, gets=0, outcomes=[Row()] * 4)
    assert said(reference, silent) == ([], [])


# --- bytes ---

BIG = ENOUGH // 4


def by_octets(*octets: int | None, name: str = "mine", **facts: Any) -> list[Record]:
    gets = facts.pop("gets", None)
    return runs(name, [{"octets": n, "gets": gets} for n in octets], **{"size": BIG, **facts})


ALL_CAME = by_octets(*[101_000] * 5, name="reference")


@pytest.mark.parametrize(
    ("octets", "reason"),
    [
        ([100_000] * 5, None),
        ([80_000] * 5, None),
        ([None] * 5, None),
        (
            [101_000, 79_999, 101_000, 0, 101_000],
            "it claims 97.7 KiB of bodies where 0 B came in, in 2 of 5 runs",
        ),
    ],
)
def test_too_few_bytes_are_a_proof(octets: list[int | None], reason: str | None) -> None:
    reasons, notes = said(ALL_CAME, by_octets(*octets))
    assert reasons == ([] if reason is None else [reason])
    assert notes == []


def test_of_few_bytes_nothing_is_said() -> None:
    assert said(ALL_CAME, by_octets(*[0] * 5, size=BIG - 1)) == ([], [])


def test_where_the_bytes_of_nobody_are_seen_nothing_is_said() -> None:
    reference = by_octets(*[5_000] * 5, name="reference")
    assert said(reference, by_octets(*[0] * 5)) == ([], [])


def test_what_another_machine_may_have_fetched_is_noted() -> None:
    reasons, (note,) = said(ALL_CAME, by_octets(*[2_000] * 5, away=True))
    assert reasons == []
    assert str(note) == (
        "mine: claims 97.7 KiB of bodies where 2.0 KiB came in, in 5 of 5 runs; if it is fetched "
        "on another machine, that is no wonder; else it was not fetched"
    )


@pytest.mark.parametrize(
    ("octets", "rounds"),
    [
        ([202_000] * 5, "4 of 4"),
        ([101_000, 202_000, 202_000, 202_000, 150_000], "3 of 4"),
        ([202_000, 202_000, 202_000, 150_000, 150_000], None),
        ([170_000] * 5, None),
        ([202_000, 202_000, 300_000, 400_000, 202_000], None),  # others come and go
        ([202_000] * 3, None),  # too few rounds
    ],
)
def test_steadily_about_twice_as_many_bytes_are_noted(
    octets: list[int], rounds: str | None
) -> None:
    reasons, notes = said(ALL_CAME, by_octets(*octets))
    assert reasons == []
    told = (
        f"mine: claims 97.7 KiB of bodies where 197 KiB came in, in {rounds} rounds; does it fetch "
        "some URLs more than once?"
    )
    assert [str(note) for note in notes] == ([] if rounds is None else [told])


def test_traffic_of_others_is_no_strategy_s() -> None:
    """With 50 kB/s beside it a run of ten seconds sees six times what it fetched."""
    fast = by_octets(*[150_000] * 5, name="reference", elapsed=1.0)
    assert said(fast, by_octets(*[600_000] * 5, elapsed=10.0)) == ([], [])


def test_the_reference_is_held_against_the_others_too() -> None:
    _, (note,) = said(
        by_octets(*[202_000] * 5, name="reference"), by_octets(*[101_000] * 5, name="mine")
    )
    assert note.strategy == "reference"


def test_who_fetched_nothing_is_no_measure_for_others() -> None:
    noisy = by_octets(*[250_000] * 5, name="reference")
    (reason,), notes = said(noisy, by_octets(*[0] * 5))
    assert reason == "it claims 97.7 KiB of bodies where 0 B came in, in 5 of 5 runs"
    assert notes == []


def test_what_nobody_saw_is_no_reason() -> None:
    unseen = [attrs.evolve(one, witnessed=None) for one in HONEST]
    assert said(unseen, [attrs.evolve(one, strategy="mine") for one in unseen]) == ([], [])


@pytest.mark.parametrize(("coding", "proven"), [("zstd", False), ("gzip", True)])
def test_bodies_of_another_coding_than_the_reference_s_are_not_held_against_it(
    coding: str, proven: bool
) -> None:
    """They may be smaller than a quarter of those."""
    headers = Headers.from_mapping({"Content-Encoding": "gzip"})
    answers = [a_response(size=9 * BIG, wire_size=4 * BIG, headers=headers)] * 4
    reference = by_octets(*[500_000] * 5, name="reference", outcomes=answers)
    mine = by_octets(*[0] * 5, outcomes=[Row(size=9 * BIG, coding=coding)] * 4)
    reasons, _ = said(reference, mine)
    told = "it claims 97.7 KiB of bodies where 0 B came in, in 5 of 5 runs"
    assert reasons == ([told] if proven else [])


@pytest.mark.parametrize(("encodings", "proven"), [((), False), (("gzip",), True)])
def test_texts_are_held_against_what_the_reference_got(
    encodings: tuple[str, ...], proven: bool
) -> None:
    """Unless that asked for no coding: theirs may have come much smaller."""
    reference = by_octets(*[500_000] * 5, name="reference", size=4 * BIG)
    asked = Options(encodings=encodings)
    texts = by_octets(*[0] * 5, outcomes=[Row(characters=4 * BIG)] * 4)
    reasons, _ = said([attrs.evolve(one, options=asked) for one in reference], texts)
    told = "it claims 97.7 KiB of bodies where 0 B came in, in 5 of 5 runs"
    assert reasons == ([told] if proven else [])


def test_of_bytes_that_are_not_told_there_are_never_too_many() -> None:
    """A quarter of the reference's is claimed for sure, and all of them may have come."""
    reference = by_octets(*[404_000] * 5, name="reference", size=4 * BIG)
    texts = by_octets(*[404_000] * 5, outcomes=[Row(characters=4 * BIG)] * 4)
    assert said(reference, texts) == ([], [])
