"""The conformance kit: what is built in passes it, and each fault is found and told in words."""

import asyncio
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import bad_parts
import pytest
from fetching import ASYNC_CLIENTS, CLIENTS

import concurrent_fetch as cf
from concurrent_fetch.clients import (
    aiohttp_client,
    requests_client,
)
from concurrent_fetch.fetch import find_async_client, find_client
from concurrent_fetch.testing import (
    CHECKS,
    Check,
    CheckFailed,
    Report,
    check_client,
    check_strategy,
    parametrize_with_checks,
)

pytestmark = pytest.mark.once

BY_NAME = {check.name: check for check in CHECKS}
# From each family one or two: a fault must show in the check that is for it, not in these.
SAMPLE = (
    *("every-url", "index", "isolation", "retries", "timing"),
    *("request-headers", "body", "redirects-followed", "no-mix-up", "below-a-loop"),
)


async def fetch_gathered(urls: list[str], options: cf.Options) -> list[cf.Outcome]:
    """A stranger's, from docs/strategies.md."""
    limit = asyncio.Semaphore(options.concurrency)
    async with aiohttp_client.session(options) as get:

        async def limited(index: int, url: str) -> cf.Outcome:
            async with limit:
                return await get(url, index)

        return await asyncio.gather(*(limited(i, url) for i, url in enumerate(urls)))


@parametrize_with_checks([*map(find_client, CLIENTS), *map(find_async_client, ASYNC_CLIENTS)])
def test_the_built_in_clients_pass_every_check(check: Any) -> None:
    assert check().passed


@parametrize_with_checks(
    [
        *(cf.fetch_sync, cf.fetch_threaded, cf.fetch_async),
        *(cf.iter_sync, cf.iter_threaded, cf.iter_async),
        fetch_gathered,
    ]
)
def test_the_built_in_strategies_and_a_strangers_pass_every_check(check: Any) -> None:
    assert check().passed


def failing(part: Any, also: set[str]) -> dict[str, str]:
    """Return what a part fails of these checks and of the sample, and what was seen instead."""
    names = sorted({*SAMPLE, *also})
    reports = [BY_NAME[name].report(part) for name in names if BY_NAME[name].applies(part)]
    return {report.name: report.seen for report in reports if not report.passed}


# The part, what it fails of all checks, and what the report of the first of these saw.
FAULTS: list[tuple[Any, tuple[str, ...], str]] = [
    (
        bad_parts.decodes_silently,
        ("gzip", "deflate", "kind-decode"),
        "a failure of the kind decode: the gzip body is corrupt",
    ),
    (
        bad_parts.sends_gets,
        ("post-body", "head", "redirects-307"),
        "GET with 0 bytes of SHA-256",
    ),
    (bad_parts.adds_headers, ("request-headers", "own-headers"), "X-Client: mine/1.0"),
    (bad_parts.claims_to_check, ("private-addresses",), "2 connections"),
    (bad_parts.retries_silently, ("retries",), "4 requests"),
    (bad_parts.queues, ("no-queue",), "1 in flight"),
    (bad_parts.leaks_a_thread, ("leaves-no-thread",), "left behind"),
    (
        bad_parts.redirects_itself,
        ("redirects-off", "redirects-followed", "redirects-limited", "redirects-endless"),
        "/redirect/1 after 0 redirects",
    ),
    (bad_parts.deduplicates, ("duplicates",), "returned 1 outcomes for 6 URLs; missing: http://"),
    (
        bad_parts.takes_one_page,
        ("every-url", "index", "concurrency-limit", "no-mix-up"),
        "returned 20 outcomes for 30 URLs; missing: http://",
    ),
    (bad_parts.forgets_places, ("index",), "29 outcomes with the place of another URL"),
    (
        bad_parts.ignores_the_limit,
        ("concurrency-limit", "connections-kept"),
        "in flight",
    ),
    (bad_parts.invents_times, ("timing",), "7 outside the run"),
    (
        bad_parts.raises_for_failures,
        ("isolation", "kind-invalid-url", "retries", "timing", "pickling"),
        "raised FetchFailed: 3 of 7 URLs failed",
    ),
    (bad_parts.collects_first, ("laziness",), "after all 40 were sent"),
    (bad_parts.swallows_cancellation, ("cancellation",), "the cancellation was swallowed"),
    (bad_parts.leaves_a_task, ("leaves-no-task",), "left behind"),
]


