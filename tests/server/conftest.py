"""One server for the tests of this room, counting from zero for each."""

from collections.abc import Iterator

import pytest
from fetching import eventually

from concurrent_fetch.server import LocalServer


@pytest.fixture(scope="module")
def shared() -> Iterator[LocalServer]:
    with LocalServer() as server:
        yield server


@pytest.fixture
def server(shared: LocalServer) -> LocalServer:
    eventually(lambda: shared.stats().open_connections == 0)
    shared.reset()
    return shared
