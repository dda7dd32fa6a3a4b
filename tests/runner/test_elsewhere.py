"""Strategies run by another interpreter: measured in there, and nothing left of it."""

import functools
import os
import pickle
import platform
import select
import signal
import subprocess
import sys
import threading
import warnings
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter, sleep
from typing import Any

import attrs
import crossing
import pytest
from fakes import response
from hypothesis import given
from hypothesis import strategies as st
from pace import in_time
from pythons import OTHER, PYTHON, TAG, away, script

import concurrent_fetch as cf
from concurrent_fetch.errors import StrategyError
from concurrent_fetch.runner._by_name import by_name
from concurrent_fetch.runner._elsewhere import Away, Elsewhere, placed
from concurrent_fetch.runner._gil import watching_imports
from concurrent_fetch.runner._interpreters import (
    Interpreter,
    find_interpreter,
)
from concurrent_fetch.runner._measured import Measured
from concurrent_fetch.runner._pipes import receive, receive_hello, send, send_hello
from concurrent_fetch.runner._pythons import cards_of, notes_on_pythons, prepared_in
from concurrent_fetch.runner._ready import Kept, Ready
from concurrent_fetch.runner._rows import Rows
from concurrent_fetch.runner._warming import MOST_WARMING, notes_on_warming, warmed
from concurrent_fetch.server import LocalServer
from concurrent_fetch.strategies import AnyStrategy

pytestmark = pytest.mark.once


def compared(local: LocalServer, *strategies: AnyStrategy, rounds: int = 2) -> cf.Comparison:
    return cf.Runner(local.urls(4), rounds=rounds, seed=1).compare(*strategies)


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


# --- what it brings ---


def test_it_fetches_as_the_strategy_does_here(local: LocalServer) -> None:
    urls = [local.url("/bytes/10"), local.url("/status/404"), "nonsense"]
    here = cf.fetch_threaded(urls)
    there = away(cf.fetch_threaded)(urls)
    assert isinstance(there, cf.Run)
    for one, other in zip(here, there, strict=True):
        assert (one.url, one.index, type(one)) == (other.url, other.index, type(other))
    assert [r.body for r in there.responses] == [r.body for r in here.responses]
    assert there.strategy == f"fetch_threaded @ {TAG}"


def test_the_flagship(local: LocalServer) -> None:
    runner = cf.Runner(local.urls(4), rounds=2, seed=1, work=crossing.computing)
    comparison = runner.compare(cf.fetch_threaded, away(cf.fetch_threaded))
    assert comparison.strategies == ("fetch_threaded", f"fetch_threaded @ {TAG}")
    assert comparison.reasons_against(comparison.strategies[1]) == ()
    assert {record.worked for record in comparison.records} == {4}
    assert "outside" in str(comparison)
    there = comparison.cards[comparison.strategies[1]]
    is_another = there.python != comparison.card.python
    assert is_another == any("it ran on" in note.fact for note in comparison.notes)


@pytest.mark.long
def test_asynchronous_ones_and_values_that_are_no_outcomes_come_too(local: LocalServer) -> None:
    comparison = compared(
        local, cf.fetch_async, away(cf.fetch_async), away(crossing.of_bodies), rounds=1
    )
    assert [comparison.reasons_against(name) for name in comparison.strategies] == [()] * 3


@pytest.mark.long
def test_the_inside_clock_counts(local: LocalServer) -> None:
    comparison = compared(local, cf.fetch_sync, away(cf.fetch_sync))
    name = comparison.strategies[1]
    for record in comparison.records:
        if record.strategy == name:
            assert record.elapsed_outside is not None
            assert record.elapsed < record.elapsed_outside
            assert record.outside == 0
            assert record.cpu > 0
        else:
            assert record.elapsed_outside is None
    assert comparison.probes[name].on_loop is False


