"""Notes: what a reader of a comparison should know of the work that was done, with advice.

Every rule looks at one fact. It takes the check run of a strategy and that of the reference, and
returns a note or None.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, TypeAlias

import attrs

from concurrent_fetch._units import Seconds
from concurrent_fetch.analysis._card import Card, LoopFactory, loop_class
from concurrent_fetch.analysis._changes import differing_bodies
from concurrent_fetch.analysis._record import Record
from concurrent_fetch.analysis._set_limits import has_limits
from concurrent_fetch.http import redact
from concurrent_fetch.model import Options
from concurrent_fetch.render import many, size
from concurrent_fetch.words import visible

_FAR_APART = 0.05
_STEADY = 0.8
_LONG: Seconds = 0.005
_OPTIONS = ("headers", "verify", "trust_env", "proxy", "keep_cookies")
_PROXIES = {"http_proxy", "https_proxy", "all_proxy"}


@attrs.frozen(kw_only=True)
class Note:
    """A fact that a reader of the comparison should know, and what to do about it."""

    strategy: str | None
    """The strategy it is about; None: the whole comparison."""
    fact: str
    """What was seen."""
    advice: str = ""
    """What to do; empty where there is nothing to do."""

    def __str__(self) -> str:
        subject = f"{self.strategy}: " if self.strategy else ""
        return visible(f"{subject}{self.fact}" + (f"; {self.advice}" if self.advice else ""))


def gathered(notes: Iterable[Note]) -> list[str]:
    """Return the notes as they are shown: what is the same of several strategies, once."""
    subjects: dict[Note, list[str]] = {}
    for note in notes:
        whole = attrs.evolve(note, strategy=None)
        subjects.setdefault(whole, []).extend(filter(None, [note.strategy]))
    return [
        ": ".join(filter(None, (", ".join(names), str(note)))) for note, names in subjects.items()
    ]


def notes_on(
    check: Record, reference: Record, urls: Sequence[str], changing: Collection[int]
) -> list[Note]:
    """Return what a reader should know about a strategy's check run."""
    rules = (rule for rule in _RULES if not (changing and rule is _bytes))
    found = (rule(check, reference) for rule in rules)
    notes = [_changing(check, reference, urls, changing), *found]
    return [note for note in notes if note is not None]


def notes_on_missing_probes(why: Mapping[str, str]) -> list[Note]:
    """Return a note for each strategy whose last, watched run was of no use."""
    return [
        Note(
            strategy=name,
            fact=f"its last, untimed run went wrong: {what}",
            advice="the rounds count all the same; its limit is told without probes",
        )
        for name, what in why.items()
    ]


def notes_on_new_content(
    places: Sequence[int], reference: Record, urls: Sequence[str]
) -> list[Note]:
    """Return a note on bodies that were other ones from one run of the reference on."""
    if not places:
        return []
    first = redact(urls[places[0]], reference.options.secret_params)
    return [
        Note(
            strategy=None,
            fact=f"{len(places)} of {len(urls)} bodies changed once during the comparison, "
            f"first {first}",
            advice="if nothing new was published there meanwhile, compare again",
        )
    ]


def notes_on_all(options: Iterable[Options], card: Card) -> list[Note]:
    """Return what a reader should know about the whole comparison."""
    proxies = sorted(_PROXIES.intersection(card.variables))
    if not (proxies and any(one.trust_env for one in options)):
        return []
    return [
        Note(
            strategy=None,
            fact=f"trust_env is on, and the environment sets {', '.join(proxies)}",
            advice="what was measured may be the proxy",
        )
    ]


def notes_on_loops(loops: Mapping[str, LoopFactory]) -> list[Note]:
    """Return a note for each strategy on another kind of event loop than the first that has one."""
    if len(set(loops.values())) < 2:
        return []
    (first, usual), *others = ((name, loop_class(make)) for name, make in loops.items())
    return [
        Note(
            strategy=name,
            fact=f"it runs on {found} where {first} runs on {usual}",
            advice="part of the difference may be the event loop's",
        )
        for name, found in others
        if found != usual
    ]


def _changing(
    check: Record, reference: Record, urls: Sequence[str], changing: Collection[int]
) -> Note | None:
    bodies = [i for i in differing_bodies(check, reference) if i in changing]
    if not bodies:
        return None
    return Note(
        strategy=check.strategy,
        fact=f"{len(bodies)} of {len(urls)} bodies changed from one fetch to another, "
        f"first {redact(urls[bodies[0]], check.options.secret_params)}",
        advice="only their sizes were compared, within a range",
    )


def _in_flight(check: Record, _: Record) -> Note | None:
    limit, peak = check.options.concurrency, check.peak_in_flight
    if peak > limit:
        fact = f"{peak} fetches were in flight where concurrency is {limit}"
        advice = "its times per fetch may include waiting in a queue of the client"
    elif 1 < peak <= limit // 2 and _is_steady(check, peak) and not has_limits(check.options):
        fact = f"never more than {peak} fetches were in flight where concurrency is {limit}"
        advice = "it heeds another limit, or URLs are answered before more of them have begun"
    else:
        return None
    return Note(strategy=check.strategy, fact=fact, advice=advice)


