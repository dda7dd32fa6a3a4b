"""A proxy."""

import socket
import threading

from raw_server import Peer

from concurrent_fetch.http import canonicalize


def _pump(source: socket.socket, goal: socket.socket) -> None:
    try:
        while data := source.recv(65536):
            goal.sendall(data)
        goal.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def forward(peer: Peer) -> None:
    """A forward proxy: plain requests by absolute URL, TLS through CONNECT."""
    while request := peer.read_head():
        method, target, _ = request.split(b"\r\n")[0].decode().split(" ")
        if method == "CONNECT":
            host, _, port = target.rpartition(":")
            with socket.create_connection((host, int(port))) as goal:
                peer.send(b"HTTP/1.1 200 Connection established\r\n\r\n")
                back = threading.Thread(target=_pump, args=(goal, peer.sock))
                back.start()
                _pump(peer.sock, goal)
                back.join()
            return
        url = canonicalize(target)
        with socket.create_connection((url.host, url.port)) as goal:
            head = request.replace(target.encode(), url.origin_form.encode(), 1)
            head = head.replace(b"keep-alive", b"close")
            goal.sendall(head + b"\r\n\r\n")
            while data := goal.recv(65536):
                peer.send(data)
