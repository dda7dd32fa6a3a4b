"""Known truth: 20 URLs of 100 ms with 5 in flight take 0.4 s, five times as fast as one by one."""

import sys

from rounds import Verdicts

import concurrent_fetch as cf
from concurrent_fetch.server import LocalServer


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    verdicts = Verdicts()
    with LocalServer(latency=0.1) as server:
        runner = cf.Runner(server.urls(20), cf.Options(concurrency=5), rounds=rounds, seed=1)
        comparison = runner.compare(cf.fetch_sync, cf.fetch_threaded, cf.fetch_async)
        peak = server.stats().peak_in_flight
    print(comparison)
    verdicts.within("most requests in flight, counted by the server", peak, 5, 5)
    for name in ("fetch_threaded", "fetch_async"):
        walls = [run.elapsed for run in comparison.runs(name)]
        verdicts.within(f"{name}: fastest run over 0.4 s", min(walls) / 0.4, 1.00, 1.10)
        verdicts.within(
            f"{name}: typical run over 0.4 s", comparison.typical(name).point / 0.4, 1.00, 1.10
        )
        verdicts.within(
            f"{name}: speed-up over fetch_sync", comparison.speedup(name).point, 4.7, 5.05
        )
    verdicts.end()


if __name__ == "__main__":
    main()