@pytest.mark.long
def test_it_stays_for_a_whole_comparison_and_is_one_process(
    local: LocalServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIDS", str(tmp_path / "pids"))
    runner = cf.Runner(local.urls(2), rounds=2, work=crossing.pid)
    runner.compare(cf.elsewhere(cf.fetch_sync, OTHER), away(cf.fetch_threaded))
    first, *others = {
        tuple(map(int, one.split(","))) for one in (tmp_path / "pids").read_text().split()
    }
    assert others == []
    process, group, session = first
    assert (group, session) == (process, os.getsid(0))  # a session has a share of the machine
    assert not is_running(process)


@pytest.mark.long
def test_its_card_is_kept_in_files(local: LocalServer, tmp_path: Path) -> None:
    comparison = compared(local, cf.fetch_sync, away(cf.fetch_sync), rounds=1)
    name = comparison.strategies[1]
    assert list(comparison.cards) == [name]
    other = find_interpreter(OTHER)
    assert comparison.cards[name].python == f"{other.implementation} {other.version}"
    cf.save(comparison, tmp_path / "kept.json")
    assert cf.load(tmp_path / "kept.json") == comparison


@pytest.mark.long
def test_it_composes_with_options_and_partials_on_both_sides(local: LocalServer) -> None:
    client = functools.partial(cf.fetch_threaded, client="httpx")
    inside = cf.elsewhere(cf.with_options(client, concurrency=3), OTHER)
    outside = cf.with_options(
        functools.partial(away(cf.fetch_threaded), client="httpx"), concurrency=3
    )
    comparison = cf.Runner(local.urls(4), rounds=1).compare(inside, outside=outside)
    assert comparison.strategies[0] == f"fetch_threaded(client='httpx')(concurrency=3) @ {TAG}"
    assert {record.options.concurrency for record in comparison.records} == {3}
    assert repr(pickle.loads(pickle.dumps(inside))) == repr(inside)


def test_it_gets_ready_there_once(local: LocalServer) -> None:
    comparison = compared(local, away(crossing.Prepared()), rounds=2)
    assert comparison.rounds == 2


def test_what_a_strategy_keeps_there_is_not_declared_by_the_interpreter(
    local: LocalServer,
) -> None:
    (reason,) = compared(local, away(crossing.keeping), rounds=3).reasons_against(
        f"keeping @ {TAG}"
    )
    assert "opened a connection: it kept those of its first run" in reason


def test_prepared_are_those_with_a_ready_of_their_own() -> None:
    assert prepared_in(
        {
            "here": crossing.Prepared(),
            "there": away(crossing.Prepared()),
            "changed there": cf.with_options(away(crossing.Prepared()), concurrency=3),
            "bare": cf.fetch_sync,
            "bare there": away(cf.fetch_sync),
            "changed bare there": cf.with_options(away(cf.fetch_sync), concurrency=3),
        }
    ) == {"here", "there", "changed there"}


# --- what cannot cross ---


def nested() -> AnyStrategy:
    def mine(urls: list[str], options: cf.Options) -> list[cf.Outcome]:
        return list(cf.fetch_sync(urls, options))

    return mine


@pytest.mark.parametrize(
    ("strategy", "words"),
    [
        (lambda urls: urls, "a lambda has no name .* mine.py"),
        (nested(), "is defined inside a function.*: from mine import .*mine"),
        (functools.partial(crossing.prefixed, prefix=threading.Lock()), "takes what pickles"),
        (3, "must be callable"),
    ],
    ids=["lambda", "closure", "lock", "number"],
)
def test_what_has_no_name_to_import_is_refused_with_what_to_write(
    strategy: AnyStrategy, words: str
) -> None:
    with pytest.raises(TypeError, match=words):
        away(strategy)


def test_a_function_of_the_script_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crossing.of_bodies, "__module__", "__main__")
    with pytest.raises(TypeError, match=r"mine\.py, and: from mine import of_bodies"):
        away(crossing.of_bodies)


