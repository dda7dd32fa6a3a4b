"""Interrupts: a Ctrl-C is held back while something is done that must be done whole."""

import signal
from collections.abc import Callable
from typing import TypeVar

_T = TypeVar("_T")


def held_back(work: Callable[[], _T]) -> _T:
    """Do the work; let a Ctrl-C that comes meanwhile follow it."""
    usual = signal.getsignal(signal.SIGINT)
    if usual is None:  # it is not of Python's making, and could not be put back
        return work()
    came = []
    try:
        signal.signal(signal.SIGINT, lambda number, frame: came.append((number, frame)))
    except ValueError:  # Ctrl-C comes to the main thread of the main interpreter only
        return work()
    try:
        done = work()
    finally:
        signal.signal(signal.SIGINT, usual)
    if came and callable(usual):
        usual(*came[0])
    elif came:
        signal.raise_signal(signal.SIGINT)
    return done
