"""The audit: did two strategies do the same work? If not, no number says which is faster."""

from collections import Counter
from collections.abc import Collection, Sequence

import attrs

from concurrent_fetch._record import Record
from concurrent_fetch._redaction import redact

_TOO_MANY_MARKED = 0.1


@attrs.frozen(kw_only=True)
class Note:
    """A fact that a reader of the comparison should know, and what to do about it."""

    strategy: str | None
    """The strategy it is about; None: the whole comparison."""
    fact: str
    advice: str = ""

    def __str__(self) -> str:
        subject = f"{self.strategy}: " if self.strategy else ""
        return f"{subject}{self.fact}" + (f"; {self.advice}" if self.advice else "")


class Changes:
    """What the reference disagrees with itself about: URLs whose content changes by nature."""

    def __init__(self) -> None:
        self._last: Record | None = None
        self._seen = Counter[int]()

    def see(self, record: Record) -> None:
        """Compare a run of the reference with the one before that told as much."""
        if self._last is not None:
            self._seen.update(differing_bodies(record, self._last))
        self._last = record

    @property
    def once(self) -> frozenset[int]:
        """The URLs that changed from one run to another."""
        return frozenset(self._seen)

    @property
    def again(self) -> frozenset[int]:
        """The URLs that changed more than once: no deployment, but each time they are fetched."""
        return frozenset(url for url, changes in self._seen.items() if changes > 1)


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
    reasons = []
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


def notes_on(
    check: Record, reference: Record, urls: Sequence[str], changing: Collection[int]
) -> list[Note]:
    """Return what a reader should know about this strategy's check run."""
    notes = []
    name = check.strategy
    limit, peak = check.options.concurrency, check.peak_in_flight
    if peak > limit:
        notes.append(
            Note(
                strategy=name,
                fact=f"{peak} fetches were in flight where concurrency is {limit}",
                advice="its times per fetch include waiting in a queue of the client",
            )
        )
    bodies = [i for i in differing_bodies(check, reference) if i in changing]
    if bodies:
        notes.append(
            Note(
                strategy=name,
                fact=f"{len(bodies)} of {len(urls)} bodies change from fetch to fetch by nature, "
                f"first {redact(urls[bodies[0]])}",
                advice="they were not compared",
            )
        )
    if check.columns["digest"].count(None) > check.failures:
        notes.append(
            Note(
                strategy=name,
                fact="its responses carry no digest, so bodies were compared by size alone",
                advice="fetch through client.session(options), which takes digests",
            )
        )
    return notes
