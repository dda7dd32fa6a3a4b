"""How much faster, and how sure: floats in, `Estimate` out."""

from concurrent_fetch.stats._estimate import (
    Estimate,
    Spread,
    inverse,
    is_told,
    quantile,
    rounds_needed,
    speedup,
    spread,
)
from concurrent_fetch.stats._makespan import makespan
from concurrent_fetch.stats._overlap import most_at_once
from concurrent_fetch.stats._ranking import ALPHA, Ranking
from concurrent_fetch.stats._verdict import Verdict

__all__ = [
    "ALPHA",
    "Estimate",
    "Ranking",
    "Spread",
    "Verdict",
    "inverse",
    "is_told",
    "makespan",
    "most_at_once",
    "quantile",
    "rounds_needed",
    "speedup",
    "spread",
]
