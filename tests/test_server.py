"""LocalServer against raw sockets and http.client: the real process, no stand-ins."""

import asyncio
import base64
import contextlib
import gzip
import http.client
import json
import os
import pathlib
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from concurrent_fetch import server as face
from concurrent_fetch.server import LocalServer, LogNormal, ServerStats, serve
from concurrent_fetch.server._loop import new_loop
from concurrent_fetch.server._routes import ROUTES

ROOT = str(pathlib.Path(face.__file__).parents[2])


@pytest.fixture(scope="module")
def shared() -> Iterator[LocalServer]:
    with LocalServer() as server:
        yield server


@pytest.fixture
def server(shared: LocalServer) -> LocalServer:
    eventually(lambda: shared.stats().open_connections == 0)
    shared.reset()
    return shared


def eventually(holds: Callable[[], object], seconds: float = 5.0) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(0.005)


def connect(server: LocalServer) -> socket.socket:
    return socket.create_connection((server.host, server.port), timeout=10)


def head(target: str, *fields: str, method: str = "GET", version: str = "1.1") -> bytes:
    lines = [f"{method} {target} HTTP/{version}", "Host: example", *fields, "", ""]
    return "\r\n".join(lines).encode("latin-1")


def read_to_end(sock: socket.socket) -> bytes:
    return b"".join(iter(lambda: sock.recv(65_536), b""))


def exchange(server: LocalServer, data: bytes) -> bytes:
    """All bytes that come back until the server closes."""
    with connect(server) as sock:
        sock.sendall(data)
        return read_to_end(sock)


def get(
    server: LocalServer, path: str, method: str = "GET", **headers: str
) -> tuple[http.client.HTTPResponse, bytes]:
    connection = http.client.HTTPConnection(server.host, server.port, timeout=30)
    with contextlib.closing(connection):
        connection.request(method, path, headers=headers)
        response = connection.getresponse()
        return response, response.read()


def get_json(server: LocalServer, path: str, **headers: str) -> Any:
    response, body = get(server, path, **headers)
    assert response.status == 200
    assert response.headers["Content-Type"] == "application/json"
    return json.loads(body)


def seconds_of(server: LocalServer, path: str) -> float:
    start = time.perf_counter()
    get(server, path)
    return time.perf_counter() - start


def alive(pid: int) -> bool:
    """Whether a process runs; one that is only unreaped does not."""
    try:
        state = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def descriptors() -> set[str]:
    return {entry.name for entry in pathlib.Path("/proc/self/fd").iterdir()}


