"""Strategies and work that another interpreter imports by their names."""

import functools
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import concurrent_fetch as cf
from concurrent_fetch.fetch import find_client


def computing(response: cf.Response) -> int:
    return sum(range(1_000)) + response.size


def printing(urls: list[str], options: cf.Options) -> list[cf.Outcome]:
    """Prints, reads and starts a child, all of which could harm the pipes."""
    sys.stdout.write("printed in the child\n")
    os.system("echo from a child of it")
    assert sys.stdin.read() == ""
    return list(cf.fetch_sync(urls, options))


def wrong(urls: list[str], options: cf.Options) -> list[cf.Outcome]:
    return list(cf.fetch_sync(urls, options))[1:]


def raising(urls: list[str], options: cf.Options) -> list[cf.Outcome]:
    raise ValueError(f"no good: {len(urls)} at {options.concurrency}")


def dying(urls: list[str]) -> None:
    sys.stdout.write("about to go\n")
    sys.stderr.write(f"last words of {len(urls)}\n")
    os._exit(7)


def hanging(urls: list[str]) -> None:
    Path(os.environ["STARTED"]).write_text(f"{os.getpid()}")
    time.sleep(60 + len(urls))


def holding(urls: list[str]) -> None:
    """Have a named pipe open until this process ends."""
    with Path(os.environ["HELD"]).open("wb", buffering=0) as held:
        held.write(b"held")
        time.sleep(60 + len(urls))


def failing(response: cf.Response) -> None:
    raise ValueError(f"no good: {response.url}")


def write_flags(response: cf.Response | None) -> None:
    """Write down how this Python was started."""
    del response
    options: dict[str, object] = getattr(sys, "_xoptions", {})
    Path("flags").write_text(f"{sys.flags} {sorted(set(sys.warnoptions))} {options}")


def of_bodies(urls: list[str]) -> list[tuple[str, int]]:
    """Return what is no outcome."""
    return [(outcome.url, outcome.size) for outcome in cf.fetch_sync(urls).responses]


def prefixed(urls: list[str], *, prefix: object) -> list[tuple[str, int]]:
    return of_bodies([f"{prefix}{url}" for url in urls])


@functools.cache
def kept_get() -> tuple[Any, Any]:
    """Return a session that nobody closes, as one at the top of a module, and its `get`."""
    session = find_client("plain").session()
    return session, session.__enter__()


def keeping(urls: list[str], options: cf.Options) -> list[cf.Outcome]:
    """Keep connections from run to run, and declare them nowhere."""
    del options
    _, get = kept_get()
    return [get(url, index) for index, url in enumerate(urls)]


class Prepared:
    """A strategy that gets ready, and tells how often by the outcomes' workers."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self, urls: list[str], options: cf.Options) -> list[cf.Outcome]:
        assert self.times == 1
        return list(cf.fetch_sync(urls, options))

    @contextmanager
    def ready(self, urls: list[str], options: cf.Options) -> Iterator["Prepared"]:
        assert urls
        assert options.concurrency
        self.times += 1
        yield self

    def cpu(self) -> float:
        return float(self.times)


def pid(response: cf.Response) -> None:
    """Write down which process does the work, in which process group and session."""
    with Path(os.environ["PIDS"]).open("a") as file:
        file.write(f"{os.getpid()},{os.getpgid(0)},{os.getsid(0)}{' ' * (response.size > 0)}")
