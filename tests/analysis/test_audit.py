"""Whether strategies did the same work: reasons, marked rounds and notes."""

from collections.abc import Callable
from itertools import count
from typing import Any

import attrs
import pytest
from fakes import URLS, Clock, answers, failure, fetched_now, record, response, taking

from concurrent_fetch import (
    Comparison,
    FailureKind,
    Note,
    Options,
    Outcome,
    Response,
    Row,
    Runner,
    Verdict,
    fetch_sync,
    with_options,
)
from concurrent_fetch.analysis import Audit, Record, read_card
from concurrent_fetch.analysis._audit import too_many_marked
from concurrent_fetch.analysis._losses import is_lost
from concurrent_fetch.errors import NotComparableError, StrategyError
from concurrent_fetch.server import LocalServer

Answer = Callable[..., Outcome]


def compared(
    reference: Answer = response,
    mine: Answer = response,
    *,
    rounds: int = 10,
    at_once: int = 1,
    options: Options | None = None,
) -> Comparison:
    """A comparison in which `mine` is four times as fast, if it did the work."""
    clock = Clock()
    return Runner(URLS, options or Options(), rounds=rounds, seed=1, clock=clock).compare(
        reference=taking(clock, 8.0, answer=reference),
        mine=taking(clock, 2.0, answer=mine, at_once=at_once),
    )


def answering(**facts: Any) -> Answer:
    """Another answer for the second URL alone."""

    def answer(url: str, index: int, **times: Any) -> Outcome:
        return response(url, index, **times, **(facts if index == 1 else {}))

    return answer


def failing(*urls: str, kind: FailureKind = FailureKind.DNS) -> Answer:
    def answer(url: str, index: int, **times: Any) -> Outcome:
        if url in urls:
            return failure(url, index, kind=kind, **times)
        return response(url, index, **times)

    return answer


def on_run(runs: set[int], then: Answer, otherwise: Answer = response) -> Answer:
    """Answer otherwise than usual on these runs; 0 is the check run."""
    calls = count()

    def answer(url: str, index: int, **times: Any) -> Outcome:
        usual = next(calls) // len(URLS) not in runs
        return (otherwise if usual else then)(url, index, **times)

    return answer


def answering_all(**facts: Any) -> Answer:
    """The same other answer for every URL."""

    def answer(url: str, index: int, **times: Any) -> Outcome:
        return response(url, index, **times, **facts)

    return answer


def changing() -> Answer:
    return changing_from(0)


def changing_from(size: int) -> Answer:
    """Content that is another at every fetch, as a clock's page is, and a byte longer."""
    digests = count(size)

    def answer(url: str, index: int, **times: Any) -> Outcome:
        number = next(digests)
        return response(url, index, digest=str(number), size=number, **times)

    return answer


# --- different work is never compared ---


@pytest.mark.parametrize(
    ("mine", "reason"),
    [
        (
            answering(status_code=500),
            "1 of 4 URLs came back differently, first http://b.example/: 500 against 200",
        ),
        (
            failing(URLS[2], URLS[3]),
            "2 of 4 URLs came back differently, first http://c.example/: dns against 200",
        ),
        (answering(digest="other"), "1 of 4 bodies differ, first http://b.example/"),
        (answering(digest=None, size=2), "1 of 4 bodies differ, first http://b.example/"),
        (failing(*URLS), "no URL was answered"),
    ],
)
def test_a_strategy_that_does_other_work_fast_is_never_faster(mine: Answer, reason: str) -> None:
    comparison = compared(mine=mine)
    assert reason in comparison.reasons_against("mine")
    assert comparison.verdict("mine") is Verdict.NOT_COMPARABLE
    assert comparison.fastest == ()
    with pytest.raises(NotComparableError, match="mine and reference cannot be compared: ") as why:
        comparison.speedup("mine")
    assert reason in str(why.value)
    assert reason in str(comparison)
    assert reason in comparison.explain()
    with pytest.raises(NotComparableError):
        comparison.speedup("reference", over="mine")


def test_a_strategy_that_skips_urls_fast_is_in_error() -> None:
    clock = Clock()
    honest = taking(clock, 1.0)
    with pytest.raises(StrategyError, match="'skips' returned 2 outcomes for 4 URLs; missing: "):
        Runner(URLS, clock=clock).compare(honest, skips=lambda urls, o: honest(urls[:2], o))


