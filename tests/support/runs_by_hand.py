"""Looks made by hand: a world of threads and children, and runs of one second in it."""

import math

from concurrent_fetch.runner._leftovers import Leftovers
from concurrent_fetch.runner._seen import Look, Seen, Thing

SPIN, POOL = Thing("thread", 1), Thing("thread", 2)
CHILD = Thing("process", 3)
LOOP = Thing("thread", 4)
NAMES = {SPIN: "spin", POOL: "pool", CHILD: "3", LOOP: "fetch-loop"}


class World:
    """What there is, how much CPU each thing uses a second, and a clock that is turned by hand."""

    def __init__(self, *, tells: bool = True) -> None:
        self.now = 0.0
        self.paces: dict[Thing, float] = {}
        self.until: dict[Thing, float] = {}
        """When a thing comes to rest."""
        self._used: dict[Thing, float] = {}
        self._tells = tells
        self.waited = 0.0

    def look(self) -> Look:
        things = {
            thing: Seen(
                NAMES[thing], self._used.get(thing, 0.0) if self._tells else None, thing is LOOP
            )
            for thing in self.paces
        }
        return Look(self.now, things, sum(self._used.values()))

    def clock_of(self, thing: Thing) -> float | None:
        return self._used.get(thing, 0.0) if thing in self.paces else None

    def pass_by(self, seconds: float) -> None:
        for thing, pace in self.paces.items():
            working = min(seconds, max(0.0, self.until.get(thing, math.inf) - self.now))
            self._used[thing] = self._used.get(thing, 0.0) + pace * working
        self.now += seconds

    def wait(self, seconds: float) -> None:
        self.waited += seconds
        self.pass_by(seconds)


class Runs:
    """Runs of one second each, and an eighth of a second between two of them."""

    def __init__(self, *, tells: bool = True) -> None:
        self.world = World(tells=tells)
        self.leftovers = Leftovers(
            self.world.look, self.world.wait, self.world.clock_of, has_clocks=tells
        )
        self.beside = 0.0
        """What the last run's CPU figure is spared."""

    def run(
        self,
        strategy: str,
        starts: dict[Thing, float] | None = None,
        *,
        within: dict[Thing, float] | None = None,
        ends: tuple[Thing, ...] = (),
    ) -> str | None:
        """Run it; `within` is used in that run alone, `ends` ends just before the end."""
        self.leftovers.before()
        beside = self.leftovers.beside()
        paces = dict(self.world.paces)
        self.world.until.clear()
        self.world.paces.update(starts or {})
        self.world.paces.update(within or {})
        self.world.pass_by(1.0)
        self.world.paces.update({thing: paces.get(thing, 0.0) for thing in within or {}})
        for thing in ends:
            del self.world.paces[thing]
        self.beside = self.leftovers.beside() - beside
        found = self.leftovers.after(strategy)
        self.world.pass_by(0.125)
        return found

    @property
    def notes(self) -> list[str]:
        return [str(note) for note in self.leftovers.notes()]
