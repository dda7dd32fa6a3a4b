"""The kit of cheats: none of them is compared without a reason against it, or a note that says it.

Each runs in a real comparison against honest code, on pages of 1 KiB and of 64 KiB.
"""

import re
from collections.abc import Iterator
from contextlib import ExitStack
from typing import NamedTuple

import pytest
from cheats import CHEATS
from cheats_told import mapping_fetched_when_looked_at
from contenders import PAGES, pages
from fakes import freeze

from concurrent_fetch import Runner, fetch_sync
from concurrent_fetch.errors import StrategyError
from concurrent_fetch.server import LocalServer

pytestmark = pytest.mark.once

ROUNDS = 3
LATENCY = 0.001
SIZES = {"1 KiB": 1024, "64 KiB": 65536}


class Finding(NamedTuple):
    """What is found, and in which words."""

    kind: str
    """What is raised (`error`), what makes it not comparable (`reason`), or a `note`; a note may
    have become a reason."""
    words: str
    """A pattern."""


def error(words: str) -> Finding:
    return Finding("error", words)


def reason(words: str) -> Finding:
    return Finding("reason", words)


def note(words: str) -> Finding:
    return Finding("note", words)


OUTSIDE = reason("not fetched in this run")
NO_FETCH = reason("no fetch takes so little")
OTHER_BODIES = reason("bodies differ")
NOT_READ = reason("bodies were not read")
COUNTED = reason(r"\b(requests?|bytes|served|came over the wire|witness)\b")
TYPES = error(r"\b(type|subclass|exactly|plain)\b")

EXPECTED = {
    # What is kept from run to run.
    "cache_in_a_dict": OUTSIDE,
    "cache_of_functools": OUTSIDE,
    "cache_of_a_class": OUTSIDE,
    "cache_with_new_times": NO_FETCH,
    "cache_with_likely_times": COUNTED,
    "cache_of_bodies": COUNTED,
    "same_run_again": OUTSIDE,
    "filled_before": OUTSIDE,
    "filled_before_with_likely_times": COUNTED,
    "session_kept": reason("no round opened a connection: it kept those of its first run"),
    "session_opened_before": note("may keep them from run to run"),
    "session_kept_and_denied": note("connection"),
    "session_of_another_library_kept": note("connection"),
    # Less work.
    "heads_alone": note("no digest"),
    "heads_as_lengths": COUNTED,
    "heads_as_requests": OTHER_BODIES,
    "bodies_not_read": NOT_READ,
    "bodies_not_awaited": NOT_READ,
    "first_bytes_alone": OTHER_BODIES,
    "first_bytes_told_as_all": COUNTED,
    "smaller_cap": reason("URLs came back differently"),
    "statuses_alone": note("what it returned as lengths are statuses"),
    "nothing_told": note("returned nothing of its fetches"),
    "uncompressed": note("bodies (came as identity|differ)"),
    "equal_urls_once": note("they may be copies"),
    "equal_urls_once_with_likely_times": COUNTED,
    "first_page_for_all": OTHER_BODIES,
    "half_made_up": note("no digest"),
    "bodies_computed": OTHER_BODIES,
    "last_pages_dropped": error("returned 7 outcomes for 8 URLs"),
    "fewer_retries": reason("took 7 tries where fetch_sync took 8"),
    "redirects_not_followed": reason("302 against 200"),
    "redirects_remembered": note("came by other redirects"),
    "another_host": note("came by other redirects"),
    "shorter_timeouts": reason("timeout against 200"),
    "slow_ones_failed": reason("failed in every round"),
    "slow_ones_untold": reason("failed in every round"),
    "nothing_told_later": note("told nothing of 8 fetches, and something in its check run"),
    # Limits and options.
    "more_in_flight": note("in flight where concurrency is 2"),
    "places_of_a_host_ignored": note("ignores per_host=1"),
    "pace_of_a_host_ignored": note("ignores per_host=1"),
    "delay_ignored": note("ignores delay=0.02"),
    "rate_ignored": note("ignores rate=40"),
    "certificates_not_verified": note("other verify"),
    "other_headers": note("other headers"),
    "work_left_out": reason("the work was done on 0 of 8 responses"),
    # What is told.
    "times_of_zero": NO_FETCH,
    "times_moved": OUTSIDE,
    "times_shrunk": note("times"),
    "times_of_the_whole": note("to the last digit"),
    "honest_if_digests_are_asked_for": reason("bodies|requests|bytes|served|no occasion"),
    "honest_the_first_time": COUNTED,
    "honest_if_probed": COUNTED,
    "every_other_run": COUNTED,
    "responses_fetched_when_looked_at": TYPES,
    "run_fetched_when_looked_at": TYPES,
    "digests_that_equal_any": TYPES,
    "digests_of_another_page": OTHER_BODIES,
    # What is done beside the runs.
    "pages_fetched_ahead": OUTSIDE,
    "pages_fetched_ahead_with_likely_times": note(r"\b(threads?|between|left|CPU)\b"),
    "bodies_fetched_ahead": note(r"\b(threads?|between|left|CPU)\b"),
    "every_request_twice": COUNTED,
    "whichever_is_first": COUNTED,
    "thread_left": note(r"\bthreads?\b"),
    "child_left": note(r"\b(child|process)"),
    "task_left": note(r"\btasks?\b"),
    "garbage_not_collected": note(r"\b(garbage|gc)\b"),
    "threads_switched_seldom": note("switch"),
}

