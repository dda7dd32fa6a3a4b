"""Retried: what trying again did to a run. How often, how long that was waited for, at what cost.

A fetch that waits for its next try holds no place, so most waiting costs nothing: other fetches go
on. What it costs for sure is the time in which nothing was in flight until something was tried
again. That is what a run is said to have been `idle` for.
"""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from concurrent_fetch._units import Seconds
from concurrent_fetch.analysis._notes import Note
from concurrent_fetch.analysis._record import Record
from concurrent_fetch.analysis._set_limits import longest_pause
from concurrent_fetch.render import many, percent, seconds
from concurrent_fetch.stats import quantile

_OTHER_WORK = 0.01
_TOO_LONG = 0.05


class _Retried(NamedTuple):
    """What was tried again in one run."""

    urls: int
    waited: Seconds


def notes_on_tries(records: Sequence[Record]) -> list[Note]:
    """Return a note for each strategy that tried something again: of its run with the most."""
    worst: dict[str, _Retried] = {}
    for record in records:
        found = _retried(record)
        if found.urls:
            worst[record.strategy] = max(found, worst.get(record.strategy, found))
    urls = len(records[0].columns["started"]) if records else 0
    return [
        Note(
            strategy=name,
            fact=f"{most.urls:,} of {many(urls, 'URL')} were tried again in one run "
            f"and waited {seconds(most.waited)} in all",
            advice="the time of a run includes all tries",
        )
        for name, most in worst.items()
    ]


def notes_on_stale(records: Iterable[Record]) -> list[Note]:
    """Return a note for each strategy that had to send requests again, in whichever run.

    That is on a kept connection that was found closed: what `Options.retry` asks for is no such.
    """
    again = Counter[str]()
    for record in records:
        again[record.strategy] += _sent_again(record)
    return [
        Note(
            strategy=name,
            fact=f"{many(n, 'request')} had to be sent again, on a new connection",
            advice="the server closes kept connections; its keep-alive may be too short",
        )
        for name, n in again.items()
        if n
    ]


def _sent_again(record: Record) -> int:
    tries = record.retried
    sent = enumerate(record.columns["attempts"])
    return sum(max(0, n - 1 - len(tries.get(place, ()))) for place, n in sent)


def tries_of(record: Record) -> int:
    """Return how often something was fetched in a run, by the rule of `Options.retry`."""
    return len(record.columns["started"]) + record.retries


def other_tries(record: Record, reference: Record) -> str | None:
    """Return what is wrong where a run has more or fewer tries than one of the reference."""
    mine, theirs = tries_of(record), tries_of(reference)
    if abs(mine - theirs) <= _OTHER_WORK * theirs:
        return None
    return f"took {mine:,} tries where {reference.strategy} took {theirs:,}"


def too_idle(records: Sequence[Record]) -> str | None:
    """Return the reason against a strategy that did little but wait; of all its runs together.

    Whoever else waited as long is not comparable with it either: of such runs it is the waits that
    are measured, and strategies of different speed look the same.
    """
    elapsed = sum(record.elapsed for record in records)
    idle = sum(map(idle_in, records))
    if idle <= _TOO_LONG * elapsed:
        return None
    return (
        f"for {percent(idle / elapsed)} of its time it did nothing but wait to try again; "
        "compare with retry=None, or with shorter waits"
    )


def idle_in(record: Record) -> Seconds:
    """Return how long nothing was in flight until something was tried again.

    What `rate` and `delay` would have kept waiting as well does not count, nor what passes between
    any two fetches of the run.
    """
    if not record.has_times or not record.retried:
        return 0.0
    tries, pause = record.tries, longest_pause(record.options)
    waits: list[Seconds] = []
    between: list[Seconds] = []
    last = record.begun
    for start, end, again in sorted(zip(tries.starts, tries.ends, tries.retries, strict=True)):
        if start > last:
            (waits if again else between).append(start - last)
        last = max(last, end)
    usual = max(pause, quantile(sorted(between), 0.5) if between else 0.0)
    return math.fsum(wait - usual for wait in waits if wait > usual)


def _retried(record: Record) -> _Retried:
    tries = record.retried.values()
    return _Retried(len(tries), sum(one.waited for each in tries for one in each))
