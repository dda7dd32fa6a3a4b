"""What a fetch received is freed when its outcome is, and not when the collector comes by."""

import gc
from collections.abc import Iterator

import pytest
from fetching import ClientStrategy

from concurrent_fetch import Exchange
from concurrent_fetch.server import LocalServer

FAULTS = ("cl_over_cap", "cl_short", "garbage_smtp", "fin_after_request", "ce_gzip_corrupt")
MORE = (
    "cl_at_cap",
    "redir_hops_11",
    "redir_301",
    "redir_body_stalls",
    "stall_in_body",
    "ka_race_fin",
)


@pytest.fixture
def _no_collector() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def bodies() -> int:
    exchanges = [thing for thing in gc.get_objects() if isinstance(thing, Exchange)]
    return sum(exchange._decoder is not None or bool(exchange.body) for exchange in exchanges)


@pytest.mark.usefixtures("_no_collector")
@pytest.mark.parametrize("fault", [*FAULTS, *MORE])
def test_no_body_outlives_its_fetch(
    client_strategy: ClientStrategy, local: LocalServer, fault: str
) -> None:
    before = bodies()
    client_strategy.one(local.url(f"/fault/{fault}"), timeout=0.5, max_bytes=4)
    assert bodies() == before
