"""What is asked and what came of it: `Options`, `Outcome`, `Run`."""

from concurrent_fetch.model._arrow import stream_of
from concurrent_fetch.model._columns import COLUMNS
from concurrent_fetch.model._options import (
    Options,
    SavedEncodings,
    Work,
    check_options,
    options_home,
)
from concurrent_fetch.model._outcome import Attempt, Failure, Outcome, Response, Timing
from concurrent_fetch.model._outcome_rules import check_outcome
from concurrent_fetch.model._pace import Pace
from concurrent_fetch.model._request import Request
from concurrent_fetch.model._retry import Retry
from concurrent_fetch.model._row import Row
from concurrent_fetch.model._run import Run
from concurrent_fetch.model._saved_work import SavedWork
from concurrent_fetch.model._stopwatch import Stopwatch

__all__ = [
    "COLUMNS",
    "Attempt",
    "Failure",
    "Options",
    "Outcome",
    "Pace",
    "Request",
    "Response",
    "Retry",
    "Row",
    "Run",
    "SavedEncodings",
    "SavedWork",
    "Stopwatch",
    "Timing",
    "Work",
    "check_options",
    "check_outcome",
    "options_home",
    "stream_of",
]
