"""What real runs leave behind is found, named and, as far as it is a setting, put back."""

import asyncio
import gc
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import trustme
from fakes import URLS, fetched_now, freeze

from concurrent_fetch import Comparison, Options, Outcome, Runner, Strategy
from concurrent_fetch.runner import Bridge, Clocks, _settings_kept
from concurrent_fetch.runner._seen import HAS_CLOCKS, Thing, look
from concurrent_fetch.runner._settings_kept import SettingsKept
from concurrent_fetch.server import LocalServer

has_clocks = pytest.mark.skipif(not HAS_CLOCKS, reason="the system does not tell")
_LONG = 30.0


@pytest.fixture(autouse=True)
def _little_garbage() -> None:
    freeze()


def compared(*strategies: Strategy, **named: Strategy) -> Comparison:
    return Runner(URLS, rounds=4, seed=1, clock=time.monotonic).compare(*strategies, **named)


def notes(comparison: Comparison, name: str) -> list[str]:
    return [note.fact for note in comparison.notes if note.strategy == name]


class Spinning:
    """A strategy that leaves a thread, which computes until the test is over."""

    def __init__(self) -> None:
        self.used = 0.0
        self.is_over = False
        self._thread: threading.Thread | None = None

    def __call__(self, urls: list[str], _options: Options) -> list[Outcome]:
        if self._thread is None:
            self._thread = threading.Thread(target=self._spin, name="spin", daemon=True)
            self._thread.start()
        return fetched_now(urls)

    def beside(self, urls: list[str], _options: Options) -> list[Outcome]:
        """Another, honest strategy, which takes until that thread has had its turn."""
        begun, limit = self.used, time.monotonic() + _LONG
        while self._thread and self.used < begun + 0.005 and time.monotonic() < limit:
            time.sleep(0.005)
        return fetched_now(urls)

    def _spin(self) -> None:
        while not self.is_over:
            self.used = time.thread_time()


@pytest.fixture
def spinning() -> Iterator[Spinning]:
    strategy = Spinning()
    yield strategy
    strategy.is_over = True


@has_clocks
def test_rounds_beside_a_thread_that_computes_on_do_not_count(spinning: Spinning) -> None:
    comparison = compared(honest=spinning.beside, bad=spinning)
    assert "it left at work, while others ran: thread 'spin'" in notes(comparison, "bad")
    assert notes(comparison, "honest") == []
    assert set(comparison.marked.values()) == {"thread 'spin' of bad was at work beside honest"}
    assert any("had to be left out" in why for why in comparison.reasons_against("bad"))


@has_clocks
def test_a_look_shows_threads_and_children_with_what_they_have_used(spinning: Spinning) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        spinning(URLS, Options())
        spinning.beside(URLS, Options())
        things = look().things
        (spin,) = (seen for seen in things.values() if seen.name == "spin")
        assert (spin.cpu or 0) > 0
        assert Thing("process", child.pid) in things
        assert threading.get_native_id() not in {thing.number for thing in things}
        child.communicate(b"\n")
    assert Thing("process", child.pid) not in look().things


def test_a_thread_left_by_every_run_is_noted() -> None:
    is_over = threading.Event()

    def bad(urls: list[str], _options: Options) -> list[Outcome]:
        threading.Thread(target=is_over.wait, daemon=True).start()
        return fetched_now(urls)

    try:
        found = notes(compared(fetched_now, bad), "bad")
        assert found == ["nearly every run leaves something behind: 6 threads by now"]
    finally:
        is_over.set()


def test_tasks_left_on_the_loop_are_noted() -> None:
    async def bad(urls: list[str], _options: Options) -> list[Outcome]:
        bad.left = [asyncio.ensure_future(asyncio.sleep(_LONG)) for _ in range(3)]  # type: ignore[attr-defined]
        await asyncio.sleep(0)
        return fetched_now(urls)

    found = notes(compared(fetched_now, bad), "bad")
    assert found == ["it left 3 tasks on its event loop, cancelled by the Runner"]


def pooled() -> Strategy:
    pool = ThreadPoolExecutor(4)

    def strategy(urls: list[str], _options: Options) -> list[Outcome]:
        list(pool.map(time.sleep, [0.001] * 8))
        return fetched_now(urls)

    return strategy


