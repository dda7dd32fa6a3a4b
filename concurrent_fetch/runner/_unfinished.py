"""Unfinished: what is said of a comparison that was saved while it was running."""

from collections.abc import Sequence

from concurrent_fetch.analysis import Note


def next_of(looks: Sequence[int], done: int) -> int | None:
    """Return after how many rounds the next verdict is due; None if none is."""
    return next((look for look in looks if look > done), None)


def note_on_unfinished(done: int, looks: Sequence[int]) -> Note:
    """Return the note on a comparison after so many rounds."""
    return Note(
        strategy=None,
        fact=f"saved while it was running, after round {done} of {looks[-1]} at most",
        advice=_on_verdicts(done, looks),
    )


def _on_verdicts(done: int, looks: Sequence[int]) -> str:
    last, coming = max((look for look in looks if look <= done), default=None), next_of(looks, done)
    if coming is None:
        return "its verdicts hold; only its last runs, with probes, are missing"
    due = f"the next look is after round {coming}, or where its time is up"
    if last is None:
        return f"there is no verdict yet: {due}"
    return f"its verdicts are those of round {last}: {due}"
