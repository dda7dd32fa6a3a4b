"""Changes: bodies that are other ones, and content that is another from fetch to fetch."""

from collections import Counter
from collections.abc import Collection, Sequence
from itertools import pairwise

from concurrent_fetch.analysis._record import ANSWERED, Record
from concurrent_fetch.http import redact
from concurrent_fetch.render import size


def shared_bodies(
    places: Collection[int], runs: Sequence[Record], reference: Sequence[Record]
) -> set[int]:
    """Return those URLs at which a strategy once got a body that the reference once got."""
    mine, theirs = _digests(places, runs), _digests(places, reference)
    return {i for i in places if not mine[i].isdisjoint(theirs[i])}


def _digests(places: Collection[int], runs: Sequence[Record]) -> dict[int, set[str]]:
    columns = [run.columns["digest"] for run in runs if run.ordered]
    return {i: {column[i] for column in columns if column[i]} for i in places}


def changed_again(places: Collection[int], runs: Sequence[Record]) -> frozenset[int]:
    """Return those URLs whose bodies changed more than once from one run to the next."""
    pairs = pairwise(runs)
    seen = Counter(i for run, last in pairs for i in differing_bodies(run, last) if i in places)
    return frozenset(i for i, changes in seen.items() if changes > 1)


def differing_bodies(check: Record, reference: Record) -> list[int]:
    """Return the URLs (by index) that both answered, but with different bodies.

    By their bytes: `differing_lengths` looks at what is known of them less well.
    """
    if not (check.ordered and reference.ordered):
        return []
    facts = ("status_code", "digest", "size")
    if all(check.columns[name] == reference.columns[name] for name in facts):
        return []
    rows = zip(*(record.columns[f] for record in (check, reference) for f in facts), strict=True)
    return [
        index
        for index, (status, digest, size, status2, digest2, size2) in enumerate(rows)
        if (status == status2 or -1 in (status, status2))
        and ((size != size2 and -1 not in (size, size2)) or _differ(digest, digest2))
    ]


def _differ(one: str | None, other: str | None) -> bool:
    return bool(one and other and one != other)


def differing_results(check: Record, reference: Record) -> list[int]:
    """Return the URLs (by index) with different results, as far as both are known.

    Where values stand at no URLs, the results are compared by how often there is each, and the
    places are no more than as many.
    """
    mine, theirs = check.results, reference.results
    if mine == theirs:
        return []
    if not (check.ordered and reference.ordered):
        if {None, ANSWERED} & {*mine, *theirs}:
            return list(range(abs(check.failures - reference.failures)))
        mine, theirs = sorted(mine, key=str), sorted(theirs, key=str)
    are_other = _are_other if check.has_times and reference.has_times else _are_surely_other
    return [i for i, (a, b) in enumerate(zip(mine, theirs, strict=True)) if are_other(a, b)]


def _are_other(one: str | None, other: str | None) -> bool:
    return one != other


def _are_surely_other(one: str | None, other: str | None) -> bool:
    """Whether two results of a URL, one of them of a value, are known to be different ones.

    Of its failures the kind is only guessed.
    """
    if one is None or other is None:
        return False
    answered = [result == ANSWERED or result.isdigit() for result in (one, other)]
    if not all(answered) or ANSWERED in (one, other):
        return any(answered) and not all(answered)
    return one != other


class Changes:
    """What the reference disagrees with itself about: URLs whose content changes by nature."""

    def __init__(self) -> None:
        self._last: Record | None = None
        self._seen = Counter[int]()
        self._sizes: dict[int, tuple[int, int]] = {}
        """The least and the most bytes that the reference got of a URL."""

    def see(self, record: Record) -> None:
        """Compare a run of the reference with the one before that told as much."""
        if self._last is not None:
            self._seen.update(differing_bodies(record, self._last))
        self._last = record
        for index, found in enumerate(record.column("size")):
            if found is not None:
                least, most = self._sizes.get(index, (found, found))
                self._sizes[index] = (min(least, found), max(most, found))

    def far_off(self, record: Record, excused: Collection[int], urls: Sequence[str]) -> str | None:
        """Return the reason against a run with bodies unlike all that the reference got.

        Content that changes is excused from being equal, and not from being there: its size must
        lie between half the least and twice the most that the reference was given.
        """
        sizes = record.column("size")
        far = [i for i in excused if sizes[i] is not None and not self._is_near(i, sizes[i])]
        if not far:
            return None
        first = min(far)
        least, most = self._sizes[first]
        return (
            f"{len(far)} of {len(urls)} bodies are of another size than the reference ever got, "
            f"first {redact(urls[first], record.options.secret_params)}: {size(sizes[first])} "
            f"against {size(least)} to {size(most)}"
        )

    def _is_near(self, index: int, found: int) -> bool:
        if index not in self._sizes:
            return True  # the reference was never answered: that is held against it elsewhere
        least, most = self._sizes[index]
        return least / 2 <= found <= most * 2

    @property
    def once(self) -> frozenset[int]:
        """The URLs that changed from one run to another."""
        return frozenset(self._seen)

    @property
    def again(self) -> frozenset[int]:
        """The URLs that changed more than once: no deployment, but each time they are fetched."""
        return frozenset(url for url, changes in self._seen.items() if changes > 1)
