"""Why: where the time of a strategy went, and what keeps it from being faster."""

import math
from enum import StrEnum

import attrs

from concurrent_fetch._units import Seconds
from concurrent_fetch.analysis._beside import Beside
from concurrent_fetch.analysis._probe import Probe
from concurrent_fetch.analysis._tried import Tried
from concurrent_fetch.analysis._waiting import Waiting

_LATE: Seconds = 0.005
"""A loop whose timers are typically later than this does something else than fetching."""
_REACHED = 0.8
_COSTLY = 0.5
_OF_THE_CLOCK = 0.1
"""So much of a core's CPU time the ends of a run, or the clock, may make."""
_HINDERED, _STARVED = 0.1, 0.3
"""Seconds for which threads waited for a core that others had, in a second of the run."""


class Limit(StrEnum):
    """What keeps a strategy from being faster."""

    CONCURRENCY = "concurrency"
    """It waits, with as many fetches in flight as it may have: more of them may help."""
    CPU = "CPU"
    """The client computes all the time."""
    GIL = "GIL"
    """Its threads wait for each other to let go of the interpreter."""
    NETWORK = "network"
    """The network or the server: it waits, and not for want of fetches in flight."""
    BLOCKED_LOOP = "blocked loop"
    """Its event loop is held up by calls that wait: no other fetch can go on meanwhile."""
    WORK = "work"
    """Its time goes into the work on its responses."""
    RATE = "rate"
    """`Options.rate`: it starts as many a second as it may."""
    PER_HOST = "per_host"
    """The places that one host has by the options are taken: others have less to do."""
    DELAY = "delay"
    """The delays between the starts at one host, by the options."""
    RETRIES = "retries"
    """It waits to try again, with nothing in flight."""
    SLOW_URL = "slow URL"
    """One URL takes most of the time: all others are over long before."""
    CONNECTING = "connecting"
    """Its fetches look up names and connect for most of their time, before they are sent."""
    CLIENT = "client"
    """The client itself waits: it pauses, keeps a pace of its own, or lets fetches stand in line.
    """
    MACHINE = "machine"
    """Its threads wait for a core, which other programs have."""


class Evidence(StrEnum):
    """What says that a limit is the one."""

    NOTHING = "nothing"
    """The figures do not tell, or there are no times of single fetches."""
    NOTHING_ALONE = "nothing alone"
    """They would, beside a strategy with one in flight: else a crowded server looks the same."""
    NOTHING_SEEN = "nothing seen"
    """It has one fetch in flight on an event loop; whether that was blocked could not be seen."""
    NOTHING_TRIED = "nothing tried"
    """As many are in flight as may be; nothing has tried whether more would bring more."""
    ONE_AT_A_TIME = "one at a time"
    """It has one fetch in flight, and more in flight are faster."""
    FULL = "full"
    """As many are in flight as may be, and more are faster."""
    NO_FASTER = "no faster"
    """As many as may be; with twice as many it was little faster, or not for sure."""
    ONLY_CROWDED = "only crowded"
    """As many as may be; with twice as many it was hardly faster, and each fetch took longer."""
    COMPUTING = "computing"
    """It computes as long as it runs, on all cores that it can use."""
    SEVERAL_CORES = "several cores"
    """It computes on more than one core at once, if not on all that it can use."""
    OVERHEAD = "overhead"
    """All URLs are in flight at once, and computing before and after takes longer than they do."""
    LATE_LOOP = "late loop"
    """It computes, and its event loop is kept from waiting."""
    LATE_THREADS = "late threads"
    """It computes, and a thread that is to run must wait."""
    HELD_LOOP = "held loop"
    """Most of the time its event loop is held by a call that waits, and nothing is computed."""
    WORKING = "working"
    """Most of its time goes into the work on responses."""
    SERVICE_GREW = "service grew"
    """A fetch takes longer than with one in flight."""
    CROWDED = "crowded"
    """Another strategy had more in flight, and was no faster: each of its fetches took longer."""
    SLOWEST = "slowest"
    """One URL takes more than half of the time of the run."""
    TO_CONNECT = "to connect"
    """Most of the time of a fetch passes before it is sent, on a new connection."""
    IN_LINE = "in line"
    """Most of the time of a fetch passes before it is sent, although there is a connection."""
    PAUSES = "pauses"
    """Its slots are empty for most of the time although URLs are left, and it does not compute."""
    ITS_PACE = "its pace"
    """It starts fetches evenly, one after the other, whatever ends meanwhile."""
    NO_ROOM = "no room"
    """Twice as many in flight would hardly be faster by the latencies: a few take most of it."""
    ALL_AT_ONCE = "all at once"
    """All URLs are in flight at once."""
    AT_THE_RATE = "at the rate"
    """It starts fetches at the rate that is set, for most of its time."""
    HOST_FULL = "host full"
    """As many are in flight at one host as may be there, for most of its time."""
    AT_THE_DELAY = "at the delay"
    """It starts fetches at one host one delay after the other, for most of its time."""
    ONLY_WAITING = "only waiting"
    """Most of the time nothing is in flight, until something is tried again."""
    STARVED = "starved"
    """Its threads were ready to run and waited for a core, which others had."""

    @property
    def limit(self) -> Limit | None:
        """The limit that it speaks for."""
        return _LIMITS.get(self)


