"""Fetch one URL set in several ways, and learn truthfully which is faster."""

from concurrent_fetch._card import Card
from concurrent_fetch._ceiling import Ceiling
from concurrent_fetch._client import AsyncClient, Client
from concurrent_fetch._comparison import Comparison
from concurrent_fetch._exchange import Exchange
from concurrent_fetch._headers import Headers
from concurrent_fetch._kinds import FailureKind
from concurrent_fetch._ladder import Ladder, Step
from concurrent_fetch._notes import Note
from concurrent_fetch._options import Options
from concurrent_fetch._outcome import Failure, Outcome, Response, Timing
from concurrent_fetch._plan import Plan
from concurrent_fetch._probe import Lateness, Probe
from concurrent_fetch._progress import Progress
from concurrent_fetch._run import Run
from concurrent_fetch._runner import Runner
from concurrent_fetch._stats import Estimate, Spread
from concurrent_fetch._strategy import Strategy, with_options
from concurrent_fetch._sweep import Sweep
from concurrent_fetch._verdict import Verdict
from concurrent_fetch._why import Limit, Why
from concurrent_fetch.render import Picture
from concurrent_fetch.strategies import (
    fetch_async,
    fetch_sync,
    fetch_threaded,
    iter_async,
    iter_sync,
    iter_threaded,
)

__all__ = [
    "AsyncClient",
    "Card",
    "Ceiling",
    "Client",
    "Comparison",
    "Estimate",
    "Exchange",
    "Failure",
    "FailureKind",
    "Headers",
    "Ladder",
    "Lateness",
    "Limit",
    "Note",
    "Options",
    "Outcome",
    "Picture",
    "Plan",
    "Probe",
    "Progress",
    "Response",
    "Run",
    "Runner",
    "Spread",
    "Step",
    "Strategy",
    "Sweep",
    "Timing",
    "Verdict",
    "Why",
    "fetch_async",
    "fetch_sync",
    "fetch_threaded",
    "iter_async",
    "iter_sync",
    "iter_threaded",
    "with_options",
]
