"""The levels of the whole, on a few cells of `bench/truth/levels.py` and in fewer experiments."""

import runpy
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.once

LEVELS = runpy.run_path(str(Path(__file__).parents[2] / "bench" / "truth" / "levels.py"))
EXPERIMENTS = 60
SOME = ("iid, one look, 5, equal", "AR(1), three looks, 3, equal")
CELLS = [cell for cell in LEVELS["cells"]((3, 5)) if cell[0] in SOME]


@pytest.mark.parametrize(("experiments", "cells", "bound"), [(2000, 64, 137), (100, 1, 11)])
def test_the_bound_is_that_of_the_binomial(experiments: int, cells: int, bound: int) -> None:
    assert LEVELS["bound_of"](experiments, cells) == bound


def test_what_is_wrong_is_seen() -> None:
    """Strategies that are held to be equal, and are not."""
    (_, noise, _, k, _), cell = CELLS[0], LEVELS["Cell"]("wrong")
    rng = LEVELS["Random"](2)  # in which no interval misses the truth
    comparison = LEVELS["drawn"](noise, rng, [2.0] * (k - 1) + [1.0], None, 1)
    cell.see(comparison, [1.0] * k)
    assert (cell.verdicts, cell.fastest, cell.intervals, cell.whole) == (1, 1, 1, 1)
    cell.see(comparison, [2.0] * (k - 1) + [1.0])
    assert (cell.experiments, cell.whole, cell.told) == (2, 1, 2)


@pytest.mark.long
@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: cell[0])
def test_verdicts_and_fastest_hold_their_level(cell: Any) -> None:
    found = LEVELS["measured"](cell, EXPERIMENTS)
    assert found.experiments == EXPERIMENTS
    assert found.whole <= LEVELS["bound_of"](EXPERIMENTS, len(CELLS))
