"""One result of each sort, small and made on a clock of its own."""

from collections.abc import Sequence
from datetime import UTC, datetime

from fakes import URLS, Clock, failure, response, taking
from hypothesis import strategies as st

from concurrent_fetch import Comparison, Ladder, Options, Outcome, Run, Runner, Sweep, Timing


def run_of(
    outcomes: Sequence[Outcome],
    strategy: str = "fetch_sync",
    options: Options | None = None,
    started_at: datetime = datetime(2026, 1, 31, 12, tzinfo=UTC),
) -> Run:
    return Run(
        outcomes=tuple(outcomes),
        strategy=strategy,
        options=options or Options(),
        started_at=started_at,
        elapsed=2.0,
        cpu=0.5,
    )


def small_run() -> Run:
    return run_of([response("http://u:p@a.example/ü", 0), failure("http://b.example/", 1)])


def small_comparison() -> Comparison:
    clock = Clock()
    runner = Runner(URLS, rounds=2, seed=1, clock=clock, cpu_clock=lambda: 0.0)
    return runner.compare(taking(clock, 4.0), fast=taking(clock, 2.0, at_once=2))


def small_sweep() -> Sweep:
    clock = Clock()
    at = {level: taking(clock, 4.0 / level, at_once=level) for level in (1, 2)}

    def strategy(urls: list[str], options: Options) -> list[Outcome]:
        return at[options.concurrency](urls, options)

    runner = Runner(URLS, rounds=2, seed=1, clock=clock, cpu_clock=lambda: 0.0)
    return runner.sweep(strategy, (1, 2))


def small_ladder() -> Ladder:
    clock = Clock()
    runner = Runner(URLS, rounds=2, seed=1, clock=clock, cpu_clock=lambda: 0.0)
    rungs = {"sync": taking(clock, 4.0), "threaded": taking(clock, 1.0, at_once=4)}
    return Ladder(changes=("threads",), comparison=runner.compare(**rungs))


@st.composite
def timings(draw: st.DrawFn, moments: st.SearchStrategy[float]) -> Timing:
    """Any times of one fetch, in their order, with or without the phases in between."""
    times = sorted(draw(st.lists(moments, min_size=4, max_size=4)))
    return Timing(
        started=times[0],
        sent=draw(st.sampled_from([None, times[1]])),
        first_byte=draw(st.sampled_from([None, times[2]])),
        finished=times[3],
    )
