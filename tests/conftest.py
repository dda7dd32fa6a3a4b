"""What several test modules share: strategies with their clients, one server, one authority."""

from collections.abc import Iterator

import pytest
import trustme
from fetching import CLIENT_STRATEGIES, ClientStrategy
from hypothesis import HealthCheck, settings

from concurrent_fetch.server import LocalServer

# How busy the machine is says nothing about the code.
settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")


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
def authority() -> trustme.CA:
    """A certificate authority of our own."""
    return trustme.CA()
