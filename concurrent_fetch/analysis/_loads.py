"""Loads: looks at what others do with this machine while the rounds run, and says so."""

import contextlib
import sys

from concurrent_fetch.analysis._load import Load, load_of
from concurrent_fetch.analysis._machine import Machine, Moment, Taken, between
from concurrent_fetch.analysis._notes import Note
from concurrent_fetch.render import many


class Loads:
    """Looks at the machine around every round, on no clock of theirs.

    Without a machine there is nothing to look at.
    """

    def __init__(self, machine: Machine | None) -> None:
        self.machine = machine
        self._before: Moment | None = None
        self._taken: list[Taken] = []

    @classmethod
    def of_this_machine(cls) -> "Loads":
        """Return one that looks at this machine, as far as its system tells anything."""
        with contextlib.suppress(OSError):
            return cls(Machine() if sys.platform == "linux" else None)
        return cls(None)

    def __enter__(self) -> None:
        self._before = self.machine.read() if self.machine else None

    def __exit__(self, *_: object) -> None:
        after = self.machine.read() if self.machine and self._before else None
        if self._before is not None and after is not None and after.at > self._before.at:
            self._taken.append(between(self._before, after))

    def forget_round(self) -> None:
        """Tell nothing of this round: its clock was turned by hand, which no load makes later."""
        self._before = None

    def told(self) -> Load | None:
        """Return what there has been so far; None where nothing was seen."""
        if self.machine is None or not self._taken:
            return None
        return load_of(self._taken, len(self.machine.cores))

    def notes(self) -> list[Note]:
        """Return what a reader should know of it."""
        return [] if self.machine is None else notes_on_load(self.told(), len(self.machine.cores))


def notes_on_load(load: Load | None, cores: int) -> list[Note]:
    """Return the note on rounds that ran on a machine that others kept busy."""
    if load is None or not load.busy:
        return []
    return [
        Note(
            strategy=None,
            fact=f"{load.busy} of {many(load.rounds, 'round')} ran on a busy machine: other "
            f"programs took {load.others} of its {many(cores, 'core')}",
            advice="end them, and compare again",
        )
    ]
