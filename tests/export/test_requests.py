"""Files of runs whose requests were no GETs, and of what failed."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import attrs
import pytest
from fakes import failure, response

from concurrent_fetch import Options, Run, load, save
from concurrent_fetch.export._view import MOST
from concurrent_fetch.model import Outcome

AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def run_of(*outcomes: Outcome) -> Run:
    placed = tuple(attrs.evolve(one, index=index) for index, one in enumerate(outcomes))
    return Run(
        outcomes=placed, strategy="mine", options=Options(), started_at=AT, elapsed=2.0, cpu=0.1
    )


ASKED = run_of(
    attrs.evolve(response("http://a.example/1"), method="POST", tag="http://me:s3cret@a.example/"),
    attrs.evolve(response("http://A.example/2"), method="HEAD", tag=7),
    attrs.evolve(failure("http://b.example/3"), tag=("no", "text")),
    attrs.evolve(response("nonsense"), tag=True),
)
TAGS = ["http://a.example/", 7, None, None]


def test_json_keeps_methods_and_plain_tags(tmp_path: Path) -> None:
    save(ASKED, path := tmp_path / "x.json")
    loaded = load(path)
    assert isinstance(loaded, Run)
    assert [outcome.method for outcome in loaded] == ["POST", "HEAD", "GET", "GET"]
    assert [one.tag and str(one.tag).replace("***@", "") for one in loaded][1:] == ["7", None, None]
    assert [type(outcome.tag) for outcome in loaded] == [str, int, type(None), type(None)]
    assert "s3cret" not in path.read_text("utf-8")


def test_json_of_gets_without_tags_is_as_before(tmp_path: Path) -> None:
    save(run_of(response("http://a.example/1")), path := tmp_path / "x.json")
    columns = json.loads(path.read_text("utf-8"))["columns"]
    assert not {"method", "tag"} & columns.keys()
    loaded = load(path)
    assert isinstance(loaded, Run)
    (outcome,) = loaded
    assert (outcome.method, outcome.tag) == ("GET", None)


@pytest.mark.parametrize(
    ("column", "value"), [("method", [1, "GET", "GET", "GET"]), ("tag", [None, 1.5, None, None])]
)
def test_json_with_odd_methods_or_tags_is_refused(
    tmp_path: Path, column: str, value: list[Any]
) -> None:
    save(ASKED, path := tmp_path / "x.json")
    raw = json.loads(path.read_text("utf-8"))
    raw["columns"][column] = value
    path.write_text(json.dumps(raw), "utf-8")
    with pytest.raises(ValueError, match=rf"columns\.{column}"):
        load(path)


def test_columns_tell_what_was_asked_of_whom_and_when() -> None:
    typed = attrs.evolve(response("http://a.example/"), headers={"Content-Type": "a/b"})
    columns = run_of(*ASKED, typed).to_columns()
    assert columns["host"] == ["a.example", "a.example", "b.example", None, "a.example"]
    assert columns["method"] == ["POST", "HEAD", "GET", "GET", "GET"]
    assert columns["tag"][1:] == [7, None, None, None]
    assert "s3cret" not in columns["tag"][0]
    assert columns["content_type"][-2:] == [None, "a/b"]
    first = min(columns["started"])
    told = [datetime.fromisoformat(text) for text in columns["at"]]
    after = [(moment - AT).total_seconds() for moment in told]
    assert after == pytest.approx([start - first for start in columns["started"]], abs=1e-5)


def test_an_archive_and_a_trace_have_the_method(tmp_path: Path) -> None:
    save(ASKED, path := tmp_path / "x.har")
    entries = json.loads(path.read_text("utf-8"))["log"]["entries"]
    by_index = {entry["_index"]: entry for entry in entries}
    assert [by_index[i]["request"]["method"] for i in range(3)] == ["POST", "HEAD", "GET"]
    assert [by_index[i].get("_tag") for i in (1, 2)] == [7, None]
    assert [by_index[i]["request"]["bodySize"] for i in (0, 2)] == [-1, 0]
    save(ASKED, path := tmp_path / "x.trace.json")
    text = path.read_text("utf-8")
    assert "s3cret" not in text
    told = [e["args"] for e in json.loads(text)["traceEvents"] if e.get("cat") == "fetch"]
    assert {one["index"]: one.get("method") for one in told}[0] == "POST"
    assert {one["index"]: one.get("tag") for one in told}[1] == 7


@pytest.mark.parametrize("suffix", [".md", ".html"])
def test_a_page_lists_what_failed_up_to_a_number(tmp_path: Path, suffix: str) -> None:
    failed = [failure(f"http://u:s3cret@a.example/{i}") for i in range(MOST + 1)]
    save(run_of(response("http://b.example/"), *failed[:20]), path := tmp_path / f"x{suffix}")
    text = path.read_text("utf-8")
    assert "20 failed" in text
    assert text.count(failed[0].message) == 20
    assert "s3cret" not in text
    save(run_of(*failed), path)
    text = path.read_text("utf-8")
    assert "1,001 failed, of which these are the first 1,000" in text
    assert text.count(failed[0].message) == MOST
    save(run_of(response("http://b.example/")), path)
    assert " failed" not in path.read_text("utf-8").replace("0 failed", "")
