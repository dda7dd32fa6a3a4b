"""LocalServer: its start and its end, and what it leaves behind."""

import asyncio
import os
import pathlib
import signal
import socket
import subprocess
import sys
import threading
import time

import pytest
from fetching import eventually
from pace import in_time
from plain_http import (
    ROOT,
    alive,
    connect,
    descriptors,
    get,
    head,
    read_to_end,
    run_script,
)

from concurrent_fetch import Options, fetch_threaded
from concurrent_fetch import server as face
from concurrent_fetch.server import LocalServer, serve


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


def test_each_url_has_a_text_of_its_own() -> None:
    with LocalServer() as server:
        run = fetch_threaded(server.urls(100), Options(digest=True))
    assert {(r.status_code, r.size, r.encoding) for r in run.responses} == {(200, 1024, "utf-8")}
    assert [r.text.partition("\n")[0] for r in run.responses] == [f"i={i}" for i in range(100)]
    assert len({r.digest for r in run.responses}) == 100


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
        in_time(time.perf_counter() - start, 1)


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
