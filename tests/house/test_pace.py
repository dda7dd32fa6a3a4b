"""The rule for limits of time: what is too slow is done again, so often and not more often."""

import pytest

pytest_plugins = ["pytester"]
pytestmark = pytest.mark.once

CONFTEST = """
import sys
sys.path[:0] = {path!r}
from conftest_of_all import *
"""


@pytest.fixture
def run(pytester: pytest.Pytester, request: pytest.FixtureRequest) -> pytest.Pytester:
    tests = request.config.rootpath / "tests"
    pytester.makepyfile(conftest_of_all=(tests / "conftest.py").read_text(encoding="utf-8"))
    pytester.makeconftest(CONFTEST.format(path=[str(tests / "support"), str(pytester.path)]))
    return pytester


def test_what_is_in_time_at_the_third_try_has_passed_and_is_counted(run: pytest.Pytester) -> None:
    run.makepyfile(
        """
        from pace import in_time
        times = [1.5, 1.2, 0.9, 9.9]
        def test_it():
            in_time(times.pop(0), 1.0)
        """
    )
    result = run.runpytest_subprocess("-p", "no:cacheprovider")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(
        ["*done again, since a limit of time was missed*", "2 × *::test_it"]
    )


def test_what_is_too_slow_each_time_has_failed(run: pytest.Pytester) -> None:
    run.makepyfile(
        """
        from pace import TRIES, in_time
        tries = []
        def test_it():
            tries.append(1)
            in_time(1.5, 1.0)
        def test_it_was_tried_so_often():
            assert len(tries) == TRIES
        """
    )
    result = run.runpytest_subprocess("-p", "no:cacheprovider")
    result.assert_outcomes(failed=1, passed=1)
    result.stdout.fnmatch_lines(["*TooSlow: it took 1.500 s, which is not within 1 s"])


@pytest.mark.parametrize("broken", ["in_time(5.0, 1.0)", "in_time(3.1, 0.1)", "assert False"])
def test_what_is_far_too_slow_or_wrong_fails_at_once(run: pytest.Pytester, broken: str) -> None:
    run.makepyfile(
        f"""
        from pace import in_time
        tries = []
        def test_it():
            tries.append(1)
            {broken}
        def test_it_was_tried_once():
            assert len(tries) == 1
        """
    )
    run.runpytest_subprocess("-p", "no:cacheprovider").assert_outcomes(failed=1, passed=1)
