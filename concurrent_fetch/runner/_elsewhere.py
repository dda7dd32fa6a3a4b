"""Elsewhere: a strategy run by another interpreter of this machine, for comparisons."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from os import PathLike
from time import perf_counter
from typing import Any, ParamSpec, TypeVar, cast

import attrs

from concurrent_fetch._python import WORKERS_TIME
from concurrent_fetch._units import Seconds
from concurrent_fetch.analysis import Card
from concurrent_fetch.errors import StrategyError
from concurrent_fetch.feed import CountedWork
from concurrent_fetch.model import Options, Run, Timing, check_options
from concurrent_fetch.runner._by_name import by_name
from concurrent_fetch.runner._child import Child, FailedThereError
from concurrent_fetch.runner._interpreters import Interpreter, find_interpreter
from concurrent_fetch.runner._measured import Measured
from concurrent_fetch.runner._settings import plain_urls
from concurrent_fetch.strategies import (
    AnyStrategy,
    how_called,
    innermost,
    name_of,
    taken_apart,
    with_loop,
    with_options,
)

_P = ParamSpec("_P")
_T = TypeVar("_T")
_DEFAULTS = Options()
_ONLY_URLS = "another interpreter is given plain URLs"
_KEPT: ContextVar[Mapping[str, Child]] = ContextVar("_KEPT", default={})  # noqa: B039 - never changed
"""The interpreters that run already, by path: for what is called while strategies are ready."""


class ElsewhereError(StrategyError):
    """What went wrong in another interpreter, said of a strategy."""

    def __init__(self, name: str, rest: str, trace: str = "") -> None:
        super().__init__(f"strategy {name!r} {rest}")
        self._rest, self._trace = rest, trace
        if trace:
            self.add_note(f"in another interpreter:\n{trace}")

    def called(self, name: str) -> "ElsewhereError":
        """Return the same of a strategy of that name."""
        return ElsewhereError(name, self._rest, self._trace)


@attrs.define
class Away:
    """What is known of the interpreter that a strategy runs on, while it is kept."""

    card: Card
    culprits: list[str]
    """The modules that turned the GIL on again, as far as they are known."""

    def cpu(self) -> Seconds:
        """Return 0: its CPU time is measured there, around each run."""
        return 0.0


@attrs.frozen(repr=False)
class Elsewhere:
    """A strategy on another interpreter; made by `elsewhere`."""

    strategy: AnyStrategy
    interpreter: Interpreter

    def __call__(self, urls: Iterable[str], options: Options = _DEFAULTS, **keywords: Any) -> Run:
        """Run the strategy there, and return its outcomes, with times on the clock of this process.

        Keywords are the strategy's own, as a partial gives them.

        Raises:
            StrategyError: it raised there, or did not answer for every URL.
            TypeError: something cannot cross; the URLs or the options are none. The message says
                what to write.
            ValueError: the options have a journal.
        """
        check_options(options)
        if options.journal is not None:
            raise ValueError(
                f"{self.__name__} is measured, and writes no journal; leave out "
                f"journal={options.journal!r}, or call {name_of(self.strategy)}"
            )
        plain = list(plain_urls(urls, _ONLY_URLS))
        # Who measures a function around this counts the work, and the CPU time.
        counted = options.work if isinstance(options.work, CountedWork) else None
        if counted is not None:
            options = attrs.evolve(options, work=counted.work)
        measured = self.measure(plain, options, **keywords)
        if counted is not None:
            counted.add(measured.worked or 0, measured.working)
        WORKERS_TIME.add(measured.cpu)
        return measured.run()

    def measure(
        self, urls: list[str], options: Options, *, watched: bool = False, **keywords: Any
    ) -> Measured:
        """Run the strategy there once; with probes if it is to be watched."""
        what = self._crossing(urls, options, keywords)
        with self._child() as child:
            sent = perf_counter()
            measured: Measured = self._failing(child.ask, "measure", watched=watched, **what)
            return attrs.evolve(placed(measured, sent, perf_counter()), strategy=self.__name__)

    @contextmanager
    def ready(self, urls: list[str], options: Options, **keywords: Any) -> Iterator[Away]:
        """Keep the interpreter from run to run; strategies on the same one share it."""
        what = self._crossing(urls, options, keywords)
        with self._child() as child:
            before = _KEPT.set({**_KEPT.get(), self.interpreter.path: child})
            try:
                card, culprits = self._failing(child.ask, "ready", **what)
                yield Away(card, culprits)
            finally:
                _KEPT.reset(before)

    @contextmanager
    def _child(self) -> Iterator[Child]:
        kept = _KEPT.get().get(self.interpreter.path)
        if kept is not None:
            yield kept
            return
        child = self._failing(Child, self.interpreter)
        try:
            self._failing(child.greet)
            yield child
        except BaseException:
            child.kill()
            raise
        finally:
            child.end()

    def _failing(self, ask: Callable[_P, _T], *given: _P.args, **named: _P.kwargs) -> _T:
        """Ask, and say what fails there as the strategy's."""
        try:
            return ask(*given, **named)
        except FailedThereError as error:
            raise ElsewhereError(self.__name__, str(error), error.trace) from None

    def _crossing(
        self, urls: list[str], options: Options, keywords: Mapping[str, Any]
    ) -> dict[str, bytes]:
        function: Callable[..., object] = self.strategy
        strategy = partial(function, **keywords) if keywords else function
        options = attrs.evolve(options, progress=False)
        return {"strategy": by_name(strategy), "rest": by_name((urls, options))}

    @property
    def __name__(self) -> str:
        return f"{name_of(self.strategy)} @ {self.interpreter.tags[0]}"

    def __repr__(self) -> str:
        return self.__name__