def run_script(*arguments: str, text: str = "") -> str:
    done = subprocess.run(
        [sys.executable, *arguments],
        input=text,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd="/",
        env={**os.environ, "PYTHONPATH": ROOT},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


# ---- its life


def test_the_face_is_sorted_and_whole() -> None:
    assert face.__all__ == sorted(face.__all__, key=lambda name: (not name.isupper(), name))
    assert all(hasattr(face, name) for name in face.__all__)


def test_urls_are_distinct_and_carry_their_index() -> None:
    with LocalServer() as server:
        base = f"http://127.0.0.1:{server.port}"
        assert server.url("/get") == f"{base}/get"
        assert server.urls(2) == [f"{base}/bytes/1024?i=0", f"{base}/bytes/1024?i=1"]
        assert server.urls(1, "/bytes/9?seed=4") == [f"{base}/bytes/9?seed=4&i=0"]
        assert server.urls(0) == []


def test_close_leaves_no_process_and_no_descriptors() -> None:
    LocalServer().start().close()
    before = descriptors()
    server = LocalServer().start()
    pid = server.pid
    with connect(server) as sock:
        eventually(lambda: server.stats().open_connections == 1)
        server.close()
        assert read_to_end(sock) == b""
    assert not pathlib.Path(f"/proc/{pid}").exists()
    assert descriptors() == before


def test_close_takes_less_than_a_second_with_requests_in_flight() -> None:
    server = LocalServer(latency=60).start()
    with connect(server) as sock:
        sock.sendall(head("/get"))
        eventually(lambda: server.stats().in_flight == 1)
        start = time.perf_counter()
        server.close()
        assert time.perf_counter() - start < 1


def test_start_and_close_may_be_repeated() -> None:
    server = LocalServer()
    server.close()
    assert server.start().start() is server
    first = server.pid
    server.close()
    server.close()
    with server:
        assert server.pid != first
        assert get(server, "/get")[0].status == 200


def test_a_collected_server_ends_its_process() -> None:
    server = LocalServer().start()
    pid = server.pid
    del server
    eventually(lambda: not alive(pid))


def test_without_with_the_end_of_the_interpreter_closes_it_silently() -> None:
    code = "from concurrent_fetch.server import *; s = LocalServer().start(); print(s.pid)"
    pid = int(run_script("-X", "dev", "-W", "error", "-c", code))
    assert not alive(pid)


def test_it_starts_from_a_script_on_stdin_without_a_main_guard() -> None:
    code = """
from concurrent_fetch.server import LocalServer
with LocalServer() as server:
    print(len(server.urls(3)))
"""
    assert run_script("-", text=code) == "3\n"


def test_the_child_imports_what_the_parent_found_by_changing_sys_path(
    tmp_path: pathlib.Path,
) -> None:
    code = f"""
import sys
sys.path[:0] = [{ROOT!r}, *{[p for p in sys.path if p]!r}]
from concurrent_fetch.server import LocalServer
with LocalServer() as server:
    print(server.stats().requests)
"""
    done = subprocess.run(
        [sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert done.stdout == "0\n"


def test_it_starts_below_a_running_event_loop() -> None:
    async def main() -> int:
        with LocalServer() as server:
            reader, writer = await asyncio.open_connection(server.host, server.port)
            writer.write(head("/bytes/3", "Connection: close"))
            await reader.read()
            writer.close()
            await writer.wait_closed()
            return server.stats().requests

    assert asyncio.run(main()) == 1


def test_it_starts_in_a_thread_and_answers_many_threads() -> None:
    found: list[int] = []
    with LocalServer() as server:
        threads = [
            threading.Thread(target=lambda: found.append(server.stats().requests))
            for _ in range(20)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert found == [0] * 20


def test_it_ends_when_its_parent_is_killed() -> None:
    code = """
import time
from concurrent_fetch.server import LocalServer
server = LocalServer().start()
print(server.pid, flush=True)
time.sleep(60)
"""
    with subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": ROOT},
    ) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert alive(pid)
        parent.kill()
    eventually(lambda: not alive(pid))


def test_it_ends_when_its_parent_is_killed_and_a_fork_holds_the_pipe() -> None:
    code = """
import os, time
from concurrent_fetch.server import LocalServer
server = LocalServer().start()
fork = os.fork()
if fork:
    print(server.pid, fork, flush=True)
time.sleep(60)
"""
    with subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": ROOT},
    ) as parent:
        assert parent.stdout is not None
        pid, fork = map(int, parent.stdout.readline().split())
        parent.kill()
        try:
            eventually(lambda: not alive(pid))
        finally:
            os.kill(fork, signal.SIGKILL)


def test_a_fork_that_ends_leaves_the_server_running() -> None:
    code = """
import os, sys
from concurrent_fetch.server import LocalServer
server = LocalServer().start()
fork = os.fork()
if not fork:
    sys.exit()
os.waitpid(fork, 0)
print(server.stats().requests)
"""
    assert run_script("-c", code) == "0\n"


def test_an_interrupt_from_the_terminal_does_not_end_it(server: LocalServer) -> None:
    os.kill(server.pid, signal.SIGINT)
    assert os.getpgid(server.pid) != os.getpgid(0)
    assert get(server, "/get")[0].status == 200


def test_a_server_that_died_says_so() -> None:
    with LocalServer() as server:
        os.kill(server.pid, signal.SIGKILL)
        with pytest.raises(RuntimeError, match="process ended with status -9"):
            server.stats()


def test_a_start_that_fails_tells_what_the_child_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/cat")
    before = descriptors()
    with pytest.raises(RuntimeError, match=r"(?s)status 1.*cat: "):
        LocalServer().start()
    assert descriptors() == before


def test_a_port_in_use_is_an_os_error_here_and_in_serve() -> None:
    with LocalServer() as server:
        with pytest.raises(OSError, match=f"in use.*{server.port}"):
            LocalServer(port=server.port).start()
        with pytest.raises(OSError, match="in use"):
            serve(port=server.port, ready=lambda _: None)


def test_serve_runs_in_the_foreground_until_an_interrupt() -> None:
    code = """
from concurrent_fetch.server import serve
serve(ready=lambda url: print(url, flush=True))
print("quiet")
"""
    with subprocess.Popen(
        [sys.executable, "-X", "dev", "-c", code],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": ROOT},
    ) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        host, port = url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port))) as sock:
            sock.sendall(head("/bytes/1"))
            assert sock.recv(100).startswith(b"HTTP/1.1 200 OK\r\n")
            process.send_signal(signal.SIGINT)
            assert process.communicate(timeout=10) == ("quiet\n", "")


