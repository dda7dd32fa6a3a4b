"""The journal of a feed: a line for each outcome; what is done is skipped, also after damage."""

import json
import os
import warnings
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from concurrent_fetch import (
    Failure,
    FailureKind,
    Feed,
    Headers,
    Job,
    Options,
    Outcome,
    Request,
    Response,
    Retry,
    Run,
    Timing,
    Wait,
    feed_of,
    load,
)
from concurrent_fetch.errors import FormatError
from concurrent_fetch.feed._journal_file import JournalFile

TIMING = Timing(started=1.0, finished=1.5)
A, B, C = (f"http://{name}.example/" for name in "abc")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run.jsonl"


def answered(job: Job, status: int = 200, **facts: Any) -> Response:
    return Response(
        url=job.url,
        **{"final_url": job.url, **facts},
        status_code=status,
        headers=Headers(),
        size=3,
        timing=TIMING,
        worker="fetch-1",
        index=job.index,
        tag=None if job.request is None else job.request.tag,
    )


def failed(job: Job) -> Failure:
    kind, said = FailureKind.CONNECT, "refused"
    return Failure(
        url=job.url, kind=kind, message=said, timing=TIMING, worker="fetch-1", index=job.index
    )


def jobs(feed: Feed) -> Iterator[Job]:
    now = 0.0
    while isinstance(job := feed.take(now), Job):
        now += 1.0
        yield job


def fetched(
    urls: Iterable[str | Request], options: Options, failing: Iterable[str] = ()
) -> list[tuple[int, str]]:
    """Fetch all that is not done; return what was fetched."""
    feed, found = feed_of(urls, options), []
    for job in jobs(feed):
        outcome: Outcome = failed(job) if job.url in failing else answered(job)
        assert feed.settle(job, outcome, 0.0) is not None
        found.append((job.index, job.url))
    feed.end()
    return found


def records(path: Path) -> list[dict[str, Any]]:
    return [line for line in map(json.loads, path.read_text().splitlines()) if "url" in line]


LIMITS = [{}, {"per_host": 2}, {"retry": Retry(attempts=1)}, {"rate": 1e6}]


@pytest.mark.parametrize("limits", LIMITS, ids=str)
@pytest.mark.parametrize("made", [list, iter], ids=["list", "iterator"])
def test_what_is_done_is_skipped_as_often_as_it_is_done(
    path: Path, limits: dict[str, Any], made: Any
) -> None:
    options = Options(journal=path, **limits)
    assert fetched(made([A, B, A]), options, failing=[B]) == [(0, A), (1, B), (2, A)]
    feed = feed_of(made([A, A, A, B, C]), options)
    taken = [(job.index, job.url) for job in jobs(feed)]
    assert taken[:1] == [(2, A)]
    assert sorted(taken) == [(2, A), (3, B), (4, C)][: len(taken)]
    assert feed.skipped == 2
    feed.end()


@pytest.mark.parametrize("limits", LIMITS, ids=str)
def test_urls_that_are_offered_are_skipped_too(path: Path, limits: dict[str, Any]) -> None:
    async def none() -> AsyncIterator[str]:
        yield ""

    options = Options(journal=path, **limits)
    fetched([A], options)
    feed = feed_of(none(), options)
    for url in (A, B):
        feed.offer(url)
    feed.close()
    assert [(job.index, job.url) for job in jobs(feed)] == [(1, B)]


@given(
    st.lists(st.tuples(st.integers(0, 4), st.booleans())),
    st.lists(st.integers(0, 4)),
    st.lists(st.integers(0, 4)),
)
def test_each_is_done_as_often_as_asked_for_whatever_the_order(
    tmp_path_factory: pytest.TempPathFactory,
    first: list[tuple[int, bool]],
    second: list[int],
    third: list[int],
) -> None:
    """Whatever failed in the first run: later runs fetch what is missing, and no more."""
    path = tmp_path_factory.mktemp("journal") / "run.jsonl"
    options = Options(journal=path, journal_sync=False)
    feed, done = feed_of((f"{n}" for n, _ in first), options), Counter[str]()
    for job, (n, works) in zip(jobs(feed), first, strict=True):
        feed.settle(job, answered(job) if works else failed(job), 0.0)
        done[str(n)] += works
    feed.end()
    for asked in (second, third):
        wanted = Counter(map(str, asked))
        new = Counter(url for _, url in fetched(map(str, asked), options))
        assert new == wanted - done
        done |= wanted
    loaded = load(path)
    assert isinstance(loaded, Run)
    all_of_it = Counter(outcome.url for outcome in loaded if outcome.ok)
    assert all_of_it == done


