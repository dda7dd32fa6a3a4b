"""What waits while a strategy runs, seen by sleepers that are late."""

import asyncio
import threading
import time
from collections.abc import Callable

import pytest
from fakes import answers
from fetching import eventually
from pace import in_time, unless_busy

from concurrent_fetch import Options, Outcome, Runner
from concurrent_fetch.analysis._probe import Lateness, Probe, Probes, blocked_by
from concurrent_fetch.runner._bridge import Bridge, Clocks

pytestmark = pytest.mark.alone

CLOCKS = Clocks(time.perf_counter, time.process_time)


def probed(strategy: Callable[..., object]) -> Probe:
    probes = Probes()
    with Bridge(CLOCKS) as bridge, probes:
        bridge.drive(strategy, ["http://a.example/"], Options(), probes.on_loop)
    return probes.result()


def sleepers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "fetch-probe"]


def test_a_run_too_short_to_tell_tells_nothing() -> None:
    found = probed(answers)
    assert (found.thread, found.loop, found.on_loop) == (None, None, False)


def test_where_nothing_is_busy_nothing_is_late_for_long() -> None:
    def waits(urls: list[str], _options: Options) -> list[Outcome]:
        time.sleep(0.3)
        return answers(urls)

    found = probed(waits)
    assert found.thread is not None
    assert found.thread.naps >= 10
    assert found.thread.median >= 0
    in_time(found.thread.median, 0.02)
    assert found.thread.median <= found.thread.p95


def test_a_blocked_event_loop_is_late() -> None:
    async def blocks(urls: list[str], _options: Options) -> list[Outcome]:
        for _ in range(15):
            time.sleep(0.03)  # noqa: ASYNC251 - the very fault
            await asyncio.sleep(0)
        return answers(urls)

    found = probed(blocks)
    assert found.on_loop
    assert found.loop is not None
    assert found.loop.median > 0.01


def test_an_event_loop_that_waits_is_in_time() -> None:
    async def waits(urls: list[str], _options: Options) -> list[Outcome]:
        await asyncio.sleep(0.3)
        return answers(urls)

    found = probed(waits)
    assert found.loop is not None
    in_time(found.loop.median, 0.02)


def test_threads_that_hold_the_interpreter_make_the_sleeper_late() -> None:
    def computes(urls: list[str], _options: Options) -> list[Outcome]:
        end = time.perf_counter() + 0.5
        threads = [threading.Thread(target=count_until, args=(end,)) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return answers(urls)

    found = probed(computes)
    assert found.thread is not None
    assert found.thread.p95 > 0.002


def count_until(end: float) -> None:
    while time.perf_counter() < end:
        sum(range(1000))


def test_the_sleeper_ends_with_the_run_whatever_ends_it() -> None:
    def raises(_urls: list[str], _options: Options) -> list[Outcome]:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        probed(raises)
    assert sleepers() == []


def test_ctrl_c_while_the_sleeper_starts_leaves_none(monkeypatch: pytest.MonkeyPatch) -> None:
    start = threading.Thread.start

    def interrupted(thread: threading.Thread) -> None:
        start(thread)
        raise KeyboardInterrupt

    monkeypatch.setattr(threading.Thread, "start", interrupted)
    with pytest.raises(KeyboardInterrupt):
        probed(answers)
    eventually(lambda: not sleepers())


def test_probes_run_in_the_last_run_of_each_strategy_and_in_no_timed_one() -> None:
    seen: list[int] = []

    def looks(urls: list[str], _options: Options) -> list[Outcome]:
        seen.append(len(sleepers()))
        return answers(urls)

    comparison = Runner(["http://a.example/"], rounds=3).compare(looks)
    assert seen == [0, 0, 0, 0, 1]
    assert list(comparison.probes) == ["looks"]
    assert sleepers() == []


# --- a blocked loop ---


def unanswered(_url: str) -> None:
    time.sleep(0.02)


async def fetches(url: str) -> None:
    unanswered(url)


async def gathers(urls: list[str], _options: Options) -> list[Outcome]:
    await asyncio.gather(*map(fetches, 20 * urls))
    return answers(urls)


def runs_by_itself(urls: list[str], options: Options) -> list[Outcome]:
    return asyncio.run(gathers(urls, options))


@pytest.mark.parametrize("strategy", [gathers, runs_by_itself])
def test_a_call_that_waits_blocks_the_loop_wherever_that_runs(
    strategy: Callable[..., object],
) -> None:
    found = probed(strategy)
    unless_busy(found.blocked is not None and found.blocked > 0.6, found)
    assert found.blocked_in == f"{__name__}.unanswered(), called by fetches()"


def test_where_stacks_cannot_be_read_the_timer_tells_of_our_loop(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("concurrent_fetch.analysis._loops._can_look", lambda: False)
    found = probed(gathers)
    unless_busy(found.blocked is not None and found.blocked > 0.6, found)
    assert found.blocked_in is None
    assert probed(runs_by_itself).blocked is None


def test_a_loop_that_waits_or_computes_is_not_blocked() -> None:
    async def waits(urls: list[str], _options: Options) -> list[Outcome]:
        await asyncio.gather(*(asyncio.sleep(0.02 * i) for i in range(10)))
        return answers(urls)

    async def computes(urls: list[str], _options: Options) -> list[Outcome]:
        count_until(time.perf_counter() + 0.2)
        return answers(urls)

    async def hands_over(urls: list[str], _options: Options) -> list[Outcome]:
        for url in 5 * urls:
            await asyncio.to_thread(unanswered, url)
        return answers(urls)

    for strategy in (waits, computes, hands_over):
        assert not (probed(strategy).blocked or 0.0) > 0.3, strategy.__name__


def test_a_plain_strategy_has_no_loop_to_block_not_even_below_one() -> None:
    def sleeps(urls: list[str], _options: Options) -> list[Outcome]:
        time.sleep(0.1)
        return answers(urls)

    async def cell() -> Probe:
        return probed(sleeps)

    assert probed(sleeps).blocked is None
    assert asyncio.run(cell()).blocked is None


CALM = Lateness(median=0.0001, p95=0.0003, naps=100)


@pytest.mark.parametrize(
    ("late", "demand", "thread", "blocked"),
    [
        ([0.75], 0.0, CALM, 0.75),  # it never woke
        ([0.25, 0.25, 0.001], 0.25, CALM, 0.25),  # and has computed meanwhile
        ([0.001] * 9, 0.0, CALM, 0.0),
        ([0.75], 2.0, CALM, 0.0),
        ([0.75], 0.0, Lateness(median=0.003, p95=0.01, naps=9), None),  # a busy machine
        ([0.75], 0.0, None, None),
    ],
)
def test_by_its_timer_a_loop_was_blocked_for_as_long_as_that_came_late(
    late: list[float], demand: float, thread: Lateness | None, blocked: float | None
) -> None:
    assert blocked_by(late, 1.0, demand, thread) == blocked
    assert blocked_by(late, 0.04, demand, thread) is None
