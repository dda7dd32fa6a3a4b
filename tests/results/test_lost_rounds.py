"""Rounds in which a strategy failed where its check run did not; and verdicts before their time."""

import json
import math
from itertools import count
from pathlib import Path
from typing import Any

import attrs
import pytest
from fakes import URLS, Answer, Clock, failure, response, taking

from concurrent_fetch import Comparison, FailureKind, Options, Outcome, Runner, Verdict, load, save
from concurrent_fetch.errors import FormatError, NotComparableError
from concurrent_fetch.runner._unfinished import note_on_unfinished
from concurrent_fetch.stats import Estimate


def failing_in(*rounds: int, kind: FailureKind = FailureKind.TIMEOUT) -> Answer:
    """Fail to get the second URL in these rounds, from 0; the check run comes before."""
    calls = count()

    def answer(url: str, index: int, **times: Any) -> Outcome:
        number = next(calls) // len(URLS) - 1
        fails = number in rounds and index == 1
        return failure(url, index, kind=kind, **times) if fails else response(url, index, **times)

    return answer


def compare(
    *lost: tuple[int, ...],
    times: tuple[float | tuple[float, ...], ...] = (4.0, 2.0),
    rounds: int = 10,
) -> Comparison:
    clock = Clock()
    strategies = {
        name: taking(clock, *(t if isinstance(t, tuple) else (t,)), answer=failing_in(*of_one))
        for name, of_one, t in zip("abcd", lost, times, strict=False)
    }
    return Runner(URLS, rounds=rounds, seed=1, clock=clock).compare(**strategies)


def bounds(estimate: Estimate) -> tuple[float, float, float]:
    return estimate.low, estimate.point, estimate.high


# --- what counts ---


def test_a_failure_that_the_check_run_did_not_show_loses_the_round() -> None:
    comparison = compare((), (3,))
    assert comparison.marked == {}
    assert comparison.lost_rounds == {"a": (), "b": (3,)}
    assert comparison.complete_rounds == tuple(range(10))
    assert len(comparison.times("a")) == 10
    assert len(comparison.times("b")) == 9
    assert comparison.verdict("b") is Verdict.FASTER


def test_what_fails_in_the_check_run_too_loses_nothing() -> None:
    clock = Clock()
    dead = taking(clock, 2.0, answer=failing_in(*range(-1, 10)))
    comparison = Runner(URLS, clock=clock).compare(
        a=taking(clock, 4.0, answer=failing_in(*range(-1, 10))), b=dead
    )
    assert comparison.lost_rounds == {"a": (), "b": ()}
    assert comparison.verdict("b") is Verdict.FASTER


def test_work_left_undone_on_what_failed_is_no_other_work() -> None:
    def strategy(clock: Clock, seconds: float, *lost: int) -> object:
        inner = taking(clock, seconds, answer=failing_in(*lost))

        def worked(urls: list[str], options: Options) -> list[Outcome]:
            outcomes = inner(urls, options)
            for outcome in outcomes:
                if outcome.ok and options.work:
                    options.work(outcome)  # type: ignore[arg-type]  # it is a response
            return outcomes

        return worked

    clock = Clock()
    runner = Runner(URLS, work=len, clock=clock)  # type: ignore[arg-type]  # never looked at
    runner = attrs.evolve(runner, options=Options(), work=lambda _: None)
    comparison = runner.compare(a=strategy(clock, 4.0), b=strategy(clock, 2.0, 5))  # type: ignore[arg-type]
    assert (comparison.marked, comparison.lost_rounds["b"]) == ({}, (5,))


@pytest.mark.parametrize(
    ("a", "b", "verdict"),
    [
        ((), (), Verdict.FASTER),
        ((), (0,), Verdict.FASTER),  # one largest rank against it is not enough
        ((), (0, 1, 2), Verdict.UNRESOLVED),
        ((0, 1, 2), (), Verdict.FASTER),  # by the seven others
        ((0, 1, 2, 3, 4), (), Verdict.UNRESOLVED),  # five rounds say nothing
        ((0, 1, 2), (0, 1, 2), Verdict.FASTER),  # both failed: these rounds say nothing
    ],
)
def test_a_lost_round_speaks_against_who_lost_it(
    a: tuple[int, ...], b: tuple[int, ...], verdict: Verdict
) -> None:
    comparison = compare(a, b)
    assert comparison.verdict("b") is verdict
    assert comparison.speedup("b").point == 2.0


@pytest.mark.parametrize("lost", range(11))
def test_who_failed_is_not_slower_by_that_alone(lost: int) -> None:
    """Equal times: a failure of one makes the other no faster."""
    comparison = compare((), tuple(range(lost)), times=(2.0, 2.0))
    assert comparison.verdict("b") not in (Verdict.FASTER, Verdict.SLOWER)


def test_the_interval_is_open_where_it_says_nothing_and_closed_where_it_does() -> None:
    low, point, high = bounds(compare((), (0, 1, 2, 3)).speedup("b"))
    assert (low, point, high) == (0.0, 2.0, 2.0)
    low, point, high = bounds(compare((0, 1, 2, 3), ()).speedup("b"))
    assert (low, point, high) == (2.0, 2.0, math.inf)