@pytest.mark.parametrize(
    ("part", "fails", "seen"),
    FAULTS,
    ids=[getattr(f[0], "name", None) or f[0].__name__ for f in FAULTS],
)
def test_a_fault_is_found_where_it_is_and_nowhere_else(
    part: Any, fails: tuple[str, ...], seen: str
) -> None:
    found = failing(part, set(fails))
    assert sorted(found) == sorted(fails)
    assert seen in found[fails[0]]


def test_a_kept_pool_may_grow_by_what_an_earlier_run_did_without() -> None:
    threads: list[bool] = []  # of each run; the first is the warming up
    enough = threading.Event()

    def pooled(urls: list[str], options: cf.Options) -> cf.Run:
        threads.append(len(threads) == 1)
        if threads[-1]:
            threading.Thread(target=enough.wait).start()
        return cf.fetch_threaded(urls, options)

    try:
        assert BY_NAME["leaves-no-thread"].report(pooled).passed
    finally:
        enough.set()
    assert threads == [False, True, False]


def test_a_strategy_that_runs_a_loop_of_its_own_is_found() -> None:
    found = failing(bad_parts.runs_a_loop, set())
    assert list(found) == ["below-a-loop"]
    assert found["below-a-loop"].startswith("raised RuntimeError: asyncio.run() cannot be called")


@pytest.mark.parametrize("name", ["deadline-silence", "deadline-slow-head"])
def test_a_check_does_not_wait_for_a_part_that_hangs(name: str) -> None:
    check = attrs.evolve(BY_NAME[name], limit=1.2)
    report = check.report(bad_parts.ignores_the_deadline)
    assert (report.passed, report.seen) == (False, "it was still running after 1.2 s")


@pytest.fixture(autouse=True)
def _the_test_is_over() -> Iterator[None]:
    """Let go of the threads that bad parts left behind or in a hang."""
    bad_parts.test_is_over.clear()
    yield
    bad_parts.test_is_over.set()


def test_a_hang_is_a_report_that_says_so() -> None:
    check = attrs.evolve(BY_NAME["every-url"], limit=0.3)
    report = check.report(bad_parts.never_returns)
    assert str(report) == (
        "FAILED  every-url: it was still running after 0.3 s. "
        "What it must show: Each URL gets exactly one outcome, in any order."
    )


@pytest.mark.parametrize("error", [ValueError("odd"), KeyboardInterrupt(), SystemExit(3)])
def test_whatever_a_part_raises_is_a_report(error: BaseException) -> None:
    def raises(_urls: list[str], _options: cf.Options) -> list[cf.Outcome]:
        raise error

    report = BY_NAME["every-url"].report(raises)
    assert report.seen.startswith(f"raised {type(error).__name__}")


def test_where_no_server_can_start_there_is_a_report(monkeypatch: pytest.MonkeyPatch) -> None:
    from concurrent_fetch.testing import _check, _servers

    def no_server() -> None:
        raise OSError("Too many open files")

    monkeypatch.setattr(_check, "_SERVERS", _servers.Servers())
    monkeypatch.setattr(_servers, "LocalServer", no_server)
    report = BY_NAME["body"].report(requests_client)
    assert report.seen == "no server or thread could start: OSError: Too many open files"


def test_what_is_no_list_of_outcomes_is_a_report() -> None:
    def returns_nothing(_urls: list[str], _options: cf.Options) -> Any:
        return None

    assert BY_NAME["isolation"].report(returns_nothing).seen.startswith("returned None; it must")


