"""Reached: whether what the strategies claim has been seen from outside, by who counts.

A server of this process counts exactly. The bytes that enter the machine are of everybody: others
only add to them, so too few are a proof, and too many are none.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from concurrent_fetch._units import Bytes, Seconds
from concurrent_fetch.analysis._claims import Claim, Usual, authority_of, claim_of, usual_of
from concurrent_fetch.analysis._notes import Note
from concurrent_fetch.analysis._record import Record
from concurrent_fetch.analysis._witnessed import Witnessed
from concurrent_fetch.render import many, size
from concurrent_fetch.stats import quantile

ENOUGH: Bytes = 100_000
"""With fewer bytes of bodies in a run nothing is said of bytes: others may bring as many."""
_TOO_FEW = 0.8
_MORE = 0.7
_MOSTLY = 0.75
_ALIKE = 0.15
_CALM = 1.5
"""More bytes for each that a rival claims, and so much else goes on that a round tells nothing."""
_LEAST_ROUNDS = 3
_NEGLIGIBLE = 0.01
_TWICE = "does it fetch some URLs more than once?"
_WHO = "it fetches more than it tells, or somebody else asks that server"
_AWAY = "if it is fetched on another machine, that is no wonder; else it was not fetched"


class _Sight(NamedTuple):
    """A run: what it claims, and what was seen of it."""

    round: int | None
    elapsed: Seconds
    claim: Claim
    seen: Witnessed

    @property
    def is_short(self) -> bool:
        """Whether fewer requests came than it claims at least."""
        return self.seen.gets is not None and self.seen.gets < self.claim.least

    @property
    def surplus(self) -> int:
        """Requests beyond what it claims at most; 0 where that is not known, or next to nothing."""
        most = self.claim.most
        if self.seen.requests is None or self.seen.requests <= most * (1 + _NEGLIGIBLE):
            return 0
        return self.seen.requests - int(most)

    @property
    def tells_octets(self) -> bool:
        """Whether so many bytes are claimed that they stand out."""
        return self.seen.octets is not None and self.claim.octets >= ENOUGH

    @property
    def octets(self) -> Bytes:
        """Bytes that came by."""
        return self.seen.octets or 0

    @property
    def ratio(self) -> float:
        """Bytes that came by for each that is claimed."""
        return self.octets / self.claim.octets

    @property
    def extra(self) -> Bytes:
        """Bytes that came by beyond those claimed."""
        return max(0, self.octets - self.claim.octets)


_Sights: TypeAlias = Sequence[_Sight]
_Rivals: TypeAlias = Mapping[int | None, _Sights]
"""The runs of the other strategies, by round."""


class _Finding(NamedTuple):
    """What is wrong with a strategy, as its predicate."""

    fact: str
    proven: bool
    advice: str = ""


class Reached:
    """What was seen of the runs of an experiment; it is told of each, the reference's first."""

    def __init__(self, urls: Sequence[str]) -> None:
        self._homes = [authority_of(url) for url in urls]
        self._usual: Usual | None = None
        self._sights: dict[str, list[_Sight]] = {}

    def see(self, record: Record) -> None:
        """Take a run that is over."""
        usual = self._usual or Usual()
        if self._usual is None:
            self._usual = usual_of(record)
        if record.witnessed is None:
            return
        claim = claim_of(record, self._homes, usual)
        sight = _Sight(record.round, record.elapsed, claim, record.witnessed)
        self._sights.setdefault(record.strategy, []).append(sight)

    def reasons(self, name: str, reference: str) -> Iterator[str]:
        """Yield what is proven of a strategy, and of the one that it is compared with."""
        for one in dict.fromkeys((reference, name)):
            found = self._finding(one)
            if found is not None and found.proven:
                yield f"{reference if one == reference else 'it'} {found.fact}"

    @property
    def notes(self) -> list[Note]:
        """What is likely but not proven."""
        found = {name: self._finding(name) for name in self._sights}
        notes = [
            Note(strategy=name, fact=one.fact, advice=one.advice)
            for name, one in found.items()
            if one is not None and not one.proven
        ]
        return notes + _on_early([one for sights in self._sights.values() for one in sights])

    def _finding(self, name: str) -> _Finding | None:
        """Return the worst that is to be said of a strategy."""
        sights = self._sights.get(name, [])
        rivals = defaultdict[int | None, list[_Sight]](list)
        for other in (one for n, all_of in self._sights.items() if n != name for one in all_of):
            rivals[other.round].append(other)
        rules = (
            _too_few_requests(sights),
            _too_little_sent(sights),
            None if self._others_ask else _same_surplus(sights),
            _too_few_octets(sights, counts=self._counts_octets),
            _any_surplus(sights),
            _more_requests(sights, rivals),
            _more_octets(sights, rivals),
        )
        return next(filter(None, rules), None)

    @property
    def _others_ask(self) -> bool:
        """Whether it seems that somebody asks the servers all the time, as a health check does.

        Then requests come between most runs, too, or all strategies have too many.
        """
        every = [one for sights in self._sights.values() for one in sights]
        early = sum((one.seen.early or 0) > _NEGLIGIBLE * one.claim.least for one in every)
        return early > len(every) / 2 or all(map(_usual_surplus, self._sights.values()))

    @property
    def _counts_octets(self) -> bool:
        """Whether bytes are seen here at all: of one run at least all that were claimed."""
        every = (one for sights in self._sights.values() for one in sights)
        return any(one.tells_octets and one.ratio >= 1 for one in every)


