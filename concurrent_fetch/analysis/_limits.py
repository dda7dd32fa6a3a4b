"""Limits: what keeps a strategy from being faster, read off the figures by fixed rules."""

import math

from concurrent_fetch._units import Seconds
from concurrent_fetch.analysis._card import Card
from concurrent_fetch.analysis._why import Evidence, Why

GROWN = 1.5
"""A service time this many times that with one in flight tells of a crowded server."""
_BUSY = 0.9
_HALF = 0.5
_SMALL = 0.3
_SOME = 0.1
_ABOUT_ONE = 1.5
_LATE: Seconds = 0.002


def evidence_of(found: Why, card: Card) -> Evidence:
    """Return what the figures say; the limit follows from it."""
    if found.cpu >= _BUSY * _cores(found, card):
        return Evidence.COMPUTING
    if set_limit := _of_options(found):
        return set_limit
    if in_client := _in_client(found, card):
        return in_client
    if not found.in_flight > 0 or found.cpu >= _HALF or found.has_late_loop:
        return Evidence.NOTHING  # the client may have a part in it, and which is not told
    if found.bound is not None and found.bound.is_reached and found.bound.cost >= _SOME:
        return Evidence.NOTHING  # what is set has a part in it, and what more there is is not told
    return _of_waiting(found)


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
    if found.cpu >= _HALF and found.has_late_loop:  # a short run also waits, at its ends
        return Evidence.LATE_LOOP
    if found.cpu >= _HALF and _waits_for_the_gil(found, card):
        return Evidence.LATE_THREADS
    if found.work >= _HALF:
        return Evidence.WORKING
    if found.cores_at_once > 1:
        return Evidence.SEVERAL_CORES
    return Evidence.HELD_LOOP if _is_held(found) else None


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
    if found.service_grew >= GROWN:
        return Evidence.SERVICE_GREW
    if found.slots > 1 and math.isnan(found.service_grew):
        return Evidence.NOTHING_ALONE
    if found.slots == found.urls:
        is_queued = found.queue > _SMALL * found.time_per_fetch
        return Evidence.NOTHING if is_queued else Evidence.ALL_AT_ONCE
    if found.in_flight >= _HALF * found.slots:
        if found.slots > 1:
            return Evidence.NOTHING if found.is_held_down else Evidence.FULL
        return Evidence.NOTHING_SEEN if _may_be_held(found) else Evidence.ONE_AT_A_TIME
    is_by_latency = found.efficiency >= _BUSY and not found.is_held_down
    return Evidence.FEW_LEFT if is_by_latency else Evidence.NOTHING


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
    return card.has_gil and probe.thread.p95 > _LATE
