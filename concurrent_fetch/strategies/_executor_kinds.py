"""What executors tell of themselves: how many workers, whether they are there, which died."""

from concurrent.futures import BrokenExecutor, CancelledError, Executor, ThreadPoolExecutor
from typing import Any

from concurrent_fetch._units import Seconds

_DEATHS = ("KilledWorker", "FutureCancelledError", "CommClosedError", "ShutdownExecutorError")
"""Of dask and loky, by name: neither is imported for it."""
_ANSWERS: Seconds = 1.0


def is_of_threads(executor: Executor) -> bool:
    """Whether its workers are threads of this interpreter, so that nothing has to be pickled."""
    is_pool = isinstance(executor, ThreadPoolExecutor)
    return is_pool and type(executor).__name__ != "InterpreterPoolExecutor"


def number_of_workers(executor: Executor) -> int | None:
    """Return how many calls it runs at once, if it tells."""
    number = getattr(executor, "_max_workers", None)
    if isinstance(number, int):
        return number
    cores: Any = getattr(_client_of(executor), "ncores", None)
    return None if cores is None else sum(cores().values()) or None


def runs_twice(executor: Executor) -> bool:
    """Whether it may run a call again by itself, as dask does when a worker dies."""
    return _client_of(executor) is not None


def is_closed(executor: Executor) -> bool:
    """Whether nothing it was given will come back, as from a client of dask that has ended.

    One that has lost its scheduler looks for it as long as `distributed.comm.timeouts.connect`
    says, and ends then.
    """
    return getattr(_client_of(executor), "status", "running") in ("closing", "closed")


def workers_there(executor: Executor) -> int | None:
    """Return how many workers a cluster has or has asked for; None: it does not tell."""
    client = _client_of(executor)
    if client is None or client.status != "running":
        return None
    try:
        cores: Any = client.sync(client.scheduler.ncores, callback_timeout=_ANSWERS)
        return len(cores) or len(getattr(client.cluster, "requested", ()))
    except Exception:  # noqa: BLE001 - the scheduler is busy, or is being lost
        return None


def _client_of(executor: Executor) -> Any:
    """Return the client of dask that an executor is of."""
    is_dask = type(executor).__module__.startswith("distributed")
    return getattr(executor, "_client", None) if is_dask else None


def is_no_worker(error: BaseException) -> bool:
    """Whether dask has waited for workers as long as it was told to."""
    return type(error).__name__ in ("NoWorkerError", "NoValidWorkerError")


def is_death(error: BaseException) -> bool:
    """Whether it says that a worker died or was taken away, and nothing of the fetches."""
    names = {kind.__name__ for kind in type(error).__mro__}
    return isinstance(error, (BrokenExecutor, CancelledError)) or not names.isdisjoint(_DEATHS)
