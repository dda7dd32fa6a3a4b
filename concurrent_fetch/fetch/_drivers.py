"""The two drivers: they feed one fetch to a client, and hold its deadline on an event loop."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from typing import TypeAlias

from concurrent_fetch.feed import Job
from concurrent_fetch.fetch._exchange import Exchange
from concurrent_fetch.fetch._fetching import Fetching
from concurrent_fetch.fetch._hops import exchanges
from concurrent_fetch.fetch._on_asyncio import task_of_asyncio
from concurrent_fetch.model import Outcome

Send: TypeAlias = Callable[[Exchange], object]
AsyncSend: TypeAlias = Callable[[Exchange], Awaitable[object]]


def drive(send: Send, job: Job, fetching: Fetching) -> Outcome:
    """Drive one fetch through a client's `send`; whatever happens is an outcome."""
    hops = exchanges(job, fetching, threading.current_thread().name)
    error: Exception | None = None
    try:
        exchange = next(hops)
        while True:
            try:
                send(exchange)
            except Exception as raised:  # noqa: BLE001 - the border
                error = raised
            exchange, error = hops.send(error), None
    except StopIteration as stop:
        outcome: Outcome = stop.value
        return outcome
    except BaseException:
        hops.close()  # now, and not when the traceback is gone: a sink may be open
        raise


async def drive_async(send: AsyncSend, job: Job, fetching: Fetching) -> Outcome:
    """Drive one fetch through an async client's `send`, and cancel it there at its deadline."""
    task = task_of_asyncio()
    hops = exchanges(job, fetching, task.get_name())
    error: BaseException | None = None
    deadlines = fetching.deadlines
    deadlines.watch(task, fetching.time_for_one())
    try:
        exchange = next(hops)
        while True:
            exchange.task = task
            try:
                await send(exchange)
                if exchange.undecoded:
                    await exchange.decoded()
            except BaseException as raised:
                if deadlines.is_over(task):
                    error = TimeoutError()
                elif isinstance(raised, Exception):
                    error = raised
                elif isinstance(raised, asyncio.CancelledError) and not task.cancelling():
                    error = asyncio.CancelledError(
                        "what the client awaited was cancelled, and not this fetch"
                    )
                else:
                    hops.close()  # and with it the body, of which some may be decoded meanwhile
                    raise
            exchange, error = hops.send(error), None
    except StopIteration as stop:
        outcome: Outcome = stop.value
    finally:
        deadlines.leave(task)
    if not outcome.ok:
        await asyncio.sleep(0)  # a bad URL fails without waiting: others get their turn here
    return outcome