def test_the_others_stay_comparable() -> None:
    clock = Clock()
    comparison = Runner(URLS, rounds=10, clock=clock).compare(
        reference=taking(clock, 8.0),
        good=taking(clock, 2.0),
        bad=taking(clock, 1.0, answer=answering(status_code=500)),
    )
    assert comparison.verdict("good") is Verdict.FASTER
    assert comparison.fastest == ("good",)
    assert comparison.explain().splitlines()[0] == (
        "good is 4.0× as fast as reference (95% sure: 4.0× to 4.0×). The reason: good had 1.0 "
        "fetches in flight as reference had, and each took 500 ms against 2.00 s (4.0× shorter) "
        "(bad could not be compared: 1 of 4 URLs came back differently, "
        "first http://b.example/: 500 against 200)."
    )
    with pytest.raises(NotComparableError, match="bad and reference cannot be compared"):
        comparison.speedup("bad", over="good")


def test_user_info_in_a_reason_is_hidden() -> None:
    clock = Clock()
    comparison = Runner(["http://me:secret@a.example/"], rounds=1, clock=clock).compare(
        reference=taking(clock, 1.0), mine=taking(clock, 1.0, answer=failure)
    )
    assert "secret" not in f"{comparison}{comparison.explain()}"


# --- what belongs to the workload ---


def test_a_dead_link_of_all_strategies_belongs_to_the_workload() -> None:
    comparison = compared(failing(URLS[1]), failing(URLS[1]))
    assert comparison.reasons_against("mine") == ()
    assert comparison.marked == {}
    assert comparison.speedup("mine").point == 4.0


def test_nothing_answered_is_no_workload() -> None:
    comparison = compared(failing(*URLS), failing(*URLS))
    assert comparison.reasons_against("reference") == ("no URL was answered",)
    assert comparison.verdict("mine") is Verdict.NOT_COMPARABLE
    assert comparison.explain().count("no URL was answered") == 1


def test_content_that_changes_by_nature_is_a_note_and_no_reason() -> None:
    page = changing()
    comparison = compared(page, page)
    assert comparison.reasons_against("mine") == ()
    assert comparison.marked == {}
    assert comparison.notes == (
        Note(
            strategy="mine",
            fact="4 of 4 bodies changed from one fetch to another, first http://a.example/",
            advice="only their sizes were compared, within a range",
        ),
    )


def test_content_that_changed_once_between_the_check_runs_is_a_note() -> None:
    new = answering(digest="new")
    comparison = compared(on_run(set(range(1, 99)), new), new)
    assert comparison.reasons_against("mine") == ()
    assert len(comparison.notes) == 1


def test_a_reference_that_fails_when_asked_again_forgives_nothing() -> None:
    comparison = compared(on_run({1}, failing(URLS[1])), answering(digest="other"))
    assert comparison.reasons_against("mine") == ("1 of 4 bodies differ, first http://b.example/",)


# --- marked rounds ---


OTHER = answering(status_code=503)


def test_a_round_with_another_result_is_left_out_for_all_and_counted() -> None:
    comparison = compared(mine=on_run({3}, OTHER))
    assert comparison.marked == {
        2: "mine brought 503 for http://b.example/, and 200 in its check run"
    }
    assert comparison.complete_rounds == (0, 1, 3, 4, 5, 6, 7, 8, 9)
    assert comparison.verdict("mine") is Verdict.FASTER
    assert (
        "round 3 left out for all: mine brought 503 for http://b.example/, "
        "and 200 in its check run" in str(comparison)
    )


def test_what_a_marked_round_took_counts_for_nobody() -> None:
    clock = Clock()
    comparison = Runner(URLS, rounds=10, clock=clock).compare(
        reference=taking(clock, 8.0, 8.0, 512.0, 8.0),
        mine=taking(clock, 2.0, answer=on_run({2}, OTHER)),
    )
    assert comparison.typical("reference").q3 == 8.0
    low_and_high = comparison.speedup("mine")
    assert (low_and_high.low, low_and_high.high) == (4.0, 4.0)


def test_more_than_one_marked_round_in_ten_ends_all_comparing() -> None:
    comparison = compared(mine=on_run({3, 4}, OTHER))
    reason = "2 of 10 rounds had to be left out, more than one in ten"
    assert (
        comparison.reasons_against("mine") == comparison.reasons_against("reference") == (reason,)
    )
    assert comparison.verdict("mine") is Verdict.NOT_COMPARABLE
    assert str(comparison).count(reason) == 1


