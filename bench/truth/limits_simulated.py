"""Limits without noise: a client, a server, and what really shortens the run, worked out exactly.

A client with one core (an event loop, or threads under a GIL) computes before it sends and after it
has received; a server serves as many at once as it can, each for its latency. The truth of a cell
is what shortens the run most when it is made twice as good: the latency, the server's capacity, the
CPU time, the slots. `why()` is asked for the name, from records as a Runner makes them.

`python -m bench.truth.limits --simulated 3000` runs it.
"""

import heapq
import random
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import accumulate, count

import attrs

from concurrent_fetch import Headers, Limit, Options, Response, Timing, Why
from concurrent_fetch.analysis import (
    Causes,
    Evidence,
    Lateness,
    Probe,
    Record,
    Tried,
    columns_of,
    interning,
    read_card,
)
from concurrent_fetch.stats import quantile

NAP = 0.005
CARD = attrs.evolve(read_card(), build="GIL", cores=2)
TIE = 0.03
"""So little of the time of a run is no difference."""
SOME = 0.1
"""More in flight helps if it saves that much."""


@attrs.frozen(kw_only=True)
class World:
    """A client and a server; times in seconds."""

    latencies: tuple[float, ...]
    """Of each URL."""
    capacity: int | None
    """How many are served at once; None: all."""
    slots: int
    sending: float
    """CPU time before a request is sent."""
    receiving: float
    """CPU time after it was answered."""
    opening: float = 0.0
    """CPU time before the first fetch starts."""
    threaded: bool = False

    def better(self, what: str) -> "World":
        """Return one in which something is twice as good."""
        match what:
            case "latency":
                return attrs.evolve(self, latencies=tuple(x / 2 for x in self.latencies))
            case "capacity":
                return attrs.evolve(self, capacity=self.capacity and 2 * self.capacity)
            case "slots":
                return attrs.evolve(self, slots=2 * self.slots)
        parts = ("opening", "sending", "receiving")
        return attrs.evolve(self, **{name: getattr(self, name) / 2 for name in parts})


WHAT = ("latency", "capacity", "CPU", "slots")


@attrs.frozen
class Ran:
    """One run: when each fetch started, was sent and was over; when what was to be computed."""

    spans: Sequence[tuple[float, float, float]]
    slices: Sequence[tuple[float, float]]
    """When the core was asked for something, and when all that it was asked for was done."""
    cpu: float
    elapsed: float

    def naps(self) -> list[float]:
        """Return how late someone would wake who naps, and then stands in line for the core."""
        asked = [asked for asked, _ in self.slices]
        until = list(accumulate((end for _, end in self.slices), max))
        late, now = [], NAP
        while now < self.elapsed:
            place = bisect_right(asked, now)
            late.append(max(0.0, until[place - 1] - now) if place else 0.0)
            now += late[-1] + NAP
        return late


def run(world: World) -> Ran:
    """Let the client fetch all URLs, each slot taking the next one."""
    n = len(world.latencies)
    served = [0.0] * (world.capacity or n)
    core = world.opening
    starts, sends, ends = [0.0] * n, [0.0] * n, [0.0] * n
    slices = [(0.0, world.opening)] if world.opening else []
    number, coming = count(), iter(range(n))
    events = [(0.0, next(number), "start", url) for url in range(min(world.slots, n))]
    for _ in events:
        next(coming)
    while events:
        now, _, what, url = heapq.heappop(events)
        if what in {"start", "answered"}:  # the core computes in the order in which it is asked
            begun = max(now, core)
            core = begun + (world.sending if what == "start" else world.receiving)
            slices.append((now, core))
            if what == "start":
                starts[url] = begun
            after = "sent" if what == "start" else "over"
            heapq.heappush(events, (core, next(number), after, url))
        elif what == "sent":
            sends[url] = now
            end = max(now, served[0]) + world.latencies[url]
            heapq.heapreplace(served, end)
            heapq.heappush(events, (end, next(number), "answered", url))
        else:
            ends[url] = now
            if (following := next(coming, None)) is not None:
                heapq.heappush(events, (now, next(number), "start", following))
    cpu = world.opening + n * (world.sending + world.receiving)
    return Ran(list(zip(starts, sends, ends, strict=True)), slices, cpu, max(ends))


def record(name: str, world: World, ran: Ran) -> Record:
    """Return what the Runner would have noted of it."""
    outcomes = [
        attrs.evolve(
            ANSWER, index=i, timing=Timing(started=a, sent=b, first_byte=c, finished=c)
        )
        for i, (a, b, c) in enumerate(ran.spans)
    ]  # fmt: skip
    return Record(
        strategy=name,
        round=0,
        options=Options(concurrency=world.slots),
        started_at=datetime(2026, 1, 1, tzinfo=UTC),
        begun=0.0,
        elapsed=ran.elapsed,
        cpu=ran.cpu,
        outside=0,
        columns=columns_of(outcomes, interning()),
    )


