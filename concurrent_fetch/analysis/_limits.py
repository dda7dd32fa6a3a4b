"""Limits: what keeps a strategy from being faster, read off the figures by fixed rules."""

import math

from concurrent_fetch._units import Seconds
from concurrent_fetch.analysis._card import Card
from concurrent_fetch.analysis._tried import Tried
from concurrent_fetch.analysis._why import Evidence, Why

GROWN = 1.5
"""A service time this many times that with one in flight tells of a crowded server."""
_BUSY = 0.9
_WHOLLY = 0.95
_HALF = 0.5
_LONGER = 1.25
_LESS = 0.45
_LESS_THAN_CPU = 0.2
_MOST = 0.7
_NEARLY_ALL = 0.8
_CROWDED = 2.0
_CLEARLY = 1.12
_FASTER = 1.25
_LONGER_TRIED = 1.4
_NO_ROOM = 0.2
_ROOM = 0.24
"""More slots are the limit where they save half as much as half the latencies, or more."""
_SOME = 0.1
_ABOUT_ONE = 1.5
_LATE: Seconds = 0.002


def evidence_of(found: Why, card: Card) -> Evidence:
    """Return what the figures say; the limit follows from it."""
    if found.cpu >= _BUSY * (cores := _cores(found, card)):
        return Evidence.NOTHING if _is_balanced(found, cores) else Evidence.COMPUTING
    if set_limit := _of_options(found):
        return set_limit
    if in_client := _in_client(found, card):
        return in_client
    if not found.in_flight > 0 or _may_compute(found) or found.has_late_loop:
        return Evidence.NOTHING  # the client may have a part in it, and which is not told
    if found.bound is not None and found.bound.is_reached and found.bound.cost >= _SOME:
        return Evidence.NOTHING  # what is set has a part in it, and what more there is is not told
    return _of_waiting(found)


def _may_compute(found: Why) -> bool:
    """Whether what it computes may hold it up more than what it waits for.

    Where all URLs are in flight at once it hardly computes while it waits: half of the latencies
    would save half of their share, and half of the computing at most half of its own.
    """
    outweighed = found.slots == found.urls and found.efficiency > found.cpu
    return found.cpu >= _HALF and not outweighed


def _is_balanced(found: Why, cores: int) -> bool:
    """Whether it waits for as long as it computes: then each of them hides the other."""
    return found.cpu < _WHOLLY * cores and found.efficiency >= _BUSY


def _of_options(found: Why) -> Evidence | None:
    """Return what says that a limit is what holds it up which was set, and not the strategy.

    Who computes for half of its time may fill the places of a host by that.
    """
    bound = found.bound
    if bound is None or not bound.is_costly:
        return None
    is_by_computing = bound.evidence is Evidence.HOST_FULL and found.cpu >= _HALF
    return None if is_by_computing else bound.evidence


def _in_client(found: Why, card: Card) -> Evidence | None:
    if computing := _by_computing(found, card):
        return computing
    if found.work >= _HALF:
        return Evidence.WORKING
    if found.cores_at_once > 1:
        return Evidence.SEVERAL_CORES
    return Evidence.HELD_LOOP if _is_held(found) else None


def _by_computing(found: Why, card: Card) -> Evidence | None:
    """Return what says that it computes, if not all the time: a short run waits at its ends."""
    # Where nothing overlaps half of the CPU time saves a third.
    if found.slots == 1 and found.in_flight > 0 and found.cpu >= _MOST:
        return Evidence.COMPUTING
    if found.cpu >= _HALF and _is_overhead(found):
        return Evidence.OVERHEAD
    if not found.efficiency > found.cpu and found.cpu >= _MOST and found.has_late_loop:
        return Evidence.LATE_LOOP
    return Evidence.LATE_THREADS if _waits_for_the_gil(found, card) else None


def _is_overhead(found: Why) -> bool:
    """Whether the latencies and the CPU time of a short run follow each other, and nothing else."""
    all_at_once = found.slots == found.urls and not found.service_grew >= _LONGER
    waits_less = found.efficiency <= _LESS
    return all_at_once and waits_less and found.cpu + found.efficiency >= _NEARLY_ALL


def _is_held(found: Why) -> bool:
    """Whether its event loop is blocked, and what fetches has to wait for that."""
    probe = found.probe
    if probe is None or probe.blocked is None or found.cpu >= _HALF:
        return False
    elsewhere = probe.threads > 1 and not found.in_flight <= _ABOUT_ONE  # in threads, meanwhile
    return probe.blocked >= _HALF and not elsewhere


