"""Outcomes and jobs cross to another process and back as they were."""

import math
import pickle
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

import concurrent_fetch as cf
from concurrent_fetch.feed import Job, job_of
from concurrent_fetch.strategies._crossing import (
    moved,
    packed,
    packed_jobs,
    unpacked,
    unpacked_jobs,
)
from concurrent_fetch.strategies._frames import Frames, framed

TEXTS = st.text(max_size=20)
MOMENTS = st.floats(0, 1e9, allow_nan=False)
COUNTS = st.integers(0, 2**62)
HEADERS = st.dictionaries(
    st.from_regex("[A-Za-z-]{1,8}", fullmatch=True), st.from_regex("[ -~\xe4]{0,9}", fullmatch=True)
).filter(lambda fields: len({name.lower() for name in fields}) == len(fields))
TAGS = st.one_of(st.none(), TEXTS, st.builds(object))


def times(draw: st.DrawFn) -> cf.Timing:
    started, sent, first_byte, finished = sorted(draw(st.tuples(*[MOMENTS] * 4)))
    return cf.Timing(
        started=started,
        sent=draw(st.sampled_from([None, sent])),
        first_byte=draw(st.sampled_from([None, first_byte])),
        finished=finished,
    )


@st.composite
def attempts(draw: st.DrawFn) -> cf.Attempt:
    status = draw(st.one_of(st.none(), st.integers(100, 999)))
    kind = draw(st.sampled_from(cf.FailureKind)) if status is None else None
    message = None if kind is None else draw(TEXTS)
    started, finished = sorted(draw(st.tuples(MOMENTS, MOMENTS)))
    return cf.Attempt(
        status_code=status,
        kind=kind,
        message=message,
        started=started,
        finished=finished,
        waited=draw(MOMENTS),
    )


@st.composite
def done(draw: st.DrawFn, index: int) -> tuple[Job, cf.Outcome]:
    """Draw a job and its outcome, whose URL and tag are the job's."""
    url = draw(TEXTS)
    tag = draw(TAGS)
    request = draw(st.sampled_from([None, cf.Request(url, method="PUT", tag=tag)]))
    job = job_of(url if request is None else request, index)
    common: dict[str, Any] = {
        "url": url,
        "attempts": draw(st.integers(1, 9)),
        "earlier": tuple(draw(st.lists(attempts(), max_size=2))),
        "method": "GET" if request is None else request.method,
        "tag": None if request is None else tag,
        "key": draw(st.sampled_from([None, "0123456789abcdef"])),
        "timing": times(draw),
        "worker": draw(TEXTS),
        "index": index,
    }
    if draw(st.booleans()):
        error = draw(st.one_of(st.none(), TEXTS))
        kind = draw(st.sampled_from(cf.FailureKind))
        return job, cf.Failure(kind=kind, message=draw(TEXTS), error=error, **common)
    return job, cf.Response(
        final_url=draw(st.one_of(st.just(url), TEXTS)),
        status_code=draw(st.integers(100, 999)),
        headers=draw(HEADERS),
        body=draw(st.binary(max_size=40)),
        size=draw(COUNTS),
        wire_size=draw(st.one_of(st.none(), COUNTS)),
        digest=draw(st.one_of(st.none(), TEXTS)),
        sink=draw(st.one_of(st.none(), TEXTS)),
        redirects=draw(st.lists(TEXTS, max_size=2)),
        http_version=draw(st.sampled_from(["1.1", "1.0", "2"])),
        reused=draw(st.sampled_from([None, True, False])),
        **common,
    )


@st.composite
def batches(draw: st.DrawFn) -> list[tuple[Job, cf.Outcome]]:
    return [draw(done(index)) for index in range(draw(st.integers(0, 5)))]


def in_order(found: list[tuple[Job, cf.Outcome]]) -> list[cf.Outcome]:
    return sorted((outcome for _, outcome in found), key=lambda outcome: outcome.index)


@pytest.mark.once
@given(batches())
def test_outcomes_come_back_as_they_were(batch: list[tuple[Job, cf.Outcome]]) -> None:
    jobs = {job.index: job for job, _ in batch}
    (columns,) = Frames().of(framed(packed(batch)))
    held = dict(jobs)
    found = list(unpacked(columns, held.pop))
    assert not held
    assert all(jobs[outcome.index] is job for job, outcome in found)
    assert in_order(found) == [outcome for _, outcome in batch]
    for (_, before), after in zip(batch, in_order(found), strict=True):
        assert type(after) is type(before)
        assert after.tag is before.tag
        for field in attrs.fields(type(before)):
            assert type(getattr(after, field.name)) is type(getattr(before, field.name))