def test_what_the_reference_lost_counts_for_no_other_pair() -> None:
    lost, others = (0, 1, 2), (4.0, 1.0, 2.0)
    found = compare(lost, (), (), times=others)
    assert found.complete_rounds == tuple(range(3, 10))
    assert {len(found.times(name)) for name in "abc"} == {7}
    # Three pairs need seven rounds.
    assert bounds(found.speedup("c", over="b")) == (0.5, 0.5, 0.5)
    assert compare((0, 1, 2, 3), (), (), times=others).speedup("c", over="b").low == 0.0


def test_who_failed_in_every_round_cannot_be_compared() -> None:
    always = tuple(range(10))
    comparison = compare((), always)
    assert comparison.reasons_against("b") == (
        "it failed in every round that counts, and not in its check run",
    )
    with pytest.raises(NotComparableError, match="no complete round"):
        comparison.times("b")
    reference = compare(always, ())
    assert reference.reasons_against("b") == (
        "a: it failed in every round that counts, and not in its check run",
    )
    for one in (comparison, reference):
        assert "nan" not in f"{one}{one.explain()}{one.chart().alt}{one.timeline().alt}"


def test_two_that_never_completed_the_same_round_have_no_point() -> None:
    found = compare((), (0, 2, 4, 6, 8), (1, 3, 5, 7, 9), times=(4.0, 2.0, 2.0))
    low, point, high = bounds(found.speedup("c", over="b"))
    assert (low, high) == (0.0, math.inf)
    assert math.isnan(point)
    assert "nan" not in f"{found}{found.explain()}"


# --- what is said ---


def test_it_is_said_who_lost_which_rounds() -> None:
    said = str(compare((), (1, 3, 5, 7), (), times=(4.0, 2.0, 2.0))).splitlines()
    assert (
        "b failed in 4 of 10 rounds (2, 4, 6, …), but not in its check run: this counts against it "
        "in its intervals; its speed-up is that of the other rounds"
    ) in said


def test_from_two_rounds_on_that_of_the_reference_is_said_first() -> None:
    lost = "failed in 2 of 10 rounds (1, 10), but not in its check run"
    words = f"{lost}: these rounds count for no other"
    two = compare((0, 9), ())
    assert str(two).splitlines()[4].startswith(f"a, the reference, {words}")
    assert two.explain().startswith(f"a, the reference, {words}")
    one = compare((4,), ())
    assert "a, the reference, failed in 1 of 10 rounds (5)" in str(one)
    assert "the reference, failed" not in one.explain()


@pytest.mark.parametrize(
    "lost", [((), (0, 1, 2, 3)), ((0, 1, 2, 3), ()), ((0, 1, 2, 3), (4, 5, 6, 7))]
)
def test_half_open_intervals_can_be_told_everywhere(lost: tuple[tuple[int, ...], ...]) -> None:
    comparison = compare(*lost)
    told = [
        *(str(comparison), comparison.explain(), comparison.chart().alt, comparison.chart().svg),
        *(comparison.timeline().alt, str(comparison.beside(comparison).rows)),
    ]
    assert not any("nan" in one or "needs ≥" in one for one in told)


@pytest.mark.parametrize("lost", [((0,), (1,)), ((), (0, 1)), ((0, 1), ())])
def test_means_are_held_against_the_interval_in_the_rounds_of_both(
    lost: tuple[tuple[int, ...], ...],
) -> None:
    """The rounds that one of them lost took 64 times as long."""
    slow = (64.0, 64.0)
    comparison = compare(*lost, times=((4.0, *slow, *[4.0] * 9), (2.0, *slow, *[2.0] * 9)))
    assert "mean times" not in str(comparison)


def test_means_are_held_against_the_interval_in_the_judged_rounds_alone() -> None:
    whole = compare((), (), times=(4.0, (2.0, *[2.0] * 10, *[64.0] * 10)), rounds=20)
    at_ten = attrs.evolve(whole, looks=(10, 40), next_look=40)
    assert bounds(at_ten.speedup("b")) == (2.0, 2.0, 2.0)
    assert "mean times" not in str(at_ten)


# --- verdicts before their time ---


class StoppedError(Exception):
    """Ends an experiment in the middle."""


def kept_after(done: int, looks: tuple[int, ...], path: Path) -> Comparison:
    """What is kept of an experiment that ends in the round after so many."""
    clock, left = Clock(), count(-1)  # the check run comes first

    def wavering(urls: list[str], options: Options) -> list[Outcome]:
        number = next(left)
        if number == done:
            raise StoppedError
        return taking(clock, 2.0 if number % 2 else 8.0)(urls, options)

    runner = Runner(URLS, rounds=looks, seed=1, clock=clock, autosave=path)
    with pytest.raises(Exception, match="Stopped"):
        runner.compare(a=taking(clock, 4.0), b=taking(clock, 2.0), c=wavering, d=taking(clock, 1.0))
    kept = load(path)
    assert isinstance(kept, Comparison)
    return kept


