"""A LocalServer spoken to by raw sockets and http.client; and what its processes leave."""

import contextlib
import http.client
import json
import os
import pathlib
import socket
import subprocess
import sys
import time
from typing import Any

from concurrent_fetch import server as face
from concurrent_fetch.server import LocalServer

ROOT = str(pathlib.Path(face.__file__).parents[2])


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
