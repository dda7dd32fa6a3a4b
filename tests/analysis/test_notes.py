"""What a reader of a comparison is told of the work, fact by fact."""

from collections.abc import Sequence
from typing import Any

import attrs
import pytest
from fakes import URLS, failure, record, response

from concurrent_fetch import Headers, Note, Options, Outcome, Runner, fetch_sync, with_options
from concurrent_fetch.analysis._card import read_card
from concurrent_fetch.analysis._notes import gathered, notes_on, notes_on_all
from concurrent_fetch.analysis._record import Record
from concurrent_fetch.analysis._retried import notes_on_stale
from concurrent_fetch.server import LocalServer


def check(name: str, outcomes: Sequence[Outcome], **options: Any) -> Record:
    return record(outcomes, strategy=name, options=Options(**options))


def one_by_one(**facts: Any) -> list[Outcome]:
    """Answers of a second each, all with these facts."""
    return [
        attrs.evolve(response(url, i, started=i, finished=i + 1), **facts)
        for i, url in enumerate(URLS)
    ]


def at_once(n: int) -> list[Outcome]:
    """Answers `n` at a time."""
    return [response(str(i), i, started=i // n, finished=i // n + 1) for i in range(20)]


def noted(mine: Sequence[Outcome], theirs: Sequence[Outcome], **options: Any) -> list[str]:
    notes = notes_on(check("mine", mine, **options), check("theirs", theirs), URLS, ())
    assert all(note.strategy == "mine" for note in notes)
    return [str(note) for note in notes]


GZIP = Headers.from_mapping({"Content-Encoding": "GZIP"})
TEXT = Headers.from_mapping({"Content-Type": "text/plain"})


@pytest.mark.parametrize(
    ("facts", "note"),
    [
        (
            {"http_version": "2"},
            (
                "it spoke HTTP 2 and not 1.1 for 4 of 4 URLs; "
                "part of the difference may be the protocol's"
            ),
        ),
        (
            {"headers": GZIP},
            (
                "bodies came as gzip and not identity for 4 of 4 URLs; "
                "let both ask for the same encodings"
            ),
        ),
        (
            {"final_url": "http://mirror.example/"},
            (
                "4 answers came by other redirects, first http://mirror.example/ where theirs "
                "came to http://a.example/; each redirect is one more request"
            ),
        ),
        (
            {"redirects": ("http://b.example/",)},
            (
                "4 answers came by other redirects, first http://a.example/ by 1 redirect where "
                "theirs came to http://a.example/ by 0 redirects; each redirect is one more request"
            ),
        ),
        (
            {"digest": None},
            (
                "its responses carry no digest, so bodies were compared by size alone; "
                "fetch through client.session(options), which takes digests"
            ),
        ),
        (
            {"wire_size": 90},
            (
                "360 B of bodies came over the wire where theirs got 400 B; "
                "let both ask for the same encodings"
            ),
        ),
        (
            {"reused": False},
            (
                "4 connections opened where theirs opened 0; part of the difference is connecting; "
                "keep connections in both, or in neither"
            ),
        ),
    ],
)
def test_each_fact_that_differs_is_a_note_with_advice(facts: dict[str, Any], note: str) -> None:
    usual: dict[str, Any] = {"wire_size": 100, "reused": True, "headers": TEXT}
    found = noted(one_by_one(**usual | facts), one_by_one(**usual), concurrency=1)
    assert found == [f"mine: {note}"]
    assert noted(one_by_one(**usual), one_by_one(**usual), concurrency=1) == []


def test_a_connection_for_each_that_may_be_in_flight_is_no_note() -> None:
    assert noted(one_by_one(reused=False), one_by_one(reused=True), concurrency=2) == []


@pytest.mark.parametrize(
    ("peak", "concurrency", "note"),
    [
        (4, 2, "4 fetches were in flight where concurrency is 2"),
        (4, 8, "never more than 4 fetches were in flight where concurrency is 8"),
        (4, 4, None),
        (5, 8, None),
        (1, 20, None),  # one after another is a way of fetching, and no fault
        (4, 40, None),  # too few URLs to tell
    ],
)
def test_the_number_in_flight_is_held_against_concurrency(
    peak: int, concurrency: int, note: str | None
) -> None:
    found = noted(at_once(peak), at_once(peak), concurrency=concurrency)
    assert [text.partition("; ")[0] for text in found] == ([f"mine: {note}"] if note else [])


def test_what_is_not_known_is_no_difference() -> None:
    known: dict[str, Any] = {"wire_size": 100, "reused": False, "headers": GZIP}
    unknown: dict[str, Any] = {"wire_size": None, "reused": None, "headers": Headers()}
    assert noted(one_by_one(**known), one_by_one(**unknown)) == []
    assert noted(one_by_one(**unknown), one_by_one(**known)) == []


def test_failures_of_both_have_no_facts_to_differ() -> None:
    failures = [failure(url, i, started=i, finished=i + 1) for i, url in enumerate(URLS)]
    assert noted(failures, failures) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"verify": False},
        {"trust_env": True},
        {"keep_cookies": False},
        {"headers": {"Authorization": "secret"}},
    ],
)
def test_options_that_change_the_work_are_noted_without_their_values(
    changes: dict[str, Any],
) -> None:
    (note,) = noted(one_by_one(), one_by_one(), **changes)
    assert note.startswith(f"mine: it runs with other {next(iter(changes))} than theirs; ")
    assert "secret" not in note


def test_options_that_are_what_is_compared_are_no_note() -> None:
    changes: dict[str, Any] = {"concurrency": 1, "reuse_connections": False, "timeout": 9.0}
    connections: dict[str, Any] = {"reused": False}
    assert noted(one_by_one(**connections), one_by_one(reused=True), **changes) == []


def test_a_proxy_that_the_environment_may_put_between_is_noted_for_all() -> None:
    card = attrs.evolve(read_card(), variables=("https_proxy", "no_proxy"))
    assert notes_on_all([Options()], card) == []
    assert notes_on_all([Options(trust_env=True)], attrs.evolve(card, variables=())) == []
    (note,) = notes_on_all([Options(), Options(trust_env=True)], card)
    assert note == Note(
        strategy=None,
        fact="trust_env is on, and the environment sets https_proxy",
        advice="what was measured may be the proxy",
    )


def test_retries_of_all_runs_are_added_up() -> None:
    runs = [check("mine", one_by_one(attempts=2)), check("mine", one_by_one(attempts=2))]
    (note,) = notes_on_stale([*runs, check("theirs", one_by_one())])
    assert note.fact == "8 requests had to be sent again, on a new connection"


def test_a_note_on_the_whole_comparison_names_no_strategy() -> None:
    assert str(Note(strategy=None, fact="it rained")) == "it rained"


def test_the_built_in_clients_are_noted_for_nothing_but_what_was_changed(
    local: LocalServer,
) -> None:
    comparison = Runner(local.urls(4), rounds=1).compare(
        fetch_sync, other=with_options(fetch_sync, verify=False)
    )
    assert [note.strategy for note in comparison.notes] == ["other"]


def test_what_holds_for_several_strategies_is_said_once() -> None:
    same = [Note(strategy=name, fact="it rained", advice="wait") for name in "abc"]
    other = Note(strategy="b", fact="it snowed")
    whole = Note(strategy=None, fact="it was dark")
    assert gathered([*same, other, whole]) == [
        "a, b, c: it rained; wait",
        "b: it snowed",
        "it was dark",
    ]
