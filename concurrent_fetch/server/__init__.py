"""A real HTTP server in a process of its own, with known latency, for measuring offline."""

from concurrent_fetch.server._bodies import bytes_of
from concurrent_fetch.server._faults import FAULTS, Answered, Fault
from concurrent_fetch.server._latency import Latency, LogNormal
from concurrent_fetch.server._listen import serve
from concurrent_fetch.server._local import LocalServer
from concurrent_fetch.server._service import ServerStats

__all__ = [
    "FAULTS",
    "Answered",
    "Fault",
    "Latency",
    "LocalServer",
    "LogNormal",
    "ServerStats",
    "bytes_of",
    "serve",
]
