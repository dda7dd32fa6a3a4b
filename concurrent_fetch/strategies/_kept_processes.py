"""Worker processes that are kept from one run to the next, for whoever wants them ready."""

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from concurrent_fetch._units import Seconds
from concurrent_fetch.fetch import AsyncClient
from concurrent_fetch.model import Options, Request
from concurrent_fetch.strategies._dispatch import Dispatch
from concurrent_fetch.strategies._workers import Pool, count_of

_DEFAULTS = Options()


class _Kept:
    """The processes that are kept from one run to the next, while anybody wants that."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._wanted = 0
        self._free: list[tuple[Any, Pool]] = []
        self._keys: dict[int, Any] = {}
        self._cpu: Seconds = 0.0

    def want(self) -> None:
        with self._lock:
            self._wanted += 1

    def leave(self) -> None:
        """Say that one wants them no longer; the last one ends them."""
        with self._lock:
            self._wanted -= 1
            free = [] if self._wanted else self._free
            self._free = self._free if self._wanted else []
        for _, pool in free:
            self._close(pool)

    def acquire(self, client: str | AsyncClient, count: int) -> Pool:
        """Return processes for one run: kept ones, if there are some that are alike."""
        with self._lock:
            for place, (key, pool) in enumerate(self._free):
                if key == (client, count):
                    del self._free[place]
                    return pool
            pool = Pool(client, count, is_kept=bool(self._wanted))
            self._keys[id(pool)] = (client, count)
            return pool

    def release(self, pool: Pool) -> None:
        """Take processes back after a run: keep them if they are wanted and in order."""
        with self._lock:
            key = self._keys[id(pool)]
            if self._wanted and pool.is_kept and pool.is_idle:
                self._free.append((key, pool))
                return
        self._close(pool)

    def cpu(self) -> Seconds:
        """CPU time that the kept ones have used so far, those included that are gone."""
        with self._lock:
            return self._cpu + sum(pool.cpu for _, pool in self._free)

    def _close(self, pool: Pool) -> None:
        pool.close()
        with self._lock:
            del self._keys[id(pool)]
            if pool.is_kept:
                self._cpu += pool.cpu


KEPT = _Kept()


class Ready:
    """Processes that are there already, for the calls within the `with`."""

    def cpu(self) -> Seconds:
        """CPU time that such processes have used so far, in seconds."""
        return KEPT.cpu()


@contextmanager
def ready(
    urls: Iterable[str | Request],
    options: Options = _DEFAULTS,
    *,
    processes: int | None = None,
    client: str | AsyncClient = "aiohttp",
) -> Iterator[Ready]:
    """Start the processes beforehand, and keep them while the `with` lasts.

    Calls of `fetch_processes` and `iter_processes` within it, with the same `processes`, `client`
    and as many URLs, use them one after another. They have the client imported, and open it anew
    for each run. Of others the first one starts processes that are kept as well.
    """
    KEPT.want()
    try:
        count = count_of(urls, options, processes)
        if count:
            _warm_up(client, count)
        yield Ready()
    finally:
        KEPT.leave()


def _warm_up(client: str | AsyncClient, count: int) -> None:
    """Start the processes by a run without URLs."""
    dispatch = Dispatch(
        [],
        Options(concurrency=count),
        client,
        acquire=partial(KEPT.acquire, client, count),
        release=KEPT.release,
        at_once=True,
    )
    for _ in dispatch.outcomes(None):
        pass