def dropped(urls: list[str], _options: Options) -> list[Outcome]:
    list(ThreadPoolExecutor(2).map(time.sleep, [0.001] * 4))
    return fetched_now(urls)


async def closing(urls: list[str], _options: Options) -> list[Outcome]:
    """One that lets something close itself, and cancels something else."""
    closing.left = asyncio.ensure_future(asyncio.sleep(0.001))  # type: ignore[attr-defined]
    other = asyncio.ensure_future(asyncio.sleep(_LONG))
    await asyncio.to_thread(time.sleep, 0.001)
    other.cancel()
    return fetched_now(urls)


def with_child(urls: list[str], _options: Options) -> list[Outcome]:
    subprocess.run([sys.executable, "-S", "-c", "0"], check=True)
    return fetched_now(urls)


def without_collector(urls: list[str], _options: Options) -> list[Outcome]:
    gc.disable()
    try:
        return fetched_now(urls)
    finally:
        gc.enable()


def test_honest_strategies_are_left_alone() -> None:
    comparison = compared(fetched_now, pooled(), dropped, closing, with_child, without_collector)
    assert comparison.notes == ()
    assert comparison.marked == {}
    assert not any(map(comparison.reasons_against, comparison.strategies))


@pytest.fixture
def over_tls(tmp_path: Path) -> Iterator[LocalServer]:
    path = tmp_path / "certificate.pem"
    authority = trustme.CA()
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(path)
    with LocalServer(certificate=str(path)) as server:
        yield server


def closing_its_session(read: str) -> Strategy:
    """Own code over aiohttp, whose connections are closed on the loop once it has returned."""

    async def get(session: aiohttp.ClientSession, url: str) -> tuple[str, object]:
        async with session.get(url, ssl=False) as response:
            return url, await getattr(response, read)()

    async def strategy(urls: list[str], options: Options) -> object:
        connector = aiohttp.TCPConnector(limit=options.concurrency)
        async with aiohttp.ClientSession(connector=connector) as session:
            return await asyncio.gather(*(get(session, url) for url in urls))

    return strategy  # type: ignore[return-value]


def test_closing_connections_between_two_runs_hinders_nobody(over_tls: LocalServer) -> None:
    runner = Runner(over_tls.urls(24), Options(concurrency=24), rounds=4, seed=1)
    comparison = runner.compare(
        bodies=closing_its_session("read"), texts=closing_its_session("text")
    )
    assert comparison.marked == {}
    assert not any("left at work" in note.fact for note in comparison.notes)


def _changed(name: str) -> str:
    return f"it changed settings that other strategies share: {name}"


def _with_profile() -> None:
    sys.setprofile(lambda *_: None)


@pytest.mark.parametrize(
    ("change", "read", "name"),
    [
        (gc.disable, gc.isenabled, "the garbage collector"),
        (lambda: gc.set_threshold(7), gc.get_threshold, "gc.set_threshold"),
        (lambda: sys.setswitchinterval(0.5), sys.getswitchinterval, "sys.setswitchinterval"),
        (_with_profile, sys.getprofile, "sys.setprofile"),
        (lambda: sys.settrace(lambda *_: None), sys.gettrace, "sys.settrace"),
    ],
)
def test_settings_are_put_back_after_each_run_and_named(
    change: Callable[[], None], read: Callable[[], object], name: str
) -> None:
    if name == "gc.set_threshold" and not hasattr(gc, "get_threshold"):
        pytest.skip("there is none on PyPy")
    usual, seen = read(), []

    def honest(urls: list[str], _options: Options) -> list[Outcome]:
        seen.append(read())
        return fetched_now(urls)

    def bad(urls: list[str], _options: Options) -> list[Outcome]:
        change()
        return fetched_now(urls)

    comparison = compared(honest, bad)
    assert seen == [usual] * 6
    assert read() == usual
    assert notes(comparison, "bad") == [_changed(name)]
    assert notes(comparison, "honest") == []


def test_they_are_put_back_also_if_the_run_fails() -> None:
    def bad(_urls: list[str], _options: Options) -> list[Outcome]:
        gc.disable()
        raise OSError("no")

    with pytest.raises(Exception, match="no"):
        compared(bad)
    assert gc.isenabled()


def _own_tasks(
    loop: asyncio.AbstractEventLoop, coroutine: Coroutine[Any, Any, Any], **settings: Any
) -> "asyncio.Task[Any]":
    return asyncio.Task(coroutine, loop=loop, **settings)