@pytest.mark.parametrize(
    ("done", "next_look", "verdict", "words"),
    [
        (9, 10, Verdict.UNRESOLVED, "there is no verdict yet: the next look is after round 10"),
        (10, 20, Verdict.FASTER, "its verdicts are those of round 10: the next look is after "),
        (13, 20, Verdict.FASTER, "its verdicts are those of round 10: the next look is after "),
    ],
)
def test_an_unfinished_one_gives_no_verdict_before_a_planned_look(
    tmp_path: Path, done: int, next_look: int, verdict: Verdict, words: str
) -> None:
    kept = kept_after(done, (10, 20), tmp_path / "x.json")
    assert (kept.rounds, kept.next_look) == (done, next_look)
    assert kept.verdict("b") is verdict
    assert words in str(kept)
    assert kept.speedup("b").point == 2.0
    assert ("needs ≥ 10 rounds" in str(kept)) is (done < 10)
    assert load_again(kept, tmp_path) == kept


def load_again(comparison: Comparison, folder: Path) -> object:
    save(comparison, folder / "again.json")
    return load(folder / "again.json")


def test_an_older_file_is_told_by_its_note_when_the_next_look_is(tmp_path: Path) -> None:
    kept = kept_after(13, (10, 20), tmp_path / "x.json")
    for comparison, next_look in [(kept, 20), (attrs.evolve(kept, notes=(), next_look=None), None)]:
        save(comparison, tmp_path / "new.json")
        tree = json.loads((tmp_path / "new.json").read_text(encoding="utf-8"))
        del tree["next_look"]
        (tmp_path / "old.json").write_text(json.dumps(tree | {"version": 3}), encoding="utf-8")
        loaded = load(tmp_path / "old.json")
        assert loaded == comparison
        assert isinstance(loaded, Comparison)
        assert loaded.next_look == next_look


@pytest.mark.parametrize(
    ("done", "looks"), [(9, (10, 20)), (10, (10, 20)), (13, (10, 20)), (13, (10, 13))]
)
def test_an_older_file_gets_the_advice_that_is_given_now(
    tmp_path: Path, done: int, looks: tuple[int, ...]
) -> None:
    kept_after(done, (10, 20), tmp_path / "x.json")
    tree = json.loads((tmp_path / "x.json").read_text(encoding="utf-8"))
    del tree["next_look"]
    for note in tree["notes"]:
        if note["fact"].startswith("saved while it was running"):
            note["advice"] = "its order and its verdicts hold as far as they go"
    old = tree | {"version": 3, "looks": looks}
    (tmp_path / "old.json").write_text(json.dumps(old), encoding="utf-8")
    loaded = load(tmp_path / "old.json")
    assert isinstance(loaded, Comparison)
    assert note_on_unfinished(done, looks).advice in [note.advice for note in loaded.notes]
    assert "as far as they go" not in str(loaded)


def test_a_next_look_that_is_over_is_damage(tmp_path: Path) -> None:
    kept = kept_after(9, (10, 20), tmp_path / "x.json")
    with pytest.raises(FormatError, match="next_look: expected a look that is still to come"):
        save(attrs.evolve(kept, next_look=9), tmp_path / "bad.json")


def test_between_two_looks_nothing_is_learned_of_the_later_rounds() -> None:
    whole = compare((), (), times=(4.0, (2.0, *[2.0] * 10, *[64.0] * 10)), rounds=20)
    at_ten = attrs.evolve(whole, looks=(10, 20, 40), next_look=40)
    assert at_ten.verdict("b") is not Verdict.FASTER  # that of round 20
    before = attrs.evolve(whole, looks=(10, 40), next_look=40)
    assert before.verdict("b") is Verdict.FASTER  # that of round 10
    assert bounds(before.speedup("b")) == (2.0, 2.0, 2.0)


def test_one_that_is_over_has_no_next_look_though_its_time_was_up() -> None:
    clock = Clock()
    runner = Runner(URLS, rounds=(10, 20), seconds=36.0, clock=clock)
    comparison = runner.compare(a=taking(clock, 2.0), b=taking(clock, 1.0))
    assert comparison.next_look is None
    assert comparison.verdict("b") is Verdict.FASTER


# --- ratios that no float holds ---


@pytest.mark.parametrize(("a", "b"), [(1e200, 1e-200), (1e-200, 1e200)])
def test_a_ratio_beyond_all_measure_is_told(a: float, b: float) -> None:
    comparison = compare((), (), times=(4.0, 2.0))
    took = {"a": a, "b": b}
    records = tuple(attrs.evolve(r, elapsed=took[r.strategy]) for r in comparison.records)
    extreme = attrs.evolve(comparison, records=records)
    assert extreme.speedup("b").point == pytest.approx(1e150 if a > b else 1e-150)
    assert "1e" in str(extreme)
    assert extreme.explain()
    assert extreme.chart().svg