def probe(world: World, ran: Ran) -> Probe:
    """Return what the probes would have seen."""
    late = sorted(ran.naps())
    told = len(late) >= 3 and ran.elapsed >= 0.05
    naps = len(late)
    median, p95 = (quantile(late, q) if told else 0.0 for q in (0.5, 0.95))
    seen = Lateness(median=median, p95=p95, naps=naps) if told else None
    calm = Lateness(median=0.0, p95=0.0, naps=naps) if told else None
    on_loop = not world.threaded and world.slots > 1
    return Probe(
        thread=calm if on_loop else seen,
        loop=seen if on_loop else None,
        on_loop=on_loop,
        threads=world.slots if world.threaded else 0,
        blocked=0.0 if told and on_loop else None,
    )


@attrs.frozen
class Truth:
    """How much of the time of a run is saved by what, if it is twice as good."""

    saved: dict[str, float]

    @classmethod
    def of(cls, world: World) -> "Truth":
        """Try each."""
        now = run(world).elapsed
        return cls({what: 1 - run(world.better(what)).elapsed / now for what in WHAT})

    @property
    def more_helps(self) -> bool:
        """Whether twice as many in flight save a part that counts."""
        return self.saved["slots"] >= SOME

    def is_named(self, limit: Limit | None) -> bool:
        """Whether that is a true name.

        Any number of slots waits for the latency, so half of it always saves as much as twice the
        slots, or more: slots are the limit where they save at least half of that, and the network
        where they do not. One slow URL is it where nothing saves more than half the latencies.
        """
        latency, capacity, cpu, slots = (self.saved[what] for what in WHAT)
        if limit in {Limit.CPU, Limit.GIL}:
            return cpu >= max(latency, capacity, slots) - TIE
        if limit is Limit.CONCURRENCY:
            return self.more_helps and slots >= max(latency / 2, capacity, cpu) - TIE
        if limit is Limit.SLOW_URL:
            return latency >= max(capacity, cpu, slots) - TIE
        outside = max(latency, capacity)
        return limit is Limit.NETWORK and outside >= max(cpu, 2 * slots) - TIE


def asked(world: World, *, tries: bool = False) -> Iterator[tuple[World, Why]]:
    """Yield what `why()` says of the strategy, and of one with one in flight beside it.

    Where it `tries`, twice the concurrency of the strategy is tried if that is left to be told.
    """
    worlds = {"sync": attrs.evolve(world, slots=1, threaded=False), "mine": world}
    ran = {name: run(one) for name, one in worlds.items()}
    causes = Causes(
        runs={name: [record(name, one, ran[name])] for name, one in worlds.items()},
        comparable=list(worlds),
        probes={name: probe(one, ran[name]) for name, one in worlds.items()},
        card=CARD,
        urls=[f"http://a.example/{i}" for i in range(len(world.latencies))],
    )
    if tries and causes.of("mine").evidence is Evidence.NOTHING_TRIED:
        twice = world.better("slots")
        pair = record("mine", world, ran["mine"]), record("mine", twice, run(twice))
        causes = attrs.evolve(causes, tried={"mine": Tried.of([pair] * 5)})
    for name, one in worlds.items():
        yield one, causes.of(name)


def worlds(cells: int, seed: int = 1) -> Iterator[World]:
    """Draw some, of all kinds."""
    rng = random.Random(seed)
    for _ in range(cells):
        n = rng.choice((3, 6, 10, 20, 40, 100))
        latency = 0.001 * 200 ** rng.random()
        latencies = [latency] * n
        match rng.choice(("constant", "mixed", "slow")):
            case "mixed":
                latencies = [latency * rng.uniform(0.3, 2) for _ in range(n)]
            case "slow":
                latencies[rng.randrange(n)] *= rng.uniform(3, 30)
        cpu = 0.00005 * 200 ** rng.random()
        sending = cpu * rng.choice((0.3, 0.5, 0.7))
        yield World(
            latencies=tuple(latencies),
            capacity=rng.choice((None, None, None, 1, 2, 4, 8, 20)),
            slots=rng.choice((2, 4, 8, 16, 20, 32)),
            sending=sending,
            receiving=cpu - sending,
            opening=rng.choice((0.0, 0.001, 0.004)),
            threaded=rng.random() < 0.3,
        )


ANSWER = Response(
    url="", final_url="", status_code=200, headers=Headers(), size=3, digest="abc",
    timing=Timing(started=0.0, finished=1.0), worker="MainThread", index=0,
)  # fmt: skip


@attrs.define
class Tally:
    """How often the name was right, not told, wrong."""

    right: int = 0
    untold: int = 0
    wrong: int = 0
    promised: int = 0
    """How often more in flight was said to help, and would not have."""

    @property
    def all(self) -> int:
        return self.right + self.untold + self.wrong

    def see(self, world: World, why: Why) -> None:
        """Count what is said of a strategy."""
        truth = Truth.of(world)
        is_true = truth.is_named(why.limit)
        self.untold += why.limit is None
        self.right += is_true
        self.wrong += why.limit is not None and not is_true
        self.promised += why.limit is Limit.CONCURRENCY and not truth.more_helps
