"""Results handed to pandas, polars and pyarrow: the values of `to_dicts`, by either road.

And columns of theirs as URLs.
"""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from fakes import failure, response
from results import run_of, small_comparison, small_ladder, small_run, small_sweep

from concurrent_fetch import Comparison, Ladder, Run, Runner, Sweep, fetch_sync

Result = Run | Comparison | Sweep | Ladder
Rows = list[dict[str, Any]]
ROADS: dict[str, Callable[[Any], Rows]] = {
    "pyarrow.table": lambda result: pa.table(result).to_pylist(),
    "polars.from_dataframe": lambda result: pl.from_dataframe(result).to_dicts(),
    "pyarrow.table of columns": lambda result: pa.table(result.to_columns()).to_pylist(),
    "polars.DataFrame of columns": lambda result: pl.DataFrame(result.to_columns()).to_dicts(),
    "pandas.DataFrame of columns": lambda result: pd.DataFrame(result.to_columns()).to_dict(
        "records"
    ),
}
RESULTS: dict[str, Callable[[], Result]] = {
    "run": small_run,
    "comparison": small_comparison,
    "sweep": small_sweep,
    "ladder": small_ladder,
}
NO_SEQUENCES = [name for name in RESULTS if name != "run"]


def missing(value: object) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))


def same(read: object, value: object) -> bool:
    """Whether it was read as it is; pandas writes nan for None."""
    return missing(read) if missing(value) else read == value


@pytest.mark.parametrize("result", RESULTS)
@pytest.mark.parametrize("road", ROADS)
def test_every_road_brings_the_values_of_to_dicts(road: str, result: str) -> None:
    made: Any = RESULTS[result]()
    rows, expected = ROADS[road](made), made.to_dicts()
    assert [list(row) for row in rows] == [list(row) for row in expected]
    for row, facts in zip(rows, expected, strict=True):
        assert all(same(row[name], fact) for name, fact in facts.items()), (row, facts)


@pytest.mark.parametrize("result", NO_SEQUENCES)
def test_polars_takes_what_is_no_sequence_by_its_ordinary_name_too(result: str) -> None:
    made: Any = RESULTS[result]()
    assert pl.DataFrame(made).equals(pl.from_dataframe(made))


@pytest.mark.parametrize("result", NO_SEQUENCES)
def test_pandas_takes_what_is_no_sequence_as_it_takes_its_columns(result: str) -> None:
    made: Any = RESULTS[result]()
    pd.testing.assert_frame_equal(pd.DataFrame(made), pd.DataFrame(made.to_columns()))


def test_pandas_is_told_the_way_to_the_columns_of_a_run() -> None:
    """A Run is a sequence of outcomes, and of those pandas asks nothing."""
    with pytest.raises(AttributeError, match=r": pandas\.DataFrame\(run\.to_columns\(\)\)$"):
        pd.DataFrame(small_run())
    assert list(pd.Series(small_run())) == list(small_run())


def test_an_arrow_table_has_numbers_as_numbers_and_truth_as_truth() -> None:
    types = {field.name: str(field.type) for field in pa.table(small_run()).schema}
    assert {types[name] for name in ("index", "size", "attempts")} == {"int64"}
    assert {types[name] for name in ("sent", "elapsed")} == {"double"}
    assert {types[name] for name in ("ok", "reused")} == {"bool"}
    assert {types[name] for name in ("url", "digest", "message")} == {"large_string"}


def test_every_run_has_the_same_schema_even_without_outcomes() -> None:
    empty, some = pa.table(run_of([])), pa.table(small_run())
    assert (empty.num_rows, empty.schema) == (0, some.schema)
    assert pa.concat_tables([empty, some]).num_rows == 2


def test_a_result_can_be_read_more_than_once() -> None:
    run = small_run()
    assert pa.table(run) == pa.table(run)


