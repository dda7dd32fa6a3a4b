"""The bar: progress on stderr, or as a widget in a notebook that has them. By tqdm."""

import functools
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from concurrent_fetch._progress import OnProgress, Progress


def bar(begun: Progress) -> AbstractContextManager[OnProgress]:
    """Return what shows a bar while it is entered; importing tqdm, here, is on no clock."""
    return _shown(begun, _tqdm())


@functools.cache
def _tqdm() -> Any:
    """Import tqdm for a terminal or a notebook, whichever this is; it costs 20 ms."""
    with warnings.catch_warnings():
        # In a notebook without ipywidgets it asks for them; the plain bar that it shows will do.
        warnings.simplefilter("ignore")
        from tqdm.auto import tqdm  # noqa: PLC0415 - only for who asks; every import would pay

    # Leaves nothing behind: no thread that looks after bars, no lock that processes share.
    own: Any = type("Bar", (tqdm,), {"monitor_interval": 0})
    own.set_lock(threading.RLock())
    return own


@contextmanager
def _shown(begun: Progress, tqdm: Any) -> Iterator[OnProgress]:
    is_fetch = begun.stage == "fetch"
    with tqdm(
        desc=begun.strategy if is_fetch else None,
        total=begun.total,
        unit=" fetch" if is_fetch else "run",
        leave=False,
        miniters=1,
        smoothing=0,  # the mean speed since the start, as `Progress.rate` and `left` have it
        disable=sys.stderr is None,
    ) as shown:

        def report(progress: Progress) -> None:
            shown.set_postfix_str(_remarks(progress), refresh=False)
            shown.update(progress.done - shown.n)

        yield report
        shown.refresh()  # the last state, however soon after the one before


def _remarks(progress: Progress) -> str:
    failed = [f"{progress.failures:,} failed"] if progress.failures else []
    if progress.stage == "fetch":
        return ", ".join(failed)
    where: str = progress.stage
    if progress.round is not None:
        where = f"round {progress.round + 1}/{progress.rounds}"
    return ", ".join([where, progress.strategy, f"{progress.fetches:,} fetches", *failed])
