"""What several test modules share: strategies with their clients, one server, one authority.

And the rule by which a test that was too slow is done again: see `support/pace`.
"""

import signal
from collections.abc import Iterator
from typing import Any

import pytest
from fetching import CLIENT_STRATEGIES, EXTRAS, ClientStrategy
from hypothesis import HealthCheck, settings
from pace import TRIES, TooSlow

from concurrent_fetch.analysis import Loads
from concurrent_fetch.server import LocalServer

# A shell that puts a test run into the background lets it ignore Ctrl-C, and all that it starts.
signal.signal(signal.SIGINT, signal.default_int_handler)
# How busy the machine is says nothing about the code.
settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")


@pytest.fixture(scope="session", autouse=True)
def _unseen_machine() -> Iterator[None]:
    """Let no comparison say how busy the machine is, but where a test asks for it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Loads, "of_this_machine", lambda: Loads(None))
        yield


@pytest.fixture(params=CLIENT_STRATEGIES, ids=str)
def client_strategy(request: pytest.FixtureRequest) -> ClientStrategy:
    """Every strategy with every client that fits it, one after another."""
    chosen: ClientStrategy = request.param
    return chosen


@pytest.fixture(scope="session")
def _local_server() -> Iterator[LocalServer]:
    with LocalServer() as server:
        yield server


@pytest.fixture
def local(_local_server: LocalServer) -> LocalServer:
    """The one LocalServer of all these tests, counting from zero."""
    _local_server.reset()
    return _local_server


@pytest.fixture(scope="session")
def authority() -> Any:
    """A certificate authority of our own; its package needs parts in C or Rust."""
    return pytest.importorskip("trustme").CA()


def pytest_itemcollected(item: pytest.Item) -> None:
    """Mark what has a client of an extra, and what has the one that is wholly ours.

    Of that one the matrix asks each Python.
    """
    callspec: Any = getattr(item, "callspec", None)
    given = callspec.params.values() if callspec else ()
    ways = [str(value) for value in given if isinstance(value, str | ClientStrategy)]
    if any(way.endswith(EXTRAS) for way in ways):
        item.add_marker("extras")
    if any("plain" in way.split("-") for way in ways):
        item.add_marker("once")


_AGAIN = ("done again", 1)


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool:
    """Call the test, again while it is too slow and has tries left."""
    names = pyfuncitem._fixtureinfo.argnames
    arguments = {name: pyfuncitem.funcargs[name] for name in names}
    for left in reversed(range(TRIES)):
        try:
            pyfuncitem.obj(**arguments)
        except TooSlow:
            if not left:
                raise
            pyfuncitem.user_properties.append(_AGAIN)
        else:
            break
    return True


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Count what was done again, by test."""
    again = {
        report.nodeid: times
        for reports in terminalreporter.stats.values()
        for report in reports
        if getattr(report, "when", "") == "call" and (times := report.user_properties.count(_AGAIN))
    }
    if again:
        terminalreporter.section("done again, since a limit of time was missed")
        for test, times in again.items():
            terminalreporter.write_line(f"{times} × {test}")
