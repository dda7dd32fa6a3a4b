"""A server of exact bytes: a script decides what each connection hears, and when."""

import contextlib
import socket
import ssl
import struct
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Self, TypeAlias

from concurrent_fetch.server._faults._wires import chunked, head, reply

__all__ = [
    "Peer",
    "RawServer",
    "Script",
    "always",
    "by_path",
    "chunked",
    "closed_port",
    "full_port",
    "head",
    "once",
    "reply",
    "silent",
]

_DEAF: tuple[type[Exception], ...] = (OSError, ValueError)  # who asked is gone, or the test over
if sys.implementation.name == "pypy":  # its ssl has no words for some errors of the system
    _DEAF = (*_DEAF, RuntimeError)


class Peer:
    """The server's end of one connection."""

    def __init__(self, server: "RawServer", sock: socket.socket) -> None:
        self.sock = sock
        self._server = server
        self._buffer = b""

    def read_head(self) -> bytes:
        """Return the next request head, counted by the server; empty once the client has closed."""
        while b"\r\n\r\n" not in self._buffer:
            data = self.sock.recv(65536)
            if not data:
                return b""
            self._buffer += data
        head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
        self._server.heads.append(head)
        return head

    def read_body(self, size: int) -> bytes:
        """Return so many bytes of the body behind a head."""
        while len(self._buffer) < size:
            data = self.sock.recv(65536)
            if not data:
                break
            self._buffer += data
        body, self._buffer = self._buffer[:size], self._buffer[size:]
        return body

    def send(self, data: bytes) -> None:
        self.sock.sendall(data)

    def drip(self, data: bytes, pause: float = 0.05) -> None:
        """Send one byte at a time."""
        for octet in data:
            self.send(bytes([octet]))
            if self._server.over.wait(pause):
                return

    def hold(self) -> None:
        """Say nothing until the client closes or the test is over."""
        while self.sock.recv(65536):
            pass

    def reset(self) -> None:
        """Close with a RST."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()


Script: TypeAlias = Callable[[Peer], object]


class RawServer:
    """Plays the script on every connection, each in a thread of its own, until it is left."""

    def __init__(self, script: Script, tls: ssl.SSLContext | None = None) -> None:
        self.heads: list[bytes] = []
        """The head of every request, in the order of arrival."""
        self.connections = 0
        self.over = threading.Event()
        self._script = script
        self._tls = tls
        self._peers: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port: int = self._listener.getsockname()[1]

    def url(self, path: str = "/", *, host: str = "127.0.0.1") -> str:
        scheme = "http" if self._tls is None else "https"
        return f"{scheme}://{host}:{self.port}{path}"

    @property
    def targets(self) -> list[str]:
        """The request targets, in the order of arrival."""
        return [head.split(b" ")[1].decode("ascii") for head in self.heads]

    @property
    def fields(self) -> list[list[tuple[str, str]]]:
        """The header fields of every request: names in lower case, sorted."""
        return [
            sorted(
                (name.lower(), value.strip())
                for name, _, value in (
                    line.partition(":") for line in head.decode("latin-1").split("\r\n")[1:]
                )
            )
            for head in self.heads
        ]

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._threads[0].join()
        self._listener.close()
        for peer in self._peers:
            with contextlib.suppress(OSError):
                socket.socket.shutdown(peer, socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()

    def _start(self, target: Callable[..., None], *args: object) -> None:
        thread = threading.Thread(target=target, args=args, name="raw-server", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._peers.append(sock)
            self._start(self._serve, sock)

    def _serve(self, sock: socket.socket) -> None:
        try:
            if self._tls is not None:
                sock = self._tls.wrap_socket(sock, server_side=True)
                self._peers.append(sock)
            self._script(Peer(self, sock))
        except _DEAF:
            pass
        finally:
            with contextlib.suppress(OSError):  # FIN first: close() with unread bytes would reset
                socket.socket.shutdown(sock, socket.SHUT_WR)
            sock.close()


def once(answer: bytes) -> Script:
    """Answer one request, then close."""

    def play(peer: Peer) -> None:
        if peer.read_head():
            peer.send(answer)

    return play


def always(answer: bytes) -> Script:
    """Answer every request on a connection that is kept."""

    def play(peer: Peer) -> None:
        while peer.read_head():
            peer.send(answer)

    return play


def by_path(answers: dict[str, bytes]) -> Script:
    """Answer by request target (else 404) on a connection that is kept."""

    def play(peer: Peer) -> None:
        while request := peer.read_head():
            target = request.split(b" ")[1].decode("ascii")
            peer.send(answers.get(target, reply(status="404 Not Found")))

    return play


def silent(peer: Peer) -> None:
    """Read the request and never answer."""
    peer.hold()


@contextlib.contextmanager
def closed_port() -> Iterator[int]:
    """A port on which nobody listens."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        yield sock.getsockname()[1]


@contextlib.contextmanager
def full_port(address: str = "127.0.0.1", port: int = 0) -> Iterator[int]:
    """A port whose backlog is full: a connection to it is neither accepted nor refused."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind((address, port))
        listener.listen(0)
        for _ in range(4):
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]
