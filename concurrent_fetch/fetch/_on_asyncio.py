"""What awaits in here needs asyncio: below another library's loop, or none, a sentence says so."""

import asyncio
from typing import Any

from concurrent_fetch.errors import EventLoopError


def task_of_asyncio() -> asyncio.Task[Any]:
    """Return the task that runs.

    A running loop is not enough: trio as a guest of asyncio has one, and so has a coroutine that is
    driven by hand in a callback.

    Raises:
        EventLoopError: there is none.
    """
    try:
        task = asyncio.current_task()
    except RuntimeError:  # no loop runs
        task = None
    if task is None:
        raise EventLoopError(
            "no task of asyncio runs here, and fetch_async, iter_async and AsyncClient.session "
            "need one: write asyncio.run(fetch_async(urls)), or in trio "
            "await trio.to_thread.run_sync(fetch_threaded, urls)"
        )
    return task