@pytest.mark.parametrize(
    ("retry", "status", "done"),
    [
        (None, 200, True),
        (None, 404, True),
        (None, 503, False),
        (Retry(on={404}, attempts=1), 404, False),
        (Retry(on={404}, attempts=1), 503, True),
        (Retry(on=lambda outcome: b"blocked" in outcome.body, attempts=1), 200, False),
    ],
)
@pytest.mark.parametrize("keep", [True, False])
def test_a_response_is_done_unless_it_is_to_be_tried_again(
    path: Path, retry: Retry | None, status: int, done: bool, keep: bool
) -> None:
    feed = feed_of([A], Options(journal=path, retry=retry, keep_bodies=keep))
    (job,) = [feed.take(0.0)]
    assert isinstance(job, Job)
    feed.settle(job, answered(job, status, body=b"blocked"), 0.0)
    feed.end()
    assert [line["done"] for line in records(path)] == [done]


def test_a_line_is_there_before_the_outcome_is_handed_on(path: Path) -> None:
    feed = feed_of([A, B], Options(journal=path))
    for number, job in enumerate(jobs(feed), 1):
        feed.settle(job, answered(job), 0.0)
        assert len(records(path)) == number


def test_what_is_tried_again_has_no_line_before_its_end(path: Path) -> None:
    feed = feed_of([A], Options(journal=path, retry=Retry(attempts=2, wait_initial=0)))
    for tries in range(2):
        job = feed.take(float(tries))
        assert isinstance(job, Job)
        assert records(path) == []
        feed.settle(job, failed(job), float(tries))
    (line,) = records(path)
    assert (line["attempts"], line["kind"], line["done"]) == (2, "connect", False)


def test_no_secret_is_written_and_the_key_stands_beside_the_url(path: Path) -> None:
    urls = [
        "http://me:pass@a.example/",
        "http://you:pass@a.example/",
        "http://b.example/?token=xyz",
    ]
    options = Options(
        journal=path, headers={"Authorization": "Basic abcdef"}, proxy="http://u:geheim@p.example:1"
    )
    fetched(urls, options)
    text = path.read_text()
    for secret in ("pass", "xyz", "abcdef", "geheim"):
        assert secret not in text
    assert all(len(line["key"]) == 16 for line in records(path))
    assert fetched(urls[1:] + urls[:1], options) == []
    assert fetched(["http://other:pass@a.example/"], options) != []


def test_no_secret_of_the_options_and_of_a_sink_is_written(path: Path) -> None:
    options = Options(
        journal=path,
        secret_params=("code",),
        headers={"Referer": "http://c.example/?code=geheim"},
        sink=lambda _: "/data/x?token=xyz",
    )
    fetched([A, "http://b.example/?code=abcdef"], options)
    assert '"sink":"/data/x?token=***"' in path.read_text()
    for secret in ("geheim", "xyz", "abcdef"):
        assert secret not in path.read_text()


@pytest.mark.parametrize(
    ("kind", "was_answered", "done"),
    [
        ("connect", False, False),
        ("dns", False, False),
        ("connect", True, True),
        ("tls", False, False),
        ("timeout", False, True),
        ("disconnected", False, True),
        ("cancelled", False, True),
        (503, False, True),
    ],
)
def test_what_must_not_be_sent_twice_is_done_unless_nobody_heard_of_it(
    path: Path, kind: str | int, was_answered: bool, done: bool
) -> None:
    once = Request(A, method="POST", tag=1)
    again = Request(A, method="POST", idempotent=True, body=b"x")
    feed = feed_of([once, again], Options(journal=path))
    for job in jobs(feed):
        job.was_answered = was_answered
        outcome = (
            answered(job, kind) if isinstance(kind, int) else attrs.evolve(failed(job), kind=kind)
        )
        feed.settle(job, outcome, 0.0)
    feed.end()
    assert [line["done"] for line in records(path)] == [done, False]


def test_what_a_deadline_left_unsent_is_not_done(path: Path) -> None:
    feed = feed_of([Request(A, body=b"x")] * 2, Options(journal=path, deadline=1.0, rate=0.1))
    first, late = feed.take(0.0), feed.take(2.0)
    assert isinstance(first, Job)
    assert isinstance(late, Job)
    feed.settle(late, attrs.evolve(failed(late), kind="cancelled"), 2.0)
    feed.end()
    assert [line["done"] for line in records(path)] == [False]


@pytest.mark.parametrize("limits", LIMITS, ids=str)
def test_many_that_are_done_are_passed_over_in_slices(path: Path, limits: dict[str, Any]) -> None:
    urls = [f"{A}{number}" for number in range(1000)]
    fetched(urls, Options(journal=path, **limits))
    feed = feed_of([*urls, B], Options(journal=path, **limits))
    takes = 0
    while not isinstance(job := feed.take_of_those_read(0.0), Job):
        assert isinstance(job, Wait)
        assert job.more
        takes += 1
    assert takes == 10
    assert job.url == B
    feed.end()


