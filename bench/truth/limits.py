"""Limits on known truths: what holds a strategy up is named, or not told, and never wrong.

python -m bench.truth.limits --simulated 3000
python -m bench.truth.limits 20 [case ...]
python -m bench.truth.limits 20 --beside 4

Each case says what the limit is by its making, and is compared so many times; `--beside` starts so
many busy processes, which is what a machine looks like on which others work.
"""

import argparse

from bench.rounds import Verdicts
from bench.truth.limits_simulated import Tally, asked, worlds

MOST_WRONG = 0.005


def simulated(cells: int, verdicts: Verdicts) -> None:
    """Ask for the limits of a client and a server without noise."""
    tallies = {"sync": Tally(), "mine": Tally()}
    for world in worlds(cells):
        for one, why in asked(world):
            tallies[why.strategy].see(one, why)
    for name, tally in tallies.items():
        what = "one in flight" if name == "sync" else "several in flight"
        print(f"{what}: right {tally.right / tally.all:.1%}, not told "
              f"{tally.untold / tally.all:.1%}, wrong {tally.wrong / tally.all:.2%}")  # fmt: skip
        verdicts.within(f"{what}: wrong names", tally.wrong / tally.all, 0, MOST_WRONG)
        verdicts.within(f"{what}: more would help, and would not", tally.promised, 0, 0)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--simulated", type=int, metavar="CELLS", default=0)
    return parser.parse_args()


def main() -> None:
    given, verdicts = arguments(), Verdicts()
    if given.simulated:
        simulated(given.simulated, verdicts)
    verdicts.end()


if __name__ == "__main__":
    main()
