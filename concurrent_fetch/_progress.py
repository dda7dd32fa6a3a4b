"""Progress: how far a comparison has come, for whoever wants to know."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Literal, TypeAlias

import attrs

Stage: TypeAlias = Literal["check", "round", "probe"]


@attrs.frozen(kw_only=True)
class Progress:
    """How far a comparison has come. One is sent after every run: timed, or a check or a probe."""

    done: int
    """Runs that are over, all of them."""
    total: int
    """Runs that are planned at most; fewer where a verdict or the time budget ends it early."""
    stage: Stage
    """What the run was for."""
    strategy: str
    """The strategy that just ran."""
    round: int | None
    """Its round, from 0; None for a check run and a probed one."""


OnProgress = Callable[[Progress], None]


def _ignore(_: Progress) -> None:
    pass


@contextmanager
def reporter(progress: bool | OnProgress) -> Iterator[OnProgress]:
    """Yield what to call with each `Progress`: the callable given, a bar on stderr, or nothing."""
    if callable(progress):
        yield progress
    elif progress:
        with _bar() as report:
            yield report
    else:
        yield _ignore


@contextmanager
def _bar() -> Iterator[OnProgress]:
    # Costs 20 ms to import, for those who ask for it; picks terminal or notebook by itself.
    from tqdm.auto import tqdm  # noqa: PLC0415 - as said above

    with tqdm(unit="run", leave=False, mininterval=0, miniters=1) as bar:

        def report(progress: Progress) -> None:
            bar.total = progress.total
            number = "" if progress.round is None else f" {progress.round + 1}"
            where = f"{progress.stage}{number}"
            bar.set_postfix_str(f"{where}, {progress.strategy}", refresh=False)
            bar.update(progress.done - bar.n)

        yield report
