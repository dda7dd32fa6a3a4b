"""What is counted of each host and of any second, with moments given by hand."""

from concurrent_fetch.server._arrivals import Arrivals


def test_the_peak_of_a_host_is_what_was_held_at_once() -> None:
    arrivals = Arrivals()
    first = arrivals.arrive("a", 0.0)
    arrivals.arrive("a", 1.0)
    first.held -= 1
    arrivals.arrive("a", 2.0)
    arrivals.arrive("b", 2.0)
    assert arrivals.peak_per_host() == {"a": 2, "b": 1}


def test_the_least_gap_is_of_one_host_and_of_those_that_saw_two() -> None:
    arrivals = Arrivals()
    for name, now in [("a", 0.0), ("b", 0.125), ("a", 1.0), ("c", 1.0), ("b", 4.0), ("a", 1.75)]:
        arrivals.arrive(name, now)
    assert arrivals.least_gap_per_host() == {"a": 0.75, "b": 3.875}


def test_a_second_ends_where_the_next_begins() -> None:
    arrivals = Arrivals()
    for k in range(100):
        arrivals.arrive("a", k / 4)
    assert arrivals.peak_per_second == 4


def test_the_fullest_second_may_begin_anywhere() -> None:
    arrivals = Arrivals()
    for now in [0.0, 0.75, 0.875, 1.0, 1.5, 1.625, 1.875, 9.0]:
        arrivals.arrive("a", now)
    assert arrivals.peak_per_second == 5  # from 0.75, from 0.875, and so on, but no six


def test_only_the_last_second_is_kept() -> None:
    arrivals = Arrivals()
    for k in range(10_000):
        arrivals.arrive("a", k / 64)
    assert len(arrivals._recent) == arrivals.peak_per_second == 64


def test_a_reset_forgets_all_but_what_is_held() -> None:
    arrivals = Arrivals()
    hosts = [arrivals.arrive(name, 0.5) for name in "aabb"]
    for host in hosts[1:]:
        host.held -= 1
    arrivals.reset()
    assert arrivals.peak_per_second == 0
    assert arrivals.peak_per_host() == {"a": 1}
    arrivals.arrive("a", 0.75)
    assert arrivals.peak_per_host() == {"a": 2}
    assert arrivals.least_gap_per_host() == {}
    assert arrivals.peak_per_second == 1