def test_a_wanted_schema_is_no_error_and_the_consumer_casts() -> None:
    reader = pa.RecordBatchReader.from_stream(small_run(), schema=pa.table(small_run()).schema)
    assert reader.read_all().num_rows == 2


def test_a_lone_surrogate_stands_as_six_characters() -> None:
    table = pa.table(run_of([failure("http://a.example/é\ud800")]))
    assert table["url"].to_pylist() == ["http://a.example/é\\ud800"]


def test_great_numbers_and_long_texts_stay_whole() -> None:
    url = "http://a.example/" + "x" * 65_000
    table = pa.table(run_of([response(url, size=2**62)] * 100))
    assert table["size"].to_pylist() == [2**62] * 100
    assert table["url"].to_pylist() == [url] * 100


def test_pandas_takes_the_stream_too_where_it_can() -> None:
    from_arrow = getattr(pd.DataFrame, "from_arrow", None)
    if from_arrow is None:
        pytest.skip("pandas takes an Arrow stream from version 3 on")
    assert list(from_arrow(small_run())["index"]) == [0, 1]


def test_the_snippet_of_the_docs_runs() -> None:
    """What `tests/house/test_snippets.py` only reads, since it has none of these packages."""
    page = Path(__file__).parents[3] / "docs" / "seeing.md"
    mark = (
        "<!-- not run: needs pandas, polars and pyarrow; `nox -s frames` runs it -->\n```python\n"
    )
    snippet = page.read_text("utf-8").partition(mark)[2].partition("```")[0]
    assert snippet.count("\n") == 7
    names = {"comparison": small_comparison(), "run": small_run()}
    exec(snippet, {"pandas": pd, "polars": pl, "pyarrow": pa, **names})


NOWHERE = "http://127.0.0.1:1/"
COLUMNS: dict[str, Callable[[], Any]] = {
    "pandas, object": lambda: pd.Series([NOWHERE, None], dtype=object),
    "pandas, nan": lambda: pd.Series([NOWHERE, float("nan")], dtype=object),
    "pandas, NA": lambda: pd.Series([NOWHERE, pd.NA], dtype="string"),
    "pandas, NaT": lambda: pd.Series([NOWHERE, pd.NaT], dtype=object),
    "pandas, float32": lambda: [NOWHERE, np.float32("nan")],
    "numpy": lambda: np.array([NOWHERE, np.nan], dtype=object),
    "numpy, masked": lambda: [NOWHERE, np.ma.masked],
    "numpy, NaT": lambda: [NOWHERE, np.datetime64("NaT")],
    "polars": lambda: pl.Series([NOWHERE, None]),
    "pyarrow": lambda: pa.array([None, None], pa.string()),
    "pyarrow, null": lambda: pa.array([None]),
}


@pytest.mark.parametrize("column", COLUMNS)
def test_a_missing_value_in_a_column_of_urls_is_to_be_left_out(column: str) -> None:
    *_, last = fetch_sync(COLUMNS[column]())
    assert not last.ok
    assert "a missing value? leave it out, as df['url'].dropna() does" in last.message
    with pytest.raises(TypeError, match=r"a missing value\? leave it out"):
        Runner(COLUMNS[column]())


def test_a_column_whose_missing_values_are_left_out_is_a_set_of_urls() -> None:
    column = pd.Series([NOWHERE, None, NOWHERE]).dropna()
    assert [outcome.url for outcome in fetch_sync(column)] == [NOWHERE, NOWHERE]


def test_of_a_value_of_pyarrow_and_of_a_row_is_said_what_to_write() -> None:
    (of_arrow,) = fetch_sync(pa.array([NOWHERE])).failures  # type: ignore[arg-type]  # the point
    assert of_arrow.message.endswith("; write str(url)")
    rows = pd.DataFrame({"url": [NOWHERE]}).itertuples(index=False)
    (of_row,) = fetch_sync(rows).failures  # type: ignore[arg-type]  # the point
    assert of_row.message.endswith("; write url.url")
