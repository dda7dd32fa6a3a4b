from concurrent_fetch import clients as clients
from concurrent_fetch import errors as errors
from concurrent_fetch import server as server
from concurrent_fetch import testing as testing
from concurrent_fetch._failure_kinds import FailureKind
from concurrent_fetch._progress import Progress
from concurrent_fetch.analysis import Alone, Card, Ceiling, Lateness, Limit, Note, Probe, Tried, Why
from concurrent_fetch.export import load, save
from concurrent_fetch.feed import Feed, Job, Wait, feed_of
from concurrent_fetch.fetch import AsyncClient, Client, Exchange
from concurrent_fetch.http import Headers, read_urls
from concurrent_fetch.model import (
    Attempt,
    Failure,
    Options,
    Outcome,
    Pace,
    Request,
    Response,
    Retry,
    Row,
    Run,
    Timing,
)
from concurrent_fetch.render import Picture
from concurrent_fetch.results import Comparison, Ladder, Step, Sweep
from concurrent_fetch.runner import Plan, Runner, elsewhere
from concurrent_fetch.sinks import Folder
from concurrent_fetch.stats import Estimate, Spread, Verdict
from concurrent_fetch.strategies import (
    Strategy,
    each,
    fetch_async,
    fetch_executor,
    fetch_processes,
    fetch_sync,
    fetch_threaded,
    iter_async,
    iter_executor,
    iter_processes,
    iter_sync,
    iter_threaded,
    with_loop,
    with_options,
)

__all__ = [
    "Alone",
    "AsyncClient",
    "Attempt",
    "Card",
    "Ceiling",
    "Client",
    "Comparison",
    "Estimate",
    "Exchange",
    "Failure",
    "FailureKind",
    "Feed",
    "Folder",
    "Headers",
    "Job",
    "Ladder",
    "Lateness",
    "Limit",
    "Note",
    "Options",
    "Outcome",
    "Pace",
    "Picture",
    "Plan",
    "Probe",
    "Progress",
    "Request",
    "Response",
    "Retry",
    "Row",
    "Run",
    "Runner",
    "Spread",
    "Step",
    "Strategy",
    "Sweep",
    "Timing",
    "Tried",
    "Verdict",
    "Wait",
    "Why",
    "each",
    "elsewhere",
    "feed_of",
    "fetch_async",
    "fetch_executor",
    "fetch_processes",
    "fetch_sync",
    "fetch_threaded",
    "iter_async",
    "iter_executor",
    "iter_processes",
    "iter_sync",
    "iter_threaded",
    "load",
    "read_urls",
    "save",
    "with_loop",
    "with_options",
]
