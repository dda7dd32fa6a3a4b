"""What strategies prepare off the clock, and the CPU time of the workers that they keep."""

import functools
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from fractions import Fraction
from pathlib import Path
from time import perf_counter
from typing import Any

import pytest

import concurrent_fetch as cf
from concurrent_fetch.server import LocalServer

_BURN = """
import sys, time
for line in sys.stdin:
    end = time.process_time() + float(line)
    while time.process_time() < end:
        pass
    print(time.process_time(), flush=True)
"""


class Worker:
    """A child process that computes when it is told to, and says how much it has."""

    def __init__(self) -> None:
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(
            [sys.executable, "-c", _BURN], stdin=pipe, stdout=pipe, text=True, bufsize=1
        )
        self.used = 0.0

    def burn(self, seconds: float) -> None:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        print(seconds, file=self.process.stdin)
        self.used = float(self.process.stdout.readline())

    def cpu(self) -> float:
        return self.used


class InWorkers:
    """A strategy with as many workers; it fetches here and computes there."""

    __name__ = "in_workers"

    def __init__(self, burnt: float = 0.0) -> None:
        self.burnt = burnt
        self.entered: list[tuple[int, cf.Options, int]] = []
        self.workers: list[Worker] = []

    def __call__(
        self, urls: list[str], options: cf.Options, *, processes: int = 1
    ) -> list[cf.Outcome]:
        assert len(self.workers) == processes
        for worker in self.workers:
            worker.burn(self.burnt)
        return list(cf.fetch_sync(urls, options))

    @contextmanager
    def ready(
        self, urls: list[str], options: cf.Options, *, processes: int = 1
    ) -> Iterator[Worker]:
        self.entered.append((len(urls), options, processes))
        workers = self.workers = [Worker() for _ in range(processes)]
        try:
            yield workers[0]
        finally:
            for worker in workers:
                worker.process.kill()
                worker.process.communicate()


def compared(local: LocalServer, *strategies: cf.Strategy) -> cf.Comparison:
    return cf.Runner(local.urls(3), rounds=2, seed=1).compare(*strategies)


def test_a_strategy_gets_ready_once_for_a_whole_comparison(local: LocalServer) -> None:
    mine = InWorkers()
    comparison = compared(local, cf.fetch_sync, mine)
    assert [(urls, processes) for urls, _, processes in mine.entered] == [(3, 1)]
    assert comparison.reasons_against("in_workers") == ()
    assert [worker.process.poll() is None for worker in mine.workers] == [False]


def test_it_is_found_below_partials_and_changed_options(local: LocalServer) -> None:
    mine = InWorkers()
    changed = cf.with_options(functools.partial(mine, processes=2), concurrency=5)
    compared(local, cf.fetch_sync, changed)
    ((_, options, processes),) = mine.entered
    assert (options.concurrency, processes) == (5, 2)


def test_single_runs_sweeps_and_plain_strategies_are_made_ready_too(local: LocalServer) -> None:
    mine = InWorkers()
    runner = cf.Runner(local.urls(2), rounds=1)
    assert len(runner.run(mine)) == 2
    runner.sweep(mine, (1, 2))
    assert [options.concurrency for _, options, _ in mine.entered] == [20, 1, 2]


def test_the_cpu_time_of_workers_is_the_strategys(local: LocalServer) -> None:
    comparison = compared(local, cf.fetch_sync, InWorkers(burnt=0.05))
    why = comparison.why("in_workers")
    assert why.in_workers > 0
    assert all(run.cpu > 0.05 for run in comparison.runs("in_workers"))
    assert why.cpu >= why.in_workers
    assert comparison.why("fetch_sync").in_workers == 0


def test_a_note_says_that_workers_are_kept(local: LocalServer) -> None:
    notes = [note for note in compared(local, cf.fetch_sync, InWorkers()).notes if note.strategy]
    (kept,) = [note for note in notes if "workers were started once" in note.fact]
    assert kept.strategy == "in_workers"


class Raising(InWorkers):
    """What it raises it raises when it is to get ready."""

    def __init__(self, error: BaseException) -> None:
        super().__init__()
        self.error = error

    @contextmanager
    def ready(
        self, urls: list[str], options: cf.Options, *, processes: int = 1
    ) -> Iterator[Worker]:
        with super().ready(urls, options, processes=processes):
            raise self.error
        yield


@pytest.mark.parametrize(
    ("error", "raised", "words"),
    [
        (OSError("no room"), cf.errors.StrategyError, "'failing' could not get ready: .*no room"),
        (KeyboardInterrupt(), KeyboardInterrupt, "^$"),
    ],
    ids=["error", "Ctrl-C"],
)
def test_what_fails_to_get_ready_is_named_and_leaves_nothing(
    local: LocalServer, error: BaseException, raised: type[BaseException], words: str
) -> None:
    before, mine, failing = local.stats().requests, InWorkers(), Raising(error)
    with pytest.raises(raised, match=words):
        cf.Runner(local.urls(3)).compare(mine, failing=failing)
    left = [one.workers[0].process.poll() is None for one in (mine, failing)]
    assert left == [False, False]
    assert local.stats().requests == before


def test_getting_ready_is_on_no_clock(local: LocalServer) -> None:
    moments = []

    class Slow(InWorkers):
        @contextmanager
        def ready(
            self, urls: list[str], options: cf.Options, *, processes: int = 1
        ) -> Iterator[Worker]:
            with super().ready(urls, options, processes=processes) as worker:
                moments.append(perf_counter())
                yield worker

    comparison = compared(local, Slow())
    assert [record.begun > moments[0] for record in comparison.checks.values()] == [True]


