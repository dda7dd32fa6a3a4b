"""Unknown: what is not known of strategies that return no outcomes, and what would tell more."""

from collections.abc import Collection
from itertools import compress

from concurrent_fetch.analysis._lengths import differing_lengths, tells_statuses
from concurrent_fetch.analysis._notes import Note
from concurrent_fetch.analysis._record import Record
from concurrent_fetch.render import many

_ALL = "fetch through client.session(options), which takes them"
_MORE = "return the responses, or (url, len(response.content)) pairs"


def notes_on_unknown(check: Record, reference: Record, changing: Collection[int]) -> list[Note]:
    """Return what a reader should know about what a strategy did not tell."""
    found = []
    if not check.has_times:
        found.append(_told(check))
    if not check.ordered and _tells_anything(check):
        fact = "its values name no URLs, so they were compared in whatever order"
        found.append((fact, "return (url, body) pairs, to compare each"))
    if tells_statuses(check, reference):
        found.append(("what it returned as lengths are statuses", _MORE))
    pairs = differing_lengths(check, reference, changing)
    if pairs and not any(pair.proven for pair in pairs):
        fact = f"the lengths of {many(len(pairs), 'body').replace('bodys', 'bodies')} differ, by "
        fact += "no more than texts and bytes do"
        found.append((fact, _MORE))
    return [Note(strategy=check.strategy, fact=fact, advice=advice) for fact, advice in found]


def _told(check: Record) -> tuple[str, str]:
    if not _tells_anything(check):
        return "it returned nothing of its fetches, so it was compared by time alone", _MORE
    unknown = _unknown(check)
    advice = (
        _MORE if len(unknown) > 1 else "fetch through client.session(options), which takes them"
    )
    *first, last = unknown
    whole = f"{', '.join(first)} and {last}" if first else last
    return f"{whole} of single fetches are unknown", advice


def _tells_anything(check: Record) -> bool:
    return check.unread > 0 or any(result is not None for result in check.results)


def _unknown(check: Record) -> list[str]:
    answered = [kind is None for kind in check.columns["kind"]]
    statuses, sizes, lengths = map(check.column, ("status_code", "size", "length"))
    columns = {
        "statuses": statuses,
        "sizes": [b if a is None else a for a, b in zip(sizes, lengths, strict=True)],
    }
    unknown = [w for w, values in columns.items() if None in compress(values, answered)]
    return [*unknown, "times"]
