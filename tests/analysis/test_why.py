"""Where the time went and what sets the limit: exact figures from exact times."""

import math
from collections.abc import Sequence
from functools import partial

import attrs
import pytest
from fakes import record, response
from hypothesis import given
from hypothesis import strategies as st
from pace import unless_busy

from concurrent_fetch import (
    Limit,
    Options,
    Runner,
    Strategy,
    Why,
    fetch_async,
    fetch_sync,
    fetch_threaded,
)
from concurrent_fetch.analysis import Card, Causes, Evidence, Lateness, Probe, Record, read_card
from concurrent_fetch.analysis._times import latencies_of
from concurrent_fetch.results._limit_told import limits
from concurrent_fetch.server import LocalServer

CARD = attrs.evolve(read_card(), build="GIL", cores=8)
FREE = attrs.evolve(CARD, build="free-threaded")
CALM = Lateness(median=0.0001, p95=0.0003, naps=100)
LATE = Lateness(median=0.001, p95=0.0053, naps=100)
STUCK = Lateness(median=0.037, p95=0.05, naps=100)

BLOCKED = Probe(thread=CALM, loop=None, on_loop=True, threads=0, blocked=0.9, blocked_in="get()")
UNSEEN = attrs.evolve(BLOCKED, blocked=None, blocked_in=None)

Spans = Sequence[tuple[float, float | None, float]]
"""Start, moment of sending and end of each fetch."""


def spanning(
    spans: Spans,
    *,
    elapsed: float,
    cpu: float = 0.0,
    concurrency: int = 20,
    reused: bool | None = None,
) -> Record:
    outcomes = [
        attrs.evolve(
            response(str(i), i, started=start, finished=end),
            reused=reused,
            timing=attrs.evolve(response("").timing, started=start, sent=sent, finished=end),
        )
        for i, (start, sent, end) in enumerate(spans)
    ]
    return record(
        outcomes, round=0, options=Options(concurrency=concurrency), elapsed=elapsed, cpu=cpu
    )


ONE_BY_ONE = spanning([(i, None, i + 1.0) for i in range(8)], elapsed=8.0, cpu=0.8)


TIMELESS = attrs.evolve(ONE_BY_ONE, outside=1)

WIDE = spanning([(0.0, None, 1.0)] * 8, elapsed=1.0)
"""All in flight at once, and each takes no longer than one by one."""


def explained(
    mine: Record,
    *,
    probe: Probe | None = None,
    card: Card = CARD,
    reference: Record = ONE_BY_ONE,
    wide: Record | None = None,
) -> Why:
    """What is said of one; beside it is the reference, and perhaps one with more in flight."""
    runs = {"first": [reference], "mine": [mine]} | ({"wide": [wide]} if wide else {})
    return Causes(
        runs=runs,
        comparable=[*runs],
        probes={} if probe is None else {"mine": probe},
        card=card,
        urls=[f"http://a.example/{i}" for i in range(8)],
    ).of("mine")