@pytest.mark.parametrize(
    ("marked", "rounds", "too_many"),
    [(0, 6, False), (1, 6, True), (1, 9, True), (1, 10, False), (4, 40, False), (5, 40, True)],
)
def test_one_in_ten_is_not_too_many(marked: int, rounds: int, too_many: bool) -> None:
    assert bool(too_many_marked(marked, rounds)) is too_many


def test_a_comparison_of_nothing_but_marked_rounds_can_still_be_read() -> None:
    comparison = compared(mine=on_run(set(range(1, 99)), OTHER))
    assert comparison.complete_rounds == ()
    assert "nan" not in f"{comparison}{comparison.explain()}"
    assert "and 7 more left out" in str(comparison)
    with pytest.raises(NotComparableError, match="no complete round: mine brought 503"):
        comparison.typical("mine")


def test_bodies_cut_short_in_the_timed_runs_alone_are_noticed() -> None:
    comparison = compared(mine=on_run(set(range(1, 99)), answering(size=1)))
    assert comparison.verdict("mine") is Verdict.NOT_COMPARABLE
    assert "mine brought another body than reference for http://b.example/" in str(comparison)


def test_other_bodies_of_the_same_size_in_the_timed_runs_alone_are_noticed() -> None:
    comparison = compared(mine=on_run(set(range(1, 11)), answering(digest="cheap")))
    assert comparison.verdict("mine") is Verdict.NOT_COMPARABLE
    assert "mine brought another body than reference for http://b.example/" in str(comparison)
    assert set(comparison.marked) == set(range(10))


def test_content_that_changes_once_during_the_rounds_costs_one_round_at_most() -> None:
    new = answering(size=77)
    later = set(range(5, 99))
    comparison = compared(on_run(later, new), on_run(later - {5}, new))
    assert set(comparison.marked) == {4}
    assert comparison.verdict("mine") is Verdict.FASTER


def test_content_that_begins_to_change_with_every_fetch_costs_no_round() -> None:
    """What counts is decided at the end, when the reference has disagreed with itself enough."""
    page = changing()
    rounds = set(range(1, 11))
    comparison = compared(on_run(rounds, page), on_run(rounds, page))
    assert comparison.marked == {}
    assert comparison.verdict("mine") is Verdict.FASTER


def test_short_bodies_of_changing_pages_are_found_by_their_size() -> None:
    """That a page changes excuses no strategy from fetching it."""
    page = changing_from(500)
    comparison = compared(page, answering_all(size=1, digest="short"))
    assert comparison.marked == {}
    (reason,) = comparison.reasons_against("mine")
    assert reason.startswith("4 of 4 bodies are of another size than the reference ever got, ")
    assert comparison.verdict("mine") is Verdict.NOT_COMPARABLE
    assert compared(page, page).verdict("mine") is Verdict.FASTER


def test_a_reference_that_failed_once_excuses_no_short_bodies() -> None:
    page = changing_from(500)
    fails = on_run({4}, failing(URLS[1]), page)
    (reason,) = compared(fails, answering_all(size=1, digest="short")).reasons_against("mine")
    assert reason.startswith("4 of 4 bodies are of another size than the reference ever got, ")


def test_one_deployment_excuses_no_short_bodies_either() -> None:
    new = on_run(set(range(5, 99)), answering(size=900, digest="new"), answering(size=800))
    comparison = compared(new, answering(size=1, digest="short"))
    assert comparison.verdict("mine") is Verdict.NOT_COMPARABLE


def test_one_of_two_variants_is_excused_where_the_reference_got_it_too() -> None:
    one, other = answering(digest="node 1"), answering(digest="node 2")
    comparison = compared(one, on_run({0}, other, one))
    assert comparison.reasons_against("mine") == ()


def test_looks_do_not_end_early_for_bodies_that_change_by_nature() -> None:
    clock = Clock()
    page = changing()
    comparison = Runner(URLS, rounds=(10, 20), seed=1, clock=clock).compare(
        reference=taking(clock, 2.0, answer=page),
        wavering=taking(clock, *([1.0, 4.0] * 11), answer=page),
    )
    assert comparison.rounds == 20
    assert comparison.verdict("wavering") is Verdict.UNRESOLVED


# --- outcomes of another time ---


