"""Pythons: where strategies ran that did not run in this process, and what to say of it."""

from collections.abc import Iterator, Mapping, Sequence

from concurrent_fetch._units import Seconds
from concurrent_fetch.analysis import Card, Note
from concurrent_fetch.render import seconds
from concurrent_fetch.runner._elsewhere import Away, elsewhere_in
from concurrent_fetch.runner._ready import Ready, ready_of
from concurrent_fetch.strategies import AnyStrategy

_WITHOUT_GIL = "see whether there is a version of it for free-threaded Python, or set PYTHON_GIL=0"


def prepared_in(strategies: Mapping[str, AnyStrategy]) -> set[str]:
    """Return those with a `ready` of their own: another interpreter's declares no connections."""
    found = set[str]()
    for name, strategy in strategies.items():
        away = elsewhere_in(strategy)
        if ready_of(away.strategy if away else strategy) is not None:
            found.add(name)
    return found


def cards_of(ready: Ready) -> dict[str, Card]:
    """Return the card of each interpreter that is not this one, by strategy."""
    return {name: away.card for name, away in _away(ready).items()}


def notes_on_pythons(card: Card, ready: Ready, culprits: Sequence[str] = ()) -> Iterator[Note]:
    """Yield a note on each strategy that ran on another Python, or with a GIL turned on again.

    `culprits` are the modules that turned it on in this process, as far as they are known.
    """
    away = _away(ready)
    if len(away) < len(ready.strategies):
        yield from _on_gil(None, card, culprits)
    for name, one in away.items():
        if one.card.python != card.python or one.card.build != card.build:
            yield Note(
                strategy=name,
                fact=f"it ran on {_python(one.card)} where this process is {_python(card)}",
                advice=_on_versions(one.card, card),
            )
        yield from _on_gil(name, one.card, one.culprits)


def notes_on_workers(ready: Ready) -> Iterator[Note]:
    """Yield a note on each strategy that keeps workers: a single call would start them as well."""
    for name, kept in ready.kept.items():
        if not isinstance(kept.workers, Away):
            yield Note(
                strategy=name,
                fact=f"its workers were started once, in {seconds(kept.taken)}, on no clock",
                advice="a single call takes that time too",
            )


def notes_on_counts(ready: Ready) -> Iterator[Note]:
    """Yield a note on each strategy whose workers had used less at the end of a run than before."""
    for name in ready.strategies:
        if name in ready.fell:
            yield Note(
                strategy=name,
                fact="the CPU time of its workers fell in a run, and counts as 0 there",
                advice="let cpu() go on counting what ended workers have used",
            )


def notes_on_leaving(ready: Ready) -> Iterator[Note]:
    """Yield a note on each strategy that failed to leave what it had made ready."""
    for name, what in ready.left_badly.items():
        yield Note(
            strategy=name,
            fact=f"what it had made ready could not be closed: {what}",
            advice="see whether its workers still run",
        )


def notes_on_clocks(errors: Mapping[str, Seconds]) -> Iterator[Note]:
    """Yield a note on each strategy that fetched on machines whose clocks are not this one's."""
    for name, error in errors.items():
        if error:
            yield Note(
                strategy=name,
                fact=f"its times are approximate (± {seconds(error)}): other machines fetched",
                advice="how long each fetch took is exact",
            )


def _away(ready: Ready) -> Mapping[str, Away]:
    found = {name: kept.workers for name, kept in ready.kept.items()}
    return {name: away for name, away in found.items() if isinstance(away, Away)}


def _python(card: Card) -> str:
    return f"{card.python} ({card.build})"


def _on_versions(one: Card, other: Card) -> str:
    """Say which packages differ, too."""
    apart = [
        f"{name} {version} and not {other.versions.get(name, 'none')}"
        for name, version in one.versions.items()
        if other.versions.get(name) != version
    ]
    return f"its packages differ as well: {', '.join(apart)}" if apart else ""


def _on_gil(strategy: str | None, card: Card, culprits: Sequence[str]) -> Iterator[Note]:
    if card.is_turned_on:
        what = f"by {', '.join(culprits)}" if culprits else "by a module that it imports"
        yield Note(
            strategy=strategy,
            fact=f"its Python is free-threaded, and the GIL was turned on again {what}",
            advice=f"its threads took turns: {_WITHOUT_GIL}",
        )
    elif card.is_kept_on:
        yield Note(
            strategy=strategy,
            fact="its Python is free-threaded, and PYTHON_GIL=1 or -X gil=1 keeps the GIL on",
            advice="its threads took turns: leave that out where they should not",
        )