def _may_be_held(found: Why) -> bool:
    """Whether it runs on an event loop, of which too little was seen to tell."""
    probe = found.probe
    if probe is None or probe.blocked is not None:
        return False
    return probe.blocked_in is not None or (probe.on_loop and probe.loop is None)


def _of_waiting(found: Why) -> Evidence:
    if in_line := _before_sending(found):
        return in_line
    if _is_one_slow(found):
        return Evidence.NOTHING if found.is_held_down else Evidence.SLOWEST
    if pause := _of_pauses(found):
        return pause
    if found.service_grew >= GROWN:
        return Evidence.SERVICE_GREW
    if found.slots == found.urls:
        return Evidence.ALL_AT_ONCE
    return _of_slots(found)


def _is_one_slow(found: Why) -> bool:
    """Whether the time of one URL is most of that of the run.

    And whether half of that would save more than twice the slots.
    """
    is_long = found.longest >= _HALF * found.elapsed
    saves_more = found.longest / 2 >= found.room * found.elapsed
    return found.slow_url is not None and is_long and saves_more


def _before_sending(found: Why) -> Evidence | None:
    """Return what says that a fetch waits before it is sent; that it is not told, if unclear."""
    waiting = found.waiting
    if waiting.connecting >= _HALF:
        return Evidence.TO_CONNECT
    if waiting.in_line >= _HALF:
        return Evidence.IN_LINE
    return Evidence.NOTHING if found.queue > _HALF * found.time_per_fetch else None


def _of_pauses(found: Why) -> Evidence | None:
    """Return what says that the client does not fetch although it may; if unclear, not told.

    Who has all URLs in flight at once needs time to start them, on a busy machine a lot of it.
    """
    if found.slots == found.urls:
        return None
    if found.waiting.vacant - found.cpu >= _HALF:
        return Evidence.NOTHING if found.is_held_down else Evidence.PAUSES
    if found.waiting.pace and found.slots > 1:
        return Evidence.NOTHING if found.is_held_down else Evidence.ITS_PACE
    return None


def _of_slots(found: Why) -> Evidence:
    """Return what says whether more slots would bring more: by what was seen, never by a guess."""
    is_told = found.slots == 1 or not math.isnan(found.service_grew)
    if found.is_held_down and found.slots > 1:
        return Evidence.NOTHING
    if found.slots == 1 and _may_be_held(found):
        return Evidence.NOTHING_SEEN
    if found.room <= _NO_ROOM:
        return Evidence.NO_ROOM if is_told and found.efficiency >= _MOST else Evidence.NOTHING
    if found.in_flight < _HALF * found.slots or not _has_room(found):
        return Evidence.NOTHING
    if found.tried is not None:
        return _of_trial(found, found.tried)
    untold = Evidence.NOTHING_TRIED if is_told else Evidence.NOTHING_ALONE
    return _of_another(found) or untold


def _of_trial(found: Why, tried: Tried) -> Evidence:
    """Return what twice as many in flight say; at a full server they fill gaps, and little else."""
    needed = _FASTER if (tried.service_grew or 1.0) >= _LONGER_TRIED else _CLEARLY
    if tried.helps and tried.speedup >= needed:
        return Evidence.ONE_AT_A_TIME if found.slots == 1 else Evidence.FULL
    return Evidence.ONLY_CROWDED if tried.only_crowds else Evidence.NO_FASTER


def _of_another(found: Why) -> Evidence | None:
    """Return what a strategy with more in flight says."""
    if found.beside is None:
        return None
    if found.beside.is_ahead:
        return Evidence.ONE_AT_A_TIME if found.slots == 1 else Evidence.FULL
    return Evidence.CROWDED if found.beside.is_in_vain else None


def _has_room(found: Why) -> bool:
    """Whether more slots, if the server has room for them, would save more than less computing."""
    return not found.room < _ROOM and not found.room * (1 - found.cpu) < found.cpu / 2


def _cores(found: Why, card: Card) -> int:
    """How many cores it can keep busy: one under the GIL, and one on an event loop.

    Worker processes have a GIL each.
    """
    if found.in_workers > found.cpu / 2:
        return card.cores
    on_loop = found.probe is not None and found.probe.on_loop
    if card.has_gil or on_loop:
        return 1
    return min(card.cores, found.slots) if found.in_flight > 0 else card.cores


def _waits_for_the_gil(found: Why, card: Card) -> bool:
    probe = found.probe
    if probe is None or probe.thread is None or probe.on_loop or probe.threads < 2:
        return False
    # Else the latencies take as long, or a crowded server does.
    is_by_others = found.efficiency > found.cpu - _LESS_THAN_CPU or found.service_grew >= _CROWDED
    return found.cpu >= _MOST and not is_by_others and card.has_gil and probe.thread.p95 > _LATE
