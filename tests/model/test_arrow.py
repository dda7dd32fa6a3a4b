"""The Arrow stream of a result, as far as it goes without nanoarrow; tests/frames has the rest."""

import sys
from collections.abc import Callable

import pytest
from results import small_comparison, small_ladder, small_run, small_sweep

from concurrent_fetch import Comparison, Ladder, Run, Sweep
from concurrent_fetch.model._arrow import TYPE_OF

ALL = pytest.mark.parametrize("make", [small_run, small_comparison, small_sweep, small_ladder])
Make = Callable[[], Run | Comparison | Sweep | Ladder]

# What the values of each type are in Python.
KINDS = {"int64": int, "float64": float, "bool_": bool, "large_string": str}


@ALL
def test_every_column_has_a_type_and_only_values_of_it(make: Make) -> None:
    for name, values in make().to_columns().items():
        assert {type(v) for v in values if v is not None} <= {KINDS[TYPE_OF[name]]}, name


@ALL
def test_without_nanoarrow_the_error_says_what_to_install_and_what_does_without(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "nanoarrow", None)
    with pytest.raises(ImportError) as caught:
        make().__arrow_c_stream__()
    assert str(caught.value) == (
        "a result as an Arrow stream needs the package nanoarrow: "
        'pip install "concurrent_fetch[arrow]"; or hand on what to_columns() returns, which '
        "pandas, polars and pyarrow take too"
    )