def test_it_listens_on_ipv6_too() -> None:
    try:
        server = LocalServer(host="::1").start()
    except OSError:
        pytest.skip("this machine has no IPv6")
    with server:
        assert server.url("/get").startswith("http://[::1]:")
        assert get(server, "/get")[0].status == 200


# ---- what is refused


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"latency": -1}, ValueError, r"latency must be at least 0 seconds; it is -1\."),
        ({"latency": float("nan")}, ValueError, "latency must be finite; it is nan"),
        ({"latency": True}, TypeError, "latency must be a number; it is True"),
        ({"latency": "1"}, TypeError, "latency must be a number; it is '1'"),
        ({"latency": []}, ValueError, "latency must hold at least one"),
        ({"latency": [0.1, -1]}, ValueError, r"latency\[1\] must be at least 0"),
        ({"capacity": 0}, ValueError, "capacity must be an int of at least 1, or None"),
        ({"capacity": True}, TypeError, "capacity must be .* it is True"),
        ({"capacity": 1.5}, TypeError, "capacity must be .* it is 1.5"),
        ({"port": 70_000}, ValueError, "port must be .* it is 70000"),
        ({"host": ""}, ValueError, "host must name"),
        ({"host": 7}, TypeError, "host must be a str; it is 7"),
    ],
)
def test_a_setting_that_breaks_its_rule_is_named(
    arguments: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        LocalServer(**arguments)


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"median": 0}, ValueError),
        ({"median": -1}, ValueError),
        ({"sigma": -0.1}, ValueError),
        ({"sigma": float("inf")}, ValueError),
        ({"seed": 1.5}, TypeError),
        ({"seed": True}, TypeError),
    ],
)
def test_a_log_normal_that_breaks_its_rule_is_named(
    arguments: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error, match=f"{next(iter(arguments))} must be"):
        LogNormal(**arguments)


def test_urls_and_paths_that_break_their_rule_are_named(server: LocalServer) -> None:
    with pytest.raises(ValueError, match="n must be an int of at least 0; it is -1"):
        server.urls(-1)
    with pytest.raises(TypeError, match="n must be an int"):
        server.urls(True)
    with pytest.raises(ValueError, match="path must begin with a slash"):
        server.url("get")


@pytest.mark.parametrize(
    "use",
    [
        lambda server: server.url("/"),
        lambda server: server.urls(1),
        lambda server: server.stats(),
        lambda server: server.reset(),
        lambda server: server.pid,
        lambda server: server.port,
    ],
)
def test_use_before_start_and_after_close_says_what_to_write(
    use: Callable[[LocalServer], object],
) -> None:
    server = LocalServer()
    for _ in range(2):
        with pytest.raises(RuntimeError, match=r'use "with LocalServer\(\) as server:"'):
            use(server)
        server.start().close()


# ---- latency


def test_a_request_takes_at_least_the_latency() -> None:
    with LocalServer(latency=0.05) as server:
        assert seconds_of(server, "/bytes/10") >= 0.05
        assert seconds_of(server, "/delay/0.1") >= 0.15


def test_a_list_of_latencies_is_picked_from_by_the_index_in_the_url() -> None:
    with LocalServer(latency=[0, 0.2]) as server:
        taken = [seconds_of(server, f"/bytes/1?i={i}") for i in (1, 3, 0, 2)]
    assert min(taken[:2]) >= 0.2
    assert min(taken[2:]) < 0.2


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
    assert min(late) < 0.0006


