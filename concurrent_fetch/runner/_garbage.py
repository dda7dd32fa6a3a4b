"""Garbage: collected before a run, so that no strategy pays for the one before it."""

import gc
import signal


def collect() -> None:
    """Collect all garbage; let a Ctrl-C that comes meanwhile follow it.

    Python swallows one that comes in a finalizer. In a notebook, where a collection takes a tenth
    of a second, that would be every tenth.
    """
    usual = signal.getsignal(signal.SIGINT)
    if usual is None:  # it is not of Python's making, and could not be put back
        gc.collect()
        return
    came = []
    try:
        signal.signal(signal.SIGINT, lambda number, frame: came.append((number, frame)))
    except ValueError:  # Ctrl-C comes to the main thread of the main interpreter only
        gc.collect()
        return
    try:
        gc.collect()
    finally:
        signal.signal(signal.SIGINT, usual)
    if came and callable(usual):
        usual(*came[0])
    elif came:
        signal.raise_signal(signal.SIGINT)
