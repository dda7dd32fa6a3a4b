"""Looking after 10, 20 and 40 rounds, and stopping when all is clear: against known truth.

The rule is simulated, since a Runner takes too long for a thousand experiments; one test holds
that the Runner does exactly what is simulated. Seeds are fixed.
"""

import statistics
from functools import cache
from random import Random

import pytest
from fakes import URLS, Clock, answers
from noise import NOISES, timed

from concurrent_fetch import Estimate, Options, Outcome, Runner, Strategy, Verdict
from concurrent_fetch.runner._rounds import rounds
from concurrent_fetch.stats._estimate import speedup
from concurrent_fetch.stats._verdict import verdict_of

pytestmark = pytest.mark.once

LOOKS = (10, 20, 40)
ALPHA = 0.05


def decided(times: dict[str, list[float]]) -> tuple[int, list[Estimate]]:
    """Return after how many rounds the rule stops, and its intervals over the first strategy."""
    reference, *others = times.values()
    k = len(times)
    alpha = ALPHA / (k * (k - 1) // 2 * len(LOOKS))
    estimates: list[Estimate] = []
    for look in LOOKS:
        estimates = [speedup(reference[:look], other[:look], alpha) for other in others]
        if Verdict.UNRESOLVED not in map(verdict_of, estimates):
            return look, estimates
    return LOOKS[-1], estimates


@cache
def decisions(
    noise: str, k: int, truth: float, experiments: int
) -> tuple[tuple[int, list[Estimate]], ...]:
    """Experiments with `k` strategies; the last one is faster than all others by `truth`."""
    rng = Random(f"{noise}, {k}, {truth}")
    takes = {str(i): truth for i in range(k - 1)} | {"last": 1.0}
    return tuple(decided(timed(NOISES[noise], rng, 40, takes)) for _ in range(experiments))


def contains(estimate: Estimate, ratio: float) -> bool:
    return estimate.low <= ratio <= estimate.high


@pytest.mark.parametrize("noise", ["iid", "cloud"])
def test_equal_strategies_seldom_raise_an_alarm_however_often_one_looks(noise: str) -> None:
    found = decisions(noise, k=2, truth=1.0, experiments=1000)
    alarms = sum(not contains(e, 1.0) for _, (e,) in found)
    assert alarms / len(found) <= 0.055


@pytest.mark.parametrize("noise", ["iid", "cloud"])
def test_where_it_stops_the_interval_still_covers_the_truth(noise: str) -> None:
    found = decisions(noise, k=2, truth=1.05, experiments=500)
    covered = sum(contains(e, 1.05) for _, (e,) in found)
    assert covered / len(found) >= 0.95


@pytest.mark.parametrize("noise", ["iid", "cloud"])
def test_of_five_strategies_seldom_one_interval_is_wrong(noise: str) -> None:
    found = decisions(noise, k=5, truth=1.10, experiments=400)
    truths = (1.0, 1.0, 1.0, 1.10)
    wrong = sum(
        not all(contains(e, truth) for e, truth in zip(estimates, truths, strict=True))
        for _, estimates in found
    )
    assert wrong / len(found) <= 0.05


def test_a_clear_difference_ends_it_early_and_none_takes_all_rounds() -> None:
    clear = [look for look, _ in decisions("iid", k=2, truth=1.10, experiments=300)]
    equal = [look for look, _ in decisions("iid", k=2, truth=1.0, experiments=1000)]
    assert statistics.fmean(clear) < 15
    assert statistics.fmean(equal) > 35


@pytest.mark.parametrize("noise", ["iid", "cloud"])
def test_looking_every_round_until_it_is_significant_would_cry_wolf(noise: str) -> None:
    """What the planned looks and the divided level protect from."""
    rng = Random(f"peek {noise}")
    alarms = 0
    for _ in range(100):
        a, b = timed(NOISES[noise], rng, 40, {"a": 1.0, "b": 1.0}).values()
        alarms += any(not contains(speedup(a[:n], b[:n], ALPHA), 1.0) for n in range(6, 41))
    assert alarms > 12


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize(("noise", "k", "truth"), [("cloud", 2, 1.08), ("iid", 3, 1.10)])
def test_the_runner_does_exactly_what_is_simulated(
    noise: str, k: int, truth: float, seed: int
) -> None:
    takes = {f"s{i}": truth for i in range(k - 1)} | {"last": 1.0}
    times = timed(NOISES[noise], Random(seed), 40, takes, order=rounds(list(takes), Random(seed)))
    clock = Clock()
    clock.now = 0.0

    def taking(name: str) -> Strategy:
        left = iter([1.0, *times[name], 1.0])

        def strategy(urls: list[str], _options: Options) -> list[Outcome]:
            clock.pass_by(next(left))
            return answers(urls)

        return strategy

    comparison = Runner(URLS, rounds=LOOKS, seed=seed, clock=clock).compare(
        **{name: taking(name) for name in takes}
    )
    look, estimates = decided(times)
    assert comparison.rounds == look
    for name, estimate in zip(list(takes)[1:], estimates, strict=True):
        found = comparison.speedup(name)
        assert found.confidence == estimate.confidence
        assert (found.point, found.low, found.high) == pytest.approx(
            (estimate.point, estimate.low, estimate.high), rel=1e-9
        )
