"""What a bomb costs: the cap and a little more, in every client, however it is packed."""

import pathlib
import subprocess
import sys

import pytest
from fetching import ClientStrategy

from concurrent_fetch.server import FAULTS, LocalServer

pytestmark = pytest.mark.once

MIB = 2**20
TESTS = str(pathlib.Path(__file__).parents[1] / "support")
BOMBS = [name for name in FAULTS if name.startswith(("bomb_", "body_endless"))]
# In a fresh process for each client: the most memory it ever had never shrinks.
PROGRAM = f"""
import resource, sys
sys.path.insert(0, {TESTS!r})
from fetching import ClientStrategy
import concurrent_fetch as cf

def most():
    return 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

strategy, client, cap, base, *names = sys.argv[1:]
way = ClientStrategy(strategy, client)
assert way.one(base + "/gzip").ok
before = most()
for name in names:
    failure = way.failure(base + "/fault/" + name, max_bytes=int(cap))
    assert failure.kind is cf.FailureKind.TOO_LARGE, failure
    print(name, most() - before, flush=True)
"""


@pytest.mark.parametrize("cap", [MIB, pytest.param(10 * MIB, marks=pytest.mark.long)])
def test_a_bomb_costs_the_cap_and_16_mib(
    client_strategy: ClientStrategy, local: LocalServer, cap: int
) -> None:
    arguments = (client_strategy.strategy, client_strategy.client, str(cap), local.url()[:-1])
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments, *BOMBS],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    costs = dict(line.split() for line in done.stdout.splitlines())
    assert list(costs) == BOMBS
    assert max(map(int, costs.values())) < cap + 16 * MIB, costs
