"""Any strategy driven to its end, below a running loop too, leaving nothing behind."""

import asyncio
import contextvars
import functools
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import AsyncGenerator, Callable, Generator, Iterator
from importlib.util import find_spec

import pytest
from fakes import URLS, Clock, answers, response, taking
from pace import in_time

from concurrent_fetch import Options, Outcome, Runner, Strategy, with_options
from concurrent_fetch.errors import StrategyError
from concurrent_fetch.runner import Clocks
from concurrent_fetch.runner._bridge import Span

told: contextvars.ContextVar[str] = contextvars.ContextVar("told", default="nothing")


@pytest.fixture(autouse=True)
def _nothing_stays_behind() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    assert set(threading.enumerate()) == before


def runner(clock: Callable[[], float] = time.perf_counter) -> Runner:
    return Runner(URLS, rounds=2, seed=1, clock=clock)


async def coroutine(urls: list[str], _options: Options) -> list[Outcome]:
    await asyncio.sleep(0)
    return answers(urls)


async def async_generator(urls: list[str], _options: Options) -> AsyncGenerator[Outcome, None]:
    for outcome in answers(urls):
        await asyncio.sleep(0)
        yield outcome


# --- where it runs ---


def test_a_plain_strategy_runs_in_the_callers_thread() -> None:
    threads: list[threading.Thread] = []

    def strategy(urls: list[str], _options: Options) -> list[Outcome]:
        threads.append(threading.current_thread())
        return answers(urls)

    runner().run(strategy)
    assert threads == [threading.main_thread()]


@pytest.mark.parametrize("strategy", [answers, coroutine, async_generator])
def test_it_works_below_a_running_loop(strategy: Strategy) -> None:
    async def main() -> None:
        assert len(runner().compare(mine=strategy).records) == 2  # straight: the loop stands still
        assert len((await asyncio.to_thread(runner().compare, strategy)).records) == 2
        await asyncio.sleep(0)

    asyncio.run(main())


def test_async_strategies_share_one_loop_in_one_comparison() -> None:
    loops: list[asyncio.AbstractEventLoop] = []

    async def strategy(urls: list[str], _options: Options) -> list[Outcome]:
        loops.append(asyncio.get_running_loop())
        return answers(urls)

    runner().compare(strategy)
    assert len(loops) == 4
    assert len(set(map(id, loops))) == 1
    assert loops[0].is_closed()


def test_a_comparison_of_plain_strategies_starts_no_thread_but_for_the_probe() -> None:
    counts: list[int] = []

    def strategy(urls: list[str], _options: Options) -> list[Outcome]:
        counts.append(threading.active_count())
        return answers(urls)

    before = threading.active_count()
    runner().compare(strategy)
    *unwatched, watched = counts
    assert set(unwatched) == {before}
    assert watched == before + 1


@pytest.mark.parametrize(
    "strategy",
    [coroutine, async_generator, with_options(functools.partial(coroutine), concurrency=2)],
)
def test_the_loop_of_an_async_function_is_started_before_the_clock(strategy: Strategy) -> None:
    names: list[set[str]] = []

    def clock() -> float:
        names.append({thread.name for thread in threading.enumerate()})
        return float(len(names))

    runner(clock).run(strategy)
    assert "fetch-loop" in names[0]


def test_strategies_of_both_kinds_see_the_callers_context() -> None:
    heard: list[str] = []

    def plain(urls: list[str], _options: Options) -> list[Outcome]:
        heard.append(told.get())
        return answers(urls)

    async def loop(urls: list[str], _options: Options) -> list[Outcome]:
        heard.append(told.get())
        await asyncio.create_task(child())
        return answers(urls)

    async def child() -> None:
        heard.append(told.get())

    def main() -> None:
        told.set("a secret")
        runner().run(plain)
        runner().run(loop)

    contextvars.copy_context().run(main)
    assert heard == ["a secret"] * 3


# --- what is left behind ---


def test_tasks_that_a_strategy_leaves_behind_end_before_the_next_one_runs() -> None:
    running: set[str] = set()
    seen: list[set[str]] = []

    async def lingers() -> None:
        running.add("straggler")
        try:
            await asyncio.sleep(3600)
        finally:
            running.discard("straggler")

    async def careless(urls: list[str], _options: Options) -> list[Outcome]:
        seen.append(set(running))
        strays.append(asyncio.create_task(lingers()))
        await asyncio.sleep(0)
        assert running
        return answers(urls)

    def plain(urls: list[str], _options: Options) -> list[Outcome]:
        seen.append(set(running))
        return answers(urls)

    strays: list[asyncio.Task[None]] = []
    runner().compare(careless, plain)
    assert seen == [set()] * 8
    assert all(task.cancelled() for task in strays)


def test_tasks_are_ended_when_the_strategy_raises_too() -> None:
    strays: list[asyncio.Task[None]] = []

    async def careless(_urls: list[str], _options: Options) -> list[Outcome]:
        strays.append(asyncio.create_task(asyncio.sleep(3600)))
        raise OSError("no")

    with pytest.raises(StrategyError):
        runner().run(careless)
    assert strays[0].cancelled()


