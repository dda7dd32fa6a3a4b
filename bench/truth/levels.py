"""Levels: how often the whole is wrong, a real Runner under a clock turned by hand.

Strategies take times that are drawn. All are equal (A/A), or one is faster by a known ratio
(coverage). For every number of strategies, of looks and for every noise: how often a verdict or
`fastest` says what is not so, and how often an interval misses the truth. Any of that may happen
in 5 % of the experiments, and by chance in some more: the bound is what one of all cells exceeds in
1 % of the runs of this script.

    python -m bench.truth.levels [experiments in each cell] [k ...]
"""

import gc
import math
import sys
from collections.abc import Callable, Iterator, Sequence
from itertools import combinations, islice, product
from random import Random

import attrs

import concurrent_fetch as cf
from concurrent_fetch.runner._rounds import rounds

LEVEL = 0.05
CHANCE = 0.01
STRATEGIES = (2, 3, 5, 8)
LOOKS: dict[str, tuple[int, ...] | None] = {"one look": None, "three looks": (10, 20, 40)}
FASTER = 1.05
TAKES = 1000.0
"""Seconds of a run: none that really passes is mistaken for it, however busy the machine."""
EXPERIMENTS = 2000
URL = "http://a.example/"

Noise = Callable[[Random, int], list[float]]


def iid(rng: Random, n: int) -> list[float]:
    """4 % around every run, each on its own."""
    return [rng.gauss(0, 0.04) for _ in range(n)]


def autocorrelated(rng: Random, n: int) -> list[float]:
    """AR(1): 10 % with a correlation of 0.95 from run to run, over 2 % of each run."""
    level, found = rng.gauss(0, 0.1), []
    for _ in range(n):
        found.append(level + rng.gauss(0, 0.02))
        level = 0.95 * level + rng.gauss(0, 0.1 * math.sqrt(1 - 0.95**2))
    return found


def bursts(rng: Random, n: int) -> list[float]:
    """One run in twenty takes 1 + Exp(mean 0.5) times as long."""
    return [
        x + (math.log(1 + rng.expovariate(2)) if rng.random() < 0.05 else 0.0) for x in iid(rng, n)
    ]


def tails(rng: Random, n: int) -> list[float]:
    """4 % times Student's t with two degrees of freedom: infinite variance.

    Cut at e^20 times as long, or the clock would be too far on for the runs that follow, and at
    e^-5, or a run might take no longer than it really does.
    """
    heavy = (0.04 * rng.gauss(0, 1) / math.sqrt(rng.expovariate(1)) for _ in range(n))
    return [max(-5.0, min(x, 20.0)) for x in heavy]


NOISES: dict[str, Noise] = {
    "iid": iid,
    "AR(1)": autocorrelated,
    "bursts": bursts,
    "tails": tails,
}


