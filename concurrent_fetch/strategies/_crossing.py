"""Outcomes on their way from one process to another: many of them as columns.

To pickle an outcome and to load it costs several times what a fetch may cost the parent. So numbers
go as arrays, the rest as lists, and what hardly ever differs from the usual goes only where it
does. What the parent knows of its job (URL, tag) does not travel.
"""

import math
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

import attrs

from concurrent_fetch._failure_kinds import FailureKind, Refusal
from concurrent_fetch._units import Seconds
from concurrent_fetch.feed import Job
from concurrent_fetch.fetch import frozen_response, response_to_fill, timing_of
from concurrent_fetch.http import Headers, canonicalize
from concurrent_fetch.model import Attempt, Failure, Outcome, Response, Timing

Done: TypeAlias = tuple[Job, Outcome]
"""A job, and what came of it."""
Columns: TypeAlias = tuple[Any, ...]
Find: TypeAlias = Callable[[int], Job]
"""Returns a job by its index, or by another number that stood for it elsewhere."""

_NUMBERS = 6  # of a response
_TIMES = 4
_NAN = math.nan
_REUSED: Mapping[bool | None, int] = {None: -1, False: 0, True: 1}
_WAS_REUSED: Mapping[int, bool | None] = {number: flag for flag, number in _REUSED.items()}
_SELDOM: Mapping[str, Any] = {
    "digest": None,
    "sink": None,
    "redirects": (),
    "http_version": "1.1",
    "earlier": (),
    "method": "GET",
    "key": None,
}
"""What a response hardly ever has otherwise."""


def packed(done: Iterable[Done], at: str = "") -> Columns:
    """Return outcomes as columns; `at` is told before the names of their workers."""
    urls: list[str] = []
    responses: list[Response] = []
    failures: list[tuple[Any, ...]] = []
    for job, outcome in done:
        if isinstance(outcome, Response):
            urls.append(job.url)
            responses.append(outcome)
        else:
            failures.append(_of_failure(job, outcome, at))
    return _of_responses(urls, responses, at), failures


def unpacked(columns: Columns, find: Find) -> Iterator[Done]:
    """Yield the outcomes with their jobs, responses first.

    A job is found by the index that its outcome had there, and gives it the one that it has here.
    """
    responses, failures = columns
    yield from _responses(responses, find)
    for told in failures:
        yield _failure(told, find)


def moved(columns: Columns, ahead: Seconds) -> Columns:
    """Return the columns with all moments on a clock that is so far behind."""
    (numbers, told, *rest, seldom), failures = columns
    times = array("d")
    times.frombytes(told)
    times = array("d", [time - ahead for time in times])
    if "earlier" in seldom:
        earlier = [_attempts_moved(attempts, ahead) for attempts in seldom["earlier"]]
        seldom = seldom | {"earlier": earlier}
    responses = (numbers, times.tobytes(), *rest, seldom)
    return responses, [_failure_moved(told, ahead) for told in failures]


def _failure_moved(told: tuple[Any, ...], ahead: Seconds) -> tuple[Any, ...]:
    *named, (message, error, attempts, earlier, *rest), times, was_answered = told
    known = (message, error, attempts, _attempts_moved(earlier, ahead), *rest)
    moments = tuple([None if time is None else time - ahead for time in times])
    return *named, known, moments, was_answered


def _attempts_moved(attempts: Iterable[Attempt], ahead: Seconds) -> tuple[Attempt, ...]:
    return tuple(
        [
            attrs.evolve(one, started=one.started - ahead, finished=one.finished - ahead)
            for one in attempts
        ]
    )


def _of_responses(urls: Sequence[str], responses: Sequence[Response], at: str) -> Columns:
    numbers = array("q", [number for one in responses for number in _numbers_of(one)])
    times = array("d", [time for one in responses for time in _times_of(one.timing)])
    seldom = {}
    for name, usual in _SELDOM.items():
        column = [getattr(one, name) for one in responses]
        if any(value != usual for value in column):
            seldom[name] = column
    finals = [
        None if one.final_url == url else one.final_url
        for url, one in zip(urls, responses, strict=True)
    ]
    return (
        numbers.tobytes(),
        times.tobytes(),
        [one.headers._block for one in responses],  # noqa: SLF001 - what is checked stays so
        [one.body for one in responses],
        _told_with([one.worker for one in responses], at),
        finals if any(final is not None for final in finals) else None,
        seldom,
    )


def _told_with(workers: list[str], at: str) -> list[str]:
    if not at:
        return workers
    told = {worker: f"{at}/{worker}" for worker in set(workers)}
    return [told[worker] for worker in workers]


def _numbers_of(one: Response) -> tuple[int, ...]:
    wire_size = -1 if one.wire_size is None else one.wire_size
    reused = _REUSED[one.reused]
    return one.index, one.status_code, one.size, wire_size, one.attempts, reused


