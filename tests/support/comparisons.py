"""Results to be saved: small ones from real fetches, and what asks everything of a loaded one."""

from collections.abc import Iterator

import attrs
from fakes import URLS, Clock, failure, taking

from concurrent_fetch import (
    Comparison,
    Ladder,
    Options,
    Response,
    Run,
    Runner,
    Sweep,
    fetch_async,
    fetch_sync,
    fetch_threaded,
)
from concurrent_fetch.server import LocalServer

Result = Comparison | Sweep | Ladder | Run
TOLD = {"User-Agent": "me", "Accept": "text/html"}


def length(response: Response) -> int:
    return len(response.body)


def compared(urls: list[str], **headers: str) -> Comparison:
    """A comparison of real fetches, with work, and with one strategy that goes another way."""
    options = Options(headers=TOLD | headers, concurrency=2, work=length)
    runner = Runner(urls, options, rounds=(2, 3), seed=5)
    return runner.compare(fetch_sync, fetch_threaded, fetch_async)


def every_end(local: LocalServer) -> list[str]:
    """URLs that end in every way: as pages, statuses, redirects, coded bodies and failures."""
    paths = ("/bytes/10", "/status/404", "/redirect/2", "/gzip", "/fault/cl_short")
    return [*map(local.url, paths), "nonsense", local.url("/bytes/10")]


def by_hand() -> Iterator[Result]:
    """One result of each kind, and with failures, from times that are exact."""
    clock = Clock()
    runner = Runner(URLS, rounds=7, seed=8412, clock=clock, cpu_clock=lambda: clock.now / 4)
    comparison = runner.compare(
        slow=taking(clock, 4.0, 4.5, 4.0, 5.0),
        quick=taking(clock, 1.0, 2.0, 1.0, at_once=4),
        broken=taking(clock, 2.0, answer=failure),
    )
    yield attrs.evolve(comparison, marked={3: "slow brought a timeout"})
    levels = {str(n): taking(clock, 8.0 / n, at_once=n) for n in (1, 2, 4)}
    swept = runner.compare(**levels)
    yield Sweep(strategy="taking", levels=(1, 2, 4), comparison=swept)
    yield Ladder(changes=("reuse", "threads"), comparison=comparison)
    yield runner.run(taking(clock, 1.5))


def told(result: Result) -> list[object]:
    """Ask everything that a result has to tell."""
    if isinstance(result, Run):
        return [str(result), repr(result), result.to_columns(), result.to_dicts()]
    if isinstance(result, Comparison):
        runs = [result.runs(name) for name in result.strategies]
        said = [str(result), repr(result), result.table(), result.explain(), result.to_columns()]
        return [*said, *runs, str(result.card), result.beside(result), result.fastest]
    rest = result.to_columns() if isinstance(result, Sweep) else (result.steps, result.remainder)
    return [str(result), repr(result), result.table(), rest, *told(result.comparison)]
