"""Batches, and what is done with each, pickled for the workers of an executor.

The pools of the standard library find functions by the module they are imported from. Processes of
a program that is a file run that file once more, below another name, and so find its functions too.
Other pools, as those of loky and dask, have cloudpickle, which takes the functions themselves.
"""

import contextlib
import pickle
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from importlib import import_module
from multiprocessing.spawn import get_preparation_data
from pathlib import Path
from typing import Any, TypeAlias

import attrs

from concurrent_fetch.feed import CountedWork, Job
from concurrent_fetch.strategies._batch_worker import Task
from concurrent_fetch.strategies._crossing import Columns, packed_jobs
from concurrent_fetch.strategies._executor_kinds import is_of_threads
from concurrent_fetch.strategies._sendable import parts_of, pickled_without_main, sendable

Dumps: TypeAlias = Callable[[Any], bytes]
"""Pickles."""


def pickled_task(task: Task, dumps: Dumps) -> bytes:
    """Return what is done with every batch as it crosses.

    Raises:
        TypeError: a part of it cannot cross; the message says which, and what to write.
    """
    options = task.options
    if isinstance(options.work, CountedWork):
        options = attrs.evolve(options, work=options.work.work)  # it is counted there
    for what, part in {**parts_of(options), "inner": task.inner}.items():
        sendable(what, part, dumps)
    return sendable("Options", task._replace(options=options), dumps)


def pickled_jobs(jobs: Sequence[Job], dumps: Dumps | None) -> Columns | bytes:
    """Return jobs as they cross; with tags by `dumps`, so that one the worker cannot load is told.

    The executor itself would take its workers for dead.

    Raises:
        TypeError: a tag cannot cross.
    """
    columns = packed_jobs(jobs, with_tags=True)
    if dumps is None or all(job.request is None or job.request.tag is None for job in jobs):
        return columns
    return sendable("Request.tag", columns, dumps)


def pickler_of(executor: Executor) -> Dumps | None:
    """Return what pickles for the workers of an executor; None: they are threads."""
    if is_of_threads(executor):
        return None
    is_standard = type(executor).__module__.startswith("concurrent.")
    if is_standard and not _has_main(executor):
        return pickled_without_main
    return pickle.dumps if is_standard else _cloudpickle() or pickle.dumps


def _cloudpickle() -> Dumps | None:
    with contextlib.suppress(ImportError):
        dumps: Dumps = import_module("cloudpickle").dumps
        return dumps
    return None


def _has_main(executor: Executor) -> bool:
    """Whether its workers are processes that have what is defined in the program itself."""
    context = getattr(executor, "_mp_context", None)
    if context is None:
        return False  # interpreters, each with a program of its own
    return context.get_start_method() == "fork" or _is_run_again()


def _is_run_again() -> bool:
    """Whether a new process runs the program: not that of a notebook, of `-c` or of a pipe."""
    how = get_preparation_data("")
    name, path = how.get("init_main_from_name"), how.get("init_main_from_path")
    if name is not None:
        return str(name).rpartition(".")[2] != "__main__"  # that of a package is not
    return path is not None and Path(str(path)).is_file()