def _is_steady(check: Record, peak: int) -> bool:
    """Whether so many were in flight nearly always, and long enough for more to have begun."""
    urls, limit = len(check.columns["started"]), check.options.concurrency
    return urls >= limit and check.in_flight >= _STEADY * peak and check.busy / urls >= _LONG


def _digests(check: Record, _: Record) -> Note | None:
    if not check.has_times:
        return None  # its values are no outcomes: that has a note of its own
    if check.columns["digest"].count(None) <= check.failures:
        return None
    return Note(
        strategy=check.strategy,
        fact="its responses carry no digest, so bodies were compared by size alone",
        advice="fetch through client.session(options), which takes digests",
    )


def _differing(column: str, what: str, advice: str) -> "_Rule":
    """Make the rule that a fact of every response is the same as the reference's."""

    def rule(check: Record, reference: Record) -> Note | None:
        pairs = list(zip(check.column(column), reference.column(column), strict=True))
        both = [(a, b) for a, b in pairs if a is not None and b is not None and a != b]
        if not both:
            return None
        mine, theirs = both[0]
        fact = f"{what} {mine} and not {theirs} for {len(both):,} of {many(len(pairs), 'URL')}"
        return Note(strategy=check.strategy, fact=fact, advice=advice)

    return rule


def _redirects(check: Record, reference: Record) -> Note | None:
    if not (check.has_times and reference.has_times):
        return None  # values of other libraries are not asked for their ways
    ways = [
        zip(record.column("redirects"), record.column("final_url"), strict=True)
        for record in (check, reference)
    ]
    ends = [(len(a or ()), len(b or ()), x, y) for (a, x), (b, y) in zip(*ways, strict=True)]
    other = [one for one in ends if one[2] and one[3] and (one[0] != one[1] or one[2] != one[3])]
    if not other:
        return None
    mine, theirs = (redact(url, check.options.secret_params) for url in other[0][2:])
    if mine == theirs:
        mine, theirs = (f"{mine} by {many(n, 'redirect')}" for n in other[0][:2])
    return Note(
        strategy=check.strategy,
        fact=f"{many(len(other), 'answer')} came by other redirects, first {mine} where "
        f"{reference.strategy} came to {theirs}",
        advice="each redirect is one more request",
    )


def _bytes(check: Record, reference: Record) -> Note | None:
    mine, theirs = (_wire_bytes(record) for record in (check, reference))
    if check.failures != reference.failures:
        return None  # then it is no wonder, and told elsewhere
    if not mine or not theirs or abs(mine - theirs) <= _FAR_APART * theirs:
        return None
    return Note(
        strategy=check.strategy,
        fact=f"{size(mine)} of bodies came over the wire where {reference.strategy} got "
        f"{size(theirs)}",
        advice="let both ask for the same encodings",
    )


def _wire_bytes(record: Record) -> int | None:
    """Return the bytes of all bodies as they came; None if one of them is not known."""
    known = [n for n in record.column("wire_size") if n is not None]
    return sum(known) if len(known) + record.failures == len(record.results) else None


def _connections(check: Record, reference: Record) -> Note | None:
    if check.options.reuse_connections != reference.options.reuse_connections:
        return None  # that is what is compared
    mine, theirs = (_opened(record) for record in (check, reference))
    if mine is None or theirs is None or mine <= max(2 * theirs, 2 * check.options.concurrency):
        return None
    return Note(
        strategy=check.strategy,
        fact=f"{many(mine, 'connection')} opened where {reference.strategy} opened {theirs}",
        advice="part of the difference is connecting; keep connections in both, or in neither",
    )


def _opened(record: Record) -> int | None:
    """Return how many fetches were the first on their connection; None if that is not known."""
    known = [reused for reused in record.columns["reused"] if reused is not None]
    return known.count(False) if known else None


def _options(check: Record, reference: Record) -> Note | None:
    other = [name for name in _OPTIONS if _option(check, name) != _option(reference, name)]
    if not other:
        return None
    return Note(
        strategy=check.strategy,
        fact=f"it runs with other {' and '.join(other)} than {reference.strategy}",
        advice="change one thing at a time to know what made the difference",
    )


def _option(record: Record, name: str) -> Any:
    return getattr(record.options, name)


_Rule: TypeAlias = Callable[[Record, Record], Note | None]

_RULES: tuple[_Rule, ...] = (
    _in_flight,
    _digests,
    _redirects,
    _differing("http_version", "it spoke HTTP", "part of the difference may be the protocol's"),
    _differing("coding", "bodies came as", "let both ask for the same encodings"),
    _bytes,
    _connections,
    _options,
)
