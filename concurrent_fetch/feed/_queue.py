"""The queue of a feed with limits: which job may start when. Pure: no clock, no lock, no I/O.

A host stands in `ready` (a job of it may start), in `later` (at its next moment it may) or, while
its places are taken or nothing of it waits, nowhere. A job moves from the line of its host to its
start once per try, so a take costs O(log hosts), and O(1) where no host has a moment to wait for.
A job that is to be tried again waits apart and holds no place.
"""

import heapq
import math
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from itertools import islice

from concurrent_fetch._units import Seconds
from concurrent_fetch.feed._job import Job, Wait, job_of
from concurrent_fetch.feed._limits import Limits
from concurrent_fetch.model import Request

LOOK_AHEAD = 10_000
"""So many jobs are held at most of URLs that are in no sequence: each takes room."""
_LATENESS: Seconds = 0.1  # of a start, that does not cost the rate: wake-ups come late
_FEW = 64
_IN_ONE_GO = 100  # URLs read by one `take`
_NEVER = -math.inf


class _Host:
    """A host with something running, waiting or a moment to keep; else it is forgotten."""

    __slots__ = (
        *("delay", "epoch", "line", "name", "next_at", "owed"),
        *("places", "queued", "running", "widest"),
    )

    def __init__(self, name: str, places: int, delay: Seconds) -> None:
        self.name = name
        self.widest = self.places = places  # fewer after it has refused a fetch
        self.delay = delay
        self.running = 0
        self.line: deque[Job | int] = deque()  # of a sequence of URLs only their places
        self.next_at = _NEVER  # the moment to wait for, if there is one
        self.owed = 0  # jobs that will come back to it
        self.epoch = 0  # how often it has refused one
        self.queued = False  # stands in `ready` or `later`


