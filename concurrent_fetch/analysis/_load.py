"""Load: what others did with this machine while the rounds ran."""

from collections.abc import Iterable, Sequence

import attrs

from concurrent_fetch.analysis._machine import Taken
from concurrent_fetch.render import many, percent
from concurrent_fetch.stats import quantile

_MUCH = 0.2
"""Others that take so much of all cores may be in the way."""
_NEEDED = 2
"""A client and a server have a core each."""
_FULL = 0.9


@attrs.frozen(kw_only=True)
class Amount:
    """A figure of every round, in short."""

    median: float
    worst: float

    @classmethod
    def of(cls, values: Iterable[float | None]) -> "Amount | None":
        """Return it; None where it is not told."""
        known = sorted(value for value in values if value is not None)
        return cls(median=quantile(known, 0.5), worst=known[-1]) if known else None

    def __str__(self) -> str:
        return f"{self.median:.1f} (at most {self.worst:.1f})"


@attrs.frozen(kw_only=True)
class Load:
    """What others did with the cores that this process may use, read before and after each round.

    Its own load is left out: that of this process and of all that it has started.
    """

    rounds: int
    """How many were looked at."""
    busy: int
    """In how many of them others took so much that there was too little left."""
    others: Amount
    """How many cores others had, stolen time included; on average over a round."""
    steal: Amount
    """How many of these another virtual machine had."""
    pressure: Amount | None
    """In which part of the time something waited for a core, ours or not; None where the system
    does not tell (PSI)."""
    switches: Amount | None
    """How often in a second one of our threads had to leave its core."""

    @property
    def is_mostly_busy(self) -> bool:
        """Whether half of the rounds, or more, ran on a busy machine."""
        return 2 * self.busy >= self.rounds

    def told(self, cores: int) -> str:
        """Return it in words."""
        said = [f"others took {self.others} of {many(cores, 'core')} in the rounds"]
        if self.steal.worst >= 0.05:
            said.append(f"stolen {self.steal}")
        if self.pressure is not None:
            least, most = percent(self.pressure.median), percent(self.pressure.worst)
            said.append(f"something waited for a core {least} of the time (at most {most})")
        if self.switches is not None:
            switches = self.switches
            said.append(
                f"{switches.median:.0f} involuntary switches a second (at most "
                f"{switches.worst:.0f})"
            )
        return ", ".join(said)


def load_of(rounds: Sequence[Taken], cores: int) -> Load | None:
    """Return what the rounds show together."""
    others = Amount.of(one.others / one.elapsed for one in rounds)
    steal = Amount.of(one.stolen / one.elapsed for one in rounds)
    if others is None or steal is None:
        return None
    return Load(
        rounds=len(rounds),
        busy=sum(is_busy(one, cores) for one in rounds),
        others=others,
        steal=steal,
        pressure=Amount.of(_over(one.stalled, one.elapsed) for one in rounds),
        switches=Amount.of(_over(one.switches, one.elapsed) for one in rounds),
    )


def is_busy(taken: Taken, cores: int) -> bool:
    """Whether others took a good part of the cores, and left fewer than are needed."""
    others = taken.others / taken.elapsed
    is_full = taken.busy + taken.stolen >= _FULL * cores * taken.elapsed
    return others >= _MUCH * cores and (cores - others < _NEEDED or is_full)


def _over(amount: float | None, elapsed: float) -> float | None:
    return None if amount is None else amount / elapsed
