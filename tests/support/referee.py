"""A referee of the feed: knows the rules by a model of its own, and holds each decision to them.

The model is as plain as can be: it looks at every host each time, on a virtual clock. All times
are multiples of 1/64, so that their sums are exact.
"""

import heapq
import math
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import count, cycle
from typing import Any

import attrs

from concurrent_fetch import Job, Pace, Wait

_LATENESS = 0.1  # of a start, that the rate makes good


@attrs.frozen(kw_only=True)
class Verdict:
    """What comes of a try: nothing more, or the same again, and what it says of its host."""

    again: float | None = None
    pause: float | None = None
    refused: bool = False


@attrs.frozen(kw_only=True)
class Rules:
    """What was set, as a user says it."""

    places: int = 4
    per_host: int | None = None
    delay: float | None = None
    rate: float | None = None
    deadline: float | None = None
    hosts: Mapping[str, Pace] = attrs.field(factory=dict)
    room: float = math.inf

    def places_of(self, host: str) -> int:
        pace = self.hosts.get(host, Pace())
        set_ = self.per_host if pace.per_host is None else pace.per_host
        return self.places if set_ is None else min(set_, self.places)

    def delay_of(self, host: str) -> float:
        pace = self.hosts.get(host, Pace())
        return (self.delay if pace.delay is None else pace.delay) or 0.0


class HostModel:
    """What a referee remembers of a host; it forgets none."""

    def __init__(self, widest: int, delay: float) -> None:
        self.widest = self.places = widest
        self.delay = delay
        self.line = deque[int]()
        self.again: dict[int, float] = {}  # when each may start that is tried again
        self.running: dict[int, int] = {}  # how often the host had refused when it began
        self.refusals = 0
        self.last_start = self.rests_until = -math.inf

    def free_at(self) -> float:
        """When a fetch may start, as far as the host has a say; inf: not before one ends."""
        if len(self.running) >= self.places:
            return math.inf
        return max(self.last_start + self.delay, self.rests_until)

    def can_start_at(self) -> float:
        first = -math.inf if self.line else min(self.again.values(), default=math.inf)
        return max(first, self.free_at())

    def lift(self, places: int) -> None:
        self.widest = self.places = places
        self.delay = 0.0
        self.rests_until = -math.inf
        self.again = dict.fromkeys(self.again, -math.inf)


class Referee:
    """Is told of all that happens; an AssertionError says which promise was broken."""

    def __init__(
        self, rules: Rules, host_of: Callable[[str], str], *, is_list: bool = False
    ) -> None:
        self.rules = rules
        self._is_list = is_list  # else it is not read on behind the deadline
        self.hosts: dict[str, HostModel] = {}
        self.starts: list[float] = []
        self.tries: dict[int, int] = {}
        self.done: list[int] = []
        self.is_closed = False
        self._host_of = host_of
        self._offered = 0
        self._ends_at = math.inf
        self._next_start = -math.inf
        self._is_over = False
        self._begun = False

    def offered(self, url: str) -> None:
        name = self._host_of(url)
        if name not in self.hosts:
            places = self.rules.places if self._is_over else self.rules.places_of(name)
            delay = 0.0 if self._is_over else self.rules.delay_of(name)
            self.hosts[name] = HostModel(places, delay)
        self.hosts[name].line.append(self._offered)
        self._offered += 1

    def clock_reads(self, now: float) -> None:
        """Let the deadline come."""
        if not self._begun:
            self._begun = True
            self._ends_at = now + (self.rules.deadline or math.inf)
            self._next_start = now
        if now >= self._ends_at and not self._is_over:
            self._is_over, self._ends_at = True, math.inf
            self.is_closed |= not self._is_list
            for host in self.hosts.values():
                host.lift(self.rules.places)

    def left(self, now: float) -> float:
        """How long the run may go on: what would be tried again later is final."""
        return 0.0 if self._is_over else self._ends_at - now

    def started(self, job: Job, now: float) -> None:
        host = self.hosts[self._host_of(job.url)]
        assert now >= host.free_at(), f"host is at its limits until {host.free_at()}"
        assert job.tries == self.tries.setdefault(job.index, 0)
        if job.tries:
            assert now >= host.again.pop(job.index), "tried again before its time"
        else:
            assert host.line.popleft() == job.index, "not in the order of offering"
        assert job.index not in self.done
        host.running[job.index] = host.refusals
        host.last_start = now
        self._count(now)

    def _count(self, now: float) -> None:
        rate = self.rules.rate
        if rate is None or self._is_over:
            return
        assert now >= self._next_start, "start before the rate allows it"
        self._next_start = max(self._next_start, now - _LATENESS) + 1 / rate
        self.starts.append(now)
        within = sum(start > now - 1 for start in self.starts)
        assert within <= 1.1 * rate + 1, f"{within} starts within a second"

    def told_to_wait(self, wait: Wait, now: float) -> None:
        assert wait.until > now, "wait for the past"
        assert not self.nothing_left(), "wait for nothing"
        moments = [host.can_start_at() for host in self.hosts.values()]
        limited = self.rules.rate is not None and not self._is_over
        earliest = max(min(moments, default=math.inf), self._next_start if limited else -math.inf)
        assert earliest > now, "told to wait where a job may start"
        assert wait.until <= min(earliest, self._ends_at), "told to wait for too long"
        is_by_rate = min(moments, default=math.inf) <= now
        room = self._held() < self.rules.room
        assert wait.more == (room and not self.is_closed and not is_by_rate)

    def settled(self, job: Job, now: float, verdict: Verdict) -> None:
        host = self.hosts[self._host_of(job.url)]
        refusals = host.running.pop(job.index)
        if verdict.again is None:
            self.done.append(job.index)
        else:
            self.tries[job.index] += 1
            host.again[job.index] = -math.inf if self._is_over else now + verdict.again
        if self._is_over:
            return
        host.rests_until = max(host.rests_until, now + (verdict.pause or 0.0))
        if refusals != host.refusals:
            return  # it began before the host said that it were too many
        if verdict.refused:
            host.refusals += 1
            host.places = 1
        else:
            host.places = min(host.places + 1, host.widest)

    def nothing_left(self) -> bool:
        return self.is_closed and not any(
            host.line or host.again or host.running for host in self.hosts.values()
        )

    def is_at_the_end(self) -> None:
        assert self.nothing_left(), "ended before all was done"
        assert sorted(self.done) == list(range(self._offered)), "not each job once"

    def must_be_remembered(self, now: float) -> set[str]:
        """The hosts that may still be known when all is done: these have a moment to keep, or fewer
        places than they had."""
        return {
            name
            for name, host in self.hosts.items()
            if host.free_at() > now or host.places < host.widest
        }

    def _held(self) -> int:
        return sum(len(host.line) + len(host.again) for host in self.hosts.values())


