"""There: what runs in another interpreter. It measures strategies with the meter used at home.

Asked over a pipe that was its stdin; it answers over what was its stdout. What the user's code
prints goes to stderr, and it reads nothing. All that this process needs itself is imported before
it looks where the user's modules are: none of those can stand in the place of one of these.
"""

import json
import os
import pickle
import select
import signal
import sys
import traceback
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from functools import partial
from time import monotonic, perf_counter, process_time, sleep
from typing import Any

import attrs

from concurrent_fetch._python import background_thread, own_version
from concurrent_fetch._units import Seconds
from concurrent_fetch.analysis import Card, Probes, read_card
from concurrent_fetch.errors import StrategyError
from concurrent_fetch.fetch import in_words
from concurrent_fetch.runner._as_here import UsersPaths, with_users
from concurrent_fetch.runner._bridge import Bridge, Clocks
from concurrent_fetch.runner._gil import watching_imports
from concurrent_fetch.runner._loops import loops_of
from concurrent_fetch.runner._measured import Measured
from concurrent_fetch.runner._meter import Meter
from concurrent_fetch.runner._pipes import receive, send, send_hello, shape
from concurrent_fetch.runner._ready import Ready
from concurrent_fetch.strategies import AnyStrategy, load_client

_WATCH: Seconds = 1.0
_TICK: Seconds = 0.05
_TO_END: Seconds = 1.0
"""Where the parent has only closed the pipe, it sees to the end itself."""
_NAME = "it"
"""What a strategy is called here; who asked knows its name."""


def main() -> None:
    """Answer until nobody asks any more; the last argument says where the user's modules are."""
    asked, answered = _own_pipes()
    background_thread(partial(_end_with, os.getppid(), asked), "parent").start()
    sys.path[:] = with_users(UsersPaths(*json.loads(sys.argv.pop())), sys.path)
    send_hello(answered, {"version": own_version(), "shape": shape()})
    with ExitStack() as kept:
        service = _Service(kept)
        while True:
            try:
                verb, arguments = receive(asked)
            except EOFError:
                return
            answer = _answered(service, verb, arguments)
            sys.stdout.flush()
            send(answered, answer)


def _end_with(parent: int, asked: int) -> None:
    """End when the process that asks does, whatever a strategy is doing.

    That may be another one than that which started this, as a script that stands for a Python.
    """
    while os.getppid() == parent and not _is_closed(asked):
        continue
    limit = monotonic() + _TO_END
    while os.getppid() == parent and monotonic() < limit:
        sleep(_TICK)
    if hasattr(os, "killpg"):
        os.killpg(0, signal.SIGKILL)  # with all that it started
    os._exit(1)


def _is_closed(asked: int) -> bool:
    """Wait a while for the other end of a pipe to be closed; return whether it is."""
    if not hasattr(select, "poll"):
        sleep(_WATCH)
        return False
    closing = select.poll()
    closing.register(asked, 0)  # of itself it tells that nobody writes any more
    return bool(closing.poll(_WATCH * 1000))


def _own_pipes() -> tuple[int, int]:
    """Keep the two pipes from the user's code."""
    asked, answered = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return asked, answered


def _answered(service: "_Service", verb: str, arguments: Mapping[str, Any]) -> tuple[str, Any]:
    verbs: Mapping[str, Callable[..., Any]] = {"ready": service.ready, "measure": service.measure}
    try:
        return "done", verbs[verb](**arguments)
    except StrategyError as error:
        words = str(error).removeprefix(f"strategy {_NAME!r} ")
        return "failed", (words, _trace(error.__cause__))
    except Exception as error:  # noqa: BLE001 - of the user's modules, whatever it is
        return "failed", (f"raised {in_words(error)}", _trace(error))


def _trace(error: BaseException | None) -> str:
    return "" if error is None else "".join(traceback.format_exception(error))


class _Service:
    """What can be asked for."""

    def __init__(self, kept: ExitStack) -> None:
        self._kept = kept
        self._bridge = kept.enter_context(Bridge(Clocks(perf_counter, process_time)))
        self._strategies: dict[bytes, AnyStrategy] = {}
        self._ready: dict[bytes, Ready] = {}

    def ready(self, strategy: bytes, rest: bytes) -> tuple[Card, list[str]]:
        """Import what the strategy needs, and let it start workers if it has any.

        Return the card, and which modules turned the GIL on again.
        """
        culprits: list[str] = []
        with watching_imports(culprits):
            found, (urls, options) = self._found(strategy), pickle.loads(rest)  # noqa: S301 - of the Runner
            load_client(found)
            ready = self._kept.enter_context(Ready({_NAME: found}, urls, options))
        self._ready[strategy] = ready
        return read_card(loops_of({_NAME: found}).values()), culprits

    def measure(self, strategy: bytes, rest: bytes, *, watched: bool) -> Measured:
        """Run the strategy once."""
        found, (urls, options) = self._found(strategy), pickle.loads(rest)  # noqa: S301 - of the Runner
        probes = Probes() if watched else None
        meter = Meter(urls, self._bridge, self._ready.get(strategy))
        measured = meter.measure(_NAME, found, options, probes)
        return measured if probes is None else attrs.evolve(measured, probe=probes.result())

    def _found(self, strategy: bytes) -> AnyStrategy:
        if strategy not in self._strategies:
            self._strategies[strategy] = pickle.loads(strategy)  # noqa: S301 - of the Runner
        return self._strategies[strategy]