class Cache:
    """A strategy that fetches some URLs once and for all, and the others each time."""

    def __init__(self, kept: int = len(URLS)) -> None:
        self._kept = kept
        self._saved: list[Outcome] = []

    def __call__(self, urls: list[str], options: Options) -> list[Outcome]:
        outcomes = fetched_now(urls, options)
        self._saved = self._saved or outcomes
        return [*self._saved[: self._kept], *outcomes[self._kept :]]


@pytest.mark.parametrize(
    ("kept", "reason"),
    [
        (4, "4 outcomes were not fetched in this run (their times lie outside it)"),
        (1, "1 outcome was not fetched in this run (its times lie outside it)"),
    ],
)
def test_a_strategy_that_gives_saved_outcomes_is_never_faster(kept: int, reason: str) -> None:
    comparison = Runner(URLS, rounds=6).compare(fetched_now, again=fetched_now, cached=Cache(kept))
    assert comparison.reasons_against("cached") == (reason,)
    assert comparison.verdict("cached") is Verdict.NOT_COMPARABLE
    assert comparison.verdict("again") is not Verdict.NOT_COMPARABLE
    assert comparison.marked == {}
    row = next(row for row in comparison.table().rows if row[0] == "cached")
    assert row[5] == "–"  # in flight
    assert f"cached is not comparable with fetched_now: {reason}" in str(comparison)


def test_a_reference_that_gives_saved_outcomes_cannot_be_compared_with() -> None:
    comparison = Runner(URLS, rounds=6).compare(Cache(), fetched_now)
    reason = "4 outcomes of Cache were not fetched in this run (their times lie outside it)"
    assert comparison.reasons_against("fetched_now") == (reason,)
    assert comparison.verdict("fetched_now") is Verdict.NOT_COMPARABLE
    assert str(comparison).count(reason) == 1
    assert comparison.explain().count(reason) == 1


def test_outcomes_saved_before_the_check_run_are_found_in_it() -> None:
    cache = Cache()
    cache(URLS, Options())
    comparison = Runner(URLS, rounds=1).compare(fetched_now, cache)
    assert comparison.checks["Cache"].outside == 4
    assert len(comparison.reasons_against("Cache")) == 1


def test_hand_made_times_serve_under_a_clock_turned_by_hand() -> None:
    clock = Clock()

    def mine(urls: list[str], options: Options) -> list[Outcome]:
        clock.pass_by(1.0)
        return answers(urls, options)

    comparison = Runner(URLS, rounds=6, clock=clock).compare(taking(clock, 2.0), mine)
    assert comparison.speedup("mine").point == 2.0


# --- notes ---


def test_a_note_is_shown_and_the_two_are_compared_all_the_same() -> None:
    comparison = compared(at_once=4, options=Options(concurrency=2))
    (note,) = comparison.notes
    assert f"note: {note}" in str(comparison)
    assert comparison.verdict("mine") is Verdict.FASTER


def test_more_bytes_over_the_wire_are_noted_where_bodies_are_equal() -> None:
    def encoded(wire_size: int) -> Answer:
        def answer(url: str, index: int, **times: Any) -> Outcome:
            return attrs.evolve(response(url, index, **times), wire_size=wire_size)

        return answer

    (note,) = compared(encoded(100), encoded(20)).notes
    assert str(note).startswith("mine: 80 B of bodies came over the wire where reference got 400 B")


def test_requests_sent_again_in_whichever_run_are_noted() -> None:
    def again(url: str, index: int, **times: Any) -> Outcome:
        return attrs.evolve(response(url, index, **times), attempts=2)

    (note,) = compared(mine=on_run({3, 5}, again)).notes
    assert str(note).startswith("mine: 8 requests had to be sent again, on a new connection; ")


@pytest.mark.parametrize("problem", ["it raises", "it fails"])
def test_what_goes_wrong_in_the_last_run_costs_no_round(problem: str) -> None:
    def odd(url: str, index: int, **times: Any) -> Outcome:
        if problem == "it raises":
            raise OSError("the server has gone")
        return failure(url, index, **times)

    comparison = compared(mine=on_run({11}, odd))
    assert comparison.verdict("mine") is Verdict.FASTER
    assert list(comparison.probes) == ["reference"]
    (note,) = comparison.notes
    assert note.fact.startswith("its last, untimed run went wrong: ")


# --- work on the responses ---


