"""What is said of rounds that a strategy lost: it failed where its check run did not."""

from collections.abc import Mapping, Sequence

from concurrent_fetch.render import many
from concurrent_fetch.words import visible

_SHOWN = 3
_SAID_FIRST = 2
"""From so many rounds on that the reference lost, the result is a matter of it."""


def lost_first(lost: Mapping[str, Sequence[int]], rounds: int) -> list[str]:
    """Return what is to be said before everything else: that the reference failed, if it did."""
    reference, lost_by_it = next(iter(lost.items()))
    return [_of_reference(reference, lost_by_it, rounds)] if len(lost_by_it) >= _SAID_FIRST else []


def lost_told(lost: Mapping[str, Sequence[int]], rounds: int) -> list[str]:
    """Return what is to be said of all others, and of the reference if that is not said first."""
    (reference, lost_by_it), *others = lost.items()
    of_one = len(lost_by_it) in range(1, _SAID_FIRST)
    said = [_of_reference(reference, lost_by_it, rounds)] if of_one else []
    return [
        *said,
        *(
            f"{_failed(name, mine, rounds)}: this counts against it in its intervals; its speed-up "
            "is that of the other rounds"
            for name, mine in others
            if mine
        ),
    ]


def _of_reference(name: str, lost: Sequence[int], rounds: int) -> str:
    what = "this round counts" if len(lost) == 1 else "these rounds count"
    return f"{_failed(name, lost, rounds, ', the reference,')}: {what} for no other strategy"


def _failed(name: str, lost: Sequence[int], rounds: int, who: str = "") -> str:
    shown = ", ".join(str(r + 1) for r in lost[:_SHOWN])
    more = ", …" if len(lost) > _SHOWN else ""
    return (
        f"{visible(name)}{who} failed in {len(lost)} of {many(rounds, 'round')} ({shown}{more}), "
        "but not in its check run"
    )
