"""Limits: what keeps a strategy from being faster, read off four figures by fixed rules."""

import math

from concurrent_fetch._units import Seconds
from concurrent_fetch.analysis._card import Card
from concurrent_fetch.analysis._why import Evidence, Why

GROWN = 1.5
"""A service time this many times that with one in flight tells of a crowded server."""
_BUSY = 0.9
_HALF = 0.5
_SMALL = 0.3
_LATE: Seconds = 0.002


def evidence_of(found: Why, card: Card) -> Evidence:
    """Return what the figures say; the limit follows from it."""
    if not found.in_flight > 0:
        return Evidence.NOTHING
    in_client = _in_client(found, card)
    if in_client or found.cpu >= _HALF or found.has_late_loop:
        # Else the client has a part in it, and which the figures do not tell.
        return in_client or Evidence.NOTHING
    return _of_waiting(found)


def _in_client(found: Why, card: Card) -> Evidence | None:
    if found.cpu >= _BUSY * _cores(found, card):
        return Evidence.COMPUTING
    if found.cpu >= _HALF and found.has_late_loop:  # a short run also waits, at its ends
        return Evidence.LATE_LOOP
    if found.cpu >= _HALF and _waits_for_the_gil(found, card):
        return Evidence.LATE_THREADS
    return Evidence.WORKING if found.work >= _HALF else None


def _of_waiting(found: Why) -> Evidence:
    if found.service_grew >= GROWN:
        return Evidence.SERVICE_GREW
    if found.slots > 1 and math.isnan(found.service_grew):
        return Evidence.NOTHING_ALONE
    if found.slots == found.urls:
        is_queued = found.queue > _SMALL * found.time_per_fetch
        return Evidence.NOTHING if is_queued else Evidence.ALL_AT_ONCE
    if found.in_flight >= _HALF * found.slots:
        return Evidence.ONE_AT_A_TIME if found.slots == 1 else Evidence.FULL
    return Evidence.FEW_LEFT if found.efficiency >= _BUSY else Evidence.NOTHING


def _cores(found: Why, card: Card) -> int:
    """How many cores it can keep busy: one under the GIL, and one on an event loop."""
    on_loop = found.probe is not None and found.probe.on_loop
    return 1 if card.has_gil or on_loop else min(card.cores, found.slots)


def _waits_for_the_gil(found: Why, card: Card) -> bool:
    probe = found.probe
    if probe is None or probe.thread is None or probe.on_loop or probe.threads < 2:
        return False
    return card.has_gil and probe.thread.p95 > _LATE