def test_work_that_was_not_done_on_every_response_is_a_reason() -> None:
    """Else a strategy that skips it would be the faster one."""

    def lazy(urls: list[str], _options: Options) -> list[Outcome]:
        return answers(urls)

    comparison = Runner(URLS, rounds=6, work=len_of_body, clock=Clock()).compare(works, lazy)
    assert comparison.reasons_against("works") == ()
    assert comparison.reasons_against("lazy") == (
        (
            "the work was done on 0 of 4 responses; fetch through client.session(options), "
            "which does it"
        ),
    )


def test_other_work_is_a_reason() -> None:
    other = with_options(fetch_nothing, work=len)
    comparison = Runner(URLS, rounds=6, clock=Clock()).compare(fetch_nothing, other=other)
    (reason, *_) = comparison.reasons_against("other")
    assert reason == (
        "the work it does on a response is not that of fetch_nothing; give the same to all, as by "
        "Runner(work=...)"
    )


def test_work_of_the_strategies_own_options_is_counted_too() -> None:
    honest = with_options(works, work=len_of_body)
    idle = with_options(fetch_nothing, work=len_of_body)
    comparison = Runner(URLS, rounds=6, clock=Clock()).compare(a=honest, b=idle)
    assert comparison.reasons_against("a") == ()
    assert comparison.reasons_against("b") == (
        (
            "the work was done on 0 of 4 responses; "
            "fetch through client.session(options), which does it"
        ),
    )


def test_the_same_work_given_twice_is_the_same_work() -> None:
    twice = with_options(works, work=len_of_body)
    comparison = Runner(URLS, rounds=6, work=len_of_body, clock=Clock()).compare(works, b=twice)
    assert comparison.reasons_against("b") == ()


def test_work_that_is_done_for_the_check_run_alone_is_found_out() -> None:
    runs = count()

    def pretends(urls: list[str], options: Options) -> list[Outcome]:
        return (fetch_nothing if next(runs) else works)(urls, options)

    comparison = Runner(URLS, rounds=6, work=len_of_body, clock=Clock()).compare(works, pretends)
    assert comparison.verdict("pretends") is Verdict.NOT_COMPARABLE
    assert "pretends did the work on 0 responses, and on 4 in its check run" in str(comparison)


def works(urls: list[str], options: Options) -> list[Outcome]:
    for outcome in answers(urls):
        assert options.work is not None
        options.work(outcome)  # type: ignore[arg-type]  # all are responses
    return answers(urls)


def len_of_body(response: Response) -> int:
    return len(response.body)


def fetch_nothing(urls: list[str], _options: Options) -> list[Outcome]:
    return answers(urls)


# --- for real ---


def test_a_strategy_that_asks_for_less_is_found_out(local: LocalServer) -> None:
    def cheats(urls: list[str], options: Options) -> list[Outcome]:
        run = fetch_sync([url.replace("1024", "8") for url in urls], options)
        return [attrs.evolve(o, url=url) for o, url in zip(run, urls, strict=True)]

    comparison = Runner(local.urls(3), rounds=1).compare(fetch_sync, cheats)
    (reason,) = comparison.reasons_against("cheats")
    assert reason.startswith("3 of 3 bodies differ")
    assert "3 answers came by other redirects" in str(comparison)


# The audit itself, told of records made by hand:

CARD = read_card()


def run_of(name: str, answer: Answer = response, **facts: Any) -> Record:
    return record([answer(url, i) for i, url in enumerate(URLS)], strategy=name, **facts)


def audited(*checks: Record) -> Audit:
    audit = Audit(URLS, CARD)
    for check in checks:
        audit.check(check)
    return audit


def test_without_a_difference_there_is_no_reason_no_mark_and_no_note() -> None:
    audit = audited(run_of("one"), run_of("other"))
    audit.round([run_of("other", round=0), run_of("one", round=0)])
    audit.again({"one": run_of("one"), "other": run_of("other")}, {})
    assert audit.reasons == {"one": (), "other": ()}
    assert (audit.marked, audit.notes, audit.useless) == ({}, [], {})
    assert [r.strategy for r in audit.records] == ["other", "one"]


def test_another_status_is_a_reason_at_once() -> None:
    audit = audited(run_of("one"), run_of("other", answering(status_code=404)))
    assert audit.reasons["one"] == ()
    assert audit.reasons["other"] == (
        "1 of 4 URLs came back differently, first http://b.example/: 404 against 200",
    )


