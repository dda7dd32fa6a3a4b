"""What runs in the workers of executors, where it is found by import; and odd executors."""

import os
import signal
import sys
import threading
import time
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any, cast

import attrs

import concurrent_fetch as cf
from concurrent_fetch.strategies._batch_worker import Returned
from concurrent_fetch.strategies._crossing import moved


def pool(workers: int = 2) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(workers, mp_context=get_context("spawn"))


async def fetch_dying(urls: list[Any], options: cf.Options) -> cf.Run:
    """Die in the middle of a batch that has a URL with the word `kill` in it."""
    run = await cf.fetch_async(urls, options)
    if any("kill" in str(url) for url in urls):
        os.kill(os.getpid(), signal.SIGKILL)
    return run


def compute(_: cf.Response) -> None:
    """Use about 20 ms of CPU time."""
    end = time.thread_time() + 0.02
    while time.thread_time() < end:
        pass


WORKED_IN = list[int]()


def where(_: cf.Response) -> None:
    """Note the process that it is called in, for that process."""
    WORKED_IN.append(os.getpid())


def is_imported(module: str) -> bool:
    return module in sys.modules


async def fetch_wrongly(urls: list[Any], options: cf.Options) -> list[cf.Outcome]:
    """Fetch, and give status codes that are no numbers."""
    run = await cf.fetch_async(urls, options)
    return [attrs.evolve(one, status_code=cast("Any", "200")) for one in run.responses]


def process_of(outcome: cf.Outcome) -> int:
    """Return the process that has fetched, as its outcome tells."""
    return int(outcome.worker.split("/")[1])


def kill_worker_of(outcome: cf.Outcome) -> None:
    os.kill(process_of(outcome), signal.SIGKILL)


class Inline(Executor):
    """An executor of one thread per call, which tells nothing of itself."""

    def submit(self, function: Any, /, *arguments: Any, **keywords: Any) -> "Future[Any]":
        future: Future[Any] = Future()

        def run() -> None:
            try:
                future.set_result(self.seen(function(*arguments, **keywords)))
            except BaseException as error:  # noqa: BLE001 - for whoever takes the result
                future.set_exception(error)

        threading.Thread(target=run, daemon=True).start()
        return future

    def seen(self, result: Any) -> Any:
        return result


class FarAway(Inline):
    """One whose workers are on a machine whose clock is an hour ahead."""

    AHEAD = 3600.0

    def seen(self, result: Any) -> Any:
        if not isinstance(result, Returned):
            return result
        return result._replace(
            outcomes=moved(result.outcomes, -self.AHEAD),
            machine="far away",
            came=result.came + self.AHEAD,
            left=result.left + self.AHEAD,
        )


class Cancelling(Executor):
    """One that cancels all that it is given."""

    def submit(self, *_: Any, **__: Any) -> "Future[Any]":
        future: Future[Any] = Future()
        future.cancel()
        future.set_running_or_notify_cancel()
        return future


class Losing(Inline):
    """One that cancels the first calls, as a cluster that has lost its connection for a moment."""

    def __init__(self, count: int) -> None:
        self._left = count

    def submit(self, function: Any, /, *arguments: Any, **keywords: Any) -> "Future[Any]":
        self._left -= 1
        if self._left < 0:
            return super().submit(function, *arguments, **keywords)
        return Cancelling().submit()


class Silent(Executor):
    """One that never answers."""

    def submit(self, *_: Any, **__: Any) -> "Future[Any]":
        return Future()
