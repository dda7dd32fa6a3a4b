"""Other work: what in the check run of a strategy is not what the reference did."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence

from concurrent_fetch.analysis._changes import differing_bodies, differing_results
from concurrent_fetch.analysis._lengths import differing_lengths
from concurrent_fetch.analysis._record import Record
from concurrent_fetch.http import redact


def reasons_against(
    check: Record, reference: Record, urls: Sequence[str], changing: Collection[int]
) -> tuple[str, ...]:
    """Return why the strategy cannot be compared with the reference; empty if it can.

    `changing` are the URLs whose content changes from fetch to fetch.
    """
    reasons = list(_other_work(check, reference))
    other = differing_results(check, reference)
    if other:
        reasons.append(_other_results(other, check, reference, urls))
    if check.unread:
        reasons.append(
            f"{check.unread} of {len(urls)} bodies were not read; read them within the strategy, "
            "as by response.content or await response.read()"
        )
    bodies = [i for i in differing_bodies(check, reference) if i not in changing]
    if bodies:
        reasons.append(
            f"{len(bodies)} of {len(urls)} bodies differ, first {_shown(urls[bodies[0]], check)}"
        )
    if check.failures == len(urls):
        reasons.append(f"no URL was answered{_first_message(check)}")
    return tuple(reasons)


def _other_results(
    other: Sequence[int], check: Record, reference: Record, urls: Sequence[str]
) -> str:
    count = f"{len(other)} of {len(urls)} URLs came back differently"
    if not (check.ordered and reference.ordered):
        mine, theirs = (Counter(filter(None, r.results)) for r in (check, reference))
        return f"{count}: {_counts(mine)} against {_counts(theirs)}"
    i = other[0]
    return (
        f"{count}, first {_shown(urls[i], check)}: {check.results[i]} against "
        f"{reference.results[i]}"
    )


def _first_message(check: Record) -> str:
    """Return what a value says of the failures: perhaps a mistake in the code that fetches."""
    message = next(iter(check.columns["message"]), None)
    return "" if check.has_times or not message else f", first because of {message}"


def _counts(results: Mapping[str, int]) -> str:
    return ", ".join(f"{n} × {result}" for result, n in sorted(results.items()))


def other_lengths(
    check: Record, reference: Record, urls: Sequence[str], changing: Collection[int]
) -> Iterator[str]:
    """Yield the reason against bodies of which only lengths are known."""
    found = [p for p in differing_lengths(check, reference, changing) if p.proven]
    if not found:
        return
    first = found[0]
    at = f"first {_shown(urls[first.place], check)}" if check.ordered else "in whatever order"
    if not reference.ordered:
        at = "in whatever order"
    yield (
        f"{len(found)} of {len(urls)} bodies are of other lengths, {at}: {first.mine:,} against "
        f"{first.theirs:,}"
    )


def _shown(url: str, record: Record) -> str:
    return redact(url, record.options.secret_params)


def _other_work(check: Record, reference: Record) -> Iterator[str]:
    """Yield what a strategy did with its responses that is not what was to be done."""
    if check.options.work != reference.options.work:
        yield (
            f"the work it does on a response is not that of {reference.strategy}; give the same to "
            "all, as by Runner(work=...)"
        )
    if left_out := _work_left_out(check):
        yield f"{left_out}; fetch through client.session(options), which does it"


def _work_left_out(record: Record) -> str | None:
    responses = len(record.results) - record.failures
    if record.worked is None or record.worked == responses:
        return None
    return f"the work was done on {record.worked} of {responses} responses"