def flying(*, longer: float = 1.0, cpu: float = 0.2, slots: int = 4) -> Record:
    """Eight fetches, always four in flight; each takes `longer` times as long as one by one."""
    spans: Spans = [(i // 4 * longer, None, (i // 4 + 1) * longer) for i in range(8)]
    elapsed = 2 * longer
    return spanning(spans, elapsed=elapsed, cpu=cpu * elapsed, concurrency=slots)


def one_slow(others: int, each: float) -> Record:
    """One by one, and the first takes most of the time."""
    rest = [(6 + i * each, None, 6 + (i + 1) * each) for i in range(others)]
    return spanning([(0, None, 6), *rest], elapsed=6 + others * each)


SLOW = one_slow(4, 0.25)
_TIMES = (1, 1, 1, 6, 1, 1)
ALL_BY_ONE = spanning(
    [(sum(_TIMES[:i]), None, sum(_TIMES[: i + 1])) for i in range(6)], elapsed=11.0
)
SLOW_LATER = spanning([*[(0, None, 1)] * 3, (1, None, 7), *[(1, None, 2)] * 2], elapsed=7.0)
"""Three at a time; the one that takes most of the time comes late."""
PAIRS = spanning([(0, None, 6), (6, None, 12), (12, None, 12.5), (12.5, None, 13)], elapsed=13.0)
IN_PAIRS = spanning([(0, None, 6), (0, None, 6), (6, None, 6.5), (6, None, 6.5)], elapsed=6.5)


def probe(thread: Lateness | None = CALM, loop: Lateness | None = None) -> Probe:
    return Probe(thread=thread, loop=loop, on_loop=loop is not None, threads=4)


# --- figures ---


def test_the_figures_are_those_of_the_fetches() -> None:
    found = explained(flying())
    assert (found.in_flight, found.more_in_flight) == (4.0, 4.0)
    assert (found.time_per_fetch, found.longer, found.service) == (1.0, 1.0, 1.0)
    assert (found.cpu, found.cpu_per_fetch) == (0.2, 0.05)
    assert (found.slots, found.ideal, found.efficiency) == (4, 2.0, 1.0)
    assert found.speedup == 4.0


def test_a_fetch_waits_for_its_turn_then_in_the_client_and_the_rest_is_service() -> None:
    spans: Spans = [(0.0, 0.5, 2.0), (2.0, 2.5, 4.0)]
    found = explained(spanning(spans, elapsed=4.0))
    assert (found.turn, found.queue, found.service) == (1.0, 0.5, 1.5)


def test_the_ideal_is_the_makespan_of_the_latencies_of_the_reference() -> None:
    """By its own latencies a strategy on a crowded server would look perfect."""
    found = explained(flying(longer=4.0))
    assert found.ideal == 2.0
    assert found.efficiency == 0.25


def test_a_latency_is_the_median_over_the_rounds() -> None:
    rounds = [spanning([(0.0, None, x), (0.0, None, 1.0)], elapsed=9.0) for x in (1.0, 9.0, 2.0)]
    assert latencies_of(rounds) == [2.0, 1.0]


def test_without_complete_rounds_nothing_is_known() -> None:
    found = Causes(runs={"mine": []}, comparable=["mine"], probes={}, card=CARD).of("mine")
    assert found.limit is None
    assert math.isnan(found.speedup)
    assert limits(found) == ""


durations = st.lists(st.floats(0.001, 10), min_size=1, max_size=12)


@given(durations, durations, st.floats(0.1, 50), st.floats(0.1, 50))
def test_gain_in_flight_over_change_per_fetch_is_the_speed_up(
    these: list[float], those: list[float], elapsed: float, other: float
) -> None:
    n = min(len(these), len(those))
    a, b = ([(0.0, None, time) for time in times[:n]] for times in (these, those))
    found = explained(
        spanning(list(b), elapsed=other), reference=spanning(list(a), elapsed=elapsed)
    )
    assert found.speedup == pytest.approx(elapsed / other, rel=1e-9)


# --- limits ---


@pytest.mark.parametrize(
    ("mine", "seen", "card", "limit"),
    [
        (ONE_BY_ONE, None, CARD, Limit.CONCURRENCY),
        (flying(), probe(), CARD, Limit.CONCURRENCY),
        (flying(longer=1.3, cpu=0.95), probe(), CARD, Limit.CPU),
        (flying(longer=1.3, cpu=0.95), probe(), FREE, None),  # of four cores that it may use
        (flying(longer=1.3, cpu=1.54), probe(), FREE, Limit.CPU),  # more than one of them
        (flying(longer=1.3, cpu=3.7), probe(), FREE, Limit.CPU),
        (
            attrs.evolve(flying(longer=1.3, cpu=0.95), cpu_of_workers=1.8),
            probe(),
            CARD,
            None,
        ),  # each has a GIL
        (attrs.evolve(flying(longer=1.3, cpu=1.6), cpu_of_workers=3.0), probe(), CARD, Limit.CPU),
        (attrs.evolve(flying(longer=1.3, cpu=7.6), cpu_of_workers=15.0), probe(), CARD, Limit.CPU),
        (flying(longer=1.3, cpu=0.95), probe(loop=CALM), FREE, Limit.CPU),  # a loop has one
        (flying(longer=1.9, cpu=0.75), probe(LATE), CARD, Limit.GIL),
        (flying(longer=1.3, cpu=0.7), probe(LATE), FREE, None),
        (flying(longer=1.3, cpu=0.7), attrs.evolve(probe(LATE), threads=1), CARD, None),
        (flying(cpu=0.4), probe(LATE), CARD, Limit.CONCURRENCY),
        (flying(longer=1.3, cpu=0.7), probe(LATE, loop=CALM), CARD, None),
        (flying(cpu=0.1), probe(loop=STUCK), CARD, None),  # blocked, and not by computing
        (attrs.evolve(flying(), working=4.0), probe(), CARD, Limit.WORK),
        (attrs.evolve(flying(), working=1.0), probe(loop=CALM), CARD, Limit.WORK),
        (attrs.evolve(flying(), working=1.0), probe(), CARD, Limit.CONCURRENCY),
        (flying(longer=1.3, cpu=0.8), probe(LATE, loop=STUCK), CARD, Limit.CPU),
        (flying(slots=7), probe(), CARD, Limit.CONCURRENCY),
        (flying(longer=1.5), probe(), CARD, Limit.NETWORK),
        (spanning([(0, None, 1.0)] * 8, elapsed=1.0), None, CARD, Limit.NETWORK),
        (flying(longer=1.5, cpu=0.6), probe(), CARD, None),
        (ONE_BY_ONE, BLOCKED, CARD, Limit.BLOCKED_LOOP),
        (ONE_BY_ONE, attrs.evolve(BLOCKED, on_loop=False), CARD, Limit.BLOCKED_LOOP),  # its own
        (ONE_BY_ONE, attrs.evolve(BLOCKED, blocked=0.4), CARD, Limit.CONCURRENCY),
        (ONE_BY_ONE, UNSEEN, CARD, None),  # too short, or a busy machine
        (ONE_BY_ONE, attrs.evolve(UNSEEN, loop=CALM), CARD, Limit.CONCURRENCY),  # it was awake
        (ONE_BY_ONE, attrs.evolve(UNSEEN, on_loop=False), CARD, Limit.CONCURRENCY),
        (ONE_BY_ONE, attrs.evolve(UNSEEN, on_loop=False, blocked_in="get()"), CARD, None),
        (flying(), BLOCKED, CARD, Limit.BLOCKED_LOOP),  # they wait for each other on the loop
        (flying(), UNSEEN, CARD, Limit.CONCURRENCY),
        (flying(), attrs.evolve(BLOCKED, threads=4), CARD, Limit.CONCURRENCY),  # fetched in those
        (ONE_BY_ONE, attrs.evolve(BLOCKED, threads=4), CARD, Limit.BLOCKED_LOOP),
        (flying(longer=1.3, cpu=0.95), BLOCKED, CARD, Limit.CPU),
        (flying(cpu=0.6), BLOCKED, CARD, None),
        (attrs.evolve(flying(), working=1.0), BLOCKED, CARD, Limit.WORK),
        (TIMELESS, BLOCKED, CARD, Limit.BLOCKED_LOOP),
        (TIMELESS, attrs.evolve(BLOCKED, threads=4), CARD, None),
        (TIMELESS, None, CARD, None),
        (attrs.evolve(TIMELESS, cpu=7.9), None, CARD, Limit.CPU),
        (attrs.evolve(TIMELESS, cpu=7.9), None, FREE, None),  # of as many cores as there are
        (spanning([(0, None, 8.0)] + [(0, None, 1.0)] * 7, elapsed=8.0), None, CARD, Limit.NETWORK),
    ],
)
def test_the_limit_is_read_off_the_figures(
    mine: Record, seen: Probe | None, card: Card, limit: Limit | None
) -> None:
    assert explained(mine, probe=seen, card=card, wide=WIDE).limit is limit


@given(st.floats(0, 100))
def test_so_many_cores_computed_as_one_less_would_not_have_done(cpu: float) -> None:
    cores = attrs.evolve(explained(ONE_BY_ONE), cpu=cpu).cores_at_once
    assert cores >= 1
    assert cpu - 0.1 <= cores < max(1.0, cpu - 0.1) + 1


def test_two_cores_are_no_three() -> None:
    assert attrs.evolve(explained(ONE_BY_ONE), cpu=2.02).cores_at_once == 2


def test_a_strategy_elsewhere_is_held_against_the_card_of_its_interpreter() -> None:
    runs = {"first": [ONE_BY_ONE], "mine": [flying(longer=1.9, cpu=0.75)]}
    found = Causes(
        runs=runs, comparable=[*runs], probes={"mine": probe(LATE)}, card=FREE, cards={"mine": CARD}
    )
    assert found.of("mine").limit is Limit.GIL


SENTENCES: list[tuple[Why, list[str]]] = [
    (
        explained(flying(longer=1.3, cpu=1.54), probe=probe(), card=FREE),
        [
            "mine computes on two cores at once: 154% of one core in all, 501 ms per fetch. With",
            "4 in flight the latencies alone would take 2.00 s; it took 2.60 s. Less work per",
            "response would help, or more cores.",
        ],
    ),
    (
        explained(attrs.evolve(flying(longer=1.3, cpu=1.6), cpu_of_workers=3.0), probe=probe()),
        [
            "mine computes on two cores at once: 160% of one core in all, 520 ms per fetch. With",
            "4 in flight the latencies alone would take 2.00 s; it took 2.60 s. Less work per",
            "response would help, or more workers, up to one per core.",
        ],
    ),
    (
        explained(attrs.evolve(flying(longer=1.3, cpu=7.6), cpu_of_workers=15.0), probe=probe()),
        [
            "mine is CPU-bound: it computes 760% of the time, 2.47 s per fetch: one core can do",
            "0.40 fetches a second. With 4 in flight the latencies alone would take 2.00 s; it",
            "took 2.60 s. Less work per response would help, or more cores.",
        ],
    ),
    (
        explained(ONE_BY_ONE),
        [
            "mine waits for one fetch at a time, and computes 10% of the time. Whether more in",
            "flight would help was not tried.",
        ],
    ),
    (
        explained(ONE_BY_ONE, wide=WIDE),
        [
            "mine waits for one fetch at a time, and computes 10% of the time. More in flight",
            "would help: wide is faster, and had 8.0.",
        ],
    ),
    (
        explained(ONE_BY_ONE, wide=spanning([(0.0, None, 8.0)] * 8, elapsed=8.0)),
        [
            "mine is limited by the network or the server: it computed 10% of the time, and",
            "wide, with 8.0 in flight, was no faster: each of its fetches took 8.0× as long.",
        ],
    ),
    (
        explained(ONE_BY_ONE, wide=spanning([(0.0, None, 7.5)] * 8, elapsed=7.5)),
        [
            "mine is limited by the network or the server: it computed 10% of the time, and",
            "wide, with 8.0 in flight, was hardly faster: each of its fetches took 7.5× as long.",
        ],
    ),
    (
        attrs.evolve(explained(flying(cpu=0.6)), is_among_others=True),
        [
            "mine shows no single limit, on so busy a machine: 4.0 fetches were in flight on",
            "average, and it computed 60% of the time.",
        ],
    ),
    (
        explained(flying()),
        [
            "mine nearly always had 4 in flight, never more, and computed 20% of the",
            "time. Whether more in flight would help was not tried.",
        ],
    ),
    (
        explained(flying(), wide=WIDE),
        [
            "mine is limited by its concurrency: it nearly always had 4 in flight, never",
            "more, and computed 20% of the time. More in flight would help: wide is faster,",
            "and had 8.0.",
        ],
    ),
    (
        explained(flying(longer=1.3, cpu=0.96), probe=probe(loop=STUCK)),
        [
            "mine is CPU-bound: it computes 96% of the time, 312 ms per fetch: one core can do",
            "3.2 fetches a second. With 4 in flight the latencies alone would take 2.00 s; it",
            "took 2.60 s. Timers on its event loop came 37.0 ms late. Less work per response",
            "would help, or more processes (fetch_processes).",
        ],
    ),
    (
        explained(flying(longer=1.9, cpu=0.75), probe=probe(LATE)),
        [
            "mine is limited by the GIL: it computes 75% of the time, and 1 time in 20 a thread",
            "that was ready waited more than 5.30 ms for the others. With 4 in flight the",
            "latencies alone would take 2.00 s; it took 3.80 s. An event loop (fetch_async)",
            "would help, or fewer threads.",
        ],
    ),
    (
        explained(flying(longer=4.0)),
        [
            "mine is limited by the network or the server: it computed 20% of the time, and",
            "each fetch took 4.0× as long as with one in flight. With 4 in flight the latencies",
            "alone would take 2.00 s; it took 8.00 s. More in flight would hardly help; fewer may",
            "be as fast.",
        ],
    ),
    (
        explained(spanning([(0.0, None, 1.0)] * 8, elapsed=1.0)),
        [
            "mine is limited by the network or the server: it computed 0% of the time, and all",
            "8 URLs were in flight at once.",
        ],
    ),
    (
        explained(spanning([(0.0, None, 1.0)], elapsed=1.0)),
        [
            "mine is limited by the network or the server: it computed 0% of the time, and",
            "there was one URL.",
        ],
    ),
    (
        explained(spanning([(0.0, None, 0.5)] * 8, elapsed=2.6, cpu=1.5)),
        [
            "mine is CPU-bound: it computes 58% of so short a run, 188 ms per fetch, before it",
            "sends and after it has its answers. With 8 in flight the latencies alone would take",
            "1.00 s; it took 2.60 s. Less work per response would help; with more URLs the start",
            "weighs less.",
        ],
    ),
    (
        explained(spanning([(0.0, None, 1.0)] * 8, elapsed=1.6, cpu=0.9)),
        [
            "mine is limited by the network or the server: it computed 56% of the time, and all 8",
            "URLs were in flight at once. With 8 in flight the latencies alone would take 1.00 s;",
            "it took 1.60 s.",
        ],
    ),
    (
        explained(spanning([(0.0, None, 1.0)] * 8, elapsed=1.6, cpu=1.1)),
        [
            "mine shows no single limit: 5.0 fetches were in flight on average, and it computed",
            "69% of the time. With 8 in flight the latencies alone would take 1.00 s; it took",
            "1.60 s.",
        ],
    ),
    (
        explained(SLOW, reference=SLOW),
        [
            "mine waits for one slow URL: http://a.example/0 takes 6.00 s, and the whole run",
            "7.00 s. What helps: a shorter timeout.",
        ],
    ),
    (
        explained(one_slow(2, 1.25), reference=SLOW),  # half of it is 3 s, twice the slots 2.5 s
        [
            "mine waits for one slow URL: http://a.example/0 takes 6.00 s, and the whole run",
            "8.50 s. What helps: a shorter timeout.",
        ],
    ),
    (
        explained(SLOW_LATER, reference=ALL_BY_ONE),
        [
            "mine waits for one slow URL: http://a.example/3 takes 6.00 s, and the whole run",
            "7.00 s. What helps: start that URL first, or set a shorter timeout.",
        ],
    ),
    (
        explained(IN_PAIRS, reference=PAIRS),
        [
            "mine is limited by the network or the server: it computed 0% of the time, and a few",
            "URLs take most of the time, so twice as many in flight would save at most 8%.",
        ],
    ),
    (
        explained(flying(), reference=flying()),
        [
            "mine nearly always had 4 in flight, never more, and computed 20% of the",
            "time. Nothing here shows whether the server is crowded, or has room for more:",
            "compare it with a strategy that has one in flight, such as fetch_sync.",
        ],
    ),
    (
        explained(spanning([(0.0, 3.0, 4.0)] * 8, elapsed=4.0, reused=False)),
        [
            "mine is limited by looking up names and connecting: of the 4.00 s that a fetch",
            "takes, 3.00 s pass before it is sent. With 8 in flight the latencies alone would",
            "take 1.00 s; it took 4.00 s. What helps: keep connections (reuse_connections), or",
            "open fewer.",
        ],
    ),
    (
        explained(spanning([(i, i + 0.6, i + 1.0) for i in range(8)], elapsed=8.0, reused=True)),
        [
            "mine is limited by the client itself: of the 1.00 s that a fetch takes, 600 ms pass",
            "before it is sent. It does not connect in that time, but stands in line. What",
            "helps: as many connections in its pool as fetches in flight.",
        ],
    ),
    (
        explained(spanning([(3.0 * i, None, 3.0 * i + 1.0) for i in range(8)], elapsed=22.0)),
        [
            "mine is limited by the client itself, which pauses: 64% of the time it could have",
            "fetched more and did not, and it computed 0% of the time. What helps: shorter",
            "pauses; not another strategy.",
        ],
    ),
    (
        explained(spanning([(0.4 * i, None, 0.4 * i + 1.0) for i in range(8)], elapsed=3.8)),
        [
            "mine is limited by the client itself: it starts a fetch every 400 ms, no matter",
            "when others end. With 3 in flight the latencies alone would take 3.00 s; it took",
            "3.80 s. What helps: a faster pace; not another strategy.",
        ],
    ),
    (
        explained(spanning([(0, None, 4.0)] + [(0, None, 0.5)] * 7, elapsed=4.0, concurrency=4)),
        [
            "mine shows no single limit: 1.9 fetches were in flight on average, and it computed",
            "0% of the time. With 4 in flight the latencies alone would take 2.00 s; it took",
            "4.00 s.",
        ],
    ),
    (
        explained(spanning([(0.0, 1.0, 4.0), (4.0, 5.0, 8.0)], elapsed=8.0)),
        [
            "mine waits for one fetch at a time, and computes 0% of the time. Whether more in",
            "flight would help was not tried. Of the 4.00 s that a fetch takes, 1.00 s pass",
            "before it is sent: connecting, or waiting in the client.",
        ],
    ),
    (
        explained(TIMELESS, probe=BLOCKED),
        [
            "mine is limited by its event loop, blocked 90% of the time, in get(): while that",
            "waits, no other fetch can go on. What helps: await an async client (aiohttp,",
            "httpx.AsyncClient), wrap the call in asyncio.to_thread, or use fetch_threaded.",
            "More in flight would not help.",
        ],
    ),
    (
        explained(ONE_BY_ONE, probe=UNSEEN),
        [
            "mine waits for one fetch at a time, and computes 10% of the time. Whether its event",
            "loop was blocked by a call that waits could not be seen: the run was too short, or",
            "the machine too busy. If it was: await an async client (aiohttp,",
            "httpx.AsyncClient), wrap the call in asyncio.to_thread, or use fetch_threaded.",
        ],
    ),
]


def test_every_evidence_speaks_for_a_limit_but_what_tells_none() -> None:
    silent = {evidence for evidence in Evidence if evidence.limit is None}
    nothing = {Evidence.NOTHING, Evidence.NOTHING_ALONE, Evidence.NOTHING_SEEN}
    assert silent == {*nothing, Evidence.NOTHING_TRIED, Evidence.NO_FASTER}
    assert {evidence.limit for evidence in Evidence} == {None, *Limit}


@pytest.mark.parametrize(("found", "words"), SENTENCES)
def test_the_limit_is_told_with_the_figures_that_say_so(found: Why, words: list[str]) -> None:
    assert limits(found) == " ".join(words)


def test_who_starts_all_at_once_but_late_does_not_pause() -> None:
    """On a busy machine threads start late: their slots are empty, and nobody meant that."""
    spans: Spans = [(0.9 + 0.01 * i, None, 1.1 + 0.01 * i) for i in range(8)]
    found = explained(spanning(spans, elapsed=1.2))
    assert found.slots == found.urls
    assert found.waiting.vacant > 0.5
    assert found.evidence is Evidence.ALL_AT_ONCE


def test_without_a_strategy_that_has_one_in_flight_a_crowded_server_cannot_be_told() -> None:
    """Its own latencies would look perfect."""
    found = explained(flying(), reference=flying())
    assert found.limit is None
    assert limits(found) == (
        "mine nearly always had 4 in flight, never more, and computed 20% of the time. "
        "Nothing here shows whether the server is crowded, or has room for more: compare it with a "
        "strategy that has one in flight, such as fetch_sync."
    )


def test_slots_are_those_that_were_used() -> None:
    """A pool of four is full with four, whatever concurrency allows."""
    found = explained(flying(slots=20), wide=WIDE)
    assert (found.slots, found.limit) == (4, Limit.CONCURRENCY)


def test_queue_and_service_are_of_the_fetches_that_were_sent() -> None:
    found = explained(spanning([(0.0, 1.0, 3.0), (3.0, None, 3.5)], elapsed=4.0))
    assert (found.queue, found.service, found.time_per_fetch) == (1.0, 2.0, 1.75)


# --- for real ---


def test_every_built_in_strategy_is_explained(local: LocalServer) -> None:
    urls = local.urls(6, "/delay/0.05")  # long enough for three threads to be in flight at once
    comparison = Runner(urls, Options(concurrency=3), rounds=2).compare(
        fetch_sync, fetch_threaded, fetch_async
    )
    slots = [comparison.why(name).slots for name in comparison.strategies]
    unless_busy(slots == [1, 3, 3], slots)
    for name in comparison.strategies:
        found = comparison.why(name)
        assert limits(found).startswith(f"{name} ")
        assert 0 < found.queue < found.time_per_fetch
        assert found.turn >= 0
        assert found.probe is not None
        assert found.probe.on_loop == (name == "fetch_async")


def test_every_fetch_of_every_client_keeps_the_order_of_its_stamps_and_littles_law(
    local: LocalServer,
) -> None:
    ways: dict[str, Strategy] = {
        f"{strategy.__name__}, {client}": partial(strategy, client=client)
        for strategy, clients in (
            (fetch_sync, ("requests", "httpx")),
            (fetch_threaded, ("requests", "httpx")),
            (fetch_async, ("aiohttp", "httpx")),
        )
        for client in clients
    }
    comparison = Runner(local.urls(12), Options(concurrency=4), rounds=2).compare(**ways)
    for run in comparison.records:
        columns = [run.column(name) for name in ("started", "sent", "first_byte", "finished")]
        for stamps in zip(*columns, strict=True):
            in_order = (run.begun, *stamps, run.begun + run.elapsed)
            assert list(in_order) == sorted(in_order), run.strategy
    for name in ways:
        found, runs = comparison.why(name), comparison.runs(name)
        elapsed = sum(run.elapsed for run in runs)
        busy = sum(outcome.elapsed for run in runs for outcome in run)
        assert found.in_flight * elapsed == pytest.approx(busy, rel=1e-9)
        assert found.queue + found.service == pytest.approx(found.time_per_fetch, rel=1e-9)
        first = sum(run.elapsed for run in comparison.runs(comparison.reference))
        assert found.more_in_flight / found.longer == pytest.approx(first / elapsed, rel=1e-9)
