"""The audit: did two strategies do the same work? If not, no number says which is faster."""

from collections.abc import Collection, Iterator, Sequence

from concurrent_fetch.analysis._record import Record
from concurrent_fetch.http import redact

_TOO_MANY_MARKED = 0.1


def shared_bodies(again: Record, check: Record, reference: Sequence[Record]) -> set[int]:
    """Return the URLs at which a strategy once got a body that the reference once got.

    Looks at the two runs of the strategy with digests, and at those of the reference.
    """
    return {
        index
        for own in (again, check)
        for other in reference
        for index in set(range(len(own.results))) - set(differing_bodies(own, other))
        if own.columns["digest"][index]
    }


def differing_bodies(check: Record, reference: Record) -> list[int]:
    """Return the URLs (by index) that both answered, but with different bodies."""
    facts = ("status_code", "digest", "size")
    rows = zip(*(record.columns[f] for record in (check, reference) for f in facts), strict=True)
    return [
        index
        for index, (status, digest, size, status2, digest2, size2) in enumerate(rows)
        if status == status2 != -1 and (size != size2 or (digest and digest2 and digest != digest2))
    ]


def reasons_against(
    check: Record, reference: Record, urls: Sequence[str], changing: Collection[int]
) -> tuple[str, ...]:
    """Return why the strategy cannot be compared with the reference; empty if it can.

    `changing` are the URLs whose content changes from fetch to fetch.
    """
    reasons = list(_other_work(check, reference))
    results, expected = check.results, reference.results
    other = [i for i in range(len(urls)) if results[i] != expected[i]]
    if other:
        i = other[0]
        reasons.append(
            f"{len(other)} of {len(urls)} URLs came back differently, first "
            f"{redact(urls[i])}: {results[i]} against {expected[i]}"
        )
    bodies = [i for i in differing_bodies(check, reference) if i not in changing]
    if bodies:
        reasons.append(
            f"{len(bodies)} of {len(urls)} bodies differ, first {redact(urls[bodies[0]])}"
        )
    if check.failures == len(urls):
        reasons.append("no URL was answered")
    return tuple(reasons)


def _other_work(check: Record, reference: Record) -> Iterator[str]:
    """Yield what a strategy did with its responses that is not what was to be done."""
    if check.options.work != reference.options.work:
        yield "the work it does on a response is another"
    if left_out := _work_left_out(check):
        yield f"{left_out}; fetch through client.session(options), which does it"


def _work_left_out(record: Record) -> str | None:
    responses = len(record.results) - record.failures
    if record.worked is None or record.worked == responses:
        return None
    return f"the work was done on {record.worked} of {responses} responses"


def deviation(
    record: Record, check: Record, reference: Record, urls: Sequence[str], known: Collection[int]
) -> str | None:
    """Return what is wrong with a timed run; None if it did the same work as its check run.

    Timed runs take no digests, so bodies are held by size against those of the reference in the
    same round, but for the `known` URLs whose bodies do not equal them anyway.
    """
    results, expected = record.results, check.results
    if results != expected:
        i = next(i for i in range(len(urls)) if results[i] != expected[i])
        return f"brought {results[i]} for {redact(urls[i])}, and {expected[i]} in its check run"
    if record.worked != check.worked:
        return f"did the work on {record.worked} responses, and on {check.worked} in its check run"
    bodies = [i for i in differing_bodies(record, reference) if i not in known]
    if bodies:
        return f"brought another body than {reference.strategy} for {redact(urls[bodies[0]])}"
    return None


def not_of_this_run(record: Record, *, subject: str = "") -> str | None:
    """Return the reason against a strategy that gave outcomes of another time, as a cache does."""
    if not record.outside:
        return None
    outcomes, were, times = (
        ("outcome", "was", "its times lie")
        if record.outside == 1
        else ("outcomes", "were", "their times lie")
    )
    return (
        f"{record.outside} {outcomes}{subject} {were} not fetched in this run ({times} outside it)"
    )


def too_many_marked(marked: int, rounds: int) -> str | None:
    """Return the reason against the whole comparison if too many rounds had to be left out."""
    if marked <= rounds * _TOO_MANY_MARKED:
        return None
    return f"{marked} of {rounds} rounds had to be left out, more than one in ten"
