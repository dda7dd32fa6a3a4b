"""All of this package: every strategy with every client that pyproject.toml enters.

Not the entry points that are installed: where those are old, a client of today fails by name and is
not left out in silence.
"""

import inspect
import tomllib
from pathlib import Path

import concurrent_fetch as cf
from bench.load.contenders.contender import CONTENDERS, Contender, Fetch, Load, on_uvloop

_PROJECT = tomllib.loads(Path(__file__).parents[3].joinpath("pyproject.toml").read_text("utf-8"))
# The distribution that a client needs, where that is not what it is called by.
_NEEDS: dict[str, tuple[str, ...]] = {"plain": ()}


def _options(load: Load) -> cf.Options:
    return cf.Options(concurrency=load.concurrency, verify=load.ca or True)


def _bodies(run: cf.Run) -> list[bytes]:
    if run.failures:
        raise RuntimeError(f"{len(run.failures)} failed: {run.failures[0]}")
    return [response.body for response in run.responses]


def fetch_sync(urls: list[str], load: Load, client: str) -> list[bytes]:
    return _bodies(cf.fetch_sync(urls, _options(load), client=client))


def fetch_threaded(urls: list[str], load: Load, client: str) -> list[bytes]:
    return _bodies(cf.fetch_threaded(urls, _options(load), client=client))


async def fetch_async(urls: list[str], load: Load, client: str) -> list[bytes]:
    return _bodies(await cf.fetch_async(urls, _options(load), client=client))


def _enter(function: Fetch, group: str, leaves_out: str = "") -> None:
    for client in sorted(_PROJECT["project"]["entry-points"][group]):
        one = Contender(
            name=f"{function.__name__}+{client}",
            module=__name__,
            function=function.__name__,
            needs=("concurrent_fetch", *_NEEDS.get(client, (client,))),
            leaves_out=leaves_out,
            client=client,
        )
        CONTENDERS.append(one)
        if inspect.iscoroutinefunction(function):
            CONTENDERS.append(on_uvloop(one))


_enter(fetch_sync, "concurrent_fetch.clients", "concurrency")
_enter(fetch_threaded, "concurrent_fetch.clients")
_enter(fetch_async, "concurrent_fetch.async_clients")