def test_work_that_cannot_cross_is_an_error_of_the_strategy(local: LocalServer) -> None:
    runner = cf.Runner(local.urls(2), work=lambda response: response.size)
    with pytest.raises(StrategyError, match=r"could not get ready.*a lambda has no name"):
        runner.compare(cf.fetch_sync, away(cf.fetch_sync))


def test_names_cross_and_nothing_else_of_functions() -> None:
    assert pickle.loads(by_name((crossing.computing, cf.Options()))) == (
        crossing.computing,
        cf.Options(),
    )


# --- called by hand ---


@pytest.mark.parametrize(
    ("urls", "words"),
    [
        ("http://a.example/", r"got one str; write \['http://a.example/'\]"),
        (b"http://a.example/", "decode them first"),
        (5, "must be an iterable of str, got int"),
        (None, "must be an iterable of str, got NoneType"),
        ([None], "a missing value"),
        ([cf.Request("http://a.example/")], "is given plain URLs; give requests to fetch_threaded"),
        (cf.Request("http://a.example/"), r"write \[request\]"),
    ],
)
def test_what_is_no_set_of_urls_is_refused(urls: Any, words: str) -> None:
    with pytest.raises(TypeError, match=words):
        away(cf.fetch_sync)(urls)


@pytest.mark.parametrize("options", [5, None, {}])
def test_what_are_no_options_are_refused(options: Any) -> None:
    with pytest.raises(TypeError, match=r"options must be an Options, got \w+; write"):
        away(cf.fetch_sync)(["http://a.example/"], options)


def test_a_journal_is_refused(tmp_path: Path) -> None:
    options = cf.Options(journal=tmp_path / "j.jsonl")
    with pytest.raises(ValueError, match="writes no journal; leave out journal="):
        away(cf.fetch_sync)(["http://a.example/"], options)


def test_urls_and_options_are_given_as_to_the_strategy_itself(local: LocalServer) -> None:
    strategy, urls = Elsewhere(cf.fetch_threaded, find_interpreter(OTHER)), local.urls(2)
    with strategy.ready(urls, cf.Options()):
        assert len(strategy(url for url in urls)) == 2
        assert len(strategy(tuple(urls))) == 2
        assert len(strategy([])) == 0
        assert strategy(urls, options=cf.Options(concurrency=3)).options.concurrency == 3
        assert len(strategy(urls=urls, client="httpx")) == 2
        with pytest.raises(StrategyError, match=r"write fetch_threaded\(urls, Options\(concu"):
            strategy(urls, concurrency=5)


# --- what goes wrong there ---


@pytest.mark.parametrize(
    ("strategy", "words"),
    [
        (crossing.raising, r"strategy 'mine' raised ValueError: no good: 4 at 20"),
        (crossing.wrong, r"strategy 'mine' returned 3 outcomes for 4 URLs; missing: .*"),
        (crossing.dying, r"strategy 'mine' lost its interpreter, .* exit code 7: last words"),
    ],
    ids=["raises", "answers too little", "dies"],
)
def test_it_is_said_as_of_any_strategy(
    local: LocalServer, strategy: AnyStrategy, words: str
) -> None:
    with pytest.raises(StrategyError, match=words):
        cf.Runner(local.urls(4)).compare(mine=away(strategy))


def test_prints_reach_stderr_and_harm_nothing(
    local: LocalServer, capsys: pytest.CaptureFixture[str]
) -> None:
    run = cf.Runner(local.urls(2)).run(away(crossing.printing))
    assert len(run) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "printed in the child" in err
    assert "from a child of it" in err


