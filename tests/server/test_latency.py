"""How long an answer takes: the latency that was asked for."""

import asyncio
import time

import pytest
from pace import in_time
from plain_http import (
    get,
    seconds_of,
)

from concurrent_fetch.server import LocalServer, LogNormal
from concurrent_fetch.server._loop import new_loop

pytestmark = pytest.mark.alone


def test_a_request_takes_at_least_the_latency() -> None:
    with LocalServer(latency=0.05) as server:
        assert seconds_of(server, "/bytes/10") >= 0.05
        assert seconds_of(server, "/delay/0.1") >= 0.15


def test_a_list_of_latencies_is_picked_from_by_the_index_in_the_url() -> None:
    with LocalServer(latency=[0, 0.2]) as server:
        taken = [seconds_of(server, f"/bytes/1?i={i}") for i in (1, 3, 0, 2)]
    assert min(taken[:2]) >= 0.2
    in_time(min(taken[2:]), 0.2)


def test_a_request_without_an_index_counts_by_its_arrival_since_the_reset() -> None:
    with LocalServer(latency=[0.2, 0]) as server:
        assert seconds_of(server, "/get") >= 0.2
        seconds_of(server, "/get")
        assert seconds_of(server, "/get?i=x") >= 0.2
        server.reset()
        assert seconds_of(server, "/get") >= 0.2


def test_every_hop_of_a_redirect_keeps_the_index() -> None:
    with LocalServer(latency=[0, 0.1]) as server:
        response, _ = get(server, "/redirect/2?i=1")
        assert response.headers["Location"] == "/redirect/1?i=1"


def test_a_distribution_gives_an_index_the_same_latency_in_any_order() -> None:
    drawn = [LogNormal(seed=3).at(i) for i in range(100)]
    assert [LogNormal(seed=3).at(i) for i in reversed(range(100))] == drawn[::-1]
    assert len(set(drawn)) == 100
    assert [LogNormal(seed=4).at(i) for i in range(100)] != drawn


def test_a_distribution_has_its_median_and_its_spread() -> None:
    drawn = sorted(LogNormal(median=0.05, sigma=0.5).at(i) for i in range(4001))
    assert 0.047 < drawn[2000] < 0.053
    assert 0.047 < drawn[int(4001 * 0.8413)] / 1.6487 < 0.053
    assert LogNormal(median=0.2, sigma=0).at(7) == pytest.approx(0.2)


def test_the_server_obeys_its_distribution() -> None:
    rule = LogNormal(median=0.03, sigma=1, seed=1)
    with LocalServer(latency=rule) as server:
        for i in range(5):
            assert seconds_of(server, f"/bytes/1?i={i}") >= rule.at(i)


def test_a_timer_is_no_whole_millisecond_late() -> None:
    async def overshoot() -> float:
        start = time.perf_counter()
        await asyncio.sleep(0.0053)
        return time.perf_counter() - start - 0.0053

    with asyncio.Runner(loop_factory=new_loop) as runner:
        late = [runner.run(overshoot()) for _ in range(50)]
    in_time(min(late), 0.0006)