def test_cleaning_up_is_not_on_the_strategys_clock() -> None:
    clock = Clock()

    async def lingers() -> None:
        try:
            await asyncio.sleep(3600)
        finally:
            clock.pass_by(64.0)

    async def careless(urls: list[str], _options: Options) -> list[Outcome]:
        strays.append(asyncio.create_task(lingers()))
        await asyncio.sleep(0)
        clock.pass_by(2.0)
        return answers(urls)

    strays: list[asyncio.Task[None]] = []
    assert runner(clock).run(careless).elapsed == 2.0


# --- exceptions that are no errors ---


def raising(error: BaseException) -> list[Strategy]:
    """The four forms, and a child task, each raising that."""

    def plain(_urls: list[str], _options: Options) -> list[Outcome]:
        raise error

    def generator(urls: list[str], _options: Options) -> Generator[Outcome, None, None]:
        yield response(urls[0])
        raise error

    async def loop(_urls: list[str], _options: Options) -> list[Outcome]:
        await asyncio.sleep(0)
        raise error

    async def loop_generator(urls: list[str], _options: Options) -> AsyncGenerator[Outcome, None]:
        yield response(urls[0])
        raise error

    async def parent(_urls: list[str], _options: Options) -> list[Outcome]:
        return await asyncio.create_task(loop(_urls, _options))

    return [plain, generator, loop, loop_generator, parent]


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit])
@pytest.mark.parametrize("form", range(5))
def test_an_interrupt_passes_through_unwrapped(kind: type[BaseException], form: int) -> None:
    strategy = raising(kind("stop"))[form]
    with pytest.raises(kind, match="stop"):
        runner().compare(mine=strategy, other=answers)


@pytest.mark.parametrize("form", range(5))
def test_an_error_comes_with_the_original_as_its_cause(form: int) -> None:
    original = OSError("no such thing")
    strategy = raising(original)[form]
    with pytest.raises(StrategyError) as caught:
        runner().compare(mine=strategy, other=answers)
    assert str(caught.value) == "strategy 'mine' raised OSError: no such thing"
    assert caught.value.__cause__ is original


def test_a_strategy_that_cancels_itself_is_in_error() -> None:
    async def strange(_urls: list[str], _options: Options) -> list[Outcome]:
        raise asyncio.CancelledError

    with pytest.raises(StrategyError, match="its task was cancelled, by itself"):
        runner().run(strange)


def test_a_generator_is_closed_when_its_reader_stops() -> None:
    closed: list[bool] = []

    def generator(urls: list[str], _options: Options) -> Generator[Outcome, None, None]:
        try:
            yield from answers(urls)
            raise KeyboardInterrupt
        finally:
            closed.append(True)

    with pytest.raises(KeyboardInterrupt):
        runner().run(generator)
    assert closed == [True]


# --- Ctrl-C, for real ---

SCRIPT = """
    import asyncio, sys, time
    from concurrent_fetch import Runner, with_loop

    async def loop(urls, options):
        try:
            print("running", flush=True)
            await asyncio.sleep(3600)
        finally:
            print("cleaned up", flush=True)

    async def loop_generator(urls, options):
        try:
            print("running", flush=True)
            await asyncio.sleep(3600)
            yield
        finally:
            print("cleaned up", flush=True)

    def plain(urls, options):
        try:
            print("running", flush=True)
            time.sleep(3600)
        finally:
            print("cleaned up", flush=True)

    try:
        Runner(["http://a.example/"]).compare({strategy})
    except KeyboardInterrupt:
        import threading
        print("interrupted", threading.active_count(), flush=True)
"""


ON_UVLOOP = ("with_loop(loop, 'uvloop')", "with_loop(loop_generator, 'uvloop')")
CTRL_C = ("loop", "loop_generator", "plain", *(ON_UVLOOP if find_spec("uvloop") else ()))


