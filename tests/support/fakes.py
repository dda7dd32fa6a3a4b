"""A clock that moves only when told to; outcomes, records and strategies made by hand."""

import gc
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from time import perf_counter, sleep
from typing import Any

import attrs

from concurrent_fetch import (
    Attempt,
    Failure,
    FailureKind,
    Headers,
    Options,
    Outcome,
    Response,
    Row,
    Timing,
)
from concurrent_fetch.analysis import Record, columns_of, interning

Answer = Callable[..., Outcome]
Plain = Callable[[list[str], Options], list[Outcome]]

URLS = ["http://a.example/", "http://b.example/", "http://c.example/", "http://d.example/"]


def freeze() -> None:
    """Leave all of pytest out of the gc.collect() that each measured run begins with."""
    if hasattr(gc, "freeze"):  # not on PyPy
        gc.freeze()


class Clock:
    """Stands still but for `pass_by`; times that are sums of 1/4 stay exact."""

    def __init__(self) -> None:
        self.now = 1024.0
        freeze()

    def __call__(self) -> float:
        return self.now

    def pass_by(self, seconds: float) -> None:
        self.now += seconds


def response(  # as plain as can be, and each fact can be another
    url: str,
    index: int = 0,
    *,
    started: float = 0.0,
    finished: float = 1.0,
    status_code: int = 200,
    size: int = 3,
    digest: str | None = "abc",
) -> Response:
    return Response(
        url=url,
        final_url=url,
        status_code=status_code,
        headers=Headers(),
        size=size,
        digest=digest,
        timing=Timing(started=started, finished=finished),
        worker="MainThread",
        index=index,
    )


def tried_before(last: Outcome, *earlier: int | FailureKind, wait: float = 1.0) -> Outcome:
    """The same outcome after tries that ended so; each took a quarter, and then it waited."""
    step = 0.25 + wait
    start = last.timing.started - len(earlier) * step
    tries = [
        Attempt(
            status_code=end if isinstance(end, int) else None,
            kind=None if isinstance(end, int) else end,
            message=None if isinstance(end, int) else f"it was a {end}",
            started=start + i * step,
            finished=start + i * step + 0.25,
            waited=wait,
        )
        for i, end in enumerate(earlier)
    ]
    return attrs.evolve(last, attempts=1 + len(earlier), earlier=tuple(tries))


def failure(
    url: str,
    index: int = 0,
    *,
    started: float = 0.0,
    finished: float = 1.0,
    kind: FailureKind = FailureKind.TIMEOUT,
) -> Failure:
    return Failure(
        url=url,
        kind=kind,
        message="it took too long",
        timing=Timing(started=started, finished=finished),
        worker="MainThread",
        index=index,
    )


def record(outcomes: Sequence[Outcome | Row], *, strategy: str = "mine", **facts: Any) -> Record:
    """A run of a second; each fact can be another, and the check run is that of round None."""
    made = Record(
        strategy=strategy,
        round=None,
        options=Options(),
        started_at=datetime(2026, 1, 1, tzinfo=UTC),
        begun=0.0,
        elapsed=1.0,
        cpu=0.0,
        outside=0,
        columns=columns_of(outcomes, interning()),
    )
    return attrs.evolve(made, **facts)


def answers(urls: Iterable[str], _options: Options | None = None) -> list[Outcome]:
    """A strategy that answers everything at once, without any fetch."""
    return [response(url, index) for index, url in enumerate(urls)]


def fetched_now(urls: Iterable[str], _options: Options | None = None) -> list[Outcome]:
    """The same with times of this run, each of which a fetch might take."""
    outcomes: list[Outcome] = []
    for index, url in enumerate(urls):
        started = perf_counter()
        sleep(0.00001)
        outcomes.append(response(url, index, started=started, finished=perf_counter()))
    return outcomes


def taking(
    clock: Clock, *times: float, at_once: int = 1, answer: Answer = response, name: str = "taking"
) -> Plain:
    """Return a strategy that takes these times, run by run, the last one for ever after.

    The first is the check run's. The fetches follow each other in groups of `at_once`.
    """
    left = list(times)

    def strategy(urls: list[str], _options: Options) -> list[Outcome]:
        seconds = left.pop(0) if len(left) > 1 else left[0]
        groups = -(-len(urls) // at_once)
        starts = [clock.now + i // at_once * seconds / groups for i in range(len(urls))]
        clock.pass_by(seconds)
        return [
            answer(url, i, started=start, finished=start + seconds / groups)
            for i, (url, start) in enumerate(zip(urls, starts, strict=True))
        ]

    strategy.__name__ = name
    return strategy
