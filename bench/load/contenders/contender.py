"""What a contender of `bench.load.peers` is: a function that fetches all, and a few facts about it.

A module of this folder that has some says so by `contender`, and imports their libraries within the
functions: each runs in a process of its own, which is to hold no other library. Nothing outside the
standard library is imported here, since some run in another environment.
"""

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

BARE = "deadline, cap, outcome"
"""What a plain loop leaves out; the words are explained below the table of `bench.load.peers`."""


class Load(NamedTuple):
    """How to fetch: at most so many in flight, and the file of the authority that is trusted."""

    concurrency: int
    ca: str | None

    @property
    def tls(self) -> ssl.SSLContext | bool:
        """What most libraries take for `verify` or `ssl`."""
        return ssl.create_default_context(cafile=self.ca) if self.ca else True

    @property
    def pem(self) -> bytes | None:
        """What that file holds."""
        return Path(self.ca).read_bytes() if self.ca else None


class Contender(NamedTuple):
    """A way to fetch: `function` of `module` takes the URLs and a `Load`, and returns the bodies.

    `needs` are the distributions that must be installed; `client` is handed on where there is one.
    """

    name: str
    module: str
    function: str
    needs: tuple[str, ...]
    leaves_out: str
    loop: str = ""
    client: str = ""


CONTENDERS: list[Contender] = []
Fetch = Callable[..., Any]


def contender(
    name: str, *needs: str, leaves_out: str = BARE, uvloop: bool = False
) -> Callable[[Fetch], Fetch]:
    """Enter a function into the list, with `uvloop` once more on that loop."""

    def enter(function: Fetch) -> Fetch:
        one = Contender(name, function.__module__, function.__name__, needs, leaves_out)
        CONTENDERS.append(one)
        if uvloop:
            CONTENDERS.append(on_uvloop(one))
        return function

    return enter


def on_uvloop(one: Contender) -> Contender:
    return one._replace(name=f"{one.name}@uvloop", needs=(*one.needs, "uvloop"), loop="uvloop")


async def workers(
    get: Callable[[str], Awaitable[bytes]], urls: Iterable[str], load: Load
) -> list[bytes]:
    """Let as many tasks as may be in flight take URLs from the same iterator."""
    bodies: list[bytes] = []
    source: Iterator[str] = iter(urls)

    async def work() -> None:
        for url in source:
            bodies.append(await get(url))  # noqa: PERF401 - while the others add to the same list

    await asyncio.gather(*(work() for _ in range(load.concurrency)))
    return bodies