def test_ctrl_c_ends_it_at_once_and_leaves_nothing(
    local: LocalServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = tmp_path / "started"
    monkeypatch.setenv("STARTED", str(started))
    sent = []

    def interrupt() -> None:
        while not (started.exists() and started.read_text()):
            sleep(0.01)
        sent.append(perf_counter())
        signal.raise_signal(signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        cf.Runner(local.urls(2)).compare(away(crossing.hanging))
    in_time(perf_counter() - sent[0], 1.0)
    thread.join()
    assert not is_running(int(started.read_text()))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes")
@pytest.mark.parametrize("text", [f"exec {PYTHON}", f"{PYTHON}; true"], ids=["python", "script"])
def test_it_ends_with_a_process_that_is_killed(tmp_path: Path, text: str) -> None:
    os.mkfifo(tmp_path / "held")
    asking = (
        f"import sys; sys.path[:0] = {[str(Path(crossing.__file__).parent)]}\n"
        "import concurrent_fetch as cf, crossing\n"
        f"cf.elsewhere(crossing.holding, {script(tmp_path, text)!r})(['http://127.0.0.1/'])"
    )
    held = os.open(tmp_path / "held", os.O_RDONLY | os.O_NONBLOCK)
    environment = os.environ | {"HELD": str(tmp_path / "held")}
    with subprocess.Popen([sys.executable, "-c", asking], env=environment) as asks:
        assert select.select([held], [], [], 60)[0]
        assert os.read(held, 100) == b"held"
        asks.kill()
    killed = perf_counter()
    assert select.select([held], [], [], 60)[0]
    assert os.read(held, 100) == b""  # nobody has it any more
    os.close(held)
    in_time(perf_counter() - killed, 10.0)


@pytest.mark.parametrize(
    ("strategy", "work", "function"),
    [(crossing.raising, None, "raising"), (cf.fetch_threaded, crossing.failing, "failing")],
    ids=["strategy", "work"],
)
def test_where_it_was_raised_there_is_told_beside_it(
    local: LocalServer, strategy: AnyStrategy, work: Any, function: str
) -> None:
    with pytest.raises(StrategyError, match="ValueError: no good") as caught:
        away(strategy)(local.urls(2), cf.Options(work=work))
    (note,) = caught.value.__notes__
    assert note.startswith("in another interpreter:\nTraceback")
    assert f"in {function}\n" in note
    assert "crossing.py" in note


def test_a_runner_tells_it_too(local: LocalServer) -> None:
    with pytest.raises(StrategyError, match="strategy 'mine' raised ValueError") as caught:
        cf.Runner(local.urls(2)).compare(mine=away(crossing.raising))
    (note,) = caught.value.__notes__
    assert "in raising\n" in note


def test_what_raises_nothing_has_no_place_to_tell(local: LocalServer) -> None:
    with pytest.raises(StrategyError, match="returned 1 outcome") as caught:
        away(crossing.wrong)(local.urls(2))
    assert not hasattr(caught.value, "__notes__")


# --- pure parts ---


def measured(begun: float, elapsed: float) -> Measured:
    return Measured(
        strategy="it",
        options=cf.Options(),
        started_at=datetime.now(UTC),
        rows=Rows([response("u", started=begun, finished=begun + elapsed), cf.Row()], ordered=True),
        elapsed=elapsed,
        cpu=0.0,
        begun=begun,
        outside=0,
        worked=None,
        working=0.0,
    )


@given(
    begun=st.floats(-1e6, 1e6),
    elapsed=st.floats(0, 100),
    sent=st.floats(0, 1e6),
    more=st.floats(0.001, 10),
)
def test_times_are_placed_between_asking_and_answer(
    begun: float, elapsed: float, sent: float, more: float
) -> None:
    received = sent + elapsed + more
    found = placed(measured(begun, elapsed), sent, received)
    outcome = found.rows.results[0]
    assert isinstance(outcome, cf.Response)
    timing = outcome.timing
    assert sent - 1e-6 <= found.begun == timing.started
    assert timing.finished == pytest.approx(found.begun + elapsed, abs=1e-6)
    assert timing.finished <= received + 1e-6
    assert found.elapsed == elapsed
    if sent <= begun and begun + elapsed <= received:
        assert found.begun == begun


def test_messages_of_any_length_pass_whole() -> None:
    reading, writing = os.pipe()
    messages = [b"", b"x" * 3_000_000, {"a": 1}]

    def write() -> None:
        for one in messages:
            send(writing, one)

    thread = threading.Thread(target=write)
    thread.start()
    assert [receive(reading) for _ in messages] == messages
    thread.join()
    os.close(writing)
    with pytest.raises(EOFError):
        receive(reading)
    os.close(reading)


@given(printed=st.binary(max_size=200))
def test_the_first_message_is_found_behind_whatever_is_printed(printed: bytes) -> None:
    reading, writing = os.pipe()
    try:
        os.write(writing, printed)
        send_hello(writing, {"a": 1})
        found = bytearray()
        assert receive_hello(reading, found) == {"a": 1}
        assert found == printed
    finally:
        os.close(reading)
        os.close(writing)


def test_warming_up_ends_when_it_gets_no_faster() -> None:
    assert warmed([9.0, 5.0, 3.0, 2.0, 2.1, 1.95, 2.0, 1.0]) == (7, True)
    assert warmed([1.0] * 9) == (4, True)
    halves = [0.5**n for n in range(MOST_WARMING)]
    assert warmed(halves) == (MOST_WARMING, False)
    quiet, loud = notes_on_warming({"a": warmed([1.0] * 9), "b": warmed(halves)})
    assert quiet.advice == ""
    assert "still getting faster" in loud.advice


def test_runs_to_warm_up_are_planned() -> None:
    pypy = Interpreter("/c/pypy3", "PyPy", "3.11.11", is_free=False)
    plan = cf.Runner(["http://localhost/"], rounds=5).plan(
        cf.fetch_sync, Elsewhere(cf.fetch_sync, pypy)
    )
    home = MOST_WARMING * (platform.python_implementation() == "PyPy")
    assert plan.warming == MOST_WARMING + home
    assert plan.requests == 2 * 7 + plan.warming
    assert "to warm up" in str(plan)


def warn_of_both(found: list[str]) -> None:
    told = "The global interpreter lock (GIL) has been enabled to load module 'old._c', which has"
    with watching_imports(found):
        warnings.warn(told, RuntimeWarning, stacklevel=1)
        warnings.warn("another", RuntimeWarning, stacklevel=1)


def test_who_turns_the_gil_on_is_known_by_the_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("concurrent_fetch.runner._gil.is_free", lambda: True)
    found: list[str] = []
    with pytest.warns(RuntimeWarning, match="another"):
        warn_of_both(found)
    assert found == ["old._c"]


def test_notes_tell_of_other_pythons_and_of_a_gil_that_is_back(local: LocalServer) -> None:
    card = compared(local, cf.fetch_sync, rounds=1).card
    other = attrs.evolve(card, python="CPython 3.99.1", build="free-threaded, GIL on")
    ready = Ready({"here": cf.fetch_sync, "there": cf.fetch_sync}, ["u"], cf.Options())
    ready.kept["there"] = Kept(Away(other, ["old._c"]), 0.1)
    first, second = notes_on_pythons(card, ready)
    assert "it ran on CPython 3.99.1 (free-threaded, GIL on) where this process is" in first.fact
    assert "turned on again by old._c" in second.fact
    assert cards_of(ready) == {"there": other}
    back = attrs.evolve(card, build="free-threaded, GIL on")
    note, *_ = notes_on_pythons(back, ready, ["old._d"])
    assert note.strategy is None
    assert "turned on again by old._d" in note.fact


def test_a_gil_that_was_asked_for_is_no_module_s_fault(local: LocalServer) -> None:
    card = compared(local, cf.fetch_sync, rounds=1).card
    kept = attrs.evolve(card, build="free-threaded, GIL kept on")
    ready = Ready({"here": cf.fetch_sync, "there": cf.fetch_sync}, ["u"], cf.Options())
    ready.kept["there"] = Kept(Away(kept, []), 0.1)
    here, there = notes_on_pythons(kept, ready)
    assert [here.strategy, there.strategy] == [None, "there"]
    for note in (here, there):
        assert "PYTHON_GIL=1 or -X gil=1 keeps the GIL on" in note.fact
        assert "module" not in note.fact
