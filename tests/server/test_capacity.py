"""What the server counts, and how many requests it serves at once."""

import contextlib
import resource
import time

import pytest
from fetching import eventually
from plain_http import connect, get, head, read_to_end

from concurrent_fetch.server import LocalServer, ServerStats


def test_requests_and_connections_are_counted_and_reset(server: LocalServer) -> None:
    with connect(server) as sock:
        for _ in range(3):
            sock.sendall(head("/bytes/0"))
            assert sock.recv(1000)
        stats = server.stats()
        assert (stats.requests, stats.connections, stats.open_connections) == (3, 1, 1)
        server.reset()
        assert server.stats() == ServerStats(
            requests=0,
            connections=0,
            peak_in_flight=0,
            peak_served=0,
            in_flight=0,
            open_connections=1,
        )


def until_held(server: LocalServer, n: int) -> None:
    eventually(lambda: server.stats().requests == n)


def opened(server: LocalServer, stack: contextlib.ExitStack, path: str, n: int) -> None:
    """Send `n` requests, each over a connection of its own, and wait until all are held."""
    for i in range(n):
        stack.enter_context(connect(server)).sendall(head(f"{path}?i={i}"))
    until_held(server, n)


def test_the_peak_in_flight_is_what_was_held_at_once() -> None:
    with LocalServer(latency=30) as server, contextlib.ExitStack() as stack:
        opened(server, stack, "/bytes/1", 12)
        stats = server.stats()
        assert (stats.peak_in_flight, stats.peak_served, stats.in_flight) == (12, 12, 12)
        stack.close()
        eventually(lambda: server.stats().in_flight == 0)
        assert server.stats().peak_in_flight == 12


def test_no_more_than_the_capacity_is_served_at_once() -> None:
    with LocalServer(latency=30, capacity=3) as server, contextlib.ExitStack() as stack:
        opened(server, stack, "/bytes/1", 10)
        stats = server.stats()
        assert (stats.peak_in_flight, stats.peak_served) == (10, 3)


def test_requests_beyond_the_capacity_wait_first_in_first_out() -> None:
    with LocalServer(latency=0.1, capacity=1) as server, contextlib.ExitStack() as stack:
        start = time.perf_counter()
        socks = [stack.enter_context(connect(server)) for _ in range(3)]
        for n, sock in enumerate(socks, start=1):
            sock.sendall(head("/bytes/1", "Connection: close"))
            until_held(server, n)
        assert read_to_end(socks[2])
        assert time.perf_counter() - start >= 0.3
        for sock in socks[:2]:
            sock.setblocking(False)
            assert sock.recv(1000).startswith(b"HTTP/1.1 200")
        assert server.stats().peak_served == 1


def test_a_long_queue_of_fast_requests_is_served_to_its_end() -> None:
    with LocalServer(latency=[0.3, 0], capacity=1) as server, contextlib.ExitStack() as stack:
        socks = [stack.enter_context(connect(server)) for _ in range(900)]
        for i, sock in enumerate(socks):
            sock.sendall(head(f"/bytes/1?i={min(i, 1)}", "Connection: close"))
        assert all(read_to_end(sock).startswith(b"HTTP/1.1 200") for sock in socks)
        assert server.stats().in_flight == 0


def test_a_client_that_leaves_frees_its_slot_and_its_place_in_line() -> None:
    with LocalServer(latency=[60, 0], capacity=1) as server:
        serving, waiting, last = (connect(server) for _ in range(3))
        for n, (sock, i) in enumerate([(serving, 0), (waiting, 0), (last, 1)], start=1):
            sock.sendall(head(f"/bytes/1?i={i}", "Connection: close"))
            until_held(server, n)
        waiting.close()
        eventually(lambda: server.stats().in_flight == 2)
        serving.close()
        assert read_to_end(last).startswith(b"HTTP/1.1 200")
        last.close()
        assert server.stats().in_flight == 0


def test_1200_idle_connections_are_held_beside_working_ones() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < 2000:
        pytest.skip("this machine allows fewer than 2,000 descriptors")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 2000), hard))
    try:
        with LocalServer(latency=0.01) as server, contextlib.ExitStack() as stack:
            for _ in range(1200):
                stack.enter_context(connect(server))
            eventually(lambda: server.stats().open_connections == 1200)
            assert get(server, "/bytes/5")[1]
            assert server.stats().connections == 1201
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