# ---- counters and capacity


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


# ---- the protocol


def test_pipelined_requests_are_answered_in_order() -> None:
    with LocalServer(latency=[0.1, 0]) as server:
        data = b"".join(head(f"/stream/1?i={i}") for i in range(5))
        answer = exchange(server, data + head("/stream/1?i=5", "Connection: close"))
        places = [answer.index(b'{"i": "%d"}' % i) for i in range(6)]
        assert places == sorted(places)
        assert server.stats().peak_in_flight == 6


def test_a_thousand_pipelined_requests_are_all_answered(server: LocalServer) -> None:
    data = head("/bytes/0") * 999 + head("/bytes/0", "Connection: close")
    assert exchange(server, data).count(b"HTTP/1.1 200 OK") == 1000
    assert server.stats().requests == 1000


def test_a_head_may_arrive_byte_by_byte(server: LocalServer) -> None:
    with connect(server) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in head("/bytes/1", "Connection: close"):
            sock.sendall(bytes([byte]))
        assert read_to_end(sock).startswith(b"HTTP/1.1 200 OK")


def test_connection_close_is_obeyed_and_said(server: LocalServer) -> None:
    answer = exchange(server, head("/bytes/1", "Connection: close") + head("/bytes/1"))
    assert answer.count(b"HTTP/1.1 200") == 1
    assert b"\r\nConnection: close\r\n" in answer


def test_http_1_0_is_closed_and_never_chunked(server: LocalServer) -> None:
    answer = exchange(server, b"GET /stream-bytes/5 HTTP/1.0\r\n\r\n")
    head_, _, body = answer.partition(b"\r\n\r\n")
    assert b"chunked" not in head_
    assert len(body) == 5


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00", 400),
        (b"GET / HTTP/1.1\n\n", 400),
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/2.0\r\nHost: a\r\n\r\n", 400),
        (b"GET a HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nfolded\r\n line\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\0\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx", 405),
        (b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx", 413),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 70_000 + b"\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 3_000_000, 431),
    ],
)
def test_what_is_no_request_is_refused_and_closed(
    server: LocalServer, data: bytes, status: int
) -> None:
    answer = exchange(server, data)
    assert answer.startswith(b"HTTP/1.1 %d " % status)
    assert b"\r\nConnection: close\r\n" in answer
    assert server.stats().requests == 0


def test_a_refusal_comes_after_the_answers_to_what_came_before() -> None:
    with LocalServer(latency=0.05) as server:
        answer = exchange(server, head("/bytes/1") + b"nonsense\r\n\r\n")
    assert answer.index(b"HTTP/1.1 200") < answer.index(b"HTTP/1.1 400")


def test_a_target_may_be_a_whole_url(server: LocalServer) -> None:
    answer = exchange(server, head("http://example/bytes/1", "Connection: close"))
    assert answer.startswith(b"HTTP/1.1 200")


def test_answers_are_the_same_bytes_every_time_and_carry_no_date(server: LocalServer) -> None:
    for path in ("/get?i=1", "/bytes/100", "/gzip", "/stream/3", "/"):
        answers = {exchange(server, head(path, "Connection: close")) for _ in range(3)}
        assert len(answers) == 1
        assert b"\r\nDate:" not in answers.pop()


def test_a_client_that_reads_slowly_holds_its_request_until_the_last_byte(
    server: LocalServer,
) -> None:
    with connect(server) as sock:
        sock.sendall(head("/bytes/50000000", "Connection: close"))
        assert sock.recv(1)
        assert server.stats().in_flight == 1
        assert len(read_to_end(sock)) > 50_000_000
    eventually(lambda: server.stats().in_flight == 0)


def test_a_client_that_leaves_during_a_long_body_is_let_go(server: LocalServer) -> None:
    with connect(server) as sock:
        sock.sendall(head("/bytes/50000000"))
        assert sock.recv(1)
    eventually(lambda: server.stats().in_flight == 0)
    eventually(lambda: server.stats().open_connections == 0)


