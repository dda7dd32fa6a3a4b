"""Losses: rounds in which a strategy failed where its check run did not.

To leave such a round out would favour whoever fails when it is slow: of equal strategies one that
fails in its slowest 10 % was called faster in 11 of 100 experiments of 40 rounds. So the round is
no reason to leave it out for all, and speaks against who failed.

A value that tells nothing of a URL that was answered in the check run is a failure, too. A run that
tells nothing of any is none, since nobody knows what it did.
"""

from collections import Counter

from concurrent_fetch.analysis._changes import differing_results
from concurrent_fetch.analysis._record import Record


def is_lost(record: Record, check: Record) -> bool:
    """Whether a timed run is another than the check run by failures only, and has some."""
    mine, before = record.results, check.results
    silent = mine.count(None)
    if not (record.failures or silent) or is_silent(record, check):
        return False
    if not (record.ordered and check.ordered):
        more = record.failures + silent > check.failures + before.count(None)
        return more and not _answers(record) - _answers(check)
    kinds, known = record.columns["kind"], check.columns["kind"]
    rows = enumerate(zip(mine, before, known, strict=True))
    gone = [i for i, (now, then, kind) in rows if now is kind is None is not then]
    other = [*differing_results(record, check), *gone]
    failed = (known[i] is None and (kinds[i] is not None or mine[i] is None) for i in other)
    return bool(other) and all(failed)


def is_silent(record: Record, check: Record) -> bool:
    """Whether a timed run tells nothing of any URL, and the check run did of some."""
    return not any(record.results) and any(check.results)


def _answers(record: Record) -> Counter[str | None]:
    pairs = zip(record.results, record.columns["kind"], strict=True)
    return Counter(result for result, kind in pairs if kind is None and result is not None)
