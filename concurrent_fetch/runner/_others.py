"""Others: whether the load of this machine can be told as that of others."""

import contextlib
from collections.abc import Sequence

from concurrent_fetch._failure_kinds import Refusal
from concurrent_fetch._python import COUNTING_SERVERS
from concurrent_fetch.analysis import Loads
from concurrent_fetch.http import canonicalize
from concurrent_fetch.runner._plan import is_loopback


def loads_beside(urls: Sequence[str]) -> Loads:
    """Return what looks at this machine around each round.

    It sees nothing where a server of the URLs runs here that is none of this process: its load is
    the comparison's own, and nobody knows how much that is.
    """
    return Loads.of_this_machine() if _are_servers_known(urls) else Loads(None)


def _are_servers_known(urls: Sequence[str]) -> bool:
    here: set[int] = set()
    for url in urls:
        with contextlib.suppress(Refusal):
            known = canonicalize(url)
            if is_loopback(known.host.strip("[]")):
                here.add(known.port)
    return here <= {server.port for server in COUNTING_SERVERS.at(here)}