def test_requests_are_told_apart_by_what_they_send(path: Path) -> None:
    options = Options(journal=path)
    posts = [Request(A, json=n, tag=n) for n in range(3)]
    fetched([A, *posts[:2]], options)
    assert fetched([Request(A), *posts, Request(A, method="HEAD")], options) == [(3, A), (4, A)]
    assert [line.get("tag") for line in records(path)] == [None, 0, 1, 2, None]


@pytest.mark.parametrize("limits", LIMITS[:2], ids=str)
@pytest.mark.parametrize(
    "tag", [1.5, b"x", ("a",), object(), True], ids=lambda tag: type(tag).__name__
)
def test_a_tag_that_cannot_be_written_is_refused_at_the_start(
    path: Path, tag: object, limits: dict[str, Any]
) -> None:
    options = Options(journal=path, **limits)
    with pytest.raises(TypeError, match=r"Request\.tag must be a str, an int or None"):
        feed_of([A, Request(B, tag=tag)], options)
    assert not path.exists()
    feed = feed_of(iter([Request(B, tag=tag)]), options)
    with pytest.raises(TypeError, match=r"Request\.tag must be"):
        feed.take(0.0)
    feed.end()


ODD = st.text(min_size=1).map(lambda text: "http://a.example/" + text) | st.text()


@given(st.lists(ODD, max_size=5))
def test_odd_urls_are_found_again(
    tmp_path_factory: pytest.TempPathFactory, urls: list[str]
) -> None:
    path = tmp_path_factory.mktemp("journal") / "run.jsonl"
    options = Options(journal=path, journal_sync=False)
    fetched(urls, options)
    assert fetched(urls, options) == []


def test_lone_surrogates_and_what_is_no_text_are_found_again(path: Path) -> None:
    urls: list[Any] = ["http://a.example/\udc80", None, 3]
    options = Options(journal=path)
    feed = feed_of(urls, options)
    for job in jobs(feed):
        feed.settle(job, attrs.evolve(failed(job), url=str(job.url)), 0.0)
    feed.end()
    assert [line["url"] for line in records(path)] == ["http://a.example/\udc80", "None", "3"]


