"""One interpreter, here and elsewhere: a strategy against itself in a child process of the same.

The clock inside the child counts, so the two are equally fast. An alarm is an interval without 1.
"""

import sys

import concurrent_fetch as cf
from bench.rounds import Verdicts
from concurrent_fetch.server import LocalServer

SESSIONS = 100
MOST_ALARMS = 0.11
N = 10
LATENCY = 0.005
OPTIONS = cf.Options(concurrency=5)


def alarms(sessions: int) -> int:
    found = 0
    away = cf.elsewhere(cf.fetch_threaded, sys.executable)
    with LocalServer(latency=LATENCY) as server:
        for seed in range(sessions):
            # The one that is the reference, and goes first in the check, is the other in turn.
            pair = {"here": cf.fetch_threaded, "there": away}
            names = ("here", "there") if seed % 2 else ("there", "here")
            runner = cf.Runner(server.urls(N), OPTIONS, rounds=10, seed=seed)
            comparison = runner.compare(**{name: pair[name] for name in names})
            estimate = comparison.speedup(names[1])
            found += not estimate.low <= 1 <= estimate.high
            print(
                f"session {seed + 1}: {names[1]} over {names[0]} {estimate.point:.4f} "
                f"[{estimate.low:.4f}, {estimate.high:.4f}], {found} alarms",
                flush=True,
            )
    return found


def main() -> None:
    sessions = int(sys.argv[1]) if len(sys.argv) > 1 else SESSIONS
    verdicts = Verdicts()
    found = alarms(sessions)
    verdicts.within(f"alarms in {sessions} comparisons", found, 0, MOST_ALARMS * sessions)
    verdicts.end()


if __name__ == "__main__":
    main()
