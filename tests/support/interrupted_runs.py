"""A program: runs a strategy again and again, interrupts each run, and says what came of it.

python tests/support/interrupted_runs.py STRATEGY CLIENT BY MOMENTS SEED URL...

STRATEGY may name an event loop, as `fetch_async@uvloop`.
BY is `time`: a signal after a random time; `call`: Ctrl-C as Python would raise it at the call of
some function, found by a trace; `lock`: the same where one entered in Python has just been taken.
Time alone hardly ever finds these. With more MOMENTS than calls or locks each has its turn.

Many moments in one process, since starting one takes far longer than a run. A line of the output is
one run as JSON: when it was interrupted, where that was, how it ended, and what is left of it.
"""

import contextlib
import faulthandler
import gc
import json
import math
import os
import pathlib
import random
import signal
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Coroutine, Iterator
from functools import partial
from types import FrameType
from typing import Any, Protocol, TypeAlias

from fetching import run_on

import concurrent_fetch as cf
from concurrent_fetch.fetch._client import find_async_client, find_client

SOON, MUCH_LATER = 1.0, 5.0
HANGS = 20.0
OPTIONS = cf.Options(concurrency=6, timeout=HANGS * 2)
LONGEST = 0.3  # a run against a silent server would last as long as its timeout
LONGEST_IN_PROCESSES = 1.0  # they are to be started first

Work: TypeAlias = Callable[["Interruption"], object]
Trace: TypeAlias = Callable[[FrameType, str, Any], Any]


def work_of(strategy: str, client: str, urls: list[str]) -> Work:
    """Return what is interrupted: it arms its argument when the signal may come."""
    # Found here: what an interrupted import does is Python's affair.
    if strategy == "compare":
        find_client("requests")
        find_async_client("aiohttp")
        ways = [getattr(cf, name) for name in client.split(",")]
        runner = cf.Runner(urls, OPTIONS, rounds=1)
        return lambda ctrl_c: (ctrl_c.arm(), runner.compare(*ways))
    name, _, loop = strategy.partition("@")
    function: Any = getattr(cf, name)
    if name.endswith("_async"):
        run = partial(function, urls, OPTIONS, client=find_async_client(client))
        return lambda ctrl_c: run_on(loop or "asyncio", _within(ctrl_c, run))
    if name.endswith("_processes"):
        run = partial(function, urls, OPTIONS, processes=2, client=find_async_client(client).name)
        return lambda ctrl_c: (ctrl_c.arm(), list(run()))
    run = partial(function, urls, OPTIONS, client=find_client(client))
    return lambda ctrl_c: (ctrl_c.arm(), list(run()))


async def _within(ctrl_c: "Interruption", run: Callable[[], Any]) -> None:
    """While the loop runs: before and after asyncio itself is interrupted, and has words for it."""
    ctrl_c.arm()
    made = run()
    if isinstance(made, Coroutine):
        await made
    else:
        async for _ in made:
            pass
    ctrl_c.call_off()


class Interruption(Protocol):
    """One Ctrl-C, some time after it is armed."""

    sent: float | None
    """When, on the clock of `time.monotonic`."""
    where: list[str]
    """The innermost frames."""

    def again(self) -> "Interruption":
        """Return another one at the same moment."""
        ...

    def arm(self) -> object: ...
    def call_off(self) -> None: ...


class AfterSeconds:
    """A signal."""

    def again(self) -> "AfterSeconds":
        return AfterSeconds(self._seconds)

    def __init__(self, seconds: float) -> None:
        self.sent: float | None = None
        self.where: list[str] = []
        self._seconds = seconds
        signal.signal(signal.SIGALRM, self._send)
        # asyncio leaves its own in place where it is interrupted at the end.
        signal.signal(signal.SIGINT, signal.default_int_handler)

    def arm(self) -> None:
        signal.setitimer(signal.ITIMER_REAL, self._seconds)

    def call_off(self) -> None:
        signal.setitimer(signal.ITIMER_REAL, 0)

    def _send(self, _: int, frame: FrameType | None) -> None:
        self.sent, self.where = time.monotonic(), _innermost(frame)
        signal.raise_signal(signal.SIGINT)


class AfterCalls:
    """What Python makes of a signal where it looks for one: KeyboardInterrupt.

    It looks at the begin of every function in Python, and after every one in C; of these the trace
    sees the last in `__enter__`, which takes a lock.
    """

    def __init__(self, calls: float) -> None:
        self.sent: float | None = None
        self.where: list[str] = []
        self.seen = 0
        self._calls = calls

    def again(self) -> "AfterCalls":
        return type(self)(self._calls)

    def arm(self) -> None:
        sys.settrace(self._begin)

    def call_off(self) -> None:
        sys.settrace(None)

    def _begin(self, frame: FrameType, _event: str, _arg: object) -> Trace | None:
        self._look(frame)
        return self._within if frame.f_code.co_name == "__enter__" else None

    def _within(self, frame: FrameType, event: str, _arg: object) -> Trace:
        if event == "return":
            self._look(frame)
        return self._within

    def _look(self, frame: FrameType) -> None:
        self.seen += 1
        if self.seen == self._calls:
            self.sent, self.where = time.monotonic(), _innermost(frame)
            raise KeyboardInterrupt


