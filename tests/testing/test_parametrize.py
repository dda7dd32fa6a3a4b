"""Checks as pytest items: ids, both forms of a test, and failures that are expected."""

import sys
from collections.abc import Iterator
from typing import Any

import pytest

import concurrent_fetch as cf
from concurrent_fetch import Client
from concurrent_fetch.clients import httpx_async_client, httpx_client, requests_client
from concurrent_fetch.errors import UnknownNameError
from concurrent_fetch.testing import CHECKS, parametrize_with_checks

pytest_plugins = ["pytester"]

_HEAD = """
import attrs
import concurrent_fetch as cf
from concurrent_fetch.testing import parametrize_with_checks

def good(urls, options):
    return cf.fetch_sync(urls, options)

def bad(urls, options):
    return [attrs.evolve(outcome, index=0) for outcome in cf.fetch_sync(urls, options)]
"""


def outcomes(pytester: pytest.Pytester, test: str, chosen: str) -> pytest.RunResult:
    """Run a test module of its own, and of its items those chosen."""
    pytester.makepyfile(_HEAD + test)
    return pytester.runpytest_subprocess("-q", "-rA", "-p", "no:cacheprovider", "-k", chosen)


@pytest.mark.once
def test_a_test_with_one_parameter_gets_a_check_to_call(pytester: pytest.Pytester) -> None:
    result = outcomes(
        pytester,
        """
@parametrize_with_checks([good, bad])
def test_it(check):
    check()
""",
        "index or every-url",
    )
    result.assert_outcomes(passed=3, failed=1, deselected=result.parseoutcomes()["deselected"])
    result.stdout.fnmatch_lines(
        [
            "E*CheckFailed: bad does not pass 'index'",
            "E*expected: 0 outcomes with the place of another URL",
            "E*seen:     29 outcomes with the place of another URL",
            "PASSED *::test_it[[]good-every-url[]]",
        ]
    )


def test_a_test_with_two_gets_the_part_and_the_check(pytester: pytest.Pytester) -> None:
    result = outcomes(
        pytester,
        """
class TestIt:
    @parametrize_with_checks([good])
    def test_it(self, part, check):
        assert part is good
        assert check(part).passed
""",
        "index",
    )
    assert result.parseoutcomes()["passed"] == 1


@pytest.mark.once
def test_an_expected_failure_carries_its_reason_and_must_fail(pytester: pytest.Pytester) -> None:
    result = outcomes(
        pytester,
        """
@parametrize_with_checks([good, bad], expected_failures={"index": "it does not count"})
def test_for_all(check):
    check()

@parametrize_with_checks([good, bad], expected_failures={"bad": {"index": "it does not count"}})
def test_for_one(check):
    check()
""",
        "index",
    )
    assert result.parseoutcomes().items() >= {"passed": 1, "failed": 1, "xfailed": 2}.items()
    result.stdout.fnmatch_lines(
        [
            "*XPASS(strict)*it does not count*",
            "XFAIL *::test_for_one[[]bad-index[]] - it does not count",
        ]
    )


def items(parts: list[Any], **more: Any) -> list[str]:
    """Return the ids of the items that a test becomes."""

    @parametrize_with_checks(parts, **more)
    def test_it(check: Any) -> None:
        check()

    (mark,) = test_it.pytestmark  # type: ignore[attr-defined]  # set by pytest
    return [item.id for item in mark.args[1]]


def test_ids_name_the_part_and_the_check() -> None:
    ids = items([requests_client, cf.iter_sync])
    assert len(ids) == sum(c.applies(p) for c in CHECKS for p in (requests_client, cf.iter_sync))
    assert {"requests-isolation", "iter_sync-every-url"} <= set(ids)
    assert "requests-every-url" not in ids


def test_an_async_client_of_the_same_name_is_told_apart() -> None:
    ids = items([httpx_client, httpx_async_client])
    assert {"httpx-body", "httpx-async-body"} <= set(ids)


def test_two_parts_of_one_name_are_refused() -> None:
    twin = Client("requests", requests_client.open)
    with pytest.raises(ValueError, match="two parts are called 'requests': rename one"):
        items([requests_client, twin])


@pytest.mark.parametrize(
    ("expected", "message"),
    [
        ({"indx": "?"}, r"no check is called 'indx' \(did you mean 'index'\?\)"),
        ({"requests": {"bdy": "?"}}, r"no check is called 'bdy' \(did you mean 'body'\?\)"),
        ({"reqests": {"body": "?"}}, r"no part is called 'reqests' \(did you mean 'requests'\?\)"),
    ],
)
def test_unknown_names_are_refused_with_a_suggestion(expected: Any, message: str) -> None:
    with pytest.raises(UnknownNameError, match=message):
        items([requests_client], expected_failures=expected)


def test_a_test_without_a_place_for_the_check_is_told_how_to_write_it() -> None:
    def test_it() -> None: ...

    with pytest.raises(TypeError, match=r"def test_it\(check\): check\(\)"):
        parametrize_with_checks([requests_client])(test_it)


@pytest.fixture
def _no_pytest(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "pytest", None)
        yield


@pytest.mark.usefixtures("_no_pytest")
def test_without_pytest_the_error_says_what_to_install() -> None:
    try:
        parametrize_with_checks([requests_client])
    except ImportError as error:
        assert "pip install pytest" in str(error)  # noqa: PT017 - pytest is away
    else:
        raise AssertionError("it did without pytest")
