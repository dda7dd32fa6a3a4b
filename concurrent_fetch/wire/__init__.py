"""The way to a server, judged once for all clients.

What a name means, which addresses may be tried and in which order, which TLS, which proxy, how many
connections may wait idle.
"""

from concurrent_fetch.wire._deadline_sockets import BoundedSocket, has_news
from concurrent_fetch.wire._environment import Environment
from concurrent_fetch.wire._idle import Kept, most_of_a_line, most_open, warn_of_few_descriptors
from concurrent_fetch.wire._proxies import told_to
from concurrent_fetch.wire._racing import check_target, connect
from concurrent_fetch.wire._sockets import Sockets
from concurrent_fetch.wire._tls import tls_context, tls_name

__all__ = [
    "BoundedSocket",
    "Environment",
    "Kept",
    "Sockets",
    "check_target",
    "connect",
    "has_news",
    "most_of_a_line",
    "most_open",
    "tls_context",
    "tls_name",
    "told_to",
    "warn_of_few_descriptors",
]