def test_other_bodies_are_a_reason_until_they_are_seen_to_change() -> None:
    other = answering(digest="xyz")
    audit = audited(run_of("one"), run_of("other", other))
    assert audit.reasons["other"] == ("1 of 4 bodies differ, first http://b.example/",)
    audit.round([run_of("one", other, round=0), run_of("other", other, round=0)])
    assert not any(audit.reasons.values())


def test_other_bodies_are_excused_in_the_last_run_too_where_the_reference_changes_too() -> None:
    audit = audited(run_of("one"), run_of("other", answering(digest="xyz")))
    last = {"one": run_of("one", answering(digest="new")), "other": run_of("other")}
    audit.again(last, {})
    assert audit.reasons["other"] == ()
    assert [note.strategy for note in audit.notes] == ["other"]


NEW, OLD = answering(digest="new"), response


@pytest.mark.parametrize(
    ("rounds", "marked"),
    [
        ([(OLD, NEW)], {0: "other brought another body than one for http://b.example/"}),
        ([(NEW, OLD)], {0: "other brought another body than one for http://b.example/"}),
        ([(NEW, NEW), (NEW, NEW)], {}),  # published between two runs
        ([(OLD, NEW), (NEW, NEW)], {0: "other brought another body than one for "}),
        ([(OLD, OLD), (NEW, OLD), (OLD, NEW)], {}),  # it changes by nature
        ([(answering(digest=None), NEW)], {0: "other brought another body for "}),
        ([(answering(digest=None), OLD)], {0: "one brought no digest for http://b.example/, and"}),
        ([(OLD, answering(digest=None))], {0: "other brought no digest for http://b.example/, "}),
        ([(NEW, failing(URLS[1]))], {}),  # it lost the round by that
    ],
)
def test_bodies_of_every_round_are_held_against_each_other_by_digest(
    rounds: list[tuple[Answer, Answer]], marked: dict[int, str]
) -> None:
    """Of the same size all of them."""
    audit = audited(run_of("one"), run_of("other"))
    for number, (one, other) in enumerate(rounds):
        records = [run_of("other", other, round=number), run_of("one", one, round=number)]
        audit.round(records)
    assert audit.marked.keys() == marked.keys()
    assert all(why.startswith(marked[number]) for number, why in audit.marked.items())


def test_a_reference_without_digests_leaves_a_strategy_to_its_own_check_run() -> None:
    untold, number_of = answering_all(digest=None), count()

    def page(url: str, index: int, **times: Any) -> Outcome:
        return response(url, index, digest=str(next(number_of)), **times)

    audit = audited(run_of("one", untold), run_of("other"), run_of("page", page))
    for number, other in enumerate([OLD, OLD, NEW]):
        answers = {"one": untold, "other": other, "page": page}
        audit.round([run_of(name, answer, round=number) for name, answer in answers.items()])
    told = "other brought another body for http://b.example/ than in its check run"
    assert audit.marked == {2: told}


def test_where_the_reference_has_no_digests_two_that_got_the_same_confirm_each_other() -> None:
    untold = answering_all(digest=None)
    audit = audited(run_of("one", untold), run_of("other"), run_of("third"))
    unlike = answering(digest="unlike")
    for number, third in enumerate([OLD, NEW, unlike, OLD]):
        answers = {"one": untold, "other": OLD if number == 0 else NEW, "third": third}
        audit.round([run_of(name, answer, round=number) for name, answer in answers.items()])
    told = "another body for http://b.example/ than in its check run"
    assert audit.marked == {2: f"other brought {told}", 3: f"other brought {told}"}


def test_new_content_is_told_where_nobody_can_say_otherwise() -> None:
    """Two that bring less in all timed runs look like that, and would be believed in silence."""
    audit = audited(run_of("one"), run_of("other"))
    audit.round([run_of("one", NEW, round=0), run_of("other", NEW, round=0)])
    (note,) = audit.notes
    assert note.fact == "1 of 4 bodies changed once during the comparison, first http://b.example/"
    assert (audit.marked, note.strategy) == ({}, None)


def test_a_round_that_came_out_otherwise_is_marked_and_the_first_strategy_named() -> None:
    audit = audited(run_of("one"), run_of("other"))
    broken = answering_all(status_code=500)
    audit.round([run_of("one", round=0), run_of("other", round=0)])
    audit.round([run_of("other", broken, round=1), run_of("one", broken, round=1)])
    told = "other brought 500 for http://a.example/, and 200 in its check run"
    assert audit.marked == {1: told}


