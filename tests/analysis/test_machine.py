"""What others do with the machine: read off files of the system, and told from our own load."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest
from fakes import URLS, Clock, Plain, fetched_now, taking

from concurrent_fetch import (
    Limit,
    Options,
    Outcome,
    Runner,
    fetch_async,
    fetch_sync,
    fetch_threaded,
)
from concurrent_fetch.analysis import Evidence, Lateness, Loads, Probe, Tried, Why
from concurrent_fetch.analysis._beside import Beside
from concurrent_fetch.analysis._family import family
from concurrent_fetch.analysis._load import Amount, Load, is_busy, load_of
from concurrent_fetch.analysis._loads import notes_on_load
from concurrent_fetch.analysis._loops import SHORTEST
from concurrent_fetch.analysis._machine import (
    Cores,
    Machine,
    Moment,
    Taken,
    between,
    cores_in,
    stalled_in,
)
from concurrent_fetch.analysis._run_delay import RunDelay
from concurrent_fetch.analysis._starved import unless_starved
from concurrent_fetch.results._limit_told import limits
from concurrent_fetch.runner._others import loads_beside
from concurrent_fetch.server import LocalServer

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="other systems do not tell")

TICKS = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100

STAT = b"""cpu  1000 60 300 9000 100 0 40 30 7 0
cpu0 500 40 100 4500 60 0 10 20 7 0
cpu1 500 20 200 4500 40 0 30 10 0 0
intr 12345 0 9
ctxt 99
"""
PRESSURE = b"some avg10=1.00 avg60=2.00 avg300=3.00 total=2500000\nfull avg10=0.00 total=9\n"


def test_the_cores_that_we_may_use_are_added_up() -> None:
    both, second = cores_in(STAT, {0, 1}), cores_in(STAT, {1})
    assert both == Cores(busy=1400 / TICKS, stolen=30 / TICKS)
    assert second == Cores(busy=750 / TICKS, stolen=10 / TICKS)
    with pytest.raises(ValueError, match="1 cores are not told"):
        cores_in(STAT, {1, 2})


def test_pressure_is_the_time_in_which_something_waited() -> None:
    assert stalled_in(PRESSURE) == 2.5
    with pytest.raises(ValueError, match="not enough"):
        stalled_in(b"")


def moment(at: float, busy: float, own: float = 0.0, **facts: object) -> Moment:
    known: dict[str, object] = {"children": {}, "ended": 0.0}
    return Moment(at=at, cores=Cores(busy, 0.0), own=own, **known | facts)  # type: ignore[arg-type]


def test_what_this_process_and_those_that_it_started_used_is_not_of_others() -> None:
    first = moment(1.0, 10.0, 2.0, children={7: 1.0, 8: 3.0}, ended=5.0)
    # 7 goes on, 8 has ended and used 0.5 more, 9 is new.
    last = moment(2.0, 12.0, 2.25, children={7: 1.5, 9: 0.25}, ended=8.5)
    taken = between(first, last)
    assert (taken.elapsed, taken.busy, taken.ours) == (1.0, 2.0, 0.25 + 0.5 + 0.25 + 0.5)
    assert taken.others == pytest.approx(0.5 - 0.02 - 0.15)


def test_what_workers_say_themselves_counts_once() -> None:
    first = moment(0.0, 0.0, children={7: 1.0})
    last = moment(1.0, 2.0, children={7: 1.25}, workers=1.0)
    assert between(first, last).ours == 1.0


def test_stolen_time_is_of_others() -> None:
    taken = Taken(elapsed=1.0, busy=0.5, ours=0.5, stolen=0.25, stalled=None, switches=None)
    assert (taken.others, taken.share_of_others) == (0.25, 0.25 / 0.75)


def a_machine(root: Path, stat: bytes = STAT) -> Machine:
    (root / "pressure").mkdir()
    (root / "pressure" / "cpu").write_bytes(PRESSURE)
    (root / "stat").write_bytes(stat)
    return Machine(str(root), cores={0, 1}, clock=lambda: 4.0, own_clock=lambda: 3.0)


def test_its_files_are_read_anew_each_time(tmp_path: Path) -> None:
    machine = a_machine(tmp_path)
    first = machine.read()
    (tmp_path / "stat").write_bytes(STAT.replace(b"cpu1 500", b"cpu1 600"))
    last = machine.read()
    assert first is not None
    assert last is not None
    assert (first.at, first.own, first.stalled) == (4.0, 3.0, 2.5)
    assert between(first, last).busy == pytest.approx(100 / TICKS)


@pytest.mark.parametrize("stat", [b"", b"cpu0 1 2\n", b"cpu0 a b\n", b"something else\n"])
def test_what_cannot_be_read_tells_nothing(tmp_path: Path, stat: bytes) -> None:
    machine = a_machine(tmp_path, stat)
    assert machine.read() is None
    loads = Loads(machine)
    with loads:
        pass
    assert loads.told() is None
    assert loads.notes() == []


def a_process(root: Path, name: str, delays: dict[int, int], children: str = "") -> None:
    for thread, delay in delays.items():
        task = root / name / "task" / str(thread)
        task.mkdir(parents=True, exist_ok=True)
        (task / "schedstat").write_text(f"5000000 {delay} 12\n")
        (task / "children").write_text(children)
        children = ""


def test_grandchildren_are_of_the_family(tmp_path: Path) -> None:
    a_process(tmp_path, "self", {1: 0, 2: 0}, children="10 11 ")
    a_process(tmp_path, "10", {10: 0}, children="20 ")
    a_process(tmp_path, "20", {20: 0})
    assert family(str(tmp_path)) == [10, 11, 20]


def test_the_run_delay_is_that_of_our_threads_and_of_processes_that_we_started(
    tmp_path: Path,
) -> None:
    a_process(tmp_path, "self", {1: 100_000_000, 2: 0, 3: 0}, children="10")
    a_process(tmp_path, "10", {10: 50_000_000})
    delay = RunDelay(without=2, root=str(tmp_path))
    a_process(tmp_path, "self", {1: 350_000_000, 2: 900_000_000, 3: 0}, children="10")
    a_process(tmp_path, "10", {10: 175_000_000})
    assert delay.total() == pytest.approx(0.25 + 0.125)


def test_what_computes_for_no_run_is_of_others_and_may_wait(tmp_path: Path) -> None:
    machine = a_machine(tmp_path)
    a_process(tmp_path, "self", {1: 0, 4: 0}, children=f"10 {os.getpid()} ")
    a_process(tmp_path, "10", {10: 0})
    machine.apart = {os.getpid(), 4}
    delay = RunDelay(without=2, apart={10, 4}, root=str(tmp_path))
    a_process(tmp_path, "self", {1: 250_000_000, 4: 700_000_000}, children="10")
    a_process(tmp_path, "10", {10: 900_000_000})
    assert delay.total() == pytest.approx(0.25)
    read = machine.read()
    assert read is not None
    assert read.apart == {os.getpid(), 4}


@pytest.mark.parametrize("first", [frozenset({8}), frozenset[int]()])
@pytest.mark.parametrize("last", [frozenset({8}), frozenset[int]()])
def test_a_child_that_is_known_late_to_compute_for_no_run_is_of_others_all_the_same(
    first: frozenset[int], last: frozenset[int]
) -> None:
    taken = between(
        moment(1.0, 10.0, children={7: 1.0, 8: 100.0}, apart=first),
        moment(2.0, 12.0, children={7: 1.5, 8: 101.0}, apart=last),
    )
    assert taken.ours == (0.5 if first | last else 1.5)


def test_without_schedstat_there_is_no_run_delay(tmp_path: Path) -> None:
    assert RunDelay(root=str(tmp_path)).total() is None


@pytest.mark.parametrize(
    ("busy", "ours", "cores", "expected"),
    [
        (0.3, 0.3, 2, False),  # our own alone
        (2.0, 2.0, 2, False),  # and on all cores
        (0.3, 0.2, 2, False),  # a little of others
        (1.2, 0.2, 2, True),  # one core is left
        (2.0, 1.0, 2, True),
        (0.5, 0.1, 1, True),
        (20.0, 0.5, 64, False),  # others take much, and there is more than enough
        (64.0, 0.5, 64, True),
        (6.9, 0.5, 8, True),
    ],
)
def test_a_machine_is_busy_where_others_leave_too_little(
    busy: float, ours: float, cores: int, *, expected: bool
) -> None:
    taken = Taken(elapsed=1.0, busy=busy, ours=ours, stolen=0.0, stalled=None, switches=None)
    assert is_busy(taken, cores) is expected


def a_round(others: float, **facts: float) -> Taken:
    known: dict[str, float | None] = {"stolen": 0.0, "stalled": None, "switches": None}
    return Taken(elapsed=2.0, busy=2 * others + 0.02, ours=0.0, **known | facts)  # type: ignore[arg-type]


def test_the_rounds_are_told_by_the_median_and_the_worst() -> None:
    load = load_of([a_round(x, stalled=x, switches=100 * x) for x in (0.0, 1.5, 0.5)], 2)
    assert load is not None
    assert load == Load(
        rounds=3,
        busy=2,
        others=Amount(median=0.5, worst=1.5),
        steal=Amount(median=0.0, worst=0.0),
        pressure=Amount(median=0.25, worst=0.75),
        switches=Amount(median=25.0, worst=75.0),
    )
    assert load.is_mostly_busy
    assert load.told(2) == (
        "others took 0.5 (at most 1.5) of 2 cores in the rounds, something waited for a core 25% "
        "of the time (at most 75%), 25 involuntary switches a second (at most 75)"
    )
    (note,) = notes_on_load(load, 2)
    assert str(note) == (
        "2 of 3 rounds ran on a busy machine: other programs took 0.5 (at most 1.5) of its "
        "2 cores; end them, and compare again"
    )


def test_a_machine_of_our_own_has_no_note() -> None:
    own = Taken(elapsed=1.0, busy=2.0, ours=1.98, stolen=0.0, stalled=0.9, switches=500)
    assert notes_on_load(load_of([own] * 5, 2), 2) == []
    assert notes_on_load(None, 2) == []


def test_a_round_under_a_clock_turned_by_hand_tells_nothing() -> None:
    loads = Loads(Machine())
    with loads:
        loads.forget_round()
    assert loads.told() is None
    with loads:
        pass
    told = loads.told()
    assert told is not None
    assert told.rounds == 1


def test_a_comparison_under_such_a_clock_says_nothing_of_the_load(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def long(strategy: Plain) -> Plain:
        """Long enough for the probes."""

        def answered(urls: list[str], options: Options) -> list[Outcome]:
            time.sleep(SHORTEST)
            return strategy(urls, options)

        return answered

    monkeypatch.setattr(Loads, "of_this_machine", lambda: Loads(Machine()))
    monkeypatch.setattr(RunDelay, "total", lambda _: 0.0)
    clock = Clock()
    by_hand = Runner(URLS, rounds=2, clock=clock).compare(mine=long(taking(clock, 1.0)))
    assert by_hand.card.in_rounds is None
    assert by_hand.probes["mine"].starved is None
    timed = Runner(URLS, rounds=2).compare(mine=long(fetched_now))
    assert timed.card.in_rounds is not None
    assert timed.card.in_rounds.rounds == 2
    assert timed.probes["mine"].starved == 0


STUCK = Lateness(median=0.037, p95=0.05, naps=100)
STARVED = Probe(
    thread=None, loop=STUCK, on_loop=True, threads=0, blocked=0.9, starved=1.25, others=0.8
)
QUIET = attrs.evolve(STARVED, starved=0.01, others=0.1)
BUSY = Load(
    rounds=4,
    busy=4,
    others=Amount(median=1.0, worst=1.0),
    steal=Amount(median=0.0, worst=0.0),
    pressure=None,
    switches=None,
)
IDLE = attrs.evolve(BUSY, busy=1)
FEIGNED = (
    *(Limit.NETWORK, Limit.BLOCKED_LOOP, Limit.GIL),
    *(Limit.SLOW_URL, Limit.CONNECTING, Limit.CLIENT),
)
"""What looks the same where threads wait for a core."""


def why(probe: Probe | None, evidence: Evidence = Evidence.NOTHING) -> Why:
    nan = float("nan")
    names = ("in_flight", "more_in_flight", "time_per_fetch", "longer", "turn", "service")
    figures: dict[str, Any] = dict.fromkeys(names, 1.0)
    costs: dict[str, Any] = {
        "cpu": 0.2,
        "cpu_per_fetch": 0.01,
        "queue": 0.0,
        "work": 0.0,
        "service_grew": nan,
    }
    return Why(
        strategy="mine",
        slots=1,
        urls=4,
        ideal=nan,
        efficiency=nan,
        probe=probe,
        limit=evidence.limit,
        evidence=evidence,
        is_measure=False,
        **figures,
        **costs,
    )


@pytest.mark.parametrize(("faster", "is_clear"), [(2.0, True), (1.9, False), (0.5, False)])
def test_more_in_flight_that_saved_more_than_half_of_the_waiting_is_the_limit(
    faster: float, *, is_clear: bool
) -> None:
    """Of a second it waited for one, so that half of the waiting would save a half."""
    shown = Beside(strategy="other", in_flight=4.0, more=4.0, faster=faster, longer=1.0, cpu=0.1)
    tried = Tried(
        concurrency=4, twice=8, as_it_was=(faster,) * 5, with_twice=(1.0,) * 5, service_grew=1.0
    )
    for found, evidence in (
        (attrs.evolve(why(STARVED), beside=shown), Evidence.ONE_AT_A_TIME),
        (attrs.evolve(why(STARVED), tried=tried), Evidence.FULL),
    ):
        assert unless_starved(found, evidence, BUSY) is (evidence if is_clear else Evidence.STARVED)


HALF = attrs.evolve(STARVED, starved=0.25)
OURS = attrs.evolve(STARVED, others=0.05)
UNTOLD = attrs.evolve(STARVED, others=None)


@pytest.mark.parametrize("load", [BUSY, None], ids=["busy", "untold"])
@pytest.mark.parametrize("evidence", Evidence)
def test_a_machine_that_keeps_our_threads_waiting_is_the_limit(
    evidence: Evidence, load: Load | None
) -> None:
    found = unless_starved(why(STARVED), evidence, load)
    assert found is Evidence.STARVED or found.limit not in (*FEIGNED, None)
    assert Evidence.STARVED.limit is Limit.MACHINE


@pytest.mark.parametrize("evidence", Evidence)
@pytest.mark.parametrize(
    ("probe", "load"), [(STARVED, IDLE), (HALF, BUSY)], ids=["rounds were quiet", "a little"]
)
def test_where_it_is_not_told_nothing_is_said_that_others_can_feign(
    evidence: Evidence, probe: Probe, load: Load
) -> None:
    found = unless_starved(why(probe), evidence, load)
    assert found in (evidence, Evidence.NOTHING)
    assert found.limit not in FEIGNED


@pytest.mark.parametrize(
    ("evidence", "expected"),
    [
        (Evidence.SLOWEST, Evidence.NOTHING),
        (Evidence.TO_CONNECT, Evidence.NOTHING),
        (Evidence.IN_LINE, Evidence.NOTHING),
        (Evidence.PAUSES, Evidence.NOTHING),
        (Evidence.ITS_PACE, Evidence.NOTHING),
        (Evidence.ALL_AT_ONCE, Evidence.NOTHING),
        (Evidence.HELD_LOOP, Evidence.NOTHING),
        (Evidence.LATE_THREADS, Evidence.NOTHING),
        (Evidence.AT_THE_RATE, Evidence.AT_THE_RATE),
        (Evidence.COMPUTING, Evidence.COMPUTING),
        (Evidence.FULL, Evidence.FULL),
    ],
)
def test_slow_urls_connecting_and_pauses_are_feigned_as_well(
    evidence: Evidence, expected: Evidence
) -> None:
    assert unless_starved(why(HALF), evidence, BUSY) is expected
    is_clear = evidence in {Evidence.AT_THE_RATE, Evidence.COMPUTING}
    much = evidence if is_clear else Evidence.STARVED
    assert unless_starved(why(STARVED), evidence, BUSY) is much


@pytest.mark.parametrize("evidence", Evidence)
@pytest.mark.parametrize(
    "probe", [QUIET, OURS, UNTOLD, None], ids=["quiet", "our own load", "not told", "no probe"]
)
def test_without_others_that_are_in_the_way_the_figures_stand(
    evidence: Evidence, probe: Probe | None
) -> None:
    assert unless_starved(why(probe), evidence, IDLE) is evidence


@pytest.mark.parametrize("evidence", Evidence)
def test_a_watched_run_that_was_lucky_does_not_speak_for_rounds_on_a_busy_machine(
    evidence: Evidence,
) -> None:
    lucky = attrs.evolve(why(QUIET), is_among_others=True)
    found = unless_starved(lucky, evidence, BUSY)
    assert found in (evidence, Evidence.NOTHING)
    assert found.limit not in FEIGNED
    assert not lucky.has_late_loop


def test_a_late_loop_is_not_called_blocked_where_it_waits_for_a_core() -> None:
    assert why(QUIET).has_late_loop
    assert not why(STARVED).has_late_loop
    assert limits(why(STARVED, Evidence.STARVED)) == (
        "mine is limited by this machine: in a second of its run, threads that were ready waited "
        "1.25 s (added up) for a core, while other programs had 80% of the CPU time. What helps: "
        "end the other programs, or measure on a quiet machine."
    )


def test_where_a_server_here_is_unknown_nobody_knows_whose_the_load_is(
    monkeypatch: pytest.MonkeyPatch, local: LocalServer
) -> None:
    monkeypatch.setattr(Loads, "of_this_machine", lambda: Loads(Machine()))
    assert loads_beside(local.urls(2)).machine is not None
    assert loads_beside(["https://example.com/"]).machine is not None
    assert loads_beside([*local.urls(2), "http://127.0.0.1:9/"]).machine is None
    for url in ("http://[::1]:9/", "http://[::ffff:127.0.0.1]:9/", "http://0.0.0.0:9/"):
        assert loads_beside([url, "no url"]).machine is None


def test_the_load_of_children_of_our_own_is_ours() -> None:
    machine = Machine()
    code = "import time\nwhile time.process_time() < 0.2: pass"
    first = machine.read()
    subprocess.run([sys.executable, "-c", code], check=True)
    last = machine.read()
    assert first is not None
    assert last is not None
    assert between(first, last).ours >= 0.18


def test_the_load_of_a_child_that_goes_on_is_ours() -> None:
    machine = Machine()
    code = "import time\nwhile time.process_time() < 0.2: pass\nprint(1, flush=True)\ninput()"
    first = machine.read()
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        child.stdout.readline()
        last = machine.read()
        child.communicate(b"\n")
    assert first is not None
    assert last is not None
    assert between(first, last).ours >= 0.2


@pytest.fixture
def busy_programs(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Two processes for each core that compute, and are none of ours."""
    monkeypatch.setattr(Loads, "of_this_machine", lambda: Loads(Machine()))
    apart = "import os, time\nif os.fork(): os._exit(0)\n"
    told_whom = "print(os.getpid(), flush=True)\nos.closerange(1, 3)\n"
    spinning = "end = time.monotonic() + 30\nwhile time.monotonic() < end: pass"
    pids = []
    for _ in range(2 * len(os.sched_getaffinity(0))):
        command = [sys.executable, "-c", apart + told_whom + spinning]
        told = subprocess.run(command, capture_output=True, check=True)
        pids.append(int(told.stdout))
    yield
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


@pytest.mark.once
@pytest.mark.long
@pytest.mark.usefixtures("busy_programs")
def test_beside_a_load_of_others_neither_the_network_nor_a_blocked_loop_is_named() -> None:
    with LocalServer(latency=0.005) as server:
        comparison = Runner(server.urls(20), rounds=6).compare(
            fetch_sync, fetch_threaded, fetch_async
        )
    said = f"{comparison}\n{comparison.explain()}"
    assert "network" not in said
    assert "blocked" not in said
    load = comparison.card.in_rounds
    assert load is not None
    assert load.busy
    assert any("ran on a busy machine" in note.fact for note in comparison.notes)
