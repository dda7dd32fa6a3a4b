"""What tests send to worker processes: functions of a module that can be imported."""

import os
import signal
import sys
import threading
import time

import concurrent_fetch as cf
from concurrent_fetch.clients import plain_async_client
from concurrent_fetch.fetch import AsyncClient


def busy(seconds: float) -> None:
    """Compute for so long, by CPU time of this thread."""
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        pass


def busy_20_ms(_: cf.Response) -> None:
    busy(0.02)


def where(response: cf.Response) -> str:
    """Be a sink that says which process it is in, and how long the body is."""
    return f"{os.getpid()} {len(response.body)} {response.tag}"


def is_odd(outcome: cf.Outcome) -> bool:
    """Whether a body has an odd length."""
    return isinstance(outcome, cf.Response) and len(outcome.body) % 2 == 1


class Strange(Exception):  # noqa: N818 - an exception that does not load
    def __init__(self, one: int, two: int) -> None:
        super().__init__(f"{one} and {two}")


def raises(_: cf.Response) -> None:
    raise ValueError("no good")


def raises_strange(_: cf.Response) -> None:
    raise Strange(1, 2)


def dies(response: cf.Response) -> None:
    """End the process where the URL says so."""
    if "deadly" in response.url:
        os.kill(os.getpid(), signal.SIGKILL)


def starts_others(_: cf.Response) -> None:
    cf.fetch_processes(["http://127.0.0.1:1/"])


def exits(_: cf.Response) -> None:
    raise SystemExit(3)


def interrupts(_: cf.Response) -> None:
    raise KeyboardInterrupt("by itself")


def stops(response: cf.Response) -> None:
    """Stop the process where the URL says so: it lives, and says nothing any more."""
    if "stops" in response.url:
        os.kill(os.getpid(), signal.SIGSTOP)


def hangs(response: cf.Response) -> None:
    """Never return where the URL says so."""
    if "hangs" in response.url:
        time.sleep(1000)


def awaits(response: cf.Response) -> None:
    """Hold the process until there is a file, where the URL names one; compute on others."""
    _, _, path = response.url.partition("?awaits=")
    if not path:
        busy(0.03)
    for _ in range(2000 if path else 0):
        if os.path.exists(path):  # noqa: PTH110 - the shortest
            return
        time.sleep(0.01)


def prints(response: cf.Response) -> None:
    sys.stdout.write(f"worked on {response.index}\n")


def python(_: cf.Response | None = None) -> str:
    """Be a sink that says how this Python was started."""
    names = ("optimize", "utf8_mode", "dev_mode", "isolated", "ignore_environment", "no_user_site")
    has_gil = getattr(sys, "_is_gil_enabled", lambda: True)()
    flags = [getattr(sys.flags, name) for name in (*names, "dont_write_bytecode")]
    return repr((flags, has_gil, sys.warnoptions, sys._xoptions, sys.argv))


def threads(_: cf.Response) -> str:
    return f"{threading.active_count()}"


own_client = AsyncClient(
    "own",
    plain_async_client.open,
    failures=plain_async_client.failures,
    methods=plain_async_client.methods,
)
