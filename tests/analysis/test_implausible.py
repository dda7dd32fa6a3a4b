"""What runs say that cannot be: times that no fetch has, connections that no run opened."""

from time import perf_counter

import attrs
import pytest
from fakes import URLS, Clock, failure, record, response, tried_before

from concurrent_fetch import Comparison, Options, Outcome, Row, Runner
from concurrent_fetch.analysis import Record
from concurrent_fetch.analysis._implausible import Implausible

QUICK, QUICKEST_THERE_IS = 4.9e-6, 5.1e-6
N = len(URLS)


def taking(*elapsed: float) -> Record:
    """One run in which the fetches follow each other and take so long."""
    starts = [i / 4 for i in range(len(elapsed))]
    rows = zip(URLS, starts, elapsed, strict=True)
    return record(
        [response(url, i, started=at, finished=at + t) for i, (url, at, t) in enumerate(rows)]
    )


def on(*reused: bool | None, round: int | None = None) -> Record:  # noqa: A002 - as the field
    """One run whose connections had served before, or not."""
    outcomes = [
        attrs.evolve(response(url, i, started=i / 8), reused=one)
        for i, (url, one) in enumerate(zip(URLS, reused, strict=True))
    ]
    return record(outcomes, round=round)


def judged(*records: Record, prepared: tuple[str, ...] = ()) -> tuple[list[str], list[str]]:
    """Return reasons and the facts of notes."""
    implausible = Implausible(prepared)
    for one in records:
        implausible.see(one)
    assert all(note.advice and note.strategy == "mine" for note in implausible.notes)
    return implausible.reasons("mine"), [note.fact for note in implausible.notes]


FRESH, ONE_OPENED, NONE = (False,) * N, (False, *(True,) * (N - 1)), (True,) * N


# --- times ---


@pytest.mark.parametrize(
    ("elapsed", "reasons", "notes"),
    [
        ((0.0,) * 4, ["4 of 4 responses came within 5 µs: no fetch takes so little"], []),
        (
            (QUICK,) * 3 + (1.0,),
            ["3 of 4 responses came within 5 µs: no fetch takes so little"],
            [],
        ),
        (
            (QUICK, QUICK, 1.0, 1.0),
            [],
            ["2 responses came within 5 µs in one run: no fetch takes so little"],
        ),
        (
            (QUICK, 1.0, 1.0, 1.0),
            [],
            ["1 response came within 5 µs in one run: no fetch takes so little"],
        ),
        ((QUICKEST_THERE_IS,) * 4, [], []),
    ],
)
def test_fetches_of_about_no_time(
    elapsed: tuple[float, ...], reasons: list[str], notes: list[str]
) -> None:
    assert judged(taking(*elapsed)) == (reasons, notes)


def test_one_run_of_many_is_enough() -> None:
    usual = taking(1.0, 1.0, 1.0, 1.0)
    assert judged(usual, taking(0.0, 0.0, 0.0, 1.0), usual)[0] == [
        "3 of 4 responses came within 5 µs: no fetch takes so little"
    ]


def test_a_failure_may_take_no_time_and_as_much_as_another() -> None:
    failures = [failure(url, i, finished=0.0) for i, url in enumerate(URLS)]
    assert judged(record(failures)) == ([], [])


def test_of_values_without_times_nothing_is_said() -> None:
    assert judged(record([Row(status_code=200) for _ in URLS])) == ([], [])


def test_copies_of_outcomes_are_noted() -> None:
    outcomes: list[Outcome] = [response(url, i) for i, url in enumerate(URLS)]
    reasons, (note,) = judged(record(outcomes))
    assert reasons == []
    assert note.startswith(
        "3 responses began and ended together with another one, to the last digit"
    )
    assert judged(record(outcomes[:1])) == ([], [])


def test_a_reason_says_whose_it_is() -> None:
    implausible = Implausible()
    implausible.see(taking(0.0, 0.0, 0.0, 0.0))
    (reason,) = implausible.reasons("mine", " of mine")
    assert reason.startswith("4 of 4 responses of mine came within 5 µs")
    assert implausible.reasons("another") == []


# --- connections ---


def test_a_session_kept_from_the_check_run_on_is_a_reason() -> None:
    check, rounds = on(*FRESH), [on(*NONE, round=i) for i in range(3)]
    reason = (
        "no round opened a connection: it kept those of its first run; open the session within "
        "the strategy, or in its ready, where a reader sees it"
    )
    assert judged(check, *rounds) == ([reason], [])
    assert judged(check, *rounds, prepared=("mine",)) == ([], [])


KEEPS = "no fetch opened a connection: it may keep them from run to run"


@pytest.mark.parametrize(
    ("runs", "notes"),
    [
        ((FRESH, FRESH, FRESH, FRESH), []),
        ((ONE_OPENED, ONE_OPENED, ONE_OPENED, ONE_OPENED), []),
        ((NONE, NONE, NONE, NONE), [f"in 4 runs {KEEPS}"]),  # as after another request of its own
        ((FRESH, NONE, ONE_OPENED, NONE), [f"in 2 runs {KEEPS}"]),
        ((FRESH, NONE, NONE), [f"in 2 runs {KEEPS}"]),  # too few rounds to be certain
        ((FRESH, NONE), [f"in 1 run {KEEPS}"]),
        (((None,) * N,) * 4, []),
    ],
)
def test_what_may_be_chance_or_another_request_is_a_note(
    runs: tuple[tuple[bool | None, ...], ...], notes: list[str]
) -> None:
    check, *rounds = runs
    records = [on(*check), *(on(*one, round=i) for i, one in enumerate(rounds))]
    assert judged(*records) == ([], notes)


@pytest.mark.parametrize(
    "opener",
    [
        tried_before(attrs.evolve(response(URLS[0]), reused=True), 503),
        attrs.evolve(response(URLS[0]), reused=True, attempts=2),
        attrs.evolve(response(URLS[0]), reused=True, redirects=(URLS[1],)),
        failure(URLS[0]),
    ],
    ids=["tried again", "sent again", "redirected", "failed"],
)
def test_a_connection_that_is_not_named_may_have_been_opened(opener: Outcome) -> None:
    others = [
        attrs.evolve(response(url, i, started=i / 8), reused=True) for i, url in enumerate(URLS)
    ]
    rounds = [record([opener, *others[1:]], round=i) for i in range(4)]
    assert judged(on(*FRESH), *rounds) == ([], [])


# --- in a comparison ---


def at_once(urls: list[str], _options: Options) -> list[Outcome]:
    now = perf_counter()
    return [response(url, i, started=now, finished=now) for i, url in enumerate(urls)]


def told_of_each(comparison: Comparison) -> list[str]:
    """What is noted of a strategy, and not of all, as what digests take."""
    return [note.fact[:11] for note in comparison.notes if note.strategy]


def test_what_is_proven_of_the_reference_is_a_reason_against_all() -> None:
    comparison = Runner(URLS, rounds=1).compare(at_once, again=at_once)
    said = "came within 5 µs: no fetch takes so little"
    of_reference, of_its_own = f"4 of 4 responses of at_once {said}", f"4 of 4 responses {said}"
    assert comparison.reasons_against("at_once") == (of_reference,)
    assert comparison.reasons_against("again") == (of_reference, of_its_own)
    assert told_of_each(comparison) == ["3 responses"] * 2


def test_under_a_clock_turned_by_hand_nothing_is_said_of_times() -> None:
    comparison = Runner(URLS, rounds=1, clock=Clock()).compare(at_once, again=at_once)
    assert comparison.reasons_against("again") == ()
    assert told_of_each(comparison) == []