def _on_early(sights: _Sights) -> list[Note]:
    """Return the note on requests that came while nothing ran, if there were some."""
    early = sum(one.seen.early or 0 for one in sights)
    if early <= _NEGLIGIBLE * sum(one.claim.least for one in sights):
        return []
    return [
        Note(
            strategy=None,
            fact=f"the server got {many(early, 'request')} between the runs",
            advice="a strategy fetches ahead or leaves something running, or somebody else asks it",
        )
    ]


def _too_few_requests(sights: _Sights) -> _Finding | None:
    few = [one for one in sights if one.is_short]
    if not few:
        return None
    worst = min(few, key=lambda one: (one.seen.gets or 0) / one.claim.least)
    others = (worst.seen.requests or 0) - (worst.seen.gets or 0)
    besides = f" and {others:,} that were no GET" if others else ""
    fact = f"{_claims(worst.claim.least)} the server got {worst.seen.gets or 0:,}{besides}"
    return _Finding(f"{fact}, {_in(few, sights)}", proven=True)


def _too_little_sent(sights: _Sights) -> _Finding | None:
    few = [one for one in sights if one.seen.sent is not None and one.seen.sent < one.claim.here]
    if not few:
        return None
    worst = min(few, key=lambda one: (one.seen.sent or 0) / one.claim.here)
    fact = f"claims {size(worst.claim.here)} of bodies where the server sent"
    return _Finding(f"{fact} {size(worst.seen.sent or 0)}, {_in(few, sights)}", proven=True)


def _same_surplus(sights: _Sights) -> _Finding | None:
    """Say that most runs sent so many requests more: others would come and go."""
    surplus = _usual_surplus(sights)
    if not surplus:
        return None
    much = [one for one in sights if one.surplus == surplus]
    return _Finding(_of_surplus(much, sights), proven=True)


def _usual_surplus(sights: _Sights) -> int:
    """Return how many requests too many came in most runs, if it is the same number; else 0."""
    counts = Counter(one.surplus for one in sights if one.surplus)
    surplus, times = counts.most_common(1)[0] if counts else (0, 0)
    return surplus if times > len(sights) / 2 else 0