FOOLS: dict[str, str] = {
    "session_kept_and_denied": "which connections were opened, only the strategy says",
    "session_of_another_library_kept": "the same, and it says nothing",
    "first_bytes_told_as_all": "the bytes come all the same, into the buffers of the system",
    "times_shrunk": "the verdict is right: it is of the run, and not of what is said of fetches",
}
"""What still fools it, and why; docs/reading.md tells it."""


def cases() -> Iterator[object]:
    for name in CHEATS:
        why = FOOLS.get(name)
        marks = [] if why is None else [pytest.mark.xfail(reason=why)]
        yield pytest.param(name, marks=marks, id=name)


@pytest.fixture(scope="module")
def server() -> Iterator[LocalServer]:
    freeze()
    with LocalServer(latency=LATENCY) as server:
        yield server


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", list(cases()))
def test_a_cheat_is_found(name: str, size: str, server: LocalServer) -> None:
    kind, words = EXPECTED[name]
    found = found_against(name, SIZES[size], server)
    told = [what for kinds in _AS_GOOD_AS[kind] for what in found[kinds]]
    assert any(re.search(words, what) for what in told), found


_AS_GOOD_AS = {"error": ("error",), "reason": ("error", "reason"), "note": ("reason", "note")}


def found_against(name: str, size: int, server: LocalServer) -> dict[str, list[str]]:
    """Compare a cheat; return all that is said against it, by kind."""
    cheat = CHEATS[name]
    urls, options = cheat.workload(server, size)
    with ExitStack() as stack:
        mine = cheat.make(stack)
        try:
            comparison = Runner(urls, options, rounds=ROUNDS, seed=1).compare(fetch_sync, mine=mine)
        except StrategyError as raised:
            return {"error": [str(raised)], "reason": [], "note": []}
    if not getattr(mine, "cheated", True):
        return {"error": [], "reason": ["it had no occasion to cheat"], "note": []}
    notes = [str(one) for one in comparison.notes if one.strategy in ("mine", None)]
    notes += comparison.marked.values()
    return {"error": [], "reason": [*comparison.reasons_against("mine")], "note": notes}


def test_what_a_mapping_fetches_is_on_the_clock(server: LocalServer) -> None:
    urls, options = pages(server, 1024)
    comparison = Runner(urls, options, rounds=1).compare(mapping_fetched_when_looked_at)
    assert comparison.records[0].elapsed >= PAGES * LATENCY


def test_every_cheat_is_expected_to_be_found() -> None:
    assert set(CHEATS) == set(EXPECTED)
    assert set(FOOLS) <= set(CHEATS)
    assert len(CHEATS) >= 40