def test_outcomes_of_another_time_are_a_reason_in_whichever_run() -> None:
    audit = audited(run_of("one"), run_of("other"))
    audit.round([run_of("one", round=0), run_of("other", round=0, outside=2)])
    (reason,) = audit.reasons["other"]
    assert reason.startswith("2 outcomes were not fetched in this run")


def test_a_last_run_of_no_use_costs_nothing_but_its_probe() -> None:
    audit = audited(run_of("one"), run_of("other"))
    audit.again({"other": run_of("other", answering(status_code=404))}, {"one": "it raised"})
    other = "it brought other results than in its check run"
    assert audit.useless == {"one": "it raised", "other": other}
    assert audit.reasons == {"one": (), "other": ()}
    assert [note.strategy for note in audit.notes] == ["one", "other"]


# --- values that are no outcomes ---


def valued(*rows: Row, ordered: bool = True, strategy: str = "mine", unread: int = 0) -> Record:
    return record(rows, strategy=strategy, ordered=ordered, unread=unread)


def judged(reference: Record, mine: Record, *more: Record) -> Audit:
    audit = Audit(URLS[: len(mine.results)], read_card())
    audit.check(attrs.evolve(reference, strategy="reference"))
    audit.check(mine)
    for number, one in enumerate(more):
        audit.round([attrs.evolve(reference, strategy="reference", round=number), one])
    return audit


def reasons(reference: Record, mine: Record) -> tuple[str, ...]:
    return judged(reference, mine).reasons["mine"]


SIZES = record([response(url, i, size=10 * (i + 1)) for i, url in enumerate(URLS)])
LENGTHS = [Row(length=10 * (i + 1)) for i in range(4)]
TEXTS = [Row(characters=10 * (i + 1)) for i in range(4)]


@pytest.mark.parametrize(
    "mine",
    [
        valued(*LENGTHS),
        valued(*LENGTHS[::-1], ordered=False),
        valued(*TEXTS),
        valued(*(Row(length=9 * (i + 1)) for i in range(4))),  # of texts, perhaps
        valued(*(Row(characters=4) for i in range(4))),
        valued(*(Row(status_code=200) for _ in URLS)),
        valued(*(Row() for _ in URLS)),
    ],
)
def test_what_is_not_proven_is_no_reason(mine: Record) -> None:
    assert reasons(SIZES, mine) == ()
    assert reasons(mine, attrs.evolve(SIZES, strategy="mine")) == ()


@pytest.mark.parametrize(
    ("mine", "reason"),
    [
        (
            valued(Row(length=11), *LENGTHS[1:]),
            f"1 of 4 bodies are of other lengths, first {URLS[0]}: 11 against 10",
        ),
        (
            valued(*LENGTHS[::-1]),
            f"2 of 4 bodies are of other lengths, first {URLS[0]}: 40 against 10",
        ),
        (
            valued(*TEXTS[:3], Row(characters=41), ordered=False),
            "1 of 4 bodies are of other lengths, in whatever order: 41 against 40",
        ),
        (
            valued(*(Row(size=n) for n in (10, 10, 20, 30)), ordered=False),
            "3 of 4 bodies are of other lengths, in whatever order: 10 against 20",
        ),
        (
            valued(Row(status_code=404), *LENGTHS[1:]),
            f"1 of 4 URLs came back differently, first {URLS[0]}: 404 against 200",
        ),
        (
            valued(Row(kind=FailureKind.DNS), *LENGTHS[1:]),
            f"1 of 4 URLs came back differently, first {URLS[0]}: dns against 200",
        ),
        (
            valued(Row(kind=FailureKind.DNS), *LENGTHS[1:], ordered=False),
            "1 of 4 URLs came back differently: 3 × answered, 1 × dns against 4 × 200",
        ),
        (
            valued(*(Row(status_code=200) for _ in URLS), unread=4),
            (
                "4 of 4 bodies were not read; read them within the strategy, as by "
                "response.content or await response.read()"
            ),
        ),
    ],
)
def test_what_is_proven_is_a_reason(mine: Record, reason: str) -> None:
    assert reason in reasons(SIZES, mine)