@given(st.data())
def test_a_torn_tail_is_cut_off_with_one_warning(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("journal") / "run.jsonl"
    options = Options(journal=path, journal_sync=False)
    fetched([A, B, A], options)
    whole = path.read_bytes()
    left = data.draw(st.integers(0, len(whole)))
    path.write_bytes(whole[:left])
    kept = max(0, whole[:left].count(b"\n") - 1)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        assert len(fetched([A, A, B], options)) == 3 - kept
    assert len(told) == (left > 0 and whole[left - 1 : left] != b"\n")
    assert all("the last line was not written to its end" in str(one.message) for one in told)
    loaded = load(path)
    assert isinstance(loaded, Run)
    assert Counter(outcome.url for outcome in loaded) == {A: 2, B: 1}


@pytest.mark.parametrize(
    "line",
    [
        b"\0" * 80,
        b"{}",
        b"[]",
        b"3",
        b'{"i":0,"done":true,"url":"http://a.exa',
        b'{"i":0,"done":1,"url":"x"}',
        b'{"i":0,"done":true,"url":7}',
        b'{"i":0,"done":true,"url":"x","key":"xyz"}',
        b'{"i":0,"done":true,"url":"x","worker":"a\0"}',
        b'{"journal":"concurrent_fetch"}',
        b'{"i":0,"done":true,"url":"x"}{"i":0,"done":true,"url":"x"}',
    ],
)
def test_a_damaged_line_amid_the_file_is_told_with_its_number(path: Path, line: bytes) -> None:
    fetched([A, B], Options(journal=path))
    head, first, second = path.read_bytes().splitlines()
    damaged = b"\n".join([head, first, line, second, b"torn"])
    path.write_bytes(damaged)
    with pytest.raises(FormatError, match=r"run\.jsonl: line 3 is damaged"):
        feed_of([A], Options(journal=path))
    assert path.read_bytes() == damaged
    path.write_bytes(damaged + b"\n")
    with pytest.raises(FormatError, match=r"line 3 is damaged"):
        load(path)


@pytest.mark.parametrize("text", ["mine", "mine\n", '{"a": 1}\n', "\0\n", '{"journal":"other"}\n'])
def test_a_file_that_is_no_journal_is_left_as_it_is(path: Path, text: str) -> None:
    path.write_text(text)
    with pytest.raises(FormatError, match="this is no journal"):
        feed_of([A], Options(journal=path))
    assert path.read_text() == text


def test_a_journal_of_a_newer_version_is_refused(path: Path) -> None:
    path.write_text('{"journal":"concurrent_fetch","version":2,"options":{}}\n')
    with pytest.raises(FormatError, match="newer version"):
        feed_of([A], Options(journal=path))


def test_a_line_that_others_wrote_in_their_way_is_read(path: Path) -> None:
    """As jq and Python write JSON: with blanks, and in UTF-8."""
    urls = ["http://a.example/ä\u2028", 'http://a.example/"\\']
    fetched(urls, Options(journal=path))
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    for told in ({}, {"separators": (",", ":")}):
        text = "\n".join(json.dumps(line, ensure_ascii=False, **told) for line in lines)  # type: ignore[arg-type]
        path.write_text(text + "\n", encoding="utf-8")
        assert fetched(urls, Options(journal=path)) == []


def test_a_second_writer_is_refused_at_once(path: Path) -> None:
    feed = feed_of([A], Options(journal=path))
    with pytest.raises(BlockingIOError, match="another run writes this journal"):
        feed_of([A], Options(journal=path))
    feed.end()
    feed_of([A], Options(journal=path)).end()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")  # of xdist
def test_a_child_of_this_process_holds_no_journal_of_it(path: Path) -> None:
    file = JournalFile(str(path))
    (go_on, end), (begun, begin) = os.pipe(), os.pipe()
    child = os.fork()
    if child == 0:
        os.write(begin, b"!")
        os.close(end)
        os.read(go_on, 1)
        os._exit(0)
    try:
        os.read(begun, 1)
        with pytest.raises(BlockingIOError):
            feed_of([A], Options(journal=path))
        file.let_go_in_child()  # as when this process is killed
        feed_of([A], Options(journal=path)).end()
    finally:
        os.close(end)
        os.waitpid(child, 0)
        for pipe in (go_on, begun, begin):
            os.close(pipe)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
def test_a_child_that_lives_on_does_not_keep_it_locked(path: Path) -> None:
    file = JournalFile(str(path))
    held = os.dup(file._file)  # as by a child that was started otherwise
    with pytest.raises(BlockingIOError):
        feed_of([A], Options(journal=path))
    file.close()
    feed = feed_of([A], Options(journal=path))
    assert [job.url for job in jobs(feed)] == [A]
    feed.end()
    os.close(held)


def test_a_feed_that_is_gone_lets_others_write(path: Path) -> None:
    feed = feed_of([A], Options(journal=path))
    with pytest.raises(BlockingIOError):
        feed_of([A], Options(journal=path))
    del feed
    again = feed_of([A], Options(journal=path))
    assert [job.url for job in jobs(again)] == [A]
    again.end()


def test_after_the_end_nothing_is_written(path: Path) -> None:
    feed = feed_of([A], Options(journal=path))
    (job,) = jobs(feed)
    feed.end()
    assert feed.settle(job, answered(job), 0.0) is not None
    assert records(path) == []


def test_other_options_are_named_in_a_warning(path: Path) -> None:
    fetched([A], Options(journal=path))
    with pytest.warns(UserWarning, match=r"run\.jsonl goes on with other .*: timeout, retry; "):
        fetched([A], Options(journal=path, timeout=7.0, retry=2))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fetched([A], Options(journal=str(path), timeout=7.0, retry=2, journal_sync=False))


def test_no_folder_and_no_plain_file_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        feed_of([A], Options(journal=tmp_path / "no" / "run.jsonl"))
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.jsonl")
        with pytest.raises(FormatError, match="a journal is a plain file"):
            feed_of([A], Options(journal=tmp_path / "pipe.jsonl"))


def test_a_full_disk_ends_the_run_and_nothing_is_written_behind_a_torn_line(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    feed = feed_of([A, B], Options(journal=path))
    write = os.write
    monkeypatch.setattr(os, "write", lambda file, line: write(file, line[:9]))
    first, second = jobs(feed)
    with pytest.raises(OSError, match="No space left"):
        feed.settle(first, answered(first), 0.0)
    monkeypatch.undo()
    with pytest.raises(OSError, match="No space left"):
        feed.settle(second, answered(second), 0.0)
    feed.end()
    with pytest.warns(UserWarning, match="not written to its end"):
        assert len(fetched([A, B], Options(journal=path))) == 2


@pytest.mark.parametrize("sync", [True, False])
def test_it_reaches_the_disk_unless_that_is_off(
    path: Path, sync: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    from concurrent_fetch.feed import _journal_file

    synced: list[int] = []
    monkeypatch.setattr(_journal_file, "_sync", synced.append)
    fetched([A], Options(journal=path, journal_sync=sync))
    assert bool(synced) is sync
