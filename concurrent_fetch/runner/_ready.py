"""Ready: strategies may prepare for a comparison off the clock, as by starting workers.

A strategy has `ready(urls, options)` for that, which returns a context manager. It is entered once,
before the first run, and left after the last; inside, calls of the strategy find their workers.
What goes wrong as it is left costs no result: that is told beside it.
"""

import functools
import math
import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from time import perf_counter
from types import TracebackType
from typing import Any, Protocol, Self, SupportsFloat

import attrs

from concurrent_fetch._units import Seconds
from concurrent_fetch.errors import StrategyError
from concurrent_fetch.fetch import in_words
from concurrent_fetch.http import redact_message
from concurrent_fetch.model import Options
from concurrent_fetch.strategies import AnyStrategy, effective_options, innermost
from concurrent_fetch.words import told

_MUST = (
    "write ready(urls, options) as a function with @contextlib.contextmanager that yields once an "
    "object whose cpu() returns the CPU time that the workers have used so far, in seconds"
)
_NO_YIELD = "generator didn't yield"
"""What contextlib says."""


_ROUNDING: Seconds = 1e-6


class Workers(Protocol):
    """What `ready` gives when it is entered: the workers that a strategy keeps."""

    def cpu(self) -> Seconds:
        """Return the CPU time that they have used so far."""
        ...


@attrs.frozen
class Kept:
    """The workers of a strategy, and how long they took to be ready."""

    workers: Workers
    taken: Seconds


class Ready:
    """A context manager in which the strategies that have something to prepare have done it.

    Raises:
        StrategyError: one of them failed to.
    """

    def __init__(
        self, strategies: Mapping[str, AnyStrategy], urls: Sequence[str], options: Options
    ) -> None:
        self.kept: dict[str, Kept] = {}
        """Of those strategies that keep workers."""
        self.left_badly: dict[str, str] = {}
        """What leaving raised, in words, by strategy."""
        self.fell: set[str] = set()
        """Of which strategies the CPU time of workers was less than before."""
        self.strategies = strategies
        """All of them."""
        self._urls = urls
        self._options = options
        self._entered = ExitStack()

    def __enter__(self) -> Self:
        try:
            for name, strategy in self.strategies.items():
                self._enter(name, strategy)
        except BaseException as error:
            self._leave_after(error)
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._leave_after(error)

    def leave(self) -> None:
        """Leave all of them; what that raises is found in `left_badly`."""
        self._entered.close()

    def cpu(self, name: str) -> Seconds:
        """Return the CPU time that the workers of a strategy have used so far, if it keeps any.

        Raises:
            StrategyError: the strategy does not tell.
        """
        return self._cpu_of(name, self.kept[name].workers) if name in self.kept else 0.0

    def used(self, name: str, before: Seconds) -> Seconds:
        """Return what they have used since: nothing, where those that were counted are gone.

        Raises:
            StrategyError: the strategy does not tell.
        """
        used = self.cpu(name) - before
        if used < -_ROUNDING:
            self.fell.add(name)
        return max(0.0, used)

    def _leave_after(self, error: BaseException | None) -> None:
        """Leave those that are not left yet, and tell beside the error what that raises."""
        told_before = len(self.left_badly)
        self.leave()
        for name, what in [*self.left_badly.items()][told_before:]:
            said = f"strategy {name!r}: what it had made ready could not be closed: {what}"
            if error is None:
                warnings.warn(said, stacklevel=4)
            else:
                error.add_note(said)

    def _enter(self, name: str, strategy: AnyStrategy) -> None:
        ready = ready_of(strategy)
        if ready is None:
            return
        options = attrs.evolve(effective_options(strategy, self._options), progress=False)
        start = perf_counter()
        try:
            made = _to_be_entered(name, ready(list(self._urls), options))
            workers = made.__enter__()
        except StrategyError:
            raise
        except Exception as error:
            what = self._in_words(error)
            cure = f"; {_MUST}" if _NO_YIELD in what else ""
            raise StrategyError(f"strategy {name!r} could not get ready: {what}{cure}") from error
        self._entered.callback(self._leave, name, made)
        taken = perf_counter() - start
        if not callable(getattr(workers, "cpu", None)):
            raise _unfit(name, f"yields {_kind(workers)}, which has no cpu()")
        self._cpu_of(name, workers)
        self.kept[name] = Kept(workers, taken)

    def _leave(self, name: str, entered: AbstractContextManager[Any]) -> None:
        """Leave one, which hears of no error: it is to end its workers, and to judge nothing."""
        try:
            entered.__exit__(None, None, None)
        except Exception as error:  # noqa: BLE001 - the user's, whatever it is
            self.left_badly[name] = self._in_words(error)

    def _cpu_of(self, name: str, workers: Workers) -> Seconds:
        try:
            found: Any = workers.cpu()
            is_number = isinstance(found, SupportsFloat) and not isinstance(found, bool)
            seconds = float(found) if is_number else math.nan  # of numpy, too
        except Exception as error:
            raise _unfit(name, f"yields what raises from cpu(): {self._in_words(error)}") from error
        if not 0 <= seconds < math.inf:
            raise _unfit(name, f"yields what returns {told(repr(found))} from cpu()")
        return seconds

    def _in_words(self, error: Exception) -> str:
        return told(redact_message(in_words(error), None, self._options.secret_params))


def _to_be_entered(name: str, made: object) -> AbstractContextManager[Any]:
    if not isinstance(made, AbstractContextManager):
        raise _unfit(name, f"returns {_kind(made)}")
    return made


def _unfit(name: str, what: str) -> StrategyError:
    return StrategyError(f"the ready of strategy {name!r} {what}; {_MUST}")


def _kind(value: object) -> str:
    return "None" if value is None else type(value).__name__


def ready_of(strategy: object) -> Callable[..., AbstractContextManager[Any]] | None:
    """Return what makes a strategy ready: of the function below partials and changed options.

    It is given what partials give the function by keyword, as how many workers there are to be.
    """
    function, keywords = innermost(strategy)
    ready = getattr(function, "ready", None)
    if not callable(ready):
        return None
    make: Callable[..., Any] = ready
    return functools.partial(make, **keywords)