class AfterLocks(AfterCalls):
    """The same, but only at the end of `__enter__`."""

    def _begin(self, frame: FrameType, _event: str, _arg: object) -> Trace | None:
        return self._within if frame.f_code.co_name == "__enter__" else None


def _innermost(frame: FrameType | None) -> list[str]:
    return [
        f"{pathlib.Path(at.filename).name}:{at.lineno} {at.name}"
        for at in traceback.extract_stack(frame)[-8:]
    ]


class Witness:
    """Knows what a run leaves behind: threads, processes, descriptors, words on stderr."""

    def __init__(self) -> None:
        self.console = os.fdopen(os.dup(2), "w")
        self._stderr = tempfile.TemporaryFile()  # noqa: SIM115 - for as long as the process lives
        os.dup2(self._stderr.fileno(), 2)
        self._note()

    def left(self) -> list[str]:
        """Return what is more than before, once; garbage is not left, it is collected."""
        deadline = time.monotonic() + 1.0
        while (found := self._found()) and time.monotonic() < deadline:
            time.sleep(0.002)
        if found:
            gc.collect()
            found = self._found()
            self._note()
        return found

    def said(self) -> str:
        self._stderr.seek(0)
        text = self._stderr.read().decode()
        self._stderr.seek(0)
        self._stderr.truncate()
        return text

    def _note(self) -> None:
        self._threads = set(threading.enumerate())
        self._files = self._descriptors()
        self._processes = self._below()

    def _found(self) -> list[str]:
        threads = [thread.name for thread in set(threading.enumerate()) - self._threads]
        processes = [f"process {pid}" for pid in self._below() - self._processes]
        return threads + processes + sorted(self._descriptors() - self._files)

    @staticmethod
    def _below() -> set[str]:
        """Return the processes below this one, whose own below it are gone with it."""
        found: set[str] = set()
        for path in pathlib.Path("/proc/self/task").glob("*/children"):
            with contextlib.suppress(OSError):
                found.update(path.read_text().split())
        return found

    @staticmethod
    def _descriptors() -> set[str]:
        return set(os.listdir("/proc/self/fd"))  # noqa: PTH208 - no Path: it would open one itself


def interrupted(work: Work, interruption: Interruption, witness: Witness) -> dict[str, Any]:
    """Do it, interrupt it; return how it ended, how long after the signal, and what is left."""
    faulthandler.dump_traceback_later(HANGS, exit=True, file=witness.console)
    end = "normally"
    try:
        work(interruption)
        interruption.call_off()
    except BaseException as error:  # noqa: BLE001 - whichever it is
        interruption.call_off()
        end = type(error).__name__
    ended, sent = time.monotonic(), interruption.sent
    left = witness.left()
    faulthandler.cancel_dump_traceback_later()
    return {
        "where": interruption.where,
        "end": end,
        "took": None if sent is None else ended - sent,
        "left": left,
        "said": witness.said(),
    }


def settled(work: Work, interruption: Interruption, witness: Witness) -> dict[str, Any]:
    """Interrupt it; where it ended late, but not very late, twice again at most.

    What waits for something that does not come does so each time; a busy machine is not to blame.
    """
    run = interrupted(work, interruption, witness)
    for _ in range(2):
        if run["took"] is None or not SOON <= run["took"] < MUCH_LATER:
            break
        run = interrupted(work, interruption.again(), witness)
    return run


Chosen: TypeAlias = Callable[[Work, Witness, int, random.Random, float], Iterator[Interruption]]
"""Told the work, who sees what is left, how many moments, a chance, and how long a run may take."""


def by_time(
    work: Work, witness: Witness, moments: int, rng: random.Random, longest: float
) -> Iterator[Interruption]:
    began = time.monotonic()
    interrupted(work, AfterSeconds(longest), witness)
    usual = time.monotonic() - began
    for number in range(moments):  # one in each part of the run, which may be a quick one now
        part = (number + rng.random()) / moments
        yield AfterSeconds(max(1e-6, part * 1.1 * usual))


def counted(kind: type[AfterCalls]) -> Chosen:
    def choose(
        work: Work, witness: Witness, moments: int, rng: random.Random, _: float
    ) -> Iterator[Interruption]:
        uninterrupted = kind(math.inf)
        interrupted(work, uninterrupted, witness)
        seen = range(1, uninterrupted.seen + 1)
        yield from map(kind, sorted(rng.sample(seen, min(moments, len(seen)))))

    return choose


BY: dict[str, Chosen] = {
    "time": by_time,
    "call": counted(AfterCalls),
    "lock": counted(AfterLocks),
}


def main() -> None:
    strategy, client, by, moments, seed, *urls = sys.argv[1:]
    work, witness = work_of(strategy, client, urls), Witness()
    longest = LONGEST_IN_PROCESSES if strategy.endswith("_processes") else LONGEST
    interrupted(work, AfterSeconds(longest), witness)  # imports the client
    chance = random.Random(seed)
    for interruption in BY[by](work, witness, int(moments), chance, longest):
        sys.stdout.write(json.dumps(settled(work, interruption, witness)) + "\n")


if __name__ == "__main__":
    main()
