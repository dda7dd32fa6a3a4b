"""Garbage: collected before a run, so that no strategy pays for the one before it."""

import gc

from concurrent_fetch.runner._interrupts import held_back


def collect() -> None:
    """Collect all garbage; let a Ctrl-C that comes meanwhile follow it.

    Python swallows one that comes in a finalizer. In a notebook, where a collection takes a tenth
    of a second, that would be every tenth.
    """
    held_back(gc.collect)