# ---- the routes


def test_every_route_is_listed(server: LocalServer) -> None:
    response, body = get(server, "/")
    assert response.status == 200
    assert body.decode().splitlines() == list(ROUTES)


@pytest.mark.parametrize(
    "path",
    [
        "/get",
        "/bytes/70000",
        "/bytes/10",
        "/stream/2",
        "/redirect/1",
        "/status/204",
        "/status/304",
        "/gzip",
        "/nowhere",
    ],
)
def test_head_gets_the_head_of_get_without_a_body(server: LocalServer, path: str) -> None:
    head_, body = get(server, path, method="HEAD")
    whole, _ = get(server, path)
    assert body == b""
    assert head_.status == whole.status
    if path not in {"/get", "/gzip"}:  # these show the method
        assert head_.getheaders() == whole.getheaders()


@pytest.mark.parametrize("path", ["/get", "/anything", "/anything/else", "/delay/0"])
def test_the_request_is_shown_back(server: LocalServer, path: str) -> None:
    shown = get_json(server, f"{path}?a=1&a=2&b=%C3%BC", **{"X-Own": "yes"})
    assert shown["args"] == {"a": ["1", "2"], "b": "ü"}
    assert shown["headers"]["X-Own"] == "yes"
    assert shown["method"] == "GET"
    assert shown["url"] == f"{server.url(path)}?a=1&a=2&b=%C3%BC"


def test_headers_agent_and_cookies_are_shown(server: LocalServer) -> None:
    assert get_json(server, "/headers", accept="x/y")["headers"]["Accept"] == "x/y"
    assert get_json(server, "/user-agent", **{"User-Agent": "me"}) == {"user-agent": "me"}
    assert get_json(server, "/cookies", Cookie="a=1; b=2") == {"cookies": {"a": "1", "b": "2"}}


@pytest.mark.parametrize("size", [0, 1, 1024, 65_536, 65_537, 1_000_003])
def test_bytes_are_a_function_of_number_and_seed(server: LocalServer, size: int) -> None:
    response, body = get(server, f"/bytes/{size}")
    assert int(response.headers["Content-Length"]) == len(body) == size
    assert get(server, f"/bytes/{size}?i=5")[1] == body
    assert size == 0 or get(server, f"/bytes/{size}?seed=9")[1] != body
    for each in (999, 100_000):
        chunked, same = get(server, f"/stream-bytes/{size}?chunk_size={each}")
        assert chunked.headers["Transfer-Encoding"] == "chunked"
        assert same == body


def test_chunks_have_the_size_asked_for(server: LocalServer) -> None:
    answer = exchange(server, head("/stream-bytes/25?chunk_size=10", "Connection: close"))
    body = answer.partition(b"\r\n\r\n")[2]
    assert body.startswith(b"a\r\n")
    assert body.endswith(b"0\r\n\r\n")
    assert len(body) == 25 + 2 * len(b"a\r\n\r\n") + len(b"5\r\n\r\n") + len(b"0\r\n\r\n")


def test_stream_sends_lines_of_json(server: LocalServer) -> None:
    response, body = get(server, "/stream/4?a=b")
    lines = [json.loads(line) for line in body.splitlines()]
    assert [line["id"] for line in lines] == [0, 1, 2, 3]
    assert lines[0]["args"] == {"a": "b"}
    assert response.headers["Transfer-Encoding"] == "chunked"


@pytest.mark.parametrize("code", [200, 204, 299, 304, 404, 418, 503])
def test_status_answers_the_code(server: LocalServer, code: int) -> None:
    response, body = get(server, f"/status/{code}")
    assert (response.status, body) == (code, b"")
    assert ("Content-Length" in response.headers) == (code not in {204, 304})


def test_statuses_that_need_a_header_have_it(server: LocalServer) -> None:
    assert get(server, "/status/302")[0].headers["Location"] == "/redirect/1"
    assert "Basic" in get(server, "/status/401")[0].headers["WWW-Authenticate"]


