"""What a comparison, a sweep and a ladder say: in figures, words and pictures."""

from concurrent_fetch.results._comparison import Comparison
from concurrent_fetch.results._ladder import Ladder
from concurrent_fetch.results._step import Step
from concurrent_fetch.results._sweep import Sweep

__all__ = [
    "Comparison",
    "Ladder",
    "Step",
    "Sweep",
]