class Queue:
    """Jobs of many hosts, each of which has its limits.

    URLs are offered one by one, or read as needed from `at_hand`, of which none makes wait. Of
    `urls`, where it is there, only places are held. Every job that `take` gives is settled once.
    """

    def __init__(
        self,
        limits: Limits,
        host_of: Callable[[str | Request], str],
        urls: Sequence[str | Request] | None = None,
        at_hand: Iterator[str | Request] | None = None,
        is_done: Callable[[str | Request], bool] | None = None,
    ) -> None:
        self.held = 0
        """Jobs that wait for their hosts."""
        self.waited: Seconds = 0.0
        """Seconds times places that were idle while jobs waited for their hosts."""
        self.was_full = False
        """Whether places were idle since no more jobs could be held."""
        self.was_cut = False
        """Whether the deadline came before the URLs were read to their end."""
        self._limits = limits
        self._host_of = host_of
        self._urls = urls
        self._at_hand = at_hand
        self._is_done = is_done
        self._room = LOOK_AHEAD if urls is None else math.inf
        self._interval = 1 / limits.rate if limits.rate else 0.0
        self._next_start = _NEVER  # of all hosts together, by the rate
        self._ends_at = math.inf
        self._is_over = False
        self._now = _NEVER
        self._hosts: dict[str, _Host] = {}
        self._many = _FEW
        self._ready = deque[_Host]()
        self._later: list[tuple[Seconds, int, _Host]] = []
        self._again: list[tuple[Seconds, int, Job]] = []
        self._pushed = 0  # of two of the same moment the older comes first
        self._offered = 0
        self._running = 0
        self._closed = False
        self._idle = 0  # places, since `_now`

    @property
    def waiting(self) -> int:
        """Jobs that wait for their hosts or for their next try: all but one of each ready host."""
        return max(0, self.held - len(self._ready)) + len(self._again)

    def offer(self, url: str | Request) -> None:
        """Add the next URL, unless it is done already."""
        index = self._offered
        self._offered = index + 1
        if self._is_done is not None and self._is_done(url):
            return
        host = self._found(self._host_of(url))
        host.line.append(_job(index, url, host) if self._urls is None else index)
        self.held += 1
        if not host.queued:
            self._line_up(host)

    def close(self) -> None:
        """Say that no more URLs come."""
        self._closed = True

    def left(self, now: Seconds) -> Seconds:
        """Return how long the run may still go on."""
        return 0.0 if self._is_over else self._ends_at - now

    def take(self, now: Seconds) -> Job | Wait | None:
        """Return what may start; else when to ask again; None when all is read and settled."""
        now = self._told_time(now)
        self._wake(now)
        host = self._first_ready(now)
        if host is None and self._at_hand is not None:
            host = self._first_at_hand(self._at_hand, now)
        if host is None:
            return self._nothing()
        if self._next_start > now:
            return Wait(min(self._next_start, self._ends_at))
        return self._start(host, now)

    def settle(
        self,
        job: Job,
        now: Seconds,
        *,
        again: Seconds | None = None,
        pause: Seconds | None = None,
        refused: bool = False,
    ) -> None:
        """Take a job back: its fetch is over.

        `again`: the same once more after so long. `pause`: its host rests so long; a pause never
        shortens. `refused`: the host said that it were too many. It goes on with one, and one more
        for each that it does not refuse: from turn to turn that doubles them.
        """
        now = self._told_time(now)
        if self._is_over:
            again, pause, refused = None if again is None else 0.0, None, False
        host: _Host = job.host
        self._running -= 1
        host.running -= 1
        if pause and now + pause > host.next_at:
            host.next_at = now + pause
        if host.places < host.widest or refused:
            _widen(host, job, refused=refused)
        if again is not None:
            host.owed += 1
            job.tries += 1
            self._pushed += 1
            heapq.heappush(self._again, (now + again, self._pushed, job))
        if host.line:
            if not host.queued:
                self._line_up(host)
        elif host.places == host.widest and not self._is_used(host):  # else it may come again soon
            del self._hosts[host.name]

    def put_back(self, job: Job, now: Seconds) -> None:
        """Take a job back that nobody has fetched: it starts anew when it may, and is no retry."""
        self.settle(job, now, again=0.0)
        job.tries -= 1

    def _told_time(self, now: Seconds) -> Seconds:
        """Take the time, and return it as it counts: who read it before others never goes back."""
        now = max(now, self._now)
        if self._idle:
            self.waited += (now - self._now) * self._idle
            self._idle = 0
        if self._now == _NEVER:
            if self._interval:
                self._next_start = now  # or it would open with a burst
            if self._limits.deadline is not None:
                self._ends_at = now + self._limits.deadline
        self._now = now
        if now >= self._ends_at:
            self._lift_limits()
        return now

    def _wake(self, now: Seconds) -> None:
        """Put the hosts and the jobs where they may start whose moment has come."""
        again, later = self._again, self._later
        while again and again[0][0] <= now:
            self._take_back(heapq.heappop(again)[2])
        while later and later[0][0] <= now:
            host = heapq.heappop(later)[2]
            if host.next_at <= now:
                host.next_at = _NEVER
                self._ready.append(host)
            else:  # it was told to pause meanwhile
                self._wait_for(host)

    def _take_back(self, job: Job) -> None:
        host: _Host = job.host
        host.line.appendleft(job)
        host.owed -= 1
        self.held += 1
        if not host.queued:
            self._line_up(host)

    def _first_ready(self, now: Seconds) -> _Host | None:
        ready = self._ready
        while ready:
            host = ready[0]
            if host.next_at <= now:  # no moment to wait for, or one that came while it stood here
                host.next_at = _NEVER
                if host.running < host.places:
                    return host
            ready.popleft()
            host.queued = False
            self._line_up(host)
        return None

    def _first_at_hand(self, urls: Iterator[str | Request], now: Seconds) -> _Host | None:
        """Read on until a host is ready; not too far, since others wait meanwhile."""
        read = self._offered
        for url in islice(urls, _IN_ONE_GO):
            self.offer(url)
            if self._ready and (host := self._first_ready(now)):
                return host
        if self._offered == read:
            self._at_hand = None
            self._closed = True
        return None

    def _start(self, host: _Host, now: Seconds) -> Job:
        first = host.line.popleft()
        job = first if type(first) is Job else self._job(first, host)  # type: ignore[arg-type]  # else an int
        job.epoch = host.epoch
        job.taken, job.is_over = now, self._is_over
        self.held -= 1
        self._running += 1
        host.running += 1
        if host.delay:
            host.next_at = now + host.delay
        if self._interval:
            self._next_start = max(self._next_start, now - _LATENESS) + self._interval
        self._ready.popleft()
        host.queued = False
        if host.line:
            self._line_up(host)
        return job

    def _job(self, index: int, host: _Host) -> Job:
        assert self._urls is not None  # noqa: S101 - numbers are held of a sequence only
        return _job(index, self._urls[index], host)

    def _line_up(self, host: _Host) -> None:
        """Put a host that stands nowhere where its turn will be found: settling lines it up too."""
        if host.running >= host.places or not host.line:
            return
        host.queued = True
        if host.next_at == _NEVER:
            self._ready.append(host)
        else:
            self._wait_for(host)

    def _wait_for(self, host: _Host) -> None:
        self._pushed += 1
        heapq.heappush(self._later, (host.next_at, self._pushed, host))

    def _nothing(self) -> Wait | None:
        is_full = self.held + len(self._again) >= self._room
        more = not (self._closed or is_full)
        if not (more or self._running or self.held or self._again):
            return None
        waiting = self.held if self._closed else self.held + len(self._again)
        if waiting and not more:
            self._idle = max(0, min(self._limits.places - self._running, waiting))
            self.was_full |= not self._closed and self._idle > 0
        moments = [heap[0][0] for heap in (self._later, self._again) if heap]
        return Wait(min(*moments, self._ends_at, math.inf), more=more)

    def _found(self, name: str) -> _Host:
        host = self._hosts.get(name)
        if host is None:
            if len(self._hosts) >= self._many:
                self._sweep()
            host = self._hosts[name] = _Host(name, *self._limits.of_host(name))
        return host

    def _sweep(self) -> None:
        """Forget the hosts that nothing is to be known of; so rarely that it costs nothing."""
        self._hosts = {n: host for n, host in self._hosts.items() if self._is_used(host)}
        self._many = 2 * len(self._hosts) + _FEW

    def _is_used(self, host: _Host) -> bool:
        is_used = host.running or host.line or host.owed or host.queued
        return bool(is_used) or host.next_at > self._now

    def _lift_limits(self) -> None:
        """Let all start that is left: the run is over, and each is to be answered for.

        What has no end in memory is not read on: it may have none, or take its time.
        """
        if self._urls is None and not self._closed:
            self._closed = self.was_cut = True
        self._ends_at, self._is_over = math.inf, True
        self._interval, self._next_start = 0.0, _NEVER
        self._limits = Limits(self._limits.places)
        for host in self._hosts.values():
            host.widest = host.places = self._limits.places
            host.delay, host.next_at, host.queued = 0.0, _NEVER, False
        self._ready.clear()
        self._later.clear()
        while self._again:
            self._take_back(self._again.pop()[2])
        for host in self._hosts.values():
            if not host.queued:
                self._line_up(host)


def _job(index: int, asked: str | Request, host: _Host) -> Job:
    job = job_of(asked, index)
    job.host = host
    return job


def _widen(host: _Host, job: Job, *, refused: bool) -> None:
    if job.epoch != host.epoch:
        return  # it was begun before the host refused the last one, and says nothing of now
    if refused:
        host.epoch += 1
        host.places = 1
    else:
        host.places += 1
