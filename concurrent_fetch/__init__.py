"""Fetch one URL set in several ways, and learn which is truly faster.

To fetch:       fetch_sync, fetch_threaded, fetch_async, fetch_processes, fetch_executor;
                iter_sync, iter_threaded, iter_async, iter_processes, iter_executor
With:           Options, Request, Pace, Retry, Folder, Progress, read_urls
What comes:     Run, Outcome, Response, Failure, FailureKind, Attempt, Timing, Headers
To compare:     Runner, Plan, Strategy, each, with_options, with_loop, elsewhere, Row
What that says: Comparison, Sweep, Ladder; Estimate, Spread, Verdict, Why, Limit, Ceiling, Step,
                Note, Card, Probe, Lateness, Tried, Alone, Picture
To keep it:     save, load
Own strategies: feed_of, Feed, Job, Wait
Own clients:    Client, AsyncClient, Exchange
Modules:        clients, errors, server, testing

Each name is imported when it is first asked for.
"""

import sys
from importlib import import_module
from typing import Any

# Which room gives which name; `__init__.pyi` says the same to type checkers.
_ROOMS = {
    "_failure_kinds": "FailureKind",
    "_progress": "Progress",
    "analysis": "Alone Card Ceiling Lateness Limit Note Probe Tried Why",
    "export": "load save",
    "feed": "Feed Job Wait feed_of",
    "fetch": "AsyncClient Client Exchange",
    "http": "Headers read_urls",
    "model": "Attempt Failure Options Outcome Pace Request Response Retry Row Run Timing",
    "render": "Picture",
    "results": "Comparison Ladder Step Sweep",
    "runner": "Plan Runner elsewhere",
    "sinks": "Folder",
    "stats": "Estimate Spread Verdict",
    "strategies": "each fetch_async fetch_executor fetch_processes fetch_sync fetch_threaded "
    "iter_async iter_executor iter_processes iter_sync iter_threaded Strategy with_loop "
    "with_options",
}
_ROOM_OF = {name: room for room, names in _ROOMS.items() for name in names.split()}
_MODULES = ("clients", "errors", "server", "testing")

__all__ = sorted(_ROOM_OF)  # noqa: PLE0605 # pyright: ignore[reportUnsupportedDunderAll] - names


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return import_module(f"{__name__}.{name}")
    if name not in _ROOM_OF:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message, name=name, obj=sys.modules[__name__])
    found = globals()[name] = getattr(import_module(f"{__name__}.{_ROOM_OF[name]}"), name)
    return found


def __dir__() -> list[str]:
    return [*__all__, *_MODULES]
