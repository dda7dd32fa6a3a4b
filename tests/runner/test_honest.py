"""Honest strategies: no reason against them, no round left out, no note but those that are true.

Each runs in a real comparison, on pages of 1 KiB and of 64 KiB.
"""

import os
import re
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import zip_longest

import pytest
from fakes import freeze
from honest import HONEST

from concurrent_fetch import Comparison, Runner, fetch_sync
from concurrent_fetch.server import LocalServer

pytestmark = pytest.mark.once

ROUNDS = 3
COMPARISONS = int(os.environ.get("HONEST_COMPARISONS", "4"))
"""More for a long run: HONEST_COMPARISONS=50 pytest -m long tests/runner/test_honest.py"""
SIZES = {"1 KiB": 1024, "64 KiB": 65536}
OF_THE_MACHINE = re.compile("the machine was busy|the digests of the bodies take up to ")
"""Notes on the whole comparison that are true at times, and say nothing of a strategy."""


@pytest.fixture(scope="module")
def server() -> Iterator[LocalServer]:
    freeze()
    with LocalServer(latency=0.001) as server:
        yield server


def compared(name: str, size: int, server: LocalServer) -> Comparison:
    made = HONEST[name]
    urls, options = made.workload(server, size)
    with ExitStack() as stack:
        mine = made.make(stack)
        return Runner(urls, options, rounds=ROUNDS, seed=1).compare(fetch_sync, mine=mine)


def nothing_is_wrong(name: str, size: int, server: LocalServer) -> None:
    comparison = compared(name, size, server)
    assert comparison.reasons_against("mine") == ()
    assert comparison.marked == {}
    notes = [note for note in comparison.notes if note.strategy == "mine"]
    assert len(notes) == len(HONEST[name].notes), notes
    for note, pattern in zip_longest(notes, HONEST[name].notes):
        assert re.fullmatch(pattern, note.fact)
    of_all = [note.fact for note in comparison.notes if note.strategy is None]
    assert [fact for fact in of_all if not OF_THE_MACHINE.match(fact)] == []


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", HONEST)
def test_nothing_is_said_against_an_honest_one(name: str, size: str, server: LocalServer) -> None:
    nothing_is_wrong(name, SIZES[size], server)


@pytest.mark.long
@pytest.mark.parametrize("name", HONEST)
def test_nor_in_many_comparisons(name: str, server: LocalServer) -> None:
    for i in range(COMPARISONS):
        nothing_is_wrong(name, list(SIZES.values())[i % 2], server)


def test_there_are_some_of_every_kind() -> None:
    assert len(HONEST) >= 20
    assert sum(not made.notes for made in HONEST.values()) >= 12