@attrs.frozen(kw_only=True)
class History:
    """What happens: which URLs come when, how long each try takes, what comes of it."""

    rules: Rules
    urls: Sequence[str]
    durations: Sequence[float] = (0.25,)
    verdicts: Sequence[Verdict] = (Verdict(),)
    lateness: Sequence[float] = (0.0,)
    """Of every waking up; all of these are gone through again and again."""
    gaps: Sequence[float] = (0.0,)
    """Between the URLs that are pushed."""
    tries: int = 4


class Play:
    """Plays a history on a queue-like thing, on a virtual clock, before a referee."""

    def __init__(self, history: History, referee: Referee, now: float = 64.0) -> None:
        self.referee = referee
        self.now = now
        self._history = history
        self._durations = cycle(history.durations)
        self._lateness = cycle(history.lateness)
        self._gaps = cycle(history.gaps)
        self._coming = deque(history.urls)
        self._comes_at: float | None = None
        self._ends: list[tuple[float, int, Job]] = []
        self._number = count()

    def run(
        self,
        take: Callable[[float], Job | Wait | None],
        settle: Callable[[Job, float], Verdict],
        offer: Callable[[str | None], None] | None = None,
    ) -> None:
        """`offer` is given the next URL, and None behind the last; without it `take` reads."""
        places = self._history.rules.places
        for _ in range(100_000):
            until = math.inf
            if len(self._ends) < places:
                self.referee.clock_reads(self.now)
                found = take(self.now)
                if found is None:
                    assert not self._ends, "ended while one is running"
                    return
                if isinstance(found, Job):
                    self._start(found)
                    continue
                self.referee.told_to_wait(found, self.now)
                until = found.until
                if found.more:
                    assert offer is not None, "a feed that reads said that it needs a URL"
                    if self._comes_at is None:
                        self._comes_at = self.now + next(self._gaps)
                    if self._comes_at <= self.now:
                        self._offer(offer)
                        continue
                    until = min(until, self._comes_at)
            self._go_to(until)
            self._settle(settle)
        raise AssertionError("without end")

    def _start(self, job: Job) -> None:
        self.referee.started(job, self.now)
        end = self.now + next(self._durations)
        heapq.heappush(self._ends, (end, next(self._number), job))

    def _offer(self, offer: Callable[[str | None], None]) -> None:
        self._comes_at = None
        url = self._coming.popleft() if self._coming else None
        if url is None:
            self.referee.is_closed = True
        else:
            self.referee.offered(url)
        offer(url)

    def _go_to(self, until: float) -> None:
        soonest = min(until, self._ends[0][0] if self._ends else math.inf)
        assert soonest < math.inf, "deadlock"
        self.now = soonest + next(self._lateness)

    def _settle(self, settle: Callable[[Job, float], Verdict]) -> None:
        while self._ends and self._ends[0][0] <= self.now:
            _, _, job = heapq.heappop(self._ends)
            self.referee.clock_reads(self.now)
            self.referee.settled(job, self.now, settle(job, self.now))


class Told(list[str]):
    """A list that tells a referee which of its URLs were read."""

    def __init__(self, urls: Sequence[str], referee: Referee) -> None:
        super().__init__(urls)
        self._referee = referee

    def __iter__(self) -> Iterator[Any]:
        for url in super().__iter__():
            self._referee.offered(url)
            yield url
        self._referee.is_closed = True
