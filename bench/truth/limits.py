"""Limits on known truths: what holds a strategy up is named, or not told, and never wrong.

python -m bench.truth.limits --simulated 3000
python -m bench.truth.limits 20 [case ...]
python -m bench.truth.limits 20 --beside 4

Each case says what the limit is by its making, and is compared so many times; `--beside` starts so
many busy processes, which is what a machine looks like on which others work. There the machine may
be the limit as well: how often it is named is told by itself.
"""

import argparse
import os
import signal
import subprocess
from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import contextmanager

import attrs

import concurrent_fetch as cf
from bench.rounds import Verdicts
from bench.truth.limits_cases import CASES
from bench.truth.limits_simulated import Tally, asked, worlds
from concurrent_fetch.results._limit_told import limits

MOST_WRONG = 0.005
ROUNDS = 3


def simulated(cells: int, verdicts: Verdicts) -> None:
    """Ask for the limits of a client and a server without noise."""
    for tries in (False, True):
        tallies = {"one in flight": Tally(), "several in flight": Tally()}
        for world in worlds(cells):
            for tally, (one, why) in zip(tallies.values(), asked(world, tries=tries), strict=True):
                tally.see(one, why)
        for name, tally in tallies.items():
            what = f"{name}{', more tried' if tries else ''}"
            right, untold, wrong = (n / tally.all for n in (tally.right, tally.untold, tally.wrong))
            print(f"{what}: right {right:.1%}, not told {untold:.1%}, wrong {wrong:.2%}")
            verdicts.within(f"{what}: wrong names", wrong, 0, MOST_WRONG)
            verdicts.within(f"{what}: more would help, and would not", tally.promised, 0, 0)


@attrs.define
class Seen:
    """What was said of one strategy in the runs of a case."""

    right: int = 0
    machine: int = 0
    untold: int = 0
    wrong: Counter[str] = attrs.field(factory=Counter)

    def counts_as_wrong(
        self, limit: cf.Limit | None, allowed: Collection[cf.Limit], *, among_others: bool
    ) -> bool:
        """Count it; return whether it is wrong."""
        if limit is None:
            self.untold += 1
        elif limit in allowed:
            self.right += 1
        elif among_others and limit is cf.Limit.MACHINE:
            self.machine += 1
        else:
            self.wrong[str(limit)] += 1
            return True
        return False


def live(name: str, runs: int, verdicts: Verdicts, *, among_others: bool) -> None:
    """Compare the strategies of a case several times."""
    case = CASES[name]
    seen = {strategy: Seen() for strategy in case.strategies}
    with case.opened() as urls:
        for seed in range(runs):
            runner = cf.Runner(
                urls, case.options, rounds=ROUNDS, seed=seed, work=case.work, try_more=True
            )
            comparison = runner.compare(**case.strategies)
            for strategy, one in seen.items():
                why = comparison.why(strategy)
                if one.counts_as_wrong(why.limit, case.right[strategy], among_others=among_others):
                    print(f"{name}: {limits(why)}", flush=True)
    for strategy, one in seen.items():
        told = f"right {one.right}, the machine {one.machine}, not told {one.untold}"
        print(f"{name}, {strategy}: {told}, wrong {dict(one.wrong)}")
        verdicts.within(f"{name}, {strategy}: wrong names", one.wrong.total(), 0, 0)


@contextmanager
def busy(processes: int) -> Iterator[None]:
    """Let others compute on this machine: processes that are none of this one's children."""
    endless = "while :; do :; done >&- 2>&- & echo $!"
    started = [subprocess.check_output(["sh", "-c", endless]) for _ in range(processes)]
    try:
        yield
    finally:
        for pid in map(int, started):
            os.kill(pid, signal.SIGKILL)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("runs", type=int, nargs="?", default=0)
    parser.add_argument("cases", nargs="*", metavar="case", help=", ".join(CASES))
    parser.add_argument("--simulated", type=int, metavar="CELLS", default=0)
    parser.add_argument("--beside", type=int, metavar="PROCESSES", default=0)
    return parser.parse_args()


def main() -> None:
    given, verdicts = arguments(), Verdicts()
    if given.simulated:
        simulated(given.simulated, verdicts)
    with busy(given.beside):
        for name in given.cases or CASES:
            if given.runs:
                live(name, given.runs, verdicts, among_others=given.beside > 0)
    verdicts.end()


if __name__ == "__main__":
    main()