def _any_surplus(sights: _Sights) -> _Finding | None:
    much = [one for one in sights if one.surplus]
    if len(much) <= len(sights) / 2:
        return None
    return _Finding(_of_surplus(much, sights), proven=False, advice=_WHO)


def _of_surplus(much: _Sights, sights: _Sights) -> str:
    most = max(much, key=lambda one: one.surplus)
    claims = _claims(int(most.claim.most))
    return f"{claims} the server got {most.seen.requests or 0:,}, {_in(much, sights)}"


def _too_few_octets(sights: _Sights, *, counts: bool) -> _Finding | None:
    few = [one for one in sights if one.tells_octets and one.ratio < _TOO_FEW]
    if not (few and counts):
        return None
    worst = min(few, key=lambda one: one.ratio)
    fact = f"claims {size(worst.claim.octets)} of bodies where {size(worst.octets)} came in"
    away = any(one.seen.away for one in few)
    return _Finding(f"{fact}, {_in(few, sights)}", proven=not away, advice=_AWAY if away else "")


def _more_requests(sights: _Sights, rivals: _Rivals) -> _Finding | None:
    """Say that most rounds had far more requests than of others, where none are claimed."""

    def least(one: _Sight) -> int | None:
        honest = (other for other in rivals[one.round] if not other.is_short)
        return min((other.seen.requests for other in honest if other.seen.requests), default=None)

    told = [(one, least(one)) for one in sights if math.isinf(one.claim.most)]
    known = [(one.seen.requests or 0, n) for one, n in told if one.round is not None and n]
    much = [(mine, theirs) for mine, theirs in known if mine > (1 + _MORE) * theirs]
    if not _is_steady(much, known):
        return None
    mine, theirs = max(much)
    fact = f"the server got {many(mine, 'request')} from it, and {theirs:,} from another strategy"
    return _Finding(f"{fact}, {_in(much, known, 'round')}", proven=False, advice=_TWICE)


def _more_octets(sights: _Sights, rivals: _Rivals) -> _Finding | None:
    """Say that most rounds brought the same many times as much as is claimed.

    What others bring comes and goes. It is held against the rival with the least of it in the same
    round, and a run that takes longer may have more.
    """
    told = (one for one in sights if one.tells_octets and one.claim.tells_sizes)
    rounds = [one for one in told if one.round is not None]
    times = {i: _times(one, rivals[one.round]) for i, one in enumerate(rounds)}
    usual = quantile(sorted(times.values()), 0.5) if times else 0.0
    alike = (i for i, n in times.items() if n > 1 + _MORE and abs(n - usual) <= _ALIKE * usual)
    much = [rounds[i] for i in alike]
    if not _is_steady(much, rounds):
        return None
    most = max(much, key=lambda one: one.ratio)
    fact = f"claims {size(most.claim.octets)} of bodies where {size(most.octets)} came in"
    return _Finding(f"{fact}, {_in(much, rounds, 'round')}", proven=False, advice=_TWICE)


def _times(mine: _Sight, rivals: _Sights) -> float:
    """Return how many times what is claimed came in without that of others; 0: nobody knows."""
    told = (one for one in rivals if one.tells_octets and one.claim.tells_sizes)
    calm = min(
        (one for one in told if 1 <= one.ratio <= _CALM), key=lambda one: one.ratio, default=None
    )
    if calm is None:
        return 0.0
    longer = mine.elapsed / calm.elapsed if calm.elapsed else 1.0
    return (mine.octets - calm.extra * max(1.0, longer)) / mine.claim.octets


def _is_steady(much: Sequence[object], known: Sequence[object]) -> bool:
    return len(known) >= _LEAST_ROUNDS and len(much) >= _MOSTLY * len(known)


def _claims(n: int) -> str:
    return f"claims {many(n, 'request')} where"


def _in(some: Sequence[object], of: Sequence[object], what: str = "run") -> str:
    return f"in {len(some):,} of {many(len(of), what)}"
