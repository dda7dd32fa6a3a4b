"""Which requests are turned away, with moments given by hand."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from concurrent_fetch.server._limits import BURST, Limits, RateLimit


def admitted(limit: RateLimit, moments: list[float]) -> list[float]:
    return [now for now in moments if limit.admits(now)]


def test_a_request_at_its_time_is_always_admitted() -> None:
    limit = RateLimit(4.0)
    assert all(limit.admits(k * 0.25) for k in range(100))


def test_a_burst_is_what_half_a_second_allows_and_one() -> None:
    limit = RateLimit(8.0)
    assert admitted(limit, [0.0] * 20) == [0.0] * 5  # 1 + 8 × 0.5
    assert admitted(limit, [0.125] * 20) == [0.125]
    assert admitted(limit, [0.25, 0.25, 0.375, 0.375]) == [0.25, 0.375]


def test_who_is_turned_away_makes_nobody_else_wait() -> None:
    limit = RateLimit(1.0)
    assert limit.admits(0.0)
    assert not any(limit.admits(k / 1000) for k in range(500))
    assert limit.admits(0.5)
    assert not limit.admits(1.0)
    assert limit.admits(1.5)


def test_a_rest_allows_no_longer_burst() -> None:
    limit = RateLimit(8.0)
    assert admitted(limit, [0.0] * 9) == [0.0] * 5
    assert admitted(limit, [1000.0] * 9) == [1000.0] * 5


def test_in_the_long_run_it_is_the_rate() -> None:
    limit = RateLimit(8.0)
    every_millisecond = [k / 1024 for k in range(10 * 1024)]
    assert len(admitted(limit, every_millisecond)) == 5 + 8 * 10 - 1


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from([0.5, 1.0, 4.0, 64.0, 1024.0]),
    st.lists(st.integers(0, 1024).map(lambda k: k / 1024), min_size=1, max_size=200),
)
def test_any_stretch_lets_in_no_more_than_is_promised(rate: float, gaps: list[float]) -> None:
    moments = [sum(gaps[: k + 1]) for k in range(len(gaps))]
    let_in = admitted(RateLimit(rate), moments)
    assert let_in[0] == moments[0]
    for first, start in enumerate(let_in):
        for last, end in enumerate(let_in[first:], start=1):
            assert last <= 1 + rate * (end - start + BURST)


def test_a_host_has_so_many_under_way() -> None:
    limits = Limits(2, None)
    assert [limits.admit(under_way, 0.0) for under_way in range(4)] == [True, True, False, False]


def test_who_has_too_many_under_way_takes_nothing_of_the_rate() -> None:
    limits = Limits(1, 2.0)
    assert not any(limits.admit(1, 0.0) for _ in range(10))
    assert [limits.admit(0, 0.0) for _ in range(3)] == [True, True, False]


@pytest.mark.parametrize("under_way", [0, 10**6])
def test_without_a_limit_per_host_the_rate_alone_counts(under_way: int) -> None:
    assert [Limits(None, 1.0).admit(under_way, 0.0) for _ in range(2)] == [True, True]