ON_LOOP: dict[str, tuple[Callable[[Any], object], Callable[[Any], object]]] = {
    "loop.set_task_factory": (
        lambda loop: loop.set_task_factory(_own_tasks),
        lambda loop: loop.get_task_factory(),
    ),
    "loop.set_debug": (lambda loop: loop.set_debug(True), lambda loop: loop.get_debug()),
    "loop.slow_callback_duration": (
        lambda loop: setattr(loop, "slow_callback_duration", 7.0),
        lambda loop: loop.slow_callback_duration,
    ),
    "loop.set_exception_handler": (
        lambda loop: loop.set_exception_handler(lambda *_: None),
        lambda loop: loop.get_exception_handler(),
    ),
    "sys.setprofile": (lambda _: _with_profile(), lambda _: sys.getprofile()),
    "sys.settrace": (lambda _: sys.settrace(lambda *_: None), lambda _: sys.gettrace()),
    "os.sched_setaffinity": (
        lambda _: os.sched_setaffinity(0, {max(os.sched_getaffinity(0))}),
        lambda _: os.sched_getaffinity(0),
    ),
}


@pytest.mark.parametrize("fails", [False, True])
@pytest.mark.parametrize("name", ON_LOOP)
def test_those_of_the_shared_loop_and_its_thread_are_put_back_there(name: str, fails: bool) -> None:
    if name == "os.sched_setaffinity" and (
        sys.platform != "linux" or len(os.sched_getaffinity(0)) < 2
    ):
        pytest.skip("there is one core, or no telling")
    change, read = ON_LOOP[name]
    seen = []

    async def honest(urls: list[str], _options: Options) -> list[Outcome]:
        seen.append(read(asyncio.get_running_loop()))
        return fetched_now(urls)

    async def bad(urls: list[str], _options: Options) -> list[Outcome]:
        change(asyncio.get_running_loop())
        if fails:
            raise OSError("no")
        return fetched_now(urls)

    if fails:
        with Bridge(Clocks(time.perf_counter, time.process_time)) as bridge:
            bridge.drive(honest, URLS, Options())
            with pytest.raises(OSError, match="no"):
                bridge.drive(bad, URLS, Options())
            bridge.drive(honest, URLS, Options())
    else:
        comparison = compared(honest, bad)
        assert notes(comparison, "bad") == [_changed(name)]
        assert notes(comparison, "honest") == []
    assert all(value == seen[0] for value in seen)
    assert len(seen) >= 2


def test_a_trace_function_that_was_there_stays_as_it_was() -> None:
    """As that of a debugger, or of what measures coverage."""

    def trace(*_: object) -> None: ...

    def tracing(urls: list[str], _options: Options) -> list[Outcome]:
        seen.append(sys.gettrace())
        return fetched_now(urls)

    def bad(urls: list[str], _options: Options) -> list[Outcome]:
        sys.settrace(None)
        return fetched_now(urls)

    seen: list[object] = []
    usual = sys.gettrace()
    sys.settrace(trace)
    try:
        comparison = compared(tracing, bad)
        after = sys.gettrace()
    finally:
        sys.settrace(usual)
    assert after is trace
    assert set(seen) == {trace}
    assert notes(comparison, "bad") == [_changed("sys.settrace")]


def test_ctrl_c_while_they_are_put_back_follows_and_leaves_none_changed() -> None:
    values: dict[str, str] = dict.fromkeys(("first", "second", "third"), "usual")

    def put_back(name: str, value: str) -> None:
        signal.raise_signal(signal.SIGINT)
        values[name] = value

    settings = [
        _settings_kept._Setting(name, partial(values.get, name), partial(put_back, name))
        for name in values
    ]
    kept = SettingsKept(settings)
    values.update(dict.fromkeys(values, "changed"))
    with pytest.raises(KeyboardInterrupt):
        kept.put_back()
    assert set(values.values()) == {"usual"}
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_nothing_is_changed_where_nothing_was() -> None:
    assert SettingsKept().put_back() == ()


@has_clocks
def test_looking_around_is_cheap() -> None:
    """At most 1 ms of CPU time for each run, which looks three times at most if all is well."""
    look()
    costs = []
    for _ in range(9):
        begun = time.thread_time()
        look()
        costs.append(time.thread_time() - begun)
    assert min(costs) < 0.001 / 3
