"""Every fault × every client × every strategy: the outcome is the right one, and all agree."""

from collections.abc import Iterator

import pytest
from matrix import CASES, PAGE, Case, Matrix, Servers, facts, is_as, is_in_time, limit_of, page

from concurrent_fetch import Failure, FailureKind
from concurrent_fetch.server import FAULTS

pytestmark = pytest.mark.xdist_group("matrix")  # a case is run once for all tests of it


# What a Python has its own part in: how heads and framing are read. The rest once is enough.
_OF_PARSERS = {"Status lines", "Header fields", "Lengths of bodies", "Chunks"}
ROWS = [
    pytest.param(case, marks=() if case.group in _OF_PARSERS else pytest.mark.once, id=case.name)
    for case in CASES
]


@pytest.fixture(scope="module")
def matrix() -> Iterator[Matrix]:
    with Servers() as servers:
        yield Matrix(servers)


@pytest.mark.parametrize("case", ROWS)
def test_the_outcome_is_right_and_the_same_in_every_client(case: Case, matrix: Matrix) -> None:
    by_way = matrix.outcomes(case)
    seen = {str(way): outcomes for way, outcomes in by_way.items()}
    for way, outcomes in by_way.items():
        assert len(outcomes) == case.fetches, seen
        for outcome in outcomes:
            is_right = any(is_as(expected, outcome) for expected in case.expected)
            assert is_right, (str(way), outcome, seen)
    if not case.why:
        assert len({tuple(map(facts, outcomes)) for outcomes in by_way.values()}) == 1, seen


@pytest.mark.parametrize("case", ROWS)
def test_a_failure_says_why_and_ends_in_time(case: Case, matrix: Matrix) -> None:
    for outcomes in matrix.outcomes(case).values():
        for outcome in outcomes:
            assert is_in_time(case, outcome)
            if isinstance(outcome, Failure):
                assert outcome.message
                assert "s3cret" not in repr(outcome)
                assert outcome.kind is not FailureKind.OTHER
                if outcome.kind is FailureKind.TIMEOUT:
                    assert outcome.elapsed > limit_of(case) - 0.05


def test_parsers_differ_in_few_rows_and_each_has_its_reason() -> None:
    differing = [case for case in CASES if case.why]
    assert all(len(case.expected) > 1 for case in differing)
    assert len(differing) < 0.08 * len(CASES)


@pytest.mark.long
def test_the_page_of_the_docs_is_what_a_run_gives(matrix: Matrix) -> None:
    assert PAGE.read_text(encoding="utf-8") == page(matrix), (
        "docs/faults.md is out of date: python tests/support/matrix.py writes it anew"
    )


def test_the_page_is_folded_by_group_with_one_row_for_all_plain_statuses() -> None:
    told = PAGE.read_text(encoding="utf-8")
    groups = dict.fromkeys(case.group for case in CASES)
    assert told.count("<details>") == told.count("</details>") == len(groups)
    assert "| `status_200` to `status_999` | The server answers 200, 201, " in told
    assert "| `status_404` |" not in told
    assert "| `status_000` | The server begins with `HTTP/1.1 000 No`. | protocol |" in told


def test_every_fault_is_in_the_matrix_once() -> None:
    names = [case.name for case in CASES]
    assert len(names) == len(set(names))
    assert set(FAULTS) <= set(names)
