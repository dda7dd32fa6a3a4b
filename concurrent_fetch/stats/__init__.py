"""How much faster, and how sure: floats in, `Estimate` out."""

from concurrent_fetch.stats._compatible import compatible
from concurrent_fetch.stats._estimate import (
    Estimate,
    Spread,
    inverse,
    is_told,
    quantile,
    spread,
)
from concurrent_fetch.stats._makespan import makespan
from concurrent_fetch.stats._overlap import most_at_once
from concurrent_fetch.stats._ranking import Ranking, rounds_to_tell
from concurrent_fetch.stats._verdict import Verdict, verdict_of

__all__ = [
    "Estimate",
    "Ranking",
    "Spread",
    "Verdict",
    "compatible",
    "inverse",
    "is_told",
    "makespan",
    "most_at_once",
    "quantile",
    "rounds_to_tell",
    "spread",
    "verdict_of",
]