def test_redirects_end_at_get_after_so_many_hops(server: LocalServer) -> None:
    for start in ("/redirect/3", "/absolute-redirect/3"):
        path, hops = start, 0
        while (response := get(server, path)[0]).status == 302:
            location = response.headers["Location"]
            assert location.startswith(server.url() if "absolute" in start else "/")
            path, hops = location.removeprefix(server.url("/")[:-1]), hops + 1
        assert (path, hops, response.status) == ("/get", 3, 200)


def test_redirect_to_goes_where_it_is_told(server: LocalServer) -> None:
    plain, _ = get(server, "/redirect-to?url=http%3A%2F%2Fexample%2F%C3%BC%0D%0Aa")
    assert (plain.status, plain.headers["Location"]) == (302, "http://example/%C3%BC%0D%0Aa")
    assert get(server, "/redirect-to?url=/get&status_code=307")[0].status == 307


def test_compressed_bodies_are_what_they_say(server: LocalServer) -> None:
    response, body = get(server, "/gzip")
    assert response.headers["Content-Encoding"] == "gzip"
    assert json.loads(gzip.decompress(body))["gzipped"] is True
    response, body = get(server, "/deflate")
    assert response.headers["Content-Encoding"] == "deflate"
    assert json.loads(zlib.decompress(body))["deflated"] is True


def test_fixed_documents_have_their_type(server: LocalServer) -> None:
    response, body = get(server, "/html")
    assert response.headers.get_content_type() == "text/html"
    assert b"</html>" in body
    response, body = get(server, "/encoding/utf8")
    assert response.headers.get_content_charset() == "utf-8"
    assert "Grüße" in body.decode()
    assert get_json(server, "/json")["slideshow"]["author"] == "Yours Truly"
    response, body = get(server, "/robots.txt")
    assert response.headers.get_content_type() == "text/plain"
    assert body.startswith(b"User-agent: *")


def test_drip_spreads_its_bytes_over_the_duration(server: LocalServer) -> None:
    start = time.perf_counter()
    response, body = get(server, "/drip?numbytes=5&duration=0.25&delay=0.1&code=203")
    assert time.perf_counter() - start >= 0.1 + 0.25 * 4 / 5
    assert (response.status, body) == (203, b"*****")
    assert response.headers["Content-Length"] == "5"
    assert get(server, "/drip?numbytes=5000&duration=0.05")[1] == b"*" * 5000


def test_basic_auth_wants_its_user_and_password(server: LocalServer) -> None:
    right = "Basic " + base64.b64encode(b"me:se:cret").decode()
    path = "/basic-auth/me/se%3Acret"
    assert get_json(server, path, Authorization=right) == {"authenticated": True, "user": "me"}
    assert get(server, path)[0].status == 401
    assert get(server, path, Authorization="Basic eDp5")[0].status == 401


def test_response_headers_are_the_query(server: LocalServer) -> None:
    response, body = get(server, "/response-headers?X-A=1&X-A=2&X-B=b")
    assert response.headers.get_all("X-A") == ["1", "2"]
    assert json.loads(body) == {"X-A": ["1", "2"], "X-B": "b"}


@pytest.mark.parametrize(
    "path",
    [
        "/bytes/-1",
        "/bytes/x",
        "/bytes/104857601",
        "/bytes/%D9%A1",
        "/stream-bytes/5?chunk_size=0",
        "/delay/nan",
        "/delay/-1",
        "/delay/61",
        "/status/100",
        "/status/600",
        "/redirect/0",
        "/redirect-to",
        "/redirect-to?url=/&status_code=200",
        "/drip?numbytes=0",
        "/drip?duration=inf",
        "/response-headers?a%0D%0Ab=1",
        "/response-headers?a=1%0D%0Ab",
        "/response-headers?Content-Length=1",
    ],
)
def test_an_argument_that_breaks_its_rule_gets_400_and_may_go_on(
    server: LocalServer, path: str
) -> None:
    data = head(path) + head("/bytes/1", "Connection: close")
    answer = exchange(server, data)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"HTTP/1.1 200 OK" in answer


@pytest.mark.parametrize("path", ["/nowhere", "/get/more", "/bytes", "/bytes/1/2", "//", "/GET"])
def test_an_unknown_path_gets_404(server: LocalServer, path: str) -> None:
    assert get(server, path)[0].status == 404
