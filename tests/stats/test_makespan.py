"""How long jobs take on a number of slots: known schedules, and the laws of all of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concurrent_fetch.stats._makespan import makespan

jobs = st.lists(st.floats(0, 100), min_size=1, max_size=20)
slots = st.integers(1, 25)


@pytest.mark.parametrize(
    ("durations", "slots", "ends"),
    [
        ([], 3, 0.0),
        ([2.0], 3, 2.0),
        ([1.0] * 20, 1, 20.0),
        ([1.0] * 20, 5, 4.0),
        ([1.0] * 21, 5, 5.0),
        ([3.0, 1.0, 1.0, 1.0], 2, 3.0),
        ([1.0, 1.0, 1.0, 3.0], 2, 4.0),  # in the order given, though another would be better
    ],
)
def test_each_free_slot_takes_the_next_job(durations: list[float], slots: int, ends: float) -> None:
    assert makespan(durations, slots) == ends


@given(jobs, slots)
def test_it_lies_between_the_bounds_that_no_schedule_and_no_list_can_break(
    durations: list[float], slots: int
) -> None:
    best = max(*durations, sum(durations) / slots)
    assert best * (1 - 1e-9) <= makespan(durations, slots) <= best * (2 - 1 / slots) * (1 + 1e-9)


@given(jobs)
def test_one_slot_takes_the_sum_and_a_slot_for_each_the_longest(durations: list[float]) -> None:
    assert makespan(durations, 1) == pytest.approx(sum(durations))
    assert makespan(durations, len(durations)) == max(durations)


@given(st.lists(st.just(2.0), max_size=40), slots)
def test_equal_jobs_come_in_waves(durations: list[float], slots: int) -> None:
    assert makespan(durations, slots) == 2.0 * -(-len(durations) // slots)


@pytest.mark.parametrize("slots", [0, -1])
def test_no_slot_is_refused(slots: int) -> None:
    with pytest.raises(ValueError, match=f"slots must be at least 1, got {slots}"):
        makespan([1.0], slots)


@pytest.mark.parametrize("duration", [-1.0, float("nan")])
def test_what_is_no_duration_is_refused(duration: float) -> None:
    with pytest.raises(ValueError, match="at least 0"):
        makespan([1.0, duration], 2)
