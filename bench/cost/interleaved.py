"""This package beside an older revision of it: the CPU time of the same fetches, 40 rounds.

python -m bench.cost.interleaved [REVISION] [rounds]

In each round both fetch the same by every pair of strategy and client, in random order, each in a
fresh process whose first fetches do not count. None may be `slower`.
"""

import random
import sys

from bench.cost.checkouts import checkout_of, run_fetches
from bench.cost.fetches import PAIRS
from bench.cost.instructions import kept
from bench.rounds import ALPHA
from concurrent_fetch import Verdict
from concurrent_fetch.runner._rounds import rounds
from concurrent_fetch.server import LocalServer
from concurrent_fetch.stats._estimate import speedup
from concurrent_fetch.stats._verdict import verdict_of

WARM_UP, COUNT = 100, 400


def main() -> None:
    revision = sys.argv[1] if len(sys.argv) > 1 else kept()["revision"]
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 40
    slower = 0
    with LocalServer() as server, checkout_of(revision) as before, checkout_of("") as now:
        for pair in PAIRS:
            times: dict[str, list[float]] = {"before": [], "now": []}
            orders = rounds(list(times), random.Random(1))
            for _ in range(count):
                for name in next(orders):
                    checkout = before if name == "before" else now
                    *_, taken = run_fetches(checkout, server.url(), pair, WARM_UP, COUNT)
                    times[name].append(taken)
            gain = speedup(times["before"], times["now"], ALPHA / len(PAIRS))
            verdict = verdict_of(gain)
            slower += verdict is Verdict.SLOWER
            print(
                f"{pair:20} now over {revision[:9]}: {gain.point:.3f} × as fast "
                f"[{gain.low:.3f}, {gain.high:.3f}]   {verdict}",
                flush=True,
            )
    sys.exit(min(slower, 1))


if __name__ == "__main__":
    main()
