"""Disturbances of known make, for experiments whose truth is known.

Every noise is a function `(rng, slots) -> disturbances`: one number per run, in the order in which
the runs happen, on the log scale (0.04 makes a run about 4 % slower). `experiment` lays two
strategies of a known ratio over one, in the order that `runner._rounds.rounds` draws.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from random import Random

from concurrent_fetch.runner._rounds import rounds

Noise = Callable[[Random, int], list[float]]
Order = Iterator[tuple[str, ...]]


def iid(rng: Random, slots: int, sd: float = 0.04) -> list[float]:
    """4 % around every run, each on its own: the clean machine."""
    return [rng.gauss(0, sd) for _ in range(slots)]


def tails(rng: Random, slots: int) -> list[float]:
    """4 % times Student's t with two degrees of freedom: wild values, infinite variance."""
    return [0.04 * rng.gauss(0, 1) / math.sqrt(rng.expovariate(1)) for _ in range(slots)]


def periodic(period: int) -> Noise:
    """8 % up and down with that period, as a cron job or a garbage collector beats, over iid."""

    def wave(rng: Random, slots: int) -> list[float]:
        beat = (0.08 * math.cos(2 * math.pi * slot / period) for slot in range(slots))
        return [a + b for a, b in zip(beat, iid(rng, slots), strict=True)]

    return wave


def cloud(rng: Random, slots: int) -> list[float]:
    """All that a shared machine does at once: wander, slow spells, bursts, drift, 2.5 % iid."""
    parts = [iid(rng, slots, sd=0.025)]
    parts += (part(rng, slots) for part in (_wander, _slow_spells, _bursts, _drift))
    return [sum(slot) for slot in zip(*parts, strict=True)]


def _wander(rng: Random, slots: int) -> list[float]:
    """AR(1) with correlation 0.95 and a standard deviation of 10 %."""
    level, series = rng.gauss(0, 0.10), []
    for _ in range(slots):
        series.append(level)
        level = 0.95 * level + rng.gauss(0, 0.10 * math.sqrt(1 - 0.95**2))
    return series


def _slow_spells(rng: Random, slots: int) -> list[float]:
    """1.4 times slower for about 6 of every 36 runs, in one piece."""
    slow, series = rng.random() < 6 / 36, []
    for _ in range(slots):
        series.append(math.log(1.4) if slow else 0.0)
        slow = rng.random() < (5 / 6 if slow else 1 / 30)
    return series


def _bursts(rng: Random, slots: int) -> list[float]:
    """One run in twenty takes 1 + Exp(mean 0.5) times as long."""
    return [
        math.log(1 + rng.expovariate(1 / 0.5)) if rng.random() < 0.05 else 0.0 for _ in range(slots)
    ]


def _drift(_rng: Random, slots: int) -> list[float]:
    """0.5 % slower with every run."""
    return [0.005 * slot for slot in range(slots)]


NOISES: dict[str, Noise] = {
    "iid": iid,
    "cloud": cloud,
    "tails": tails,
    "period 2": periodic(2),
    "period 4": periodic(4),
}


def experiment(
    noise: Noise, rng: Random, n: int, *, truth: float, order: Order | None = None
) -> tuple[list[float], list[float]]:
    """Return the times of `n` rounds of `reference` and `other`, `reference` slower by `truth`."""
    times = timed(noise, rng, n, {"reference": truth, "other": 1.0}, order=order)
    return times["reference"], times["other"]


def timed(
    noise: Noise, rng: Random, n: int, takes: Mapping[str, float], *, order: Order | None = None
) -> dict[str, list[float]]:
    """Return the times of `n` rounds of strategies that would take so long on a calm machine."""
    order = rounds(list(takes), rng) if order is None else order
    names = [name for names in islice(order, n) for name in names]
    times: dict[str, list[float]] = {name: [] for name in takes}
    for name, disturbance in zip(names, noise(rng, len(names)), strict=True):
        times[name].append(takes[name] * math.exp(disturbance))
    return times
