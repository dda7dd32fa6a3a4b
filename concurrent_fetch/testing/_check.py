"""Check and Report: one small question to a part, asked within a time limit, and its answer."""

import inspect
from collections.abc import Callable
from concurrent.futures import Future, wait
from functools import partial
from typing import Literal, NamedTuple, TypeAlias

import attrs

from concurrent_fetch._python import background_thread
from concurrent_fetch._units import Seconds
from concurrent_fetch.fetch import AsyncClient, Client, in_words
from concurrent_fetch.server import LocalServer
from concurrent_fetch.testing._servers import Servers
from concurrent_fetch.testing._subject import DoesNotApply, Part, Subject, UnusableError, subject_of
from concurrent_fetch.words import visible

AppliesTo: TypeAlias = Literal["clients", "strategies", "both"]
_LIMIT: Seconds = 10.0
_SERVERS = Servers()


class Finding(NamedTuple):
    """What a check expected and what it saw; it has passed if they are equal."""

    expected: object
    seen: object


Function: TypeAlias = Callable[[Subject, LocalServer], Finding]


@attrs.frozen(kw_only=True)
class Report:
    """What one check found out about one part."""

    name: str
    """Of the check."""
    passed: bool
    """Whether what was expected was seen."""
    expected: str
    """In words; of a check that could not be asked, what it holds."""
    seen: str
    """What was found instead, or the same; an exception as "raised …"."""

    def __str__(self) -> str:
        if self.passed:
            return visible(f"passed  {self.name}: {self.seen}")
        if self.expected.endswith("."):  # a sentence: the check could not be asked
            return visible(f"FAILED  {self.name}: {self.seen}. What it must show: {self.expected}")
        return visible(f"FAILED  {self.name}: expected {self.expected}; seen {self.seen}")


class CheckFailed(AssertionError):  # noqa: N818 - reads as the sentence it is
    """A part does not pass a check; `report` says what was expected and seen."""

    def __init__(self, part: str, report: Report) -> None:
        super().__init__(
            f"{part} does not pass {report.name!r}\n"
            f"expected: {report.expected}\n"
            f"seen:     {report.seen}"
        )
        self.report = report


@attrs.frozen(kw_only=True)
class Check:
    """One thing that a client or a strategy must do. `check(part)` raises if it does not.

    `limit` is the time in seconds that it may take; one that takes longer is not passed.
    """

    name: str
    """As reports and tests name it."""
    holds: str
    """What it holds, in one sentence."""
    applies_to: AppliesTo
    """"clients", "strategies" or "both"."""
    _function: Function = attrs.field(repr=False, alias="function")
    limit: Seconds = _LIMIT

    def __call__(self, part: Part) -> Report:
        """Return the report if the part passes.

        Raises:
            CheckFailed: it does not pass.
        """
        report = self.report(part)
        if not report.passed:
            raise CheckFailed(subject_of(part).name, report)
        return report

    def applies(self, part: Part) -> bool:
        """Whether it is meant for such a part."""
        kind = "clients" if isinstance(part, (Client, AsyncClient)) else "strategies"
        return self.applies_to in (kind, "both")

    def report(self, part: Part) -> Report:
        """Ask the part, against a `LocalServer`; whatever the part does is a report."""
        subject = subject_of(part)
        try:
            return self._asked(subject)
        except (OSError, RuntimeError) as error:  # a part that leaks may leave nothing for others
            return self._failed(f"no server or thread could start: {in_words(error)}")

    def _asked(self, subject: Subject) -> Report:
        done = Future[Finding]()
        asking = partial(_ask, self._function, subject, done)
        with _SERVERS.lent() as server:
            # A daemon: one that hangs is reported, and must not hold the process.
            name = f"check {self.name}"
            thread = background_thread(partial(asking, server), name)
            thread.start()
            wait((done,), self.limit)
            if done.done():
                thread.join()
                return self._judged(done)
            server.close()  # what hangs may go on fetching from it
        return self._failed(f"it was still running after {self.limit:g} s")

    def _judged(self, done: "Future[Finding]") -> Report:
        error = done.exception()
        if isinstance(error, DoesNotApply):
            seen = f"does not apply: {error}"
            return Report(name=self.name, passed=True, expected=self.holds, seen=seen)
        if error is not None:
            said = str(error) if isinstance(error, UnusableError) else f"raised {in_words(error)}"
            return self._failed(said)
        expected, seen = map(_in_words, done.result())
        return Report(name=self.name, passed=expected == seen, expected=expected, seen=seen)

    def _failed(self, seen: str) -> Report:
        return Report(name=self.name, passed=False, expected=self.holds, seen=seen)


def _ask(function: Function, subject: Subject, done: Future[Finding], server: LocalServer) -> None:
    try:
        finding = function(subject, server)
    except BaseException as error:  # noqa: BLE001 - whatever the part raises is a finding
        done.set_exception(error)
    else:
        done.set_result(finding)


def _in_words(value: object) -> str:
    if isinstance(value, (list, tuple)):
        return ", ".join(map(str, value)) or "nothing"
    return str(value)


def for_both(function: Function) -> Check:
    """Make a check for clients and strategies; its docstring is what it holds."""
    return _made(function, "both")


def for_clients(function: Function) -> Check:
    """Make a check for clients."""
    return _made(function, "clients")


def for_strategies(function: Function) -> Check:
    """Make a check for strategies."""
    return _made(function, "strategies")


def _made(function: Function, applies_to: AppliesTo) -> Check:
    name: str = getattr(function, "__name__", "")
    holds = " ".join((inspect.getdoc(function) or "").split())
    return Check(name=name.replace("_", "-"), holds=holds, applies_to=applies_to, function=function)
