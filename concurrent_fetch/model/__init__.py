"""What is asked and what came of it: `Options`, `Outcome`, `Run`."""

from concurrent_fetch.model._arrow import stream_of
from concurrent_fetch.model._columns import COLUMNS
from concurrent_fetch.model._options import (
    Options,
    SavedEncodings,
    Work,
    called,
    check_options,
    options_home,
)
from concurrent_fetch.model._outcome import Failure, Outcome, Response, Timing
from concurrent_fetch.model._outcome_rules import check_outcome
from concurrent_fetch.model._row import Row
from concurrent_fetch.model._run import Run, Stopwatch
from concurrent_fetch.model._work import CountedWork, SavedWork, after_work, options_for_work

__all__ = [
    "COLUMNS",
    "CountedWork",
    "Failure",
    "Options",
    "Outcome",
    "Response",
    "Row",
    "Run",
    "SavedEncodings",
    "SavedWork",
    "Stopwatch",
    "Timing",
    "Work",
    "after_work",
    "called",
    "check_options",
    "check_outcome",
    "options_for_work",
    "options_home",
    "stream_of",
]