@given(st.lists(st.one_of(TEXTS, st.none(), st.integers()), max_size=5), st.booleans())
def test_jobs_come_back_as_they_were(urls: list[Any], paced: bool) -> None:
    jobs = [job_of(url, index) for index, url in enumerate(urls)]
    jobs += [job_of(cf.Request("http://a.example", body=b"x", tag=lambda: None), len(jobs))]
    for job in jobs:
        job.started, job.is_over = (1.5, True) if paced else (None, False)
    found = unpacked_jobs(pickle.loads(pickle.dumps(packed_jobs(jobs, with_tags=False))))
    for before, after in zip(jobs, found, strict=True):
        assert (after.index, after.started) == (before.index, before.started)
        assert after.is_over == before.is_over
        if isinstance(before.url, str):
            assert after.url == before.url
        else:
            assert repr(after.url) == repr(before.url)
        if before.request is not None:
            assert after.request == attrs.evolve(before.request, tag=None)


@pytest.mark.once
@given(batches(), st.integers(-(10**9), 10**9))
def test_all_moments_are_moved_and_nothing_else(
    batch: list[tuple[Job, cf.Outcome]], ahead: int
) -> None:
    def by_here(moments: Any) -> Any:
        names = ("started", "sent", "first_byte", "finished")
        told = {name: getattr(moments, name, None) for name in names}
        return attrs.evolve(moments, **{n: at - ahead for n, at in told.items() if at is not None})

    jobs = [job for job, _ in batch]
    found = unpacked(moved(packed(batch), ahead), jobs.__getitem__)
    assert in_order(list(found)) == [
        attrs.evolve(
            outcome,
            timing=by_here(outcome.timing),
            earlier=tuple(map(by_here, outcome.earlier)),
        )
        for _, outcome in batch
    ]


@pytest.mark.once
@given(batches(), st.integers(1, 2**40))
def test_a_part_of_a_set_is_told_by_its_places(
    batch: list[tuple[Job, cf.Outcome]], first: int
) -> None:
    """As batches of executors do, whose workers know nothing of the whole set."""
    jobs = [job_of(job.request or job.url, first + job.index) for job, _ in batch]
    found = list(unpacked(packed(batch, "there/1"), jobs.__getitem__))
    assert in_order(found) == [
        attrs.evolve(outcome, index=first + place, worker=f"there/1/{outcome.worker}")
        for place, (_, outcome) in enumerate(batch)
    ]


class Text(str):
    """A `str` of one's own, which another process might not know."""

    __slots__ = ()

    def __str__(self) -> str:
        return "another"


class Odd:
    def __repr__(self) -> str:
        raise ValueError


def test_urls_of_odd_types_go_as_what_they_are_told_as() -> None:
    jobs = [job_of(Text("http://a.example"), 0), job_of(Odd(), 1)]  # type: ignore[arg-type]
    text, odd = (job.url for job in unpacked_jobs(packed_jobs(jobs, with_tags=False)))
    assert (type(text), text) == (str, "http://a.example")
    assert repr(odd) == "<Odd>"


@given(st.lists(st.binary(max_size=300), max_size=4), st.integers(1, 50))
def test_messages_may_arrive_in_any_pieces(messages: list[bytes], size: int) -> None:
    written = b"".join(map(framed, messages))
    frames = Frames()
    pieces = [written[start : start + size] for start in range(0, len(written), size)]
    assert [message for piece in pieces for message in frames.of(piece)] == messages


@pytest.mark.parametrize("missing", ["sent", "first_byte"])
def test_a_time_that_is_not_known_is_none_and_no_number(missing: str) -> None:
    known: Any = {"started": 1.0, "sent": 1.5, "first_byte": 2.0, "finished": 3.0, missing: None}
    timing = cf.Timing(**known)
    response = cf.Response(
        url="http://a.example",
        final_url="http://a.example/",
        status_code=200,
        headers=cf.Headers(),
        size=0,
        timing=timing,
        worker="w",
        index=7,
    )
    job = job_of("http://a.example", 7)
    ((_, found),) = unpacked(packed([(job, response)]), {7: job}.pop)
    assert getattr(found.timing, missing) is None
    assert not any(math.isnan(time) for time in attrs.astuple(found.timing) if time is not None)
