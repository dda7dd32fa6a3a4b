"""Known truth: a server that serves 8 at once needs 8 in flight; one without a limit, more."""

import re
import sys

import concurrent_fetch as cf
from bench.rounds import Verdicts
from concurrent_fetch.server import LocalServer

LEVELS = (1, 2, 4, 8, 16, 32, 64)
URLS = 128


def swept(capacity: int | None, rounds: int) -> cf.Sweep:
    with LocalServer(latency=0.02, capacity=capacity) as server:
        sweep = cf.Runner(server.urls(URLS), rounds=rounds, seed=1).sweep(cf.fetch_async, LEVELS)
    print(sweep, flush=True)
    return sweep


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    verdicts = Verdicts()
    crowded = swept(8, rounds)
    measured = {level: crowded.ceiling(level).requests_per_second for level in LEVELS}
    verdicts.within("capacity 8: recommended", crowded.recommended, 8, 8)
    verdicts.within("capacity 8: requests/s at 8, of 400", measured[8] / 400, 0.85, 1.00)
    verdicts.within("capacity 8: requests/s at 64 over those at 8", measured[64] / measured[8],
                    0.95, 1.05)  # fmt: skip
    verdicts.within("capacity 8: plateau, of 400", crowded.ceiling(64).by_server / 400, 0.90, 1.00)
    limits = [crowded.ceiling(level).limit for level in (16, 32, 64)]
    verdicts.within("capacity 8: levels above told from the server", limits.count(cf.Limit.NETWORK),
                    3, 3)  # fmt: skip
    free = swept(None, rounds)
    at_least = f"≥ {free.recommended} in flight: " in str(free)
    verdicts.within("no limit: ≥ is printed just at the edge", at_least == free.at_edge, 1, 1)
    verdicts.within("no limit: recommended", free.recommended, 32, 64)
    said = re.findall(r"(\d+) in flight:|\bat (\d+)\b|best \((\d+)\)", f"{crowded}\n{free}")
    most = max(int(number) for groups in said for number in groups if number)
    verdicts.within("the largest concurrency that is printed", most, 8, 64)
    verdicts.end()


if __name__ == "__main__":
    main()