def test_texts_are_held_against_texts() -> None:
    shorter = valued(*(attrs.evolve(row, characters=row.characters or 0 - 1) for row in TEXTS))
    assert reasons(valued(*TEXTS), shorter) == ()  # decoded differently, perhaps
    (reason,) = reasons(valued(*TEXTS), valued(*TEXTS[::-1]))
    assert reason == f"4 of 4 bodies are of other lengths, first {URLS[0]}: 40 against 10"


def test_a_round_is_marked_where_a_length_cannot_be() -> None:
    good, bad = valued(*LENGTHS), valued(Row(length=99), *LENGTHS[1:])
    rounds = [attrs.evolve(one, round=i) for i, one in enumerate((good, bad))]
    audit = judged(SIZES, good, *rounds)
    assert audit.marked == {1: "mine brought bodies of other lengths than reference"}
    assert judged(SIZES, bad, *rounds).marked == {}  # it is not comparable, and others may be


SILENT = "mine told nothing of 4 fetches, and something in its check run"


@pytest.mark.parametrize("ordered", [True, False])
@pytest.mark.parametrize(
    ("check", "timed", "lost", "marked"),
    [
        (TEXTS, [*TEXTS[:3], Row()], True, None),
        (TEXTS, [*TEXTS[:2], Row(), Row(kind=FailureKind.DNS)], True, None),
        ([*TEXTS[:3], Row()], [*TEXTS[:3], Row()], False, None),
        ([*TEXTS[:3], Row()], [*TEXTS[:2], Row(), Row()], True, None),
        ([*TEXTS[:3], Row()], TEXTS, False, None),
        (TEXTS, [Row()] * 4, False, SILENT),
        ([*TEXTS[:3], Row()], [Row()] * 4, False, SILENT),
        ([Row()] * 4, [Row()] * 4, False, None),
        ([Row()] * 4, TEXTS, False, None),
    ],
)
def test_what_a_timed_run_does_not_tell_and_the_check_run_did_is_a_failure(
    check: list[Row], timed: list[Row], lost: bool, marked: str | None, ordered: bool
) -> None:
    """Of single fetches; nobody knows what a run did that tells nothing at all."""
    before, now = (valued(*rows, ordered=ordered) for rows in (check, timed))
    assert is_lost(now, before) == lost
    audit = judged(SIZES, before, attrs.evolve(now, round=0))
    assert audit.marked == ({} if marked is None else {0: marked})


def test_what_is_told_of_one_makes_up_for_no_other() -> None:
    check = valued(*TEXTS[:3], Row())
    assert is_lost(valued(Row(), *TEXTS[1:]), check)
    assert not is_lost(check, valued(*TEXTS[:3], Row(kind=FailureKind.DNS)))
    other = valued(*[Row(status_code=200)] * 4)
    assert not is_lost(valued(Row(status_code=404), Row(), *[Row(status_code=200)] * 2), other)


def test_of_what_is_not_told_no_digest_is_missing() -> None:
    whole = [Row(size=10 * (i + 1), digest="abc") for i in range(4)]
    timed = attrs.evolve(valued(*whole[:3], Row()), round=0)
    assert judged(SIZES, valued(*whole), timed).marked == {}


@pytest.mark.parametrize(
    ("mine", "notes"),
    [
        (
            valued(*(Row() for _ in URLS)),
            ["it returned nothing of its fetches, so it was compared by time alone"],
        ),
        (valued(*TEXTS), ["statuses, sizes and times of single fetches are unknown"]),
        (valued(*LENGTHS), ["statuses and times of single fetches are unknown"]),
        (
            valued(*(attrs.evolve(row, status_code=200) for row in LENGTHS)),
            ["times of single fetches are unknown"],
        ),
        (
            valued(*(Row(length=200) for _ in URLS)),
            [
                "statuses and times of single fetches are unknown",
                "what it returned as lengths are statuses",
            ],
        ),
        (
            valued(*LENGTHS, ordered=False),
            [
                "statuses and times of single fetches are unknown",
                "its values name no URLs, so they were compared in whatever order",
            ],
        ),
        (
            valued(*(Row(length=9 * (i + 1)) for i in range(4))),
            [
                "statuses and times of single fetches are unknown",
                "the lengths of 4 bodies differ, by no more than texts and bytes do",
            ],
        ),
    ],
)
def test_a_note_says_what_is_unknown_and_what_would_tell_more(
    mine: Record, notes: list[str]
) -> None:
    found = judged(SIZES, mine).notes
    assert [note.fact for note in found if note.strategy == "mine"] == notes
    assert all(note.advice for note in found)