def _times_of(timing: Timing) -> tuple[float, float, float, float]:
    sent, first_byte = timing.sent, timing.first_byte
    return (
        timing.started,
        _NAN if sent is None else sent,
        _NAN if first_byte is None else first_byte,
        timing.finished,
    )


def _responses(columns: Columns, find: Find) -> Iterator[Done]:
    told_numbers, told_times, blocks, bodies, workers, finals, seldom = columns
    numbers, times = array("q"), array("d")
    numbers.frombytes(told_numbers)
    times.frombytes(told_times)
    rows = zip(  # flat, so that a row makes no tuple
        *[iter(numbers)] * _NUMBERS,
        *[iter(times)] * _TIMES,
        *(blocks, bodies, workers, finals or blocks),
        strict=True,
    )
    # fmt: off
    for place, (
        index, status_code, size, wire_size, attempts, reused,
        started, sent, first_byte, finished,
        block, body, worker, final,
    ) in enumerate(rows):
        # fmt: on
        job = find(index)
        one = response_to_fill()
        one.index, one.url = job.index, job.url
        one.final_url = job.url if final is None or finals is None else final
        one.status_code, one.size, one.attempts = status_code, size, attempts
        one.headers, one.body = Headers(block), body
        one.wire_size = None if wire_size < 0 else wire_size
        one.reused = _WAS_REUSED[reused]
        one.tag = None if job.request is None else job.request.tag
        one.timing = timing_of(
            started,
            sent if sent == sent else None,  # noqa: PLR0124 - NaN is not
            first_byte if first_byte == first_byte else None,  # noqa: PLR0124 - the same
            finished,
        )
        one.worker = worker
        one.digest = one.sink = one.key = None
        one.redirects = one.earlier = ()
        one.http_version, one.method = "1.1", "GET"
        for name, column in seldom.items():
            setattr(one, name, column[place])
        yield job, frozen_response(one)


def _of_failure(job: Job, one: Failure, at: str) -> tuple[Any, ...]:
    timing = one.timing
    (worker,) = _told_with([one.worker], at)
    return (
        one.index,
        one.url if one.url != job.url else None,
        str(one.kind),
        (one.message, one.error, one.attempts, one.earlier, one.method, one.key, worker),
        (timing.started, timing.sent, timing.first_byte, timing.finished),
        job.was_answered if job.request is not None else False,
    )


def _failure(told: tuple[Any, ...], find: Find) -> Done:
    index, url, kind, rest, times, was_answered = told
    message, error, attempts, earlier, method, key, worker = rest
    job = find(index)
    if job.request is not None:
        job.was_answered = was_answered
    elif kind == FailureKind.INVALID_URL:
        message = _objection_to(job.url) or message
    return job, Failure(
        url=job.url if url is None else url,
        kind=kind,
        message=message,
        error=error,
        attempts=attempts,
        earlier=earlier,
        method=method,
        key=key,
        tag=None if job.request is None else job.request.tag,
        timing=timing_of(*times),
        worker=worker,
        index=job.index,
    )


def _objection_to(url: object) -> str | None:
    """Return what is said of something that is no `str`, and so was not sent; None of others."""
    if isinstance(url, str):
        return None
    try:
        canonicalize(url)
    except Refusal as refusal:
        return refusal.message
    return None


def packed_jobs(jobs: Sequence[Job], *, with_tags: bool) -> Columns:
    """Return jobs as columns; with their tags where somebody looks at responses there."""
    seldom = {
        place: (_request_of(job, with_tags=with_tags), job.is_over, job.started)
        for place, job in enumerate(jobs)
        if job.request is not None or job.is_over or job.started is not None
    }
    return array("q", [job.index for job in jobs]).tobytes(), [_url_of(j) for j in jobs], seldom


def unpacked_jobs(columns: Columns) -> list[Job]:
    """Return the jobs."""
    told, urls, seldom = columns
    indices = array("q")
    indices.frombytes(told)
    jobs = [Job(index, url) for index, url in zip(indices, urls, strict=True)]
    for place, (request, is_over, started) in seldom.items():
        job = jobs[place]
        job.request, job.is_over, job.started = request, is_over, started
    return jobs


class NoURL:
    """Stands for what is no `str`, which need not pickle: it is told as that is."""

    def __init__(self, told: str) -> None:
        self._told = told

    def __repr__(self) -> str:
        return self._told


def _url_of(job: Job) -> Any:
    url: object = job.url
    if type(url) is str:
        return url
    if isinstance(url, str):
        return str.__str__(url)
    try:
        return NoURL(repr(url))
    except Exception:  # noqa: BLE001 - foreign code
        return NoURL(f"<{type(url).__name__}>")


def _request_of(job: Job, *, with_tags: bool) -> Any:
    if job.request is None or with_tags:
        return job.request
    return attrs.evolve(job.request, tag=None)
