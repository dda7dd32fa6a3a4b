"""`.jsonl`: a run as a journal has it, and the run of all that a journal holds."""

import json
from pathlib import Path
from typing import Any

import attrs
import pytest
from fakes import failure, response
from results import small_comparison, small_run

from concurrent_fetch import Job, Options, Outcome, Request, Retry, Run, feed_of, load, save
from concurrent_fetch.errors import FormatError
from concurrent_fetch.feed._done_keys import key_of
from concurrent_fetch.http import redact


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run.jsonl"


def loaded(path: Path) -> Run:
    run = load(path)
    assert isinstance(run, Run)
    return run


def facts(outcome: Outcome) -> dict[str, Any]:
    """Return what a line keeps of an outcome; times to the microsecond, from the first."""
    kept = attrs.asdict(outcome, recurse=False)
    for name in ("timing", "earlier", "headers", "body"):
        kept.pop(name, None)
    kept |= {name: redact(kept[name]) for name in ("url", "final_url") if name in kept}
    if kept["url"] != outcome.url:
        kept["key"] = f"{key_of(outcome.url):016x}"  # the URL in the line says less
    return {**kept, "elapsed": round(outcome.elapsed, 5)}


def test_what_is_saved_is_loaded(path: Path) -> None:
    run = small_run()
    save(run, path)
    again = loaded(path)
    assert list(map(facts, again)) == list(map(facts, run))
    assert (again.strategy, again.options) == (run.strategy, run.options)
    assert abs((again.started_at - run.started_at).total_seconds()) < 1e-3
    save(again, path.with_name("b.jsonl"))
    assert list(map(facts, loaded(path.with_name("b.jsonl")))) == list(map(facts, again))


def test_a_run_with_everything_is_saved(path: Path) -> None:
    outcomes: list[Outcome] = [
        attrs.evolve(
            response("http://a.example/", 0),
            final_url="http://b.example/",
            redirects=("http://c.example/",),
            digest="ab" * 32,
            http_version="1.0",
            reused=True,
            wire_size=7,
            attempts=3,
            method="POST",
            tag="mine",
        ),
        attrs.evolve(failure("http://b.example/", 1), error="Broken", tag=7),
    ]
    save(outcomes, path)
    assert list(map(facts, loaded(path))) == list(map(facts, outcomes))


def test_options_come_back(path: Path) -> None:
    options = Options(retry=Retry(on={404}), headers={"X-A": "1"}, hosts={}, per_host=3)
    save(Run.of([response("http://a.example/", 0)], options=options), path)
    assert loaded(path).options == options


def test_a_saved_run_is_gone_on_with(path: Path) -> None:
    """But for what was no GET of a URL where nothing tells what was sent."""
    get, other, failed = (
        response("http://a.example/", 0),
        response("http://b.example/", 1),
        failure("http://c.example/", 2),
    )
    asked = [
        Request("http://d.example/", headers={"Range": "bytes=0-1"}),
        Request("http://e.example/", json={}),
    ]
    known = [
        attrs.evolve(other, url=one.url, method=one.method, key=f"{key_of(one):016x}")
        for one in asked
    ]
    lost = Request("http://f.example/", json={})  # it may have been sent
    unsure = attrs.evolve(failed, url=lost.url, method="POST", key=f"{key_of(lost):016x}")
    post = attrs.evolve(other, url="http://post.example/", method="POST")
    outcomes: list[Outcome] | Run = [get, post, failed, *known, unsure]
    for _ in range(2):
        save(outcomes, path)
        outcomes = loaded(path)
        urls: list[str | Request] = [
            get.url,
            post.url,
            failed.url,
            *(one.url for one in asked),
            *asked,
            lost,
        ]
        feed = feed_of(urls, Options(journal=path))
        found = []
        while isinstance(job := feed.take(0.0), Job):
            found.append(job.url)
        assert found == [post.url, failed.url, *(one.url for one in asked)]
        feed.end()


def test_the_last_record_of_each_counts_in_the_order_of_the_first(path: Path) -> None:
    def line(url: str, status: int, done: bool) -> str:
        shown = {"i": 0, "done": done, "url": url, "status": status, "size": 0, "started": 1.0}
        return json.dumps({**shown, "elapsed": 0.5, "attempts": 1, "worker": "w"})

    save([], path)
    head = path.read_text().strip()
    a, b, c = (f"http://{name}.example/" for name in "abc")
    runs = [
        [(a, 503, False), (b, 200, True), (a, 502, False), (c, 500, False)],
        [(a, 404, True)],
        [(a, 500, False), (b, 201, True), (c, 200, True)],
        [(a, 200, True), (a, 204, True)],
    ]
    text = [part for run in runs for part in (head, *(line(*record) for record in run))]
    path.write_text("\n".join(text) + "\n")
    found = [(outcome.url, getattr(outcome, "status_code", 0)) for outcome in loaded(path)]
    assert found == [(a, 404), (b, 200), (a, 200), (c, 200), (b, 201), (a, 204)]
    assert [outcome.index for outcome in loaded(path)] == list(range(6))


def test_a_comparison_is_refused(path: Path) -> None:
    with pytest.raises(FormatError, match=r"\.jsonl holds a Run, and no Comparison; save the"):
        save(small_comparison(), path)
    assert not path.exists()


def test_a_tag_that_cannot_be_written_is_refused(path: Path) -> None:
    with pytest.raises(FormatError, match="its tag is no str, int or None"):
        save([attrs.evolve(response("http://a.example/", 0), tag=(1,))], path)


def test_a_torn_tail_is_left_out_and_the_file_left_as_it_is(path: Path) -> None:
    save([response("http://a.example/", 0)], path)
    path.write_bytes(path.read_bytes() + b'{"i":1,"do')
    before = path.read_bytes()
    with pytest.warns(UserWarning, match="not written to its end and is left out"):
        assert len(loaded(path)) == 1
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"status": "x"}, r"line 2: .*status_code"),
        ({"status": 99}, r"line 2: .*status_code"),
        ({"size": -1}, r"line 2: .*size"),
        ({"started": None}, r'line 2 is damaged: its "started" is no time'),
        ({"elapsed": 1e300}, r'line 2 is damaged: its "elapsed" is no time'),
        ({"elapsed": -1}, r'line 2 is damaged: its "elapsed" is no time'),
        ({"tag": [1]}, r"line 2: its tag is no str, int or None"),
        ({"redirects": 3}, r"line 2"),
    ],
)
def test_a_record_that_is_wrong_is_told_with_its_line(
    path: Path, change: dict[str, Any], said: str
) -> None:
    save([response("http://a.example/", 0)], path)
    head, line = path.read_text().splitlines()
    path.write_text(f"{head}\n{json.dumps({**json.loads(line), **change})}\n")
    with pytest.raises(FormatError, match=said):
        load(path)


@pytest.mark.parametrize("options", [{}, {"concurrency": "x"}, {"mine": 1}])
def test_options_that_are_damaged_are_told(path: Path, options: dict[str, Any]) -> None:
    save([response("http://a.example/", 0)], path)
    head, line = path.read_text().splitlines()
    path.write_text(f"{json.dumps({**json.loads(head), 'options': options})}\n{line}\n")
    with pytest.raises(FormatError, match="the last line of a start is damaged"):
        load(path)
