"""How many small requests a second the built-in server carries, so that it is not what is measured.

The server's process is kept on one core where the system allows it; the load comes from here, by
plain sockets with a few requests ahead on each.
"""

import os
import selectors
import socket
import sys
from time import perf_counter

from bench.rounds import Verdicts
from concurrent_fetch.server import LocalServer

CONNECTIONS, AHEAD = 32, 4


def requests_per_second(server: LocalServer, duration: float) -> float:
    request = f"GET /bytes/1024?i=1 HTTP/1.1\r\nHost: {server.host}\r\n\r\n".encode()
    size = _size_of_one_response(server, request)
    selector = selectors.DefaultSelector()
    connections = [socket.create_connection((server.host, server.port)) for _ in range(CONNECTIONS)]
    for connection in connections:
        connection.sendall(request * AHEAD)
        selector.register(connection, selectors.EVENT_READ, [0])
    done, start = 0, perf_counter()
    while perf_counter() - start < duration:
        for key, _ in selector.select():
            ready = key.fileobj
            assert isinstance(ready, socket.socket)
            key.data[0] += len(ready.recv(65536))
            whole, key.data[0] = divmod(key.data[0], size)
            done += whole
            ready.sendall(request * whole)
    elapsed = perf_counter() - start
    for connection in connections:
        connection.close()
    selector.close()
    return done / elapsed


def _size_of_one_response(server: LocalServer, request: bytes) -> int:
    with socket.create_connection((server.host, server.port)) as connection:
        connection.sendall(request.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        closed = b"".join(iter(lambda: connection.recv(65536), b""))
    return len(closed) - len(b"Connection: close\r\n")


def main() -> None:
    duration = float(sys.argv[1]) if len(sys.argv) > 1 else 3.0
    verdicts = Verdicts()
    with LocalServer() as server:
        if hasattr(os, "sched_setaffinity"):
            cores = sorted(os.sched_getaffinity(0))
            os.sched_setaffinity(server.pid, cores[:1])
            os.sched_setaffinity(0, cores[1:] or cores)
        figure = requests_per_second(server, duration)
        served = server.stats().requests
    verdicts.within("small requests a second on one core", figure, 5_000, float("inf"))
    print(f"the server counted {served:,} requests")
    verdicts.end()


if __name__ == "__main__":
    main()
