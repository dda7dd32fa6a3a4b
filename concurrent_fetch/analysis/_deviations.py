"""Deviations: what is wrong with a timed run, held against its check run and the reference.

Where content changes, bodies are other ones by nature, and whether it does shows only in time. So
of a run is kept at which URLs its bodies were other ones; what of that counts is said when asked.
"""

from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from concurrent_fetch.analysis._changes import differing_bodies, differing_results
from concurrent_fetch.analysis._lengths import differing_lengths
from concurrent_fetch.analysis._losses import is_lost, is_silent
from concurrent_fetch.analysis._record import Record
from concurrent_fetch.analysis._retried import other_tries
from concurrent_fetch.http import redact
from concurrent_fetch.render import many


class Excuses(NamedTuple):
    """What is known of a strategy without this run, so that it is not held against the run."""

    bodies: Collection[int]
    """The URLs whose bodies change by nature, or differ already in the check runs."""
    own: Collection[int]
    """The URLs whose bodies change from run to run of the strategy itself."""
    lengths: bool
    """Whether bodies are of other lengths already in the check runs."""
    tries: bool
    """Whether it took another number of tries already in the check run."""


class Deviations:
    """What was other in a timed run than in the check run, or than the reference brought."""

    def __init__(
        self,
        record: Record,
        check: Record,
        reference: Record,
        urls: Sequence[str],
        *,
        others: Sequence[Record] = (),
        is_compared: bool = True,
    ) -> None:
        """Compare; `reference` is the reference's run in the same round, `others` are all in it.

        What failed is no deviation: the round is lost by that. Neither then nor where the reference
        lost it (`is_compared` is False) are lengths and tries those of the reference.
        """
        self.record = record
        self.own_changes = _unlike_before(record, check, reference, others)
        """The URLs where only the strategy's own runs can tell whether content changes."""
        self._reference = reference
        self._urls = urls
        self._also = check.options.secret_params
        lost = is_lost(record, check)
        self._results = [] if lost else list(self._of_results(check))
        self._differing = differing_bodies(record, reference)
        self._undigested = _without_digest(record, check)
        compares = is_compared and not lost
        self._has_other_lengths = compares and self._is_of_other_length(())
        self._tries = other_tries(record, reference) if compares else None

    def why(self, excuses: Excuses) -> str | None:
        """Return what is wrong with the run; None if it did the same work as its check run."""
        return next(self._all(excuses), None)

    def _all(self, excuses: Excuses) -> Iterator[str]:
        yield from self._results
        yield from self._of_bodies(excuses)
        is_open = self._has_other_lengths and not excuses.lengths
        if is_open and self._is_of_other_length(excuses.bodies):
            yield f"brought bodies of other lengths than {self._reference.strategy}"
        if self._tries and not excuses.tries:
            yield self._tries

    def _of_results(self, check: Record) -> Iterator[str]:
        record = self.record
        if is_silent(record, check):
            fetches = many(len(self._urls), "fetch")
            yield f"told nothing of {fetches}, and something in its check run"
        other = differing_results(record, check)
        if other and not record.ordered:
            places = many(len(other), "URL")
            yield f"brought other results than in its check run for {places}"
        elif other:
            i = other[0]
            yield (
                f"brought {record.results[i]} for {self._shown(i)}, and {check.results[i]} in its "
                "check run"
            )
        if record.worked != check.worked:
            yield (
                f"did the work on {record.worked} responses, and on {check.worked} in its check run"
            )

    def _of_bodies(self, excuses: Excuses) -> Iterator[str]:
        name = self._reference.strategy
        found: tuple[tuple[Sequence[int], str, Collection[int], str], ...] = (
            (self._differing, f"another body than {name}", excuses.bodies, ""),
            (
                self.own_changes,
                "another body",
                {*excuses.bodies, *excuses.own},
                " than in its check run",
            ),
            (self._undigested, "no digest", (), ", and one in its check run"),
        )
        for places, what, excused, than in found:
            for i in (place for place in places if place not in excused):
                yield f"brought {what} for {self._shown(i)}{than}"

    def _is_of_other_length(self, excused: Collection[int]) -> bool:
        return any(p.proven for p in differing_lengths(self.record, self._reference, excused))

    def _shown(self, index: int) -> str:
        return redact(self._urls[index], self._also)


def _unlike_before(
    record: Record, check: Record, reference: Record, others: Sequence[Record]
) -> list[int]:
    """Return where bodies are not those of the check run, and nobody else says why not.

    The reference does where it got the same in this round: then the content is new. Of its own
    bodies it can say nothing: what changed of those is compared with what the others got. Where it
    tells no digest, another strategy confirms the same digest.
    """
    if record is reference:
        return []
    return [
        i
        for i in differing_bodies(record, check)
        if not _is_confirmed(i, record, reference) and not _is_shared(i, record, others)
    ]


def _is_confirmed(index: int, record: Record, reference: Record) -> bool:
    mine, theirs = record.columns["digest"][index], reference.columns["digest"][index]
    if reference.ordered and mine is not None and theirs is not None:
        return True  # the same; if it is not, that is told as such
    size, other = record.columns["size"][index], reference.columns["size"][index]
    return reference.ordered and mine is None and size == other


def _is_shared(index: int, record: Record, others: Sequence[Record]) -> bool:
    mine = record.columns["digest"][index]
    told = (one.columns["digest"][index] for one in others if one is not record and one.ordered)
    return mine is not None and record.ordered and mine in told


def _without_digest(record: Record, check: Record) -> list[int]:
    """Return where an answer carries no digest though it did in the check run.

    Of what tells nothing it is not known whether it is an answer.
    """
    digests, before = record.columns["digest"], check.columns["digest"]
    if None not in digests or digests == before or not (record.ordered and check.ordered):
        return []
    rows = zip(digests, before, record.columns["kind"], record.results, strict=True)
    return [
        i
        for i, (now, then, kind, result) in enumerate(rows)
        if kind is now is None is not then and result is not None
    ]