class Clock:
    """Stands still but when a strategy takes its time."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def drawn(
    noise: Noise, rng: Random, takes: Sequence[float], looks: Sequence[int] | None, seed: int
) -> cf.Comparison:
    """Return what a Runner makes of strategies that would take so long on a calm machine.

    The noise lies over the runs as they follow each other, in the order that the Runner draws.
    """
    names, clock = [f"s{i}" for i in range(len(takes))], Clock()
    most = looks[-1] if looks else 40
    order = [n for names_ in islice(rounds(names, Random(seed)), most) for n in names_]
    runs = iter([0.0] * len(names) + noise(rng, len(order)) + [0.0] * len(names))

    def taking(seconds: float) -> cf.Strategy:
        def strategy(_urls: list[str], _options: cf.Options) -> list[cf.Outcome]:
            begun = clock.now
            clock.now += seconds * math.exp(next(runs))
            return [attrs.evolve(ANSWER, timing=cf.Timing(started=begun, finished=clock.now))]

        return strategy

    runner = cf.Runner([URL], seed=seed, clock=clock, cpu_clock=clock, witness=False)
    if looks:
        runner = attrs.evolve(runner, rounds=looks)
    return runner.compare(**{n: taking(t) for n, t in zip(names, takes, strict=True)})


ANSWER = cf.Response(
    url=URL,
    final_url=URL,
    status_code=200,
    headers=cf.Headers(),
    size=3,
    digest="abc",
    timing=cf.Timing(started=0.0, finished=1.0),
    worker="MainThread",
    index=0,
)


@attrs.define
class Cell:
    """What was wrong in the experiments of one kind."""

    what: str
    experiments: int = 0
    verdicts: int = 0
    """With a verdict that says which of two equal ones is faster, or the wrong way round."""
    fastest: int = 0
    """Without one of the fastest in `fastest`."""
    intervals: int = 0
    """With an interval, of any pair, that misses the truth."""
    whole: int = 0
    """With any of these."""
    told: int = 0
    """With the difference told between the faster one and the reference."""

    def see(self, comparison: cf.Comparison, takes: Sequence[float]) -> None:
        """Judge one experiment by what is known of it."""
        truth = dict(zip(comparison.strategies, takes, strict=True))
        first, *others = truth
        best = {name for name, seconds in truth.items() if seconds == min(takes)}
        verdicts = any(
            comparison.verdict(n) in WRONG[(truth[n] > truth[first]) - (truth[n] < truth[first])]
            for n in others
        )
        fastest = not best <= set(comparison.fastest)
        missed = not all(
            _holds(comparison.speedup(b, over=a), truth[a] / truth[b])
            for a, b in combinations(truth, 2)
        )
        self.experiments += 1
        self.verdicts += verdicts
        self.fastest += fastest
        self.intervals += missed
        self.whole += verdicts or fastest or missed
        self.told += comparison.verdict(others[-1]) is cf.Verdict.FASTER

    def row(self, bound: int) -> str:
        """Return the figures in one line."""
        shares = (self.verdicts, self.fastest, self.intervals, self.whole, bound, self.told)
        cells = "".join(f"{100 * x / self.experiments:10.2f}%" for x in shares)
        return f"{self.what:36}{cells}   {'kept' if self.whole <= bound else 'MISSED'}"


WRONG = {
    0: (cf.Verdict.FASTER, cf.Verdict.SLOWER),
    -1: (cf.Verdict.SLOWER,),
    1: (cf.Verdict.FASTER,),
}
"""By whether it takes as long as the reference (0), less (-1) or more."""


def _holds(estimate: cf.Estimate, truth: float) -> bool:
    return estimate.low <= truth * (1 + 1e-9) and truth <= estimate.high * (1 + 1e-9)


def bound_of(experiments: int, cells: int) -> int:
    """Return how many experiments of a cell may be wrong; `CHANCE` is that of all cells."""
    p, tail = LEVEL, 1.0
    for wrong in range(experiments + 1):
        tail -= math.exp(
            math.lgamma(experiments + 1)
            - math.lgamma(wrong + 1)
            - math.lgamma(experiments - wrong + 1)
            + wrong * math.log(p)
            + (experiments - wrong) * math.log(1 - p)
        )
        if tail <= CHANCE / cells:
            return wrong
    return experiments


def cells(strategies: Sequence[int] = STRATEGIES) -> Iterator[tuple[str, Noise, str, int, float]]:
    """Yield which there are."""
    for noise, looks, k, truth in product(NOISES, LOOKS, strategies, (1.0, FASTER)):
        kind = "equal" if truth == 1 else f"one {truth - 1:.0%} faster"
        yield f"{noise}, {looks}, {k}, {kind}", NOISES[noise], looks, k, truth


def measured(cell: tuple[str, Noise, str, int, float], experiments: int) -> Cell:
    """Run the experiments of a cell; the same ones every time, and the same for a part of them."""
    what, noise, looks, k, truth = cell
    takes, found = [*[TAKES * truth] * (k - 1), TAKES], Cell(what)
    for seed in range(experiments):
        rng = Random(f"{what} {seed}")
        found.see(drawn(noise, rng, takes, LOOKS[looks], seed), takes)
    return found


def main() -> None:
    """Print a row for each cell; end with 1 if the level of one was missed."""
    given = [int(argument) for argument in sys.argv[1:]]
    experiments, strategies = given[0] if given else EXPERIMENTS, given[1:] or STRATEGIES
    measured(next(cells()), 1)
    gc.freeze()  # so that each measured run, which begins by collecting, finds little to look at
    every = list(cells(strategies))
    bound, missed = bound_of(experiments, len(every)), 0
    print(f"{experiments} experiments in each cell; wrong:")
    columns = ("verdicts", "fastest", "intervals", "any", "bound", "told")
    print(" " * 36 + "".join(f"{column:>11}" for column in columns))
    for cell in every:
        found = measured(cell, experiments)
        missed += found.whole > bound
        print(found.row(bound), flush=True)
    sys.exit(min(missed, 1))


if __name__ == "__main__":
    main()