def test_a_part_that_the_check_does_not_fit_passes_and_says_so() -> None:
    for name in ("laziness", "early-stop", "cancellation", "leaves-no-task"):
        report = BY_NAME[name].report(cf.fetch_sync)
        assert report.passed
        assert report.seen.startswith("does not apply: ")


@pytest.mark.parametrize("name", ["head", "post-body", "redirects-303", "redirects-307"])
def test_methods_are_asked_of_clients_that_declare_them(name: str) -> None:
    report = BY_NAME[name].report(attrs.evolve(requests_client, methods={"GET"}))
    assert report.passed
    missing = "HEAD" if name == "head" else "POST"
    assert report.seen == f"does not apply: it does not declare that it sends {missing}"


def test_one_call_asks_all_checks_that_are_for_such_a_part(monkeypatch: pytest.MonkeyPatch) -> None:
    from concurrent_fetch.testing import _catalogue

    quick = tuple(BY_NAME[name] for name in ("index", "no-urls", "text", "no-queue"))
    monkeypatch.setattr(_catalogue, "CHECKS", quick)
    assert [r.name for r in check_client(requests_client)] == ["text", "no-queue"]
    assert [r.name for r in check_strategy(cf.iter_sync)] == ["index", "no-urls", "text"]
    assert str(check_client(aiohttp_client)[1]) == "passed  no-queue: 16 in flight"


def test_a_check_called_on_a_part_raises_what_it_saw() -> None:
    assert isinstance(BY_NAME["index"](cf.fetch_sync), Report)
    with pytest.raises(CheckFailed) as caught:
        BY_NAME["index"](bad_parts.forgets_places)
    assert str(caught.value) == (
        "forgets_places does not pass 'index'\n"
        "expected: 0 outcomes with the place of another URL\n"
        "seen:     29 outcomes with the place of another URL"
    )
    assert isinstance(caught.value, AssertionError)
    assert caught.value.report.name == "index"


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.name)
def test_every_check_says_in_one_sentence_what_it_holds(check: Check) -> None:
    assert check.name == check.name.lower()
    assert check.holds.endswith(".")
    assert check.holds.count(". ") == 0


def test_no_two_checks_have_one_name() -> None:
    assert len(BY_NAME) == len(CHECKS)


def test_what_is_no_part_is_refused_with_what_to_write() -> None:
    with pytest.raises(TypeError, match="must be a Client or an AsyncClient, got 'requests'"):
        check_client("requests")  # type: ignore[arg-type]  # misuse
    with pytest.raises(TypeError, match="is a client: check it with check_client"):
        check_strategy(requests_client)  # type: ignore[arg-type]  # misuse
    with pytest.raises(TypeError, match="a strategy must be callable"):
        check_strategy(7)  # type: ignore[arg-type]  # misuse


def test_importing_the_kit_imports_neither_pytest_nor_a_client() -> None:
    code = (
        "import sys, concurrent_fetch.testing; "
        "assert not {'pytest', 'requests', 'httpx', 'aiohttp', 'urllib3'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_table_in_the_docs_is_the_tuple_of_checks() -> None:
    page = (Path(__file__).parents[2] / "docs" / "testing.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(.+)` \| (.+) \| (.+) \|$", page, re.MULTILINE)
    assert rows == [(check.name, check.applies_to, check.holds) for check in CHECKS]


def test_the_examples_in_the_docs_are_short_and_all_there() -> None:
    docs = Path(__file__).parents[2] / "docs"
    files = [path for path in (docs / "examples").glob("*.py") if "test_" not in path.name]
    shown = [
        re.findall(r"^```{literalinclude} examples/(.+)$", page.read_text("utf-8"), re.MULTILINE)
        for page in (docs / "testing.md", *sorted(docs.glob("*.md")))
    ]
    assert sorted({name for names in shown for name in names}) == sorted(
        file.name for file in files
    )
    of_kit = [docs / "examples" / name for name in shown[0]]
    assert all(len(path.read_text("utf-8").splitlines()) <= 25 for path in of_kit)