def test_figures_of_workers_are_kept_in_files(local: LocalServer, tmp_path: Path) -> None:
    comparison = compared(local, cf.fetch_sync, InWorkers(burnt=0.01))
    cf.save(comparison, tmp_path / "kept.json")
    assert cf.load(tmp_path / "kept.json") == comparison


class Told:
    """What the CPU time of workers is said to be: each time the next."""

    def __init__(self, *seconds: Any) -> None:
        self.seconds = list(seconds)

    def cpu(self) -> Any:
        told = self.seconds.pop(0) if len(self.seconds) > 1 else self.seconds[0]
        if isinstance(told, BaseException):
            raise told
        return told


def with_ready(ready: Any) -> cf.Strategy:
    def mine(urls: list[str], options: cf.Options) -> list[cf.Outcome]:
        return list(cf.fetch_sync(urls, options))

    mine.ready = ready  # type: ignore[attr-defined]
    return mine


def telling(workers: object, at_the_end: BaseException | None = None) -> cf.Strategy:
    @contextmanager
    def ready(*_: object) -> Iterator[object]:
        yield workers
        if at_the_end is not None:
            raise at_the_end

    return with_ready(ready)


@contextmanager
def yielding_nothing(*_: object) -> Iterator[object]:
    yield from ()


def without_decorator(*_: object) -> Iterator[object]:
    yield Told(0.0)


@pytest.mark.parametrize(
    ("strategy", "words"),
    [
        (telling(None), "the ready of strategy 'mine' yields None, which has no cpu"),
        (telling(5), "yields int, which has no cpu"),
        (telling(Told(None)), r"yields what returns None from cpu\(\)"),
        (telling(Told("1")), "returns '1' from"),
        (telling(Told(True)), "returns True from"),
        (telling(Told(-0.5)), "returns -0.5 from"),
        (telling(Told(float("nan"))), "returns nan from"),
        (telling(Told(float("inf"))), "returns inf from"),
        (telling(Told(OSError("gone"))), r"raises from cpu\(\): OSError: gone"),
        (with_ready(yielding_nothing), "could not get ready: .*didn't yield"),
        (with_ready(without_decorator), "returns generator"),
        (with_ready(lambda *_: 5), "returns int"),
        (with_ready(lambda *_: None), "returns None"),
    ],
)
def test_what_is_wrong_with_ready_is_told_at_the_start_with_what_to_write(
    local: LocalServer, strategy: cf.Strategy, words: str
) -> None:
    before, other = local.stats().requests, InWorkers()
    with pytest.raises(cf.errors.StrategyError, match=f"{words}.*; write ready.*yields once"):
        compared(local, other, strategy)
    assert local.stats().requests == before
    assert other.workers[0].process.poll() is not None


@pytest.mark.parametrize("seconds", [0, 1, 0.5, Fraction(1, 2)])
def test_any_number_is_a_time(local: LocalServer, seconds: float) -> None:
    assert compared(local, telling(Told(seconds))).why("mine").in_workers == 0


def test_what_goes_wrong_with_the_clock_later_is_told_as_what_it_is(local: LocalServer) -> None:
    with pytest.raises(
        cf.errors.StrategyError, match=r"'mine' yields what raises from cpu\(\): OS"
    ):
        compared(local, telling(Told(0.0, 0.0, OSError("gone"))))


def test_a_clock_of_workers_that_falls_is_noted_and_costs_nothing(local: LocalServer) -> None:
    comparison = compared(local, telling(Told(5.0, 5.0, 1.0, 1.0)))
    assert comparison.why("mine").in_workers == 0
    assert [note.fact for note in comparison.notes if "fell" in note.fact] == [
        "the CPU time of its workers fell in a run, and counts as 0 there"
    ]


def test_a_finished_comparison_is_not_lost_when_workers_are_left(
    local: LocalServer, tmp_path: Path
) -> None:
    runner = cf.Runner(local.urls(3), rounds=2, autosave=tmp_path / "kept.json")
    other = InWorkers()
    comparison = runner.compare(other, telling(Told(0.0), OSError("at the end")))
    assert len(comparison.runs("mine")) == 2
    (note,) = [note for note in comparison.notes if "closed" in note.fact]
    assert note.strategy == "mine"
    assert note.fact.endswith("OSError: at the end")
    assert cf.load(tmp_path / "kept.json") == comparison
    assert other.workers[0].process.poll() is not None


def test_sweeps_are_not_lost_either(local: LocalServer) -> None:
    sweep = cf.Runner(local.urls(3), rounds=1).sweep(telling(Told(0.0), OSError("end")), (1, 2))
    assert sum("closed" in note.fact for note in sweep.comparison.notes) == 2


def test_a_finished_run_is_not_lost_when_workers_are_left(local: LocalServer) -> None:
    with pytest.warns(UserWarning, match="'mine': .* could not be closed: OSError: at the end"):
        run = cf.Runner(local.urls(3)).run(telling(Told(0.0), OSError("at the end")))
    assert len(run) == 3


def test_ctrl_c_is_told_beside_what_leaving_raises(local: LocalServer) -> None:
    def interrupted(urls: list[str], options: cf.Options) -> list[cf.Outcome]:
        del urls, options
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as caught:
        compared(local, telling(Told(0.0), OSError("at the end")), interrupted)
    assert "OSError: at the end" in caught.value.__notes__[0]


def test_no_ready_swallows_what_goes_wrong_in_another(local: LocalServer) -> None:
    @contextmanager
    def swallowing(*_: object) -> Iterator[object]:
        with suppress(Exception):
            yield Told(0.0)

    with pytest.raises(cf.errors.StrategyError, match="no room"):
        compared(local, with_ready(swallowing), Raising(OSError("no room")))
