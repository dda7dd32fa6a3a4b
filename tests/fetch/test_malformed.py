"""Malformed responses: the outcome is the same in every client, and it is what the docs say."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from malformed import PAGE, Outcomes, cases, outcomes_of, page, word
from matrix import facts

from concurrent_fetch import Failure, FailureKind

SUPPORT = Path(__file__).parents[1] / "support"

pytestmark = [pytest.mark.once, pytest.mark.xdist_group("malformed")]


@pytest.fixture(scope="module")
def outcomes() -> Outcomes:
    return outcomes_of()


def test_there_are_many_and_no_two_are_called_the_same() -> None:
    named = [(table, row) for table, row, _ in cases()]
    assert len(named) == len(set(named)) > 500
    assert len({response for _, _, response in cases()}) > 450


def test_all_clients_come_to_the_same(outcomes: Outcomes) -> None:
    differing = {
        key: by_way
        for key, by_way in outcomes.items()
        if len({facts(outcome) for outcome in by_way.values()}) > 1
    }
    assert not differing


def test_what_is_wrong_is_named_and_is_no_accident(outcomes: Outcomes) -> None:
    expected = {FailureKind.PROTOCOL, FailureKind.DISCONNECTED, FailureKind.INCOMPLETE}
    for key, by_way in outcomes.items():
        for outcome in by_way.values():
            if isinstance(outcome, Failure):
                assert outcome.kind in expected, (key, outcome)
                assert outcome.message, key


@pytest.mark.long
def test_aiohttp_without_its_c_code_comes_to_the_same(outcomes: Outcomes) -> None:
    """As on PyPy, and where there are no wheels."""
    script = (
        "from fetching import ClientStrategy\n"
        "from malformed import outcomes_of, word\n"
        "way = ClientStrategy('fetch_async', 'aiohttp')\n"
        "print([word(by[str(way)]) for by in outcomes_of((way,)).values()])\n"
    )
    env = {**os.environ, "AIOHTTP_NO_EXTENSIONS": "1", "PYTHONPATH": str(SUPPORT)}
    run = subprocess.run(
        [sys.executable, "-c", script], env=env, capture_output=True, text=True, check=False
    )
    assert run.stdout == f"{[word(by['fetch_async-aiohttp']) for by in outcomes.values()]}\n", run


def test_the_page_of_the_docs_is_what_a_run_gives(outcomes: Outcomes) -> None:
    assert PAGE.read_text(encoding="utf-8") == page(outcomes), (
        "docs/responses.md is out of date: python tests/support/malformed.py writes it anew"
    )
