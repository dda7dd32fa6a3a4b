"""What pairs of runs say of twice as many fetches in flight."""

import attrs
import pytest

from concurrent_fetch import Tried

SAME = Tried(concurrency=4, twice=8, as_it_was=(1.0,) * 5, with_twice=(1.0,) * 5, service_grew=2.0)


def twice(*times: float, service_grew: float | None = 1.0) -> Tried:
    return attrs.evolve(SAME, with_twice=times, service_grew=service_grew)


@pytest.mark.parametrize(
    ("tried", "helps", "only_crowds"),
    [
        (SAME, False, True),
        (twice(0.5, 0.5, 0.5, 0.5, 0.5), True, False),
        (twice(0.5, 0.5, 0.98, 0.5, 0.5), True, False),
        (twice(0.5, 0.5, 0.99, 0.5, 0.5), False, False),  # by 1 %: no difference that matters
        (twice(0.5, 0.5, 1.5, 0.5, 0.5), False, False),
        (twice(1.0, 1.0, 1.0, 1.0, 1.0), False, False),  # nobody took longer: it is something else
        (twice(1.0, 1.0, 1.0, 1.0, 1.0, service_grew=None), False, False),
        (twice(0.9, 0.9, 0.9, 0.9, 0.9, service_grew=1.6), True, True),  # near the knee
        (twice(0.75, 0.75, 0.75, 0.75, 0.75, service_grew=1.5), True, False),
        (twice(0.5, 1.0, 1.0, 1.0, 2.0, service_grew=1.5), False, True),
        (twice(1.0, 1.0, 1.0, 1.0, 1.0, service_grew=1.4), False, False),
    ],
)
def test_more_help_if_every_pair_is_faster_and_only_crowd_if_each_takes_longer(
    tried: Tried, helps: bool, only_crowds: bool
) -> None:
    assert (tried.helps, tried.only_crowds) == (helps, only_crowds)


def test_the_speed_up_is_the_median_of_pairs_and_not_of_times() -> None:
    tried = attrs.evolve(
        SAME, as_it_was=(1.0, 2.0, 3.0, 4.0, 5.0), with_twice=(1.0, 1.0, 2.0, 2.0, 5.0)
    )
    assert tried.speedups == (1.0, 2.0, 1.5, 2.0, 1.0)
    assert tried.speedup == 1.5