_LIMITS = {
    Evidence.ONE_AT_A_TIME: Limit.CONCURRENCY,
    Evidence.FULL: Limit.CONCURRENCY,
    Evidence.COMPUTING: Limit.CPU,
    Evidence.SEVERAL_CORES: Limit.CPU,
    Evidence.OVERHEAD: Limit.CPU,
    Evidence.LATE_LOOP: Limit.CPU,
    Evidence.LATE_THREADS: Limit.GIL,
    Evidence.HELD_LOOP: Limit.BLOCKED_LOOP,
    Evidence.WORKING: Limit.WORK,
    Evidence.ONLY_CROWDED: Limit.NETWORK,
    Evidence.SERVICE_GREW: Limit.NETWORK,
    Evidence.CROWDED: Limit.NETWORK,
    Evidence.ALL_AT_ONCE: Limit.NETWORK,
    Evidence.NO_ROOM: Limit.NETWORK,
    Evidence.SLOWEST: Limit.SLOW_URL,
    Evidence.TO_CONNECT: Limit.CONNECTING,
    Evidence.IN_LINE: Limit.CLIENT,
    Evidence.PAUSES: Limit.CLIENT,
    Evidence.ITS_PACE: Limit.CLIENT,
    Evidence.AT_THE_RATE: Limit.RATE,
    Evidence.HOST_FULL: Limit.PER_HOST,
    Evidence.AT_THE_DELAY: Limit.DELAY,
    Evidence.ONLY_WAITING: Limit.RETRIES,
    Evidence.STARVED: Limit.MACHINE,
}


@attrs.frozen(kw_only=True)
class Bound:
    """A limit that was set, heeded, and costs a part of the time of the runs."""

    evidence: Evidence
    """What shows it, if it costs enough."""
    value: float
    """As it was set; of retries the seconds of a run in which they were waited for."""
    host: str | None = None
    """Where it binds; None: everywhere."""
    cost: float
    """The part of the time that would be gone without it, about."""
    share: float
    """The part of the time that it accounts for, with the one fetch that is there in any case."""

    @property
    def is_reached(self) -> bool:
        """Whether the runs were hardly faster than it allows."""
        return self.share >= _REACHED

    @property
    def is_costly(self) -> bool:
        """Whether most of the time would be gone without it."""
        return self.is_reached and self.cost >= _COSTLY

    def __str__(self) -> str:
        where = f" at {self.host}" if self.host else ""
        return f"{self.evidence.limit}={self.value:g}{where}"


