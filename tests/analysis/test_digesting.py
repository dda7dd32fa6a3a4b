"""What the digests of bodies cost, and when that is told."""

from itertools import count

import attrs
import pytest
from fakes import URLS, record, response

from concurrent_fetch import Row
from concurrent_fetch.analysis import Audit, Card, Record, read_card
from concurrent_fetch.analysis._digest_costs import cost_of, measured_costs

KIB = 1024
COSTS = {KIB: 1.0, 100 * KIB: 100.0, 1000 * KIB: 1900.0}


def test_a_digest_costs_what_the_clock_says_for_each_of_many() -> None:
    ticks = count()
    costs = measured_costs(lambda: float(next(ticks)))
    assert costs == {KIB: 0.01, 100 * KIB: 1.0, 1000 * KIB: 1.0}
    assert next(ticks) == 3 * 5 * 2


def test_the_least_of_a_few_tries_counts() -> None:
    moments = iter([0.0, 9.0, 10.0, 14.0, 20.0, 28.0, 30.0, 38.0, 40.0, 48.0] + 20 * [0.0])
    assert measured_costs(lambda: next(moments))[KIB] == 0.04


@pytest.mark.parametrize(
    ("sizes", "cost"),
    [
        ([], 0.0),
        ([0], 1.0),
        ([KIB, None, KIB], 2.0),
        ([100 * KIB], 100.0),
        ([550 * KIB], 1000.0),
        ([1000 * KIB, 1], 1901.0),
        ([1900 * KIB], 3700.0),
    ],
)
def test_between_the_sizes_it_is_a_straight_line(sizes: list[int | None], cost: float) -> None:
    assert cost_of(sizes, COSTS) == cost


def test_of_a_card_that_tells_no_costs_there_are_none() -> None:
    assert cost_of([KIB], {}) == 0.0


CARD = attrs.evolve(
    read_card(), digest_costs={KIB: 0.01, 100 * KIB: 0.02, 1000 * KIB: 0.03}, variables=()
)


def run_of(name: str, elapsed: float, number: int | None = None, *, own: bool = False) -> Record:
    outcomes = [Row(size=9) if own else response(url, i) for i, url in enumerate(URLS)]
    return record(outcomes, strategy=name, elapsed=elapsed, round=number)


def audited(*times: float, own: bool = False, card: Card = CARD) -> Audit:
    """Two strategies, the other one of which takes these times, and twice of it the first."""
    audit = Audit(URLS, card)
    audit.check(run_of("one", 1.0))
    audit.check(run_of("other", 1.0, own=own))
    for number, time in enumerate(times):
        audit.round([run_of("one", 2 * time, number), run_of("other", time, number, own=own)])
    return audit


def told(audit: Audit) -> list[str]:
    return [str(note) for note in audit.notes if "digests" in note.fact]


def test_above_a_fiftieth_of_the_fastest_time_a_note_says_so_with_both_figures() -> None:
    assert told(audited(2.0)) == []
    (note,) = told(audited(4.0, 1.0, 1.5))
    assert note == (
        "the digests of the bodies take up to 40.0 ms of each run, 3% of the 1.50 s of other; all "
        "pay them alike, so that speed-ups are nearer to 1 than without"
    )


def test_the_note_names_who_took_no_digest_on_the_clock() -> None:
    (note,) = told(audited(1.0, own=True))
    assert note.endswith(
        "; other took none on the clock, and would have by fetching through client.session(options)"
    )


def test_a_strategy_elsewhere_pays_what_its_own_card_says() -> None:
    audit = audited(2.0)
    audit.cards = {"one": attrs.evolve(CARD, digest_costs={KIB: 0.03, 100 * KIB: 0.04})}
    (note,) = told(audit)
    assert "120 ms of each run, 6% of the 2.00 s of other" in note


def test_the_card_shows_them_and_says_where_they_are_far_apart() -> None:
    shown = "; digest of 1.0 KiB in 10.0 ms, 100 KiB in 20.0 ms, 1,000 KiB in 30.0 ms"
    assert str(CARD).endswith(shown)
    slower = attrs.evolve(CARD, digest_costs={**CARD.digest_costs, 1000 * KIB: 0.07})
    assert CARD.differences(slower) == ("digest of 1,000 KiB: 30.0 ms against 70.0 ms",)
    assert CARD.differences(attrs.evolve(CARD, digest_costs={})) == ()
    assert list(read_card().digest_costs) == [KIB, 100 * KIB, 1000 * KIB]
    assert all(cost > 0 for cost in read_card().digest_costs.values())
