"""How far a comparison has come."""

import re
from typing import Any

import attrs
import pytest
from fakes import URLS, Clock, failure, response, taking

from concurrent_fetch import Outcome, Progress, Runner
from concurrent_fetch._progress import OnProgress


def told(report: bool | OnProgress, *, rounds: int = 2, changing: bool = False) -> None:
    clock = Clock()
    digests = iter(range(1000))

    def answer(url: str, index: int, **times: Any) -> Outcome:
        digest = str(next(digests)) if changing else "abc"
        return response(url, index, digest=digest, **times)

    strategies = {
        name: taking(clock, 1.0, name=name, answer=answer) for name in ("reference", "other")
    }
    runner = Runner(URLS, rounds=rounds, seed=1, progress=report, clock=clock)
    runner.compare(**strategies)


def test_a_callable_hears_of_every_run_from_1_to_the_total() -> None:
    heard: list[Progress] = []
    told(heard.append)
    assert [(p.done, p.total, p.stage, p.round) for p in heard] == [
        (1, 8, "check", None),
        (2, 8, "check", None),
        (3, 8, "round", 0),
        (4, 8, "round", 0),
        (5, 8, "round", 1),
        (6, 8, "round", 1),
        (7, 8, "probe", None),
        (8, 8, "probe", None),
    ]
    assert [p.strategy for p in heard[:2]] == ["reference", "other"]
    assert all({heard[i].strategy, heard[i + 1].strategy} == {"reference", "other"} for i in (2, 4))


def test_the_count_is_the_same_where_bodies_are_in_question() -> None:
    heard: list[Progress] = []
    told(heard.append, changing=True)
    assert [p.done for p in heard] == [1, 2, 3, 4, 5, 6, 7, 8]


def test_the_total_is_never_reached_where_all_is_clear_early() -> None:
    heard: list[Progress] = []
    clock = Clock()
    slow, fast = taking(clock, 2.0), taking(clock, 1.0)
    Runner(URLS, rounds=(10, 20), progress=heard.append, clock=clock).compare(slow=slow, fast=fast)
    assert (heard[-1].done, heard[-1].total) == (24, 44)


def test_what_the_callable_gets_is_frozen() -> None:
    heard: list[Progress] = []
    told(heard.append)
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        heard[0].done = 7  # type: ignore[misc]  # the mistake itself


def test_what_the_callable_raises_comes_out() -> None:
    class Stop(Exception):  # noqa: N818 - it is no error
        pass

    def stop(_: Progress) -> None:
        raise Stop

    with pytest.raises(Stop):
        told(stop)


def test_true_shows_a_bar_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    told(True)
    shown = capsys.readouterr()
    assert shown.out == ""
    assert re.search(r"2/8 .*run/s, check, other\]", shown.err)
    assert re.search(r"6/8 .*run/s, round 2, (reference|other)\]", shown.err)


def test_false_shows_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    told(False)
    assert capsys.readouterr() == ("", "")


def test_failures_are_runs_like_any_other() -> None:
    heard: list[Progress] = []
    clock = Clock()
    runner = Runner(URLS, rounds=1, progress=heard.append, clock=clock)
    runner.compare(one=taking(clock, 1.0, answer=failure), two=taking(clock, 1.0, answer=failure))
    assert [p.done for p in heard] == [1, 2, 3, 4, 5, 6]