@attrs.frozen(kw_only=True)
class Why:
    """Where the time of a strategy went, over all complete rounds. Times in seconds.

    What cannot be known is not a number (nan), or None where it is no number.
    """

    strategy: str
    """Its name."""
    in_flight: float
    """Mean number of fetches under way at once."""
    more_in_flight: float
    """Times as many as the reference had."""
    time_per_fetch: Seconds
    """Mean, from its start to its last body byte."""
    longer: float
    """Times as long as the reference's."""
    turn: Seconds
    """Mean time from the start of the run until a fetch was started: it waited for its turn."""
    queue: Seconds
    """Mean time from there until the request was sent: in the client, or connecting."""
    service: Seconds
    """Mean time from the request sent to the last body byte; from the start where `queue` is nan.
    """
    cpu: float
    """CPU time over time of the run: 1 is one core. Of the process, and of workers of the
    strategy."""
    cpu_per_fetch: Seconds
    """The same CPU time over the number of fetches."""
    in_workers: float = 0.0
    """The part of `cpu` that is the workers'."""
    slots: int
    """The most fetches that it had in flight, as far as `concurrency` allows them; 0: unknown."""
    urls: int
    """How many there were to fetch."""
    ideal: Seconds
    """The makespan of the reference's latencies on as many slots."""
    efficiency: float
    """`ideal` over the typical time of the run."""
    service_grew: float
    """Service over the least of those here with one in flight, or over that of a few URLs which
    were fetched so after the rounds; nan where there is neither, and for those with one."""
    probe: Probe | None
    """What waited in the run that was watched; None where there was none."""
    limit: Limit | None
    """None where the figures do not tell, or there are no times of single fetches."""
    evidence: Evidence = Evidence.NOTHING
    """What says so."""
    work: float
    """How much of its slots' time went into work on responses; on an event loop, of all time."""
    is_measure: bool
    """Whether the reference had one in flight: then its latencies are not of a crowded server."""
    bound: Bound | None = None
    """The limit that was set, of those heeded, that accounts for most of its time; None without."""
    elapsed: Seconds = math.nan
    """The typical time of the run."""
    room: float = math.nan
    """The part of `ideal` that twice as many slots would save; nan where that is unknown."""
    beside: Beside | None = None
    """The fastest here that had clearly more in flight; None without one."""
    longest: Seconds = math.nan
    """The typical time of the URL that took longest."""
    slow_url: str | None = None
    """That URL, without what is secret, if it is much slower than the others; else None."""
    waiting: Waiting = attrs.field(factory=Waiting)
    """What it waited for in the client."""
    is_held_down: bool = False
    """Whether it had fewer in flight than it may have and there are URLs, and limits are set."""
    tried: Tried | None = None
    """What came of twice as many in flight; None where that was not tried."""
    is_among_others: bool = False
    """Whether half of the rounds, or more, ran on a machine that other programs kept busy."""

    @property
    def has_late_loop(self) -> bool:
        """Whether its event loop does something else than fetching: timers come late."""
        loop = self.probe.loop if self.probe else None
        return loop is not None and loop.median > _LATE and not self.is_hindered

    @property
    def is_starved(self) -> bool:
        """Whether its threads waited for a core so long that it is much of the time of the run."""
        return self._kept_waiting >= _STARVED

    @property
    def is_hindered(self) -> bool:
        """Whether others were so much in the way that times tell of no network and no loop."""
        return self.is_among_others or self._kept_waiting >= _HINDERED

    @property
    def _kept_waiting(self) -> float:
        waited = self.probe.kept_waiting if self.probe else None
        return 0.0 if waited is None else waited

    @property
    def cores_at_once(self) -> int:
        """How many cores computed for it at once, at least: 1 where one would have done."""
        return max(1, math.ceil(self.cpu - _OF_THE_CLOCK)) if math.isfinite(self.cpu) else 1

    @property
    def speedup(self) -> float:
        """Of mean times over the reference: `more_in_flight / longer`, exactly.

        `Comparison.speedup` is of typical rounds, with its interval, and may differ.
        """
        return self.more_in_flight / self.longer
