"""How jobs are shared out among worker processes."""

from hypothesis import given
from hypothesis import strategies as st

from concurrent_fetch.strategies._shares import AHEAD, Demand, credit, levels

HELD = st.tuples(st.integers(0, 9), st.integers(-3, 9))


@given(st.lists(HELD, max_size=4), st.data())
def test_no_worker_holds_more_than_it_need(
    workers: list[tuple[int, int]], data: st.DataObject
) -> None:
    held = [number for number, _ in workers]
    most = [number + more for number, more in workers]
    free = sum(max(0, more) for _, more in workers)
    count = data.draw(st.integers(0, free))
    found = levels(count, held, most)
    assert sum(found) == count + sum(held)
    rows = list(zip(held, found, most, strict=True))
    assert all(before <= level <= max(before, may) for before, level, may in rows)
    filled = [level for before, level, _ in rows if level > before]
    open_ = [level for _, level, may in rows if level < may]
    assert max(filled, default=0) <= min(open_, default=99) + 1


@given(
    st.integers(1, 50),
    st.integers(1, 4),
    st.lists(st.integers(1, 99), max_size=9),
    st.floats(0, 1),
    st.floats(0, 1),
)
def test_what_is_ahead_is_enough_for_a_moment_and_worked_on_in_one(
    places: int, workers: int, counts: list[int], of_each: float, between: float
) -> None:
    demand = Demand(places * workers)
    demand.begin(now=5.0)
    for nth, count in enumerate(counts, 1):
        demand.note(count, count * of_each, 5.0 + nth * between)
    ahead = credit(places, demand) - places
    most = (AHEAD - 1) * places
    assert 1 <= ahead <= most
    if not counts:
        assert ahead == 1
    assert ahead == 1 or ahead * of_each <= 0.051


def test_a_worker_has_so_much_ahead_as_it_asks_for_in_a_moment() -> None:
    demand = Demand(100)
    demand.begin(now=5.0)
    assert credit(50, demand) == 51
    demand.note(50, 0.0, 5.2)  # 250 a second: of 100 places each has 2.5
    assert credit(50, demand) == 50 + 7  # for 0.05 s
    demand.note(50, 0.0, 5.2)
    assert credit(50, demand) == 50 + 13
    demand.note(1000, 0.0, 5.2)
    assert credit(50, demand) == 50 + 138
    demand.note(9000, 0.0, 5.2)
    assert credit(50, demand) == 50 + 150
    demand.note(1000, 1000 * 0.02, 5.2)
    assert credit(50, demand) == 50 + 14