def elsewhere(strategy: AnyStrategy, python: str | PathLike[str]) -> Callable[..., Run]:
    """Return the same strategy, run by another interpreter of this machine.

    `python` is a path, or a name on PATH. That interpreter must have concurrent_fetch, in this
    version, and the client. A Runner starts it once for a comparison, off the clock, and measures
    in there, right around the strategy: elapsed and CPU time, collected garbage, probes. So the two
    of the same interpreter, here and there, are equally fast. The time seen from here is a column.

    >>> from concurrent_fetch import fetch_threaded
    >>> import sys
    >>> other = elsewhere(fetch_threaded, sys.executable)

    Own strategies and work go there by the names they are imported by, so they are to be in a
    module. It is a plain strategy that pickles, also if the one there is asynchronous; options
    changed and keywords given by a partial go with it.

    Raises:
        TypeError: it is no strategy, or has no name by which it can be imported there; `python` is
            neither a path nor a name.
        UnknownNameError: there is no such interpreter.
        ImportError: it has no concurrent_fetch; the message says what to write.
        ValueError: it is no Python, or does not start.
    """
    if not callable(strategy):
        raise TypeError(f"a strategy must be callable, got {strategy!r}")
    how_called(strategy)
    if elsewhere_in(strategy):
        raise TypeError(f"{name_of(strategy)} runs on another interpreter already")
    function, changes, loop = taken_apart(strategy)
    inner = function if loop is None else with_loop(function, loop)
    by_name(inner)
    away = Elsewhere(inner, find_interpreter(python))
    return cast("Callable[..., Run]", with_options(away, **dict(changes))) if changes else away


def elsewhere_in(strategy: object) -> Elsewhere | None:
    """Return what runs a strategy on another interpreter, below partials and changed options."""
    function, _ = innermost(strategy)
    return function if isinstance(function, Elsewhere) else None


def placed(measured: Measured, sent: Seconds, received: Seconds) -> Measured:
    """Put the times of a run on the clock of this process, between asking and answer.

    Where both read the same clock, as on Linux, nothing is moved.
    """
    begun, finished = measured.begun, measured.begun + measured.elapsed
    outside = attrs.evolve(measured, elapsed_outside=received - sent)
    if sent <= begun and finished <= received:
        return outside
    shift = (sent + received - begun - finished) / 2
    rows = measured.rows._replace(results=[_moved(one, shift) for one in measured.rows.results])
    return attrs.evolve(outside, begun=begun + shift, rows=rows)


def _moved(result: Any, shift: Seconds) -> Any:
    timing = getattr(result, "timing", None)
    if timing is None:
        return result
    moments = {
        field.name: None if moment is None else moment + shift
        for field in attrs.fields(Timing)
        if (moment := getattr(timing, field.name)) is not None
    }
    earlier = tuple(
        attrs.evolve(one, started=one.started + shift, finished=one.finished + shift)
        for one in result.earlier
    )
    return attrs.evolve(result, timing=attrs.evolve(timing, **moments), earlier=earlier)
