"""Limits on known truths without noise, as `bench/truth/limits_simulated.py` works them out."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from concurrent_fetch import Limit

SCRIPT = Path(__file__).parents[2] / "bench" / "truth" / "limits_simulated.py"


def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location(SCRIPT.stem, SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


SIMULATED = script()


@pytest.mark.once  # the same floats everywhere
@pytest.mark.parametrize(("tries", "told"), [(False, 0.7), (True, 0.8)])
def test_a_limit_that_is_named_is_what_shortens_the_run_most(tries: bool, told: float) -> None:
    tally = SIMULATED.Tally()
    for world in SIMULATED.worlds(300, seed=7):
        for one, why in SIMULATED.asked(world, tries=tries):
            tally.see(one, why)
    assert tally.promised == 0
    assert tally.wrong <= 0.005 * tally.all
    assert tally.right >= told * tally.all


def test_a_server_that_is_full_with_as_many_as_are_in_flight_is_not_told_from_one_with_room() -> (
    None
):
    """Nothing that a fetch tells of itself differs: only who has more in flight shows it."""
    world = SIMULATED.World(
        latencies=(0.02,) * 40, capacity=4, slots=4, sending=0.0002, receiving=0.0002
    )
    limits = [
        why.limit for tries in (False, True) for _, why in SIMULATED.asked(world, tries=tries)
    ]
    assert limits == [Limit.CONCURRENCY, None, Limit.CONCURRENCY, Limit.NETWORK]
