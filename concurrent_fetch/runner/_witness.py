"""Witness: looks from outside at what a run fetches; before it and after it, off the clock."""

import contextlib
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from typing import NamedTuple, TypeVar

from concurrent_fetch._failure_kinds import Refusal
from concurrent_fetch._python import COUNTING_SERVERS, CountingServer, Served
from concurrent_fetch._units import Bytes
from concurrent_fetch.analysis import Note, Witnessed
from concurrent_fetch.http import canonicalize
from concurrent_fetch.runner._elsewhere import elsewhere_in
from concurrent_fetch.runner._octets import Octets
from concurrent_fetch.strategies import AnyStrategy, innermost

_T = TypeVar("_T")

_OTHER_MACHINES = (
    *("distributed", "ray", "pyspark", "ipyparallel", "mpi4py", "parsl", "executorlib"),
    *("lithops", "modal", "coiled", "celery", "paramiko", "asyncssh", "fabric"),
)
"""Packages by which code runs on other machines."""
_OWN = __name__.partition(".")[0]
_HERE = ("concurrent", "multiprocessing", "loky", "joblib", _OWN)
"""Packages whose executors work on this one."""


class Counts(NamedTuple):
    """What has been counted up to a moment; None where nobody counts."""

    served: Served | None
    octets: Bytes | None


class Witness:
    """What counts beside an experiment: servers of this process that have its URLs, the system.

    A context manager around each run, as close as can be; afterwards it has `told` of that.
    """

    def __init__(self, urls: Sequence[str]) -> None:
        self._servers = _unless_wrong(lambda: _servers_of(urls)) or []
        names = (name for server in self._servers for name in server.authorities)
        self._names = tuple(sorted(names))
        self._octets = Octets()
        self._before = self._after = Counts(None, None)
        self._early: int | None = None

    def __enter__(self) -> None:
        served = self._served()
        self._early = _difference(self._after.served, served)[1]
        self._before = Counts(served, _unless_wrong(self._octets.read))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: object
    ) -> None:
        octets = _unless_wrong(self._octets.read)
        # What goes wrong may go on for a while: then nobody knows what was between the runs.
        self._after = Counts(None if error else self._served(), octets)

    def told(self, strategy: AnyStrategy) -> Witnessed:
        """Return what came by in the last run, which was of this strategy."""
        gets, requests, sent = _difference(self._before.served, self._after.served)
        return Witnessed(
            servers=self._names,
            gets=gets,
            requests=requests,
            sent=sent,
            early=self._early,
            octets=_more(self._before.octets, self._after.octets),
            away=_unless_wrong(lambda: _may_be_away(strategy)) is not False,
        )

    def _served(self) -> Served | None:
        told = [_unless_wrong(server.served) for server in self._servers]
        known = [one for one in told if one is not None]
        if not told or len(known) < len(told):
            return None
        return Served(*map(sum, zip(*known, strict=True)))


def notes_on_witness(witness: Witness | None) -> list[Note]:
    """Return the note on an experiment at which nobody looked from outside."""
    if witness is not None:
        return []
    return [
        Note(
            strategy=None,
            fact="witness=False: nobody looked whether what was claimed was fetched",
            advice="leave it out, unless other machines fetch",
        )
    ]


def _unless_wrong(ask: Callable[[], _T]) -> _T | None:
    """Ask; None where that goes wrong: the strategy is not to blame, and the comparison goes on."""
    with contextlib.suppress(Exception):
        return ask()
    return None


def _servers_of(urls: Sequence[str]) -> list[CountingServer]:
    """Return the servers of this process that some of the URLs are of for sure.

    One whose port some URL has by a name that is perhaps its own counts perhaps what is claimed of
    that, so it is left out.
    """
    ports: dict[int, set[str]] = {}
    for url in urls:
        with contextlib.suppress(Refusal):
            known = canonicalize(url)
            ports.setdefault(known.port, set()).add(known.authority)
    return [one for one in COUNTING_SERVERS.at(ports) if ports[one.port] <= one.authorities]


def _difference(
    before: Served | None, after: Served | None
) -> tuple[int | None, int | None, Bytes | None]:
    if before is None or after is None:
        return None, None, None
    gets, requests, sent = (b - a for a, b in zip(before, after, strict=True))
    return gets, requests, sent


def _more(before: Bytes | None, after: Bytes | None) -> Bytes | None:
    return None if before is None or after is None or after < before else after - before


def _may_be_away(strategy: AnyStrategy) -> bool:
    """Whether another machine may do the fetching, whose bytes are not seen here."""
    function, keywords = innermost(strategy)
    executor = keywords.get("executor")
    if isinstance(executor, Executor):
        return type(executor).__module__.partition(".")[0] not in _HERE
    there = elsewhere_in(strategy)
    inner = there.strategy if there else getattr(function, "function", function)  # of `each`
    if executor is None and getattr(inner, "__module__", "").partition(".")[0] == _OWN:
        return False
    return there is not None or not sys.modules.keys().isdisjoint(_OTHER_MACHINES)
