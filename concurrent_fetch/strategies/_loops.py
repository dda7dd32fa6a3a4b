"""Event loops by name, for a strategy that is to run on one of them."""

import asyncio
import sys
from collections.abc import Callable, Mapping
from typing import TypeAlias

from concurrent_fetch.errors import EventLoopError, UnknownNameError
from concurrent_fetch.words import did_you_mean

LoopFactory: TypeAlias = Callable[[], asyncio.AbstractEventLoop]
"""What makes an event loop, as `asyncio.Runner` takes it."""


def _asyncio() -> LoopFactory:
    """Return asyncio's own, whatever a policy says."""
    if sys.platform == "win32":
        return asyncio.ProactorEventLoop
    return asyncio.SelectorEventLoop


def _uvloop() -> LoopFactory:
    try:
        import uvloop  # noqa: PLC0415 - an extra, for who asks
    except ImportError as error:
        raise ImportError(
            "loop 'uvloop' needs the package uvloop, of which there is none for Windows: "
            "pip install \"concurrent_fetch[fast]\"; loop 'asyncio' does without"
        ) from error
    return uvloop.new_event_loop


_FACTORIES: Mapping[str, Callable[[], LoopFactory]] = {"asyncio": _asyncio, "uvloop": _uvloop}
LOOPS = tuple(_FACTORIES)
_OF_ONES_OWN = {
    "asyncio": "asyncio.run(main())",
    "uvloop": "asyncio.Runner(loop_factory=uvloop.new_event_loop)",
}
"""What runs a program on such a loop."""


def loop_factory(name: str) -> LoopFactory:
    """Return what makes an event loop of that name, the same object every time.

    Raises:
        UnknownNameError: there is no such loop.
        ImportError: it needs a package that is not installed.
    """
    if not isinstance(name, str):
        raise TypeError(f"a loop is named, as in with_loop(fetch_async, 'uvloop'); got {name!r}")
    if name not in _FACTORIES:
        raise UnknownNameError(
            f"no event loop is called {name!r}{did_you_mean(name, _FACTORIES)}. There are "
            f"{', '.join(_FACTORIES)}"
        )
    return _FACTORIES[name]()


def check_runs_here(name: str, strategy: str) -> None:
    """Refuse to call a strategy elsewhere than on its loop: nobody can change the one that runs.

    Raises:
        EventLoopError: another loop runs here, or none.
    """
    try:
        running = type(asyncio.get_running_loop()).__module__.partition(".")[0]
    except RuntimeError:
        running = None
    if running != name:
        raise EventLoopError(
            f"{strategy} was called {f'on a loop of {running}' if running else 'on no loop'}, and "
            "only a Runner gives it its own: write Runner(urls).compare(...) with it. In a program "
            f"of yours {_OF_ONES_OWN[name]} chooses the loop, and the strategy needs no with_loop"
        )