@pytest.mark.parametrize("strategy", CTRL_C)
@pytest.mark.skipif(os.name != "posix", reason="sends a signal")
def test_ctrl_c_ends_the_strategy_within_a_second_and_lets_it_clean_up(strategy: str) -> None:
    script = textwrap.dedent(SCRIPT.format(strategy=strategy))
    with subprocess.Popen(
        [sys.executable, "-W", "error", "-c", script],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "running\n"
        time.sleep(0.1)  # until it waits
        sent = time.monotonic()
        child.send_signal(signal.SIGINT)
        out, err = child.communicate(timeout=10)
        took = time.monotonic() - sent
    assert (out, err) == ("cleaned up\ninterrupted 1\n", "")
    in_time(took, 1)


# --- the same result, whatever the form ---


class Fetcher:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def method(self, urls: list[str], _options: Options) -> list[Outcome]:
        self._clock.pass_by(2.0)
        return answers(urls)

    async def async_method(self, urls: list[str], _options: Options) -> Iterator[Outcome]:
        self._clock.pass_by(1.0)
        await asyncio.sleep(0)
        self._clock.pass_by(1.0)
        return iter(answers(urls))

    def generator(self, urls: list[str], _options: Options) -> Generator[Outcome, None, None]:
        self._clock.pass_by(1.0)
        yield from answers(urls)
        self._clock.pass_by(1.0)

    async def async_generator(
        self, urls: list[str], _options: Options
    ) -> AsyncGenerator[Outcome, None]:
        for outcome in answers(urls):
            self._clock.pass_by(0.5)
            yield outcome

    __call__ = method


FORMS: dict[str, Callable[[Clock], Strategy]] = {
    "function": lambda clock: taking(clock, 2.0),
    "method": lambda clock: Fetcher(clock).method,
    "async method": lambda clock: Fetcher(clock).async_method,
    "generator": lambda clock: Fetcher(clock).generator,
    "async generator": lambda clock: Fetcher(clock).async_generator,
    "callable object": Fetcher,
}


@pytest.mark.parametrize("form", FORMS)
def test_the_clocks_bracket_just_the_call_and_taking_what_it_returns(form: str) -> None:
    wall = Clock()
    run = Runner(URLS, clock=wall, cpu_clock=wall).run(FORMS[form](wall))
    assert (run.elapsed, run.cpu) == (2.0, 2.0)
    assert [outcome.url for outcome in run] == URLS


# --- the clock of outcomes ---


def read_on(wall: Callable[[], float], meanwhile: Callable[[], object]) -> Span | None:
    clocks = Clocks(wall, time.process_time)
    start = clocks.read()
    meanwhile()
    return clocks.span_of_outcomes(start, clocks.read())


@pytest.mark.parametrize(
    "wall",
    [
        time.perf_counter,
        time.monotonic,
        time.time,
        lambda: time.perf_counter() + 0.0,
        lambda: time.perf_counter() - 1e6,
    ],
    ids=["perf_counter", "monotonic", "time", "wrapped", "of another origin"],
)
def test_outcomes_are_held_against_any_clock_that_moves_by_itself(
    wall: Callable[[], float],
) -> None:
    before = time.perf_counter()
    span = read_on(wall, lambda: time.sleep(0.001))
    assert span is not None
    assert before <= span.start < span.end - 0.001 < time.perf_counter() - 0.001


@pytest.mark.parametrize("step", [0.0, 1.0, 0.25])
def test_under_a_clock_turned_by_hand_they_are_not(step: float) -> None:
    clock = Clock()

    def turn() -> None:
        clock.pass_by(step)
        time.sleep(0.001)

    assert read_on(clock, turn) is None


@pytest.mark.parametrize(
    ("elapsed", "passed", "is_real"),
    [
        (10.0, 10.0, True),
        (10.0, 10.0005, True),  # raw: 50 ppm off
        (10.0, 9.995, True),  # being adjusted by 500 ppm
        (600.0, 600.5, True),
        (600.0, 601.0, False),
        (0.003, 0.004, True),  # a tick of 4 ms
        (0.0001, 0.004, True),
        (0.5123, 0.51, True),  # rounded to hundredths
        (10.0, 10.1, False),
        (10.0, 9.9, False),
        (0.001, 0.25, False),
        (10.0, 0.004, False),
        (0.001, 0.0, False),  # it stood still
        (10.0, -10.0, False),
    ],
)
def test_a_clock_is_turned_by_hand_if_it_is_far_from_the_time_that_passed(
    elapsed: float, passed: float, is_real: bool
) -> None:
    clocks = Clocks(lambda: 0.0, time.process_time)
    start, end = (7.0, 100.0, 0.0, 7.0), (7.0 + elapsed, 100.0 + passed, 0.0, 7.0 + elapsed)
    span = Span(7.0, 7.0 + elapsed)
    assert clocks.span_of_outcomes(start, end) == (span if is_real else None)


@pytest.mark.parametrize("start_read", [7.0, 7.5])
@pytest.mark.parametrize("end_read", [8.0, 8.5])
def test_nothing_is_told_of_a_clock_where_reading_it_was_held_up(
    start_read: float, end_read: float
) -> None:
    clocks = Clocks(lambda: 0.0, time.process_time)
    span = clocks.span_of_outcomes((7.0, 0.0, 0.0, start_read), (8.0, 1.0, 0.0, end_read))
    is_told = (start_read, end_read) == (7.0, 8.0)
    assert span == (Span(7.0, 8.0) if is_told else None)


def test_saved_outcomes_are_seen_on_another_clock_of_the_same_origin() -> None:
    saved = answers(URLS)
    for clock in (time.monotonic, time.time):
        comparison = Runner(URLS, rounds=1, clock=clock).compare(cached=lambda _urls: saved)
        assert comparison.checks["cached"].outside == len(URLS), clock
